"""One way in for images: checked, grey, between 0 and 1."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Luminance of linear sRGB primaries (ITU-R BT.709), as scikit-image's rgb2gray and so AtomAI.
LUMINANCE = (0.2125, 0.7154, 0.0721)


def normalize_image(image: NDArray[Any]) -> NDArray[np.float32]:
    """Check an image, make it grey and stretch it to 0..1.

    Parameters
    ----------
    image : array, (height, width) or (height, width, channels)
        Rows are y, columns are x. Three or four channels are RGB(A): grey is their luminance and
        alpha is ignored; of one or two channels grey is the mean, as in AtomAI.

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
    """
    image = np.asarray(image)
    if image.dtype.kind not in "buif":
        raise TypeError(f"an image needs real numbers as pixels, got dtype {image.dtype}")
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
    _require_finite(image)
    if image.ndim == 3:
        image = _gray(image)

    low, high = float(image.min()), float(image.max())
    if low == high:
        raise ValueError(f"all {image.size} pixels of the image are equal ({low:g}): there is nothing to analyse")
    if not np.isfinite(high - low):
        raise ValueError(f"the range of the image, {low:g} to {high:g}, is too large for floating point")
    # float32 holds the pixels of every detector once the offset is gone; subtract before narrowing.
    stretched = np.subtract(image, low, dtype=np.float64)
    stretched /= high - low
    return stretched.astype(np.float32)


def _require_finite(image: NDArray[Any]) -> None:
    bad = ~np.isfinite(image)
    count = int(bad.sum())
    if count:
        first = ", ".join(
            f"{name} {index}"
            for name, index in zip(("row", "column", "channel"), np.argwhere(bad)[0].tolist(), strict=False)
        )
        raise ValueError(f"{count} of {image.size} pixels are NaN or infinite, the first at {first}")


def _gray(image: NDArray[Any]) -> NDArray[np.float64]:
    if image.shape[2] < 3:
        return np.asarray(image.mean(axis=2, dtype=np.float64))
    return np.asarray(image[..., :3] @ np.array(LUMINANCE))
