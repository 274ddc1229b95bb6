"""AtomAI's documented interface, ``atomai.stat``, above the analysis.

The names are those of AtomAI; `atomstat_widgets.stat` offers them too.
"""

from atomstat_widgets.atomai._imlocal import imlocal
from atomstat_widgets.atomai._update_classes import update_classes
from atomstat_widgets.atomai.sliding_fft_nmf import SlidingFFTNMF
from atomstat_widgets.atomai.spectral_unmixer import SpectralUnmixer

__all__ = [
    "SlidingFFTNMF",
    "SpectralUnmixer",
    "imlocal",
    "update_classes",
]
