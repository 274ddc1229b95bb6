"""Pixels that show no sample, replaced: hot and dead ones, and borders without data."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from atomstat_widgets.stat.quantiles import quantile_of
from atomstat_widgets.stat.rounding import level_of, without_rounding

OUTLYING = 8.0  # times what 99 of 100 pixels differ from their neighbours at most
ALONE = 5.0  # times the third highest of the eight neighbours: of the narrowest column that is resolved, at most 3
BLOCK = 3  # pixels: side of the largest spot of a cosmic ray, or of dead pixels
FLAT = 5  # pixels: side of the squares of equal pixels that a border without data is made of
LEAST_BLANK = 64  # pixels of a border without data
# Of hot and dead rows and columns.
LEAST_LINES = 16  # rows, and columns, that tell what a usual one is
LOOKED_AT = 128  # pixels of each
USUAL = 0.9  # of the lines: as many differ from those around them by no more than what is usual
EVEN = 0.7  # of the farthest off side by side: so far off is the nearest, which a narrow row of atoms is not
ONE_WAY = 0.9  # of its pixels are above, or below, what is beside them
SINGLE = 4 * float(np.finfo(np.float32).eps)  # level of what was computed in single precision

Float32 = NDArray[np.float32]


def mend(pixels: Float32) -> tuple[Float32, NDArray[np.bool_] | None, float]:
    """Replace the pixels that show no sample, so that filters and spectra do not see them.

    Hot and dead pixels, alone or in spots of up to 3 x 3, become the median of what is around them. A border without
    data, as drift correction leaves it, is an area of equal pixels that touches the edge of the image; there the image
    goes on as its mirror. The steps of rounding on a slope become a slope.

    Parameters
    ----------
    pixels : array, (height, width), float32
        Between 0 and 1.

    Returns
    -------
    pixels : array, (height, width), float32
        The same array where there was nothing to mend.
    blank : array, (height, width), bool, or None
        Where there are no data; None where there are everywhere.
    level : float
        Distance of the levels that the pixels are rounded to, in their unit.
    """
    pixels = without_outliers(np.ascontiguousarray(pixels))
    level = level_of(pixels)
    blank = blank_border(pixels, level)
    if blank is not None:
        pixels = continued(pixels, blank)
    return (without_rounding(pixels, level) if level else pixels), blank, max(level, SINGLE)


def continued(pixels: Float32, blank: NDArray[np.bool_]) -> Float32:
    """Pixels with the mirror of what is beside them where there are no data, `blank`."""
    # From outside a border without data to inside, as far behind its edge as the pixel is before it.
    edge = ndimage.distance_transform_edt(blank, return_distances=False, return_indices=True)
    sides = np.array(pixels.shape).reshape(2, 1, 1)
    mirrored = np.clip(2 * edge - np.indices(pixels.shape), 0, sides - 1)
    mirrored = np.where(blank[tuple(mirrored)], edge, mirrored)
    return np.where(blank, pixels[tuple(mirrored)], pixels)


def without_outliers(pixels: Float32) -> Float32:
    """Pixels without those that stand, alone or as a small spot, far above or below all around them."""
    inner = pixels[1:-1, 1:-1]
    bend = 4 * inner - pixels[:-2, 1:-1] - pixels[2:, 1:-1] - pixels[1:-1, :-2] - pixels[1:-1, 2:]
    np.abs(bend, out=bend)
    usual = bend[:: max(1, bend.shape[0] // 512), :: max(1, bend.shape[1] // 512)]
    usual = usual[usual > 0]
    if len(usual) == 0:
        return pixels
    most = quantile_of(usual, 0.99)
    suspects = np.stack(np.unravel_index(np.flatnonzero(bend > OUTLYING * most), bend.shape), axis=1) + 1
    suspects = np.concatenate([suspects, _of_the_edge(pixels.shape)])
    around = pixels[_surroundings(suspects, 2, pixels.shape)].astype(np.float64)
    ground = np.partition(around.reshape(-1, 25), 12, axis=1)[:, 12]
    near = around[:, 1:-1, 1:-1].reshape(-1, 9) - ground[:, None]
    here = near[:, 4]
    others = np.sort(np.sign(here)[:, None] * np.delete(near, 4, axis=1), axis=1)
    spread = most / 4
    outlying = np.abs(here) > OUTLYING * spread
    hot = outlying & (np.abs(here) > ALONE * np.maximum(others[:, -3], 0))
    spots = _spots(pixels, suspects[outlying & ~hot], OUTLYING * spread)
    if not hot.any() and spots is None:
        return pixels
    mended = pixels.copy()
    mended[tuple(suspects[hot].T)] = ground[hot]
    if spots is not None:
        at, values = spots
        mended[at] = values
    return mended


def _spots(
    pixels: Float32, suspects: NDArray[np.intp], least: float
) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], NDArray[np.float64]] | None:
    """Pixels of the spots that suspects (n, 2) are of, no larger than a block, and what is around them; None without.

    Their edge is sharp: the faintest pixel of a spot is far above, or below, all that is around the block.
    """
    if len(suspects) == 0:
        return None
    reach = BLOCK
    places = _surroundings(suspects, reach, pixels.shape)
    around = pixels[places].astype(np.float64)
    count, side = len(around), 2 * reach + 1
    ground = np.median(around.reshape(count, -1), axis=1)
    near = around - ground[:, None, None]
    near *= np.sign(near[:, reach, reach])[:, None, None]
    lines = np.arange(-reach, reach + 1)
    beyond = [places[0] != suspects[:, 0, None, None] + lines[:, None], places[1] != suspects[:, 1, None, None] + lines]
    near[beyond[0] | beyond[1]] = -np.inf  # the mirror of a spot at the edge is no part of it
    falling = -np.sort(-near.reshape(count, -1), axis=1)[:, : BLOCK**2 + 1]
    gap = falling[:, :-1] > np.maximum(ALONE * falling[:, 1:], least)
    lowest = np.where(gap, falling[:, :-1], np.inf).min(axis=1)  # of the largest spot
    of_spot = near >= lowest[:, None, None]
    small = of_spot[:, reach, reach]
    for axis in (1, 2):
        lines = of_spot.any(axis=axis)
        last = side - 1 - lines[:, ::-1].argmax(axis=1)
        small &= last - lines.argmax(axis=1) < BLOCK
    if not small.any():
        return None
    of_spot &= small[:, None, None]
    rows, columns = (np.broadcast_to(at, of_spot.shape)[of_spot] for at in places)
    return (rows, columns), np.broadcast_to(ground[:, None, None], of_spot.shape)[of_spot]


def _surroundings(
    points: NDArray[np.intp], reach: int, shape: tuple[int, ...]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows (n, side, 1) and columns (n, 1, side) of squares around points (n, 2), mirrored at the edge of an image."""
    near = np.arange(-reach, reach + 1)
    rows, columns = (
        np.abs((side - 1) - np.abs((side - 1) - (at[:, None] + near))) for at, side in zip(points.T, shape, strict=True)
    )
    return rows[:, :, None], columns[:, None, :]


