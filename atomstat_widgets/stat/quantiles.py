"""Quantiles of many pixels, found by one selection."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def quantile_of(values: NDArray[Any], share: float) -> float:
    """What `numpy.quantile` gives of all values, at least one of which there is, in half the time."""
    values = values.ravel()
    at = share * (values.size - 1)
    below = math.floor(at)
    parted = np.partition(values, below)
    lower = float(parted[below])
    return lower if at == below else lower + (at - below) * (float(parted[below + 1 :].min()) - lower)
