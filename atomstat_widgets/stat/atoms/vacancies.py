"""Sites of a lattice that are empty, or hold an atom much weaker than others do."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from atomstat_widgets.arguments import array_of
from atomstat_widgets.points import points_of
from atomstat_widgets.stat.atoms.objects import merge_atoms

NEAR = 0.3  # of the distance of neighbours, from where a site is expected
ENOUGH = 6  # of eight neighbours at the vectors, their sum and their difference: a site inside the lattice
WEAK = 0.6  # times the strength of like neighbours
CERTAIN = 5.0  # standard deviations of these ratios

Floats = NDArray[np.float64]


def find_vacancies(positions: ArrayLike, vectors: ArrayLike, strengths: ArrayLike | None = None) -> Floats:
    """Find the sites of a lattice that are empty, or whose atom is much weaker than its neighbours.

    Parameters
    ----------
    positions : array, (n, 2) or more columns
        Row and column of the atoms of one image, in pixels.
    vectors : array, (2, 2)
        Vectors (y, x) of the lattice in pixels, see `find_lattice`. There may be several atoms to a cell.
    strengths : array, (n,), optional
        Strength of each atom, see `find_atoms`; without them, empty sites only.

    Returns
    -------
    array, (m, 2)
        Row and column of each such site, in pixels: where its neighbours say that it is, or of the weak atom.

    Raises
    ------
    TypeError, ValueError
        These are no such arrays, or not finite.

    Notes
    -----
    A site is where six or more atoms, of the eight that are at the vectors, their sum and their difference, say that
    it is; so there are none at a border. A weak atom has 0.6 of the strength of these neighbours, their median, or
    less, and is five standard deviations off, by the median deviation, of what the atoms of the image have.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> atoms = np.stack(np.meshgrid(np.arange(5), np.arange(5)), axis=-1).reshape(-1, 2) * 9.0
    >>> stat.find_vacancies(np.delete(atoms, 12, axis=0), [[9, 0], [0, 9]])
    array([[18., 18.]])
    """
    points = points_of(positions, "positions")[:, :2]
    pair: Floats = array_of(vectors, "vectors", "(2, 2)", dtype=np.float64, finite=True)
    if pair.shape != (2, 2):
        raise ValueError(f"vectors have shape (2, 2), got {pair.shape}")
    if np.linalg.matrix_rank(pair) < 2:
        raise ValueError(f"vectors point in two directions, got {pair.tolist()}")
    given = None
    if strengths is not None:
        given = array_of(strengths, "strengths", "(n,)", dtype=np.float64, finite=True)
        if len(given) != len(points):
            raise ValueError(f"strengths are given for {len(given)} atoms, positions for {len(points)}")
    one, other = pair
    steps = np.stack([one, other, one - other, one + other])
    steps = np.concatenate([steps, -steps])
    if len(points) <= ENOUGH:
        return np.empty((0, 2))
    tree = KDTree(points)
    near = NEAR * float(np.median(tree.query(points, k=2)[0][:, 1]))
    # Said by the atom a step away: place, and which atom is there, if one is.
    said = points[:, None] + steps
    distances, there = tree.query(said)
    empty = said[distances > near]
    sites = merge_atoms([empty], near)
    found = sites.positions[0][sites.counts[0] >= ENOUGH]
    if given is None:
        return found
    neighbours = np.where(distances <= near, given[there], np.nan)
    inside = np.count_nonzero(distances <= near, axis=1) >= ENOUGH
    if not inside.any():
        return found
    ratios = given[inside] / np.nanmedian(neighbours[inside], axis=1)
    spread = 1.4826 * float(np.median(np.abs(ratios - np.median(ratios))))
    weak = points[inside][ratios <= min(WEAK, float(np.median(ratios)) - CERTAIN * spread)]
    return np.concatenate([found, weak])
