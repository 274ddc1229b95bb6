"""Windows that slide over an image, and their Fourier spectra."""

from atomstat_widgets.stat.windows._sliding_fft import WindowSpectra, sliding_fft, zoom_spectra
from atomstat_widgets.stat.windows.grid import WindowGrid, automatic_window

__all__ = [
    "WindowGrid",
    "WindowSpectra",
    "automatic_window",
    "sliding_fft",
    "zoom_spectra",
]
