"""The most probable chain of steps, where each has a few candidates and every two that follow are checked together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def best_chain(own: Sequence[Floats], pairs: Sequence[Floats]) -> tuple[NDArray[np.intp], Floats]:
    """Choose one candidate of each step so that the sum of all scores is highest.

    Parameters
    ----------
    own : sequence of array, (candidates,)
        Score of each candidate of each of n steps.
    pairs : sequence of array, (candidates, candidates of the next)
        Score of each two candidates of steps that follow, n - 1 of them.

    Returns
    -------
    chosen : array of int, (n,)
    margins : array, (n,)
        How much the sum loses where a step is not the chosen one, and all others are as good as they can be then;
        infinite where there is no other.

    Notes
    -----
    By the max-sum algorithm, forwards and backwards; Viterbi, IEEE Trans. Inf. Theory 13, 260 (1967).
    """
    count = len(own)
    until, after = [own[0]], [np.zeros(len(own[-1]))]
    for step in range(1, count):
        until.append((until[-1][:, None] + pairs[step - 1]).max(axis=0) + own[step])
    for step in range(count - 1, 0, -1):
        after.append((pairs[step - 1] + own[step] + after[-1]).max(axis=1))
    totals = [one + rest for one, rest in zip(until, reversed(after), strict=True)]
    chosen = np.array([int(one.argmax()) for one in totals], np.intp)
    margins = [
        float(one[best] - np.delete(one, best).max(initial=-np.inf)) for one, best in zip(totals, chosen, strict=True)
    ]
    return chosen, np.array(margins)
