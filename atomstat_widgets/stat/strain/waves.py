"""The waves that make up a lattice in an image: how strong each is, and how often it repeats, at every pixel."""

from dataclasses import dataclass
from math import ceil, log, pi, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from atomstat_widgets.arguments import array_of, number_of, progress_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.progress import Progress, unreported
from atomstat_widgets.stat.strain.reflections import (
    FEWEST_PERIODS,
    Floats,
    hold_image,
    in_one_line,
    reflection_of,
)

Float32 = NDArray[np.float32]

BORDER = 1.0  # of sigma: the image is faded out over so many pixels, which are not measured
REACH = 5  # of sigma, where the Gaussian ends
NEGLIGIBLE = 6  # of its own standard deviation, where the Gaussian around a reflection is taken for 0: exp(-18)
FARTHEST = 0.3  # of a reflection's length: so far from it the frequency of a part of the image is looked for
OVER_NOISE = 5.0  # amplitude of a wave over that of the noise, from which on it is measured
OVER_STRONGEST = 0.2  # and over the amplitude that 95 % of the pixels do not exceed


@brief
@dataclass(frozen=True, eq=False)
class LatticeWaves:
    """Two waves of a lattice, at each pixel.

    Attributes
    ----------
    frequencies : array, (2, 2, height, width), float32
        Local frequency of each wave along y and x, in periods per pixel.
    waves : array, (2, height, width), complex64
        Amplitude, of a cosine of height 1 a half, and phase; without the frequency in `reflections`, so that the phase
        varies slowly.
    trusted : array of bool, (height, width)
        Pixels where both waves are there, away from the borders.
    reflections : array, (2, 2)
        As given.
    sigma : float
        Standard deviation of the Gaussian that is averaged over, in pixels.
    border : int
        Pixels along each border that are not measured.
    noise : array, (2,)
        Standard deviation of the noise in each wave.
    """

    frequencies: Float32
    waves: NDArray[np.complex64]
    trusted: NDArray[np.bool_]
    reflections: Floats
    sigma: float
    border: int
    noise: Floats


def automatic_sigma(reflections: Floats, sides: tuple[int, ...]) -> float:
    """Give 2.5 times the larger distance of lattice planes, or a sixth of an image that has few of them.

    Noise of a tenth of a column's height makes errors of 0.1 % then.
    """
    return min(2.5 / float(np.linalg.norm(reflections, axis=1).min()), min(sides) / 6)


def lattice_waves(
    image: ArrayLike,
    reflections: ArrayLike,
    sigma: float | None = None,
    *,
    progress: Progress = unreported,
) -> LatticeWaves:
    """Measure two waves of a lattice at each pixel of an image.

    In the Fourier transform of the image a Gaussian is kept [1]_; the local frequency is the gradient of the phase of
    what remains, taken in Fourier space and free of the jumps that a phase has. A Gaussian around the reflection itself
    would nearly lose a part of the image whose strain is large, and what is left of other parts and of the borders
    would spoil it. So a first look with a wider Gaussian, of one distance of lattice planes, finds which frequencies up
    to 0.3 of the reflection's length from it parts of the image have; there is a Gaussian around each of them,
    and every pixel has the wave that is strongest there [2]_.

    Parameters
    ----------
    image : array, (height, width) or (height, width, channels)
        See `normalize_image`. One of dask or Zarr is taken into memory.
    reflections : array, (2, 2)
        (fy, fx) of each in periods per pixel, as `find_reflections` gives them. They need not be exact: to a tenth of
        their length is enough. What is farther than 0.3 of their length from them is not looked for:
        strains of 10 % with rotations of 10 degrees are within.
    sigma : float, optional
        Standard deviation in pixels of the Gaussian that is averaged over, the transform of the one around a
        reflection: what is nearer to each other is not told apart. The error that noise makes falls with its square. By
        default 2.5 times the larger distance of lattice planes, at most a sixth of the shorter side.
    progress : callable
        Called with the fraction done.

    Raises
    ------
    TypeError, ValueError
        See `normalize_image`; the image is too small, the reflections are in one line, beyond ±0.5 or of a period that
        does not fit into the image several times, sigma is below half the distance of lattice planes or too large for
        the image, or one of the waves is nowhere stronger than noise.

    References
    ----------
    .. [1] Hÿtch, Snoeck & Kilaas, Ultramicroscopy 74, 131 (1998).
    .. [2] The ridge of a windowed Fourier transform: Kemao, Applied Optics 43, 2695 (2004).

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> y, x = np.mgrid[:128, :128]
    >>> image = np.cos(2 * np.pi * y / 16) + np.cos(2 * np.pi * x / 8)
    >>> waves = stat.lattice_waves(image, [[0, 1 / 8], [1 / 16, 0]])
    >>> type(waves).__name__
    'LatticeWaves'
    """
    progress_of(progress)
    pixels = hold_image(image)
    given = _check_reflections(reflections, pixels.shape)
    least = 0.5 / float(np.linalg.norm(given, axis=1).min())
    sigma = automatic_sigma(given, pixels.shape) if sigma is None else number_of(sigma, "sigma")
    if sigma < least:
        raise ValueError(f"sigma = {sigma:g} px is below {least:.3g} px, half the distance of lattice planes")
    border = ceil(BORDER * sigma)
    if min(pixels.shape) < 4 * border:
        raise ValueError(
            f"sigma = {sigma:.3g} px is too large for an image of shape {pixels.shape}: {border} pixels along each "
            f"border cannot be measured"
        )
    tapers = [_taper(side, border) for side in pixels.shape]
    weights = tapers[0][:, None] * tapers[1]
    pixels = (pixels - np.average(pixels, weights=weights)) * weights
    # So far apart that no side reaches the other.
    sides = [int(fft.next_fast_len(side + ceil((REACH - BORDER) * sigma))) for side in pixels.shape]
    transform = fft.fft2(pixels.astype(np.float32), sides)
    progress(0.2)
    height, width = pixels.shape
    waves = np.zeros((2, height, width), np.complex64)
    frequencies = np.zeros((2, 2, height, width), np.float32)
    noise = np.empty(2)
    inside = np.zeros((height, width), bool)
    inside[border : height - border, border : width - border] = True
    fine, coarse = (_Averaging.over(one, tapers) for one in (sigma, min(sigma, 2 * least)))
    for number, reflection in enumerate(given):
        # of a white noise of standard deviation s after the Gaussian: s / (2 sqrt(pi) sigma)
        spread = sqrt(_noise_power(transform, reflection) / float((weights**2).sum()) / (4 * pi))
        noise[number] = spread / sigma
        nearby = _frequencies_nearby(transform, reflection, sigma, coarse, OVER_NOISE * spread / coarse.sigma, inside)
        for done, frequency in enumerate(nearby):
            progress(0.2 + 0.4 * (number + done / len(nearby)))
            _take_stronger(waves[number], frequencies[number], *_wave(transform, frequency, fine))
        waves[number] *= _plane_wave(-reflection, (height, width))
    progress(1.0)
    for number, amplitude in enumerate(np.abs(waves)):
        strongest = np.percentile(amplitude[inside], 95)
        if strongest <= OVER_NOISE * noise[number]:
            raise ValueError(f"there is no lattice of the frequency {given[number].round(4).tolist()} in the image")
        inside &= amplitude > max(OVER_NOISE * noise[number], OVER_STRONGEST * strongest)
    if not inside.any():
        raise ValueError("there is no pixel where both reflections are stronger than noise")
    return LatticeWaves(frequencies, waves, inside, given, float(sigma), border, noise)


