"""Simulated atom-resolved images whose domains are known.

Each sample looks like a high-angle annular dark-field (HAADF) image: every atom column is a Gaussian of height 1 on a
dark ground, with white noise. Positions are (y, x) in pixels, y down the rows; angles in degrees turn from x to y.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from atomstat_widgets.data.image import Image

# At the default pixel size these are 9.6 and 1.8 px: in a 64-px window the first two orders of the lattice's spots
# stand in the centre half of the frequency range, apart from each other.
SPACING = 0.27  # nm, between neighbouring columns
COLUMN_WIDTH = 0.05  # nm, standard deviation of a column's Gaussian
PIXEL_SIZE = 0.028  # nm

_SMALLEST_SIDE = 64  # px, one analysis window
_COARSEST_PIXEL = COLUMN_WIDTH  # nm, beyond it the columns are undersampled
_CLOSEST = 0.6  # of SPACING, for columns across a boundary
_REACH = 4  # of COLUMN_WIDTH, where a Gaussian is cut off: exp(-8)


def grains(
    *,
    angles: Sequence[float] = (0.0, 20.0, 40.0),
    shape: tuple[int, int] = (512, 512),
    pixel_size: float = PIXEL_SIZE,
    noise: float = 0.1,
    seed: int = 0,
) -> Image:
    """Grains of one hexagonal lattice, each rotated, that meet at the centre.

    Parameters
    ----------
    angles : sequence of float
        Rotation of each grain in degrees, at least two; a hexagonal lattice repeats every 60.
    shape : (int, int)
        Height and width in pixels, at least 64.
    pixel_size : float
        Edge of a pixel in nm, up to 0.05.
    noise : float
        Standard deviation of the noise, relative to the height of a column.
    seed : int
        Seeds the noise and the origins of the lattices.

    Returns
    -------
    Image
        float32, `truth` labels the grains in the order of `angles`.

    Raises
    ------
    ValueError
        If fewer than two angles are given or a parameter is out of its range.
    """
    _check(shape, pixel_size, noise)
    if len(angles) < 2:
        raise ValueError(f"grains needs at least two angles, not {len(angles)}")
    # The middles stand around the centre, turned a little so that no boundary runs along the rows or columns.
    turns = 2 * np.pi * np.arange(len(angles)) / len(angles) + 0.35
    middles = (1 + 0.5 * np.stack([np.sin(turns), np.cos(turns)], axis=1)) * np.array(shape) / 2

    def domain(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.argmin([np.hypot(y - row, x - column) for row, column in middles], axis=0)

    bases = [_basis(SPACING / pixel_size, angle, opening=60) for angle in angles]
    return _domains("Three grains", bases, domain, shape, pixel_size, noise, seed)


def phase_boundary(
    *,
    shape: tuple[int, int] = (512, 512),
    pixel_size: float = PIXEL_SIZE,
    noise: float = 0.1,
    seed: int = 0,
) -> Image:
    """Make a square lattice (left) that meets a hexagonal one (right) along a wavy boundary.

    Parameters
    ----------
    shape, pixel_size, noise, seed
        As for `grains`.

    Returns
    -------
    Image
        float32, `truth` is 0 in the square and 1 in the hexagonal phase.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """
    _check(shape, pixel_size, noise)
    height, width = shape

    def domain(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return (x > width * (0.5 + 0.06 * np.sin(3 * np.pi * y / height))).astype(int)

    spacing = SPACING / pixel_size
    bases = [_basis(spacing, angle=0, opening=90), _basis(spacing, angle=0, opening=60)]
    return _domains("Square | hexagonal", bases, domain, shape, pixel_size, noise, seed)


def moire(
    *,
    twist: float = 2.5,
    shape: tuple[int, int] = (512, 512),
    pixel_size: float = PIXEL_SIZE,
    noise: float = 0.1,
    seed: int = 0,
) -> Image:
    """Superpose two hexagonal lattices, one twisted against the other.

    The truth is the local stacking. Where the layers coincide it is AA, where the columns of one stand over the middle
    of one kind of the other's triangles it is AB, over the other kind BA; each pixel has the label of that stacking of
    the three whose displacement between the layers is nearest to its own. AB and BA are mirror images: the magnitude of
    a Fourier transform tells both from AA but not from each other.

    Parameters
    ----------
    twist : float
        Angle between the layers in degrees, above 0 and up to 30.
    shape, pixel_size, noise, seed
        As for `grains`; the layers do not depend on the seed.

    Returns
    -------
    Image
        float32, `truth` is 0 for AA, 1 for AB, 2 for BA. Where columns coincide the height is 2.

    Raises
    ------
    ValueError
        If a parameter is out of its range.
    """
    _check(shape, pixel_size, noise)
    if not 0 < twist <= 30:
        raise ValueError(f"twist must be above 0 and up to 30 degrees, not {twist}")
    centre = np.array(shape) / 2
    bases = [_basis(SPACING / pixel_size, angle, opening=60) for angle in (-twist / 2, twist / 2)]
    points = np.concatenate([_lattice(basis, centre, shape, _margin(pixel_size)) for basis in bases])
    # The displacement, in units of the lattice vectors: how far the two lattices' coordinates of a pixel differ.
    lower, upper = (np.linalg.inv(basis) for basis in bases)
    u, v = np.tensordot((upper - lower).T, np.indices(shape) - centre[:, None, None], axes=1)
    # A sum of three waves, one of each lattice direction, falls off evenly around each stacking: the nearest has most.
    waves = (
        sum(np.cos(2 * np.pi * (phase - shift)) for phase, shift in ((u, s), (v, s), (u + v, 2 * s)))
        for s in (0, 1 / 3, 2 / 3)
    )
    truth = np.argmax(list(waves), axis=0)
    return _image("Moiré", points, truth, pixel_size, noise, np.random.default_rng(seed))


SAMPLES: dict[str, Callable[[], Image]] = {
    "Three grains": grains,
    "Square | hexagonal": phase_boundary,
    "Moiré": moire,
}
"""The samples by title; the first is the default."""


def _check(shape: tuple[int, int], pixel_size: float, noise: float) -> None:
    if len(shape) != 2 or min(shape) < _SMALLEST_SIDE:
        raise ValueError(f"shape must be (height, width) of at least {_SMALLEST_SIDE} pixels each, not {shape}")
    if not 0 < pixel_size <= _COARSEST_PIXEL:
        raise ValueError(f"pixel_size must be above 0 and up to {_COARSEST_PIXEL} nm, not {pixel_size}")
    if not (math.isfinite(noise) and noise >= 0):
        raise ValueError(f"noise must be a finite number, 0 or more, not {noise}")


def _basis(spacing: float, angle: float, opening: float) -> np.ndarray:
    """Two lattice vectors, one a row (y, x), of equal length: the first at `angle`, the second `opening` further."""
    directions = np.deg2rad([angle, angle + opening])
    return spacing * np.stack([np.sin(directions), np.cos(directions)], axis=1)


def _margin(pixel_size: float) -> float:
    """Tell how far (px) outside the image a column still shines into it."""
    return _REACH * COLUMN_WIDTH / pixel_size


def _lattice(basis: np.ndarray, origin: np.ndarray, shape: tuple[int, int], margin: float) -> np.ndarray:
    """Give the (n, 2) lattice points in the image and up to `margin` around it."""
    low, high = np.full(2, -margin), np.array(shape) - 1 + margin
    corners = np.array([[y, x] for y in (low[0], high[0]) for x in (low[1], high[1])])
    steps = (corners - origin) @ np.linalg.inv(basis)
    first, last = np.floor(steps.min(axis=0)).astype(int), np.ceil(steps.max(axis=0)).astype(int)
    indices = np.mgrid[first[0] : last[0] + 1, first[1] : last[1] + 1].reshape(2, -1).T
    points = origin + indices @ basis
    return points[((points >= low) & (points <= high)).all(axis=1)]


def _domains(
    name: str,
    bases: list[np.ndarray],
    domain: Callable[[np.ndarray, np.ndarray], np.ndarray],
    shape: tuple[int, int],
    pixel_size: float,
    noise: float,
    seed: int,
) -> Image:
    """Fill each domain with its own lattice, at a random origin."""
    from scipy.spatial import cKDTree  # here, because it takes longer to import than all of `data`

    rng = np.random.default_rng(seed)
    lattices = []
    for label, basis in enumerate(bases):
        lattice = _lattice(basis, rng.random(2) @ basis, shape, _margin(pixel_size))
        lattices.append(lattice[domain(*lattice.T) == label])
    points = np.concatenate(lattices)
    # Of two columns that crowd each other across a boundary one gives way.
    crowded = cKDTree(points).query_pairs(_CLOSEST * SPACING / pixel_size, output_type="ndarray")
    points = np.delete(points, crowded[:, 1], axis=0)
    return _image(name, points, domain(*np.indices(shape)), pixel_size, noise, rng)


def _image(
    name: str, points: np.ndarray, truth: np.ndarray, pixel_size: float, noise: float, rng: np.random.Generator
) -> Image:
    array = _columns(points, COLUMN_WIDTH / pixel_size, truth.shape)
    array += noise * rng.standard_normal(truth.shape)
    return Image(array.astype(np.float32), name, pixel_size, "nm", truth)


def _columns(points: np.ndarray, width: float, shape: tuple[int, ...]) -> np.ndarray:
    """Add up a Gaussian of height 1 and standard deviation `width` (px) at each of the (n, 2) points."""
    reach = math.ceil(_REACH * width)
    offsets = np.arange(-reach, reach + 1)
    pixels = np.rint(points).astype(int)[:, :, None] + offsets  # (n, 2, patch): rows and columns of each patch
    profiles = np.exp(-((pixels - points[:, :, None]) ** 2) / (2 * width**2))
    # Patches hang over the edge: an accumulator with a rim takes them whole.
    rim = 2 * reach + 1
    height, breadth = (side + 2 * rim for side in shape)
    rows, columns = pixels[:, 0] + rim, pixels[:, 1] + rim
    flat = rows[:, :, None] * breadth + columns[:, None, :]
    patches = profiles[:, 0, :, None] * profiles[:, 1, None, :]
    summed = np.bincount(flat.ravel(), patches.ravel(), minlength=height * breadth).reshape(height, breadth)
    return summed[rim:-rim, rim:-rim]
