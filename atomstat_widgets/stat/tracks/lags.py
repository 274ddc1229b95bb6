"""What is the same at every lag where the memory of a process is short: time scales, and powers of its matrix."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import progress_of, whole_array_of, whole_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.progress import Progress, unreported
from atomstat_widgets.stat.tracks.posterior import tail_of
from atomstat_widgets.stat.tracks.transition_matrix import LEVEL
from atomstat_widgets.stat.tracks.transitions import count_transitions

Floats = NDArray[np.float64]
Tracks = ArrayLike | Sequence[ArrayLike]
MOST_MULTIPLES = 100


@brief
@dataclass(frozen=True, eq=False)
class ImpliedTimescales:
    """Time scales of the decays of a chain at several lags, in frames.

    Attributes
    ----------
    lags : array of int, (lags,)
    values, low, high : array, (lags, states - 1)
        The longest first, NaN where the lag is too long to tell; and the ends of their intervals.
    doubts : tuple of str, (lags,)
        What cannot be trusted at each lag, in words.
    """

    lags: NDArray[np.intp]
    values: Floats
    low: Floats
    high: Floats
    doubts: tuple[str, ...]


@brief
@dataclass(frozen=True, eq=False)
class ChapmanKolmogorov:
    """Transition probabilities over several lags, as predicted from one lag, and as seen.

    Attributes
    ----------
    lags : array of int, (m,)
        Multiples of the lag that is predicted from.
    predicted, predicted_low, predicted_high : array, (m, states, states)
        Powers of the matrix of that lag, and the ends of their intervals.
    seen, seen_low, seen_high : array, (m, states, states)
        Estimates at each lag itself.
    """

    lags: NDArray[np.intp]
    predicted: Floats
    predicted_low: Floats
    predicted_high: Floats
    seen: Floats
    seen_low: Floats
    seen_high: Floats

    @property
    def agrees(self) -> NDArray[np.bool_]:
        """Whether the intervals of both overlap, (m, states, states)."""
        return np.asarray((self.predicted_low <= self.seen_high) & (self.seen_low <= self.predicted_high))

    @property
    def doubt(self) -> str:
        """Where they do not, in words, for states counted from 1; empty where they do everywhere."""
        where = np.argwhere(~self.agrees)
        if len(where) == 0:
            return ""
        first, state, later = where[0].tolist()
        return (
            f"From state {state + 1} to {later + 1} over {self.lags[first]} frames "
            f"{self.predicted[first, state, later]:.2f} is predicted, and {self.seen[first, state, later]:.2f} seen: "
            "the process remembers more than its state, so take a longer lag, or other states"
        )


def compare_lags(
    states: Tracks,
    lags: Sequence[int],
    frames: Tracks | None = None,
    *,
    n_states: int | None = None,
    drawn: Sequence[ArrayLike] | None = None,
    level: float = LEVEL,
) -> ImpliedTimescales:
    """Time scales of the chain at several lags, with intervals: level where it is Markovian.

    Parameters, and what is wrong with them, as for `count_transitions` and `TransitionMatrix.timescale_interval`.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.compare_lags([0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0], [1, 20]).values.round(1)
    array([[ 2.],
           [nan]])
    """
    tail_of(level)
    each = whole_array_of(lags, "lags", minimum=1)
    matrices = [
        count_transitions(states, frames, n_states=n_states, lag=lag, drawn=drawn).matrix() for lag in each.tolist()
    ]
    if not matrices:
        nothing = np.empty((0, 0))
        return ImpliedTimescales(each, nothing, nothing, nothing, ())
    ends = [matrix.timescale_interval(level) for matrix in matrices]
    low, high = np.array([low for low, _ in ends]), np.array([high for _, high in ends])
    values = np.array([matrix.timescales_told(level) for matrix in matrices])
    return ImpliedTimescales(each, values, low, high, tuple(". ".join(matrix.doubts) for matrix in matrices))


def implied_timescales(
    states: Tracks, lags: Sequence[int], frames: Tracks | None = None, *, n_states: int | None = None
) -> Floats:
    """Timescales of the chain at several lags, (lags, states - 1), in frames: level where it is Markovian.

    NaN where the lag is too long, see `compare_lags`, which gives intervals too.

    Parameters, and what is wrong with them, as for `count_transitions`.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.implied_timescales([[0, 0, 0, 1, 1, 1, 0, 0, 0]], [1]).shape
    (1, 1)
    """
    return compare_lags(states, lags, frames, n_states=n_states).values


def check_chapman_kolmogorov(
    states: Tracks,
    frames: Tracks | None = None,
    *,
    n_states: int | None = None,
    lag: int = 1,
    multiples: int = 5,
    drawn: Sequence[ArrayLike] | None = None,
    level: float = LEVEL,
    progress: Progress = unreported,
) -> ChapmanKolmogorov:
    """Compare transition probabilities over several lags with powers of the matrix of one.

    Parameters
    ----------
    states, frames, n_states, lag, drawn
        As for `count_transitions`.
    multiples : int
        Compare at so many multiples of the lag, the first of which is the lag itself; at most 100.
    level : float
        Of the intervals.
    progress : callable
        Called with the fraction done; an exception it raises stops the computation.

    Returns
    -------
    ChapmanKolmogorov

    Raises
    ------
    TypeError, ValueError
        See `count_transitions`; there is no multiple, or are too many; the level is not between 0 and 1; there are more
        than 20 states.

    Notes
    -----
    If what comes next depends on the state alone, the matrix over n lags is the n-th power of that over one, see Prinz
    et al., J. Chem. Phys. 134, 174105 (2011).

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> found = stat.check_chapman_kolmogorov([0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1], multiples=3)
    >>> found.lags, found.doubt
    (array([1, 2, 3]), '')
    """
    lag, multiples = (
        whole_of(lag, "lag", minimum=1),
        whole_of(multiples, "multiples", minimum=1, maximum=MOST_MULTIPLES),
    )
    tail = tail_of(level)
    progress_of(progress)
    powers = range(1, multiples + 1)
    matrices, intervals = [], []
    for power in powers:
        counted = count_transitions(states, frames, n_states=n_states, lag=lag * power, drawn=drawn)
        progress((power - 0.5) / multiples)
        matrices.append(counted.matrix())
        intervals.append(matrices[-1].interval(level))
        progress(power / multiples)
    first = matrices[0]
    predicted = np.array([np.linalg.matrix_power(first.probabilities, power) for power in powers])
    ends = np.array(
        [np.quantile(np.linalg.matrix_power(first.draws, power), [tail, 1 - tail], axis=0) for power in powers]
    )
    seen_ends = np.array(intervals)
    return ChapmanKolmogorov(
        lag * np.arange(1, multiples + 1), predicted, np.minimum(ends[:, 0], predicted),
        np.maximum(ends[:, 1], predicted), np.array([matrix.probabilities for matrix in matrices]),
        seen_ends[:, 0], seen_ends[:, 1],
    )  # fmt: skip