def _check_reflections(reflections: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """Reflections as an array (2, 2)."""
    given: Floats = array_of(reflections, "reflections", "(2, 2)", dtype=np.float64, finite=True)
    if given.shape != (2, 2):
        raise ValueError(f"reflections are two, each with fy and fx, got shape {given.shape}")
    for number, one in enumerate(given, 1):
        reflection_of(one, f"reflection {number}")
    for one in given:
        if np.linalg.norm(one) * min(shape) < FEWEST_PERIODS:
            raise ValueError(
                f"reflection {one.tolist()} has fewer than {FEWEST_PERIODS} periods in an image of shape {shape}"
            )
    if in_one_line(given):
        raise ValueError(
            f"the reflections {given.tolist()} are nearly in one line, and tell nothing of the other direction"
        )
    return given


def _taper(side: int, border: int) -> Float32:
    """Weights (side,) that rise from 0 to 1 over the border, smoothly."""
    rise = np.sin(0.5 * pi * (np.arange(border) + 0.5) / border) ** 2
    return np.concatenate([rise, np.ones(side - 2 * border), rise[::-1]]).astype(np.float32)


class _Averaging(NamedTuple):
    """Gaussian that is averaged over, of what the tapers leave: its sigma, and what it finds along y and along x.

    These are the middle (side,) of the places that are averaged over, from each pixel on, and their variance over sigma
    squared. Near a border these places are on one side.
    """

    sigma: float
    middles: list[Float32]
    variances: list[Float32]

    @classmethod
    def over(cls, sigma: float, tapers: list[Float32]) -> "_Averaging":
        reach = ceil(REACH * sigma)
        offsets = np.arange(-reach, reach + 1)
        gaussian = np.exp(-(offsets**2) / (2 * sigma**2))
        middles, variances = [], []
        for taper in tapers:
            # np.convolve turns the Gaussian round: an offset is that from the place to the pixel.
            total, first, second = (np.convolve(taper, gaussian * (-offsets) ** n)[reach:-reach] for n in range(3))
            middle = first / total
            middles.append(middle.astype(np.float32))
            variances.append(((second / total - middle**2) / sigma**2).astype(np.float32))
        return cls(sigma, middles, variances)


def _frequencies_nearby(
    transform: NDArray[Any], reflection: Floats, sigma: float, coarse: _Averaging, least: float, inside: NDArray[Any]
) -> Floats:
    """Frequencies (n, 2) near a reflection that parts of the image have, as a first look with a wider mask finds them.

    Each is the mean of those in a cell as wide as a mask of sigma. A part has at least the area of what this averages
    over: strips between parts, where the frequency goes from one to the other, have less.

    Parameters
    ----------
    sigma : float
        Of the second look, in pixels.
    coarse : _Averaging
        Of the first.
    least : float
        Amplitude from which on a wave is more than noise at the first look.
    inside : array of bool, (height, width)
        Away from the borders.
    """
    wave, local = _wave(transform, reflection, coarse)
    step = max(1, int(coarse.sigma / 2))  # neighbours tell the same
    thin = (slice(None, None, step), slice(None, None, step))
    off = local[:, *thin] - reflection[:, None, None]
    known = inside[thin] & (np.abs(wave[thin]) > least) & (np.hypot(*off) < FARTHEST * np.hypot(*reflection))
    cells, own = np.unique(np.rint(off[:, known] * (2 * pi * sigma)), axis=1, return_inverse=True)
    own, areas = own.ravel(), np.bincount(own.ravel(), minlength=cells.shape[1]) * step**2
    sums = np.stack([np.bincount(own, one, areas.size) for one in local[:, *thin][:, known]], axis=1)
    found: list[Floats] = []
    for cell in np.argsort(-areas, kind="stable"):
        if areas[cell] < 2 * pi * sigma**2:
            break
        mean = sums[cell] * step**2 / areas[cell]
        if all(np.hypot(*(mean - one)) * (2 * pi * sigma) > 0.5 for one in found):  # else a part fills two cells
            found.append(mean)
    return np.array(found or [reflection])


def _take_stronger(wave: NDArray[Any], local: NDArray[Any], other: NDArray[Any], its: NDArray[Any]) -> None:
    """Put another wave (height, width) and its local frequency in the place of a weaker one, at each pixel."""
    stronger = np.abs(other) > np.abs(wave)
    wave[stronger] = other[stronger]
    local[:, stronger] = its[:, stronger]


def _wave(transform: NDArray[Any], frequency: Floats, averaging: _Averaging) -> tuple[NDArray[Any], NDArray[Any]]:
    """Wave (height, width) around a frequency, and its local frequency (2, height, width).

    Its phase is that in the middle of the places that were averaged over, which near a border is not the pixel itself
    and moves less than the pixel does: both are put right.
    """
    sigma, middles, variances = averaging
    height, width = len(middles[0]), len(middles[1])
    off = [_off(side, at) for side, at in zip(transform.shape, frequency, strict=True)]
    near = [np.flatnonzero(np.abs(one) < NEGLIGIBLE / (2 * pi * sigma)) for one in off]
    around = [one[where] for one, where in zip(off, near, strict=True)]
    masks = [np.exp(-2 * (pi * sigma * one) ** 2) for one in around]
    kept = transform[np.ix_(*near)] * masks[0][:, None] * masks[1]

    def back_to_pixels(part: NDArray[Any]) -> NDArray[Any]:
        """Inverse transform of what is 0 beyond some rows and columns, which takes half as long with these left out."""
        for axis, side in enumerate((height, width)):
            whole = np.zeros((*part.shape[:axis], transform.shape[axis], *part.shape[axis + 1 :]), np.complex64)
            whole[(slice(None),) * axis + (near[axis],)] = part
            part = fft.ifft(whole, axis=axis, overwrite_x=True)[(slice(None),) * axis + (slice(side),)]
        return part

    wave = back_to_pixels(kept)
    power = np.maximum(wave.real**2 + wave.imag**2, np.finfo(np.float32).tiny)
    local = np.empty((2, height, width), np.float32)
    back = np.zeros((height, width), np.float32)
    for axis, beside in enumerate([(slice(None), None), (None, slice(None))]):
        slope = back_to_pixels(kept * around[axis][beside])
        deviation = (slope.real * wave.real + slope.imag * wave.imag) / (power * variances[axis][beside])
        back += deviation * middles[axis][beside]
        local[axis] = deviation + np.float32(frequency[axis])
    back *= np.float32(-2 * pi)
    return wave * (np.cos(back) + np.complex64(1j) * np.sin(back)), local


def _plane_wave(frequency: Floats, shape: tuple[int, int]) -> NDArray[Any]:
    """Wave (height, width) of magnitude 1 that has a frequency (2,) everywhere."""
    rows, columns = (
        np.exp(2j * pi * at * np.arange(side)).astype(np.complex64) for side, at in zip(shape, frequency, strict=True)
    )
    return np.asarray(rows[:, None] * columns)


def _off(side: int, frequency: float) -> Float32:
    """How far the frequencies (side,) of a transform are from one; beyond ±0.5 they come again."""
    off = fft.fftfreq(side) - frequency
    return np.asarray(off - np.rint(off), np.float32)


def _noise_power(transform: NDArray[Any], reflection: Floats) -> float:
    """Mean power of the noise at frequencies as high as a reflection: of its exponential distribution by the median."""
    rows, columns = (fft.fftfreq(side) for side in transform.shape)
    radius, length = np.hypot(rows[:, None], columns), float(np.linalg.norm(reflection))
    ring = transform[(radius > 0.8 * length) & (radius < 1.25 * length)]
    return float(np.median(ring.real**2 + ring.imag**2)) / log(2)
