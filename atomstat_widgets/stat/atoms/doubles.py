"""Positions that are given twice, exactly or nearly."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

Floats = NDArray[np.float64]

# No image shows two atoms within half a pixel, and those 2 px apart are two, however far the others are: the spacing of
# atoms is 2 px at least. Between the two it is a share of the typical distance: of close pairs of columns, as
# dumbbells are, the atoms are farther from each other.
LEAST, MOST = 0.5, 2.0
SHARE = 0.2
NEIGHBOURS = 8  # among whom those are looked for who are no doubles


def join_doubles(points: Floats) -> Floats:
    """Leave out the points that are given again.

    Parameters
    ----------
    points : array, (n, 2) or more columns
        Row and column in pixels, then what else is known of each.

    Returns
    -------
    array, (m, 2) or more columns
        Of points closer together than a fifth of the typical distance, but not than half a pixel and at most 2 px, the
        first; in their order. What is left is left as it is when it is given again.
    """
    while len(points) > 1:
        _, first = np.unique(points[:, :2], axis=0, return_index=True)
        distinct = points[np.sort(first)]
        kept = np.ones(len(distinct), bool)
        pairs = KDTree(distinct[:, :2]).query_pairs(_closest(distinct[:, :2]), output_type="ndarray")
        for one, other in pairs[np.lexsort(pairs.T[::-1])]:
            kept[other] &= not kept[one]
        distinct = distinct[kept]
        if len(distinct) == len(points):
            break
        points = distinct
    return points


def _closest(points: Floats) -> float:
    """Distance (px) up to which two of these points (n, 2), no two of which are equal, are one.

    The typical distance is the median of those to the nearest neighbour; where that is a double, so that the next is
    many times as far, the median of those to the next.
    """
    neighbours = min(NEIGHBOURS, len(points) - 1)
    if neighbours < 1:
        return LEAST
    medians = np.median(KDTree(points).query(points, k=range(2, neighbours + 2))[0], axis=0)
    leaps = np.flatnonzero(medians[:-1] < SHARE * medians[1:])
    typical = medians[leaps[0] + 1] if len(leaps) else medians[0]
    return float(np.clip(SHARE * typical, LEAST, MOST))
