"""Results as files that other programs can read."""

from os import PathLike

import numpy as np

from atomstat_widgets.data.image import Image
from atomstat_widgets.stat import Decomposition, WindowSpectra


def save_sliding_fft(
    path: str | PathLike[str], image: Image, spectra: WindowSpectra, decomposition: Decomposition
) -> None:
    """Write a sliding-FFT analysis to an .npz file.

    Parameters
    ----------
    path : str or path
        File to write; one that exists is replaced.
    image : Image
        What was analysed.
    spectra : WindowSpectra
    decomposition : Decomposition

    Notes
    -----
    The arrays are ``components`` (k, fy, fx), ``loading_maps`` (k, ny, nx), ``frequency_y`` and ``frequency_x`` (cycles
    per pixel), ``center_y`` and ``center_x`` (window centres, pixels), ``window`` and ``step`` (rows, columns),
    ``reconstruction_error``, ``image_name``, ``pixel_size`` (NaN where unknown) and ``unit``.
    """
    grid = spectra.grid
    frequency_y, frequency_x = spectra.frequencies
    center_y, center_x = grid.axes
    np.savez(
        path,
        components=spectra.unfold(decomposition.components),
        loading_maps=decomposition.loadings.T.reshape(-1, *grid.shape),
        frequency_y=frequency_y,
        frequency_x=frequency_x,
        center_y=center_y,
        center_x=center_x,
        window=grid.window,
        step=grid.step,
        reconstruction_error=decomposition.reconstruction_error,
        image_name=image.name,
        pixel_size=np.nan if image.pixel_size is None else image.pixel_size,
        unit=image.unit,
    )
