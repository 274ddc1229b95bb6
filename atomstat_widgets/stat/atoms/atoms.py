"""Atom columns in an image, found without a neural network."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atomstat_widgets.arguments import number_of, word_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.atoms.doubts import doubts_of
from atomstat_widgets.stat.atoms.ground import without_steep_ground
from atomstat_widgets.stat.atoms.maxima import BandPass, Float32, Floats, Noise, find_maxima, noise_of, strengths_of, suppress
from atomstat_widgets.stat.atoms.refinement import fit_gaussian, move_to_centroid
from atomstat_widgets.stat.atoms.scale import scale_of
from atomstat_widgets.stat.atoms.sites import on_sites
from atomstat_widgets.stat.atoms.together import fit_together
from atomstat_widgets.stat.blemishes import mend
from atomstat_widgets.stat.blocks import take_into_memory
from atomstat_widgets.stat.image import normalize_image
from atomstat_widgets.stat.lattice.lattice import lattice_of
from atomstat_widgets.stat.lattice.spots import find_spots
from atomstat_widgets.stat.lattice.tiles import Tiles

SMALLEST_SIDE = 8
FALSE = 0.005  # of the atoms, how many noise may be by expectation
# Of the band-pass's noise: what no atom is below, and what is one when the spacing is guessed, at a finer scale,
# where there are more maxima of noise to be mistaken.
LEAST, CERTAIN = 3.0, 4.0
LEAST_ON_SITE = 2.3  # where its neighbours in the lattice say that an atom should be
FINE = 0.6  # of the scale, to part columns that touch
CLOSE = 0.15  # of the atoms, who have a neighbour closer than the guess of the spacing
NEIGHBOURS_IN_STRENGTH = 25  # over which the share of noise among atoms of like strength is estimated

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
    """

    positions: Floats
    strengths: Floats
    spacing: float
    certainties: Floats = field(default_factory=lambda: np.empty(0))
    doubt: str = ""


