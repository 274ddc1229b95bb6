"""The one expensive look at the data: its few leading singular vectors."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, progress_of, seed_of, switch_of, whole_of
from atomstat_widgets.stat.blocks import in_blocks
from atomstat_widgets.stat.matrices.low_rank import (
    BLOCK_BYTES,
    BLOCK_ROWS,
    LowRank,
    Rows,
    leading_eigenvectors,
    orthonormal,
    round_off,
)
from atomstat_widgets.stat.matrices.moments import Floats, Standard, moments
from atomstat_widgets.stat.progress import Progress, unreported

# Up to this many rows or columns the eigenvectors of the Gram matrix are exact and quick (3,481 x 1,035 in 0.15 s);
# above, the cube of the size makes a Krylov space the quicker (3,249 x 2,145 in 0.13 s, not 1.1 s).
GRAM_LIMIT = 1200
OVERSAMPLING = 10
POWER_ITERATIONS = 3
STRIP_BYTES = 2**20


def factorize(
    x: Any,
    rank: int,
    *,
    weights: ArrayLike | None = None,
    center: bool = False,
    seed: int = 0,
    progress: Progress = unreported,
) -> LowRank:
    """Compute the leading singular vectors of a matrix.

    Parameters
    ----------
    x : array or Rows, (rows, columns)
        float32 or float64, which is also the precision of the factor; other numbers become float64. If more than 64 MB,
        read in blocks of rows, so it may be larger than memory: 3 times, or 8 times where both sides are longer than
        1,200. (Where there are fewer rows than columns but more than 64 MB, every pair of blocks is read.) An array of
        dask or Zarr is read block by block wherever dask is configured to compute, 2 times.
    rank : int
        Number of singular values. More than the matrix has are not given: see ``LowRank.rank``.
    weights : array, (columns,), optional
        Non-negative weights of the columns in a sum of squares; 1 by default.
    center : bool
        Subtract the mean row, as PCA and ICA need it.
    seed : int
        For the start of the iteration, used where both sides are longer than 1,200.
    progress : callable
        Called with the fraction done; an exception it raises stops the computation.

    Returns
    -------
    LowRank

    Raises
    ------
    TypeError, ValueError
        The matrix is empty or not 2-D, is masked, holds anything but real numbers, or NaN or infinite values, or is
        zero (with `center`: all its rows are equal); values are beyond 1e140, or singular values beyond the precision;
        the rank is below 1; the weights do not fit.

    Notes
    -----
    All products are of deviations from the mean, in powers of two as units where they are very large or small, so that
    neither an offset nor a scale takes digits away. Eigenvectors of the Gram matrix of the shorter side, or a block
    Krylov space ([1]_, with 3 iterations of 10 vectors more than asked for), then in both cases one Rayleigh-Ritz step
    on the data, which gives back the precision that squaring the matrix took. In a Krylov space the last singular
    values, where they lie in a flat tail of noise, are up to 5 % too small. Those below about 2e-4 (float32; 1e-8 in
    float64) of the largest are lost in the rounding of its square.

    References
    ----------
    .. [1] Musco & Musco, NIPS 2015, 1396.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> x = np.outer([1.0, 2.0, 3.0], [4.0, 0.0, 3.0])  # of rank 1
    >>> stat.factorize(x, rank=1).s.round(3)  # the length of one times the length of the other
    array([18.708])
    """
    x = array_of(x, "x, the matrix to factorize,", "(rows, columns)", empty=False, stored=True)
    rows, columns = x.shape
    rank, seed, center = whole_of(rank, "rank", minimum=1), seed_of(seed, "seed"), switch_of(center, "center")
    progress_of(progress)
    weights = np.ones(columns) if weights is None else array_of(weights, "weights", dtype=np.float64, finite=True)
    if weights.shape != (columns,) or not np.all(weights >= 0) or not weights.any():
        words = f"{columns} non-negative numbers, one a column and not all 0"
        raise ValueError(f"weights are {words}, got shape {weights.shape}")
    if in_blocks(x):
        from atomstat_widgets.stat.matrices.block_factor import factorize_blocks

        return factorize_blocks(x, rank, weights, center, seed, progress)

    dtype = np.dtype(x.dtype if x.dtype in (np.float32, np.float64) else np.float64)
    if rows * columns * dtype.itemsize <= BLOCK_BYTES:
        found, standard, deviations = moments(np.asarray(x[:], dtype), center=center)
        matrix = _Weighted(deviations, standard.done(), *standard.scale(weights))
    else:
        found = reduce(add, (moments(np.asarray(x[part], dtype), center=center)[0] for part in _parts(x.shape, dtype)))
        standard = found.standard(dtype)
        matrix = _Weighted(x, standard, *standard.scale(weights))
    total = found.total(weights)
    progress(0.1)

    rank = min(rank, rows, columns)
    if min(rows, columns) > GRAM_LIMIT:
        right = _krylov_basis(matrix, rank, seed, progress)
    elif columns <= rows:
        rest = standard.rest.astype(np.float64)
        gram = -rows * np.outer(rest, rest)
        for part, block in matrix.blocks():  # products in the precision of the data, summed in float64
            gram += block.T @ block
            progress(0.1 + 0.5 * part.stop / rows)
        right = leading_eigenvectors(gram * matrix.scale[:, None] * matrix.scale, rank)
    else:
        left = leading_eigenvectors(_gram_of_rows(matrix), rank)
        right = orthonormal(matrix.transposed_times(left.astype(dtype)))
    progress(0.8)

    q, r = np.linalg.qr(matrix.times(right.astype(dtype)).astype(np.float64))
    left, s, vt = np.linalg.svd(r)
    progress(1.0)
    u = (q @ left[:, :rank]).astype(dtype)
    return round_off(u, np.ldexp(s, matrix.exponent), vt @ right.T, weights, total, found.mean)


@dataclass(frozen=True)
class _Weighted:
    """The matrix ``(x - mean) sqrt(weights)``, but for a power of two, which is multiplied without being formed.

    Of a small matrix x is the deviations, of a large one they are computed whenever they are needed.
    """

    x: Rows
    standard: Standard
    scale: NDArray[Any]
    exponent: int

    def blocks(self, before: int | None = None) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Deviations of rows, all or those before one, block by block, and which they are."""
        for part in _parts(self.x.shape, self.scale.dtype, before):
            yield part, self.standard.deviations(self.x[part])

    def strips(self) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Like the blocks, but of few enough rows that their deviations stay in the cache of a processor."""
        height = max(1, STRIP_BYTES // (self.x.shape[1] * self.scale.itemsize)) if self.standard.changes else BLOCK_ROWS
        for part in _parts(self.x.shape, self.scale.dtype):
            rows = self.x[part]
            for first in range(part.start, part.stop, height):
                strip = slice(first, min(first + height, part.stop))
                yield strip, self.standard.deviations(rows[strip.start - part.start : strip.stop - part.start])

    def times(self, columns: NDArray[Any]) -> NDArray[Any]:
        scaled = self.scale[:, None] * columns
        product = np.empty((self.x.shape[0], columns.shape[1]), columns.dtype)
        for strip, rows in self.strips():
            np.matmul(rows, scaled, out=product[strip])
        product -= self.standard.rest @ scaled
        return product

    def transposed_times(self, columns: NDArray[Any]) -> NDArray[Any]:
        product = -np.outer(self.standard.rest, columns.sum(axis=0))
        for strip, rows in self.strips():
            product += rows.T @ columns[strip]
        return np.asarray(self.scale[:, None] * product)


def _parts(shape: tuple[int, ...], dtype: np.dtype[Any], before: int | None = None) -> Iterator[slice]:
    """Blocks of rows, all or those before one."""
    rows, columns = shape
    height = min(BLOCK_ROWS, max(1, BLOCK_BYTES // (columns * dtype.itemsize)))
    for first in range(0, rows if before is None else before, height):
        yield slice(first, min(first + height, rows))


def _gram_of_rows(matrix: _Weighted) -> Floats:
    """Products of all pairs of rows of a matrix that has few, but perhaps long ones."""
    rest, scale = matrix.standard.rest, matrix.scale
    gram = np.empty((matrix.x.shape[0],) * 2)
    for part, block in matrix.blocks():
        weighted = (block - rest) * scale
        gram[part, part] = weighted @ weighted.T
        for other, earlier in matrix.blocks(before=part.start):
            gram[part, other] = weighted @ ((earlier - rest) * scale).T
            gram[other, part] = gram[part, other].T
    return gram


def _krylov_basis(matrix: _Weighted, rank: int, seed: int, progress: Progress) -> Floats:
    (rows, columns), dtype = matrix.x.shape, matrix.scale.dtype
    start = np.random.default_rng(seed).standard_normal((columns, min(rank + OVERSAMPLING, rows, columns)))
    basis, bases = np.linalg.qr(start.astype(dtype))[0], []
    for iteration in range(POWER_ITERATIONS):
        image = np.linalg.qr(matrix.times(basis))[0]
        basis = np.linalg.qr(matrix.transposed_times(image))[0]
        bases.append(basis)
        progress(0.1 + 0.7 * (iteration + 1) / POWER_ITERATIONS)
    return orthonormal(np.hstack(bases))
