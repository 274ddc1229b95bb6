"""Atoms in images and movies: where they are, and squares cut out around them."""

from atomstat_widgets.stat.atoms.atoms import Atoms, find_atoms
from atomstat_widgets.stat.atoms.crops import extract_crops, neighbour_distances, recentre_positions
from atomstat_widgets.stat.atoms.cutting import Crops
from atomstat_widgets.stat.atoms.movie_atoms import MovieAtoms, find_movie_atoms
from atomstat_widgets.stat.atoms.movie_crops import extract_movie_crops
from atomstat_widgets.stat.atoms.objects import DefectSize, Objects, find_defect_size, merge_atoms
from atomstat_widgets.stat.atoms.otsu import otsu_threshold
from atomstat_widgets.stat.atoms.vacancies import find_vacancies

__all__ = [
    "Atoms",
    "Crops",
    "DefectSize",
    "MovieAtoms",
    "Objects",
    "extract_crops",
    "extract_movie_crops",
    "find_atoms",
    "find_defect_size",
    "find_movie_atoms",
    "find_vacancies",
    "merge_atoms",
    "neighbour_distances",
    "otsu_threshold",
    "recentre_positions",
]
