"""Maps of the strain against a reference region, from the waves of a lattice.

Rows are y and go down, columns are x. A displacement u has the parts uy and ux; strain is positive where the lattice is
wider than in the reference, rotation where it is turned from x to y, clockwise on the screen.
"""

from dataclasses import dataclass
from math import pi
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import instance_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.strain.reflections import Floats
from atomstat_widgets.stat.strain.waves import Float32, LatticeWaves

Rectangle = tuple[int, int, int, int]
"""First row, the one after the last, first column, the one after the last."""

SMALLEST_REFERENCE = 4  # pixels along each side
STEADY = 1.5  # of the spread in the steadiest region: from there on a larger region is as good


@brief
@dataclass(frozen=True, eq=False)
class StrainMaps:
    """Strain and rotation of a lattice against a reference region, NaN where they cannot be measured.

    They are those of ``F = V R``, where F takes vectors of the reference lattice to those at the pixel, R is a rotation
    and V a symmetric matrix: so a lattice that is only turned has no strain, by whatever angle. Where both are small,
    they are ``exx = ∂ux/∂x``, ``eyy = ∂uy/∂y``, ``exy = (∂ux/∂y + ∂uy/∂x) / 2`` and
    ``rotation = (∂uy/∂x - ∂ux/∂y) / 2``.

    Attributes
    ----------
    exx, eyy, exy : array, (height, width), float32
        Strain, without unit: 0.01 is 1 %.
    rotation : array, (height, width), float32
        In radians.
    phases : array, (2, height, width), float32
        Geometric phase of each reflection against the reference, from -π to π: ``-2π g · u``.
    reflections : array, (2, 2)
        (fy, fx) of the lattice in the reference, in periods per pixel.
    reference : (int, int, int, int)
        First row, the one after the last, first column, the one after the last.
    """

    exx: Float32
    eyy: Float32
    exy: Float32
    rotation: Float32
    phases: Float32
    reflections: Floats
    reference: Rectangle

    @property
    def stack(self) -> Float32:
        """exx, eyy, exy and rotation, (4, height, width)."""
        return np.stack([self.exx, self.eyy, self.exy, self.rotation])

    @property
    def trusted(self) -> NDArray[np.bool_]:
        """Pixels (height, width) that were measured."""
        return np.isfinite(self.exx)

    @property
    def spread(self) -> float:
        """Root mean square of the strains in the reference region: what is smaller than this says little."""
        top, bottom, left, right = self.reference
        inside = self.stack[:3, top:bottom, left:right]
        return float(np.sqrt(np.nanmean(inside.astype(np.float64) ** 2)))


def strain_maps(waves: LatticeWaves, reference: Rectangle | None = None) -> StrainMaps:
    """Make maps of the strain from the waves of a lattice.

    The frequencies of the lattice in the reference are those of the planes that fit the phases there best.

    Parameters
    ----------
    waves : LatticeWaves
        See `lattice_waves`.
    reference : (int, int, int, int), optional
        Region whose lattice has no strain: first row, the one after the last, first column, the one after the last. By
        default that of `steady_region`.

    Raises
    ------
    TypeError
        These are no waves of a lattice, or no whole numbers.
    ValueError
        The reference is not inside of the image, or smaller than 4 pixels along a side, or no lattice was measured in
        it.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> y, x = np.mgrid[:128, :128]
    >>> image = np.cos(2 * np.pi * y / 16) + np.cos(2 * np.pi * x / 8)  # a lattice without strain
    >>> waves = stat.lattice_waves(image, [[0, 1 / 8], [1 / 16, 0]])
    >>> maps = stat.strain_maps(waves)
    >>> float(np.nanmax(np.abs(maps.exx))) < 0.001
    True
    """
    instance_of(waves, "waves", LatticeWaves)
    shape = waves.trusted.shape
    region = steady_region(waves) if reference is None else rectangle_of(reference, (shape[0], shape[1]))
    top, bottom, left, right = region
    if waves.trusted[_thin_out(waves, region)].sum() < SMALLEST_REFERENCE**2:
        raise ValueError(
            f"the reference, rows {top} to {bottom - 1} and columns {left} to {right - 1}, holds no lattice: choose "
            f"another, {waves.border} pixels or more away from the borders"
        )
    found = np.stack([_reference_frequency(waves, number, region) for number in (0, 1)])
    return _maps(waves, found, region)


def rectangle_of(value: Any, shape: tuple[int, int]) -> Rectangle:
    """Region inside of an image of a shape.

    Raises
    ------
    TypeError, ValueError
        It is not four whole numbers, or not inside, or too small.
    """
    try:
        top, bottom, left, right = map(index, value)
    except (TypeError, ValueError):
        raise TypeError(
            "a reference is four whole numbers, first row, the one after the last, first column, the one after the "
            f"last, got {value!r}"
        ) from None
    height, width = shape
    if not (0 <= top <= bottom - SMALLEST_REFERENCE and bottom <= height) or not (
        0 <= left <= right - SMALLEST_REFERENCE and right <= width
    ):
        raise ValueError(
            f"the reference ({top}, {bottom}, {left}, {right}) is not {SMALLEST_REFERENCE} rows and columns or more of "
            f"the {height} rows and {width} columns of the image"
        )
    return top, bottom, left, right


