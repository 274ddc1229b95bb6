"""Matrices: a factor of low rank, components read from it, and how many there are."""

from atomstat_widgets.stat.matrices._abundances import abundances
from atomstat_widgets.stat.matrices._elbow import elbow, largest_stable, largest_stable_in_a_row, lowest
from atomstat_widgets.stat.matrices._gmm import Classes, gmm
from atomstat_widgets.stat.matrices._ica import ica
from atomstat_widgets.stat.matrices._kl_nmf import kl_nmf
from atomstat_widgets.stat.matrices._nmf import nmf
from atomstat_widgets.stat.matrices._pca import explained_variance_ratio, pca, scree
from atomstat_widgets.stat.matrices.decomposition import Decomposition
from atomstat_widgets.stat.matrices.endmembers import nfindr, vca
from atomstat_widgets.stat.matrices.factor import factorize
from atomstat_widgets.stat.matrices.low_rank import LowRank
from atomstat_widgets.stat.matrices.matching import match_components, matching_signs
from atomstat_widgets.stat.matrices.stability import gmm_stability, nmf_stability, nmf_strength, prediction_strength

__all__ = [
    "Classes",
    "Decomposition",
    "LowRank",
    "abundances",
    "elbow",
    "explained_variance_ratio",
    "factorize",
    "gmm",
    "gmm_stability",
    "ica",
    "kl_nmf",
    "largest_stable",
    "largest_stable_in_a_row",
    "lowest",
    "match_components",
    "matching_signs",
    "nfindr",
    "nmf",
    "nmf_stability",
    "nmf_strength",
    "pca",
    "prediction_strength",
    "scree",
    "vca",
]
