"""Scale of the band-pass that suits the atoms of an image."""

import math

import numpy as np

from atomstat_widgets.stat.binning import binned
from atomstat_widgets.stat.lattice.spots import Spots
from atomstat_widgets.stat.lattice.tiles import Float32, Floats, Tiles, make_tiles

FINEST = 0.7  # pixels
COARSEST = 1 / 8  # of a tile's side, without a lattice, or twice that: beyond, the tiles do not tell the noise
STEPS = 100
ABOVE_NOISE = 0.03  # of the energy of white noise at the same scale: what a thing has at least
CERTAIN = 3.0  # standard deviations of that energy, which is of few frequencies at a coarse scale: likewise
SURE = 7.0  # such deviations, that noise has at no scale; a thing with fewer is none beside one with more


def scale_of(pixels: Float32, spots: Spots, tiles: Tiles) -> float:
    """Standard deviation of the Gaussian whose Laplacian suits the atoms, in pixels.

    Where there is a lattice, the scale at which its spots have the most energy [1]_. Without, the finest at which the
    image, less its white noise, has more than at the scales around: not that of the largest thing in it. What is too
    large for the tiles is looked for in the whole image.

    References
    ----------
    .. [1] Lindeberg, Int. J. Comput. Vis. 30, 79 (1998).
    """
    if len(spots.energies):
        k2 = np.sum((2 * math.pi * spots.frequencies) ** 2, axis=1)
        scales = np.geomspace(FINEST, max(1 / math.sqrt(k2.min()), FINEST) * 2, STEPS)
        return float(scales[(_response(scales, k2) @ spots.energies).argmax()])
    for factor in sorted({1, min(pixels.shape) // tiles.side}):
        coarse = binned(pixels, factor)
        scale = factor * _of_things(tiles if factor == 1 else make_tiles(coarse, min(coarse.shape), tiles.least))
        if scale <= 2 * COARSEST * tiles.side:
            return float(scale)
    return COARSEST * tiles.side


def _of_things(tiles: Tiles) -> float:
    """Finest scale at which tiles have more energy than at those around, in pixels; infinite where there is none."""
    k2 = ((2 * math.pi * tiles.radius / tiles.side) ** 2).ravel()
    power = (tiles.power.mean(axis=0, dtype=np.float64) * tiles.weights).ravel()
    weights = np.broadcast_to(tiles.weights, tiles.radius.shape).ravel()
    corners = k2 > math.pi**2
    floor = power[corners].sum() / weights[corners].sum()
    scales = np.geomspace(FINEST, max(COARSEST * tiles.side, 1.5), STEPS)
    response = _response(scales, k2)
    signal, noise = response @ (power - floor * weights), response @ (floor * weights)
    # Of noise each frequency has a power of its own, whose standard deviation is its mean.
    spread = floor * np.sqrt(response**2 @ weights**2 / len(tiles.power))
    least = np.maximum(ABOVE_NOISE * noise, CERTAIN * spread)
    peaks = 1 + np.flatnonzero((signal[1:-1] >= signal[:-2]) & (signal[1:-1] > signal[2:]) & (signal > least)[1:-1])
    certainty = signal[peaks] / np.maximum(spread[peaks], np.finfo(np.float64).tiny)
    sure = peaks[certainty >= min(SURE, certainty.max(initial=0))]
    return float(scales[sure[0]]) if len(sure) else math.inf


def _response(scales: Floats, k2: Floats) -> Floats:
    """Energy of waves under the Laplacian of a Gaussian, times the square of its scale, (scales, waves)."""
    squares = scales[:, None] ** 2 * k2
    return np.asarray(squares**2 * np.exp(-squares))
