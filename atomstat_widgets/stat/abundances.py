"""How much of each endmember there is: least squares under the constraints that amounts have."""

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TOLERANCE = 1e-10  # of the largest product: what rounding makes of 0


def abundances(spectra: NDArray[Any], endmembers: NDArray[Any], *, sum_to_one: bool = False) -> Floats:
    """Amounts of endmembers in spectra.

    Parameters
    ----------
    spectra : array, (n, channels)
    endmembers : array, (k, channels)
        Spectra of the pure substances.
    sum_to_one : bool
        Whether the amounts in a spectrum sum to 1, as shares do.

    Returns
    -------
    array, (n, k)
        Non-negative, of the smallest sum of squared residuals: exactly (Lawson & Hanson, Solving Least Squares Problems
        (1974)), with `sum_to_one` fully constrained least squares (Heinz & Chang, IEEE Trans. Geosci. Remote Sens. 39,
        529 (2001)).

    Raises
    ------
    ValueError
        The shapes do not go together.
    """
    spectra, endmembers = np.asarray(spectra, np.float64), np.asarray(endmembers, np.float64)
    if spectra.ndim != 2 or endmembers.ndim != 2 or spectra.shape[1] != endmembers.shape[1]:
        raise ValueError(
            f"spectra (n, channels) and endmembers (k, channels) go together, got shapes {spectra.shape} and "
            f"{endmembers.shape}"
        )
    return constrained(endmembers @ endmembers.T, spectra @ endmembers.T, sum_to_one=sum_to_one)


def constrained(gram: Floats, cross: Floats, *, sum_to_one: bool, start: NDArray[np.bool_] | None = None) -> Floats:
    """Minimise ``x gram x / 2 - cross x`` over non-negative x, which sum to 1 or not.

    Parameters
    ----------
    gram : array, (k, k)
    cross : array, (n, k)
        One problem a row.
    sum_to_one : bool
    start : array of bool, (n, k), optional
        Guess of which x are not 0.
    """
    n, k = cross.shape
    support = np.ones((n, k), bool) if start is None else start.copy()
    support[~support.any(axis=1)] = True
    found, todo = np.zeros((n, k)), np.arange(n)
    small = TOLERANCE * max(float(np.abs(cross).max(initial=0)), float(np.abs(gram).max(initial=0)), 1e-300)
    # Entries leave and enter one at a time, the worst first. It nearly always ends soon; where it goes round instead,
    # all supports are tried.
    for _ in range(3 * k + 3):
        x, multiplier = _on_supports(gram, cross[todo], support[todo], sum_to_one)
        pull = np.where(support[todo], -np.inf, cross[todo] - x @ gram - multiplier[:, None])
        lowest, highest = x.argmin(axis=1), pull.argmax(axis=1)
        rows = np.arange(len(todo))
        leaves = x[rows, lowest] < -TOLERANCE * np.abs(x).max(axis=1)
        enters = ~leaves & (pull[rows, highest] > small)
        found[todo] = np.maximum(x, 0)
        support[todo[leaves], lowest[leaves]] = False
        support[todo[enters], highest[enters]] = True
        todo = todo[leaves | enters]
        if sum_to_one:
            support[todo[~support[todo].any(axis=1)]] = True
        if len(todo) == 0:
            return found
    found[todo] = _best_of_all(gram, cross[todo], sum_to_one)
    return found


def _on_supports(gram: Floats, cross: Floats, support: NDArray[np.bool_], sum_to_one: bool) -> tuple[Floats, Floats]:
    """Solutions (n, k) that are 0 outside of their supports, of any sign inside, and the multipliers of their sums."""
    x, multiplier = np.zeros(cross.shape), np.zeros(len(cross))
    codes = support @ (1 << np.arange(support.shape[1]))
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        inside = np.flatnonzero(support[rows[0]])
        size = len(inside)
        if size == 0:
            continue
        system = np.zeros((size + sum_to_one,) * 2)
        system[:size, :size] = gram[np.ix_(inside, inside)]
        right = cross[np.ix_(rows, inside)].T
        if sum_to_one:
            system[:size, size] = system[size, :size] = 1
            right = np.vstack([right, np.ones(len(rows))])
        solution = np.linalg.lstsq(system, right, rcond=None)[0]
        x[np.ix_(rows, inside)] = solution[:size].T
        if sum_to_one:
            multiplier[rows] = solution[size]
    return x, multiplier


def _best_of_all(gram: Floats, cross: Floats, sum_to_one: bool) -> Floats:
    """Best non-negative solutions among those on all supports."""
    n, k = cross.shape
    best = np.zeros((n, k))
    lowest = np.full(n, np.inf if sum_to_one else 0.0)
    for size in range(1, k + 1):
        for inside in combinations(range(k), size):
            support = np.zeros((n, k), bool)
            support[:, inside] = True
            x = _on_supports(gram, cross, support, sum_to_one)[0]
            value = np.where(
                (x >= -1e-12).all(axis=1), np.einsum("ni,ij,nj->n", x, gram, x) / 2 - (x * cross).sum(1), np.inf
            )
            better = value < lowest
            best[better], lowest[better] = np.maximum(x[better], 0), value[better]
    return best
