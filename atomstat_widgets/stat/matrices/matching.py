"""Keep the identity of components from one decomposition to the next."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, switch_of


def match_components(reference: ArrayLike, candidates: ArrayLike, *, either_sign: bool = False) -> NDArray[np.intp]:
    """Order in which candidates line up with the reference they resemble most.

    Parameters
    ----------
    reference : array, (k, n)
        The components (or loading maps) to stay close to, one a row.
    candidates : array, (m, n)
        Those to be ordered, over the same n positions.
    either_sign : bool
        Whether the sign of a component means nothing, as in ICA: partners may then be negatives of each other.

    Returns
    -------
    array, (m,)
        A permutation: ``candidates[order][i]`` is the partner of ``reference[i]``, the partners being those of the
        largest total correlation. Other candidates (without a partner, or whose partner's number there is no more) take
        the numbers that are left, in their own order.

    Raises
    ------
    TypeError, ValueError
        The two are no such arrays, hold NaN or infinity, or do not have the same length.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.match_components([[1, 2, 3], [3, 1, 1]], [[6, 2, 2], [2, 4, 7]])
    array([1, 0])
    """
    models, others = _pair(reference, candidates)
    similarity = _standardize(models) @ _standardize(others).T
    if switch_of(either_sign, "either_sign"):
        similarity = np.abs(similarity)
    from scipy.optimize import linear_sum_assignment  # takes a tenth of a second

    kept, partner = linear_sum_assignment(similarity, maximize=True)
    order = np.full(len(others), -1)
    numbered = kept < len(others)
    order[kept[numbered]] = partner[numbered]
    order[order < 0] = np.setdiff1d(np.arange(len(others)), order)
    return order


def matching_signs(reference: ArrayLike, candidates: ArrayLike) -> NDArray[np.float64]:
    """Sign, 1 or -1, that makes each candidate (m, n) more like the reference (k, n) of the same number; 1 without.

    Raises
    ------
    TypeError, ValueError
        As of `match_components`.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.matching_signs([[1, 2, 3]], [[-2, -4, -7]])
    array([-1.])
    """
    models, others = _pair(reference, candidates)
    signs = np.ones(len(others))
    for number, (model, own) in enumerate(zip(_standardize(models), _standardize(others), strict=False)):
        signs[number] = -1 if model @ own < 0 else 1
    return signs


def _pair(reference: ArrayLike, candidates: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Reference and candidates, which are as long as each other."""
    models = array_of(reference, "reference", "(k, n)", dtype=np.float64, finite=True)
    others = array_of(candidates, "candidates", "(m, n)", dtype=np.float64, finite=True)
    if models.shape[1] != others.shape[1]:
        raise ValueError(
            "reference and candidates: components of different lengths cannot be matched: "
            f"{models.shape[1]} and {others.shape[1]}"
        )
    return models, others


def _standardize(rows: NDArray[Any]) -> NDArray[np.float64]:
    rows = rows - rows.mean(axis=1, keepdims=True, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)
