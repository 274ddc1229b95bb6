"""Which points of one frame are linked with which of the next."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from atomstat_widgets.stat.blocks import MEMORY_BUDGET

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


def pairs(before: Floats, after: Floats, rmax: float) -> tuple[Integers, Integers, int]:
    """Numbers of the points (m, 2) and (n, 2) to link with each other, and how many of the links had rivals."""
    if len(before) == 0 or len(after) == 0:
        return np.empty(0, np.intp), np.empty(0, np.intp), 0
    near = KDTree(before).sparse_distance_matrix(KDTree(after), rmax, output_type="ndarray")
    first, second, distances = near["i"], near["j"], near["v"]
    alone = (np.bincount(first)[first] == 1) & (np.bincount(second)[second] == 1)
    won_first, won_second = _match(first[~alone], second[~alone], distances[~alone], rmax)
    return (
        np.concatenate([first[alone], won_first]),
        np.concatenate([second[alone], won_second]),
        len(won_first),
    )


def _match(first: Integers, second: Integers, distances: Floats, rmax: float) -> tuple[Integers, Integers]:
    """Pairs of the smallest sum of squares, where each number that is left over counts as the range squared."""
    if len(first) == 0:
        return first, second
    rows, row = np.unique(first, return_inverse=True)
    columns, column = np.unique(second, return_inverse=True)
    m, n = len(rows), len(columns)
    # In units of the longest distance, so that no range overflows. One more pair saves twice `alone`, and lengthens the
    # others by less than m + n: any larger cost has the same optimum, but would drown the distances in rounding.
    unit = distances.max() or rmax
    costs = (distances / unit) ** 2
    nothing = 2 * min(rmax / unit, np.sqrt(m + n)) ** 2
    linked = coo_array((np.ones(len(row)), (row, m + column)), shape=(m + n, m + n))
    group = connected_components(linked, directed=False)[1]
    order = np.argsort(group[row], kind="stable")
    ends = np.flatnonzero(np.diff(group[row][order], append=-1)) + 1
    won = [_matched_group(row[own], column[own], costs[own], nothing) for own in np.split(order, ends[:-1])]
    won_rows, won_columns = (np.concatenate(numbers) for numbers in zip(*won, strict=True))
    return rows[won_rows], columns[won_columns]


def _matched_group(row: Integers, column: Integers, costs: Floats, nothing: float) -> tuple[Integers, Integers]:
    """Pairs of the smallest sum of costs, where two numbers that are left over cost as much as is said.

    By a table of all pairs: SciPy's search in sparse ones may outbid for ever what costs almost the same.
    """
    rows, row = np.unique(row, return_inverse=True)
    columns, column = np.unique(column, return_inverse=True)
    if 8 * len(rows) * len(columns) > MEMORY_BUDGET:
        raise ValueError(f"rmax joins {len(rows)} points of a frame with {len(columns)} of the next: it is too large")
    table = np.full((len(rows), len(columns)), nothing)
    table[row, column] = costs
    from scipy.optimize import linear_sum_assignment  # takes a tenth of a second

    taken, partner = linear_sum_assignment(table)
    linked = table[taken, partner] < nothing
    return rows[taken[linked]], columns[partner[linked]]
