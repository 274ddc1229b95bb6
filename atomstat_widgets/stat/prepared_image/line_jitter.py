"""Scan-line jitter: how far each row was shifted sideways, measured against what its neighbours let expect."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

REACH = 4.0  # pixels that a row is looked for to either side
GRID = 0.5  # pixels between the places that are tried before the best is refined
ITERATIONS = 6
FOLLOWS = 6.0  # times what is alike at all frequencies along the columns: what follows on from row to row
LONGEST, SHORTEST = 64, 10 / 3  # pixels: periods along a row that are compared
TELLING = 0.99  # of what tells shifts: the frequencies along the rows that are kept
# To look whether there is any.
LOOKED_AT = 512  # rows and columns in the middle
FEWEST = 32  # rows, and columns of a half
COMMON = 0.3  # rank correlation of the shifts that two halves of the rows have. Even images reach 0.17
LARGE = 0.2  # pixels, rms, from which on it matters
# The median over log 2 is the mean of power that falls off exponentially, as that of noise does.
MEDIAN = math.log(2)

Floats = NDArray[np.float64]
Float32 = NDArray[np.float32]


def has_jitter(pixels: Float32) -> bool:
    """Whether rows are shifted sideways: if so, the left and the right half of an image tell the same shifts.

    What noise, or the sample, makes of the shifts is another thing in either half. Steps from row to row are compared,
    so that a fault or a boundary, which is one step, does not count, nor does drift.
    """
    middle = tuple(slice(max(0, (side - LOOKED_AT) // 2), (side + LOOKED_AT) // 2) for side in pixels.shape)
    part = pixels[middle]
    width = part.shape[1] // 2
    if min(part.shape[0], width) < FEWEST:
        return False
    left, right = (row_shifts(half) for half in (part[:, :width], part[:, -width:]))
    steps = np.diff(left), np.diff(right)
    if min(one.std() for one in steps) == 0:
        return False
    ranks = np.argsort(np.argsort(steps, axis=1), axis=1)
    common = float(np.atleast_2d(np.corrcoef(ranks))[0, 1])
    # Of two that are alike, the covariance is without what is not.
    size = math.sqrt(max(common, 0.0) * float(np.median(np.abs(left)) * np.median(np.abs(right)))) / 0.6745
    return common > max(COMMON, 4 / math.sqrt(len(steps[0]))) and size >= LARGE


def row_shifts(pixels: Float32) -> Floats:
    """How far each row lies too far to the right, (height,), in pixels; what is slow over many rows is left in.

    Parameters
    ----------
    pixels : array, (height, width), float32

    Notes
    -----
    Of the spectrum along the columns, at each frequency along the rows, jitter and noise have a part that is alike at
    all frequencies. What is clearly above follows on from row to row: a lattice, oblique or not, its defects, drift. It
    is what a row should be. The shift of each row to it is the most probable one, with normal jitter whose variance is
    learnt. Rows are moved, and compared again. So a sheared lattice stays sheared.
    """
    height, width = pixels.shape
    taper = np.minimum(1.0, np.minimum(np.arange(1, width + 1), np.arange(width, 0, -1)) / max(1, 0.15 * width))
    taper = 0.5 - 0.5 * np.cos(math.pi * taper)
    frequencies = np.fft.rfftfreq(width)
    used = (frequencies >= max(2 / width, 1 / LONGEST)) & (frequencies <= 1 / SHORTEST)
    shifts = np.zeros(height)
    if not used.any() or height < 3:
        return shifts
    rows = fft.rfft((pixels - pixels.mean(dtype=np.float64)) * taper, axis=1)[:, used]
    waves = 2 * math.pi * frequencies[used]
    places = np.arange(-REACH, REACH + GRID / 2, GRID)
    variance, telling = 1.0, np.ones(len(waves), bool)
    for _ in range(ITERATIONS):
        rows, waves = rows[:, telling], waves[telling]
        moved = fft.fft(rows * np.exp(1j * shifts[:, None] * waves), axis=0)
        power = moved.real**2 + moved.imag**2
        alike = np.median(power, axis=0) / MEDIAN
        expected = fft.ifft(np.where(power > FOLLOWS * alike, moved, 0), axis=0)
        noise = alike / height + 1e-9 * power.max() / height**2
        if not noise.min() > 0:
            return np.zeros(height)
        product = 2 * rows * expected.conj() / noise
        shifts, information = _most_probable(product, waves, places, variance)
        variance = max(float(np.mean(shifts**2 - 1 / information)), 1e-4)
        telling = _telling(waves**2 * np.sum(np.abs(expected) ** 2, axis=0) / noise)
    return shifts


def _most_probable(
    product: NDArray[np.complex128], waves: Floats, places: Floats, variance: float
) -> tuple[Floats, Floats]:
    """Most probable shift of each row, and the curvature of its log-probability there: on a grid, then refined."""
    scores = (product @ np.exp(1j * np.outer(waves, places))).real - places**2 / (2 * variance)
    shifts = places[np.argmax(scores, axis=1)]
    for _ in range(3):
        turned = product * np.exp(1j * shifts[:, None] * waves)
        slope = -(turned.imag @ waves) - shifts / variance
        curvature = np.maximum(turned.real @ waves**2 + 1 / variance, 1 / variance)
        shifts = shifts + np.clip(slope / curvature, -GRID / 2, GRID / 2)
    return shifts, curvature


def _telling(information: Floats) -> NDArray[np.bool_]:
    """Which frequencies, the most telling first, make up nearly all information."""
    order = np.argsort(-information)
    share = np.cumsum(information[order])
    chosen = np.zeros(len(order), bool)
    chosen[order[: 1 + int(np.searchsorted(share, TELLING * share[-1]))]] = True
    return chosen


def moved_back(pixels: Float32, shifts: Floats) -> Float32:
    """Rows moved to the left by their shifts (height,), by a cubic spline; constant beyond either end."""
    width = pixels.shape[1]
    if width < 2:
        return pixels
    coefficients = ndimage.spline_filter1d(pixels, 3, axis=1, mode="mirror")
    # The spline goes on beyond its ends as its mirror, so places are kept within.
    place = (np.arange(width) + shifts[:, None]).clip(0, width - 1)
    first = np.floor(place).astype(np.intp)
    t = place - first
    weights = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]
    result = np.zeros(pixels.shape)
    for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
        at = np.abs(first + offset)
        at = np.minimum(at, 2 * (width - 1) - at)
        result += weight / 6 * np.take_along_axis(coefficients, at, axis=1)
    return result.astype(np.float32)
