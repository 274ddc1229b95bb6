"""Classes of crops by a mixture of Gaussians."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

COVARIANCES = ("full", "tied", "diag", "spherical")


@dataclass(frozen=True)
class Classes:
    """Which class each row of a matrix belongs to.

    Attributes
    ----------
    labels : array, (rows,)
        From 1 to the number of classes, the largest class first; a class may be empty.
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


def gmm(x: NDArray[Any], n_components: int, *, covariance: str = "diag", starts: int = 1, seed: int = 0) -> Classes:
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
    ValueError
        There are fewer rows than classes, less than one class or start is asked for, or the covariance is not one of
        the four.

    Notes
    -----
    Expectation maximisation by `sklearn.mixture.GaussianMixture`, started by k-means.
    """
    from sklearn.exceptions import ConvergenceWarning  # here: slow to import
    from sklearn.mixture import GaussianMixture

    if not 1 <= n_components <= len(x):
        raise ValueError(f"the number of classes is between 1 and the number of rows, {len(x)}, got {n_components}")
    if covariance not in COVARIANCES:
        raise ValueError(f"covariance is one of {', '.join(COVARIANCES)}, got {covariance!r}")
    if starts < 1:
        raise ValueError(f"at least 1 start is needed, got {starts}")
    model = GaussianMixture(n_components, covariance_type=covariance, n_init=starts, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # that is said by `converged`
        labels = model.fit_predict(x)
    order = np.argsort(-np.bincount(labels, minlength=n_components), kind="stable")
    rank = np.argsort(order)
    return Classes(rank[labels] + 1, model.predict_proba(x)[:, order], float(model.bic(x)), bool(model.converged_))
