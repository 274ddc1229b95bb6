"""Round numbers, for scale bars and ticks."""

from math import floor, log10

import numpy as np
from numpy.typing import NDArray


def round_length(length: float) -> float:
    """Largest of 1, 2 or 5 times a power of ten that is not above a length."""
    power = 10.0 ** floor(log10(length))
    return max(digit * power for digit in (1, 2, 5) if digit * power <= length * (1 + 1e-9))


def round_ticks(highest: float, count: int) -> NDArray[np.float64]:
    """Round numbers from 0 up to `highest`, at least `count` of them above 0."""
    spacing = round_length(highest / count)
    return spacing * np.arange(int(highest / spacing * (1 + 1e-9)) + 1)
