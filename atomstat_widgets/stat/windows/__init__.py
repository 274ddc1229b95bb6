"""Windows that slide over an image, and their Fourier spectra."""

from atomstat_widgets.stat.windows._sliding_fft import WindowSpectra, sliding_fft, zoom_spectra
from atomstat_widgets.stat.windows.grid import WindowGrid, automatic_window
from atomstat_widgets.stat.windows.lattice_window import WindowChoice, choose_window

__all__ = [
    "WindowChoice",
    "WindowGrid",
    "WindowSpectra",
    "automatic_window",
    "choose_window",
    "sliding_fft",
    "zoom_spectra",
]
