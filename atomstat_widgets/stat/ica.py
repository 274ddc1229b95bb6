"""Independent components, read from a centred factor."""

import warnings

import numpy as np

from atomstat_widgets.stat.decomposition import Decomposition
from atomstat_widgets.stat.factor import LowRank
from atomstat_widgets.stat.pca import signs_of_largest


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
        Of the start of the iteration.
    tol, max_iter : float, int
        When to stop, as for `sklearn.decomposition.FastICA`.

    Returns
    -------
    Decomposition
        ``X ≈ low_rank.mean + loadings @ components``: loadings are the sources, of zero mean and unit variance, and
        components say what a unit of each source looks like (the columns of the mixing matrix). Ordered by the variance
        they explain; the sign of each makes the largest entry of its component positive.

    Raises
    ------
    ValueError
        There are fewer singular values than components asked for, or less than one component is asked for.

    Notes
    -----
    Fast fixed-point ICA (Hyvärinen & Oja, Neural Netw. 13, 411 (2000)) by scikit-learn. Its whitening, which is most of
    its time, is the factor.
    """
    from sklearn.decomposition import FastICA  # here, because it takes longer to import than all of `stat`
    from sklearn.exceptions import ConvergenceWarning

    low_rank.require(n_components)
    pieces = len(low_rank.u)
    whitened = low_rank.u[:, :n_components] * np.sqrt(pieces)
    estimator = FastICA(whiten=False, random_state=seed, tol=tol, max_iter=max_iter)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # that is said by `converged`
        rotation = estimator.fit(whitened).components_.astype(whitened.dtype)  # sources = whitened @ rotation.T
    axes = low_rank.vt[:n_components] * (low_rank.s[:n_components, None] / np.sqrt(pieces))
    mixing = low_rank.unweighted(rotation @ axes)
    order = np.argsort(-np.linalg.norm(rotation @ axes, axis=1), kind="stable")
    signs = signs_of_largest(mixing)[order]
    return Decomposition(
        mixing[order] * signs[:, None],
        (whitened @ rotation.T)[:, order] * signs,
        float(low_rank.smallest_error(n_components)),
        int(estimator.n_iter_),
        bool(estimator.n_iter_ < max_iter),
    )
