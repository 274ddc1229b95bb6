"""The background of a lattice: what is coarser than its longest period."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from atomstat_widgets.stat.binning import binned, enlarged

RISES = 1.5  # times the contrast of the lattice: a background that has to be subtracted. Clean images reach 0.43
ROUNDS = 4  # of subtraction; each leaves less beside a step
FINE = 3.0  # pixels that are left of the Gaussian's deviation where pixels are binned for it
SMOOTH = 1 / 8  # of the shortest period: Gaussian that takes off noise before contrast is measured
STEEP = 2.0  # times the contrast of the lattice, that are left beside a step: domains are lost from 2.3 on
ALL_BUT = 0.01  # of the pixels at either end, which count for no rise

Float32 = NDArray[np.float32]


def background_of(pixels: Float32, period: float) -> Float32:
    """What is coarser than a period: a Gaussian of this deviation, in which a lattice does not show.

    Parameters
    ----------
    pixels : array, (height, width), float32
    period : float
        Longest distance of lattice planes, in pixels.
    """
    factor = max(1, min(math.floor(period / FINE), *(side // 8 for side in pixels.shape)))
    coarse = ndimage.gaussian_filter(binned(pixels, factor), period / factor, mode="reflect")
    return np.asarray(enlarged(coarse, factor, pixels.shape), np.float32)


def rise_of(background: Float32, period: float, all_but: float = ALL_BUT) -> float:
    """Difference of its highest and lowest values, but for few; beside the border, where it meets its mirror, none."""
    margin = [min(math.ceil(period), (side - 1) // 4) for side in background.shape]
    inner = background[tuple(slice(one, side - one) for one, side in zip(margin, background.shape, strict=True))]
    low, high = np.quantile(inner, [all_but, 1 - all_but])
    return float(high - low)


def left_by_steps(pixels: Float32, period: float) -> float:
    """Rise of what a background that was subtracted left, which is steep and beside few of the pixels."""
    return rise_of(background_of(pixels, period / 2), period, ALL_BUT / 10)


def contrast_of(patches: Float32, shortest: float) -> float:
    """Difference of bright and dark in patches (n, side, side) of a lattice, with little of the noise; 0 of none."""
    if len(patches) == 0:
        return 0.0
    smooth = ndimage.gaussian_filter(patches, (0, SMOOTH * shortest, SMOOTH * shortest))
    low, high = np.quantile(smooth, [0.05, 0.95])
    return float(high - low)
