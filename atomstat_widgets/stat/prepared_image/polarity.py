"""Whether atoms are bright or dark: by the skewness of what stands at the lattice."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from atomstat_widgets.stat.lattice import Lattice

# Of the skewness: bright atoms of the simulated and real images that were looked at have 0.35 and more.
CERTAIN, UNSURE = 0.4, 0.15
# A honeycomb of broad atoms and its holes, a triangular lattice, are each other's negative: to +-0.82, that of three
# waves alone, both have either sign. Bright honeycombs have -0.78 and more.
CERTAIN_OF_HEXAGONS = 0.9
SMOOTH = 1 / 6  # of the shortest period: Gaussian that takes off noise
AGREE = 0.75  # of the patches: as many are as dark as that before an image is negated
ALIKE, ANGLE = 1.1, 5.0  # ratio of the vectors of a hexagonal lattice, and degrees from 60

Float32 = NDArray[np.float32]
Polarity = Literal["bright", "dark", "in doubt"]


def polarity_of(patches: Float32, lattice: Lattice) -> Polarity:
    """What atoms are, in patches (n, side, side) of what repeats in a lattice; of none it is in doubt."""
    if len(patches) == 0:
        return "in doubt"
    sigma = SMOOTH * float(lattice.spacings.min())
    smooth = ndimage.gaussian_filter(patches, (0, sigma, sigma)).reshape(len(patches), -1).astype(np.float64)
    smooth -= smooth.mean(axis=1, keepdims=True)
    square = smooth * smooth
    variance = np.maximum(square.mean(axis=1), np.finfo(float).tiny)
    skewness = (square * smooth).mean(axis=1) / variance**1.5
    if np.quantile(skewness, AGREE) < -(CERTAIN_OF_HEXAGONS if is_hexagonal(lattice) else CERTAIN):
        return "dark"
    return "bright" if np.median(skewness) > UNSURE else "in doubt"


def is_hexagonal(lattice: Lattice) -> bool:
    """Whether both vectors of a lattice are about as long, with 60 degrees between them."""
    if len(lattice.vectors) < 2:
        return False
    short, long = np.linalg.norm(lattice.vectors, axis=1)
    angle = np.degrees(np.arccos(np.clip(abs(lattice.vectors[0] @ lattice.vectors[1]) / (short * long), 0, 1)))
    return bool(long <= ALIKE * short and abs(angle - 60) <= ANGLE)
