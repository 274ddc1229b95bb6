"""Which pixels of a spectrum image are used."""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.brief import brief


@brief
@dataclass(frozen=True, eq=False)
class Mask:
    """Pixels to use, (height, width): equal only to itself, so that what is computed can be kept for it."""

    used: NDArray[np.bool_]

    def __str__(self) -> str:
        return f"of {np.count_nonzero(self.used):,} pixels"

    @property
    def packed(self) -> dict[str, Any]:
        """Form for JSON, see `unpacked`."""
        bits = zlib.compress(np.packbits(self.used).tobytes(), 9)
        return {"shape": list(self.used.shape), "bits": base64.b64encode(bits).decode()}


def unpacked(mask: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Mask (height, width) from the form it has in JSON.

    Raises
    ------
    ValueError
        It is not of that form.
    """
    try:
        height, width = (int(side) for side in mask["shape"])
        wanted = -(-height * width // 8)
        bits = zlib.decompressobj().decompress(base64.b64decode(mask["bits"], validate=True), wanted + 1)
        if min(height, width) < 1 or len(bits) != wanted:
            raise ValueError(f"{len(bits)} bytes for {height} × {width} pixels")
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise ValueError(f"no mask, which has shape and bits: {error}") from error
    used = np.unpackbits(np.frombuffer(bits, np.uint8), count=height * width)
    return used.reshape(height, width).astype(bool)
