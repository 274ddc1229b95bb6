"""Whether atoms too faint to be found are between those that were, at the same place of each cell of the lattice."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atomstat_widgets.stat.atoms.maxima import Float32
from atomstat_widgets.stat.atoms.refinement import Blank
from atomstat_widgets.stat.atoms.sites import between
from atomstat_widgets.stat.lattice.tiles import Floats

PLACES = 8  # along either vector of a cell
FEWEST = 40  # places that are alike and free of atoms
BRIGHT = 0.3  # times the noise, on average: beside an atom a band-pass is below 0, and far from all it is 0
CERTAIN = 5.0  # times the noise of that average
ASKED = 300  # atoms at most: of as many places this is less than what is bright


def faint_between(
    positions: Floats, vectors: Floats, spacing: float, response: Float32, deviation: float, blank: Blank
) -> bool:
    """Whether the band-passed image is bright at some place in the cells (2, 2) of atoms (n, 2) that holds none.

    The `response` has noise of this standard deviation.
    """
    if len(vectors) < 2 or len(positions) < FEWEST:
        return False
    shares = np.arange(PLACES) / PLACES
    offsets = (shares[:, None, None] * vectors[0] + shares[None, :, None] * vectors[1]).reshape(-1, 2)
    some = positions[:: math.ceil(len(positions) / ASKED)]
    y, x = some.T[:, :, None] + offsets.T[:, None]
    inside = between(y, x, positions)
    y, x = (np.rint(np.where(inside, one, 0)).astype(np.intp) for one in (y, x))
    free = inside & ~_taken(some, offsets, positions, spacing / 2)
    if blank is not None:
        free &= ~blank[y, x]
    count = free.sum(axis=0)
    mean = np.where(free, response[y, x], 0).sum(axis=0) / np.maximum(count, 1)
    least = deviation * np.maximum(BRIGHT, CERTAIN / np.sqrt(np.maximum(count, 1)))
    return bool(np.any((count >= FEWEST) & (mean > least)))


def _taken(points: Floats, offsets: Floats, positions: Floats, distance: float) -> NDArray[np.bool_]:
    """Which of the places at offsets (k, 2) from points (n, 2), among the positions, have one closer than a distance.

    From the few positions that are near to each point: asking for each of its places would take several times as long.
    """
    middle = offsets.mean(axis=0)
    reach = np.linalg.norm(offsets - middle, axis=1).max() + distance
    pairs = KDTree(points + middle).sparse_distance_matrix(KDTree(positions), reach, output_type="ndarray")
    pairs = pairs[np.argsort(pairs["i"], kind="stable")]
    away = positions[pairs["j"]] - points[pairs["i"]]
    squares = np.sum(away**2, axis=1)[:, None] - 2 * away @ offsets.T + np.sum(offsets**2, axis=1)
    # Each point is near to itself, so that all are here.
    return np.logical_or.reduceat(squares < distance**2, np.searchsorted(pairs["i"], np.arange(len(points))))
