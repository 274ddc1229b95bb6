"""One way in for images: checked, grey, between 0 and 1."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of
from atomstat_widgets.stat.blocks import as_dask, compute, in_blocks
from atomstat_widgets.stat.progress import Progress, unreported

# Luminance of linear sRGB primaries (ITU-R BT.709), as scikit-image's rgb2gray and so AtomAI.
LUMINANCE = (0.2125, 0.7154, 0.0721)


def normalize_image(image: ArrayLike) -> NDArray[np.float32]:
    """Check an image, make it grey and stretch it to 0..1.

    Parameters
    ----------
    image : array, (height, width) or (height, width, channels)
        Rows are y, columns are x. Three or four channels are RGB(A): grey is their luminance and
        alpha is ignored; of one or two channels grey is the mean, as in AtomAI. Of dask or Zarr it is read once
        here, and the result is an array of dask.

    Returns
    -------
    array, (height, width), float32
        The smallest pixel is 0, the largest 1.

    Raises
    ------
    TypeError
        The pixels are not real numbers.
    ValueError
        The image is empty, has another number of dimensions or channels, holds NaN or infinite
        pixels (the message says how many, and where the first is), or all its pixels are equal.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.normalize_image([[10, 20], [30, 50]])
    array([[0.  , 0.25],
           [0.5 , 1.  ]], dtype=float32)
    """
    if in_blocks(image):
        lazy: NDArray[np.float32] = normalize_blocks(image)
        return lazy
    pixels = array_of(image, "image")
    _require_image(pixels)
    _require_finite(pixels)
    if pixels.ndim == 3:
        pixels = _gray(pixels)
    low, high = float(pixels.min()), float(pixels.max())
    _require_range(low, high, pixels.size)
    return _stretch(pixels, low, high)


def normalize_around_gaps(image: ArrayLike) -> tuple[NDArray[np.float32], NDArray[np.bool_] | None]:
    """Normalise an image that may have places without data: NaN or infinite, which become the median of the others.

    Parameters
    ----------
    image : array, (height, width) or (height, width, channels)
        See `normalize_image`.

    Returns
    -------
    pixels : array, (height, width), float32
    gaps : array, (height, width), bool, or None
        Where there are no data; None where there are data everywhere.

    Raises
    ------
    TypeError, ValueError
        See `normalize_image`; no pixel is finite.
    """
    values = array_of(image, "image")
    missing = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(1, bool)
    if not missing.any() or missing.all():
        return normalize_image(values), None
    _require_image(values)
    known = values[~missing]
    _require_range(float(known.min()), float(known.max()), known.size, "pixels with data")
    pixels = normalize_image(np.where(missing, np.median(known), values))
    return pixels, np.asarray(missing.any(axis=2) if missing.ndim == 3 else missing)


def normalize_blocks(image: Any, progress: Progress = unreported) -> Any:
    """Normalise an image of dask or Zarr, see `normalize_image`, with progress in the one look at all of it."""
    import dask.array as da

    image = as_dask(array_of(image, "image", stored=True))
    _require_image(image)
    finite = da.isfinite(image).all(axis=2) if image.ndim == 3 else da.isfinite(image)
    gray = _gray(image) if image.ndim == 3 else image
    all_finite, low, high = compute([finite.all(), gray.min(), gray.max()], progress)
    if not all_finite:
        _require_finite(image)
    low, high = float(low), float(high)
    _require_range(low, high, gray.size)
    return gray.map_blocks(_stretch, low, high, dtype=np.float32)


def _require_image(image: Any) -> None:
    if image.size == 0:
        raise ValueError(f"the image is empty: its shape is {image.shape}")
    if image.ndim not in (2, 3):
        raise ValueError(
            f"an image has 2 dimensions (height, width) or 3 with colour, got {image.ndim}: shape {image.shape}"
        )
    if image.ndim == 3 and image.shape[2] > 4:
        raise ValueError(
            f"shape {image.shape} is no colour image: colour has at most 4 channels, in the last dimension. "
            "Choose one image of the stack."
        )


def _require_range(low: float, high: float, size: int, those: str = "pixels of the image") -> None:
    if low == high:
        raise ValueError(f"all {size} {those} are equal ({low:g}): there is nothing to analyse")
    if not np.isfinite(high - low):
        raise ValueError(f"the range of the image, {low:g} to {high:g}, is too large for floating point")


def _stretch(image: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
    # float32 holds the pixels of every detector once the offset is gone; subtract before narrowing.
    stretched = np.subtract(image, low, dtype=np.float64)
    stretched /= high - low
    return np.asarray(stretched, np.float32)


def _require_finite(image: Any) -> None:
    bad = ~np.isfinite(image)
    count = int(bad.sum())
    if count:
        where = np.unravel_index(int(bad.argmax()), image.shape)
        first = ", ".join(f"{name} {index}" for name, index in zip(("row", "column", "channel"), where, strict=False))
        raise ValueError(f"{count} of {image.size} pixels are NaN or infinite, the first at {first}")


def _gray(image: Any) -> Any:
    if image.shape[2] < 3:
        return image.mean(axis=2, dtype=np.float64)
    return image[..., :3] @ np.array(LUMINANCE)
