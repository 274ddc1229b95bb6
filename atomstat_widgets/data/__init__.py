"""Where images and movies come from: files, arrays and simulated samples."""

from atomstat_widgets.data import movies, samples
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.movie import Movie, MovieTruth
from atomstat_widgets.data.movie_readers import load_image_or_movie, load_movie
from atomstat_widgets.data.readers import ReadError, load

__all__ = [
    "Image",
    "Movie",
    "MovieTruth",
    "ReadError",
    "load",
    "load_image_or_movie",
    "load_movie",
    "movies",
    "samples",
]
