"""Power spectra of the tiles of an image, and the ground that noise gives them."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from atomstat_widgets.brief import brief
from atomstat_widgets.stat.quantiles import quantile_of

SMALLEST, LARGEST = 32, 256  # pixels of a tile's side; smaller only where the image is
MOST_EMPTY = 0.5  # of a tile
MOST = 9  # tiles along an axis; more would tell no more
SHARE = 0.25  # of the tiles that show the lattice; the others may be empty
LOWEST = 1e-3  # power over the ground that is told; lower is rounding
FEW = 8  # rings, the shortest: the spots of a lattice fill half of each
STREAK = 3  # rings; from there on a streak is looked at
LOBE = 3.5  # frequencies: how far the taper and the outline of a crystal spread a spot
ENOUGH_LEFT = 0.3  # of a ring: so much tells its ground
TINY = float(np.finfo(np.float32).tiny)
STRONGEST = 0.999  # of the frequencies have less power than the strongest
FLOOR = 1e-6  # of the power of the strongest frequencies: what rounding and interpolation leave is no ground

Floats = NDArray[np.float64]
Float32 = NDArray[np.float32]


@brief
@dataclass(frozen=True, eq=False)
class Tiles:
    """Power spectra of square tiles that overlap.

    Attributes
    ----------
    power : array, (tiles, side, side // 2 + 1), float32
        Of white noise it is its variance, at each frequency. Rows are the frequencies fy of `numpy.fft.fftfreq`,
        columns fx of `numpy.fft.rfftfreq`.
    corners : array, (tiles, 2)
        First row and column of each tile.
    least : float
        Variance of the noise that there is at least.
    """

    power: Float32
    corners: NDArray[np.intp]
    least: float

    @property
    def side(self) -> int:
        """Rows and columns of a tile."""
        return int(self.power.shape[1])

    @cached_property
    def radius(self) -> Floats:
        """Distance of each frequency (side, side // 2 + 1) from 0, in periods a tile."""
        fy, fx = np.fft.fftfreq(self.side, 1 / self.side), np.fft.rfftfreq(self.side, 1 / self.side)
        return np.asarray(np.hypot(fy[:, None], fx))

    @cached_property
    def rings(self) -> NDArray[np.intp]:
        """Number of the ring of equal frequency that each frequency is on."""
        return np.rint(self.radius).astype(np.intp)

    @cached_property
    def weights(self) -> Floats:
        """How many of all frequencies each of the half plane stands for, (1, side // 2 + 1): 1 or 2."""
        twice = np.full((1, self.power.shape[2]), 2.0)
        twice[:, 0] = 1
        if self.side % 2 == 0:
            twice[:, -1] = 1
        return twice

    @cached_property
    def by_ring(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Places of all frequencies in the flat half plane, ring by ring, and how many are on each ring."""
        rings = self.rings.ravel()
        return np.argsort(rings, kind="stable"), np.bincount(rings)

    @cached_property
    def ground(self) -> Float32:
        """Power that noise has on each ring of each tile, (tiles, rings).

        From the median, so that neither the few spots of a lattice nor the streak of a straight edge count.
        """
        _, counts = self.by_ring
        # Power of noise falls off exponentially. Of a short ring the lowest quarter is free of spots, if not the half.
        shares = np.where(np.arange(len(counts)) > FEW, 0.5, 0.25)
        ground = _quantiles(self._in_rings, counts, shares) / -np.log(1 - shares)
        return np.asarray(np.maximum(ground, max(self.assumed, self.least)), np.float32)

    @cached_property
    def assumed(self) -> float:
        """Power that is taken for ground though none may be there: what is little beside the strongest frequencies."""
        _, counts = self.by_ring
        beyond = self._in_rings[:, counts[:STREAK].sum() :]
        return max(FLOOR * quantile_of(beyond, STRONGEST), TINY) if beyond.size else TINY

    @cached_property
    def _in_rings(self) -> Float32:
        """Power of each tile, ring by ring; in which order that of one ring is does not matter."""
        return np.take(self.power.reshape(len(self.power), -1), self.by_ring[0], axis=1)

    @cached_property
    def contrast(self) -> Floats:
        """Logarithm of the power over that of noise, reached in a quarter of the tiles, (side, side // 2 + 1)."""
        ratio = reached(self.power / self.ground[:, self.rings])
        return np.asarray(np.log(np.maximum(ratio, LOWEST)) - math.log(-math.log(SHARE)), np.float64)

    @cached_property
    def streaks(self) -> Float32:
        """Power over the ground that noise by rows or columns adds, (side, side // 2 + 1): 0 off the axes.

        From the median along each axis, as far as the taper spreads it to both sides. Such noise is everywhere: what
        few of the tiles have is the streak of an edge.
        """
        added = np.zeros(self.power.shape[1:], np.float32)
        down, across = (np.flatnonzero(self.rings[line] >= STREAK) for line in ((slice(None), 0), 0))
        if len(down) and len(across):
            columns, rows = np.array([0, 1]), np.array([-1, 0, 1])
            added[:, columns] = self._along_axis(down, columns[:, None])
            added[rows] = np.maximum(added[rows], self._along_axis(rows[:, None], across)[:, None])
        return added

    def _along_axis(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Float32:
        """Power over the ground that three quarters of the tiles have along lines (lines,) of so many frequencies."""
        power = self.power[:, rows, columns]
        power /= self.ground[:, self.rings[rows, columns]] * math.log(2)
        tiles, lines, length = power.shape
        medians = _quantiles(power.reshape(-1, length), np.array([length]), np.array(0.5)).reshape(tiles, lines)
        excess = _quantiles(medians.T.copy(), np.array([tiles]), np.array(SHARE))[:, 0] - 1
        return np.maximum(excess, 0)

    def ground_beside(self, frequencies: Floats) -> Float32:
        """Power that noise has at each frequency, (tiles, side, side // 2 + 1), with spots (n, 2) left out.

        The spots of a period that has few places in a tile fill their rings. A ring of which too little is left
        has the ground of the next one that is farther out. Noise by rows or columns is in it, see `streaks`.
        """
        spots = np.concatenate([frequencies, -frequencies])[:, :, None] * self.side
        y, x = (
            spots[:, 0] - np.fft.fftfreq(self.side, 1 / self.side),
            spots[:, 1] - np.fft.rfftfreq(self.side, 1 / self.side),
        )
        down, across = (((off + self.side / 2) % self.side - self.side / 2) ** 2 for off in (y, x))
        beside = (down[:, :, None] + across[:, None] > LOBE**2).all(axis=0)
        places, counts = self.by_ring
        beside = beside.ravel()[places]
        left = np.add.reduceat(beside, counts.cumsum() - counts, dtype=np.intp)
        power = np.take(self.power.reshape(len(self.power), -1), places[beside], axis=1)
        told = left >= np.maximum(ENOUGH_LEFT * counts, 4)
        least = np.full_like(self.ground, np.inf)
        least[:, left > 0] = _quantiles(power, left[left > 0], np.array(0.5)) / math.log(2)
        ground = self.ground.copy()
        for ring in range(ground.shape[1] - 1, -1, -1):
            if told[ring]:
                ground[:, ring] = np.minimum(least[:, ring], ground[:, ring])
            elif ring + 1 < ground.shape[1]:
                ground[:, ring] = np.minimum(ground[:, ring], ground[:, ring + 1])
        return np.asarray(ground[:, self.rings] * (1 + self.streaks), np.float32)

    def whole_plane(self, half: NDArray[Any]) -> NDArray[Any]:
        """Values of the half plane on all frequencies (side, side), in the order of `numpy.fft.fftfreq`."""
        rows, columns = np.arange(self.side)[:, None], np.arange(self.side)
        mirrored = columns > self.side // 2
        return np.asarray(
            half[np.where(mirrored, -rows % self.side, rows), np.where(mirrored, -columns % self.side, columns)]
        )

    def centred(self, half: NDArray[Any]) -> NDArray[Any]:
        """Values of the half plane on all frequencies (side, side), frequency 0 at [side // 2, side // 2]."""
        return np.fft.fftshift(self.whole_plane(half))


def _quantiles(values: Float32, counts: NDArray[np.intp], shares: Floats) -> Float32:
    """What `numpy.quantile` gives of so many values of each row after each other, (rows, counts); these get sorted."""
    ends = np.cumsum(counts)
    firsts = ends - counts
    for first, end in zip(firsts.tolist(), ends.tolist(), strict=True):
        values[:, first:end].sort(axis=1)
    at = shares * (counts - 1)
    below = np.floor(at).astype(np.intp)
    lower, upper = values[:, firsts + below], values[:, firsts + np.minimum(below + 1, counts - 1)]
    return np.asarray(lower + (upper - lower) * (at - below).astype(np.float32))


def reached(values: Float32) -> Float32:
    """What a quarter of the tiles (n, ...) reach or exceed."""
    at = min(math.floor((1 - SHARE) * len(values)), len(values) - 1)
    return np.asarray(np.partition(values, at, axis=0)[at])


def tile_side(shape: tuple[int, ...]) -> int:
    """Side of the tiles that suit an image: at least two along an axis, where they are not too small."""
    shorter = min(shape)
    wanted = min(max(shorter // 2, SMALLEST), LARGEST, shorter)
    return int(2 ** (wanted.bit_length() - 1))


def make_tiles(pixels: Float32, side: int, least: float = 0.0, blank: NDArray[np.bool_] | None = None) -> Tiles:
    """Spectra of tiles of one side that lie evenly over an image, each faded out and without its plane.

    They overlap by half, or less where more than 9 would lie along an axis. Noise has the variance `least`, or more.
    Tiles that are mostly `blank`, without data, are left out where there are others.
    """
    firsts = [
        np.unique(np.rint(np.linspace(0, length - side, min(MOST, 1 + math.ceil(2 * (length - side) / side)))))
        for length in pixels.shape
    ]
    corners = np.stack(np.meshgrid(*firsts, indexing="ij"), axis=-1).reshape(-1, 2).astype(np.intp)
    if blank is not None:
        empty = np.array([np.mean(blank[y : y + side, x : x + side]) for y, x in corners])
        corners = corners[empty <= max(MOST_EMPTY, float(empty.min()))]
    taper = np.hanning(side + 2)[1:-1]
    weights: NDArray[Any] = np.outer(taper, taper).astype(np.float32)
    pieces = np.stack([pixels[y : y + side, x : x + side] for y, x in corners])
    # The plane of each piece: what is left has neither a mean nor a slope under the taper.
    at = np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2)
    down, across = np.broadcast_arrays(at[:, None], at)
    parts = np.stack([np.ones_like(weights), down, across]).reshape(3, -1)
    moments = pieces.reshape(len(pieces), -1) @ (parts * weights.ravel()).T
    planes = (moments / (parts**2 @ weights.ravel())) @ parts
    pieces -= planes.reshape(pieces.shape)
    pieces *= weights
    spectra = fft.rfft2(pieces)
    power = (spectra.real**2 + spectra.imag**2) / float(np.sum(weights.astype(float) ** 2))
    return Tiles(power.astype(np.float32, copy=False), corners, least)
