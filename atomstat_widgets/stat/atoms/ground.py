"""The ground that atoms stand on, where it is steep: a step, the rim of a particle, dirt."""

import math

import numpy as np
from scipy import ndimage

from atomstat_widgets.stat.atoms.maxima import BandPass, Float32
from atomstat_widgets.stat.binning import binned, enlarged
from atomstat_widgets.stat.quantiles import quantile_of

COARSE = 0.75  # of the longest period: the scale of a band-pass in which a lattice does not show
STEEP = 0.4  # of the response of an atom: what a ground that is subtracted has in the same band-pass
WINDOW = 1.3  # spacings: side of the square whose median is the ground
COARSE_ENOUGH = 4.0  # pixels that are left of that scale where pixels are binned for it
FINE_ENOUGH = 1.5  # pixels that are left of the scale where pixels are binned for the median
FEWEST = 1e-3  # of the pixels that are steep
SOME = 256  # rows and columns of which the slope of an image is told
REACH = 4  # times in a side of the image is the distance of the pixels that tell its slope


def without_steep_ground(
    pixels: Float32, band_pass: BandPass, scale: float, spacing: float, period: float, response: float
) -> Float32 | None:
    """Subtract the median around each pixel, if the ground is so steep somewhere that it hides or feigns atoms.

    Parameters
    ----------
    pixels : array, (height, width), float32
    band_pass : BandPass
        Of these pixels.
    scale, spacing : float
        Of the atoms, in pixels.
    period : float
        Longest distance of lattice planes, in pixels.
    response : float
        Of a typical atom under the band-pass at that scale.

    Returns
    -------
    array, (height, width), float32, or None
        None where the ground is flat enough.
    """
    coarse = COARSE * max(period, spacing)
    # As fine as it must be, which for wide atoms is not as fine as the image.
    factor = _factor(coarse / COARSE_ENOUGH, pixels)
    coarse /= factor
    if factor > 1:
        band_pass = BandPass(binned(pixels, factor))
    # The response to a step falls with the square of the scale.
    steep = np.abs(band_pass(coarse)) * np.float32((coarse / scale) ** 2) > STEEP * response
    margin = math.ceil(2 * coarse)  # where a lattice meets its mirror its rows are not equally far apart
    steep = steep[margin:-margin, margin:-margin]
    if np.count_nonzero(steep) <= FEWEST * steep.size:  # of an empty array, too
        return None
    factor = _factor(scale / FINE_ENOUGH, pixels)
    window = 2 * round(WINDOW * spacing / factor / 2) + 1
    ground = ndimage.median_filter(binned(pixels, factor), window, mode="reflect")
    return pixels - enlarged(ground, factor, pixels.shape)


def without_tilt(pixels: Float32) -> Float32:
    """Subtract the plane that an image rises along: where it meets its mirror it has a crest, which is no atom.

    From the medians of differences, so that neither a step nor a particle tilts the rest.
    """
    rise = np.zeros((), np.float32)
    for axis, side in enumerate(pixels.shape):
        apart = max(side // REACH, 1)
        lines = np.moveaxis(pixels, axis, 0)[:, :: max(1, pixels.shape[1 - axis] // SOME)]
        later = np.arange(apart, side, max(1, side // SOME))
        slope = np.float32(quantile_of(lines[later] - lines[later - apart], 0.5) / apart)
        along = slope * (np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2))
        rise = rise + (along[:, None] if axis == 0 else along)
    return pixels - rise


def _factor(most: float, pixels: Float32) -> int:
    """How many pixels are binned along each axis, of which at least 8 are left."""
    return int(max(1, min(most, min(pixels.shape) // 8)))
