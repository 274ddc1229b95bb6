"""Where images, movies and spectrum images come from: files, arrays and simulated samples."""

from atomstat_widgets.data import samples
from atomstat_widgets.data.calibration import calibrated
from atomstat_widgets.data.cube import Cube, CubeTruth
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.movie import Movie, MovieTruth
from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.data.readers.cubes import load_cube
from atomstat_widgets.data.readers.images import load_image
from atomstat_widgets.data.readers.loading import list_signals, load
from atomstat_widgets.data.readers.movies import load_movie
from atomstat_widgets.data.samples import cubes, movies
from atomstat_widgets.data.sampling import sampled

__all__ = [
    "Cube",
    "CubeTruth",
    "Image",
    "Movie",
    "MovieTruth",
    "ReadError",
    "calibrated",
    "cubes",
    "list_signals",
    "load",
    "load_cube",
    "load_image",
    "load_movie",
    "movies",
    "sampled",
    "samples",
]
