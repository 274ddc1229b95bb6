"""Atom columns in an image, found without a neural network."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atomstat_widgets.arguments import instance_of, number_of, word_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.atoms.doubts import doubt_of, to_nearest
from atomstat_widgets.stat.atoms.faint import faint_between
from atomstat_widgets.stat.atoms.ground import without_steep_ground, without_tilt
from atomstat_widgets.stat.atoms.maxima import (
    BandPass,
    Float32,
    Floats,
    Noise,
    calibrated,
    find_maxima,
    noise_at_border,
    noise_of,
    strengths_of,
    suppress,
)
from atomstat_widgets.stat.atoms.refinement import Blank, fit_gaussian, move_to_centroid
from atomstat_widgets.stat.atoms.scale import FINEST, scale_of
from atomstat_widgets.stat.atoms.sites import on_sites, share_held
from atomstat_widgets.stat.atoms.stripes import without_stripes
from atomstat_widgets.stat.atoms.together import fit_together
from atomstat_widgets.stat.blemishes import mend
from atomstat_widgets.stat.blocks import take_into_memory
from atomstat_widgets.stat.image import normalize_image
from atomstat_widgets.stat.lattice.lattice import Lattice, lattice_of
from atomstat_widgets.stat.lattice.spots import find_spots

SMALLEST_SIDE = 8
FALSE = 0.005  # of the atoms, how many noise may be by expectation
# Of the band-pass's noise: what no atom is below, and what is one when the spacing is guessed, at a finer scale,
# where there are more maxima of noise to be mistaken.
LEAST, CERTAIN = 3.0, 4.0
FINE = 0.6  # of the scale, to part columns that touch
CLOSEST = 2.5  # times the scale: neighbours that are closer are one thing at it
PAIRED = 0.75  # of the distance of neighbours: those at a finer scale that are closer are pairs
SHARE_PARTED = 1 / 4  # of the certain maxima, for there to be pairs
ENOUGH = 1024  # pixels of either side, to guess the spacing
CLOSE = 0.15  # of the atoms, who have a neighbour closer than the guess of the spacing
FEW, OF_FEW = 8, 7.0  # atoms without a lattice, and the strength that so few have
# Of the strength of a typical atom, and a strength: what is below both may be white noise beside a lattice.
FAINT, UNCERTAIN = 0.15, 4.5
WHITE = 1.4  # times the deviation of its white part: noise with no more is mostly white
HELD = 0.5  # of the places a lattice vector away from atoms: where fewer hold another they are on no one lattice
LONE = 1 / 8  # of the atoms: more of them are no noise between the others
LIKE = 24  # atoms of like strength, among whom the share of noise is estimated

Refine = Literal["gaussian", "centroid", "together"]
REFINEMENTS: Mapping[str, Callable[..., Floats]] = {
    "gaussian": fit_gaussian,
    "centroid": move_to_centroid,
    "together": fit_together,
}


@brief
@dataclass(frozen=True)
class Atoms:
    """Atom columns of one image.

    Attributes
    ----------
    positions : array, (n, 2), float64
        (y, x) in pixels: y runs down the rows, x along the columns, and pixel (0, 0) has its centre at (0, 0).
        In the order of the strengths.
    strengths : array, (n,), float64
        Signal-to-noise ratio of each atom after the band-pass, largest first.
    spacing : float
        Distance between close neighbours in pixels, guessed or as it was given. No two atoms are closer than half of
        it.
    certainties : array, (n,), float64
        Of each atom, from 0 to 1: the share of the maxima of like strength that noise does not explain. Without a
        number where the atoms were given.
    doubt : str
        What is in doubt about all of them, in words; empty where nothing is.
    lattice : Lattice or None
        With which they were found, in pixels, and without its spectrum, which may be larger than the image.
    """

    positions: Floats
    strengths: Floats
    spacing: float
    certainties: Floats = field(default_factory=lambda: np.empty(0))
    doubt: str = ""
    lattice: Lattice | None = None


def find_atoms(
    image: NDArray[Any],
    *,
    spacing: float | None = None,
    strength: float | None = None,
    refine: Refine = "gaussian",
    lattice: Lattice | None = None,
) -> Atoms:
    """Find the bright atom columns of an image, to a fraction of a pixel.

    Parameters
    ----------
    image : array, (height, width) or (height, width, channels)
        See `normalize_image`; at least 8 pixels a side. Atoms are bright: negate an image in which they are dark.
        Of dask or Zarr it is taken into memory, where a movie is looked at frame by frame by `find_movie_atoms`.
    spacing : float, optional
        Distance between neighbouring columns in pixels. By default it is guessed, see the notes. Two maxima closer than
        half of it are one atom, the stronger.
    strength : float, optional
        Smallest signal-to-noise ratio of an atom after the band-pass. By default that from which on one maximum in 200
        is expected to be noise; less where the neighbours in the lattice say that an atom should be.
    refine : {"gaussian", "centroid", "together"}
        A round Gaussian on a constant ground, fitted to each atom by least squares; the iterated centre of mass, which
        is quicker but drawn to bright neighbours; or Gaussians of one width, which overlap, on a smooth ground, all
        fitted together, which takes longer and has half the error where columns touch.

    Returns
    -------
    Atoms

    Raises
    ------
    TypeError, ValueError
        For an image that cannot be used, see `normalize_image`; an image of fewer than 8 rows or columns; a spacing
        that is not between 2 pixels and the longer side; a strength that is negative or not finite; another `refine`;
        what is no lattice.

    Notes
    -----
    Hot pixels and steps of rounding are mended, and a border without data is left out. The lattice is looked for as by
    `find_lattice`. The band-pass is the Laplacian of a Gaussian, at the scale at which the spots of the lattice have
    the most energy [1]_, or a quarter of the spacing where that is finer. Without a lattice it is the finest scale at
    which the image has more energy than at those around.

    The noise of the band-passed image is what the ground of its spectrum gives: the medians of rings of equal frequency
    beside the spots, over tiles of the image. So it need not be white. Noise by rows or columns is subtracted before.
    How many maxima of such noise are higher than an atom is known from the theory of Gaussian fields. Where the
    ground is steep compared with atoms, as at a step, the
    rim of a particle, or dirt, the median around each pixel is subtracted, and the atoms are looked for again.

    The guess of the spacing is a first look with 0.6 of the scale, fine enough to part columns that touch, and of the
    distances from each maximum with a signal-to-noise ratio of 4 to its nearest neighbour the one that 15 % fall
    below. A low one, since in a crystal with uneven distances the close pairs have to be kept apart; of an even
    lattice with noise the guess is therefore up to a fifth too small. Where many pairs are parted by a clear dip at a
    still finer scale, theirs is the spacing. Where columns blend and noise hides the faint of them, give the spacing.

    At the border the image is mirrored for the band-pass, and patches are cut to the pixels that exist. An
    atom is kept if its refined centre is within the pixels' area, so from -0.5 to the side - 0.5. Where the
    refinement diverges (it leaves the neighbourhood of the maximum, or is no peak) the maximum's pixel is the position.

    References
    ----------
    .. [1] Lindeberg, Int. J. Comput. Vis. 30, 79 (1998).

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> y, x = np.mgrid[:64, :64]
    >>> image = np.cos(2 * np.pi * y / 16) + np.cos(2 * np.pi * x / 16)  # an atom each 16 pixels
    >>> atoms = stat.find_atoms(image)
    >>> inner = ((atoms.positions > 8) & (atoms.positions < 56)).all(axis=1)
    >>> np.unique(atoms.positions[inner].round(1), axis=0)
    array([[16., 16.],
           [16., 32.],
           [16., 48.],
           [32., 16.],
           [32., 32.],
           [32., 48.],
           [48., 16.],
           [48., 32.],
           [48., 48.]])
    """
    pixels = take_into_memory(normalize_image(image), "the pixels")
    if min(pixels.shape) < SMALLEST_SIDE:
        raise ValueError(f"finding atoms needs at least {SMALLEST_SIDE} rows and columns, got shape {pixels.shape}")
    if spacing is not None:
        longest = max(pixels.shape)
        words = f"in pixels, between 2 and the image's {longest}"
        spacing = number_of(spacing, "spacing", minimum=2, maximum=longest, words=words)
    if strength is not None:
        words = "a signal-to-noise ratio, finite and not negative"
        strength = number_of(strength, "strength", minimum=0, words=words)
    word_of(refine, "refine", tuple(REFINEMENTS))
    if lattice is not None:
        instance_of(lattice, "lattice", Lattice)

    pixels, blank, level = mend(pixels)
    finder = _Finder(without_tilt(pixels), blank, level, lattice)
    given = spacing is not None
    spacing = max(2.0, min(finder.guess_spacing(), finder.longest_spacing)) if spacing is None else spacing
    maxima, strengths = finder.find(spacing, strength)

    patch = spacing if given else _typical_distance(maxima, spacing)
    positions = REFINEMENTS[refine](finder.pixels, maxima, patch, finder.blank)
    inside = finder.inside(positions)
    positions, strengths = positions[inside], strengths[inside]
    alone = suppress(positions, spacing / 2)
    positions, strengths = positions[alone], strengths[alone]
    certainties = finder.certainties(strengths, spacing)
    faint = finder.faint_between(positions, spacing)
    doubt = doubt_of(positions, strengths, certainties, spacing, given, finder.lattice, finder.blank, faint)
    lattice = replace(finder.lattice, spectrum=np.empty((0, 0), np.float32))
    return Atoms(positions, strengths, spacing, certainties, doubt, lattice)


class _Finder:
    """What is known of an image and its lattice, and the atoms that stand out of it."""

    def __init__(self, pixels: Float32, blank: Blank, level: float, lattice: Lattice | None) -> None:
        self.pixels, self.blank, self.level = pixels, blank, level
        self.area = float(pixels.size if blank is None else pixels.size - np.count_nonzero(blank))
        spots, self.tiles = find_spots(pixels, level, blank)
        even = without_stripes(pixels, self.tiles, spots.frequencies)
        if even is not None:
            self.pixels = pixels = even
            spots, self.tiles = find_spots(pixels, level, blank)
        spots = spots if lattice is None else lattice.spots
        self.lattice = lattice_of(spots, self.tiles)
        self.ground = self.tiles.ground_beside(spots.frequencies)
        self.scale = scale_of(pixels, spots, self.tiles)
        self.band_pass = BandPass(pixels)
        self.noise = Noise(1.0, 1.0, 1.0)  # known when atoms were looked for, as is the response
        self.response = pixels

    def guess_spacing(self) -> float:
        """Distance of close neighbours, at a scale that parts columns that touch, or at a finer one if pairs are there.

        Of a large image its middle is enough, unless that is empty.
        """
        middle = tuple(slice(max(0, (side - ENOUGH) // 2), (side + ENOUGH) // 2) for side in self.pixels.shape)
        part = self.pixels[middle]
        if part.shape != self.pixels.shape:
            guess = self._guess(BandPass(part), None if self.blank is None else self.blank[middle])
            if math.isfinite(guess):
                return guess
        guess = self._guess(self.band_pass, self.blank)
        return guess if math.isfinite(guess) else max(2.0, 4 * self.scale)

    @property
    def longest_spacing(self) -> float:
        """Neighbours are no farther apart than the shortest vector of the lattice, which leads from one to another."""
        return float(np.linalg.norm(self.lattice.vectors[0])) if len(self.lattice.vectors) else math.inf

    def _guess(self, band_pass: BandPass, blank: Blank) -> float:
        fine, finer = FINE * self.scale, FINE**2 * self.scale
        guess = self._close_neighbours(band_pass, blank, fine)
        if finer >= FINEST and (pairs := self._close_neighbours(band_pass, blank, finer, parted=True)) < PAIRED * guess:
            guess = pairs
        if not self.lattice and guess < CLOSEST * self.scale:  # maxima of noise, that are close at a fine scale
            guess = self._close_neighbours(band_pass, blank, self.scale)
            guess = guess if guess >= CLOSEST * self.scale else math.inf
        return max(2.0, guess)

    def _close_neighbours(self, band_pass: BandPass, blank: Blank, scale: float, parted: bool = False) -> float:
        """Distance that few of the nearest neighbours are below, of maxima that are certain; infinite with too few.

        Of those that are `parted` by a dip that is certain, if that is asked for, and if not few are.
        """
        response = band_pass(scale)
        maxima, heights = find_maxima(response, 2 * scale, blank)
        noise = self._spectral(scale) if self.lattice else calibrated(self._spectral(scale), heights, response)
        certain = strengths_of(heights, noise) >= CERTAIN
        maxima, heights = maxima[certain], heights[certain]
        if len(maxima) < 2:
            return math.inf
        distance, nearest = (one[:, 1] for one in KDTree(maxima).query(maxima, k=2))
        if parted:
            middle = np.rint((maxima + maxima[nearest]) / 2).astype(np.intp)
            dip = np.minimum(heights, heights[nearest]) - response[tuple(middle.T)]
            distance = distance[dip >= CERTAIN * noise.deviation]
            if len(distance) < SHARE_PARTED * len(maxima):
                return math.inf
        return float(np.quantile(distance, CLOSE))

    def find(self, spacing: float, strength: float | None) -> tuple[Floats, Floats]:
        """Maxima (n, 2) that are atoms, and their strengths; a steep ground is taken off the pixels for good."""
        scale = min(self.scale, spacing / 4)
        maxima, strengths, response = self._look(scale, spacing, strength)
        if len(maxima):
            period = float(self.lattice.spacings.max(initial=spacing))
            flat = without_steep_ground(self.pixels, self.band_pass, scale, spacing, period, response)
            if flat is not None:
                self.pixels, self.band_pass = flat, BandPass(flat)
                maxima, strengths, _ = self._look(scale, spacing, strength)
        return maxima, strengths

    def _look(self, scale: float, spacing: float, strength: float | None) -> tuple[Floats, Floats, float]:
        """Maxima, their strengths, and the response of a typical one."""
        self.response = response = self.band_pass(scale)
        maxima, heights = find_maxima(response, spacing / 2, self.blank)
        ground = self._spectral(scale)
        self.noise = calibrated(ground, heights, None if self.lattice else response)
        strengths = strengths_of(heights, self.noise) / noise_at_border(maxima, response.shape, scale)
        order = np.argsort(-strengths, kind="stable")
        maxima, heights, strengths = maxima[order], heights[order], strengths[order]
        if strength is None:
            keep = strengths >= self._least_strength(strengths, spacing)
            keep = on_sites(maxima, strengths, keep, self.lattice.vectors, spacing)
            by_ground = strengths * (self.noise.deviation / ground.deviation)
            keep &= ~self._between_sites(maxima, strengths, keep & (by_ground < LEAST), keep, spacing)
            # White noise has more high maxima than its estimate, which shows where the atoms are far above both.
            if self.lattice and keep.any() and self.noise.deviation < WHITE * self.noise.least:
                keep &= strengths >= min(UNCERTAIN, FAINT * float(np.median(strengths[keep])))
        else:
            keep = strengths >= strength
        keep &= heights >= self.level / (2 * scale**2)
        return maxima[keep], strengths[keep], float(np.median(heights[keep])) if keep.any() else 0.0

    def _spectral(self, scale: float) -> Noise:
        return noise_of(self.tiles, self.ground, scale)

    def _least_strength(self, strengths: Floats, spacing: float) -> float:
        """Strength from which on few of the maxima (strongest first) are expected to be noise."""
        ranks = np.arange(1, len(strengths) + 1)
        by_noise = self.noise.maxima_above(strengths) * self._free(ranks, spacing)
        good = np.flatnonzero((by_noise <= FALSE * ranks) & (strengths >= LEAST))
        # Noise that is not quite Gaussian has a few high maxima; that no lattice explains.
        if len(good) and good[-1] < FEW and not self.lattice:
            good = good[strengths[good] >= OF_FEW]
        return float(strengths[good[-1]]) if len(good) else math.inf

    def _between_sites(
        self, maxima: Floats, strengths: Floats, weak: NDArray[np.bool_], keep: NDArray[np.bool_], spacing: float
    ) -> NDArray[np.bool_]:
        """Which weak atoms are on no site that the others tell: where these are few, and the others are on sites.

        Where a lattice is dark between its atoms the maxima of noise are lower there, and make all noise seem less.
        """
        if not weak.any():
            return weak
        vectors, sure = self.lattice.vectors, keep & ~weak
        lone = weak & ~on_sites(maxima, strengths, sure, vectors, spacing)
        few = np.count_nonzero(lone) <= LONE * np.count_nonzero(keep)
        return lone & (few and share_held(maxima[sure], vectors, spacing) >= HELD)

    def certainties(self, strengths: Floats, spacing: float) -> Floats:
        """Share of the maxima around each strength (strongest first) that noise is not expected to make."""
        area = self._free(len(strengths), spacing)
        order, reach = np.arange(len(strengths)), LIKE // 2
        first, last = np.maximum(order - reach, 0), np.minimum(order + reach, len(strengths) - 1)
        by_noise = area * (self.noise.maxima_above(strengths[last]) - self.noise.maxima_above(strengths[first]))
        # So that few are not told by their own differences: those above the strongest count, too.
        by_noise += np.where(first == 0, area * self.noise.maxima_above(strengths[first]), 0)
        return np.minimum.accumulate(1 - np.clip(by_noise / (last - first + 1), 0, 1))

    def _free(self, atoms: Any, spacing: float) -> Any:
        """Pixels that are left to noise between so many atoms."""
        return np.maximum(self.area - atoms * math.pi * (spacing / 2) ** 2, self.area / 20)

    def faint_between(self, positions: Floats, spacing: float) -> bool:
        """Whether atoms too faint to be found are between these."""
        vectors, deviation = self.lattice.vectors, self.noise.deviation
        return faint_between(positions, vectors, spacing, self.response, deviation, self.blank)

    def inside(self, positions: Floats) -> NDArray[np.bool_]:
        """Which positions (n, 2) are within the pixels' area, where there are data."""
        sides = np.array(self.pixels.shape)
        inside = np.all((positions >= -0.5) & (positions <= sides - 0.5), axis=1)
        if self.blank is not None:
            rows, columns = np.rint(positions).astype(np.intp).clip(0, sides - 1).T
            inside &= ~self.blank[rows, columns]
        return np.asarray(inside)


def _typical_distance(points: Floats, spacing: float) -> float:
    """Distance to the nearest neighbour, which the guess of the spacing is often below: a larger patch tells more.

    At most a quarter more than the guess, so that patches of close pairs do not hold both.
    """
    if len(points) < 2:
        return spacing
    return float(np.clip(np.median(to_nearest(points)), spacing, 1.25 * spacing))
