"""Non-negative matrix factorization, read from a low-rank factor instead of the data."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import instance_of, number_of, progress_of, whole_of
from atomstat_widgets.stat.matrices.decomposition import Decomposition
from atomstat_widgets.stat.matrices.low_rank import LowRank
from atomstat_widgets.stat.progress import Progress, unreported

INNER_LOADINGS, INNER_COMPONENTS = 4, 4  # measured from 1 to 8 on spectra of windows, crops and spectrum images
CHECK_EVERY = 10
EXPLAINED = 1e-3  # relative error, below which what is left to gain is little of the data, however much of the error
START_TOL = 0.01  # turned on until it gains less than 1 %, the rotation starts the updates no better
START_REST = 0.15  # of the size of negative values, which at zero would hold on to it: 0.15 to 0.2 do
# Of the extrapolation, as Ang & Gillis propose them.
MOMENTUM_GROWTH, LIMIT_GROWTH, MOMENTUM_CUT = 1.05, 1.01, 1.5


def nmf(
    low_rank: LowRank,
    n_components: int,
    *,
    tol: float = 1e-3,
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
        Stop when ten iterations lower the error by less than this fraction of it, or of a thousandth.
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
        There are fewer singular values than components asked for, or less than one component or iteration is asked for;
        the tolerance is negative; the factor is centred.

    Notes
    -----
    Hierarchical alternating least squares [1]_ with inner sweeps [2]_ and extrapolation [3]_. All of it needs the data
    in products only, which the factor gives in ``rank`` columns instead of all.

    It starts from the singular vectors in the varimax rotation [4]_, which finds the factors where pieces hold few
    components each [5]_. NNDSVD, which clips the same vectors without rotating them, needs several times the iterations
    where components are many, and can end in a worse minimum.

    References
    ----------
    .. [1] Cichocki & Phan, IEICE Trans. E92-A, 708 (2009).
    .. [2] Gillis & Glineur, Neural Comput. 24, 1085 (2012).
    .. [3] Ang & Gillis, Neural Comput. 31, 417 (2019).
    .. [4] Kaiser, Psychometrika 23, 187 (1958).
    .. [5] Rohe & Zeng, J. R. Stat. Soc. B 85, 1037 (2023).

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> low_rank = stat.factorize([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0], [2.0, 3.0, 4.0]], rank=2)
    >>> found = stat.nmf(low_rank, 2)
    >>> found.reconstruction_error < 0.01, bool((found.components >= 0).all())
    (True, True)
    """
    n_components = instance_of(low_rank, "low_rank", LowRank).require(n_components)
    tol, max_iter = number_of(tol, "tol", minimum=0), whole_of(max_iter, "max_iter", minimum=1)
    progress_of(progress)
    low_rank = low_rank.in_memory()
    if low_rank.mean.any():
        raise ValueError("the factor is centred: its matrix has negative values, which NMF cannot take")
    # A power of two as unit keeps products of very large or small numbers in the range of float32.
    power = int(np.frexp(low_rank.s[0])[1])
    low_rank = replace(low_rank, s=np.ldexp(low_rank.s, -power), total=float(np.ldexp(low_rank.total, -2 * power)))
    scores = np.ascontiguousarray((low_rank.u * low_rank.s).T)  # (rank, pieces)
    vt = low_rank.vt
    loadings, components = _varimax_start(low_rank, n_components)  # (k, pieces), (k, features)
    # Each step starts ahead of the last in its direction, by this much of it; what that overshoots is undone.
    ahead_loadings, ahead_components = loadings, components
    momentum, momentum_limit = 0.5, 1.0

    best = loadings, components
    error, checked, converged, iteration = np.inf, np.inf, False, 0
    while iteration < max_iter and not converged:
        iteration += 1
        new_components = _swept(ahead_components, ahead_loadings, (ahead_loadings @ scores.T) @ vt, INNER_COMPONENTS)
        ahead = _extrapolate(new_components, components, momentum)
        inside = ahead @ vt.T
        new_loadings = _swept(ahead_loadings, ahead, inside @ scores, INNER_LOADINGS)
        new_error = _error(low_rank, scores, new_loadings, ahead, inside)
        if new_error <= error:
            best, error = (new_loadings, ahead), new_error
            ahead_loadings = _extrapolate(new_loadings, loadings, momentum)
            loadings, components, ahead_components = new_loadings, new_components, ahead
            momentum = min(momentum_limit, MOMENTUM_GROWTH * momentum)
            momentum_limit = min(1.0, LIMIT_GROWTH * momentum_limit)
        else:  # from the best so far a plain step cannot fail
            loadings, components = ahead_loadings, ahead_components = best
            momentum_limit, momentum = momentum, momentum / MOMENTUM_CUT
        if iteration % CHECK_EVERY == 0:
            converged = checked - error <= tol * max(error, EXPLAINED)
            checked = error
            # Only the product of the two factors is determined; extrapolated on, their lengths would drift apart.
            scale = _balance(loadings, components)
            loadings, ahead_loadings = scale * loadings, scale * ahead_loadings
            components, ahead_components = components / scale, ahead_components / scale
        progress(iteration / max_iter)

    loadings, components = best
    lengths = np.linalg.norm(components, axis=1)
    alive = np.where(lengths > 0, lengths, 1)
    loadings = np.ldexp(loadings * alive[:, None], power)
    components /= alive[:, None]
    components = low_rank.unweighted(components)
    result = Decomposition(components, loadings.T, error, iteration, bool(converged))
    progress(1.0)
    return result.reordered(np.argsort(-result.energies, kind="stable"))


