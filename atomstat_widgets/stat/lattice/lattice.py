"""The lattice of an image: which planes are there, how far apart and in which directions."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import instance_of, number_of, whole_array_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.blemishes import mend
from atomstat_widgets.stat.blocks import take_into_memory
from atomstat_widgets.stat.image import normalize_image
from atomstat_widgets.stat.lattice.basis import Floats, basis_of
from atomstat_widgets.stat.lattice.spots import FEWEST_PERIODS, Spots, find_spots
from atomstat_widgets.stat.lattice.tiles import Tiles

SMALLEST_SIDE = 16  # pixels in which a lattice can be told from noise
STRAIGHT = 1e-4  # degrees: how far rounding of the spectrum turns a direction, or farther
ENOUGH_PLANES = 8  # along the shorter side of the image
LONG = 20  # pixels: where not even such a period could be found, it is said up to which


@brief
@dataclass(frozen=True, eq=False)
class Lattice:
    """Lattice of an image, or that there is none: a lattice that was not found is false.

    Attributes
    ----------
    frequencies : array, (n, 2)
        Spots (fy, fx) in periods per unit, that with the most energy first. Of the two that each wave has, one is here.
    contrasts : array, (n,)
        How certain each is: the natural logarithm of its power over that of noise. White noise has 1.5 at most,
        2.5 is the least of a spot.
    energies : array, (n,)
        Share of each in what all of them explain of the image.
    vectors : array, (2, 2) or (0, 2)
        Shortest two vectors (y, x) of the lattice in units, the shorter first; none where the spots are in one line.
    spectrum : array, (m, m), float32
        Contrast of each frequency, averaged over tiles of the image: frequency 0 is at [m // 2, m // 2].
    unit : str
        Of lengths: "px", or that of the pixel size.
    pixel_size : float
        Side of a pixel in the unit.
    left_out : int
        Spots that were found in the image and are not among these, see `of`.
    longest : float
        Longest period that could be found, in units: three have to be in the shorter side; 0 if that is too short.
    """

    frequencies: Floats
    contrasts: Floats
    energies: Floats
    vectors: Floats
    spectrum: NDArray[np.float32]
    unit: str = "px"
    pixel_size: float = 1.0
    left_out: int = 0
    longest: float = math.inf

    def __bool__(self) -> bool:
        return self.found

    @property
    def found(self) -> bool:
        """Whether it has any spot."""
        return len(self.frequencies) > 0

    @property
    def periods(self) -> float:
        """How many planes of the first spot fit in the shorter side of the image; infinite without a spot."""
        return FEWEST_PERIODS * self.longest / float(self.spacings[0]) if self.found else math.inf

    @property
    def coarse(self) -> bool:
        """Whether so few planes fit in the image that the spots are as wide as they are far apart."""
        return self.periods < ENOUGH_PLANES

    @property
    def spacings(self) -> Floats:
        """Distance of the planes of each spot, (n,), in units."""
        return np.asarray(1 / np.linalg.norm(self.frequencies, axis=1))

    @property
    def directions(self) -> Floats:
        """Direction in which the planes of each spot follow on each other, (n,), in degrees from 0 to 180.

        From the x axis (columns) towards the y axis, which points down.
        """
        turned = np.degrees(np.arctan2(*self.frequencies.T)) % 180
        return np.where(turned > 180 - STRAIGHT, 0.0, turned)  # 180 is 0 but for rounding

    @property
    def axis(self) -> Floats:
        """Frequencies (m,) of the spectrum along either axis, in periods per unit."""
        m = len(self.spectrum)
        return np.asarray((np.arange(m) - m // 2) / (m * self.pixel_size)) if m else np.empty(0)

    @cached_property
    def words(self) -> str:
        """What was found, in a sentence without its full stop."""
        if not self.found:
            return self._why_none
        first = self.spacings[0]
        alike = np.flatnonzero(np.abs(self.spacings / first - 1) < 0.05)[:3]
        directions = sorted(round(float(self.directions[n])) % 180 for n in alike)
        *most, last = [f"{one}°" for one in directions]
        listed = f"{', '.join(most)} and {last}" if most else last
        return f"Lattice planes {first:.3g} {self.unit} apart, at {listed}"

    @property
    def _why_none(self) -> str:
        if self.left_out:
            return "No spot of the lattice is chosen"
        if self.longest == 0:
            return "The image is too small to tell a lattice"
        if self.longest >= LONG * self.pixel_size:
            return "No lattice stands out of the noise"
        looked_for = f"a period up to {self.longest:.3g} {self.unit}"
        return f"No lattice of {looked_for} stands out of the noise; the image is too narrow to tell a longer one"

    @property
    def spots(self) -> Spots:
        """Its spots, in periods per pixel, with the shares of energies."""
        return Spots(self.frequencies * self.pixel_size, self.contrasts, self.energies, self.longest / self.pixel_size)

    def in_unit(self, pixel_size: float, unit: str) -> "Lattice":
        """Lattice with lengths in another unit, in which a pixel has this side.

        Raises
        ------
        TypeError, ValueError
            See `find_lattice`.
        """
        pixel_size = _side_of_pixel(pixel_size)
        instance_of(unit, "unit", str)
        scale = pixel_size / self.pixel_size
        return replace(
            self, frequencies=self.frequencies / scale, vectors=self.vectors * scale, unit=unit, pixel_size=pixel_size,
            longest=self.longest * scale,
        )  # fmt: skip

    def of(self, spots: ArrayLike) -> "Lattice":
        """Lattice of some of the spots alone; its two vectors are those that these tell.

        Parameters
        ----------
        spots : array, (k,)
            Numbers of spots, which are counted from 0, in any order.

        Raises
        ------
        ValueError
            They are no whole numbers, two are the same, or there is no such spot.
        """
        numbers, count = whole_array_of(spots, "spots", minimum=0), len(self.frequencies)
        if len(np.unique(numbers)) < len(numbers):
            raise ValueError(f"spots are different numbers, got {numbers.tolist()}")
        if (beyond := numbers[numbers >= count]).size:
            there = f"there are {count}, counted from 0" if count else "there are none"
            raise ValueError(f"spots has {beyond[0]}, which is no spot of this lattice: {there}")
        numbers = np.sort(numbers)
        frequencies, energies = self.frequencies[numbers], self.energies[numbers]
        return replace(
            self, frequencies=frequencies, contrasts=self.contrasts[numbers], energies=_shares(energies),
            vectors=basis_of(frequencies, energies), left_out=self.left_out + count - len(numbers),
        )  # fmt: skip


def find_lattice(image: ArrayLike, *, pixel_size: float = 1.0, unit: str = "px") -> Lattice:
    """Find the lattice planes that are in an image: their distances, directions, and how certain they are.

    Parameters
    ----------
    image : array, (height, width) or (height, width, channels)
        See `normalize_image`. Of dask or Zarr it is taken into memory.
    pixel_size : float
        Side of a pixel, in the unit of the lengths that are wanted.
    unit : str
        Name of that unit.

    Returns
    -------
    Lattice
        Without spots where none stands out of the noise, and for an image of fewer than 16 rows or columns.

    Raises
    ------
    TypeError, ValueError
        For an image that cannot be used, see `normalize_image`; a pixel size that is not above 0; a unit that is no
        word.

    Notes
    -----
    Power spectra of square tiles that overlap, each faded out and without its plane. The ground of a tile is the median
    of each ring of equal frequency, so neither dirt, nor the outline of a particle, nor a rising background poses as a
    period. What counts is the power over the ground that a quarter of the tiles reach, so most of the image may be
    empty. Spots are peaks along the radius, too, which the streak of an edge or of noise by rows is not. Periods longer
    than a twelfth of a tile are looked for in tiles four times as long, at last in the whole image.

    Hot and dead pixels and a border without data are mended before, and the steps that rounding makes of a slope
    become a slope.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> y, x = np.mgrid[:128, :128]
    >>> image = np.cos(2 * np.pi * y / 16) + np.cos(2 * np.pi * x / 8)
    >>> lattice = stat.find_lattice(image, pixel_size=0.02, unit="nm")
    >>> lattice.found, lattice.spacings.round(2), lattice.vectors.round(2) + 0.0
    (True, array([0.32, 0.16]), array([[0.  , 0.16],
           [0.32, 0.  ]]))
    >>> stat.find_lattice(np.random.default_rng(0).random((128, 128))).words
    'No lattice stands out of the noise'
    """
    pixel_size = _side_of_pixel(pixel_size)
    instance_of(unit, "unit", str)
    pixels = take_into_memory(normalize_image(image), "the pixels")
    pixels, blank, level = mend(pixels)
    if min(pixels.shape) < SMALLEST_SIDE:
        nothing = np.empty((0, 2))
        spectrum = np.empty((0, 0), np.float32)
        return Lattice(nothing, np.empty(0), np.empty(0), nothing, spectrum, unit, pixel_size, longest=0.0)
    return lattice_of(*find_spots(pixels, level, blank), pixel_size, unit)


def lattice_of(spots: Spots, tiles: Tiles, pixel_size: float = 1.0, unit: str = "px") -> Lattice:
    """Lattice with these spots, which were found in these tiles."""
    vectors = basis_of(spots.frequencies, spots.energies)
    return Lattice(
        spots.frequencies / pixel_size, spots.contrasts, _shares(spots.energies), vectors * pixel_size,
        tiles.centred(tiles.contrast), unit, pixel_size, longest=spots.longest * pixel_size,
    )  # fmt: skip


def _side_of_pixel(pixel_size: float) -> float:
    return number_of(pixel_size, "pixel_size", above=0, words="the side of a pixel, above 0")


def _shares(energies: Floats) -> Floats:
    return energies / max(float(energies.sum()), np.finfo(float).tiny)
