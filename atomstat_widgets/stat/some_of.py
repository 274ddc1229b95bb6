"""Some of many, evenly spread, that tell what all are like."""

import numpy as np
from numpy.typing import NDArray


def some_of(count: int, most: int) -> NDArray[np.intp]:
    """Places, rising, of so many things at most of a count, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, most).astype(np.intp))
