"""What Gaussian mixtures sort, and how: the classes of crops and of spectra are found alike."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.reactive.image_model import RANK
from atomstat_widgets.reactive.methods import Trial
from atomstat_widgets.stat import Classes, LowRank, gmm, gmm_stability, prediction_strength

STARTS = 10


def principal_scores(low_rank: LowRank, dimensions: int) -> NDArray[np.float64]:
    """First principal scores (rows, dimensions) of a factor."""
    return np.asarray((low_rank.u * low_rank.s)[:, :dimensions], np.float64)


def mixture_of(scores: NDArray[np.floating], n_classes: int) -> Classes:
    """Sort scores (rows, dimensions) into classes, the same in whatever order the rows come."""
    order = np.lexsort(scores[:, :RANK].T[::-1])
    found = gmm(scores[order], n_classes, covariance=_covariance_for(scores), starts=STARTS)
    back = np.argsort(order)
    return replace(found, labels=found.labels[back], probabilities=found.probabilities[back])


def stability_of(scores: NDArray[np.floating], trial: Trial) -> float:
    """How alike the classes of two halves of the scores are."""
    covariance = _covariance_for(scores)
    return gmm_stability(scores, trial.n_components, covariance=covariance, progress=trial.progress)


def strength_of(scores: NDArray[np.floating], trial: Trial) -> float:
    """How well each class of one half of the scores is found in the other; of pixels, which are many, in few looks."""
    looks = {"starts": STARTS} if scores.shape[1] <= RANK else {"starts": 1, "repeats": 3}
    covariance = _covariance_for(scores)
    return prediction_strength(scores, trial.n_components, covariance=covariance, progress=trial.progress, **looks)


def _covariance_for(scores: NDArray[np.floating]) -> str:
    """One shape for all classes, so that a small one is not taken for the noise of a large one; of pixels AtomAI's."""
    return "tied" if scores.shape[1] <= RANK else "diag"
