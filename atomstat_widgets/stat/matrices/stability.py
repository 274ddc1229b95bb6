"""How many components or classes the data support: those that each half of the data finds again."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import FLOATING, array_of, instance_of, progress_of, seed_of, whole_of, word_of
from atomstat_widgets.stat.matrices._gmm import COVARIANCES, fit_mixture
from atomstat_widgets.stat.matrices._nmf import nmf
from atomstat_widgets.stat.matrices.low_rank import LowRank
from atomstat_widgets.stat.progress import Progress, unreported

# Components that are there settle in 20 to 50 iterations; the others need not.
NMF_ITERATIONS = 100


def nmf_stability(
    low_rank: LowRank, n_components: int, *, repeats: int = 3, seed: int = 0, progress: Progress = unreported
) -> float:
    """How well the non-negative components of one half of the pieces agree with those of the other half.

    Parameters
    ----------
    low_rank : LowRank
        Factor of a non-negative matrix, as `nmf` takes it.
    n_components : int
        Number of components.
    repeats : int
        Number of random splits into halves.
    seed : int
        Of the splits.
    progress : callable
        Called with the fraction done after each half; an exception it raises stops the computation.

    Returns
    -------
    float
        1: both halves give the same components; 0: components without any correlation, or none because a half
        has not the rank. A single component is stable by definition.

    Raises
    ------
    ValueError
        There are fewer singular values, or fewer pieces in a half, than components asked for; less than one component
        or repeat is asked for, or more than one of a centred factor.

    Notes
    -----
    One minus the instability of Wu et al. [1]_: with ``C`` the matrix of Pearson correlations (columns weighted as in
    the factor) between the two sets of components, the mean over both sets of each component's largest correlation with
    the other set, averaged over the splits. There, the sets are solutions of the same data from random starts. Here,
    `nmf` has one start, and the sets are solutions of disjoint random halves of the pieces (100 iterations at most),
    which asks besides whether other data would have given the same components.

    References
    ----------
    .. [1] Wu et al., PNAS 113, 4290 (2016).

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> random = np.random.default_rng(0)
    >>> x = random.random((200, 2)) @ random.random((2, 30))  # of two components
    >>> low_rank = stat.factorize(x, rank=8)
    >>> stat.nmf_stability(low_rank, 2) > 0.9
    True
    """
    return _nmf_agreement(low_rank, n_components, np.mean, np.mean, repeats, seed, progress)


def nmf_strength(
    low_rank: LowRank, n_components: int, *, repeats: int = 5, seed: int = 0, progress: Progress = unreported
) -> float:
    """How well every non-negative component of one half of the pieces is found in the other half, too.

    Parameters
    ----------
    low_rank, n_components, seed, progress
        As for `nmf_stability`.
    repeats : int
        Number of random splits into halves, of which the median is taken: the typical one.

    Returns
    -------
    float
        0 to 1: the correlation with the other half's components of the component that is least like any of them.

    Raises
    ------
    ValueError
        As `nmf_stability`.

    Notes
    -----
    `nmf_stability` is the mean over the components, in which one that is made up is hardly seen. Here it is the weakest
    that counts, as in `prediction_strength`.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> random = np.random.default_rng(0)
    >>> x = random.random((200, 2)) @ random.random((2, 30))  # of two components
    >>> low_rank = stat.factorize(x, rank=8)
    >>> stat.nmf_strength(low_rank, 2) > 0.9
    True
    """
    return _nmf_agreement(
        low_rank, n_components, lambda alike: float(np.min(alike)), np.median, repeats, seed, progress
    )


def _nmf_agreement(
    low_rank: LowRank,
    n_components: int,
    summary: Callable[[list[NDArray[np.float64]]], Any],
    average: Callable[[list[float]], Any],
    repeats: int,
    seed: int,
    progress: Progress,
) -> float:
    """Agreement of the components of halves: a summary of both sets' largest correlations with the other set."""
    n_components = instance_of(low_rank, "low_rank", LowRank).require(n_components)
    low_rank = low_rank.in_memory()

    def components(rows: NDArray[np.intp], start: int) -> NDArray[Any]:
        half = _rows(low_rank, rows)
        if half.rank < n_components:
            return np.zeros((n_components, low_rank.vt.shape[1]))
        return nmf(half, n_components, max_iter=NMF_ITERATIONS).components

    def agreement(first: NDArray[Any], second: NDArray[Any]) -> float:
        similarities = _standardize(first, low_rank.weights) @ _standardize(second, low_rank.weights).T
        similarities = np.clip(similarities, 0, 1)
        return float(summary([similarities.max(axis=0), similarities.max(axis=1)]))

    return _agreement(len(low_rank.u), n_components, components, agreement, repeats, seed, progress, average)


