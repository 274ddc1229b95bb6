"""Pixels of an image binned, and undone."""

from functools import reduce

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]


def binned(pixels: Float32, factor: int) -> Float32:
    """Means of squares of `factor` x `factor` pixels; what is over at the last rows and columns is left out."""
    if factor == 1:
        return pixels
    height, width = (side // factor for side in pixels.shape)
    pixels = pixels[: height * factor, : width * factor]
    # Sums of whole lines: of few neighbours each they would take several times as long.
    rows = reduce(np.add, [pixels[first::factor] for first in range(factor)])
    sums = reduce(np.add, [rows[:, first::factor] for first in range(factor)])
    return np.asarray(sums / np.float32(factor**2), np.float32)


def enlarged(values: Float32, factor: int, shape: tuple[int, ...]) -> Float32:
    """Undo `binned`: linear between the middles of its squares, constant beyond the last."""
    for axis, side in enumerate(shape):
        if factor == 1:
            break
        place = ((np.arange(side) + 0.5) / factor - 0.5).clip(0, values.shape[axis] - 1)
        before = np.minimum(place.astype(np.intp), max(values.shape[axis] - 2, 0))
        on: NDArray[np.float32] = (place - before).astype(np.float32)
        on = on[:, None] if axis == 0 else on
        after = np.minimum(before + 1, values.shape[axis] - 1)
        values = np.take(values, before, axis) * (1 - on) + np.take(values, after, axis) * on
    return values
