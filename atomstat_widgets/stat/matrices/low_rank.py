"""What a matrix is read by, and its factor of few singular values."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from atomstat_widgets.arguments import FLOATING, array_of, whole_array_of, whole_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.blocks import in_blocks, take_into_memory
from atomstat_widgets.stat.matrices.moments import Floats

# Read at a time: few enough rows that float32 products keep their precision, few enough bytes to fit beside anything.
BLOCK_ROWS, BLOCK_BYTES = 4096, 2**26


class Rows(Protocol):
    """A matrix that gives rows by a slice: an array, a memory map, a data set of HDF5 or Zarr, crops on demand."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, columns."""

    @property
    def dtype(self) -> Any:
        """Of the numbers."""

    def __getitem__(self, rows: slice, /) -> Any: ...


@brief
@dataclass(frozen=True)
class LowRank:
    """Truncated singular value decomposition of a weighted matrix, ``(X - mean) sqrt(weights) ≈ u @ diag(s) @ vt``.

    Attributes
    ----------
    u : array, (rows, rank)
        Orthonormal columns. Of a matrix of dask or Zarr, if more than 4 GB, an array of dask.
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

    def require(self, n_components: int, name: str = "n_components") -> int:
        """Return the number, or raise a TypeError or ValueError when so many components cannot be read from the factor.

        `name` is that of the argument.
        """
        words = f"between 1 and the rank of the factor, {self.rank}"
        return whole_of(n_components, name, minimum=1, maximum=self.rank, words=words)

    def in_memory(self) -> "LowRank":
        """Return the same factor with all of `u` in memory, where that is in blocks.

        Raises
        ------
        ValueError
            It is too large for that.
        """
        return replace(self, u=take_into_memory(self.u, "the rows' coordinates")) if in_blocks(self.u) else self

    def unweighted(self, components: ArrayLike) -> NDArray[Any]:
        """Components (k, columns) of the weighted matrix as those of X; 0 where the weight is 0."""
        rows: NDArray[Any] = array_of(components, "components", "(k, columns)", dtype=FLOATING)
        if rows.shape[1] != len(self.weights):
            raise ValueError(f"components have {len(self.weights)} columns, got shape {rows.shape}")
        scale = np.sqrt(self.weights).astype(rows.dtype)
        return np.asarray(np.divide(rows, scale, out=np.zeros_like(rows), where=scale > 0))

    def smallest_error(self, n_components: ArrayLike) -> NDArray[np.float64]:
        """Relative Frobenius error that no decomposition into so many components can undercut (Eckart-Young).

        One for each of the counts (n,), or of one count; from 0 to the rank.
        """
        given = array_of(n_components, "n_components")
        counts = whole_array_of(given.ravel(), "n_components", minimum=0, maximum=self.rank).reshape(given.shape)
        inside = np.concatenate([[0.0], np.cumsum(self.s.astype(float) ** 2)])[counts]
        return np.asarray(np.sqrt(np.maximum(0, 1 - inside / self.total)))


def round_off(u: Any, s: Floats, vt: Floats, weights: Floats, total: float, mean: Floats) -> LowRank:
    """Factor of as many singular values as u has columns, in its precision.

    The total is changed with the singular values that are rounded: what these leave of it is often much smaller.
    """
    rank = u.shape[1]
    with np.errstate(over="ignore"):
        kept = s[:rank].astype(u.dtype)
    if not np.isfinite(kept).all():
        raise ValueError(f"the largest singular value, {s[0]:.1g}, is beyond {u.dtype}: scale the matrix down")
    outside = max(0.0, total - float(np.sum(s[:rank] ** 2)))
    total = outside + float(np.sum(kept.astype(np.float64) ** 2))
    return LowRank(u, kept, vt[:rank].astype(u.dtype), weights, total, mean)


def leading_eigenvectors(gram: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Eigenvectors (n, count) of the largest eigenvalues of a symmetric matrix, which is used up."""
    n = len(gram)
    vectors = linalg.eigh(gram, subset_by_index=(n - count, n - 1), overwrite_a=True, check_finite=False)[1]
    return np.asarray(vectors[:, ::-1])


def orthonormal(columns: NDArray[Any]) -> Floats:
    """Orthonormal columns that span the same."""
    return np.asarray(np.linalg.qr(columns.astype(np.float64))[0])