def gmm_stability(
    scores: ArrayLike,
    n_components: int,
    *,
    covariance: str = "full",
    repeats: int = 3,
    seed: int = 0,
    progress: Progress = unreported,
) -> float:
    """How well Gaussian mixtures fitted to one half of the rows and to the other agree on the classes of all rows.

    Parameters
    ----------
    scores : array, (rows, columns)
        Best the first few principal scores: with full covariances, the time grows with the square of their number.
    n_components : int
        Number of classes.
    covariance : {'full', 'tied', 'diag', 'spherical'}
        Shape of the Gaussians.
    repeats : int
        Number of random splits into halves.
    seed : int
        Of the splits and of the starts.
    progress : callable
        Called with the fraction done after each half; an exception it raises stops the computation.

    Returns
    -------
    float
        1: both halves give the same classes; 0: they agree no better than by chance. A single class is stable by
        definition.

    Raises
    ------
    ValueError
        A half has fewer rows than classes are asked for; less than one class or repeat is asked for; the covariance is
        not one of the four.

    Notes
    -----
    The scheme of Lange et al. [1]_: solutions of disjoint random halves, compared by the labels they give to the same
    rows. Each mixture is its own classifier, all rows are compared, and chance is taken out by the adjusted Rand index
    [2]_, which needs no random labellings. Averaged over the splits; below chance is 0. One start a fit.

    References
    ----------
    .. [1] Lange et al., Neural Comput. 16, 1299 (2004).
    .. [2] Hubert & Arabie, J. Classif. 2, 193 (1985).

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> points = np.random.default_rng(0).normal(size=(60, 2))
    >>> points[:30] += 20  # two groups far from each other
    >>> round(stat.gmm_stability(points, 2), 6)
    1.0
    """
    word_of(covariance, "covariance", COVARIANCES)
    x: NDArray[Any] = array_of(scores, "scores", "(rows, columns)", dtype=FLOATING, empty=False, finite=True)

    def labels(rows: NDArray[np.intp], start: int) -> NDArray[Any]:
        return fit_mixture(x[rows], n_components, covariance=covariance, seed=start).labels(x)

    def agreement(first: NDArray[Any], second: NDArray[Any]) -> float:
        from sklearn.metrics import adjusted_rand_score

        return float(adjusted_rand_score(first, second))

    return max(0.0, _agreement(len(x), n_components, labels, agreement, repeats, seed, progress))