def find_atoms(
    image: NDArray[Any],
    *,
    spacing: float | None = None,
    strength: float | None = None,
    refine: Refine = "gaussian",
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
        Smallest signal-to-noise ratio of an atom after the band-pass. By default Otsu's threshold between the maxima
        of noise and of atoms, on a logarithmic scale, but at most 3.5: where noise is weak it would part bright
        columns from faint ones.
    refine : {"gaussian", "centroid"}
        A round Gaussian on a constant ground, fitted by least squares, or the iterated centre of mass, which is
        quicker but drawn to bright neighbours.

    Returns
    -------
    Atoms

    Raises
    ------
    TypeError, ValueError
        For an image that cannot be used, see `normalize_image`; an image of fewer than 8 rows or columns; a spacing
        that is not between 2 pixels and the longer side; a strength that is negative or not finite; another `refine`.

    Notes
    -----
    The band-pass is the Laplacian of a Gaussian. Its scale is the one at which the image, less its white noise, has the
    most energy ([1]_; here read off the power spectrum, from which noise can be subtracted), or a quarter of the
    spacing where that is finer. In a lattice the scale is that of its first Bragg spots. The noise is what the power
    spectrum has in its corners, beyond what any resolved column shows.

    The guess of the spacing is a first look with 0.6 of that scale, fine enough to part columns that touch, and of the
    distances from each maximum with a signal-to-noise ratio of 4 to its nearest neighbour the one that 15 % fall
    below. A low one, since in a crystal with uneven distances the close pairs have to be kept apart; of an even
    lattice with noise the guess is therefore up to a fifth too small. Where columns blend and noise hides the faint of
    them, give the spacing.

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
    >>> atoms.positions[inner].round(1)
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

    pixels, blank = mend(pixels)
    spots, tiles = find_spots(pixels)
    ground = tiles.ground_beside(spots.frequencies)
    scale = scale_of(spots, tiles)
    band_pass = BandPass(pixels)
    given = spacing
    if spacing is None:
        spacing = _guess_spacing(band_pass, tiles, ground, scale)
    scale = min(scale, spacing / 4)
    noise = noise_of(tiles, ground, scale)
    area = float(pixels.size if blank is None else pixels.size - np.count_nonzero(blank))
    lattice = lattice_of(spots, tiles)

    def look() -> tuple[Floats, Floats]:
        maxima, heights = find_maxima(band_pass(scale), spacing / 2, blank)
        strengths = strengths_of(heights, noise)
        least = _least_strength(strengths, noise, area, spacing) if strength is None else strength
        keep = strengths >= least
        if strength is None:
            possible = strengths >= LEAST_ON_SITE
            keep[possible] = on_sites(maxima[possible], keep[possible], lattice.vectors, spacing)
        return maxima[keep], heights[keep]

    maxima, heights = look()
    if len(maxima):
        period = float(lattice.spacings.max(initial=spacing))
        flat = without_steep_ground(pixels, band_pass, scale, spacing, period, float(np.median(heights)))
        if flat is not None:
            pixels, band_pass = flat, BandPass(flat)
            maxima, heights = look()
    strengths = strengths_of(heights, noise)

    positions = REFINEMENTS[refine](pixels, maxima, spacing, blank)
    inside = np.all((positions >= -0.5) & (positions <= np.array(pixels.shape) - 0.5), axis=1)
    if blank is not None:
        rows, columns = (np.rint(at).astype(int).clip(0, side - 1) for at, side in zip(positions.T, pixels.shape, strict=True))
        inside &= ~blank[rows, columns]
    positions, strengths = positions[inside], strengths[inside]
    alone = suppress(positions, spacing / 2)
    positions, strengths = positions[alone], strengths[alone]
    certainties = _certainties(strengths, noise, _free(area, len(positions), spacing))
    doubt = doubts_of(positions, certainties, float(spacing), given is not None, lattice, tiles, pixels.shape)
    return Atoms(positions, strengths, float(spacing), certainties, doubt)


def _guess_spacing(band_pass: BandPass, tiles: Tiles, ground: Float32, scale: float) -> float:
    """Distance of close neighbours among the atoms that are certain at a finer scale."""
    fine = FINE * scale
    maxima, heights = find_maxima(band_pass(fine), 2 * fine)
    certain = maxima[strengths_of(heights, noise_of(tiles, ground, fine)) >= CERTAIN]
    if len(certain) < 2:
        return max(2.0, 4 * scale)
    to_nearest, _ = KDTree(certain).query(certain, k=[2])
    return max(2.0, float(np.quantile(to_nearest, CLOSE)))


def _free(area: float, atoms: Any, spacing: float) -> Any:
    """Pixels of an area that are left to noise between so many atoms."""
    return np.maximum(area - atoms * math.pi * (spacing / 2) ** 2, area / 20)


def _least_strength(strengths: Floats, noise: Noise, area: float, spacing: float) -> float:
    """Strength from which on no more than a small share of the maxima (strongest first) are expected to be noise."""
    ranks = np.arange(1, len(strengths) + 1)
    by_noise = noise.maxima_above(strengths) * _free(area, ranks, spacing)
    good = np.flatnonzero((by_noise <= FALSE * ranks) & (strengths >= LEAST))
    return float(strengths[good[-1]]) if len(good) else np.inf


def _certainties(strengths: Floats, noise: Noise, area: float) -> Floats:
    """Share of the maxima around each strength (strongest first) that noise is not expected to make."""
    if len(strengths) < 2:
        return 1 - np.minimum(noise.maxima_above(strengths) * area, 1)
    reach = min(NEIGHBOURS_IN_STRENGTH, len(strengths) - 1)
    order = np.arange(len(strengths))
    first, last = np.maximum(order - reach // 2, 0), np.minimum(order + (reach + 1) // 2, len(strengths) - 1)
    by_noise = area * (noise.maxima_above(strengths[last]) - noise.maxima_above(strengths[first]))
    return np.minimum.accumulate(1 - np.clip(by_noise / (last - first + 1), 0, 1))
