"""The stages of a strain analysis, each computed from the one before."""

from typing import Any, NamedTuple

from atomstat_widgets.data import Image
from atomstat_widgets.stat import (
    LatticeWaves,
    Spectrum,
    StrainMaps,
    find_reflections,
    lattice_waves,
    power_spectrum,
    strain_maps,
)
from atomstat_widgets.stat.progress import Progress

Pair = tuple[tuple[float, float], tuple[float, float]]


class Measured(NamedTuple):
    """Spectrum of the image, and the waves at two of its reflections."""

    spectrum: Spectrum
    waves: LatticeWaves


def spectrum_of(_: None, image: Image, progress: Progress) -> Spectrum:
    """Spectrum in which reflections are found, or chosen."""
    return power_spectrum(image.array)


def measure(
    spectrum: Spectrum, image: Image, reflections: Pair | None, sigma: float | None, progress: Progress
) -> Measured:
    """Measure the waves at the reflections that are given, or else found."""
    chosen: Any = find_reflections(spectrum) if reflections is None else reflections
    return Measured(spectrum, lattice_waves(image.array, chosen, sigma, progress=progress))


def compare(measured: Measured, reference: tuple[int, int, int, int] | None, progress: Progress) -> StrainMaps:
    """Compare the lattice with that in the reference region."""
    return strain_maps(measured.waves, reference)
