"""Where atoms are expected in the next frame: where those around them go, and all together."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atomstat_widgets.brief import brief

Floats = NDArray[np.float64]

AROUND = 5  # tracks whose last steps tell the next one of a place: the median of fewer follows a single jump
FEWEST = 3  # points of a frame that may share a step
REACH = 2.0  # distances of neighbours: no longer step is tried
WORTH = 0.75  # of the sum of squares without a step: what is not below may be chance
TRIED = 20  # steps: a square lattice has 12 vectors within the reach, a hexagonal one 18


@brief
class CommonStep(NamedTuple):
    """Step (2,) of all points, and the sum of squared distances that is left."""

    step: Floats
    cost: float


class Motion:
    """Last steps of tracks, as a field that is known where these are.

    Parameters
    ----------
    rmax : float
        The farthest that an atom goes besides.
    """

    def __init__(self, rmax: float) -> None:
        self._rmax = rmax
        self._places, self._velocities = np.empty((0, 2)), np.empty((0, 2))

    def expected(self, places: Floats, here: Floats, gap: int) -> Floats:
        """Where points (m, 2) are expected so many frames later, in which there are others (n, 2)."""
        from_here = common_step(places, here, self._rmax)
        if len(self._places) == 0 or len(places) == 0:
            return places + from_here.step
        around = np.arange(1, min(AROUND, len(self._places)) + 1)
        near = KDTree(self._places).query(places, around)[1]
        flowed = places + gap * np.median(self._velocities[near], axis=1)
        beyond = common_step(flowed, here, self._rmax)
        # Where the flow has turned round, the way back is too long to be found.
        return flowed + beyond.step if beyond.cost <= from_here.cost else places + from_here.step

    def take(self, before: Floats, after: Floats, gap: int) -> None:
        """Learn from steps between points (n, 2) and where they are so many frames later; from none nothing."""
        if len(before):
            self._places, self._velocities = after, (after - before) / gap


def common_step(before: Floats, after: Floats, rmax: float) -> CommonStep:
    """Step (2,) of all points (m, 2) by which they are nearest to those of the next frame (n, 2).

    That of the smallest sum of squared distances to the nearest point, none taken as more than rmax, the shortest of
    several; none at all if it does not make that sum clearly smaller.
    """
    nowhere = np.zeros(2)
    if min(len(before), len(after)) == 0:
        return CommonStep(nowhere, 0.0)
    later = KDTree(after)

    def taken(step: Floats) -> CommonStep:
        return CommonStep(step, float(np.sum(np.minimum(later.query(before + step)[0], rmax) ** 2)))

    none = taken(nowhere)
    if min(len(before), len(after)) < FEWEST:
        return none
    tree = KDTree(before)
    spacing = float(np.median(tree.query(before, [2])[0]))
    if spacing == 0:
        return none
    near = tree.sparse_distance_matrix(later, REACH * spacing, output_type="ndarray")
    often = _frequent(after[near["j"]] - before[near["i"]], min(rmax, spacing / 2) / 2)
    tried = sorted((_settled(step, before, later, rmax) for step in often), key=np.linalg.norm)
    best = min(map(taken, tried), key=lambda one: one.cost, default=none)
    return best if best.cost < WORTH * none.cost else none


def _frequent(steps: Floats, near: float) -> list[Floats]:
    """Means of the densest groups of steps (n, 2), each as wide as is said, the largest first, down to half of it."""
    found: list[Floats] = []
    fewest = 1.0
    while len(steps) and len(found) < TRIED:
        cells = np.rint(steps / near).astype(np.intp)
        cells -= cells.min(axis=0)
        numbers = cells @ [cells[:, 1].max() + 1, 1]
        middle = steps[numbers == np.bincount(numbers).argmax()].mean(axis=0)
        own = np.hypot(*(steps - middle).T) <= near
        if own.sum() < fewest:
            break
        fewest = max(fewest, own.sum() / 2)
        found.append(steps[own].mean(axis=0))
        steps = steps[~own]
    return found


def _settled(step: Floats, before: Floats, later: KDTree, rmax: float) -> Floats:
    """Step (2,) that also takes the mean of what is left to the nearest points in range."""
    distances, nearest = later.query(before + step, distance_upper_bound=rmax)
    own = np.isfinite(distances)
    return np.asarray(np.mean(later.data[nearest[own]] - before[own], axis=0)) if own.any() else step
