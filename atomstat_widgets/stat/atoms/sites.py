"""Sites of a lattice: where neighbours say that an atom should be."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atomstat_widgets.stat.lattice.tiles import Floats

NEAR = 0.25  # spacings from the site
# Of eight neighbours at the vectors of the lattice and their sums, for what strength or more.
ENOUGH = {2: 3.0, 3: 1.9}
ROUNDS = 5  # in which atoms that were found on a site tell of others


def on_sites(
    points: Floats, strengths: Floats, certain: NDArray[np.bool_], vectors: Floats, spacing: float
) -> NDArray[np.bool_]:
    """Which points (n, 2) are where certain ones, a lattice vector away on several sides, tell that an atom should be.

    The certain ones are among them. The weaker a point, the more neighbours it needs.
    """
    if len(vectors) < 2:
        return certain
    one, other = vectors
    steps = np.stack([one, other, one - other, one + other])
    found = certain.copy()
    enough = np.min(
        [np.where(strengths >= least, votes, len(steps) * 2 + 1) for votes, least in ENOUGH.items()], axis=0
    )
    for _ in range(ROUNDS):
        if not found.any() or found.all():
            break
        tree, asked = KDTree(points[found]), np.flatnonzero(~found)
        votes = np.zeros(len(asked), int)
        for step in [*steps, *-steps]:
            distance, _ = tree.query(points[asked] + step, distance_upper_bound=NEAR * spacing)
            votes += np.isfinite(distance)
        found[asked[votes >= enough[asked]]] = True
    return found
