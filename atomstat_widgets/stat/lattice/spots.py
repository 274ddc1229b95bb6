"""Spots of a lattice in the spectra of an image's tiles.

A spot stands out of four grounds: the median of its ring, which neither dirt nor the outline of a particle raises; the
median along its own ray, which a streak raises; its neighbours along the radius, above which a streak that fades does
not rise; and, where noise ends at an edge, as that of an enlarged image, most of what is around it.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from atomstat_widgets.brief import brief
from atomstat_widgets.stat.binning import binned
from atomstat_widgets.stat.lattice.tiles import SHARE, STREAK, Floats, Tiles, make_tiles, reached, tile_side

CONTRAST = 2.5  # of a spot, the least; the highest of white noise have 0.7 to 1.5
ABOVE_RAY = 3.0  # logarithm of the power over the median on its ray; of a streak one in 10^6 pixels has more
FEWEST_PERIODS = 3  # along the side of a tile
# Along the side of a tile: the ring of a longer period is so short that the spots of a lattice fill half of it.
ENOUGH_PERIODS = 12
COARSER = 4  # times as long are the tiles of the next look, whose pixels are binned
SAME = 1.5  # periods a tile of the first look: spots that are closer are one
# Periods a tile, from a spot: what is on its ray, and its sides, one of which another spot may be on.
RAY = np.array([-10, -9, -8, -7, -6, -5, -4, 4, 5, 6, 7, 8, 9, 10])[:, None]
BESIDE = np.array([4, 6, 8, 10])[:, None]
FAINTEST = 100  # times the least ground that is assumed: where no more is known, less is what interpolation leaves
REACH = 8  # periods a tile, from a spot: what is around it
AROUND = np.array(
    [(y, x) for y in range(-REACH, REACH + 1) for x in range(-REACH, REACH + 1) if 16 <= y * y + x * x <= REACH**2]
).T[..., None]
MOST_AROUND = 0.75  # of them: other spots take less
FALL = 1.2  # logarithm of the ground so far inside over that outside: there a ring crosses an edge of the spectrum
# Sum of the contrast and of what it is above most around, of several tiles and of one: chance has less at an edge.
BOTH, BOTH_OF_ONE = 4.0, 6.0
SLOPE = 4  # a background that falls with this power of the frequency has no spots


@brief
@dataclass(frozen=True, eq=False)
class Spots:
    """Spots (n) of the half plane fx >= 0, the strongest first.

    Attributes
    ----------
    frequencies : array, (n, 2)
        (fy, fx) in periods per pixel.
    contrasts : array, (n,)
        Logarithm of the power over what noise has there.
    energies : array, (n,)
        Variance of the image that each explains.
    longest : float
        Pixels of the longest period that was looked for: of a longer one too few are in the shorter side.
    """

    frequencies: Floats
    contrasts: Floats
    energies: Floats
    longest: float = math.inf


def find_spots(
    pixels: NDArray[np.float32], level: float = 0.0, blank: NDArray[np.bool_] | None = None
) -> tuple[Spots, Tiles]:
    """Find the spots of a lattice; short periods in short tiles, of which some may be empty, long ones in longer.

    Parameters
    ----------
    pixels : array, (height, width), float32
    level : float
        Distance of the levels that they are rounded to, which is taken for noise: its errors are alike over many
        pixels, so that one twelfth of its square is too little.
    blank : array, (height, width), bool, optional
        Where there are no data.

    Returns
    -------
    spots : Spots
    tiles : Tiles
        The shortest, of all pixels.
    """
    side = tile_side(pixels.shape)
    first = make_tiles(pixels, side, level**2, blank)
    looks, longest = [(first, 1.0)], min(pixels.shape)
    length = side
    while length < longest:
        highest = ENOUGH_PERIODS / length
        length = min(COARSER * length, longest)
        # Binned no more than leaves room beside the shortest period that is left to this look.
        factor = max(1, min(length // side, int(length / (2 * (highest * length + BESIDE[0, 0] + 1)))))
        coarse = binned(pixels, factor)
        looks.append((make_tiles(coarse, min(length // factor, *coarse.shape), first.least / factor**2), float(factor)))
    found: list[tuple[Floats, Floats, Floats]] = []
    highest = 0.5
    for number, (tiles, factor) in enumerate(looks):
        last = number == len(looks) - 1
        lowest = (FEWEST_PERIODS if last else ENOUGH_PERIODS) / (tiles.side * factor)
        places, contrasts, energies = _spots_of(tiles, factor, lowest, highest)
        for before, *_ in found:  # a spot on the border of two looks is in both
            either = np.concatenate([before, -before])
            new = (np.linalg.norm(places[:, None] - either, axis=2) > SAME / side).all(axis=1)
            places, contrasts, energies = places[new], contrasts[new], energies[new]
        found.append((places, contrasts, energies))
        highest = lowest
    frequencies, contrasts, energies = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(-energies, kind="stable")
    return Spots(frequencies[order], contrasts[order], energies[order], longest / FEWEST_PERIODS), first


def _spots_of(tiles: Tiles, factor: float, lowest: float, highest: float) -> tuple[Floats, Floats, Floats]:
    """Frequencies, contrasts and energies of the spots between two frequencies, in periods per pixel."""
    contrast = tiles.contrast
    power = np.asarray(reached(tiles.power), np.float64)
    log_power = np.log(np.maximum(power, np.finfo(np.float32).tiny))
    length = tiles.side * factor
    # One pixel more towards the middle, as the other look may see the spot on the next ring.
    wanted = (tiles.radius >= max(lowest * length - 1, FEWEST_PERIODS)) & (tiles.radius < highest * length)
    whole = tiles.whole_plane(log_power)
    peak = whole >= ndimage.maximum_filter(whole, 3, mode="wrap")
    # Noise by rows or columns is noise, too.
    beyond = contrast - np.log1p(tiles.streaks) > CONTRAST
    beyond &= power > FAINTEST * tiles.assumed
    candidates = np.argwhere(wanted & beyond & _half_plane(peak, tiles.side))
    if len(candidates) == 0:
        return np.empty((0, 2)), np.empty(0), np.empty(0)

    plane = np.fft.fftshift(whole)
    around = ndimage.maximum_filter(plane, 3, mode="nearest")
    rows, columns = candidates.T
    here = log_power[rows, columns]
    radius = tiles.radius[rows, columns]
    places = np.stack([np.fft.fftfreq(tiles.side, 1 / tiles.side)[rows], columns], axis=1)  # periods a tile
    ray = _along(plane, places, radius, RAY)
    # Inside not beyond ring 1, as far from a spot on ring 3 as its lobe reaches.
    inside = _along(around, places, radius, -np.minimum(BESIDE, radius - 1))
    outside = _along(around, places, radius, BESIDE)
    steep = SLOPE * np.log1p(BESIDE / radius)
    keep = (here - inside > 1).any(axis=0) & (here - outside > 1 + steep).any(axis=0)
    # In the smallest tiles no ray is long enough to tell a streak: NaN is above nothing.
    keep &= here - _median_of_known(ray) > ABOVE_RAY
    rows, columns, places, here = (one[keep] for one in (rows, columns, places, here))
    y, x = places.astype(int).T + tiles.side // 2
    near = plane[(y + AROUND[0]) % tiles.side, (x + AROUND[1]) % tiles.side]
    ground = np.log(np.median(tiles.ground, axis=0))
    ring, last = tiles.rings[rows, columns], len(ground) - 1
    flat = ground[np.maximum(ring - REACH, STREAK)] - ground[np.minimum(ring + REACH, last)] < FALL
    both = contrast[rows, columns] + here - np.quantile(near, MOST_AROUND, axis=0)
    keep = flat | (both > (BOTH if len(tiles.power) > 1 else BOTH_OF_ONE))
    rows, columns, places, y, x = (one[keep] for one in (rows, columns, places, y, x))
    linear = tiles.centred(power)
    lobes = [linear[(y + dy) % tiles.side, (x + dx) % tiles.side] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    ground = np.quantile(tiles.ground, 1 - SHARE, axis=0)[tiles.rings[rows, columns]]
    energies = 2 * np.maximum(np.sum(lobes, axis=0) - 9 * ground, 0) / tiles.side**2
    return (places + _between(plane, y, x)) / length, contrast[rows, columns], energies


def _half_plane(whole: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Part fx >= 0 of all frequencies; of the two that each wave has on its border fx = 0 one."""
    part = whole[:, : side // 2 + 1].copy()
    part[side // 2 + 1 :, 0] = False
    if side % 2 == 0:
        part[side // 2 + 1 :, -1] = False
    return part


def _along(plane: Floats, places: Floats, radius: Floats, shifts: NDArray[Any]) -> Floats:
    """Values of a plane with frequency 0 in its middle, so much (k, n or 1) farther out than places (n, 2), or NaN."""
    side = len(plane)
    at = np.rint(places * ((radius + shifts) / radius)[..., None]).astype(int) + side // 2
    inside = np.all((at >= 0) & (at < side), axis=-1) & (radius + shifts > 0.99)
    y, x = np.moveaxis(at.clip(0, side - 1), -1, 0)
    return np.where(inside, plane[y, x], np.nan)


def _median_of_known(values: Floats) -> Floats:
    """Median along the first axis of values (k, n) that are no NaN; NaN without any."""
    values = np.sort(values, axis=0)  # NaN is last
    known = np.count_nonzero(~np.isnan(values), axis=0)
    each = np.arange(values.shape[1])
    return np.asarray((values[np.maximum(known - 1, 0) // 2, each] + values[known // 2, each]) / 2)


def _between(plane: Floats, y: NDArray[np.intp], x: NDArray[np.intp]) -> Floats:
    """How far from the pixels the tops of the parabolas through the logarithms of the power are, (n, 2)."""
    side, here = len(plane), plane[y, x]
    shifts = []
    for dy, dx in ((1, 0), (0, 1)):
        before, after = plane[(y - dy) % side, (x - dx) % side], plane[(y + dy) % side, (x + dx) % side]
        bend = before - 2 * here + after
        shifts.append(np.where(bend < 0, 0.5 * (before - after) / np.where(bend < 0, bend, 1), 0.0).clip(-0.5, 0.5))
    return np.stack(shifts, axis=1)
