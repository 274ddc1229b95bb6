"""The analysis: arrays in, frozen results out. Rows are y, columns are x.

Every analysis is a chain of stages that can be kept and reused::

    spectra = sliding_fft(image, window=64, step=16)      # pieces
    low_rank = factorize(spectra.features, rank=24, weights=spectra.weights)
    result = nmf(low_rank, n_components=4)                # milliseconds for another count

`SlidingFFTNMF` is the same analysis behind the interface of ``atomai.stat``.
"""

from atomstat_widgets.stat.abundances import abundances
from atomstat_widgets.stat.atoms import Atoms, find_atoms
from atomstat_widgets.stat.crops import Crops, extract_crops, neighbour_distances, recentre_positions
from atomstat_widgets.stat.decomposition import Decomposition
from atomstat_widgets.stat.drift import estimate_drift, remove_drift
from atomstat_widgets.stat.elbow import elbow, largest_stable, lowest
from atomstat_widgets.stat.endmembers import nfindr, vca
from atomstat_widgets.stat.factor import LowRank, factorize
from atomstat_widgets.stat.gmm import Classes, gmm
from atomstat_widgets.stat.ica import ica
from atomstat_widgets.stat.image import normalize_image
from atomstat_widgets.stat.imlocal import imlocal
from atomstat_widgets.stat.kl_nmf import kl_nmf
from atomstat_widgets.stat.link import Tracks, link, nearest_steps
from atomstat_widgets.stat.matching import match_components, matching_signs
from atomstat_widgets.stat.motion import diffusion_coefficient, mean_squared_displacement, step_lengths
from atomstat_widgets.stat.movie_atoms import MovieAtoms, find_movie_atoms
from atomstat_widgets.stat.movie_crops import extract_movie_crops
from atomstat_widgets.stat.nmf import nmf
from atomstat_widgets.stat.otsu import otsu_threshold
from atomstat_widgets.stat.pca import explained_variance_ratio, pca, scree
from atomstat_widgets.stat.sliding_fft import WindowSpectra, sliding_fft, zoom_spectra
from atomstat_widgets.stat.sliding_fft_nmf import SlidingFFTNMF
from atomstat_widgets.stat.spectra import Spectra, take_spectra
from atomstat_widgets.stat.spectral_unmixer import SpectralUnmixer
from atomstat_widgets.stat.stability import gmm_stability, nmf_stability
from atomstat_widgets.stat.transitions import (
    TransitionCounts,
    TransitionMatrix,
    calculate_transition_matrix,
    count_transitions,
    implied_timescales,
    sum_transitions,
)
from atomstat_widgets.stat.unmixing import Unmixing, pure_spectra, unmix_nmf
from atomstat_widgets.stat.update_classes import update_classes
from atomstat_widgets.stat.windows import WindowGrid, automatic_window

__all__ = [
    "Atoms",
    "Classes",
    "Crops",
    "Decomposition",
    "LowRank",
    "MovieAtoms",
    "SlidingFFTNMF",
    "Spectra",
    "SpectralUnmixer",
    "Tracks",
    "TransitionCounts",
    "TransitionMatrix",
    "Unmixing",
    "WindowGrid",
    "WindowSpectra",
    "abundances",
    "automatic_window",
    "calculate_transition_matrix",
    "count_transitions",
    "diffusion_coefficient",
    "elbow",
    "estimate_drift",
    "explained_variance_ratio",
    "extract_crops",
    "extract_movie_crops",
    "factorize",
    "find_atoms",
    "find_movie_atoms",
    "gmm",
    "gmm_stability",
    "ica",
    "imlocal",
    "implied_timescales",
    "kl_nmf",
    "largest_stable",
    "link",
    "lowest",
    "match_components",
    "matching_signs",
    "mean_squared_displacement",
    "nearest_steps",
    "neighbour_distances",
    "nfindr",
    "nmf",
    "nmf_stability",
    "normalize_image",
    "otsu_threshold",
    "pca",
    "pure_spectra",
    "recentre_positions",
    "remove_drift",
    "scree",
    "sliding_fft",
    "step_lengths",
    "sum_transitions",
    "take_spectra",
    "unmix_nmf",
    "update_classes",
    "vca",
    "zoom_spectra",
]
