"""Non-negative matrix factorization for counts: by the Kullback-Leibler divergence, which is their likelihood."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import FLOATING, array_of, instance_of, number_of, progress_of, whole_of
from atomstat_widgets.stat.matrices.decomposition import Decomposition
from atomstat_widgets.stat.progress import Progress, unreported

CHECK_EVERY = 10
START_REST = 1e-3  # of the mean: an entry of 0 would stay 0


def kl_nmf(
    x: Any,
    start: Decomposition,
    *,
    tol: float = 1e-4,
    max_iter: int = 200,
    progress: Progress = unreported,
) -> Decomposition:
    """Non-negative factors of counts, of the highest likelihood if these are Poisson distributed.

    Parameters
    ----------
    x : array, (pieces, features)
        Non-negative.
    start : Decomposition
        Non-negative factors to start from, such as those of `nmf`.
    tol : float
        Stop when ten iterations lower the divergence by less than this fraction of it.
    max_iter : int
        Stop after so many iterations; with 0 the start is only scaled.
    progress : callable
        Called with the fraction of `max_iter` done; an exception it raises stops the computation.

    Returns
    -------
    Decomposition
        Components that sum to 1, the largest sum of loadings first.

    Raises
    ------
    TypeError, ValueError
        The matrix is empty, zero, of another shape than the start, or holds negative values, NaN or infinity; so does
        the start, or it is larger by far; the tolerance is negative, or less than no iteration is asked for.

    Notes
    -----
    Multiplicative updates [1]_. Each iteration looks at all data.

    References
    ----------
    .. [1] Lee & Seung, Nature 401, 788 (1999).

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> x = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0], [2.0, 3.0, 4.0]])
    >>> start = stat.nmf(stat.factorize(x, rank=2), 2)
    >>> stat.kl_nmf(x, start).components.shape
    (2, 3)
    """
    x = array_of(x, "x", "(pieces, features)", dtype=FLOATING, empty=False, finite=True, minimum=0)
    shape = len(instance_of(start, "start", Decomposition).loadings), start.components.shape[1]
    if x.shape != shape or not x.any():
        raise ValueError(f"x is a matrix that is not zero, of the shape of the start, {shape}, got shape {x.shape}")
    for part, name in ((start.loadings, "loadings of the start"), (start.components, "components of the start")):
        array_of(part, name, finite=True, minimum=0)
    tol, max_iter = number_of(tol, "tol", minimum=0), whole_of(max_iter, "max_iter", minimum=0)
    progress_of(progress)
    dtype = x.dtype
    tiny = np.finfo(dtype).tiny ** 0.5
    # A power of two as unit, and components that sum to 1, keep products of very small numbers in the range of float32.
    highest = x.max()
    power = int(np.frexp(highest)[1])
    x = np.ldexp(x, -power)
    loadings, components = (
        np.maximum(part, START_REST * part.mean(dtype=np.float64)).astype(np.float64)
        for part in (start.loadings, start.components)
    )
    sums = components.sum(axis=1)
    with np.errstate(over="ignore"):
        loadings = np.ldexp(loadings * sums, -power)
    if loadings.max() > np.finfo(dtype).max ** 0.5:
        raise ValueError(f"the start must be about as large as x, whose largest value is {highest:g}")
    loadings = loadings.astype(dtype)
    components = np.divide(components, sums[:, None], out=components, where=sums[:, None] > 0).astype(dtype)
    model = loadings @ components
    checked, converged, iteration = np.inf, False, 0
    while iteration < max_iter and not converged:
        iteration += 1
        loadings = loadings * ((x / np.maximum(model, tiny)) @ components.T) / np.maximum(components.sum(axis=1), tiny)
        model = loadings @ components
        components = components * (loadings.T @ (x / np.maximum(model, tiny)))
        components /= np.maximum(loadings.sum(axis=0), tiny)[:, None]
        model = loadings @ components
        if iteration % CHECK_EVERY == 0:
            divergence = _divergence(x, model)
            converged = checked - divergence <= tol * abs(divergence)
            checked = divergence
        progress(iteration / max_iter)
    sums = np.maximum(components.sum(axis=1), tiny)
    loadings, components = np.ldexp(loadings * sums, power), components / sums[:, None]
    error = float(np.linalg.norm(x - model) / np.linalg.norm(x))
    result = Decomposition(components, loadings, error, iteration, bool(converged))
    progress(1.0)
    return result.reordered(np.argsort(-loadings.sum(axis=0), kind="stable"))


def _divergence(x: NDArray[Any], model: NDArray[Any]) -> float:
    positive = x > 0
    logs = x[positive] * np.log(x[positive] / np.maximum(model[positive], np.finfo(model.dtype).tiny))
    return float(logs.sum(dtype=np.float64) - x.sum(dtype=np.float64) + model.sum(dtype=np.float64))
