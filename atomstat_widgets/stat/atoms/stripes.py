"""Noise by rows or columns, which scanning leaves: what a whole row has more or less than the others."""

import numpy as np
from scipy import fft

from atomstat_widgets.stat.atoms.maxima import Float32, Floats
from atomstat_widgets.stat.lattice.tiles import Tiles

STRIPED = 1.0  # of the ground: what is added to it along an axis of the spectrum
LOW = 0.5  # of the lowest frequency of the lattice: below, rows differ as the sample does
ALONG = 10.0  # periods along a row, below which a spot shows in the mean of the row
BESIDE = 3.0  # periods along a column, from such a spot


def without_stripes(pixels: Float32, tiles: Tiles, frequencies: Floats) -> Float32 | None:
    """Subtract from each row, and from each column, what its mean has more than a lattice with these spots gives it.

    Parameters
    ----------
    pixels : array, (height, width), float32
    tiles : Tiles
        Of these pixels.
    frequencies : array, (n, 2)
        Spots (fy, fx), in periods per pixel.

    Returns
    -------
    array, (height, width), float32, or None
        None where the spectrum has no more power along its axes than beside them, or there is no lattice.
    """
    if len(frequencies) == 0:
        return None
    by_row = float(np.median(tiles.streaks[:, tiles.side // 4, 0]))
    by_column = float(np.median(tiles.streaks[:, 0, tiles.side // 4]))
    lowest = LOW * float(np.linalg.norm(frequencies, axis=1).min())
    flat = pixels
    for axis, added in ((0, by_row), (1, by_column)):
        if added <= STRIPED:
            continue
        waves = fft.dct(flat.mean(axis=1 - axis, dtype=np.float64))
        at = np.arange(len(waves)) / (2 * len(waves))
        across, along = np.abs(frequencies[:, axis]), np.abs(frequencies[:, 1 - axis])
        seen = across[along * pixels.shape[1 - axis] < ALONG]
        waves[at < lowest] = 0
        waves[(np.abs(at[:, None] - seen) < BESIDE / len(waves)).any(axis=1)] = 0
        flat = flat - np.expand_dims(fft.idct(waves), 1 - axis).astype(np.float32)
    return None if flat is pixels else flat
