"""Simulated movies of atoms whose tracks, states and transition probabilities are known.

They look like the images of `samples`; positions are (y, x) in pixels.
"""

from collections.abc import Callable

import numpy as np

from atomstat_widgets.data.movie import Movie, MovieTruth
from atomstat_widgets.data.samples.simulation import Simulation, lattice_vectors
from atomstat_widgets.data.source import remembered

_BOND = 0.142  # nm, between neighbours; 7 px at the default pixel size
_COLUMN_WIDTH = 0.03  # nm
_PIXEL_SIZE = 0.0203  # nm
_ANGLE = 7  # degrees, of the lattice: its rows run along no row of pixels
_DOPANT = 2.0  # height of a dopant
_SCATTER = 0.01  # of the bond: standard deviation of an atom's displacement in y and in x, anew in each frame
_STAYING = (0.85, 0.7)  # on the sublattices, from frame to frame

_RANGE = 1.8  # bonds that a dopant goes from the middle of its own ground
_APART = 5.6  # bonds between the middles of two grounds: at least 2 between two dopants
_BORDER = 2.3  # bonds from the outermost site of a ground to the border: what is around each dopant is in the image

_ADATOM_WIDTH = 0.04  # nm
_ADATOM_PIXEL_SIZE = 0.025  # nm
_CLOSEST = 0.16  # nm, between two adatoms, four widths: they stay two maxima


@remembered("movies")
def hopping_dopants(
    *,
    frames: int = 100,
    missing: int = 4,
    probabilities: tuple[float, float] = (1 - _STAYING[0], 1 - _STAYING[1]),
    shape: tuple[int, int] = (224, 224),
    pixel_size: float = _PIXEL_SIZE,
    noise: float = 0.15,
    seed: int = 0,
) -> Movie:
    """Let dopants hop between the two sublattices of a honeycomb.

    Every neighbour of an atom is on the other sublattice, and stands opposite to the neighbours of an atom there: so
    what is around a dopant tells its sublattice. Dopants wander over small grounds of their own, of which each has at
    least two sites, so that none is ever in another's way.

    Parameters
    ----------
    frames : int
        Number of frames of time, at least 3.
    missing : int
        How many of them were not recorded: neither the first nor the last, nor two in a row.
    probabilities : (float, float)
        To hop to a neighbour, from one frame to the next, from either sublattice.
    shape : (int, int)
        Height and width in pixels, at least 64 and with room for a dopant.
    pixel_size : float
        Edge of a pixel in nm, up to 0.03.
    noise : float
        Standard deviation of the noise, relative to the height of an atom; that of a dopant is 2.
    seed : int
        Seeds all that is random.

    Returns
    -------
    Movie
        float32. Its truth is that of the dopants, whose states are 0 and 1 for the sublattices.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> from atomstat_widgets import movies
    >>> movies.hopping_dopants(frames=6, missing=1).frames.shape
    (5, 224, 224)
    """
    simulation = Simulation(shape, pixel_size, noise, seed, width=_COLUMN_WIDTH)
    if frames < 3:
        raise ValueError(f"the movie needs at least 3 frames, not {frames}")
    if not 0 <= missing <= (frames - 1) // 2:
        raise ValueError(f"missing must be from 0 to {(frames - 1) // 2} of {frames} frames, not {missing}")
    if len(probabilities) != 2 or not all(0 <= p <= 1 for p in probabilities):
        raise ValueError(f"probabilities must be two numbers from 0 to 1, not {probabilities}")
    rng, bond = simulation.rng, _BOND / pixel_size
    basis = lattice_vectors(np.sqrt(3) * bond, _ANGLE, opening=60)
    lattices = [simulation.lattice(basis, origin, beyond=bond) for origin in (np.zeros(2), basis.sum(axis=0) / 3)]
    sites = np.concatenate(lattices)
    sublattice = np.repeat([0, 1], [len(lattice) for lattice in lattices])
    neighbours, starts = _grounds(sites, bond, shape, rng)
    if len(starts) == 0:
        raise ValueError(f"an image of shape {shape} and pixels of {pixel_size} nm has no room for a dopant")

    # The site of each dopant, (frames, dopants).
    at = np.empty((frames, len(starts)), np.intp)
    at[0] = starts
    for now in range(1, frames):
        hops = rng.random(len(starts)) < np.array(probabilities)[sublattice[at[now - 1]]]
        at[now] = [
            rng.choice(neighbours[dopant][site]) if hop else site
            for dopant, (site, hop) in enumerate(zip(at[now - 1].tolist(), hops, strict=True))
        ]
    # Of the frames in between every second at most is left out.
    slots = rng.choice(frames - 1 - missing, missing, replace=False)
    numbers = np.delete(np.arange(frames), np.sort(slots) + 1 + np.arange(missing))

    pictures, positions = [], []
    for number in numbers:
        places = sites + _SCATTER * bond * rng.standard_normal(sites.shape)
        heights = np.ones(len(sites))
        heights[at[number]] = _DOPANT
        pictures.append(simulation.exposure(places, heights))
        positions.append(places[at[number]])
    hop_first, hop_second = probabilities
    truth = MovieTruth(
        positions,
        [np.arange(len(starts))] * len(numbers),
        [sublattice[at[number]] for number in numbers],
        np.array([[1 - hop_first, hop_first], [hop_second, 1 - hop_second]]),
    )
    return Movie(np.stack(pictures), "Hopping dopants", pixel_size, "nm", numbers, truth=truth)


