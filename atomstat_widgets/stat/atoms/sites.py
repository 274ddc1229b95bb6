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

    The certain ones are among them. The weaker a point, the more neighbours it needs. No two are closer than half of
    the `spacing`.
    """
    if len(vectors) < 2:
        return certain
    steps = _steps(vectors)
    found = certain.copy()
    if not found.any() or found.all():
        return found
    enough = np.min([np.where(strengths >= least, votes, len(steps) + 1) for votes, least in ENOUGH.items()], axis=0)
    asked = np.flatnonzero(~found & (enough <= len(steps)))
    places = points[asked, None] + steps
    # Points are half a spacing apart, so that no place has more than one; where it has none the number is len(points).
    _, neighbours = KDTree(points).query(places, distance_upper_bound=NEAR * spacing)
    found = np.append(found, False)
    for _ in range(ROUNDS):
        votes = np.count_nonzero(found[neighbours], axis=1)
        more = asked[(votes >= enough[asked]) & ~found[asked]]
        if len(more) == 0:
            break
        found[more] = True
    return found[:-1]


def share_held(points: Floats, vectors: Floats, spacing: float) -> float:
    """Share of the eight places a lattice vector away from points (n, 2) that hold another, of half of the points."""
    if len(vectors) < 2 or len(points) == 0:
        return 0.0
    distances, _ = KDTree(points).query(points[:, None] + _steps(vectors), distance_upper_bound=NEAR * spacing)
    return float(np.median(np.isfinite(distances).mean(axis=1)))


def _steps(vectors: Floats) -> Floats:
    """The vectors of a lattice, their sum and their difference, (8, 2), both ways."""
    one, other = vectors
    steps = np.stack([one, other, one - other, one + other])
    return np.concatenate([steps, -steps])


def between(y: Floats, x: Floats, positions: Floats) -> NDArray[np.bool_]:
    """Which rows and columns of places are in the box around positions (n, 2)."""
    (top, left), (bottom, right) = positions.min(axis=0), positions.max(axis=0)
    return np.asarray((y >= top) & (y <= bottom) & (x >= left) & (x <= right))