def _of_the_edge(shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Rows and columns (n, 2) of the pixels along the edge of an image."""
    height, width = shape
    sides = (sorted({0, height - 1}), np.arange(width)), (np.arange(1, height - 1), sorted({0, width - 1}))
    return np.concatenate([np.stack(np.meshgrid(*side, indexing="ij"), axis=-1).reshape(-1, 2) for side in sides])


def without_lines(pixels: Float32) -> Float32:
    """Pixels without the rows and columns, up to three side by side, that stand as a whole far above or below others.

    They become what lies between the lines beside them.
    """
    if min(pixels.shape) < LEAST_LINES:
        return pixels
    return np.ascontiguousarray(_without_rows(_without_rows(pixels).T).T)


def _without_rows(pixels: Float32) -> Float32:
    height, width = pixels.shape
    middle = np.median(pixels[:, :: math.ceil(width / LOOKED_AT)], axis=1).astype(np.float64)
    off = middle - ndimage.median_filter(middle, 2 * BLOCK + 1, mode="mirror")
    size = np.abs(off)
    # Of lines that hardly differ it is the rounding of their medians.
    least = OUTLYING * max(float(np.quantile(size, USUAL)), SINGLE)
    numbers, count = ndimage.label(size > least)
    mended = pixels
    for number in range(1, count + 1):
        block = np.flatnonzero(numbers == number)
        beside = [row for row in (block[0] - 1, block[-1] + 1) if 0 <= row < height]
        lowest, highest = size[block].min(), size[block].max()
        if len(block) > BLOCK or lowest <= max(ALONE * size[beside].max(), EVEN * highest):
            continue
        weight = (block - block[0] + 1) / (len(block) + 1)
        between = np.outer(1 - weight, pixels[beside[0]]) + np.outer(weight, pixels[beside[-1]])
        if np.mean(np.sign(pixels[block] - between) == np.sign(off[block])[:, None]) >= ONE_WAY:
            mended = mended.copy() if mended is pixels else mended
            mended[block] = between
    return mended


def blank_border(pixels: Float32, level: float = 0.0) -> NDArray[np.bool_] | None:
    """Where an image has no data: equal pixels, in an area that touches its edge.

    What is no farther than one `level` of its rounding from all around it is a step of a slope.
    """
    equal_edge = sum(int(np.count_nonzero(np.diff(line) == 0)) for line in _sides(pixels))
    if equal_edge < FLAT:
        return None
    areas, count = equal_areas(pixels)
    touching = np.zeros(count + 1, bool)
    for line in _sides(areas):
        touching[line] = True
    touching[0] = False
    if level and touching.any():
        steep = ndimage.maximum_filter(pixels, 3) - ndimage.minimum_filter(pixels, 3) > 1.5 * level
        touching &= np.bincount(areas[steep], minlength=count + 1) > 0
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
