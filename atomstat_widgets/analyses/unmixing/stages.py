"""The stages of a spectral unmixing, each computed from the one before."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.data import Cube
from atomstat_widgets.data.mask import Mask
from atomstat_widgets.reactive.crops_to_components import covariance_for
from atomstat_widgets.reactive.image_model import RANK
from atomstat_widgets.stat import (
    LowRank,
    Spectra,
    Unmixing,
    factorize,
    gmm,
    gmm_stability,
    ica,
    nmf,
    nmf_stability,
    pca,
    take_spectra,
    unmix_nmf,
)
from atomstat_widgets.stat.progress import Progress
from atomstat_widgets.stat.spectra.unmixing import of_classes, unmixed

GMM_DIMENSIONS, GMM_STARTS = 4, 10


def spectra_of(
    _: None,
    cube: Cube,
    mask: Mask | None,
    signal_range: tuple[int, int] | None,
    bins: tuple[int, int],
    channel_binning: int,
    normalize: bool,
    weighting: bool,
    negative: str,
    progress: Progress,
) -> Spectra:
    """Take the spectra of the pixels and channels that are used, scaled."""
    return take_spectra(
        cube.array, mask=None if mask is None else mask.used, signal_range=signal_range,
        binning=(*bins, channel_binning), normalize=normalize, weighting="poisson" if weighting else None,
        negative=negative, progress=progress,
    )  # fmt: skip


def factor_of(spectra: Spectra, centred: bool, progress: Progress) -> tuple[Spectra, LowRank]:
    """Factorize the spectra, or their deviations from the mean one."""
    return spectra, factorize(spectra.matrix, RANK, center=centred, progress=progress)


def unmix(
    factored: tuple[Spectra, LowRank],
    method: str,
    n_components: int,
    loss: str,
    start_from: str,
    smooth: float,
    sum_to_one: bool,
    progress: Progress,
) -> Unmixing:
    """Read components or classes from the factor."""
    spectra, low_rank = factored
    if method == "NMF":
        return unmix_nmf(
            spectra, low_rank, n_components, loss=loss, smooth=smooth, sum_to_one=sum_to_one,
            start_from=None if start_from == "none" else start_from, progress=progress,
        )  # fmt: skip
    if method == "GMM":
        scores = _gmm_input(low_rank)
        classes = gmm(scores, n_components, covariance=covariance_for(scores), starts=GMM_STARTS)
        return of_classes(spectra, classes.labels - 1, classes.probabilities, classes.converged)
    return unmixed(spectra, (pca if method == "PCA" else ica)(low_rank, n_components), low_rank)


def _gmm_input(low_rank: LowRank) -> NDArray[np.float64]:
    """Principal scores that classes are told apart by."""
    return np.asarray((low_rank.u * low_rank.s)[:, :GMM_DIMENSIONS], np.float64)


def qualities(method: str, k: int, low_rank: LowRank, wait: Progress) -> list[tuple[str, Callable[[], float]]]:
    """Names of what tells a good number of components, and how to compute each."""
    if method == "NMF":
        return [
            ("error", lambda: nmf(low_rank, k, progress=wait).reconstruction_error),
            ("stability", lambda: nmf_stability(low_rank, k, progress=wait)),
        ]
    if method == "GMM":
        scores = _gmm_input(low_rank)
        return [("stability", lambda: gmm_stability(scores, k, covariance=covariance_for(scores), progress=wait))]
    return []
