"""Sites of a lattice: where neighbours say that an atom should be."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atomstat_widgets.stat.lattice.tiles import Floats

NEAR = 0.2  # spacings from the site
ENOUGH = 3  # neighbours of eight at the vectors of the lattice and their sums
ROUNDS = 2  # in which atoms that were found on a site tell of others


def on_sites(points: Floats, certain: NDArray[np.bool_], vectors: Floats, spacing: float) -> NDArray[np.bool_]:
    """Which points (n, 2) are where certain ones, a lattice vector away on several sides, tell that an atom should be.

    The certain ones are among them.
    """
    if len(vectors) < 2:
        return certain
    one, other = vectors
    steps = np.stack([one, other, one - other, one + other])
    found = certain.copy()
    for _ in range(ROUNDS):
        if not found.any() or found.all():
            break
        tree, asked = KDTree(points[found]), np.flatnonzero(~found)
        votes = np.zeros(len(asked), int)
        for step in [*steps, *-steps]:
            distance, _ = tree.query(points[asked] + step, distance_upper_bound=NEAR * spacing)
            votes += np.isfinite(distance)
        found[asked[votes >= ENOUGH]] = True
    return found
