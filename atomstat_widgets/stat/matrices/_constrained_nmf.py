"""Non-negative factors near given ones: of known spectra, or with amounts that sum to one."""

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.stat.matrices._abundances import solve_constrained
from atomstat_widgets.stat.matrices._nmf import EXPLAINED
from atomstat_widgets.stat.matrices.decomposition import Decomposition
from atomstat_widgets.stat.matrices.low_rank import LowRank
from atomstat_widgets.stat.progress import Progress, unreported

SWEEPS = 2
Floats = NDArray[np.float64]


def constrained_nmf(
    low_rank: LowRank,
    start: NDArray[np.float64],
    *,
    fixed: int = 0,
    sum_to_one: bool = False,
    tol: float = 1e-4,
    max_iter: int = 200,
    progress: Progress = unreported,
) -> Decomposition:
    """Non-negative factors that start from given components.

    Parameters
    ----------
    low_rank : LowRank
        Factor of the spectra, one a row; not centred.
    start : array, (k, columns)
        Components to start from, in the unit of the matrix. Negative values count as 0.
    fixed : int
        So many of them, the first, stay as they are.
    sum_to_one : bool
        Loadings of each row sum to 1.
    tol : float
        Stop when an iteration lowers the error by less than this fraction of it, or of a thousandth.
    max_iter : int
        Stop after so many iterations; with 0 the components are the start, and only the loadings are computed.
    progress : callable
        Called with the fraction of `max_iter` done; an exception it raises stops the computation.

    Returns
    -------
    Decomposition
        Components in the order of the start; the loadings are exact for them.

    Raises
    ------
    ValueError
        The start does not fit the factor, more components are fixed than there are, or the factor is centred.

    Notes
    -----
    Alternating least squares: loadings exactly (see `abundances`), components by hierarchical sweeps. Where amounts
    sum to one the best components are not unique: any larger simplex holds the spectra too. So the start matters, and
    few iterations stay near it.
    """
    components = np.sqrt(low_rank.weights) * np.maximum(np.asarray(start, np.float64), 0)
    if components.ndim != 2 or components.shape[1] != low_rank.vt.shape[1]:
        raise ValueError(f"components to start from have shape (k, {low_rank.vt.shape[1]}), got {components.shape}")
    if not 0 <= fixed <= len(components):
        raise ValueError(f"{fixed} of {len(components)} components cannot be fixed")
    if low_rank.mean.any():
        raise ValueError("the factor is centred: its matrix has negative values, which NMF cannot take")
    low_rank = low_rank.in_memory()
    scores, vt = (low_rank.u * low_rank.s).astype(np.float64), low_rank.vt.astype(np.float64)
    free = range(fixed, len(components))
    loadings = _loadings(scores, vt, components, sum_to_one, None)
    error, converged, iteration = _error(low_rank, scores, vt, loadings, components), max_iter == 0, 0
    while iteration < max_iter and not converged:
        iteration += 1
        gram, cross = loadings.T @ loadings, (loadings.T @ scores) @ vt
        for _ in range(SWEEPS):
            for j in free:
                if gram[j, j] > 0:
                    step = (cross[j] - gram[j] @ components) / gram[j, j]
                    components[j] = np.maximum(components[j] + step, 0)
        loadings = _loadings(scores, vt, components, sum_to_one, loadings > 0)
        before, error = error, _error(low_rank, scores, vt, loadings, components)
        converged = before - error <= tol * max(error, EXPLAINED)
        progress(iteration / max_iter)
    progress(1.0)
    return Decomposition(low_rank.unweighted(components), loadings, error, iteration, converged)


def _loadings(
    scores: Floats, vt: Floats, components: Floats, sum_to_one: bool, support: NDArray[np.bool_] | None
) -> Floats:
    cross = scores @ (components @ vt.T).T
    return solve_constrained(components @ components.T, cross, sum_to_one=sum_to_one, start=support)


def _error(low_rank: LowRank, scores: Floats, vt: Floats, loadings: Floats, components: Floats) -> float:
    """Relative error, from the products that there are."""
    inside = components @ vt.T
    misfit = np.linalg.norm(scores - loadings @ inside) ** 2
    stray = components - inside @ vt
    outside = np.vdot(stray @ stray.T, loadings.T @ loadings)
    return float(np.sqrt(max(0.0, float(misfit) + float(outside) + low_rank.outside) / low_rank.total))
