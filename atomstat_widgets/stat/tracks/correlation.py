"""How far a picture has moved against another: the peaks of their half whitened cross-correlation."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from atomstat_widgets.brief import brief

WHITENED = 0.5  # power of the amplitudes that is divided out
SLOPE = 0.5  # of each side: where the picture fades out
SLOWEST = 2.0  # periods a picture: what is slower is uneven light
SMALLEST = 16  # pixels of a side
LEAST, MOST = 0.4, 12  # of the highest peak, and number, of the peaks that are told
STEPS_OF_NEWTON = 3
TINY = 1e-12  # of the power of a picture: rounding

Floats = NDArray[np.float64]
Spectrum = NDArray[np.complex64]


@brief
@dataclass(frozen=True, eq=False)
class Peaks:
    """Peaks of a cross-correlation, the highest first.

    Attributes
    ----------
    places : array of int, (n, 2)
        Of the pixels of the map that are the highest around.
    heights : array, (n,)
        In standard deviations of the map.
    """

    places: NDArray[np.intp]
    heights: Floats


class Correlation:
    """Cross-correlation of pictures of one shape.

    Parameters
    ----------
    shape : (int, int)
        Height and width, of 16 pixels and more.

    Attributes
    ----------
    pixel : array, (2,)
        Sides of a pixel of its maps, in pixels of the pictures.
    chance : float
        Height that the highest peak of pictures without any relation has, in standard deviations of the map.

    Notes
    -----
    Pictures fade out towards their edges, and frequencies above half of the highest, where noise is, are left out. The
    amplitudes of a lattice are those of its spots, and one lattice vector farther its correlation is as high; what is
    without a period, such as dirt and defects, is in all frequencies. A phase correlation, in which all of them count
    alike, is misled by a defect that turns; one in which their amplitudes count by the lattice. With the root of the
    amplitudes both have a say.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        sides = [_fast(side, 1) for side in shape]
        self._part = tuple(slice((a - b) // 2, (a - b) // 2 + b) for a, b in zip(shape, sides, strict=True))
        tapers = [_taper(side) for side in sides]
        self._taper: NDArray[np.float32] = np.outer(*tapers).astype(np.float32)
        self._seen = [np.correlate(one, one, "full")[len(one) - 1 :] / np.sum(one**2) for one in tapers]
        self._rows, self._columns = (_fast(side // 2, 2) for side in sides)
        self.pixel: Floats = np.array([sides[0] / self._rows, sides[1] / self._columns])
        self.chance = math.sqrt(2 * math.log(self._rows * self._columns))
        down, across = np.fft.fftfreq(self._rows, 1 / self._rows), np.arange(self._columns // 2 + 1.0)
        kept = np.hypot(down[:, None], across) >= SLOWEST
        kept[self._rows // 2], kept[:, -1] = False, False  # of the highest frequency the sign is not known
        self._kept: NDArray[np.float32] = kept.astype(np.float32)
        # One half of the plane tells the other.
        self._waves = 2 * math.pi * down / sides[0], 2 * math.pi * across / sides[1]
        self._weights: NDArray[np.float32] = np.where(across == 0, 1.0, 2.0).astype(np.float32)

    def spectrum(self, pixels: NDArray[np.float32]) -> Spectrum:
        """Low frequencies (rows, columns) of a picture that has a mean of 0, faded out."""
        whole = fft.rfft2(pixels[self._part] * self._taper)
        half = self._rows // 2
        low = np.concatenate([whole[:half], whole[-half:]])[:, : self._columns // 2 + 1]
        return np.asarray(low * self._kept, np.complex64)

    def map(self, before: Spectrum, after: Spectrum) -> NDArray[np.float32]:
        """Cross-correlation of two pictures (rows, columns), in standard deviations of all its pixels.

        No shift is at [0, 0]; negative ones are counted from the end.
        """
        product = after * before.conj()
        amplitude = np.abs(product)
        product /= (amplitude + TINY * max(float(amplitude.max()), TINY)) ** np.float32(WHITENED)
        values = fft.irfft2(product, s=(self._rows, self._columns))
        return np.asarray(values / max(float(values.std()), TINY), np.float32)

    def peaks(self, values: NDArray[np.float32]) -> Peaks:
        """The highest places of a map that are not much lower than the highest."""
        rows, columns = np.nonzero(values >= LEAST * values.max())
        heights = values[rows, columns]
        highest = heights >= _highest_around(values, rows, columns)
        rows, columns, heights = rows[highest], columns[highest], heights[highest]
        order = np.argsort(-heights, kind="stable")[:MOST]
        places = np.stack([rows[order], columns[order]], axis=1)
        half = np.array(values.shape) // 2
        return Peaks((places + half) % values.shape - half, heights[order].astype(float))

    def height_at(self, values: NDArray[np.float32], places: NDArray[np.intp]) -> Floats:
        """Height of a map at places (..., 2), or right beside them, (...)."""
        return _highest_around(values, places[..., 0], places[..., 1])

    def overlap(self, places: NDArray[np.intp]) -> Floats:
        """Share of a faded picture that both show at places (n, 2) of the map, (n,)."""
        shares = np.ones(len(places))
        for along, seen in zip((places * self.pixel).T, self._seen, strict=True):
            shares *= np.interp(np.abs(along), np.arange(len(seen)), seen)
        return shares

    def _fading(self, shift: Floats) -> Floats:
        """Relative slopes (2,) of `overlap` at a shift: it draws peaks towards no shift."""
        slopes = []
        for along, seen in zip(shift, self._seen, strict=True):
            below, above = np.interp(np.abs(along + np.array([-0.5, 0.5])), np.arange(len(seen)), seen)
            slopes.append((above - below) / max(below + above, TINY) * 2)
        return np.array(slopes)

    def refined(self, before: Spectrum, after: Spectrum, place: NDArray[np.intp]) -> Floats:
        """Shift (2,) in pixels, from a place of the map: where the cross-correlation itself is highest.

        It is that of what both pictures show. All amplitudes count here: what is strong tells the shift best.
        """
        product = after * before.conj() * self._weights
        down, across = self._waves
        start = place * self.pixel
        shift = start.copy()
        for _ in range(STEPS_OF_NEWTON):
            left, right = np.exp(1j * down * shift[0]), np.exp(1j * across * shift[1])
            rows = np.stack([left, left * down, left * down**2]).astype(np.complex64)
            columns = np.stack([right, right * across, right * across**2], axis=1).astype(np.complex64)
            sums = rows @ product @ columns
            slope = -np.array([sums[1, 0].imag, sums[0, 1].imag], float) - sums[0, 0].real * self._fading(shift)
            bend = np.array([[sums[2, 0].real, sums[1, 1].real], [sums[1, 1].real, sums[0, 2].real]], float)
            if not (bend[0, 0] > 0 and np.linalg.det(bend) > 0):  # no hill
                return start
            shift += np.clip(np.linalg.solve(bend, slope), -self.pixel, self.pixel)
        return shift if (np.abs(shift - start) <= 2 * self.pixel).all() else start


def _highest_around(values: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Floats:
    """Highest of each place of a map that goes on at its other side, and its eight neighbours."""
    height, width = values.shape
    beside = [values[(rows + y) % height, (columns + x) % width] for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return np.asarray(np.max(beside, axis=0), np.float64)


def _taper(side: int) -> Floats:
    """Window that rises over a quarter of the side, and falls over another."""
    nearest = np.minimum(np.arange(1, side + 1), np.arange(side, 0, -1))
    return np.asarray(0.5 - 0.5 * np.cos(math.pi * np.minimum(nearest / (SLOPE * side / 2 + 1), 1.0)))


def _fast(side: int, multiple: int) -> int:
    """Largest number up to a side, a multiple of another, whose Fourier transform is fast."""
    side -= side % multiple
    while fft.next_fast_len(side, real=True) != side:
        side -= multiple
    return side
