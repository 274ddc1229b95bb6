"""The one expensive look at the data: its few leading singular vectors."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from atomstat_widgets.stat.progress import Progress, unreported

# Up to this many rows or columns the eigenvectors of the Gram matrix are exact and quick (3,481 x 1,035 in 0.15 s);
# above, the cube of the size makes subspace iteration the quicker (3,249 x 2,145 in 0.17 s, not 1.1 s).
GRAM_LIMIT = 1200
OVERSAMPLING = 10
POWER_ITERATIONS = 6
BLOCK_ROWS = 4096


@dataclass(frozen=True)
class LowRank:
    """Truncated singular value decomposition of a weighted matrix, ``(X - mean) sqrt(weights) ≈ u @ diag(s) @ vt``.

    Attributes
    ----------
    u : array, (rows, rank)
        Orthonormal columns.
    s : array, (rank,)
        Singular values, largest first.
    vt : array, (rank, columns)
        Orthonormal rows.
    weights : array, (columns,)
        Weight of each column of X in a sum of squares.
    total : float
        Sum of squares of the weighted matrix, of which ``sum(s**2)`` is inside the factor.
    mean : array, (columns,)
        Mean row, where it was subtracted; 0 where it was not.
    """

    u: NDArray[Any]
    s: NDArray[Any]
    vt: NDArray[Any]
    weights: NDArray[np.float64]
    total: float
    mean: NDArray[np.float64]

    @property
    def rank(self) -> int:
        """Number of singular values."""
        return len(self.s)

    @cached_property
    def outside(self) -> float:
        """Sum of squares that the factor leaves out."""
        return max(0.0, self.total - float(np.sum(self.s.astype(float) ** 2)))

    def require(self, n_components: int) -> None:
        """Raise a ValueError when so many components cannot be read from the factor."""
        if not 1 <= n_components <= self.rank:
            raise ValueError(f"n_components is between 1 and the rank of the factor, {self.rank}, got {n_components}")

    def unweighted(self, components: NDArray[Any]) -> NDArray[Any]:
        """Components (k, columns) of the weighted matrix as those of X; 0 where the weight is 0."""
        scale = np.sqrt(self.weights).astype(components.dtype)
        return np.asarray(np.divide(components, scale, out=np.zeros_like(components), where=scale > 0))

    def smallest_error(self, n_components: NDArray[Any] | int) -> NDArray[np.float64]:
        """Relative Frobenius error that no decomposition into so many components can undercut (Eckart-Young)."""
        inside = np.concatenate([[0.0], np.cumsum(self.s.astype(float) ** 2)])[n_components]
        return np.asarray(np.sqrt(np.maximum(0, 1 - inside / self.total)))


def factorize(
    x: NDArray[Any],
    rank: int,
    *,
    weights: NDArray[Any] | None = None,
    center: bool = False,
    seed: int = 0,
    progress: Progress = unreported,
) -> LowRank:
    """Compute the leading singular vectors of a matrix.

    Parameters
    ----------
    x : array, (rows, columns)
        float32 or float64, which is also the precision of the factor; other numbers become float64.
    rank : int
        Number of singular values. More than the matrix has are not given: see ``LowRank.rank``.
    weights : array, (columns,), optional
        Non-negative weights of the columns in a sum of squares; 1 by default.
    center : bool
        Subtract the mean row (without ever forming the difference), as PCA and ICA need it.
    seed : int
        For the start of the subspace iteration, used where both sides are longer than 1,200.
    progress : callable
        Called with the fraction done; an exception it raises stops the computation.

    Returns
    -------
    LowRank

    Raises
    ------
    ValueError
        The matrix is empty or not 2-D, holds NaN or infinite values, or is zero (with `center`: all its rows are
        equal); the rank is below 1; the weights do not fit.

    Notes
    -----
    Eigenvectors of the Gram matrix of the shorter side, or subspace iteration (Halko, Martinsson & Tropp,
    SIAM Rev. 53, 217 (2011), with 6 power iterations and 10 vectors more than asked for), then in both cases
    one Rayleigh-Ritz step on the data, which gives back the precision that squaring the matrix took. After subspace
    iteration the last singular values, where they lie in a flat tail of noise, are up to 4 % too small.
    """
    x = np.asarray(x)
    if x.dtype not in (np.float32, np.float64):
        x = x.astype(np.float64)
    if x.ndim != 2 or x.size == 0:
        raise ValueError(f"the matrix to factorize has rows and columns, got shape {x.shape}")
    if rank < 1:
        raise ValueError(f"the rank is at least 1, got {rank}")
    weights = np.ones(x.shape[1]) if weights is None else np.asarray(weights, np.float64)
    if weights.shape != (x.shape[1],) or not np.all(weights >= 0):
        raise ValueError(f"weights are {x.shape[1]} non-negative numbers, one a column, got shape {weights.shape}")

    blocks = [x[first : first + BLOCK_ROWS] for first in range(0, len(x), BLOCK_ROWS)]
    column_squares = sum(np.einsum("ij,ij->j", block, block, dtype=np.float64) for block in blocks)
    uncentred = float(column_squares @ weights)
    if not np.isfinite(uncentred):
        raise ValueError(f"{int((~np.isfinite(x)).sum())} of {x.size} values are NaN or infinite")
    mean = np.zeros(x.shape[1])
    if center:
        mean = np.asarray(sum(block.sum(axis=0, dtype=np.float64) for block in blocks)) / len(x)
    total = float((column_squares - len(x) * mean**2) @ weights)
    if total <= 1e-14 * uncentred:  # what rounding leaves of zero
        raise ValueError(f"{'all rows are equal' if center else 'the matrix is zero'}: there is nothing to factorize")
    progress(0.1)

    matrix = _Weighted(x, np.sqrt(weights).astype(x.dtype), mean.astype(x.dtype))
    rank = min(rank, *x.shape)
    if min(x.shape) > GRAM_LIMIT:
        right = _subspace_iteration(matrix, rank, seed, progress)
    elif x.shape[1] <= x.shape[0]:
        gram = -len(x) * np.outer(mean, mean)
        for number, block in enumerate(blocks, start=1):  # float32 products, summed in float64
            gram += block.T @ block
            progress(0.1 + 0.5 * number / len(blocks))
        right = _leading_eigenvectors(gram * matrix.scale[:, None] * matrix.scale, rank)
    else:
        weighted = (x - matrix.mean) * matrix.scale
        left = _leading_eigenvectors((weighted @ weighted.T).astype(np.float64), rank)
        right = np.linalg.qr(weighted.T @ left.astype(x.dtype))[0]
    progress(0.8)

    right = right.astype(x.dtype)
    q, r = np.linalg.qr(matrix.times(right))
    left_small, s, right_small = np.linalg.svd(r)
    progress(1.0)
    return LowRank((q @ left_small)[:, :rank], s[:rank], (right_small @ right.T)[:rank], weights, total, mean)


@dataclass(frozen=True)
class _Weighted:
    """The matrix ``(x - mean) * scale``, which is multiplied without being formed."""

    x: NDArray[Any]
    scale: NDArray[Any]
    mean: NDArray[Any]

    def times(self, columns: NDArray[Any]) -> NDArray[Any]:
        scaled = self.scale[:, None] * columns
        return np.asarray(self.x @ scaled - self.mean @ scaled)

    def transposed_times(self, columns: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(self.scale[:, None] * (self.x.T @ columns - np.outer(self.mean, columns.sum(axis=0))))


def _leading_eigenvectors(gram: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    n = len(gram)
    vectors = linalg.eigh(gram, subset_by_index=(n - count, n - 1), overwrite_a=True, check_finite=False)[1]
    return np.asarray(vectors[:, ::-1])


def _subspace_iteration(matrix: _Weighted, rank: int, seed: int, progress: Progress) -> NDArray[Any]:
    shape, dtype = matrix.x.shape, matrix.x.dtype
    start = np.random.default_rng(seed).standard_normal((shape[1], min(rank + OVERSAMPLING, *shape)))
    basis = np.linalg.qr(start.astype(dtype))[0]
    for iteration in range(POWER_ITERATIONS):
        image = np.linalg.qr(matrix.times(basis))[0]
        basis = np.linalg.qr(matrix.transposed_times(image))[0]
        progress(0.1 + 0.7 * (iteration + 1) / POWER_ITERATIONS)
    return np.asarray(basis)
