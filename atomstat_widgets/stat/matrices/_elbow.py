"""Which count a curve over counts advises."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import array_of, whole_array_of

MIN_BEND = 1 / 8  # of the range of the values: less is a straight line and its noise
TOLERANCE = 0.05
MIN_STABILITY = 0.8


def elbow(counts: Sequence[int], values: Sequence[float]) -> int | None:
    """Count from which on more of them gain little.

    Parameters
    ----------
    counts : sequence of int, (n,)
        Increasing.
    values : sequence of float, (n,)
        One for each count: an error that falls, or an explained variance that rises.

    Returns
    -------
    int or None
        The first of the counts farthest from the straight line between the ends of the curve, on the side where it
        falls or rises sooner than the line. None where that is nowhere farther than an eighth of the range of the
        values, as it is with fewer than three counts, on a straight line, on one that bends only the other way, and
        between two ends of equal value.

    Raises
    ------
    ValueError
        Counts and values are not equally many, the counts do not increase, or a value is not finite.

    Notes
    -----
    The largest of the knees of Kneedle [1]_, without its smoothing. A curve that turns around, as the BIC may, has a
    lowest value instead: see `lowest`.

    References
    ----------
    .. [1] Satopää et al., 31st ICDCS Workshops, 166 (2011).

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.elbow([1, 2, 3, 4, 5], [10.0, 4.0, 1.0, 0.9, 0.8])
    3
    """
    x, y = _curve(counts, values)
    if len(x) < 3:
        return None
    rise, span = y[-1] - y[0], x[-1] - x[0]
    # Distances times the span: no division, so that whole numbers stay exact and ties stay ties.
    bends = np.sign(rise) * ((y - y[0]) * span - rise * (x - x[0]))
    best = int(np.argmax(bends))
    return counts[best] if bends[best] > MIN_BEND * np.ptp(y) * span else None


def lowest(counts: Sequence[int], values: Sequence[float]) -> int | None:
    """Count of the lowest value, as of the BIC; the first where several are equal, None where there are none.

    Raises
    ------
    ValueError
        Counts and values are not equally many, the counts do not increase, or a value is not finite.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.lowest([1, 2, 3], [5.0, 2.0, 3.0])
    2
    """
    y = _curve(counts, values)[1]
    return counts[int(np.argmin(y))] if len(y) else None


def largest_stable(counts: Sequence[int], stabilities: Sequence[float]) -> int | None:
    """Largest count above 1 that is about as stable as the most stable one.

    Parameters
    ----------
    counts : sequence of int, (n,)
        Increasing; 1, which is stable by definition, is passed over.
    stabilities : sequence of float, (n,)
        0 to 1, of `nmf_stability` or `gmm_stability`.

    Returns
    -------
    int or None
        The largest count within 0.05 of the best stability: below the true count, some are just as stable. None where
        even the best is below 0.8, or there is no count above 1.

    Raises
    ------
    ValueError
        Counts and values are not equally many, the counts do not increase, or a value is not finite.

    Notes
    -----
    To take the largest count above a threshold, and 0.8 as what makes a stable solution, are advice of Tibshirani &
    Walther [1]_, who count agreement in another way.

    References
    ----------
    .. [1] Tibshirani & Walther, J. Comput. Graph. Stat. 14, 511 (2005).

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.largest_stable([1, 2, 3, 4], [1.0, 0.98, 0.97, 0.5])
    3
    """
    x, y = _curve(counts, stabilities)
    above = x > 1
    best = np.max(y, where=above, initial=0)
    if best < MIN_STABILITY:
        return None
    return counts[int(np.flatnonzero(above & (y >= best - TOLERANCE))[-1])]


def largest_stable_in_a_row(counts: Sequence[int], stabilities: Sequence[float]) -> int | None:
    """Largest count before the first that is less stable, of counts about as stable as the most stable one.

    Parameters
    ----------
    counts : sequence of int, (n,)
        Increasing; 1, which is stable by definition, is passed over.
    stabilities : sequence of float, (n,)
        0 to 1, of `prediction_strength` or `nmf_stability`.

    Returns
    -------
    int or None
        The last of the first counts in a row within 0.05 of the best stability. As in `largest_stable`, fewer than
        the true count may be just as stable; but what is stable again beyond counts that are not are kinds within
        kinds: atoms of one kind by their neighbours, say. None where even the best is below 0.8, or there is no count
        above 1.

    Raises
    ------
    ValueError
        Counts and values are not equally many, the counts do not increase, or a value is not finite.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.largest_stable_in_a_row([1, 2, 3, 4, 5, 6], [1.0, 1.0, 1.0, 0.8, 0.9, 1.0])
    3
    """
    x, y = _curve(counts, stabilities)
    above = x > 1
    best = np.max(y, where=above, initial=0)
    if best < MIN_STABILITY:
        return None
    stable = above & (y >= best - TOLERANCE)
    first = int(np.argmax(stable))
    return counts[first + int(np.argmin([*stable[first:], False])) - 1]


def _curve(counts: Sequence[int], values: Sequence[float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x = whole_array_of(counts, "counts").astype(np.float64)
    y: NDArray[np.float64] = array_of(values, "values", "(n,)", dtype=np.float64)
    if x.shape != y.shape:
        raise ValueError(f"there is one value for each count, got shapes {x.shape} and {y.shape}")
    if not np.all(np.diff(x) > 0):
        raise ValueError(f"counts increase, got {list(counts)}")
    if not np.all(np.isfinite(y)):
        raise ValueError(f"{int((~np.isfinite(y)).sum())} of {y.size} values are NaN or infinite")
    return x, y
