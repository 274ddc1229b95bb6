"""A part of data that are larger than memory, small enough to look at live."""

from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import Any

import numpy as np

from atomstat_widgets.arguments import in_blocks, instance_of
from atomstat_widgets.brief import brief
from atomstat_widgets.data.cube import Cube
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.movie import Movie
from atomstat_widgets.data.source import Source

SAMPLE_BYTES = 2**28
LARGEST_PART = 2048  # pixels along a side of an image, of which windows make many times as many numbers
LARGEST_PICTURE = 2048  # pixels along a side of what is shown of it


@brief
@dataclass(frozen=True, eq=False)
class Whole:
    """What a sample is of.

    Attributes
    ----------
    data : Image, Movie or Cube
        All data, in blocks.
    words : str
        How the sample was taken.
    every : int
        n, where every n-th frame of a movie, or pixel of a cube along y and x, is in the sample.
    """

    data: Any
    words: str
    every: int = 1


def sampled(data: Any) -> Any:
    """Sample of data in blocks of dask or Zarr, in memory, with its `whole`; other data as they are.

    Of a movie every n-th frame, of a spectrum image every n-th pixel along y and x, of an image the middle. What is
    small enough is taken as a whole.

    Examples
    --------
    >>> from atomstat_widgets import sampled, samples
    >>> image = samples.grains()
    >>> sampled(image) is image  # it fits
    True
    """
    instance_of(data, "data", Image, Movie, Cube)
    array = data.frames if isinstance(data, Movie) else data.array
    if not in_blocks(array):
        return data
    if isinstance(data, Movie):
        return _movie(data, ceil(array.nbytes / SAMPLE_BYTES))
    if isinstance(data, Cube):
        return _cube(data, ceil(sqrt(array.nbytes / SAMPLE_BYTES)))
    return _image(data)


def overview(image: Image) -> np.ndarray:
    """Pixels of an image, from 0 to 1, or of one in blocks so many of them as can be seen at once.

    Gaps, which are NaN, have the median of the others.
    """
    # Here, because `stat` takes longer to import than `data`.
    from atomstat_widgets.stat.image import normalize_around_gaps

    if not in_blocks(image.array):
        return normalize_around_gaps(image.array)[0]
    every = ceil(max(image.sides) / LARGEST_PICTURE)
    return normalize_around_gaps(_compute(image.array[::every, ::every]))[0]


def _movie(movie: Movie, every: int) -> Movie:
    if every == 1:
        return replace(movie, frames=_compute(movie.frames))
    places = range(0, len(movie), every)
    words = f"every {ordinal(every)} frame, {len(places):,} of {len(movie):,}"
    atoms = None
    if movie.atoms is not None:  # frames of the sample are numbered anew: they are what follows on each other
        known = enumerate(movie.frame_numbers[::every].tolist())
        atoms = {number: movie.atoms[frame] for number, frame in known if frame in movie.atoms}
    return replace(
        movie, frames=_compute(movie.frames[::every]), numbers=None, atoms=atoms, truth=None, source=_source(movie),
        whole=Whole(movie, words, every),
    )  # fmt: skip


def _cube(cube: Cube, every: int) -> Cube:
    array = _compute(cube.array[::every, ::every])
    if every == 1:
        return replace(cube, array=array)
    height, width = array.shape[:2]
    words = (
        f"every {ordinal(every)} pixel along y and x, {height:,} × {width:,} of {cube.sides[0]:,} × {cube.sides[1]:,}"
    )
    truth = cube.truth and replace(cube.truth, abundances=cube.truth.abundances[::every, ::every])
    size = cube.pixel_size and cube.pixel_size * every
    return replace(
        cube, array=array, pixel_size=size, truth=truth, source=_source(cube), whole=Whole(cube, words, every)
    )


def _image(image: Image) -> Image:
    (height, width), most = image.sides, LARGEST_PART
    if max(height, width) <= most:
        return replace(image, array=_compute(image.array))
    part = tuple(slice(max(0, (side - most) // 2), max(0, (side - most) // 2) + most) for side in image.sides)
    corner = np.array([one.start for one in part])
    array = _compute(image.array[part])
    atoms = image.atoms
    if atoms is not None:
        moved = np.column_stack([atoms[:, :2] - corner, atoms[:, 2:]])
        atoms = moved[((moved[:, :2] >= 0) & (moved[:, :2] < array.shape[:2])).all(axis=1)]
    offset = image.offset if image.pixel_size is None else (image.along_y(corner[0]), image.along_x(corner[1]))
    words = f"the middle, {array.shape[0]:,} × {array.shape[1]:,} px of {height:,} × {width:,}"
    return replace(
        image, array=array, atoms=atoms, offset=(float(offset[0]), float(offset[1])), source=_source(image),
        truth=None if image.truth is None else image.truth[part],
        channels=None if image.channels is None else image.channels[part], whole=Whole(image, words),
    )  # fmt: skip


def _source(data: Any) -> Source | None:
    return data.source and Source("sampled", {"data": data.source})


def _compute(array: Any) -> np.ndarray:
    from atomstat_widgets.stat.blocks import as_dask, compute

    return np.asarray(compute([as_dask(array)])[0])


def ordinal(number: int) -> str:
    """Number as a word: 2nd, 11th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
