"""Patches of a lattice, of which few tell what an image is like, however large."""

import math

import numpy as np
from numpy.typing import NDArray

ACROSS = 4  # periods: side of a patch
MOST = 8  # patches along an axis

Float32 = NDArray[np.float32]


def patches_of(flat: Float32, period: float) -> Float32:
    """Square patches (n, side, side) that lie evenly over an image: the half of them that has the most variance.

    Parameters
    ----------
    flat : array, (height, width), float32
        Without its background.
    period : float
        Longest distance of lattice planes, in pixels.
    """
    side = min(math.ceil(ACROSS * period), *flat.shape)
    rows, columns = (
        np.unique(np.rint(np.linspace(0, length - side, min(MOST, length // side))).astype(int))
        for length in flat.shape
    )
    patches = np.stack([flat[y : y + side, x : x + side] for y in rows for x in columns])
    order = np.argsort(-patches.var(axis=(1, 2)), kind="stable")
    return np.asarray(patches[np.sort(order[: math.ceil(len(order) / 2)])])
