"""Between which numbers the colours of pictures go: the same on the page and in a figure for a paper."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

CONTRAST = (0.5, 99.5)  # percentiles of an image that are black and white


def own_limits(pictures: NDArray[Any], signed: bool = False) -> NDArray[Any]:
    """Lowest and highest number of each picture (k, ...), (k, 2); of signed ones 0 is in the middle."""
    return _around_zero(pictures) if signed else np.stack([_over_each(np.nanmin, pictures), _highest(pictures)], axis=1)


def amount_limits(amounts: NDArray[Any], signed: bool = False) -> NDArray[Any]:
    """From 0 to the highest amount of each component (k, ...), (k, 2); of signed ones 0 is in the middle."""
    if signed:
        return _around_zero(amounts)
    return np.stack([np.zeros(len(amounts)), _or_one(_highest(amounts))], axis=1)


def common_limits(pictures: NDArray[Any]) -> NDArray[Any]:
    """Lowest and highest number of all pictures (k, ...), for each of them, (k, 2): they can be compared."""
    return np.tile([np.nanmin(pictures), np.nanmax(pictures)], (len(pictures), 1))


def _around_zero(pictures: NDArray[Any]) -> NDArray[Any]:
    high = _or_one(_highest(np.abs(pictures)))
    return np.stack([-high, high], axis=1)


def _highest(pictures: NDArray[Any]) -> NDArray[Any]:
    return _over_each(np.nanmax, pictures)


def _over_each(function: Any, pictures: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(function(pictures, axis=tuple(range(1, np.ndim(pictures)))))


def _or_one(high: NDArray[Any]) -> NDArray[Any]:
    """Ends that are above 0: where all is 0 there is no other."""
    return np.where(high > 0, high, high.dtype.type(1))
