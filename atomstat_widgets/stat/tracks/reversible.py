"""Counts of a chain that goes from one state to another as often as back."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PRECISION, MOST_ROUNDS = 1e-10, 20_000


def reversible_counts(counts: Floats, precision: float = PRECISION) -> Floats:
    """Symmetric counts (..., states, states) whose rows, divided by their sums, are the most likely reversible matrix.

    The fixed point of Bowman, Beauchamp, Boxer & Pande, J. Chem. Phys. 131, 124101 (2009), found by going there until
    no count changes by more than a share `precision` of all. States are connected, but for those that were never seen.
    """
    both = counts + np.swapaxes(counts, -1, -2)
    totals, found = counts.sum(axis=-1), both / 2
    for _ in range(MOST_ROUNDS):
        sums = found.sum(axis=-1)
        rate = np.divide(totals, sums, out=np.zeros_like(sums), where=sums > 0)
        scale = rate[..., :, None] + rate[..., None, :]
        before, found = found, np.divide(both, scale, out=np.zeros_like(both), where=scale > 0)
        if np.abs(found - before).max(initial=0) <= precision * found.sum(axis=(-1, -2)).max(initial=0):
            break
    return np.asarray(found)
