"""Lattices of atom columns and their images, for the samples.

Positions are (y, x) in pixels, y down the rows; angles in degrees turn from x to y.
"""

import math
from collections.abc import Callable

import numpy as np

from atomstat_widgets.data.image import Image

SPACING = 0.27  # nm, between neighbouring columns, if nothing else is said
CLOSEST = 0.6  # of SPACING, for columns across a boundary

_SMALLEST_SIDE = 64  # px, one analysis window
_REACH = 4  # of a column's width, where a Gaussian is cut off: exp(-8)


class Simulation:
    """Images to be simulated: Gaussian columns on a dark ground, with white noise.

    Parameters
    ----------
    shape : (int, int)
        Height and width in pixels, at least 64.
    pixel_size : float
        Edge of a pixel in nm, up to the width of a column: beyond it the columns are undersampled.
    noise : float
        Standard deviation of the noise, relative to a column of height 1.
    seed : int
        Seeds everything random.
    width : float
        Standard deviation of a column's Gaussian in nm.

    Attributes
    ----------
    shape, pixel_size : (int, int), float
        As given.
    centre : numpy.ndarray
        (y, x) of the image's middle in pixels.
    rng : numpy.random.Generator
        For what else is random.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """

    def __init__(self, shape: tuple[int, int], pixel_size: float, noise: float, seed: int, *, width: float) -> None:
        if len(shape) != 2 or min(shape) < _SMALLEST_SIDE:
            raise ValueError(f"shape must be (height, width) of at least {_SMALLEST_SIDE} pixels each, not {shape}")
        if not 0 < pixel_size <= width:
            raise ValueError(f"pixel_size must be above 0 and up to {width} nm, not {pixel_size}")
        if not (math.isfinite(noise) and noise >= 0):
            raise ValueError(f"noise must be a finite number, 0 or more, not {noise}")
        self.shape = shape
        self.pixel_size = pixel_size
        self.centre = np.array(shape) / 2
        self.rng = np.random.default_rng(seed)
        self._noise = noise
        self._width = width / pixel_size

    def lattice(self, basis: np.ndarray, origin: np.ndarray, *, beyond: float = 0.0) -> np.ndarray:
        """Give the (n, 2) lattice points that shine into the image, and those up to `beyond` (px) further out."""
        low, high = self._bounds(beyond)
        corners = np.array([[y, x] for y in (low[0], high[0]) for x in (low[1], high[1])])
        steps = (corners - origin) @ np.linalg.inv(basis)
        first, last = np.floor(steps.min(axis=0)).astype(int), np.ceil(steps.max(axis=0)).astype(int)
        indices = np.mgrid[first[0] : last[0] + 1, first[1] : last[1] + 1].reshape(2, -1).T
        points = origin + indices @ basis
        return np.asarray(points[((points >= low) & (points <= high)).all(axis=1)])

    def image(self, name: str, points: np.ndarray, truth: np.ndarray, heights: np.ndarray | float = 1.0) -> Image:
        """Show columns at the (n, 2) points, of one height or (n,) heights."""
        return Image(self.exposure(points, heights), name, self.pixel_size, "nm", truth)

    def exposure(self, points: np.ndarray, heights: np.ndarray | float = 1.0) -> np.ndarray:
        """Pixels (height, width) of columns at the (n, 2) points, with new noise."""
        low, high = self._bounds()
        shining = ((points >= low) & (points <= high)).all(axis=1)
        array = _columns(points[shining], np.broadcast_to(heights, len(points))[shining], self._width, self.shape)
        array += self._noise * self.rng.standard_normal(self.shape)
        return array.astype(np.float32)

    def _bounds(self, beyond: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """First and last (y, x) where a column still shines into the image, and `beyond` (px) further out."""
        margin = _REACH * self._width + beyond
        return np.full(2, -margin), np.array(self.shape) - 1 + margin


def lattice_vectors(spacing: float, angle: float, opening: float) -> np.ndarray:
    """Two lattice vectors, one a row (y, x), of equal length: the first at `angle`, the second `opening` further."""
    directions = np.deg2rad([angle, angle + opening])
    return spacing * np.stack([np.sin(directions), np.cos(directions)], axis=1)


def strain_matrix(exx: float, eyy: float, exy: float, rotation: float) -> np.ndarray:
    """Matrix that takes vectors (y, x) of a lattice to those of the strained one: turned from x to y, then stretched.

    The rotation is in radians.
    """
    cos, sin = np.cos(rotation), np.sin(rotation)
    return np.asarray(np.array([[1 + eyy, exy], [exy, 1 + exx]]) @ np.array([[cos, sin], [-sin, cos]]))


def _columns(points: np.ndarray, heights: np.ndarray, width: float, shape: tuple[int, int]) -> np.ndarray:
    """Add up a Gaussian of the given height and of standard deviation `width` (px) at each of the (n, 2) points."""
    reach = math.ceil(_REACH * width)
    offsets = np.arange(-reach, reach + 1)
    pixels = np.rint(points).astype(int)[:, :, None] + offsets  # (n, 2, patch): rows and columns of each patch
    profiles = np.exp(-((pixels - points[:, :, None]) ** 2) / (2 * width**2))
    # Patches hang over the edge: an accumulator with a rim takes them whole.
    rim = 2 * reach + 1
    height, breadth = (side + 2 * rim for side in shape)
    rows, columns = pixels[:, 0] + rim, pixels[:, 1] + rim
    flat = rows[:, :, None] * breadth + columns[:, None, :]
    patches = heights[:, None, None] * profiles[:, 0, :, None] * profiles[:, 1, None, :]
    summed = np.bincount(flat.ravel(), patches.ravel(), minlength=height * breadth).reshape(height, breadth)
    return summed[rim:-rim, rim:-rim]


def fill_domains(
    name: str,
    bases: list[np.ndarray],
    domain: Callable[[np.ndarray, np.ndarray], np.ndarray],
    simulation: Simulation,
    origins: list[np.ndarray] | None = None,
) -> Image:
    """Fill each domain with its own lattice, at random origins if none are given."""
    from scipy.spatial import cKDTree  # here, because it takes longer to import than all of `data`

    lattices = []
    for label, basis in enumerate(bases):
        origin = simulation.rng.random(2) @ basis if origins is None else origins[label]
        lattice = simulation.lattice(basis, origin)
        lattices.append(lattice[domain(*lattice.T) == label])
    points = np.concatenate(lattices)
    # Of two columns that crowd each other across a boundary one gives way.
    crowded = cKDTree(points).query_pairs(CLOSEST * SPACING / simulation.pixel_size, output_type="ndarray")
    points = np.delete(points, crowded[:, 1], axis=0)
    return simulation.image(name, points, domain(*np.indices(simulation.shape)))
