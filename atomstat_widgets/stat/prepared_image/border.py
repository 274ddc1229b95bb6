"""A border without data: whether it has to be left out, and where it is, in words."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from atomstat_widgets.stat.blemishes import blank_border, equal_areas

SMALLEST = 8  # pixels: side of a square of data that there has to be, or half a side of a smaller image
ENOUGH = 100_000  # pixels that tell what the data are like
OFF = 0.5  # of the usual distance from the median, both ways: so far a level is off all data

OF_DATA = 0.1  # of the data: so many that have the level are of the sample
MOST_LEVELS = 16  # of areas without data; those of an image that was enlarged pixel by pixel have more

Float32 = NDArray[np.float32]
Mask = NDArray[np.bool_]


def blank_areas(pixels: Float32, *, all_borders: bool) -> Mask | None:
    """Where an image (height, width) has no data: areas of equal pixels that stand out; None where it has everywhere.

    All areas of one level are asked together whether neither the data nor what is beside them are at it. They are then
    a border, or blocks of dead pixels. The vacuum of a simulation and what is saturated are of one value, too, but many
    other pixels have it, and the image goes over into them. A border that was filled with the median of the data is
    where it should be. `all_borders` takes what touches the edge anyway.
    """
    border = blank_border(pixels)
    numbers, count = equal_areas(pixels)
    data = pixels[numbers == 0]
    if count == 0 or data.size == 0:
        return border if all_borders else None
    data = data[:: math.ceil(data.size / ENOUGH)]
    middle = float(np.median(data))
    spread = float(np.median(np.abs(data - middle)))
    levels = np.asarray(ndimage.minimum(pixels, numbers, np.arange(1, count + 1)))
    near = np.where(numbers == 0, ndimage.maximum_filter(numbers, 3), 0)
    blank = np.zeros(pixels.shape, bool)
    different = np.unique(levels)
    for level in different if len(different) <= MOST_LEVELS else ():
        alike = np.concatenate([[False], levels == level])
        beside = pixels[alike[near]]
        if beside.size and abs(level - middle) > OFF * spread and np.mean(data == level) < OF_DATA:
            step = float(np.median(np.abs(beside - level)))
            if step > OFF * float(np.median(np.abs(data - level))):
                blank |= alike[numbers]
    if all_borders and border is not None:
        blank |= border
    return blank if blank.any() else None


def require_data(data: Mask) -> None:
    """Refuse by a ValueError an image whose data (height, width) have no whole square, as hot ones on one colour."""
    side = min(SMALLEST, *(max(1, one // 2) for one in data.shape))
    if not ndimage.binary_erosion(data, np.ones((side, side))).any():
        there = int(np.count_nonzero(data))
        why = f"nowhere have {side} x {side} pixels data" if there >= side**2 else "there is nothing to analyse"
        raise ValueError(f"all but {there:,} of {data.size:,} pixels are without data or of one value: {why}")


def border_in_words(blank: Mask) -> str:
    """How wide a border without data is at each side, or what share of the image it is where it is no frame."""
    rows, columns = np.asarray(blank.all(axis=1)), np.asarray(blank.all(axis=0))
    sides = [(rows, "row", "at the top"), (rows[::-1], "row", "at the bottom"),
             (columns, "column", "at the left"), (columns[::-1], "column", "at the right")]  # fmt: skip
    if np.array_equal(blank, rows[:, None] | columns):
        widths = [(int(np.argmin(line)), name, where) for line, name, where in sides]
        parts = [f"{width} {name}{'s' * (width > 1)} {where}" for width, name, where in widths if width]
        if sum(width for width, _, _ in widths) == np.count_nonzero(rows) + np.count_nonzero(columns):
            return f"A border without data was left out: {', '.join(parts)}"
    return f"Places without data were left out: {blank.mean():.2g} of the image"
