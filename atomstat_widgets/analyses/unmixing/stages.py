"""The stages of a spectral unmixing, each computed from the one before."""

from typing import Literal, NamedTuple

from atomstat_widgets.data import Cube
from atomstat_widgets.data.mask import Mask
from atomstat_widgets.reactive.image_model import RANK
from atomstat_widgets.stat import LowRank, Spectra, factorize, take_spectra
from atomstat_widgets.stat.progress import Progress


class Factor(NamedTuple):
    """Spectra, and their factor."""

    spectra: Spectra
    low_rank: LowRank


def spectra_of(
    _: None,
    cube: Cube,
    mask: Mask | None,
    signal_range: tuple[int, int] | None,
    bins: tuple[int, int],
    channel_binning: int,
    normalize: bool,
    weighting: bool,
    negative: Literal["keep", "clip", "shift"],
    progress: Progress,
) -> Spectra:
    """Take the spectra of the pixels and channels that are used, scaled."""
    return take_spectra(
        cube.array, mask=None if mask is None else mask.used, signal_range=signal_range,
        binning=(*bins, channel_binning), normalize=normalize, weighting="poisson" if weighting else None,
        negative=negative, progress=progress,
    )  # fmt: skip


def factor_of(spectra: Spectra, centred: bool, progress: Progress) -> Factor:
    """Factorize the spectra, or their deviations from the mean one."""
    return Factor(spectra, factorize(spectra.matrix, RANK, center=centred, progress=progress))
