"""Reflections of a lattice in the spectrum of an image.

A reflection is a frequency (fy, fx) in periods per pixel, rows (y) first; its length is one over the distance of the
lattice planes. Of the two that each wave has, +g and -g, one is enough.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import ceil, pi
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, ndimage

from atomstat_widgets.arguments import array_of, instance_of, number_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.image import normalize_image

Floats = NDArray[np.float64]

SMALLEST_SIDE = 32  # pixels of an image in which a lattice can be measured
FEWEST_PERIODS = 6  # along the shorter side of an image
CONTRAST = 40.0  # power of a reflection over the median of its ring; of white noise one in 10^12 pixels has more
CANDIDATES = 12  # of the strongest, among which two are chosen
SPREAD = 2.5  # times the longest of their periods: the Gaussian within which their waves are looked for
FLOOR = 1e-5  # of the highest power: below, a background is no measure of contrast, as in images without noise
COLLINEAR = np.sin(np.deg2rad(15))  # sine of the angle from which on two reflections tell of two directions


@brief
@dataclass(frozen=True, eq=False)
class Spectrum:
    """Spectrum of an image that is faded out towards its borders.

    Attributes
    ----------
    transform : array, (n, n), complex64
        Fourier transform; frequency 0 is in the middle, at [n // 2, n // 2].
    sides : (int, int)
        Height and width of the image, in pixels. Zeros make it a square, so that frequencies have one scale.
    """

    transform: NDArray[np.complex64]
    sides: tuple[int, int]

    @cached_property
    def power(self) -> NDArray[np.float32]:
        """Squared magnitude of the transform, (n, n)."""
        return (self.transform.real**2 + self.transform.imag**2).astype(np.float32)

    @property
    def frequencies(self) -> Floats:
        """Frequencies (n,) along either axis, in periods per pixel."""
        n = len(self.power)
        return (np.arange(n) - n // 2) / n


def power_spectrum(image: ArrayLike) -> Spectrum:
    """Power spectrum of an image, tapered by Hann windows against streaks from its borders.

    Parameters
    ----------
    image : array, (height, width) or (height, width, channels)
        See `normalize_image`. One of dask or Zarr is taken into memory.

    Raises
    ------
    TypeError, ValueError
        See `normalize_image`; the image is smaller than 32 pixels along a side.

    Examples
    --------
    >>> from atomstat_widgets import samples, stat
    >>> spectrum = stat.power_spectrum(samples.grains(shape=(64, 64)).array)
    >>> type(spectrum).__name__
    'Spectrum'
    """
    pixels = hold_image(image)
    windows = [np.hanning(side + 2)[1:-1].astype(np.float32) for side in pixels.shape]
    weights = windows[0][:, None] * windows[1]
    pixels = (pixels - np.average(pixels, weights=weights)) * weights
    n = int(fft.next_fast_len(max(pixels.shape)))
    transform = fft.fftshift(fft.fft2(pixels.astype(np.float32), (n, n)))
    return Spectrum(transform, (pixels.shape[0], pixels.shape[1]))


def hold_image(image: ArrayLike) -> NDArray[np.float32]:
    """Image in memory, grey, from 0 to 1, that is large enough.

    Raises
    ------
    TypeError, ValueError
        See `power_spectrum`.
    """
    pixels = normalize_image(array_of(image, "image"))
    if min(pixels.shape) < SMALLEST_SIDE:
        raise ValueError(f"an image has at least {SMALLEST_SIDE} pixels along each side, got {pixels.shape}")
    return pixels


def find_reflections(spectrum: Spectrum) -> Floats:
    """Find the two reflections that are strongest in the same places, and not in one line with the middle.

    Strong is what stands out from the median of its ring, so that the fall of the background with frequency counts for
    nothing. In the same places: of several grains both are of one.

    Parameters
    ----------
    spectrum : Spectrum

    Returns
    -------
    array, (2, 2)
        (fy, fx) of each in periods per pixel, between the pixels of the spectrum too. The first is nearer to the x axis
        and points along it, the second along y.

    Raises
    ------
    TypeError
        It is no Spectrum.
    ValueError
        There are no two such reflections.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> y, x = np.mgrid[:128, :128]
    >>> image = np.cos(2 * np.pi * y / 16) + np.cos(2 * np.pi * x / 8)
    >>> stat.find_reflections(stat.power_spectrum(image)).round(4) + 0.0
    array([[0.    , 0.125 ],
           [0.0625, 0.    ]])
    """
    instance_of(spectrum, "spectrum", Spectrum)
    power, frequency = spectrum.power, spectrum.frequencies
    radius = np.hypot(frequency[:, None], frequency)
    # One of each pair; not the rows and columns that have no neighbours.
    usable = (radius >= FEWEST_PERIODS / min(spectrum.sides)) & (radius <= 0.5 - 2 / len(power))
    usable[: len(power) // 2] = False
    rows, columns = np.nonzero(usable & (power == ndimage.maximum_filter(power, 5)))
    if len(rows) == 0 or (highest := power[usable].max()) == 0:
        raise _nothing(0)
    contrast = power[rows, columns] / (_ring_medians(power, radius)[rows, columns] + FLOOR * highest)
    strong = np.flatnonzero(contrast > CONTRAST)
    if len(strong) == 0:
        raise _nothing(0)
    strong = strong[np.argsort(-contrast[strong], kind="stable")[:CANDIDATES]]
    peaks = np.stack([rows, columns], axis=1)[strong]
    strength = _envelopes(spectrum, peaks) * np.sqrt(contrast / power[rows, columns])[strong, None, None]
    places = peaks - len(power) // 2
    directions = places / np.linalg.norm(places, axis=1, keepdims=True)
    pairs = np.array(list(combinations(range(len(peaks)), 2)), int).reshape(-1, 2)
    sines = np.abs(_cross(directions[pairs[:, 0]], directions[pairs[:, 1]]))
    pairs, sines = pairs[sines > COLLINEAR], sines[sines > COLLINEAR]
    if len(pairs) == 0:
        raise _nothing(1)
    together = [np.sum(np.minimum(strength[one], strength[other]) ** 2) for one, other in pairs]
    best = pairs[int(np.argmax(np.array(together) * sines**2))]
    return _in_order(np.stack([_between_pixels(spectrum, peaks[one]) for one in best]))


def _envelopes(spectrum: Spectrum, peaks: NDArray[Any]) -> Floats:
    """Magnitude of the wave at each peak (k, m, m), over the whole image in few pixels, all equally smooth."""
    n = len(spectrum.power)
    sigma = SPREAD / float(np.linalg.norm(peaks - n // 2, axis=1).min())  # of the image's side
    half = min(ceil(3 / (2 * pi * sigma)), n // 2)
    offsets = np.arange(-half, half + 1)
    gaussian = np.exp(-2 * (pi * sigma * offsets) ** 2)
    around = (peaks[:, :, None] + offsets) % n
    parts = spectrum.transform[around[:, 0, :, None], around[:, 1, None, :]]
    return np.asarray(np.abs(fft.ifft2(parts * gaussian[:, None] * gaussian)), np.float64)


def nearest_reflection(spectrum: Spectrum, place: ArrayLike, within: float = 0.02) -> Floats:
    """Give the strongest frequency near a place in the spectrum, as one that was clicked.

    Parameters
    ----------
    spectrum : Spectrum
    place : array, (2,)
        (fy, fx) in periods per pixel.
    within : float
        How far from it is near, in periods per pixel.

    Returns
    -------
    array, (2,)
        (fy, fx), between the pixels of the spectrum too.

    Raises
    ------
    TypeError, ValueError
        It is no Spectrum; the place is not two finite numbers within ±0.5, or `within` is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> y, x = np.mgrid[:128, :128]
    >>> image = np.cos(2 * np.pi * y / 16) + np.cos(2 * np.pi * x / 8)
    >>> spectrum = stat.power_spectrum(image)
    >>> np.round(stat.nearest_reflection(spectrum, (0.005, 0.12)), 3) + 0.0
    array([0.   , 0.125])
    """
    instance_of(spectrum, "spectrum", Spectrum)
    at = reflection_of(place, "place")
    within = number_of(within, "within", above=0)
    frequency = spectrum.frequencies
    distances = np.hypot(frequency[:, None] - at[0], frequency - at[1])
    near = (distances <= max(within, 1 / len(frequency))) & (np.hypot(frequency[:, None], frequency) > 0)
    highest = np.unravel_index(int(np.where(near, spectrum.power, -1).argmax()), spectrum.power.shape)
    return _between_pixels(spectrum, np.array(highest))


def reflection_of(value: ArrayLike, name: str) -> Floats:
    """Frequency (2,) that an image can hold.

    Raises
    ------
    TypeError, ValueError
        It is not two finite numbers within ±0.5.
    """
    frequency: Floats = array_of(value, name, "(2,)", dtype=np.float64, finite=True)
    if frequency.shape != (2,):
        raise ValueError(f"{name} is two numbers, fy and fx in periods per pixel, got shape {frequency.shape}")
    if np.abs(frequency).max() > 0.5:
        raise ValueError(f"{name} = {frequency.tolist()} is beyond ±0.5 periods per pixel, which no image can hold")
    return frequency


def _nothing(found: int) -> ValueError:
    what = "only one reflection stands" if found else "no reflections stand"
    return ValueError(f"{what} out in the spectrum: there is no lattice in two directions to measure")


def _ring_medians(power: NDArray[Any], radius: Floats) -> NDArray[Any]:
    """Median power of the ring, one pixel wide, that each pixel is on."""
    rings = np.rint(radius * len(power)).astype(np.int32)
    order = np.argsort(rings, axis=None, kind="stable")
    ends = np.cumsum(np.bincount(rings.ravel()))
    medians = np.array([np.median(part) for part in np.split(power.ravel()[order], ends[:-1])])
    return np.asarray(medians[rings])


def _between_pixels(spectrum: Spectrum, peak: NDArray[Any]) -> Floats:
    """Top of the parabolas through the logarithms of a pixel of the spectrum and its neighbours."""
    n = len(spectrum.power)
    found = np.empty(2)
    for axis in (0, 1):
        at = peak + np.outer([-1, 0, 1], np.eye(2, dtype=int)[axis])
        before, here, after = np.log(np.maximum(spectrum.power[tuple((at % n).T)].astype(float), 1e-300))
        bend = before - 2 * here + after
        shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
        found[axis] = (peak[axis] + np.clip(shift, -0.5, 0.5) - n // 2) / n
    return np.clip(found, -0.5, 0.5)


def _in_order(reflections: Floats) -> Floats:
    """Point both between -45 and 135 degrees from x to y, the nearer to x first."""
    y, x = reflections.T
    signs = np.where(x + y >= 0, 1.0, -1.0)
    reflections = reflections * signs[:, None]
    return reflections[np.argsort(np.arctan2(*reflections.T))]


def _cross(one: Floats, others: Floats) -> Any:
    """Sine of the angle between unit vectors."""
    return one[..., 1] * others[..., 0] - one[..., 0] * others[..., 1]


def in_one_line(reflections: Floats) -> bool:
    """Whether two reflections (2, 2) are nearly in one line with the middle, so that they tell of one direction."""
    lengths = np.linalg.norm(reflections, axis=1, keepdims=True)
    directions = reflections / np.where(lengths > 0, lengths, 1)
    return bool(abs(_cross(*directions)) <= COLLINEAR)
