"""How many states there are: as many as are told apart again in other crops, and atoms change between."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.stat import largest_stable_in_a_row
from atomstat_widgets.stat.tracks.uncertain import DOUBTFUL

STABILITY, CHANGES = "stability", "changes"
UNSTABLE = 0.8  # two numbers of states in a row that are less stable end the search
MISTAKES = 4  # changes that one mistaken label is taken to make, which are two: there and back


def changes(posteriors: NDArray[np.float64], steps: tuple[NDArray[np.intp], NDArray[np.intp]]) -> float:
    """How many steps between states are no mistakes of labels, at least: 0 where all may be.

    Parameters
    ----------
    posteriors : array, (n, states)
        Of all atoms, NaN where they are not known.
    steps : tuple of array of int, (m,) each
        Numbers of an atom and of the next in its track.
    """
    labels, best = np.nan_to_num(posteriors).argmax(axis=1), posteriors.max(axis=1)
    sure = best >= DOUBTFUL  # which NaN is not
    both = sure[steps[0]] & sure[steps[1]]
    seen = np.count_nonzero(both & (labels[steps[0]] != labels[steps[1]]))
    return float(max(0.0, seen - MISTAKES * np.sum(1 - best[sure])))


def next_count(advice: Mapping[str, Mapping[int, float]], most: int) -> int | None:
    """Number of states to look at next, from 1 on; None where all are known that may be advised."""
    for k in range(1, most + 1):
        if k not in advice.get(STABILITY, {}) or k not in advice.get(CHANGES, {}):
            return k
        if max(advice[STABILITY].get(at, 1.0) for at in (k - 1, k)) < UNSTABLE:
            break
    return None


def advised_states(advice: Mapping[str, Mapping[int, float]], most: int) -> int | None:
    """Number of states that is advised, None until all are known: 1 where nothing is stable, or nothing changes."""
    if next_count(advice, most) is not None:
        return None
    stability, moving = advice[STABILITY], advice[CHANGES]
    counts = sorted(stability)
    found = largest_stable_in_a_row(counts, [stability[k] for k in counts]) or 1
    return max((k for k in counts if k <= found and moving.get(k, 0) > 0), default=1)
