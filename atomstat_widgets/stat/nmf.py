"""Non-negative matrix factorization, read from a low-rank factor instead of the data."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.stat.decomposition import Decomposition
from atomstat_widgets.stat.factor import LowRank
from atomstat_widgets.stat.progress import Progress, unreported

INNER_LOADINGS, INNER_COMPONENTS = 2, 4  # components are the short side: their updates are the cheap ones
CHECK_EVERY = 10
# Of the extrapolation, as Ang & Gillis propose them.
MOMENTUM_GROWTH, LIMIT_GROWTH, MOMENTUM_CUT = 1.05, 1.01, 1.5


def nmf(
    low_rank: LowRank,
    n_components: int,
    *,
    tol: float = 1e-5,
    max_iter: int = 500,
    progress: Progress = unreported,
) -> Decomposition:
    """Non-negative factors of a matrix whose leading singular vectors are known.

    Parameters
    ----------
    low_rank : LowRank
        Factor of a non-negative matrix, some 4 to 20 singular values longer than `n_components`.
    n_components : int
        Number of components.
    tol : float
        Stop when ten iterations lower the error by less than this fraction of it.
    max_iter : int
        Stop after so many iterations.
    progress : callable
        Called with the fraction of `max_iter` done; an exception it raises stops the computation.

    Returns
    -------
    Decomposition
        Deterministic; components of unit length in the weighted norm of the factor, so that the loadings carry the
        amplitude, and ordered by their energy, the largest first.

    Raises
    ------
    ValueError
        There are fewer singular values than components asked for, or less than one component is asked for.

    Notes
    -----
    Hierarchical alternating least squares (Cichocki & Phan, IEICE Trans. E92-A, 708 (2009)) with inner
    sweeps (Gillis & Glineur, Neural Comput. 24, 1085 (2012)) and extrapolation (Ang & Gillis, Neural Comput. 31, 417
    (2019)), started by NNDSVDa (Boutsidis & Gallopoulos, Pattern Recognit. 41, 1350 (2008)). All of it needs the data
    in products only, which the factor gives in ``rank`` columns instead of all.
    """
    low_rank.require(n_components)
    if low_rank.mean.any():
        raise ValueError("the factor is centred: its matrix has negative values, which NMF cannot take")
    scores = np.ascontiguousarray((low_rank.u * low_rank.s).T)  # (rank, pieces)
    vt = low_rank.vt
    loadings, components = _nndsvda(low_rank, n_components)  # (k, pieces), (k, features)
    # Each step starts ahead of the last in its direction, by this much of it; what that overshoots is undone.
    ahead_loadings, ahead_components = loadings, components
    momentum, momentum_limit = 0.5, 1.0

    best = loadings, components
    error, checked, converged, iteration = np.inf, np.inf, False, 0
    while iteration < max_iter and not converged:
        iteration += 1
        new_components = _swept(ahead_components, ahead_loadings, (ahead_loadings @ scores.T) @ vt, INNER_COMPONENTS)
        ahead = np.maximum(new_components + momentum * (new_components - components), 0)
        inside = ahead @ vt.T
        new_loadings = _swept(ahead_loadings, ahead, inside @ scores, INNER_LOADINGS)
        new_error = _error(low_rank, scores, new_loadings, ahead, inside)
        if new_error <= error:
            best, error = (new_loadings, ahead), new_error
            ahead_loadings = np.maximum(new_loadings + momentum * (new_loadings - loadings), 0)
            loadings, components, ahead_components = new_loadings, new_components, ahead
            momentum = min(momentum_limit, MOMENTUM_GROWTH * momentum)
            momentum_limit = min(1.0, LIMIT_GROWTH * momentum_limit)
        else:  # from the best so far a plain step cannot fail
            loadings, components = ahead_loadings, ahead_components = best
            momentum_limit, momentum = momentum, momentum / MOMENTUM_CUT
        if iteration % CHECK_EVERY == 0:
            converged = checked - error <= tol * error
            checked = error
            # Only the product of the two factors is determined; extrapolated on, their lengths would drift apart.
            scale = _balance(loadings, components)
            loadings, ahead_loadings = scale * loadings, scale * ahead_loadings
            components, ahead_components = components / scale, ahead_components / scale
        progress(iteration / max_iter)

    loadings, components = best
    lengths = np.linalg.norm(components, axis=1)
    alive = np.where(lengths > 0, lengths, 1)
    loadings *= alive[:, None]
    components /= alive[:, None]
    components = low_rank.unweighted(components)
    result = Decomposition(components, loadings.T, error, iteration, bool(converged))
    progress(1.0)
    return result.reordered(np.argsort(-result.energies, kind="stable"))


def _nndsvda(low_rank: LowRank, k: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Start from the non-negative parts of singular vectors, zeros filled so that every entry can move."""
    u, s, vt = low_rank.u, low_rank.s, low_rank.vt
    loadings, components = np.empty((k, len(u)), u.dtype), np.empty((k, vt.shape[1]), u.dtype)
    for j in range(k):
        halves = [(np.maximum(sign * u[:, j], 0), np.maximum(sign * vt[j], 0)) for sign in (1, -1)]
        norms = [(np.linalg.norm(left), np.linalg.norm(right)) for left, right in halves]
        best = int(norms[0][0] * norms[0][1] < norms[1][0] * norms[1][1])
        (left, right), (left_norm, right_norm) = halves[best], norms[best]
        amplitude = np.sqrt(s[j] * left_norm * right_norm)
        loadings[j] = left * (amplitude / left_norm)
        components[j] = right * (amplitude / right_norm)
    # A tenth of the value that k equal components would have.
    mean = abs(float((u.mean(axis=0, dtype=np.float64) * s) @ vt.mean(axis=1, dtype=np.float64)))
    filling = 0.1 * np.sqrt(mean / k)
    loadings[loadings == 0] = filling
    components[components == 0] = filling
    return loadings, components


def _swept(rows: NDArray[Any], others: NDArray[Any], cross: NDArray[Any], times: int) -> NDArray[Any]:
    """Minimise over each non-negative row in turn, `times` times over, the other factor held."""
    rows, gram = rows.copy(), others @ others.T
    for _ in range(times):
        for j, row in enumerate(rows):
            if gram[j, j] > 0:
                row += (cross[j] - gram[j] @ rows) / gram[j, j]
                np.maximum(row, 0, out=row)
    return rows


def _balance(loadings: NDArray[Any], components: NDArray[Any]) -> NDArray[Any]:
    """Factor (k, 1) by which loadings grow and components shrink, to make them equally long."""
    lengths = [np.linalg.norm(rows, axis=1, keepdims=True) for rows in (loadings, components)]
    alive = (lengths[0] > 0) & (lengths[1] > 0)
    ratio = np.divide(lengths[1], lengths[0], out=np.ones_like(lengths[0]), where=alive)
    return np.asarray(np.sqrt(ratio))


def _error(
    low_rank: LowRank, scores: NDArray[Any], loadings: NDArray[Any], components: NDArray[Any], inside: NDArray[Any]
) -> float:
    """Relative error: misfit within the factor, plus what components and data have outside of it.

    The cross term of the two outside parts is left out: it vanishes where the loadings lie in the span of u.
    """
    misfit = np.linalg.norm(scores - inside.T @ loadings)
    stray = components - inside @ low_rank.vt
    outside = np.vdot(stray @ stray.T, loadings @ loadings.T)
    return float(np.sqrt((float(misfit) ** 2 + float(outside) + low_rank.outside) / low_rank.total))
