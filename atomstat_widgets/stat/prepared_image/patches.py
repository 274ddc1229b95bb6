"""Patches of an image as its lattice makes them: what repeats from cell to cell, without noise and blemishes."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from atomstat_widgets.stat.binning import binned
from atomstat_widgets.stat.lattice import Lattice

ACROSS = 4  # cells: side of a patch
MOST, LEAST, PIXELS = 36, 4, 2_000_000  # patches that lie evenly, and pixels of all of them
# Of the variance of a patch, what repeats in it: of noise 0.1. The patches that show the lattice have as much as this,
# and half as much as the best of them.
REPEATS, OF_BEST = 0.2, 0.5
INNER, BEYOND = 0.1, 3.0  # what is farther out than these times the range of all but a tenth of the pixels is a blemish
SMOOTH = 1 / 8  # of the shortest period: Gaussian that takes off noise before it is asked how much repeats

Float32 = NDArray[np.float32]


def patches_of(flat: Float32, lattice: Lattice) -> Float32:
    """What repeats in the square patches of an image that show its lattice, (n, side, side); n may be 0.

    Each pixel is the median of those at the same place of all cells in its patch. So neither noise nor what is in less
    than half of the cells counts: dead lines and blocks, hot spots, defects, the rim of a particle.

    Parameters
    ----------
    flat : array, (height, width), float32
        Without its background.
    lattice : Lattice
        Of the image, in pixels.
    """
    cell = math.sqrt(abs(float(np.linalg.det(lattice.vectors)))) if len(lattice.vectors) else 0.0
    half = min(math.ceil(ACROSS / 2 * max(float(lattice.spacings.max()), cell)), *(one // 2 for one in flat.shape))
    side = 2 * half
    patches = np.stack([flat[y : y + side, x : x + side] for y, x in _places(flat, half)])
    low, middle, high = np.quantile(patches, [INNER, 0.5, 1 - INNER], axis=(1, 2))[:, :, None, None]
    reach = BEYOND * (high - low)
    patches = (np.clip(patches, middle - reach, middle + reach) - middle).astype(np.float32)
    repeated = _medians(patches, _place_in_cell(side, lattice))
    sigma = SMOOTH * float(lattice.spacings.min())
    ours, all_there = (ndimage.gaussian_filter(one, (0, sigma, sigma)).var(axis=(1, 2)) for one in (repeated, patches))
    share = ours / np.maximum(all_there, np.finfo(np.float32).tiny)
    return np.asarray(repeated[share >= max(REPEATS, OF_BEST * float(share.max()))])


def _places(flat: Float32, half: int) -> list[tuple[int, int]]:
    """First row and column of patches that lie evenly over an image, and of as many that have the most variance.

    Half a side of theirs is given, in pixels.
    """
    most = max(LEAST, min(MOST, PIXELS // (2 * half) ** 2))
    mean, square = binned(flat, half), binned(flat**2, half)
    variance = _fours(square) - _fours(mean) ** 2
    along = math.isqrt(most)
    rows, columns = (np.unique(np.linspace(0, n - 1, min(along, n)).round().astype(int)) for n in variance.shape)
    even = rows[:, None] * variance.shape[1] + columns
    places = np.union1d(even, np.argsort(-variance, axis=None, kind="stable")[:most])
    y, x = np.unravel_index(places, variance.shape)
    return list(zip((y * half).tolist(), (x * half).tolist(), strict=True))


def _fours(halves: Float32) -> Float32:
    """Means of squares of 2 x 2 that overlap."""
    rows = (halves[:-1] + halves[1:]) / 2
    return np.asarray((rows[:, :-1] + rows[:, 1:]) / 2)


def _place_in_cell(side: int, lattice: Lattice) -> NDArray[np.intp]:
    """Number of the place in the cell, about a pixel wide, of each pixel of a patch (side * side,).

    Where planes in one direction only are known it is the place between two of them.
    """
    waves = np.linalg.inv(lattice.vectors).T if len(lattice.vectors) else lattice.frequencies[:1]
    count = np.maximum(1, np.rint(1 / np.linalg.norm(waves, axis=1))).astype(int)
    pixels = np.indices((side, side)).reshape(2, -1).T
    fraction = np.floor(pixels @ waves.T % 1 * count).astype(int)
    return np.asarray(np.ravel_multi_index(tuple(fraction.T), tuple(count), mode="clip"))


def _medians(patches: Float32, places: NDArray[np.intp]) -> Float32:
    """Patches (n, side, side) with the median of all pixels at the same one of the places (side * side,)."""
    values = patches.reshape(len(patches), -1)
    result = np.empty_like(values)
    order = np.argsort(places, kind="stable")
    for alike in np.split(order, np.flatnonzero(np.diff(places[order])) + 1):
        result[:, alike] = np.median(values[:, alike], axis=1, keepdims=True)
    return result.reshape(patches.shape)
