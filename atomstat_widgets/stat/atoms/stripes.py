"""Noise by rows or columns, which scanning leaves: what a whole row has more or less than the others."""

import numpy as np
from scipy import fft

from atomstat_widgets.stat.atoms.maxima import Float32, Floats
from atomstat_widgets.stat.lattice.tiles import Tiles

STRIPED = 1.0  # of the ground: what is added to it along an axis of the spectrum
LOW = 0.7  # of the lowest frequency of the lattice: below, rows differ as the sample does
ALONG = 4.0  # periods along a row, below which a spot shows in the mean of the row under a taper
# Periods beside such a spot, across and along: waves that describe a lattice that ends in the image or is not even.
ACROSS_SPOT, ALONG_SPOT = (-1.0, -0.5, 0.0, 0.5, 1.0), (-0.5, 0.0, 0.5)
ALIKE = 1e-3  # of the most different waves: those that are more alike are one


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
    by_row = float(tiles.streaks[tiles.side // 4, 0])
    by_column = float(tiles.streaks[0, tiles.side // 4])
    lowest = LOW * float(np.linalg.norm(frequencies, axis=1).min())
    flat = pixels
    for axis, added in ((0, by_row), (1, by_column)):
        if added <= STRIPED:
            continue
        turned, spots = (flat, frequencies) if axis == 0 else (flat.T, frequencies[:, ::-1])
        waves = fft.dct(_more_than_lattice(turned, spots, added))
        waves[np.arange(len(waves)) / (2 * len(waves)) < lowest] = 0
        flat = flat - np.expand_dims(fft.idct(waves), 1 - axis).astype(np.float32)
    return None if flat is pixels else flat


def _more_than_lattice(pixels: Float32, frequencies: Floats, added: float) -> Floats:
    """Mean of each row (height,) under a taper, less that of the waves of a lattice.

    The waves are fitted by least squares to what differs along the rows, and to the means of the rows as far as these
    are more than noise by rows, whose power over that of other noise is `added`.
    """
    height, width = pixels.shape
    across = np.hanning(width + 2)[1:-1] / (width + 1) * 2
    means: Floats = pixels @ across
    seen = frequencies[np.abs(frequencies[:, 1]) * width < ALONG]
    if len(seen) == 0:
        return means
    beside = np.stack(np.meshgrid(ACROSS_SPOT, ALONG_SPOT, indexing="ij"), axis=-1).reshape(-1, 2) / [height, width]
    places = (seen[:, None] + beside).reshape(-1, 2)
    places = np.concatenate([places, -places])
    y, x = (
        np.exp(2j * np.pi * np.arange(side)[:, None] * one) for side, one in zip(pixels.shape, places.T, strict=True)
    )
    told = added / (1 + added)  # of a mean: what noise by rows explains
    in_mean = across @ x
    alike = y.conj().T @ y
    alike *= (x.conj().T * across) @ x - told * np.outer(in_mean.conj(), in_mean)
    # The mean of the image is no wave of the lattice.
    level = float(means.mean())
    right = np.einsum("yn,yn->n", y.conj(), (pixels - level) @ (across[:, None] * x.conj()))
    right -= told * in_mean.conj() * (y.conj().T @ (means - level))
    heights = np.linalg.pinv(alike, rcond=ALIKE, hermitian=True) @ right
    return np.asarray(means - (y @ (heights * in_mean)).real, np.float64)
