"""Simulated atom-resolved images whose domains are known.

Each sample looks like a high-angle annular dark-field (HAADF) image: every atom column is a Gaussian, of height 1 if
nothing else is said, on a dark ground, with white noise. Positions are (y, x) in pixels, y down the rows; angles in
degrees turn from x to y.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from atomstat_widgets.data.image import Image
from atomstat_widgets.data.samples.simulation import SPACING, Simulation, fill_domains, lattice_vectors, strain_matrix
from atomstat_widgets.data.source import remembered

# At the default pixel size this and SPACING are 1.8 and 9.6 px: in a 64-px window the first two orders of the lattice's
# spots stand in the centre half of the frequency range, apart from each other.
COLUMN_WIDTH = 0.05  # nm, standard deviation of a column's Gaussian
PIXEL_SIZE = 0.028  # nm

# A cell of 10 px at the default pixel size: crops cut at whole pixels show all columns at the same place in their
# pixels, and what remains between crops is the displacement. The columns are so wide and those in the middles so faint
# that only the bright ones are maxima; else the first difference between atoms would be that of the two kinds.
_CELL = 0.4  # nm, edge of the square cell of `ferroelectric`
_CELL_COLUMN_WIDTH = 0.09  # nm
_CELL_PIXEL_SIZE = 0.04  # nm
_MIDDLE = 0.3  # height of the column in the middle of a cell
_WALL = 0.2  # nm, half the thickness of a domain wall: one cell is about what it takes to turn the displacement

_BOND = 0.142  # nm, between neighbours in `graphene`; 10 px at the default pixel size
_BOND_COLUMN_WIDTH = 0.028  # nm
_BOND_PIXEL_SIZE = 0.0142  # nm
_BOND_ANGLE = 7  # degrees, of the lattice: its rows run along no row of pixels
_DOPANT = 2.0  # height of a dopant

_INTERFACE = 0.45  # of the height, where the layer of `strained` ends
_STACKED = 82  # degrees between its lattice vectors, so that no axis of the image is one of the lattice's mirrors

_SCATTER = 0.01  # of the cell or the bond: standard deviation of a column's displacement in y and in x


@remembered("samples")
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

    Examples
    --------
    >>> from atomstat_widgets import samples
    >>> image = samples.grains(shape=(128, 128))
    >>> image.array.shape, int(image.truth.max()) + 1  # pixels, grains
    ((128, 128), 3)
    """
    simulation = Simulation(shape, pixel_size, noise, seed, width=COLUMN_WIDTH)
    if len(angles) < 2:
        raise ValueError(f"grains needs at least two angles, not {len(angles)}")
    # The middles stand around the centre, turned a little so that no boundary runs along the rows or columns.
    turns = 2 * np.pi * np.arange(len(angles)) / len(angles) + 0.35
    middles = (1 + 0.5 * np.stack([np.sin(turns), np.cos(turns)], axis=1)) * np.array(shape) / 2

    def domain(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.asarray(np.argmin([np.hypot(y - row, x - column) for row, column in middles], axis=0))

    bases = [lattice_vectors(SPACING / pixel_size, angle, opening=60) for angle in angles]
    return fill_domains("Three grains", bases, domain, simulation)


@remembered("samples")
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

    Examples
    --------
    >>> from atomstat_widgets import samples
    >>> samples.phase_boundary(shape=(128, 128)).array.shape
    (128, 128)
    """
    simulation = Simulation(shape, pixel_size, noise, seed, width=COLUMN_WIDTH)
    height, width = shape

    def domain(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return (x > width * (0.5 + 0.06 * np.sin(3 * np.pi * y / height))).astype(int)

    spacing = SPACING / pixel_size
    bases = [lattice_vectors(spacing, angle=0, opening=90), lattice_vectors(spacing, angle=0, opening=60)]
    return fill_domains("Square | hexagonal", bases, domain, simulation)


@remembered("samples")
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

    Examples
    --------
    >>> from atomstat_widgets import samples
    >>> samples.moire(shape=(128, 128)).array.shape
    (128, 128)
    """
    simulation = Simulation(shape, pixel_size, noise, seed, width=COLUMN_WIDTH)
    if not 0 < twist <= 30:
        raise ValueError(f"twist must be above 0 and up to 30 degrees, not {twist}")
    bases = [lattice_vectors(SPACING / pixel_size, angle, opening=60) for angle in (-twist / 2, twist / 2)]
    points = np.concatenate([simulation.lattice(basis, simulation.centre) for basis in bases])
    # The displacement, in units of the lattice vectors: how far the two lattices' coordinates of a pixel differ.
    lower, upper = (np.linalg.inv(basis) for basis in bases)
    u, v = np.tensordot((upper - lower).T, np.indices(shape) - simulation.centre[:, None, None], axes=1)
    # A sum of three waves, one of each lattice direction, falls off evenly around each stacking: the nearest has most.
    waves = (
        sum(np.cos(2 * np.pi * (phase - shift)) for phase, shift in ((u, s), (v, s), (u + v, 2 * s)))
        for s in (0, 1 / 3, 2 / 3)
    )
    truth = np.argmax(list(waves), axis=0)
    return simulation.image("Moiré", points, truth)


@remembered("samples")
def ferroelectric(
    *,
    displacement: float = 0.04,
    shape: tuple[int, int] = (512, 512),
    pixel_size: float = _CELL_PIXEL_SIZE,
    noise: float = 0.1,
    seed: int = 0,
) -> Image:
    """Displace the faint columns in the middles of a square lattice of bright ones, up and down by domain.

    It is what a perovskite such as PbTiO3 looks like along an axis of its cell, and its 180 degree domains: stripes
    along the direction of the displacement, between wavy walls in which it turns gradually.

    Parameters
    ----------
    displacement : float
        Of the faint columns in nm, above 0 and up to 0.1; a cell is 0.4.
    shape, pixel_size, noise
        As for `grains`, but the pixel size up to 0.09.
    seed : int
        Seeds the noise and a displacement of each column by a hundredth of the cell.

    Returns
    -------
    Image
        float32, `truth` is 0 where the faint columns, of height 0.3, are displaced up and 1 where down.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from atomstat_widgets import samples
    >>> samples.ferroelectric(shape=(128, 128)).array.shape
    (128, 128)
    """
    simulation = Simulation(shape, pixel_size, noise, seed, width=_CELL_COLUMN_WIDTH)
    if not 0 < displacement <= 0.1:
        raise ValueError(f"displacement must be above 0 and up to 0.1 nm, not {displacement}")
    height, width = shape

    def from_wall(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Distance (px) along x from the nearest of three walls, exact near it; negative in the domains labelled 0."""
        return width / (3 * np.pi) * np.cos(3 * np.pi * (x / width + 0.05 * np.sin(3 * np.pi * y / height)))

    edge = _CELL / pixel_size
    cell = lattice_vectors(edge, angle=0, opening=90)
    bright = simulation.lattice(cell, simulation.centre, beyond=edge)
    faint = simulation.lattice(cell, simulation.centre + cell.sum(axis=0) / 2, beyond=edge)
    faint[:, 0] += displacement / pixel_size * np.tanh(from_wall(*faint.T) * pixel_size / _WALL)
    points = np.concatenate([bright, faint])
    points += _SCATTER * edge * simulation.rng.standard_normal(points.shape)
    heights = np.repeat([1.0, _MIDDLE], [len(bright), len(faint)])
    truth = (from_wall(*np.indices(shape)) > 0).astype(int)
    return simulation.image("Distortion domains", points, truth, heights)


@remembered("samples")
def graphene(
    *,
    dopants: float = 0.08,
    vacancies: float = 0.005,
    shape: tuple[int, int] = (512, 512),
    pixel_size: float = _BOND_PIXEL_SIZE,
    noise: float = 0.1,
    seed: int = 0,
) -> Image:
    """Make a honeycomb of two sublattices with brighter dopants on one of them and a few vacancies.

    The atoms of the sublattices are alike, but the three neighbours of one stand opposite to those of the other. The
    dopants prefer one sublattice, as nitrogen may in graphene: so the atoms are of three kinds, with their neighbours,
    not of four.

    Parameters
    ----------
    dopants : float
        Share of the first sublattice's atoms that are dopants, from 0 to 0.5.
    vacancies : float
        Share of all atoms that are missing, from 0 to 0.5.
    shape, pixel_size, noise
        As for `grains`, but the pixel size up to 0.028.
    seed : int
        Seeds the noise, the lattice's origin, which atoms are dopants or missing, and a displacement of each by a
        hundredth of the bond.

    Returns
    -------
    Image
        float32, `truth` is that of the nearest atom: 0 and 1 for the sublattices, 2 for the dopants, of height 2.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from atomstat_widgets import samples
    >>> samples.graphene(shape=(128, 128)).array.shape
    (128, 128)
    """
    from scipy.spatial import cKDTree  # here, because it takes longer to import than all of `data`

    simulation = Simulation(shape, pixel_size, noise, seed, width=_BOND_COLUMN_WIDTH)
    for name, share in (("dopants", dopants), ("vacancies", vacancies)):
        if not 0 <= share <= 0.5:
            raise ValueError(f"{name} must be a share from 0 to 0.5, not {share}")
    rng = simulation.rng
    bond = _BOND / pixel_size
    basis = lattice_vectors(np.sqrt(3) * bond, _BOND_ANGLE, opening=60)
    first = rng.random(2) @ basis
    lattices = [simulation.lattice(basis, origin, beyond=bond) for origin in (first, first + basis.sum(axis=0) / 3)]
    kinds = np.repeat([0, 1], [len(lattice) for lattice in lattices])
    kinds[(kinds == 0) & (rng.random(len(kinds)) < dopants)] = 2
    present = rng.random(len(kinds)) >= vacancies
    points, kinds = np.concatenate(lattices)[present], kinds[present]
    points += _SCATTER * bond * rng.standard_normal(points.shape)
    nearest = cKDTree(points).query(np.moveaxis(np.indices(shape), 0, -1))[1]
    return simulation.image("Doped graphene", points, kinds[nearest], np.where(kinds == 2, _DOPANT, 1.0))


@remembered("samples")
def strained(
    *,
    along: float = 0.01,
    across: float = 0.03,
    rotation: float = 0.5,
    shape: tuple[int, int] = (512, 512),
    pixel_size: float = PIXEL_SIZE,
    noise: float = 0.1,
    seed: int = 0,
) -> Image:
    """Grow a layer on a substrate that it does not fit: it is wider along x and y, and a little turned.

    In the middle of the interface the columns of both are in step.

    Parameters
    ----------
    along, across : float
        Strain of the layer's lattice along the interface (x) and across it (y), against the substrate; within ±0.1.
    rotation : float
        Of the layer's lattice in degrees, from x to y; within ±10.
    shape, pixel_size, noise, seed
        As for `grains`.

    Returns
    -------
    Image
        float32, `truth` is 0 in the substrate, below, and 1 in the layer. For each of both ``metadata["strain"]`` has
        the true exx, eyy, exy and rotation (in radians) against the substrate.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from atomstat_widgets import samples
    >>> samples.strained(shape=(128, 128)).array.shape
    (128, 128)
    """
    simulation = Simulation(shape, pixel_size, noise, seed, width=COLUMN_WIDTH)
    for name, value, most in (("along", along, 0.1), ("across", across, 0.1), ("rotation", rotation, 10)):
        if not abs(value) <= most:
            raise ValueError(f"{name} must be within ±{most}, not {value}")
    layer = (along, across, 0.0, float(np.deg2rad(rotation)))
    basis = lattice_vectors(SPACING / pixel_size, angle=4, opening=_STACKED)

    def domain(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return (y < _INTERFACE * shape[0]).astype(int)

    matrix, middle = strain_matrix(*layer), np.array([_INTERFACE * shape[0], shape[1] / 2])
    origin = simulation.rng.random(2) @ basis
    origins = [origin, middle + (origin - middle) @ matrix.T]
    image = fill_domains("Strained layer", [basis, basis @ matrix.T], domain, simulation, origins)
    return replace(image, metadata={"strain": [[0.0] * 4, list(layer)]})


SAMPLES: dict[str, Callable[[], Image]] = {
    "Three grains": grains,
    "Square | hexagonal": phase_boundary,
    "Moiré": moire,
    "Distortion domains": ferroelectric,
    "Doped graphene": graphene,
    "Strained layer": strained,
}
"""The samples by title; the first is the default."""
