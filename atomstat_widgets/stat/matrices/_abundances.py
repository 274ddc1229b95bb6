"""How much of each endmember there is: least squares under the constraints that amounts have."""

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, switch_of

Floats = NDArray[np.float64]
MOST = 62  # endmembers, each a bit of the number of a support
TOLERANCE = 1e-10  # of the largest product: what rounding makes of 0


def abundances(spectra: ArrayLike, endmembers: ArrayLike, *, sum_to_one: bool = False) -> Floats:
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
        (1974)), with `sum_to_one` fully constrained least squares [1]_.

    Raises
    ------
    TypeError, ValueError
        They are no such arrays, hold NaN or infinity, or their shapes do not go together; there are more than 62
        endmembers.

    References
    ----------
    .. [1] Heinz & Chang, IEEE Trans. Geosci. Remote Sens. 39, 529 (2001).

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.abundances([[2.0, 3.0, 0.0]], endmembers=[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).round(6)
    array([[2., 3.]])
    """
    rows: Floats = array_of(spectra, "spectra", "(n, channels)", dtype=np.float64, finite=True)
    pure: Floats = array_of(endmembers, "endmembers", "(k, channels)", dtype=np.float64, finite=True, empty=False)
    if rows.shape[1] != pure.shape[1] or len(pure) > MOST:
        raise ValueError(
            f"spectra (n, channels) and endmembers (k, channels), at most {MOST}, go together, got shapes {rows.shape} "
            f"and {pure.shape}"
        )
    sum_to_one = switch_of(sum_to_one, "sum_to_one")
    # One power of two as the unit of both keeps their products in range.
    unit = max(int(np.frexp(np.abs(numbers).max(initial=0))[1]) for numbers in (rows, pure))
    rows, pure = np.ldexp(rows, -unit), np.ldexp(pure, -unit)
    return solve_constrained(pure @ pure.T, rows @ pure.T, sum_to_one=sum_to_one)


def solve_constrained(
    gram: Floats, cross: Floats, *, sum_to_one: bool, start: NDArray[np.bool_] | None = None
) -> Floats:
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
    # In powers of two as units, so that neither a tolerance nor the solver's cut-off tells large from small. A sum of 1
    # is one of amounts in one unit.
    powers = _power(np.sqrt(gram.diagonal()), axis=0) if sum_to_one else np.frexp(np.sqrt(gram.diagonal()))[1]
    gram, cross = np.ldexp(gram, -powers[:, None] - powers), np.ldexp(cross, -powers)
    own = powers if sum_to_one else _power(cross, axis=1)
    found = _solve(gram, np.ldexp(cross, -own), sum_to_one, start)
    return found if sum_to_one else np.ldexp(found, own - powers)


def _power(numbers: Floats, axis: int) -> NDArray[np.intc]:
    """Power of two of the largest along an axis, which is kept."""
    return np.asarray(np.frexp(np.abs(numbers).max(axis=axis, initial=0, keepdims=True))[1])


def _solve(gram: Floats, cross: Floats, sum_to_one: bool, start: NDArray[np.bool_] | None) -> Floats:
    """What `solve_constrained` finds, of a Gram matrix whose entries are below 1."""
    n, k = cross.shape
    support = np.ones((n, k), bool) if start is None else start.copy()
    support[~support.any(axis=1)] = True
    found, todo = np.zeros((n, k)), np.arange(n)
    small = TOLERANCE * np.maximum(np.abs(cross).max(axis=1, initial=0), 1)
    # Entries leave and enter one at a time, the worst first. It nearly always ends soon; where it goes round instead,
    # all supports are tried.
    for _ in range(3 * k + 3):
        x, multiplier = _on_supports(gram, cross[todo], support[todo], sum_to_one)
        pull = np.where(support[todo], -np.inf, cross[todo] - x @ gram - multiplier[:, None])
        lowest, highest = x.argmin(axis=1), pull.argmax(axis=1)
        rows = np.arange(len(todo))
        leaves = x[rows, lowest] < -TOLERANCE * np.abs(x).max(axis=1)
        enters = ~leaves & (pull[rows, highest] > small[todo])
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
            # What all of a row have in common is a matter of the multiplier alone: spectra far above all endmembers.
            common = right.max(axis=0)
            right = np.vstack([right - common, np.ones(len(rows))])
        solution = np.linalg.lstsq(system, right, rcond=None)[0]
        x[np.ix_(rows, inside)] = solution[:size].T
        if sum_to_one:
            multiplier[rows] = solution[size] + common
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
