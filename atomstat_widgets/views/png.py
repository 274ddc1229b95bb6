"""Arrays as PNG, written for speed: on one machine the network is free and compression is not."""

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def indexed_png(indices: NDArray[np.uint8], colors: NDArray[np.uint8], alpha: NDArray[np.uint8] | None = None) -> bytes:
    """Picture (height, width) of indices into colours (n, 3), each with its alpha (n,); opaque by default."""
    picture = Image.fromarray(indices)
    picture.putpalette(colors.tobytes())  # turns the grey picture into one with a palette
    return _save(picture, {} if alpha is None else {"transparency": alpha.tobytes()})


def rgba_png(pixels: NDArray[np.uint8]) -> bytes:
    """Picture of pixels (height, width, 4)."""
    return _save(Image.fromarray(pixels), {})


def _save(picture: Image.Image, options: dict[str, Any]) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "PNG", compress_level=1, **options)
    return buffer.getvalue()
