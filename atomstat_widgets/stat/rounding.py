"""Rounding to whole numbers: its steps on a shallow slope follow on each other as the planes of a lattice do."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from atomstat_widgets.stat.binning import binned, enlarged

SOME = 256  # rows and columns of which is told how far apart the levels are
FIRST = 8  # of these rows one is looked at before the others
BEND, MOST = 2.5, 0.9  # levels, and of the bends: so many are no larger where rounding is all that is not smooth
FEWEST = 4  # levels; the steps between fewer are no period
WIDEST, NARROWEST = 1 / 8, 1.5  # of the shorter side, and pixels: deviations of the Gaussians
NARROWER = 1.4  # times is each than the one before
BINNED = 4.0  # pixels of a Gaussian that are enough

Float32 = NDArray[np.float32]


def level_of(pixels: Float32) -> float:
    """Distance of the levels that an image (height, width) was rounded to, if its rounding shows; 0 if not."""
    if min(pixels.shape) < 3:
        return 0.0
    thinned = tuple(slice(None, None, max(1, side // SOME)) for side in pixels.shape)
    inner, above, below, before, after = (
        pixels[rows, columns][thinned]
        for rows, columns in (np.s_[1:-1, 1:-1], np.s_[:-2, 1:-1], np.s_[2:, 1:-1], np.s_[1:-1, :-2], np.s_[1:-1, 2:])
    )
    some, bends = pixels[thinned], np.abs(4 * inner - above - below - before - after)
    # Levels of fewer pixels are as far apart as all are, or farther. Those of most images are too close already.
    first = np.unique(some[::FIRST])
    if len(first) > 1 and np.mean(bends > BEND * np.diff(first).min()) > 1 - MOST:
        return 0.0
    levels = np.unique(some)
    if len(levels) < FEWEST:
        return 0.0
    level = float(np.diff(levels).min())
    bends = bends[bends > level / 2]
    return level if len(bends) and float(np.quantile(bends, MOST)) <= BEND * level else 0.0


def without_rounding(pixels: Float32, level: float) -> Float32:
    """Smoothest image (height, width) that rounds to this one: nowhere farther from it than half a level.

    It is drawn to its mean under Gaussians, one narrower than the other.
    """
    smooth = pixels
    deviation = WIDEST * min(pixels.shape)
    low, high = pixels - np.float32(level / 2), pixels + np.float32(level / 2)
    while deviation >= NARROWEST:
        factor = max(1, int(deviation / BINNED))
        reach = 4 * round(deviation)
        further = np.pad(smooth, [(min(reach, side - 1),) * 2 for side in pixels.shape], "reflect", reflect_type="odd")
        mean = ndimage.gaussian_filter(binned(further, factor), deviation / factor, mode="nearest")
        inner = tuple(slice(min(reach, side - 1), min(reach, side - 1) + side) for side in pixels.shape)
        smooth = np.clip(enlarged(mean, factor, further.shape)[inner], low, high)
        deviation /= NARROWER
    return smooth
