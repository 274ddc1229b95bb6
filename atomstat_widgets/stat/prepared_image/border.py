"""A border without data: whether it has to be left out, and where it is, in words."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

OFF = 0.5  # of the usual distance from the median, both ways: so far a level is off all data

Float32 = NDArray[np.float32]
Mask = NDArray[np.bool_]


def stands_out(pixels: Float32, blank: Mask) -> bool:
    """Whether a border without data is at a level that the data beside it are not at.

    The vacuum of a simulation and what is saturated are of one value, too, and the image goes over into them. A border
    that was filled with the median of the data is where it should be.
    """
    data, level = pixels[~blank], float(np.median(pixels[blank]))
    middle = float(np.median(data))
    spread = float(np.median(np.abs(data - middle)))
    beside = pixels[ndimage.binary_dilation(blank) & ~blank]
    step = float(np.median(np.abs(beside - level)))
    return abs(level - middle) > OFF * spread and step > OFF * float(np.median(np.abs(data - level)))


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
