"""Principal components, read from a centred factor."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from atomstat_widgets.arguments import FLOATING, array_of, instance_of
from atomstat_widgets.stat.matrices.decomposition import Decomposition
from atomstat_widgets.stat.matrices.low_rank import LowRank
from atomstat_widgets.stat.matrices.moments import moments

ALIKE = 1e-4  # of magnitudes: less is told apart by rounding


def pca(low_rank: LowRank, n_components: int) -> Decomposition:
    """Principal components of a matrix whose centred factor is known.

    Parameters
    ----------
    low_rank : LowRank
        Of ``factorize(x, rank, center=True)``.
    n_components : int
        Number of components.

    Returns
    -------
    Decomposition
        ``X ≈ low_rank.mean + loadings @ components``: principal axes of unit length, the largest variance first, and
        scores. The sign of each makes the largest entry of its axis positive. `reconstruction_error` is relative to
        the deviations from the mean.

    Raises
    ------
    ValueError
        There are fewer singular values than components asked for, or less than one component is asked for.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> low_rank = stat.factorize([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]], rank=2, center=True)
    >>> abs(stat.pca(low_rank, 1).components).round(6)
    array([[1., 0.]])
    """
    n_components = instance_of(low_rank, "low_rank", LowRank).require(n_components)
    axes = low_rank.vt[:n_components]
    signs = signs_of_largest(axes)
    components = low_rank.unweighted(axes * signs[:, None])
    loadings = low_rank.u[:, :n_components] * low_rank.s[:n_components] * signs
    return Decomposition(components, loadings, float(low_rank.smallest_error(n_components)), 0, True)


def explained_variance_ratio(low_rank: LowRank) -> NDArray[np.float64]:
    """Share of the variance that each principal component explains, (rank,).

    Of a factor that is not centred, share of the sum of squares that each singular vector explains.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> low_rank = stat.factorize([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]], rank=2, center=True)
    >>> stat.explained_variance_ratio(low_rank).round(6)
    array([0.9, 0.1])
    """
    instance_of(low_rank, "low_rank", LowRank)
    return np.asarray(low_rank.s.astype(np.float64) ** 2 / low_rank.total)


def scree(x: ArrayLike) -> NDArray[np.float64]:
    """Share of the variance that each of all principal components explains.

    Parameters
    ----------
    x : array, (rows, columns)

    Returns
    -------
    array, (min(rows, columns),)
        The largest first. Eigenvalues of the smaller Gram matrix of the deviations, in the precision of the data.

    Raises
    ------
    TypeError, ValueError
        The matrix is empty, of another shape, or holds anything but finite real numbers, or values beyond 1e140; all
        rows are equal, or there is only one.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.scree([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]]).round(6)
    array([0.9, 0.1])
    """
    rows: NDArray[Any] = array_of(x, "x", "(rows, columns)", dtype=FLOATING, empty=False)
    found, standard, deviations = moments(rows, center=True)
    weights = np.ones(rows.shape[1])
    found.total(weights)
    deviations = (deviations - standard.rest) * standard.scale(weights)[0]
    gram = deviations @ deviations.T if len(rows) <= rows.shape[1] else deviations.T @ deviations
    variances = np.maximum(0, linalg.eigvalsh(gram, overwrite_a=True, check_finite=False)[::-1]).astype(np.float64)
    return np.asarray(variances / variances.sum())


def signs_of_largest(rows: NDArray[Any]) -> NDArray[Any]:
    """Sign of the entry of largest magnitude in each row, 1 or -1."""
    largest = rows[np.arange(len(rows)), largest_entries(rows)]
    return np.where(largest < 0, -1, 1).astype(rows.dtype)


def largest_entries(rows: NDArray[Any]) -> NDArray[np.intp]:
    """Which entry of each row is the largest in magnitude: the first of those that are so but for rounding."""
    sizes = np.abs(rows)
    return np.asarray((sizes >= (1 - ALIKE) * sizes.max(axis=1, keepdims=True)).argmax(axis=1))
