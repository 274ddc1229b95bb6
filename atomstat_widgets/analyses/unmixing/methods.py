"""Methods of a spectral unmixing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from atomstat_widgets.analyses.unmixing.stages import Factor
from atomstat_widgets.reactive.methods import (
    COMPONENTS,
    ERROR,
    GMM,
    ICA,
    NMF,
    NMF_STABILITY,
    PCA,
    STABILITY,
    VARIANCE,
    Trial,
    by_name,
)
from atomstat_widgets.reactive.mixtures import mixture_of, principal_scores, stability_of
from atomstat_widgets.stat import Decomposition, LowRank, Unmixing, ica, nmf, pca, unmix_nmf
from atomstat_widgets.stat.progress import Progress
from atomstat_widgets.stat.spectra.unmixing import Loss, Start, make_unmixing, of_classes

GMM_DIMENSIONS = 4
ABUNDANCES = replace(COMPONENTS, amount="abundance", amounts="abundances")
# The mean and k - 1 deviations make k spectra: an elbow would not tell how many there are.
UNJUDGED = replace(VARIANCE, advise=lambda counts, values: None)


def unmix(factor: Factor, method: str, n_components: int, progress: Progress, **options: object) -> Unmixing:
    """Read components or classes from the factor."""
    unmixing: Unmixing = METHODS[method].find(factor, n_components, options, progress)
    return unmixing


def _by(decompose: Callable[[LowRank, int], Decomposition]) -> Callable[[Factor, int, Progress], Unmixing]:
    """Fit of a method that reads components from the factor alone."""

    def fit(factor: Factor, n_components: int, progress: Progress) -> Unmixing:
        return make_unmixing(factor.spectra, decompose(factor.low_rank, n_components), factor.low_rank)

    return fit


def _nmf(
    factor: Factor,
    n_components: int,
    progress: Progress,
    loss: Loss,
    start_from: Start | Literal["none"],
    smooth: float,
    sum_to_one: bool,
) -> Unmixing:
    return unmix_nmf(
        *factor, n_components, loss=loss, start_from=None if start_from == "none" else start_from, smooth=smooth,
        sum_to_one=sum_to_one, progress=progress,
    )  # fmt: skip


def _gmm(factor: Factor, n_components: int, progress: Progress) -> Unmixing:
    classes = mixture_of(principal_scores(factor.low_rank, GMM_DIMENSIONS), n_components)
    return of_classes(factor.spectra, classes.labels - 1, classes.probabilities, classes.converged)


def _error(trial: Trial) -> float:
    """Of plain NMF, whatever its options are."""
    return nmf(trial.factor.low_rank, trial.n_components, progress=trial.progress).reconstruction_error


def _stability_of_classes(trial: Trial) -> float:
    return stability_of(principal_scores(trial.factor.low_rank, GMM_DIMENSIONS), trial)


METHODS = by_name(
    NMF(
        words=ABUNDANCES, fit=_nmf, options=("loss", "start_from", "smooth", "sum_to_one"),
        curves=(NMF_STABILITY, ERROR(measure=_error)),
    ),
    PCA(words=ABUNDANCES, fit=_by(pca), curves=(UNJUDGED,)),
    ICA(words=ABUNDANCES, fit=_by(ica), curves=(UNJUDGED,)),
    GMM(
        tooltip="Gaussian mixture: classes of pixels", fit=_gmm,
        curves=(STABILITY(measure=_stability_of_classes),),
    ),
)  # fmt: skip
