"""The lattice of an image: its spots in the averaged spectrum of tiles, distances, directions and basis."""

from atomstat_widgets.stat.lattice.lattice import Lattice, find_lattice

__all__ = [
    "Lattice",
    "find_lattice",
]
