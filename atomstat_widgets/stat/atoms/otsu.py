"""A threshold between two kinds of numbers."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of


def otsu_threshold(values: ArrayLike) -> float:
    """Threshold that splits values into two classes with the largest variance between them.

    Parameters
    ----------
    values : array, (n,)

    Returns
    -------
    float
        Half-way between the largest value of the lower class and the smallest of the upper one.

    Raises
    ------
    TypeError, ValueError
        They are no such array, or not finite; there are fewer than two values.

    Notes
    -----
    Otsu's method [1]_, on the values themselves instead of a histogram of them.

    References
    ----------
    .. [1] Otsu, IEEE Trans. Syst. Man Cybern. 9, 62 (1979).

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> 1 < stat.otsu_threshold([0, 1, 1, 8, 9, 9]) < 8
    True
    """
    rising: NDArray[np.float64] = np.sort(array_of(values, "values", "(n,)", dtype=np.float64, finite=True))
    if len(rising) < 2:
        raise ValueError(f"a threshold parts at least two values, got {len(rising)}")
    below = np.arange(1, len(rising))
    sums = np.cumsum(rising)
    between = (sums[-1] * below / len(rising) - sums[:-1]) ** 2 / (below * (len(rising) - below))
    split = int(between.argmax())
    return float(rising[split : split + 2].mean())
