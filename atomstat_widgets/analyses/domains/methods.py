"""Methods of a local image analysis; another one is another object here."""

from atomstat_widgets.reactive.crops_to_components import (
    Components,
    Factor,
    classes_of,
    covariance_for,
    gmm_input,
)
from atomstat_widgets.reactive.methods import BIC, ERROR, GMM, ICA, NMF, PCA, STABILITY, VARIANCE, Trial, by_name
from atomstat_widgets.stat import gmm_stability, ica, nmf, nmf_stability, pca
from atomstat_widgets.stat.progress import Progress


def fit(factor: Factor, method: str, n_components: int, progress: Progress, **options: int) -> Components:
    """Read components or classes from the factor."""
    found: Components = METHODS[method].find(factor, n_components, options, progress)
    return found


def _classes(factor: Factor, n_components: int, progress: Progress, gmm_dimensions: int) -> Components:
    return classes_of(factor, n_components, gmm_dimensions)


def _stability_of_classes(trial: Trial) -> float:
    scores = gmm_input(trial.factor, trial.parameters["gmm_dimensions"])
    covariance = covariance_for(scores)
    return gmm_stability(scores, trial.n_components, covariance=covariance, progress=trial.progress)


METHODS = by_name(
    PCA(fit=lambda factor, n_components, progress: Components(pca(factor.low_rank, n_components))),
    ICA(fit=lambda factor, n_components, progress: Components(ica(factor.low_rank, n_components))),
    NMF(
        fit=lambda factor, n_components, progress: Components(nmf(factor.low_rank, n_components, progress=progress)),
        curves=(
            STABILITY(
                measure=lambda trial: nmf_stability(trial.factor.low_rank, trial.n_components, progress=trial.progress)
            ),
            ERROR(measure=lambda trial: trial.find().decomposition.reconstruction_error),
        ),
    ),
    GMM(
        tooltip="Gaussian mixture: classes of atoms",
        fit=_classes,
        options=("gmm_dimensions",),
        curves=(
            STABILITY(measure=_stability_of_classes),
            BIC(label="BIC per atom", measure=lambda trial: trial.find().bic),
            VARIANCE,
        ),
    ),
)
