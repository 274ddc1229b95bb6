"""Round numbers, for scale bars, ticks and texts."""

from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray


def round_length(length: float) -> float:
    """Largest of 1, 2 or 5 times a power of ten that is not above a length."""
    power = 10.0 ** floor(log10(length))
    return max(digit * power for digit in (1, 2, 5) if digit * power <= length * (1 + 1e-9))


def round_ticks(low: float, high: float, count: float) -> NDArray[np.float64]:
    """Multiples of a round number from `low` to `high`, some `count` to three times as many; of one number itself."""
    if high == low:
        return np.array([float(low)])
    spacing = round_length((high - low) / count)
    return np.asarray(spacing * np.arange(ceil(low / spacing - 1e-9), floor(high / spacing + 1e-9) + 1), np.float64)


def whole_ticks(low: float, high: float, count: int) -> NDArray[np.float64]:
    """Those of `round_ticks` that are whole numbers, for what is counted."""
    ticks = round_ticks(low, high, count)
    return np.asarray(ticks[ticks == np.rint(ticks)])


def percent(share: float) -> str:
    """Write a share of a whole."""
    return f"{share:.1%}"


def with_error(value: float, error: float) -> str:
    """Write a number with its error, in the digits that the error leaves: '(9.0 ± 0.4) · 10⁻⁴'."""
    largest = max(abs(value), error)
    power = floor(log10(largest)) if largest > 0 else 0
    power = 0 if -2 <= power <= 3 else power
    digits = max(0, power - floor(log10(error))) if error > 0 else 2
    shown = round(value / 10.0**power, digits) + 0.0  # never −0.0
    number = f"{shown:.{digits}f} ± {error / 10.0**power:.{digits}f}".replace("-", "−")
    if power == 0:
        return number
    return f"({number}) · 10{str(power).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
