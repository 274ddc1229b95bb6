"""States that are reached from each other."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from atomstat_widgets.arguments import array_of


def connected_sets(counts: ArrayLike) -> list[NDArray[np.intp]]:
    """Sets of states that transitions lead to and back from, the one with most states first.

    Parameters
    ----------
    counts : array, (states, states)
        How often, or how probably, atoms go from the state of the row to that of the column.

    Returns
    -------
    list of array of int, (n,)
        States of each set, increasing; of equally large sets that of the first state comes first.

    Raises
    ------
    TypeError, ValueError
        The counts are no square array of numbers, or one is negative.

    Notes
    -----
    Only within one set are long-run shares and time scales known, see Prinz et al., J. Chem. Phys. 134, 174105 (2011).

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> [found.tolist() for found in stat.connected_sets([[5, 0, 0], [1, 2, 1], [0, 1, 3]])]
    [[1, 2], [0]]
    """
    table = array_of(counts, "counts", "(states, states)", dtype=np.float64, finite=True, minimum=0)
    if table.shape[0] != table.shape[1]:
        raise ValueError(f"counts are (states, states), got shape {table.shape}")
    _, names = sparse.csgraph.connected_components(sparse.csr_array(table > 0), connection="strong")
    sets = [np.flatnonzero(names == name) for name in np.unique(names)]
    return sorted(sets, key=lambda states: (-len(states), states[0]))
