"""Classes of rows of a matrix by a mixture of Gaussians."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import FLOATING, array_of, seed_of, whole_of, word_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.blocks import take_into_memory

Floats = NDArray[np.float64]
COVARIANCES = ("full", "tied", "diag", "spherical")

# Added to variances, in units of each column's own: well above what rounds off.
REGULARIZATION = {"float32": 1e-6, "float64": 1e-9}
ROUNDING = 4  # of a mean: columns that vary no more are constant
TOLERANCE = 1e-3  # of the mean log-likelihood of the rows from one iteration to the next
MAX_ITERATIONS = 200
KMEANS_ITERATIONS = 10  # only a start: expectation maximisation goes on from there


@brief
@dataclass(frozen=True)
class Classes:
    """Which class each row of a matrix belongs to.

    Attributes
    ----------
    labels : array, (rows,)
        From 1 to the number of classes, the largest class first, of equal ones that of the first row; a class may be
        empty.
    probabilities : array, (rows, classes)
        Of each row to belong to each class.
    bic : float
        Bayesian information criterion of the fit: the lower, the better the number of classes.
    converged : bool
        Whether the fit had settled when it ended.
    """

    labels: NDArray[np.intp]
    probabilities: NDArray[Any]
    bic: float
    converged: bool

    @property
    def counts(self) -> NDArray[np.intp]:
        """Number of members of each class, (classes,)."""
        return np.bincount(self.labels, minlength=self.probabilities.shape[1] + 1)[1:]


@dataclass(frozen=True)
class _Gaussians:
    """Mixture in the units of standardised columns.

    Factors are the inverse Cholesky factors of the covariances, (classes, columns, columns), or the inverse standard
    deviations, (classes, columns), where there are no covariances between columns. They may be one for all classes.
    """

    log_weights: Floats
    means: Floats
    factors: Floats
    tied: bool = False

    @classmethod
    def fit(cls, columns: NDArray[Any], floors: Floats, memberships: Floats, covariance: str) -> "_Gaussians":
        """Likeliest mixture for given memberships (classes, rows) in the rows of a matrix: the M-step."""
        sizes = memberships.sum(axis=1) + 10 * np.finfo(float).eps  # a class may have lost all members
        weights = sizes / sizes.sum()
        shares = memberships / sizes[:, None]
        if covariance in ("diag", "spherical"):
            moments = (shares.astype(columns.dtype) @ columns.T).astype(float)
            means, squares = np.hsplit(moments, 2)
            variances = np.maximum(squares - means**2, 0)
            if covariance == "spherical":
                variances = np.broadcast_to(variances.mean(axis=1, keepdims=True), variances.shape)
            return cls(np.log(weights), means, (variances + floors) ** -0.5)
        means = shares @ columns.T
        if covariance == "full":
            covariances = np.stack([(columns * share) @ columns.T for share in shares])
            covariances -= means[:, :, None] * means[:, None, :]
        else:
            covariances = (columns @ columns.T / columns.shape[1] - (weights * means.T) @ means)[None]
        covariances += np.diag(floors)
        factors = np.linalg.inv(np.linalg.cholesky(covariances))
        factors = np.broadcast_to(factors, (len(means), *factors.shape[1:]))
        return cls(np.log(weights), means, factors, covariance == "tied")

    def joint(self, columns: NDArray[Any]) -> Floats:
        """Log of weight times density of each class at each row, (classes, rows)."""
        means, factors = self.means, self.factors
        if factors.ndim == 2:
            precisions = factors**2
            coefficients = np.hstack([means * precisions, -precisions / 2]).astype(columns.dtype)
            exponents = coefficients @ columns - np.sum(means**2 * precisions, axis=1, keepdims=True) / 2
            diagonals = factors
        elif self.tied:  # rows are whitened once
            white, centers = factors[0] @ columns, means @ factors[0].T
            exponents = centers @ white - np.sum(centers**2, axis=1, keepdims=True) / 2
            exponents -= np.einsum("ij,ij->j", white, white) / 2
            diagonals = np.diagonal(factors, axis1=1, axis2=2)
        else:
            exponents = np.empty((len(means), columns.shape[1]))
            for exponent, mean, factor in zip(exponents, means, factors, strict=True):
                white = factor @ columns - (factor @ mean)[:, None]
                exponent[:] = np.einsum("ij,ij->j", white, white) / -2
            diagonals = np.diagonal(factors, axis1=1, axis2=2)
        logs = self.log_weights + np.log(diagonals).sum(axis=1) - means.shape[1] / 2 * np.log(2 * np.pi)
        return np.asarray(exponents + logs[:, None], dtype=np.float64)


@brief
@dataclass(frozen=True)
class Mixture:
    """Gaussians fitted to the rows of a matrix, which classify other rows too."""

    gaussians: _Gaussians
    shift: NDArray[Any]
    scale: float

    def labels(self, x: NDArray[Any]) -> NDArray[np.intp]:
        """Likeliest class of each row of a matrix with the same columns, from 0 on in any order, (rows,)."""
        columns = _standardize(x, self.shift, self.scale, with_squares=self.gaussians.factors.ndim == 2)
        return np.asarray(self.gaussians.joint(columns).argmax(axis=0))


class _Fit(NamedTuple):
    """Where expectation maximisation has come to."""

    gaussians: _Gaussians
    memberships: Floats  # of each row in each class, (classes, rows)
    log_likelihood: float  # mean of the rows
    converged: bool


def gmm(x: ArrayLike, n_components: int, *, covariance: str = "diag", starts: int = 1, seed: int = 0) -> Classes:
    """Sort the rows of a matrix into classes by a Gaussian mixture model.

    Parameters
    ----------
    x : array, (rows, columns)
        Crops as vectors of pixels (AtomAI's way), or better their first few principal scores, which noise blurs less.
    n_components : int
        Number of classes.
    covariance : {'full', 'tied', 'diag', 'spherical'}
        Shape of the Gaussians.
    starts : int
        Number of starts, of which the likeliest result is taken.
    seed : int
        Of the starts.

    Returns
    -------
    Classes

    Raises
    ------
    TypeError, ValueError
        The matrix is none of real numbers; there are fewer rows than classes, less than one class or start is asked
        for, the covariance is not one of the four, or a value is not finite.

    Notes
    -----
    Expectation maximisation [1]_ from starts by k-means++ [2]_, each until the mean log-likelihood of the rows changes
    by less than 1e-3, or for 200 iterations. The first of more starts are those of fewer: more are never less likely.
    To the variances is added a billionth of that of the column (a millionth in float32, or of their mean where the
    covariance is 'spherical'). float32 is computed in float32 where the covariance is 'diag' or 'spherical'.

    References
    ----------
    .. [1] Dempster, Laird & Rubin, J. R. Stat. Soc. B 39, 1 (1977).
    .. [2] Arthur & Vassilvitskii, SODA 2007, 1027.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.gmm([[0.0], [0.1], [0.2], [5.0], [5.1]], 2).labels
    array([1, 1, 1, 2, 2])
    """
    mixture, fit = _fit_mixture(x, n_components, covariance, starts, seed)
    labels = fit.memberships.argmax(axis=0)
    counts, first = np.bincount(labels, minlength=len(fit.memberships)), np.full(len(fit.memberships), len(labels))
    np.minimum.at(first, labels, np.arange(len(labels)))
    order = np.lexsort([first, -counts])
    n, d, k = labels.size, len(mixture.shift), len(fit.memberships)
    entries = {"full": k * d * (d + 1) // 2, "tied": d * (d + 1) // 2, "diag": k * d, "spherical": k}[covariance]
    log_likelihood = n * (fit.log_likelihood - d * np.log(mixture.scale))
    bic = float((k - 1 + k * d + entries) * np.log(n) - 2 * log_likelihood)
    return Classes(np.argsort(order)[labels] + 1, fit.memberships[order].T, bic, fit.converged)


def fit_mixture(
    x: ArrayLike, n_components: int, *, covariance: str = "diag", starts: int = 1, seed: int = 0
) -> Mixture:
    """Mixture by which `gmm` classifies the rows, to classify others: parameters and errors as there."""
    return _fit_mixture(x, n_components, covariance, starts, seed)[0]


def _fit_mixture(x: Any, n_components: int, covariance: str, starts: int, seed: int) -> tuple[Mixture, _Fit]:
    x = array_of(take_into_memory(x, "x"), "x", "(rows, columns)", dtype=FLOATING, empty=False, finite=True)
    words = f"between 1 and the number of rows, {len(x)}"
    n_components = whole_of(n_components, "n_components", minimum=1, maximum=len(x), words=words)
    word_of(covariance, "covariance", COVARIANCES)
    starts, seed = whole_of(starts, "starts", minimum=1), seed_of(seed, "seed")
    diagonal = covariance in ("diag", "spherical")
    # A covariance that is singular but for the regularisation has no Cholesky factor in the digits of float32.
    dtype = np.float32 if diagonal and x.dtype == np.float32 else np.float64
    shift = x.mean(axis=0, dtype=dtype)
    scale = _size(x - shift)
    columns = _standardize(x, shift, scale, with_squares=diagonal)
    floors = _floors(columns[: x.shape[1]], shift / scale, covariance)
    rng = np.random.default_rng(seed)
    seeded = (_kmeans(columns[: x.shape[1]], n_components, rng) for _ in range(starts))
    fits = (_improve(columns, floors, memberships, covariance) for memberships in seeded)
    fit = max(fits, key=lambda fit: fit.log_likelihood)
    return Mixture(fit.gaussians, shift, scale), fit


def _size(deviations: NDArray[Any]) -> float:
    """Root of the mean square, as a number of the same precision; 1 where all are 0."""
    # Their squares may be out of its range: not those of deviations over the power of two that the largest has.
    highest, least = max(deviations.max(), -deviations.min()), np.finfo(deviations.dtype).smallest_subnormal
    unit = int(np.frexp(highest)[1])
    mean = np.linalg.norm(np.ldexp(deviations, -unit)) / np.sqrt(deviations.size)
    return float(max(deviations.dtype.type(np.ldexp(mean, unit)), least)) if highest > 0 else 1.0


def _standardize(x: NDArray[Any], shift: NDArray[Any], scale: float, *, with_squares: bool) -> NDArray[Any]:
    """Columns of a matrix in standard units, above their squares if asked for: (columns or twice as many, rows)."""
    rows, width = x.shape
    # Squares are for thousands of columns: as they come. Without, there are few, and work along the rows is quick.
    columns = np.empty((2 * width if with_squares else width, rows), shift.dtype, order="F" if with_squares else "C")
    np.subtract(x.T, shift[:, None], out=columns[:width])
    columns[:width] /= scale
    if with_squares:
        np.square(columns[:width], out=columns[width:])
    return columns


def _floors(columns: NDArray[Any], shift: NDArray[Any], covariance: str) -> Floats:
    """What is added to the variance of each of the standardised columns, (columns,).

    To a constant one as to that of the smallest variance, as there is nothing to tell its size.
    """
    variances = np.einsum("ij,ij->i", columns, columns, dtype=np.float64) / columns.shape[1]
    varies = variances > (ROUNDING * np.finfo(columns.dtype).eps * np.abs(shift).astype(np.float64)) ** 2
    if covariance == "spherical" or not varies.any():
        variances[:] = 1  # their mean, by the standard
    variances[~varies] = variances[varies].min(initial=1)
    return np.asarray(REGULARIZATION[columns.dtype.name] * variances)


def _improve(columns: NDArray[Any], floors: Floats, memberships: Floats, covariance: str) -> _Fit:
    """Expectation maximisation from given memberships, until it settles or has done its iterations."""
    log_likelihood = -np.inf
    for _ in range(MAX_ITERATIONS):
        gaussians = _Gaussians.fit(columns, floors, memberships, covariance)
        joint = gaussians.joint(columns)
        top = joint.max(axis=0)
        memberships = np.exp(joint - top)
        sums = memberships.sum(axis=0)
        memberships /= sums
        before, log_likelihood = log_likelihood, float(np.mean(top + np.log(sums)))
        converged = log_likelihood - before < TOLERANCE
        if converged:
            break
    return _Fit(gaussians, memberships, log_likelihood, converged)


def _kmeans(columns: NDArray[Any], count: int, rng: np.random.Generator) -> Floats:
    """Memberships (count, rows), 0 or 1, by k-means from seeds by greedy k-means++."""
    lengths = np.einsum("ij,ij->j", columns, columns)

    def distances(centers: NDArray[Any]) -> NDArray[Any]:
        """Squared, (centers, rows)."""
        squared = lengths - 2 * (centers @ columns) + np.einsum("ij,ij->i", centers, centers)[:, None]
        return np.asarray(np.maximum(squared, 0))

    centers = columns[:, rng.integers(columns.shape[1], size=1)].T
    nearest = distances(centers)[0]
    for _ in range(count - 1):
        cumulative = np.cumsum(nearest, dtype=float)
        trials = np.searchsorted(cumulative, rng.random(2 + int(np.log(count))) * cumulative[-1])
        reached = np.minimum(nearest, distances(columns[:, trials].T))
        best = reached.sum(axis=1).argmin()
        nearest = reached[best]
        centers = np.vstack([centers, columns[:, trials[best]]])
    members = np.zeros((count, columns.shape[1]), bool)
    for _ in range(KMEANS_ITERATIONS):
        before, members = members, distances(centers).argmin(axis=0) == np.arange(count)[:, None]
        if np.array_equal(members, before):
            break
        sizes = np.maximum(members.sum(axis=1, keepdims=True), 1)
        centers = (members.astype(columns.dtype) @ columns.T) / sizes.astype(columns.dtype)
    return members.astype(float)
