"""Pixels that show no sample, replaced: hot and dead ones, and borders without data."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

OUTLYING = 8.0  # times what 99 of 100 pixels differ from their neighbours at most
ALONE = 5.0  # times the third highest of the eight neighbours: of the narrowest column that is resolved, at most 3
FLAT = 5  # pixels: side of the squares of equal pixels that a border without data is made of
LEAST_BLANK = 64  # pixels of a border without data

Float32 = NDArray[np.float32]


def mend(pixels: Float32) -> tuple[Float32, NDArray[np.bool_] | None]:
    """Replace the pixels that show no sample, so that filters and spectra do not see them.

    Hot and dead pixels, alone or up to three together, become the median of what is around them. A border without data,
    as drift correction leaves it, is an area of equal pixels that touches the edge of the image; there the image goes
    on as its mirror.

    Parameters
    ----------
    pixels : array, (height, width), float32

    Returns
    -------
    pixels : array, (height, width), float32
        The same array where there was nothing to mend.
    blank : array, (height, width), bool, or None
        Where there are no data; None where there are everywhere.
    """
    pixels = without_outliers(np.ascontiguousarray(pixels))
    blank = blank_border(pixels)
    return (pixels, None) if blank is None else (continued(pixels, blank), blank)


def continued(pixels: Float32, blank: NDArray[np.bool_]) -> Float32:
    """Pixels with the mirror of what is beside them where there are no data, `blank`."""
    # From outside a border without data to inside, as far behind its edge as the pixel is before it.
    edge = ndimage.distance_transform_edt(blank, return_distances=False, return_indices=True)
    sides = np.array(pixels.shape).reshape(2, 1, 1)
    mirrored = np.clip(2 * edge - np.indices(pixels.shape), 0, sides - 1)
    mirrored = np.where(blank[tuple(mirrored)], edge, mirrored)
    return np.where(blank, pixels[tuple(mirrored)], pixels)


def without_outliers(pixels: Float32) -> Float32:
    """Pixels without those that stand alone far above or below all around them."""
    inner = pixels[1:-1, 1:-1]
    bend = 4 * inner - pixels[:-2, 1:-1] - pixels[2:, 1:-1] - pixels[1:-1, :-2] - pixels[1:-1, 2:]
    np.abs(bend, out=bend)
    usual = bend[:: max(1, bend.shape[0] // 512), :: max(1, bend.shape[1] // 512)]
    usual = usual[usual > 0]
    if len(usual) == 0:
        return pixels
    suspects = np.argwhere(bend > OUTLYING * np.quantile(usual, 0.99)) + 1
    suspects = np.concatenate([suspects, _of_the_edge(pixels.shape)])
    # Of the suspects' surroundings, 5 x 5 pixels, mirrored at the edge.
    rows, columns = (np.abs(at[:, None] + np.arange(-2, 3)) for at in suspects.T)
    rows, columns = (
        np.minimum(at, 2 * (side - 1) - at) for at, side in zip((rows, columns), pixels.shape, strict=True)
    )
    around = pixels[rows[:, :, None], columns[:, None, :]].astype(np.float64)
    ground = np.median(around.reshape(-1, 25), axis=1)
    near = around[:, 1:-1, 1:-1].reshape(-1, 9) - ground[:, None]
    here = near[:, 4]
    others = np.sort(np.sign(here)[:, None] * np.delete(near, 4, axis=1), axis=1)
    spread = np.quantile(usual, 0.99) / 4
    hot = np.abs(here) > np.maximum(ALONE * np.maximum(others[:, -3], 0), OUTLYING * spread)
    if not hot.any():
        return pixels
    mended = pixels.copy()
    mended[tuple(suspects[hot].T)] = ground[hot]
    return mended


def _of_the_edge(shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Rows and columns (n, 2) of the pixels along the edge of an image."""
    edge = np.ones(shape, bool)
    edge[1:-1, 1:-1] = False
    return np.argwhere(edge)


def blank_border(pixels: Float32) -> NDArray[np.bool_] | None:
    """Where an image has no data: equal pixels, in an area that touches its edge."""
    equal_edge = sum(int(np.count_nonzero(np.diff(line) == 0)) for line in _sides(pixels))
    if equal_edge < FLAT:
        return None
    areas, count = equal_areas(pixels)
    touching = np.zeros(count + 1, bool)
    for line in _sides(areas):
        touching[line] = True
    touching[0] = False
    blank = touching[areas]
    return blank if blank.any() and not blank.all() else None


def equal_areas(pixels: Float32) -> tuple[NDArray[np.int32], int]:
    """Areas of equal pixels, of whole squares and not too small: their numbers (height, width) from 1 on, and how many.

    Where there is none the number is 0.
    """
    none = np.zeros(pixels.shape, np.int32)
    if min(pixels.shape) < FLAT:
        return none, 0
    # First corners of squares of FLAT x FLAT equal pixels.
    alike = _all_of(pixels[:, 1:] == pixels[:, :-1], FLAT - 1, axis=1)
    corners = _all_of(alike, FLAT, axis=0) & _all_of((pixels[1:] == pixels[:-1])[:, : 1 - FLAT], FLAT - 1, axis=0)
    if not corners.any():
        return none, 0
    squares = np.zeros(pixels.shape, bool)
    squares[: 1 - FLAT, : 1 - FLAT] = corners
    for line in ((1, FLAT), (FLAT, 1)):
        squares = ndimage.binary_dilation(squares, np.ones(line), origin=tuple(-(side // 2) for side in line))
    areas, count = ndimage.label(squares)
    large = np.bincount(areas.ravel(), minlength=count + 1) >= LEAST_BLANK
    large[0] = False
    numbers = np.cumsum(large) * large
    return np.asarray(numbers[areas], np.int32), int(large.sum())


def _all_of(true: NDArray[np.bool_], count: int, axis: int) -> NDArray[np.bool_]:
    """Whether so many neighbours, from each place on, are all true; as many places fewer, less one."""
    true = np.moveaxis(true, axis, 0)
    rest = len(true) - count
    all_true = true[: rest + 1].copy()
    for first in range(1, count):
        all_true &= true[first : first + rest + 1]
    return np.moveaxis(all_true, 0, axis)


def _sides(pixels: NDArray[Any]) -> list[NDArray[Any]]:
    return [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