def _varimax_start(low_rank: LowRank, k: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Start from the leading singular vectors, rotated until each piece has few of them, and made non-negative."""
    u = np.ascontiguousarray(low_rank.u[:, :k].T)  # (k, pieces)
    rotation, simplicity, gain = np.eye(k, dtype=u.dtype), 0.0, np.inf
    while gain > START_TOL * simplicity:
        loadings = rotation @ u
        squares = loadings**2
        ascent = (loadings * (squares - squares.mean(axis=1, keepdims=True))) @ u.T
        left, lengths, right = np.linalg.svd(ascent)
        rotation = left @ right
        gain, simplicity = float(lengths.sum()) - simplicity, float(lengths.sum())
    loadings = rotation @ u
    signs = np.where((loadings**3).sum(axis=1) < 0, -1, 1).astype(u.dtype)[:, None]
    components = rotation @ (low_rank.s[:k, None] * low_rank.vt[:k])
    loadings, components = signs * loadings, signs * components
    return np.maximum(loadings, -START_REST * loadings), np.maximum(components, -START_REST * components)


def _swept(rows: NDArray[Any], others: NDArray[Any], cross: NDArray[Any], times: int) -> NDArray[Any]:
    """Minimise over each non-negative row in turn, `times` times over, the other factor held; `cross` is used up."""
    rows, gram = rows.copy(), others @ others.T
    squares = gram.diagonal()[:, None].copy()
    alive = np.flatnonzero(squares)
    squares[squares == 0] = 1
    np.fill_diagonal(gram, 0)
    gram /= squares
    cross /= squares
    zeros, explained = np.zeros_like(rows[0]), np.empty_like(rows[0])  # numpy takes 0 itself three times slower
    steps = [(rows[j], gram[j], cross[j]) for j in alive]
    for _ in range(times):
        for row, weights, own in steps:
            np.dot(weights, rows, out=explained)
            np.subtract(own, explained, out=row)
            np.maximum(row, zeros, out=row)
    return rows


def _extrapolate(rows: NDArray[Any], before: NDArray[Any], momentum: float) -> NDArray[Any]:
    """Non-negative rows as far ahead of `rows` as these are of those before, times the momentum."""
    ahead = rows - before
    ahead *= momentum
    ahead += rows
    return np.asarray(np.maximum(ahead, np.zeros_like(ahead[0]), out=ahead))


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
    # A sum of squares, which rounding may take below 0 where the fit is exact.
    squares = max(float(misfit) ** 2 + float(outside) + low_rank.outside, 0.0)
    return float(np.sqrt(squares / low_rank.total))