def _grounds(
    sites: np.ndarray, bond: float, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[list[dict[int, list[int]]], np.ndarray]:
    """Neighbours of each site of each dopant's ground within that, and the sites (dopants,) where they begin."""
    from scipy.spatial import cKDTree  # here, because it takes longer to import than all of `data`

    tree = cKDTree(sites)
    margin = (_RANGE + _BORDER) * bond
    inside = np.flatnonzero(((sites >= margin) & (sites <= np.array(shape) - 1 - margin)).all(axis=1))
    middles: list[int] = []
    for site in rng.permutation(inside).tolist():
        if all(np.hypot(*(sites[site] - sites[other])) >= _APART * bond for other in middles):
            middles.append(site)
    neighbours, starts = [], []
    for middle in middles:
        ground = set(tree.query_ball_point(sites[middle], _RANGE * bond))
        near = {site: sorted(ground.intersection(tree.query_ball_point(sites[site], 1.1 * bond)) - {site})
                for site in sorted(ground)}  # fmt: skip
        neighbours.append(near)
        starts.append(rng.choice(list(near)))
    return neighbours, np.array(starts, np.intp)


@remembered("movies")
def adatoms(
    *,
    frames: int = 60,
    atoms: int = 50,
    diffusion: float = 0.006,
    lifetime: float = 20.0,
    shape: tuple[int, int] = (224, 224),
    pixel_size: float = _ADATOM_PIXEL_SIZE,
    noise: float = 0.15,
    seed: int = 0,
) -> Movie:
    """Let adatoms diffuse over a flat surface, leave it, and others come.

    Steps of a frame are Gaussian, so some are long: a search range that is too short loses these. An atom that left
    has no point in the next frame, and one that came had none before: a range that is too long joins the two.

    Parameters
    ----------
    frames : int
        Number of frames, at least 3.
    atoms : int
        How many there are in each frame, at least 1.
    diffusion : float
        Diffusion coefficient of an atom alone in nm² per frame, 0 or more; a step that would end at another atom or
        outside is not made.
    lifetime : float
        Mean number of frames that an atom stays, at least 1.
    shape, pixel_size, noise
        As for `hopping_dopants`, but the pixel size up to 0.04.
    seed : int
        Seeds all that is random.

    Returns
    -------
    Movie
        float32. All atoms are of one state.

    Raises
    ------
    ValueError
        If a parameter is out of its range, or the image has no room for so many atoms.

    Examples
    --------
    >>> from atomstat_widgets import movies
    >>> len(movies.adatoms(frames=3))
    3
    """
    simulation = Simulation(shape, pixel_size, noise, seed, width=_ADATOM_WIDTH)
    if frames < 3:
        raise ValueError(f"the movie needs at least 3 frames, not {frames}")
    if atoms < 1:
        raise ValueError(f"there must be at least 1 atom, not {atoms}")
    if not 0 <= diffusion < np.inf:
        raise ValueError(f"diffusion must be 0 nm² per frame or more, not {diffusion}")
    if not lifetime >= 1:
        raise ValueError(f"lifetime must be at least 1 frame, not {lifetime}")
    rng, closest = simulation.rng, _CLOSEST / pixel_size
    step = np.sqrt(2 * diffusion) / pixel_size  # along y and along x

    def free(place: np.ndarray, others: np.ndarray) -> bool:
        inside = bool(((place >= closest) & (place <= np.array(shape) - 1 - closest)).all())
        return inside and bool((np.hypot(*(others - place).T) >= closest).all())

    def arrival(others: np.ndarray) -> np.ndarray:
        for _ in range(1000):
            place = rng.random(2) * shape
            if free(place, others):
                return place
        raise ValueError(f"an image of shape {shape} and pixels of {pixel_size} nm has no room for {atoms} atoms")

    at = np.empty((0, 2))
    while len(at) < atoms:
        at = np.vstack([at, arrival(at)])
    own, seen = np.arange(atoms), atoms
    pictures, positions, ids = [], [], []
    for number in range(frames):
        for atom in range(atoms) if number else ():
            others = np.delete(at, atom, axis=0)
            if rng.random() < 1 / lifetime:
                at[atom], own[atom], seen = arrival(others), seen, seen + 1
                continue
            wanted = at[atom] + step * rng.standard_normal(2)
            if free(wanted, others):
                at[atom] = wanted
        pictures.append(simulation.exposure(at))
        positions.append(at.copy())
        ids.append(own.copy())
    states = [np.zeros(atoms, np.intp)] * frames
    truth = MovieTruth(positions, ids, states, np.ones((1, 1)))
    return Movie(np.stack(pictures), "Diffusing adatoms", pixel_size, "nm", truth=truth)


MOVIES: dict[str, Callable[[], Movie]] = {"Hopping dopants": hopping_dopants, "Diffusing adatoms": adatoms}
"""The movies by title; the first is the default."""
