"""Maxima of a band-passed image, and what noise has of them."""

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.spatial import KDTree

from atomstat_widgets.brief import brief
from atomstat_widgets.stat.atoms.otsu import otsu_threshold
from atomstat_widgets.stat.lattice.tiles import Tiles
from atomstat_widgets.stat.quantiles import quantile_of

THREADS = 2
# Of the highest maximum: the least noise assumed. Simulated images have none, but the rounding of their filters.
DYNAMIC_RANGE = 1 / 500
NORMAL_MEDIAN = 0.6745  # of the magnitude of normal noise, in standard deviations
MEDIAN_OF_MAXIMA = 1.4  # of band-passed noise, in standard deviations
TAIL, SKEWED = 0.02, 1.45  # of the pixels, and how much farther from 0 the bright ones are: noise has 1.35 at most
# Two classes of maxima are noise and atoms if their medians are so far apart, and few maxima are between them, or if
# they are farther apart than those of noise ever are.
APART, FAR_APART, BETWEEN = 3.6, 6.0, 0.15
GAP = (0.4, 0.8)  # of the way from the one median to the other, on a logarithmic scale
FEWEST_WEAKER = 8  # maxima of noise, to tell their height
LEAST_WEAKER = 1 / 4  # of all maxima, likewise

Floats = NDArray[np.float64]
Float32 = NDArray[np.float32]


@brief
@dataclass(frozen=True)
class Noise:
    """Noise of a band-passed image: its standard deviation, and its maxima a pixel at a height.

    Attributes
    ----------
    deviation : float
    roughness : float
        Mean square of its slope along an axis over its variance, in 1 / pixel^2.
    least : float
        Standard deviation of the part of it that is white, as the highest frequencies tell.
    """

    deviation: float
    roughness: float
    least: float

    def maxima_above(self, strengths: Floats) -> Floats:
        """Maxima a pixel above heights in standard deviations, of 2 and more [1]_.

        References
        ----------
        .. [1] Adler, The Geometry of Random Fields (1981): of a Gaussian field, whatever its spectrum.
        """
        u = np.maximum(strengths, 1.0)
        return np.asarray(self.roughness / (2 * math.pi) ** 1.5 * u * np.exp(-(u**2) / 2))

    def maxima_at(self, strengths: Floats) -> Floats:
        """Maxima a pixel and a standard deviation at heights: minus the slope of `maxima_above`."""
        u = np.maximum(strengths, 1.0)
        return np.asarray(self.roughness / (2 * math.pi) ** 1.5 * (u**2 - 1) * np.exp(-(u**2) / 2))


class BandPass:
    """Laplacian of a Gaussian at any scale: the image goes on beyond its border as its mirror."""

    def __init__(self, pixels: Float32) -> None:
        self.cosines = fft.dctn(pixels, workers=THREADS)
        self.squares = [((math.pi * np.arange(side) / side) ** 2).astype(np.float32) for side in pixels.shape]

    def __call__(self, scale: float) -> Float32:
        """Response (height, width): large where it is bright, at a scale in pixels."""
        y, x = self.squares[0][:, None], self.squares[1]
        transfer = y + x
        for factor in (np.exp(-y * np.float32(scale**2 / 2)), np.exp(-x * np.float32(scale**2 / 2)), self.cosines):
            transfer *= factor
        return np.asarray(fft.idctn(transfer, overwrite_x=True, workers=THREADS), np.float32)


def noise_of(tiles: Tiles, ground: Float32, scale: float) -> Noise:
    """Noise of an image that is band-passed at a scale: the median over its tiles, whose ground counts, see `Tiles`."""
    k2 = (2 * math.pi * tiles.radius / tiles.side) ** 2
    transfer = k2**2 * np.exp(-k2 * scale**2) * tiles.weights / tiles.side**2
    variance = np.einsum("nij,ij->n", ground, transfer)
    slopes = np.einsum("nij,ij->n", ground, transfer * k2 / 2)
    deviation = math.sqrt(float(np.median(variance)))
    power = np.take(tiles.power.reshape(len(tiles.power), -1), np.flatnonzero(k2 > math.pi**2), axis=1)
    corners = max(quantile_of(power, 0.5) / math.log(2), tiles.least)
    least = min(math.sqrt(corners * float(transfer.sum())), deviation)
    return Noise(deviation, float(np.median(slopes / np.maximum(variance, np.finfo(np.float32).tiny))), least)


