"""What the gain and offset of a frame, or of a crop, do to pixels, taken off again."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import switch_of, word_of

Normalization = Literal["frame", "crop", "none"]
NORMALIZATIONS = FRAME, CROP, NONE = "frame", "crop", "none"
DARK, MIDDLE, BRIGHT = 0.05, 0.5, 0.95  # quantiles of a frame that a few bright atoms, or dirt, do not move
FLAT = 0.05  # of the whole range: where these quantiles are closer, atoms are on fewer pixels than that
ENOUGH = 512  # rows and columns that are looked at for the quantiles

Float32 = NDArray[np.float32]


def normalization_of(value: Any, name: str = "normalize") -> str:
    """One of the `NORMALIZATIONS`; True and False, which there were before, are "crop" and "none".

    Raises
    ------
    ValueError
        It is another.
    """
    if isinstance(value, str) or value is None:
        return str(word_of(value, name, NORMALIZATIONS))
    try:
        return CROP if switch_of(value, name) else NONE
    except TypeError:
        return str(word_of(value, name, NORMALIZATIONS))


def normalize_frames(stack: Float32) -> Float32:
    """Take gain and offset off each frame of a stack.

    Parameters
    ----------
    stack : array, (frames, height, width, channels)
        NaN where a pixel is missing.

    Returns
    -------
    array, (frames, height, width, channels)
        The median of each frame is 0, and from its dark to its bright pixels it is 1: between quantiles, which the few
        atoms that change do not move. Of a frame that is flat but for them, as a network's output may be, between the
        lowest pixel and the highest. A constant frame is 0.
    """
    normalized = np.empty_like(stack)
    for frame, one in zip(stack, normalized, strict=True):
        middle, scale = _levels(frame)
        np.subtract(frame, middle, out=one)
        one /= scale
    return normalized


def _levels(frame: Float32) -> tuple[np.float32, np.float32]:
    """Median of a frame, and what its gain is in proportion to; 0 and 1 where no pixel is known."""
    some = frame[:: -(-frame.shape[0] // ENOUGH), :: -(-frame.shape[1] // ENOUGH)]
    known = some[~np.isnan(some)].astype(np.float64)
    if len(known) == 0:
        return np.float32(0), np.float32(1)
    dark, middle, bright = np.quantile(known, [DARK, MIDDLE, BRIGHT])
    scale, whole = bright - dark, np.ptp(known)
    if scale < FLAT * whole:
        scale = whole
    return np.float32(middle), np.float32(scale if scale > 0 else 1)
