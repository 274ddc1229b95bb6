"""Round numbers, for scale bars and ticks."""

from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray


def round_length(length: float) -> float:
    """Largest of 1, 2 or 5 times a power of ten that is not above a length."""
    power = 10.0 ** floor(log10(length))
    return max(digit * power for digit in (1, 2, 5) if digit * power <= length * (1 + 1e-9))


def round_ticks(low: float, high: float, count: int) -> NDArray[np.float64]:
    """Multiples of a round number from `low` to `high`, some `count` to three times as many."""
    spacing = round_length((high - low) / count)
    return spacing * np.arange(ceil(low / spacing - 1e-9), floor(high / spacing + 1e-9) + 1)