def find_maxima(response: Float32, distance: float, blank: NDArray[np.bool_] | None = None) -> tuple[Floats, Floats]:
    """Local maxima (n, 2) of a response above 0, no two closer than `distance`, and their heights, highest first.

    None of them is where the image has no data.
    """
    peak = response > 0
    if blank is not None:
        peak &= ~blank
    for before, after in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        peak[after] &= response[after] >= response[before]
        peak[before] &= response[before] >= response[after]
    at = np.flatnonzero(peak)
    rows, columns = np.divmod(at, response.shape[1])
    highest = np.ones(len(at), bool)
    for dy, dx in itertools.product((-1, 1), (-1, 1)):  # the few that are left are compared with the other four
        y, x = (rows + dy).clip(0, response.shape[0] - 1), (columns + dx).clip(0, response.shape[1] - 1)
        highest &= response[rows, columns] >= response[y, x]
    at = at[highest]
    heights = response.ravel()[at].astype(np.float64)
    order = np.argsort(-heights, kind="stable")
    points = np.stack(np.unravel_index(at[order], response.shape), axis=1).astype(np.float64)
    alone = suppress(points, distance)
    return points[alone], heights[order][alone]


def strengths_of(heights: Floats, noise: Noise) -> Floats:
    """Signal-to-noise ratios of maxima, of which the highest is the first."""
    if len(heights) == 0:
        return heights
    least = max(DYNAMIC_RANGE * float(heights[0]), float(np.finfo(np.float32).tiny))
    return np.asarray(heights / max(noise.deviation, least))


def noise_at_border(maxima: Floats, shape: tuple[int, ...], scale: float) -> Floats:
    """How many times the noise inside each maximum (n, 2) has: beside its mirror noise adds to itself, up to twice."""
    beside = np.minimum(maxima, np.array(shape) - 1 - maxima) + 0.5
    return np.asarray(np.sqrt(np.prod(1 + np.exp(-((beside / scale) ** 2)), axis=1)))


def calibrated(noise: Noise, heights: Floats, response: Float32 | None) -> Noise:
    """Noise that is less than that of the spectrum, whose ground holds disorder and the spots of a large cell, too.

    Where the weaker maxima are a class of their own they are noise, or lower than noise; their median is known. If not,
    the `response` of an image without a lattice tells more: the spectrum of its atoms has no spots, and so is on the
    ground. Those that stand apart leave the median of its magnitude as it is; where they are dense it is skewed, as
    noise is not, and nothing but the `least` is known.
    """
    deviation = _of_weaker(heights, with_lattice=response is None)
    if deviation is None and response is not None:
        some = response[:: max(1, response.shape[0] // 512), :: max(1, response.shape[1] // 512)]
        dark, bright = np.quantile(some, [TAIL, 1 - TAIL])
        deviation = 0.0 if bright > SKEWED * -dark else float(np.median(np.abs(some))) / NORMAL_MEDIAN
    if deviation is None:
        return noise
    return replace(noise, deviation=min(noise.deviation, max(deviation, noise.least)))


def _of_weaker(heights: Floats, with_lattice: bool) -> float | None:
    """Noise by the weaker of the two classes that Otsu's threshold makes of maxima, if they are clearly two.

    With a lattice the ground of the spectrum is right but for dirt; what is not far below it must be many to tell
    otherwise.
    """
    if len(heights) < 2:
        return None
    logs = np.log(np.maximum(heights, DYNAMIC_RANGE * heights[0]))
    weak = logs <= otsu_threshold(logs)
    if not FEWEST_WEAKER <= np.count_nonzero(weak) < len(logs):
        return None
    low, high = np.median(logs[weak]), np.median(logs[~weak])
    between = (logs > low + GAP[0] * (high - low)) & (logs < low + GAP[1] * (high - low))
    told = np.mean(between) <= BETWEEN and not (with_lattice and np.mean(weak) < LEAST_WEAKER)
    if high - low < math.log(APART if told else FAR_APART):
        return None
    return math.exp(low) / MEDIAN_OF_MAXIMA


def suppress(points: Floats, distance: float) -> NDArray[np.bool_]:
    """Which points (n, 2), strongest first, stay when each removes the weaker ones closer than `distance`."""
    stay = np.ones(len(points), bool)
    if len(points) < 2:
        return stay
    pairs = KDTree(points).query_pairs(math.nextafter(distance, 0), output_type="ndarray")
    pairs.sort(axis=1)
    while len(pairs):
        # Who has no stronger rival left stays for certain, and what is near to it goes: equal to one by one.
        rivalled = np.zeros(len(points), bool)
        rivalled[pairs[:, 1]] = True
        stay[pairs[~rivalled[pairs[:, 0]], 1]] = False
        pairs = pairs[stay[pairs].all(axis=1)]
    return stay
