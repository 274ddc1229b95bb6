"""Where images, movies and spectrum images come from: files, arrays and simulated samples."""

from atomstat_widgets.data import cubes, movies, samples
from atomstat_widgets.data.cube import Cube, CubeTruth
from atomstat_widgets.data.cube_readers import load_cube
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.movie import Movie, MovieTruth
from atomstat_widgets.data.movie_readers import load_image_or_movie, load_movie
from atomstat_widgets.data.readers import ReadError, load

__all__ = [
    "Cube",
    "CubeTruth",
    "Image",
    "Movie",
    "MovieTruth",
    "ReadError",
    "cubes",
    "load",
    "load_cube",
    "load_image_or_movie",
    "load_movie",
    "movies",
    "samples",
]