def steady_region(waves: LatticeWaves) -> Rectangle:
    """Find a region in which the lattice varies least: all of the image, a half, a third or a ninth of it.

    A larger one is preferred where it is about as good, and that below, where substrates are.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> y, x = np.mgrid[:128, :128]
    >>> image = np.cos(2 * np.pi * y / 16) + np.cos(2 * np.pi * x / 8)
    >>> len(stat.steady_region(stat.lattice_waves(image, [[0, 1 / 8], [1 / 16, 0]])))
    4
    """
    instance_of(waves, "waves", LatticeWaves)
    (height, width), border = waves.trusted.shape, waves.border
    (all_y, *half_y), third_y = _parts(border, height - border)
    (all_x, *half_x), third_x = _parts(border, width - border)
    candidates = [(all_y, all_x)]
    for parts_y, parts_x in ((half_y, half_x), (third_y, third_x)):
        candidates += [(one, all_x) for one in parts_y] + [(all_y, one) for one in parts_x]
    candidates += [(one, other) for one in third_y for other in third_x]
    regions = [(*y, *x) for y, x in candidates]
    spreads = [_frequency_spread(waves, one) for one in regions]
    if not np.isfinite(spreads).any():
        return regions[0]
    return next(one for one, spread in zip(regions, spreads, strict=True) if spread <= STEADY * min(spreads))


def _parts(low: int, high: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """All from low to high and its halves; and its thirds. The last go first."""
    half, third = (high - low) // 2, (high - low) // 3
    halves = [(high - half, high), (low, low + half)]
    return [(low, high), *halves], [(high - third, high), (low + third, high - third), (low, low + third)]


def _frequency_spread(waves: LatticeWaves, region: Rectangle) -> float:
    """Standard deviation of the local frequencies in a region, relative to the reflections; of too few inf."""
    part = _thin_out(waves, region)
    trusted = waves.trusted[part]
    if trusted.mean() < 0.5:
        return np.inf
    inside = waves.frequencies[:, :, *part][..., trusted].astype(np.float64)
    lengths = np.linalg.norm(waves.reflections, axis=1)
    return float(np.sqrt(np.mean(inside.var(axis=2).sum(axis=1) / lengths**2)))


def _thin_out(waves: LatticeWaves, region: Rectangle) -> tuple[slice, slice]:
    """Rows and columns of a region, so many of them that none tells what its neighbours do not: all vary slowly."""
    top, bottom, left, right = region
    step = max(1, min(int(waves.sigma / 4), (bottom - top) // SMALLEST_REFERENCE, (right - left) // SMALLEST_REFERENCE))
    return slice(top, bottom, step), slice(left, right, step)


def _reference_frequency(waves: LatticeWaves, number: int, region: Rectangle) -> Floats:
    """Frequency (2,) of a wave in a region: the mean of the local ones, and what the phase still slopes by then."""
    part = _thin_out(waves, region)
    trusted = waves.trusted[part]
    wave = waves.waves[number, *part][trusted].astype(np.complex128)
    weights = np.abs(wave) ** 2
    local = waves.frequencies[number, :, *part][:, trusted].astype(np.float64)
    mean = np.average(local, axis=1, weights=weights)
    y, x = (at * one.step for at, one in zip(np.nonzero(trusted), part, strict=True))
    y, x = y - y.mean(), x - x.mean()
    gy, gx = mean - waves.reflections[number]
    flat = wave * np.exp(-2j * pi * (gy * y + gx * x))
    phase = np.angle(flat * np.conj(flat.sum()))
    factors = np.stack([np.ones_like(phase), y, x], axis=1) * np.sqrt(weights)[:, None]
    slopes = np.linalg.lstsq(factors, phase * np.sqrt(weights), rcond=None)[0][1:]
    return np.asarray(mean + slopes / (2 * pi))


def _maps(waves: LatticeWaves, reference: Floats, region: Rectangle) -> StrainMaps:
    """Maps against the frequencies (2, 2) of the reference."""
    (g1y, g1x), (g2y, g2x) = waves.frequencies
    (r1y, r1x), (r2y, r2x) = reference.astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):  # where there is no lattice
        inverse = 1 / (g1y * g2x - g1x * g2y)
        # F is the inverse of the matrix of the local reflections, a row each, times that of the reference.
        fyy, fyx = (g2x * r1y - g1x * r2y) * inverse, (g2x * r1x - g1x * r2x) * inverse
        fxy, fxx = (g1y * r2y - g2y * r1y) * inverse, (g1y * r2x - g2y * r1x) * inverse
        parts = strain_of(fyy, fyx, fxy, fxx)
    exx, eyy, exy, rotation = (np.where(waves.trusted, one, np.float32(np.nan)) for one in parts)
    phases = np.stack([_phase(waves, number, reference[number], region) for number in (0, 1)])
    return StrainMaps(exx, eyy, exy, rotation, phases, reference, region)


def strain_of(fyy: Any, fyx: Any, fxy: Any, fxx: Any) -> tuple[Any, Any, Any, Any]:
    """Take a matrix apart into exx, eyy, exy and a rotation, see `StrainMaps`; its parts are numbers or arrays."""
    rotation = np.arctan2(fyx - fxy, fxx + fyy)
    cos, sin = np.cos(rotation), np.sin(rotation)
    return fxx * cos - fxy * sin - 1, fyy * cos + fyx * sin - 1, fxy * cos + fxx * sin, rotation


def _phase(waves: LatticeWaves, number: int, frequency: Floats, region: Rectangle) -> Float32:
    """Phase of a wave against one of a frequency (2,), whose mean in a region is 0."""
    top, bottom, left, right = region
    rows, columns = (
        np.exp(-2j * pi * off * np.arange(side)).astype(np.complex64)
        for off, side in zip(frequency - waves.reflections[number], waves.trusted.shape, strict=True)
    )
    flat = waves.waves[number] * rows[:, None] * columns
    inside = flat[top:bottom, left:right][waves.trusted[top:bottom, left:right]]
    return np.where(waves.trusted, np.angle(flat * np.conj(inside.sum())), np.float32(np.nan))
