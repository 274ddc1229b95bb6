"""Spectra as a matrix, and what those of arrays and of blocks have in common."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import FLOATING, array_of
from atomstat_widgets.brief import brief

Floats = NDArray[Any]


@brief
@dataclass(frozen=True, eq=False)
class Spectra:
    """One spectrum a row, scaled; and what leads back to the spectrum image.

    Attributes
    ----------
    matrix : array, (n, channels)
        Spectra of the pixels that are used, each divided by its `row_scale`, each channel by its `column_scale`; of a
        cube of dask or Zarr an array of dask.
    row_scale, column_scale : array, (n,) and (channels,)
    pixels : array of int, (n,)
        Which pixels these are, row after row of the map.
    map_shape : (int, int)
        Height and width of the map, after binning.
    channels : array, (channels,)
        Centres of the channels, in channels of the cube.
    shift : float
        What was added to all values.
    negative, lowest : int, float
        Number of negative values among those used before anything was done to them, and the lowest.
    """

    matrix: Floats
    row_scale: Floats
    column_scale: Floats
    pixels: NDArray[np.intp]
    map_shape: tuple[int, int]
    channels: NDArray[np.float64]
    shift: float
    negative: int
    lowest: float

    @property
    def values(self) -> Floats:
        """Spectra (n, channels) in the unit of the cube, shifted or clipped if they were."""
        return self.matrix * self.row_scale[:, None] * self.column_scale

    def maps(self, loadings: ArrayLike) -> Floats:
        """Loadings (n, k) of the pixels as maps (height, width, k), NaN where a pixel is not used.

        Raises
        ------
        TypeError, ValueError
            There is not one row of loadings for each pixel that is used.
        """
        rows: Floats = array_of(loadings, "loadings", dtype=FLOATING)
        if rows.ndim == 0 or len(rows) != len(self.pixels):
            raise ValueError(f"loadings have a row for each of {len(self.pixels)} pixels, got shape {rows.shape}")
        maps = np.full((self.map_shape[0] * self.map_shape[1], *rows.shape[1:]), np.nan, rows.dtype)
        maps[self.pixels] = rows
        return maps.reshape(*self.map_shape, *rows.shape[1:])


def channel_centres(first: int, binning: int, count: int) -> NDArray[np.float64]:
    """Centres of so many binned channels, in channels of the cube, of which the first is `first`."""
    return np.asarray(first + binning * (np.arange(count) + 0.5) - 0.5, np.float64)


def poisson_scales(of_pixels: Floats, of_channels: Floats, row_scale: Floats) -> tuple[Floats, Floats]:
    """Scales of rows and columns that give counts of these means (as scaled before) about the same noise."""
    if min(of_pixels.min(), of_channels.min()) < 0:
        raise ValueError("Poisson weighting is for counts: the mean of a pixel or a channel is negative")
    return row_scale * no_zeros(np.sqrt(of_pixels / (of_pixels.mean() or 1))), no_zeros(np.sqrt(of_channels))


def no_pixel_left() -> ValueError:
    """Error of a cube of which no spectrum can be used."""
    return ValueError("no pixel is left: all are masked, or hold NaN or infinite values")


def bin_spectra(data: Floats, used: NDArray[np.bool_], bins: tuple[int, ...]) -> tuple[Floats, NDArray[np.bool_]]:
    """Means over blocks, of the pixels that are used, and which blocks have any."""
    if bins == (1, 1, 1):
        return data, used
    height, width, count = (side // one for side, one in zip(data.shape, bins, strict=True))
    y, x, e = bins
    data = np.where(used[:, :, None], data, data.dtype.type(0))[: height * y, : width * x, : count * e]
    used = used[: height * y, : width * x]
    numbers = used.reshape(height, y, width, x).sum(axis=(1, 3))
    sums = data.reshape(height, y, width, x, count, e).sum(axis=(1, 3, 5))
    return sums / np.maximum(numbers, 1)[:, :, None].astype(data.dtype) / data.dtype.type(e), numbers > 0


def no_zeros(scale: Floats) -> Floats:
    """Scales that can be divided by: what is 0 anyway stays 0."""
    return np.where(scale > 0, scale, scale.dtype.type(1))
