"""Methods of a local image analysis; another one is another object here."""

from functools import partial

from atomstat_widgets.reactive.crops_to_components import Components, Factor, classes_of, gmm_input
from atomstat_widgets.reactive.methods import (
    BIC,
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
from atomstat_widgets.reactive.mixtures import strength_of
from atomstat_widgets.stat import ica, largest_stable_in_a_row, nmf, nmf_strength, pca
from atomstat_widgets.stat.progress import Progress


def fit(factor: Factor, method: str, n_components: int, progress: Progress, **options: int) -> Components:
    """Read components or classes from the factor, as many as it has at most."""
    found: Components = METHODS[method].find(factor, min(n_components, factor.low_rank.rank), options, progress)
    return found


def _classes(factor: Factor, n_components: int, progress: Progress, gmm_dimensions: int) -> Components:
    return classes_of(factor, n_components, gmm_dimensions)


def _strength_of_parts(trial: Trial) -> float:
    return nmf_strength(trial.factor.low_rank, trial.n_components, progress=trial.progress)


def _strength_of_classes(trial: Trial) -> float:
    return strength_of(gmm_input(trial.factor, trial.parameters["gmm_dimensions"]), trial)


# The weakest component counts, and kinds within kinds do not.
_STABILITY = partial(STABILITY, advise=largest_stable_in_a_row)

METHODS = by_name(
    PCA(fit=lambda factor, n_components, progress: Components(pca(factor.low_rank, n_components))),
    ICA(fit=lambda factor, n_components, progress: Components(ica(factor.low_rank, n_components))),
    NMF(
        fit=lambda factor, n_components, progress: Components(nmf(factor.low_rank, n_components, progress=progress)),
        curves=(
            _STABILITY(measure=_strength_of_parts),
            ERROR(measure=lambda trial: trial.find().decomposition.reconstruction_error),
        ),
    ),
    GMM(
        tooltip="Gaussian mixture: classes of atoms",
        fit=_classes,
        options=("gmm_dimensions",),
        curves=(
            _STABILITY(measure=_strength_of_classes),
            BIC(label="BIC per atom", measure=lambda trial: trial.find().bic),
            VARIANCE,
        ),
    ),
)
