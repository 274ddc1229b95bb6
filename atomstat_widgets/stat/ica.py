"""Independent components, read from a centred factor."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import instance_of, number_of, seed_of, whole_of
from atomstat_widgets.stat.decomposition import Decomposition
from atomstat_widgets.stat.factor import LowRank
from atomstat_widgets.stat.pca import signs_of_largest

# Between sources that are close to normal there is nothing to tell how far to turn: at most as if this were known.
SMALLEST_CURVATURE = 0.01
SHORTEST_STEP = 1 / 64


def ica(
    low_rank: LowRank, n_components: int, *, seed: int = 0, tol: float = 1e-4, max_iter: int = 200
) -> Decomposition:
    """Independent components of a matrix whose centred factor is known.

    Parameters
    ----------
    low_rank : LowRank
        Of ``factorize(x, rank, center=True)``.
    n_components : int
        Number of components: of all directions only these with the largest variance are unmixed.
    seed : int
        Of the random rotation at which the iteration starts.
    tol : float
        Stop when a whole step turns no source by more than an angle whose cosine is ``1 - tol``.
    max_iter : int
        Stop after so many iterations.

    Returns
    -------
    Decomposition
        ``X ≈ low_rank.mean + loadings @ components``: loadings are the sources, of zero mean and unit variance, and
        components say what a unit of each source looks like (the columns of the mixing matrix). Ordered by the variance
        they explain; the sign of each makes the largest entry of its component positive.

    Raises
    ------
    ValueError
        There are fewer singular values than components asked for, or less than one component or iteration is asked for;
        the tolerance is negative.

    Notes
    -----
    The rotation of the whitened data, which the factor gives, that takes each source as far from a normal distribution
    as ``E[log cosh(source)]`` measures it: the sources of symmetric FastICA (Hyvärinen, IEEE Trans. Neural Netw. 10,
    626 (1999)). The step is FastICA's too, written as the quasi-Newton step that it is (Ablin, Cardoso & Gramfort,
    ICASSP 2018, 4464), but shortened until the contrast grows. Without that, FastICA jumps about for ever between
    directions that are nearly normal, where the curvature it divides by is nearly zero.
    """
    n_components = instance_of(low_rank, "low_rank", LowRank).require(n_components)
    tol, max_iter = number_of(tol, "tol", minimum=0), whole_of(max_iter, "max_iter", minimum=1)
    seed = seed_of(seed, "seed")
    low_rank = low_rank.in_memory()
    pieces = len(low_rank.u)
    whitened = np.ascontiguousarray(low_rank.u[:, :n_components].T) * np.sqrt(pieces, dtype=low_rank.u.dtype)
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((n_components, n_components)))[0]

    contrast, cross, curvature = _contrast(rotation, whitened)
    converged, iteration = False, 0
    while iteration < max_iter and not converged:
        iteration += 1
        sides = np.where(curvature < 0, -1, 1)  # flatter or more peaked than normal: the contrast is to grow or to fall
        gradient = sides[:, None] * cross
        gradient = (gradient - gradient.T) / 2
        steepness = np.abs(curvature)
        turn = gradient / np.maximum((steepness[:, None] + steepness) / 2, SMALLEST_CURVATURE)
        converged = bool((turn**2).sum(axis=1).max() / 2 < tol)
        step, before = 1.0, sides @ contrast
        turned = _rotated(rotation, turn)
        contrast, cross, curvature = _contrast(turned, whitened)
        while sides @ contrast < before and step > SHORTEST_STEP:
            step /= 2
            turned = _rotated(rotation, step * turn)
            contrast, cross, curvature = _contrast(turned, whitened)
        rotation = turned

    axes = low_rank.vt[:n_components] * (low_rank.s[:n_components, None] / np.sqrt(pieces, dtype=whitened.dtype))
    scaled = rotation.astype(axes.dtype) @ axes
    order = np.argsort(-np.linalg.norm(scaled, axis=1), kind="stable")
    mixing = low_rank.unweighted(scaled[order])
    signs = signs_of_largest(mixing)
    return Decomposition(
        mixing * signs[:, None],
        whitened.T @ rotation[order].T.astype(whitened.dtype) * signs,
        float(low_rank.smallest_error(n_components)),
        iteration,
        converged,
    )


def _rotated(rotation: NDArray[Any], turn: NDArray[Any]) -> NDArray[Any]:
    """Rotation (k, k) turned on by a skew matrix, through the Cayley transform, which keeps it orthogonal."""
    unit = np.eye(len(turn))
    return np.asarray(np.linalg.solve(unit - turn / 2, (unit + turn / 2) @ rotation))


def _contrast(
    rotation: NDArray[Any], whitened: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Contrast of each source (k,), ``E[tanh(source) other]`` (k, k), and what its diagonal exceeds ``E[tanh']`` by."""
    sources = rotation.astype(whitened.dtype) @ whitened
    size = np.abs(sources)
    decay = np.exp(-2 * size)
    contrast = (size + np.log1p(decay)).mean(axis=1, dtype=np.float64)  # log cosh + log 2
    tanh = np.copysign((1 - decay) / (1 + decay), sources)
    cross = (tanh @ sources.T).astype(np.float64) / sources.shape[1]
    slope = 1 - (tanh**2).mean(axis=1, dtype=np.float64)
    return contrast, cross, cross.diagonal() - slope
