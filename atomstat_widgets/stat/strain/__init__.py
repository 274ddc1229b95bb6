"""Strain of a lattice by geometric phase analysis: reflections, their waves in the image, and maps of the strain."""

from atomstat_widgets.stat.strain.maps import StrainMaps, steady_region, strain_maps
from atomstat_widgets.stat.strain.reflections import Spectrum, find_reflections, nearest_reflection, power_spectrum
from atomstat_widgets.stat.strain.waves import LatticeWaves, lattice_waves

__all__ = [
    "LatticeWaves",
    "Spectrum",
    "StrainMaps",
    "find_reflections",
    "lattice_waves",
    "nearest_reflection",
    "power_spectrum",
    "steady_region",
    "strain_maps",
]
