"""Spectra of spectrum images, and what they are made of."""

from atomstat_widgets.stat.spectra.spectra import take_spectra
from atomstat_widgets.stat.spectra.spectra_of import Spectra
from atomstat_widgets.stat.spectra.unmixing import Unmixing, pure_spectra, unmix_nmf

__all__ = [
    "Spectra",
    "Unmixing",
    "pure_spectra",
    "take_spectra",
    "unmix_nmf",
]
