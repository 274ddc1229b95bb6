"""What the eigenvalues and eigenvectors of transition matrices tell, of many at once."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


def stationary_of(matrices: Floats) -> Floats:
    """Shares of time in the long run (..., states) of matrices (..., states, states) whose states are connected.

    State reduction, in which nothing is subtracted, so that small probabilities keep all their digits (Grassmann,
    Taksar & Heyman, Oper. Res. 33, 1107 (1985)).
    """
    left = np.array(matrices, np.float64)
    count = left.shape[-1]
    for last in range(count - 1, 0, -1):
        left[..., :last, last] /= left[..., last, :last].sum(axis=-1, keepdims=True)
        left[..., :last, :last] += left[..., :last, last, None] * left[..., None, last, :last]
    shares = np.ones(left.shape[:-1])
    for state in range(1, count):
        shares[..., state] = np.sum(shares[..., :state] * left[..., :state, state], axis=-1)
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def decays(matrices: Floats) -> Complexes:
    """Eigenvalues (..., states - 1) of matrices (..., states, states) but the first, the largest in size first."""
    values = np.linalg.eigvals(matrices).astype(np.complex128)
    order = np.argsort(-np.abs(values), axis=-1, kind="stable")
    return np.asarray(np.take_along_axis(values, order, axis=-1)[..., 1:])


def resolved(found: Complexes, drawn: Complexes, tail: float) -> NDArray[np.bool_]:
    """Whether eigenvalues (n,) are not 0: those drawn (draws, n) lie on their side of it, but for a share of them."""
    along = np.real(drawn * np.conj(found))
    return np.asarray(np.quantile(along, tail, axis=0) > 0)
