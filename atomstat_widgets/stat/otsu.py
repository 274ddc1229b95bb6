"""A threshold between two kinds of numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def otsu_threshold(values: NDArray[Any]) -> float:
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
    ValueError
        There are fewer than two values.

    Notes
    -----
    Otsu, IEEE Trans. Syst. Man Cybern. 9, 62 (1979), on the values themselves instead of a histogram of them.
    """
    if len(values) < 2:
        raise ValueError(f"a threshold parts at least two values, got {len(values)}")
    values = np.sort(values)
    below = np.arange(1, len(values))
    sums = np.cumsum(values, dtype=np.float64)
    between = (sums[-1] * below / len(values) - sums[:-1]) ** 2 / (below * (len(values) - below))
    split = int(between.argmax())
    return float(values[split : split + 2].mean())
