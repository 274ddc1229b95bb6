"""What the gain and offset of a frame, or of a crop, do to pixels, taken off again."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import switch_of, word_of
from atomstat_widgets.stat.some_of import some_of

Normalization = Literal["frame", "crop", "none"]
FRAME: Final = "frame"
CROP: Final = "crop"
NONE: Final = "none"
NORMALIZATIONS: tuple[Normalization, ...] = (FRAME, CROP, NONE)
OFFSET: Final = "offset"  # of frames that do not tell their gain
DARK, MIDDLE, BRIGHT = 0.1, 0.5, 0.9  # quantiles of a frame that a few bright atoms, or dirt, do not move
FLAT = 0.02  # of the whole range: frames in which these quantiles are closer are flat but for a few atoms
ENOUGH = 40_000  # pixels that tell the quantiles to some thousandths
LOOKS = 5  # frames that tell whether a movie is such

Float32 = NDArray[np.float32]


def normalization_of(value: Any, name: str = "normalize") -> Normalization:
    """One of the `NORMALIZATIONS`; True and False, which there were before, are "crop" and "none".

    Raises
    ------
    ValueError
        It is another.
    """
    with suppress(TypeError):
        value = CROP if switch_of(value, name) else NONE
    word: Normalization = word_of(value, name, NORMALIZATIONS)
    return word


def settled(normalize: str, frame_at: Callable[[int], Float32], places: Sequence[int]) -> str:
    """Normalisation of a movie, whose frames (height, width, channels) may not tell their gain.

    Where they are flat but for a few atoms, as a network's output may be, all that is left of them is what these atoms
    are like, or next to nothing. Then their gain stays, and the offset alone is taken off.
    """
    if normalize != FRAME or len(places) == 0:
        return normalize
    some = some_of(len(places), LOOKS).tolist()
    levels = [_levels(frame_at(places[one])) for one in some]
    return FRAME if np.median([scale / whole for _, scale, whole in levels]) >= FLAT else OFFSET


def normalize_frames(stack: Float32, normalize: str) -> Float32:
    """Take offset, or gain and offset, off each frame of a stack.

    Parameters
    ----------
    stack : array, (frames, height, width, channels)
        NaN where a pixel is missing.
    normalize : {"frame", "offset", "crop", "none"}

    Returns
    -------
    array, (frames, height, width, channels)
        The median of each frame is 0, and by gain from its dark to its bright pixels it is 1: between quantiles, which
        the few atoms that change do not move. A constant frame is 0.
    """
    if normalize not in (FRAME, OFFSET):
        return stack
    normalized = np.empty_like(stack)
    for frame, one in zip(stack, normalized, strict=True):
        middle, scale, _ = _levels(frame)
        np.subtract(frame, np.float32(middle), out=one)
        if normalize == FRAME and scale > 0:
            one /= np.float32(scale)
    return normalized


def _levels(frame: Float32) -> tuple[float, float, float]:
    """Median of a frame, what its gain is in proportion to, and its whole range, above 0."""
    pixels = frame.reshape(-1, frame.shape[-1])
    step = max(1, len(pixels) // ENOUGH)
    while math.gcd(step, frame.shape[1]) > 1:  # or few columns would be looked at
        step += 1
    some = pixels[::step]
    known = some[~np.isnan(some)].astype(np.float64)
    if len(known) == 0:
        return 0.0, 0.0, 1.0
    dark, middle, bright = np.quantile(known, [DARK, MIDDLE, BRIGHT]).tolist()
    return middle, bright - dark, max(float(np.ptp(known)), float(np.finfo(np.float32).tiny))
