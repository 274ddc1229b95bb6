"""Whether atoms are bright or dark: by the skewness of what repeats in the lattice, and by second-order spots."""

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
ASYMMETRIC = 0.05  # of the asymmetry of a hexagonal lattice: bright atoms have as much unless they run together
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
    high, middle = np.quantile(skewness, AGREE), np.median(skewness)
    if not is_hexagonal(lattice):
        return "dark" if high < -CERTAIN else "bright" if middle > UNSURE else "in doubt"
    if high < -CERTAIN_OF_HEXAGONS or middle > CERTAIN_OF_HEXAGONS:
        return "dark" if high < 0 else "bright"
    asymmetry = _asymmetry(patches.astype(np.float64), lattice)
    if np.quantile(asymmetry, 1 - AGREE) > ASYMMETRIC:
        return "bright"
    # Molecules and whatever else has many peaks in a cell may have either sign: both have to agree on dark atoms.
    return "dark" if np.quantile(asymmetry, AGREE) < -ASYMMETRIC and high < -CERTAIN else "in doubt"


def _asymmetry(patches: NDArray[np.float64], lattice: Lattice) -> NDArray[np.float64]:
    """How much of the third power of the first-order spots the second-order ones have, signed (n,).

    The first order alone does not tell a honeycomb of bright atoms from its holes, dark atoms on a triangular lattice.
    But about any site the second order of bright atoms is bright, that of dark ones dark, in both lattices. The product
    of two spots and the conjugate of that at the sum of both does not depend on where the sites are.
    """
    one, other = np.linalg.inv(lattice.vectors).T
    other = other if one @ other > 0 else -other
    first = [one, other, other - one, -one]  # 60 degrees from one to the next
    side = patches.shape[1]
    taper = np.hanning(side + 2)[1:-1]
    taper /= taper.sum()
    level = np.einsum("nyx,y,x->n", patches, taper, taper)
    pixels = patches - level[:, None, None]

    def spot(wave: NDArray[np.float64]) -> NDArray[np.complex128]:
        y, x = (taper * np.exp(-2j * np.pi * part * np.arange(side)) for part in wave)
        return np.asarray(np.einsum("nyx,y,x->n", pixels, y, x, optimize=True))

    spots = [spot(wave) for wave in first]
    products = [spots[n] * spots[n + 1] * spot(first[n] + first[n + 1]).conj() for n in range(3)]
    power = np.mean(np.abs(spots[:3]) ** 2, axis=0)
    product = np.mean(products, axis=0).real
    return np.asarray(product / np.maximum(power, np.finfo(float).tiny ** (1 / 3)) ** 1.5)


def is_hexagonal(lattice: Lattice) -> bool:
    """Whether both vectors of a lattice are about as long, with 60 degrees between them."""
    if len(lattice.vectors) < 2:
        return False
    short, long = np.linalg.norm(lattice.vectors, axis=1)
    angle = np.degrees(np.arccos(np.clip(abs(lattice.vectors[0] @ lattice.vectors[1]) / (short * long), 0, 1)))
    return bool(long <= ALIKE * short and abs(angle - 60) <= ANGLE)
