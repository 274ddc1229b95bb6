"""Methods of a spectral unmixing."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.reactive.crops_to_components import GMM_STARTS, covariance_for
from atomstat_widgets.reactive.methods import (
    COMPONENTS,
    ERROR,
    GMM,
    ICA,
    NMF,
    PCA,
    STABILITY,
    VARIANCE,
    Trial,
    by_name,
)
from atomstat_widgets.stat import (
    LowRank,
    Spectra,
    Unmixing,
    gmm,
    gmm_stability,
    ica,
    nmf,
    nmf_stability,
    pca,
    unmix_nmf,
)
from atomstat_widgets.stat.progress import Progress
from atomstat_widgets.stat.spectra.unmixing import of_classes, unmixed

GMM_DIMENSIONS = 4
ABUNDANCES = replace(COMPONENTS, amount="abundance", amounts="abundances")
# The mean and k - 1 deviations make k spectra: an elbow would not tell how many there are.
UNJUDGED = replace(VARIANCE, advise=lambda counts, values: None)

Factored = tuple[Spectra, LowRank]


def unmix(factored: Factored, method: str, n_components: int, progress: Progress, **options: object) -> Unmixing:
    """Read components or classes from the factor."""
    unmixing: Unmixing = METHODS[method].find(factored, n_components, options, progress)
    return unmixing


def _pca(factored: Factored, n_components: int, progress: Progress) -> Unmixing:
    spectra, low_rank = factored
    return unmixed(spectra, pca(low_rank, n_components), low_rank)


def _ica(factored: Factored, n_components: int, progress: Progress) -> Unmixing:
    spectra, low_rank = factored
    return unmixed(spectra, ica(low_rank, n_components), low_rank)


def _nmf(
    factored: Factored,
    n_components: int,
    progress: Progress,
    loss: str,
    start_from: str,
    smooth: float,
    sum_to_one: bool,
) -> Unmixing:
    return unmix_nmf(
        *factored, n_components, loss=loss, start_from=None if start_from == "none" else start_from, smooth=smooth,
        sum_to_one=sum_to_one, progress=progress,
    )  # fmt: skip


def _gmm(factored: Factored, n_components: int, progress: Progress) -> Unmixing:
    spectra, low_rank = factored
    scores = _gmm_input(low_rank)
    classes = gmm(scores, n_components, covariance=covariance_for(scores), starts=GMM_STARTS)
    return of_classes(spectra, classes.labels - 1, classes.probabilities, classes.converged)


def _gmm_input(low_rank: LowRank) -> NDArray[np.float64]:
    """Principal scores that classes are told apart by."""
    return np.asarray((low_rank.u * low_rank.s)[:, :GMM_DIMENSIONS], np.float64)


def _error(trial: Trial) -> float:
    """Of plain NMF, whatever its options are."""
    return nmf(trial.factor[1], trial.n_components, progress=trial.progress).reconstruction_error


def _stability(trial: Trial) -> float:
    return nmf_stability(trial.factor[1], trial.n_components, progress=trial.progress)


def _stability_of_classes(trial: Trial) -> float:
    scores = _gmm_input(trial.factor[1])
    return gmm_stability(scores, trial.n_components, covariance=covariance_for(scores), progress=trial.progress)


METHODS = by_name(
    NMF(
        words=ABUNDANCES, fit=_nmf, options=("loss", "start_from", "smooth", "sum_to_one"),
        curves=(STABILITY(measure=_stability), ERROR(measure=_error)),
    ),
    PCA(words=ABUNDANCES, fit=_pca, curves=(UNJUDGED,)),
    ICA(words=ABUNDANCES, fit=_ica, curves=(UNJUDGED,)),
    GMM(
        tooltip="Gaussian mixture: classes of pixels", fit=_gmm,
        curves=(STABILITY(measure=_stability_of_classes),),
    ),
)  # fmt: skip
