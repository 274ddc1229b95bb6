"""Keep the identity of components from one decomposition to the next."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment


def match_components(
    reference: NDArray[Any], candidates: NDArray[Any], *, either_sign: bool = False
) -> NDArray[np.intp]:
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
    ValueError
        The two do not have the same length.
    """
    if reference.shape[1] != candidates.shape[1]:
        raise ValueError(
            f"components of different lengths cannot be matched: {reference.shape[1]} and {candidates.shape[1]}"
        )
    similarity = _standardized(reference) @ _standardized(candidates).T
    kept, partner = linear_sum_assignment(np.abs(similarity) if either_sign else similarity, maximize=True)
    order = np.full(len(candidates), -1)
    numbered = kept < len(candidates)
    order[kept[numbered]] = partner[numbered]
    order[order < 0] = np.setdiff1d(np.arange(len(candidates)), order)
    return order


def matching_signs(reference: NDArray[Any], candidates: NDArray[Any]) -> NDArray[np.float64]:
    """Sign, 1 or -1, that makes each candidate (m, n) more like the reference (k, n) of the same number; 1 without."""
    signs = np.ones(len(candidates))
    for number, (model, own) in enumerate(zip(_standardized(reference), _standardized(candidates), strict=False)):
        signs[number] = -1 if model @ own < 0 else 1
    return signs


def _standardized(rows: NDArray[Any]) -> NDArray[np.float64]:
    rows = rows - rows.mean(axis=1, keepdims=True, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)
