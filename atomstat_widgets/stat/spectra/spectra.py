"""Spectra of a spectrum image, as a matrix that components can be read from."""

import reprlib
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, progress_of, switch_of, whole_of, word_of
from atomstat_widgets.stat.blocks import as_dask, in_blocks
from atomstat_widgets.stat.progress import Progress, unreported
from atomstat_widgets.stat.spectra.spectra_of import (
    Spectra,
    bin_spectra,
    channel_centres,
    no_pixel_left,
    no_zeros,
    poisson_scales,
)

Floats = NDArray[Any]


def take_spectra(
    cube: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    signal_range: tuple[int, int] | None = None,
    binning: int | tuple[int, int, int] = 1,
    normalize: bool = False,
    weighting: Literal["poisson"] | None = None,
    negative: Literal["keep", "clip", "shift"] = "keep",
    progress: Progress = unreported,
) -> Spectra:
    """Take the spectra out of a spectrum image.

    Parameters
    ----------
    cube : array, (height, width, channels)
        Rows are y, columns are x. A pixel with NaN or infinite values in the range is not used. Of dask or Zarr the
        matrix is an array of dask, computed block by block whenever it is asked for.
    mask : array of bool, (height, width), optional
        Pixels to use; all by default.
    signal_range : (int, int), optional
        First channel to use, and the one after the last.
    binning : int or (int, int, int)
        Pixels or channels whose mean becomes one, along y, x and the channels, or along all of them; what is left
        over at the end is not used, and of the pixels only those that can be.
    normalize : bool
        Divide each spectrum by its sum of absolute values.
    weighting : {"poisson"}, optional
        Divide by the square roots of the mean spectrum and of the mean of each pixel, so that all values of counts have
        about the same noise [1]_.
    negative : {"keep", "clip", "shift"}
        What to do with negative values: nothing, set them to 0, or add their lowest to all.
    progress : callable
        Called with the fraction done of the looks at a cube of dask or Zarr; an exception it raises stops them.

    Returns
    -------
    Spectra
        float32, or float64 where the cube is of that type.

    Raises
    ------
    TypeError, ValueError
        The cube is no real array of three dimensions; mask, range or binning do not fit it; no pixel is left; Poisson
        weighting meets a negative mean; weighting or negative are other words.

    References
    ----------
    .. [1] Keenan & Kotula, Surf. Interface Anal. 36, 203 (2004).

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> cube = np.ones((4, 6, 10))
    >>> stat.take_spectra(cube, binning=2, signal_range=(2, 8)).matrix.shape
    (6, 3)
    """
    data = array_of(cube, "cube", "(height, width, channels)", empty=False, stored=in_blocks(cube))
    if in_blocks(cube):
        data = as_dask(data)
    progress_of(progress)
    normalize = switch_of(normalize, "normalize")
    word_of(weighting, "weighting", ("poisson", None))
    word_of(negative, "negative", ("keep", "clip", "shift"))
    height, width, count = data.shape
    first, last = (0, count) if signal_range is None else _whole_numbers(signal_range, "signal_range", 2)
    if not 0 <= first < last <= count:
        raise ValueError(f"signal_range is within channels 0 to {count}, got {first} to {last}")
    used = np.ones((height, width), bool) if mask is None else array_of(mask, "mask")
    if used.shape != (height, width) or used.dtype != bool:
        raise ValueError(f"the mask is a bool array of shape {(height, width)}, got {used.dtype} of shape {used.shape}")
    data = data[:, :, first:last]
    bins = _whole_numbers(binning, "binning", 3)
    if not all(1 <= one <= side for one, side in zip(bins, data.shape, strict=True)):
        raise ValueError(f"binning is 1 to the length of each axis, {data.shape}, got {binning}")
    if in_blocks(cube):
        from atomstat_widgets.stat.spectra.block_spectra import spectra_of_blocks

        return spectra_of_blocks(data, used, first, bins, normalize, weighting, negative, progress)
    data = data.astype(data.dtype if data.dtype == np.float64 else np.float32)
    used = used & np.isfinite(data).all(axis=2)
    data, used = bin_spectra(data, used, bins)
    if not used.any():
        raise no_pixel_left()

    values = data[used]
    below = values < 0
    n_negative, lowest = int(below.sum()), float(values.min())
    shift = -lowest if negative == "shift" and n_negative else 0.0
    if negative == "clip":
        values[below] = 0
    values += values.dtype.type(shift)
    row_scale, column_scale = np.ones(len(values), values.dtype), np.ones(values.shape[1], values.dtype)
    if normalize:
        row_scale = no_zeros(np.abs(values).sum(axis=1))
    if weighting == "poisson":
        means = values.mean(axis=1) / row_scale, (values / row_scale[:, None]).mean(axis=0)
        row_scale, column_scale = poisson_scales(*means, row_scale)
    values /= row_scale[:, None]
    values /= column_scale
    channels = channel_centres(first, bins[2], values.shape[1])
    shape = (used.shape[0], used.shape[1])
    return Spectra(values, row_scale, column_scale, np.flatnonzero(used), shape, channels, shift, n_negative, lowest)


def _whole_numbers(given: Any, name: str, count: int) -> tuple[int, ...]:
    """So many whole numbers; one stands for all, but for a range, which is two."""
    several = isinstance(given, (list, tuple)) or (isinstance(given, np.ndarray) and given.ndim > 0)
    values = tuple(given) if several else (given,) * count
    if len(values) != count:
        raise ValueError(f"{name} is given by {count} whole numbers, got {reprlib.repr(given)}")
    return tuple(whole_of(one, name) for one in values)