def prediction_strength(
    scores: ArrayLike,
    n_components: int,
    *,
    covariance: str = "full",
    starts: int = 10,
    repeats: int = 7,
    seed: int = 0,
    progress: Progress = unreported,
) -> float:
    """How well every class that is found in one half of the rows is found in the other, too.

    Parameters
    ----------
    scores, n_components, covariance, seed, progress
        As for `gmm_stability`.
    starts : int
        Of each mixture, of which the likeliest is taken: as many as the classes that are shown had, so that the classes
        are judged, not the luck of a start.
    repeats : int
        Number of random splits into halves, of which the median is taken: the typical one.

    Returns
    -------
    float
        0 to 1: share of the pairs of members of a class that are together in a class of the other half, too, of the
        class in which it is lowest. A single class is stable by definition.

    Raises
    ------
    ValueError
        As `gmm_stability`.

    Notes
    -----
    The prediction strength of Tibshirani & Walther [1]_, by mixtures that classify all rows. In `gmm_stability`, which
    counts rows, large classes hide small ones; here a class that is made up shows however small it is.

    References
    ----------
    .. [1] Tibshirani & Walther, J. Comput. Graph. Stat. 14, 511 (2005).

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> points = np.random.default_rng(0).normal(size=(60, 2))
    >>> points[:30] += 20  # two groups far from each other
    >>> stat.prediction_strength(points, 2)
    1.0
    """
    word_of(covariance, "covariance", COVARIANCES)
    starts = whole_of(starts, "starts", minimum=1)
    x: NDArray[Any] = array_of(scores, "scores", "(rows, columns)", dtype=FLOATING, empty=False, finite=True)

    def labels(rows: NDArray[np.intp], start: int) -> NDArray[Any]:
        return fit_mixture(x[rows], n_components, covariance=covariance, starts=starts, seed=start).labels(x)

    def agreement(first: NDArray[Any], second: NDArray[Any]) -> float:
        together = np.zeros((n_components, n_components))
        np.add.at(together, (first, second), 1)
        return min(_least_together(together), _least_together(together.T))

    return _agreement(len(x), n_components, labels, agreement, repeats, seed, progress, np.median)


def _least_together(counts: NDArray[np.float64]) -> float:
    """Of the rows, whose members the columns part: the lowest share of the pairs of members that stay together."""
    sizes = counts.sum(axis=1)
    pairs = np.sum(counts * (counts - 1), axis=1) / np.maximum(sizes * (sizes - 1), 1)
    return float(pairs.min())


def _agreement(
    rows: int,
    n_components: int,
    solution: Callable[[NDArray[np.intp], int], NDArray[Any]],
    agreement: Callable[[NDArray[Any], NDArray[Any]], float],
    repeats: int,
    seed: int,
    progress: Progress,
    average: Callable[[list[float]], Any] = np.mean,
) -> float:
    """Agreement of the solutions of two disjoint random halves of the rows, averaged over several such splits.

    A solution gets its rows and a seed for its start: what hangs on the start is not stable either.
    """
    half = rows // 2  # of an odd number, one row is left out
    words = f"between 1 and half the number of rows, {half}"
    n_components = whole_of(n_components, "n_components", minimum=1, maximum=half, words=words)
    repeats, seed = whole_of(repeats, "repeats", minimum=1), seed_of(seed, "seed")
    progress_of(progress)
    if n_components == 1:
        return 1.0
    rng = np.random.default_rng(seed)
    agreements = []
    for repeat in range(repeats):
        order = rng.permutation(rows)
        first = solution(order[:half], int(rng.integers(2**31)))
        progress((repeat + 0.5) / repeats)
        second = solution(order[half : 2 * half], int(rng.integers(2**31)))
        progress((repeat + 1) / repeats)
        agreements.append(agreement(first, second))
    return float(average(agreements))


def _rows(low_rank: LowRank, rows: NDArray[np.intp]) -> LowRank:
    """Factor of some rows of the matrix, within the span of vt."""
    q, r = np.linalg.qr(low_rank.u[rows] * low_rank.s)
    left, s, right = np.linalg.svd(r, full_matrices=False)
    rank = int(np.sum(s > 10 * np.finfo(s.dtype).eps * low_rank.s[0]))  # without what rounding leaves of zero
    # What the factor leaves out is noise, and taken as spread evenly.
    total = float(np.sum(s.astype(float) ** 2)) + low_rank.outside * len(rows) / len(low_rank.u)
    return replace(low_rank, u=(q @ left)[:, :rank], s=s[:rank], vt=(right @ low_rank.vt)[:rank], total=total)


def _standardize(rows: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows whose products are weighted Pearson correlations; 0 where a row is constant."""
    deviations = (rows - (rows @ weights / weights.sum())[:, None]) * np.sqrt(weights)
    lengths = np.linalg.norm(deviations, axis=1, keepdims=True)
    return np.asarray(deviations / np.where(lengths > 0, lengths, 1))
