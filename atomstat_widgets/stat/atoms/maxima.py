"""Maxima of a band-passed image, and what noise has of them."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.spatial import KDTree

from atomstat_widgets.brief import brief
from atomstat_widgets.stat.atoms.otsu import otsu_threshold
from atomstat_widgets.stat.lattice.tiles import Tiles

# Of the highest maximum: the least noise assumed. Simulated images have none, but the rounding of their filters.
DYNAMIC_RANGE = 1 / 500
NORMAL_MEDIAN = 0.6745  # of the magnitude of normal noise, in standard deviations
MEDIAN_OF_MAXIMA = 1.4  # of band-passed noise, in standard deviations
CLEARLY_LESS = 0.55  # of the median that noise would have
FEWEST_WEAKER = 1 / 3  # of all maxima; of fewer, between atoms that leave them no room, the heights tell nothing

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
    """

    deviation: float
    roughness: float

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
        self.cosines = fft.dctn(pixels)
        self.squares = [((math.pi * np.arange(side) / side) ** 2).astype(np.float32) for side in pixels.shape]

    def __call__(self, scale: float) -> Float32:
        """Response (height, width): large where it is bright, at a scale in pixels."""
        y, x = ((one, np.exp(-one * np.float32(scale**2 / 2))) for one in self.squares)
        transfer = np.outer(y[0] * y[1], x[1])
        transfer += np.outer(y[1], x[0] * x[1])
        transfer *= self.cosines
        return np.asarray(fft.idctn(transfer, overwrite_x=True), np.float32)


def noise_of(tiles: Tiles, ground: Float32, scale: float, response: Float32 | None = None) -> Noise:
    """Noise of an image that is band-passed at a scale: the median over its tiles, whose ground counts, see `Tiles`.

    Without a lattice the spectrum of the atoms themselves is in the ground, as it has no spots. The response then
    tells the noise, too: atoms that stand apart leave the median of its magnitude as it is. It has the white noise of
    the highest frequencies at least, though of few counts the median is less.
    """
    k2 = (2 * math.pi * tiles.radius / tiles.side) ** 2
    transfer = k2**2 * np.exp(-k2 * scale**2) * tiles.weights / tiles.side**2
    variance = np.einsum("nij,ij->n", ground, transfer)
    slopes = np.einsum("nij,ij->n", ground, transfer * k2 / 2)
    deviation = math.sqrt(float(np.median(variance)))
    if response is not None:
        some = response[:: max(1, response.shape[0] // 512), :: max(1, response.shape[1] // 512)]
        corners = np.median(tiles.power[:, k2 > math.pi**2]) / math.log(2)
        white = math.sqrt(float(corners * transfer.sum()))
        deviation = min(deviation, max(float(np.median(np.abs(some))) / NORMAL_MEDIAN, white))
    return Noise(deviation, float(np.median(slopes / np.maximum(variance, np.finfo(np.float32).tiny))))


def find_maxima(response: Float32, distance: float, blank: NDArray[np.bool_] | None = None) -> tuple[Floats, Floats]:
    """Local maxima (n, 2) of a response above 0, no two closer than `distance`, and their heights, highest first.

    None of them is where the image has no data.
    """
    highest = response.copy()
    np.maximum(highest[:, 1:], response[:, :-1], out=highest[:, 1:])
    np.maximum(highest[:, :-1], response[:, 1:], out=highest[:, :-1])
    three = highest.copy()
    np.maximum(highest[1:], three[:-1], out=highest[1:])
    np.maximum(highest[:-1], three[1:], out=highest[:-1])
    peak = (response == highest) & (response > 0)
    if blank is not None:
        peak &= ~blank
    at = np.flatnonzero(peak)
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


def calibrated(noise: Noise, heights: Floats) -> Noise:
    """Noise that is less where the weaker maxima of an image with a lattice have less.

    Disorder and the many spots of a large cell are on the ground of the spectrum, too. Of the two classes that Otsu's
    threshold makes of the maxima the weaker is noise, or lower than noise; its median is known.
    """
    if len(heights) < 2:
        return noise
    logs = np.log(strengths_of(heights, noise))
    weaker = logs[logs <= otsu_threshold(logs)]
    if len(weaker) < FEWEST_WEAKER * len(logs):
        return noise
    less = math.exp(np.median(weaker)) / MEDIAN_OF_MAXIMA
    return replace(noise, deviation=noise.deviation * less) if less < CLEARLY_LESS else noise


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
