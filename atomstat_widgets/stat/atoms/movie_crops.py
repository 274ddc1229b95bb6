"""Crops around the atoms of a movie that need not fit in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import progress_of, whole_of
from atomstat_widgets.brief import brief
from atomstat_widgets.points import points_of, require_by_frame
from atomstat_widgets.renamed import renamed
from atomstat_widgets.stat.atoms import preparation
from atomstat_widgets.stat.atoms.brightness import (
    CROP,
    NONE,
    Normalization,
    normalization_of,
    normalize_frames,
    settled,
)
from atomstat_widgets.stat.atoms.crops import MEMORY_BUDGET, smooth_of, window_of
from atomstat_widgets.stat.atoms.cutting import Crops, CropsOnDemand, as_stack, cut_around
from atomstat_widgets.stat.progress import Progress, unreported

Floats = NDArray[np.float64]
Reader = Callable[[int], NDArray[Any]]


@brief
@dataclass(frozen=True)
class CropsOfFrames:
    """One crop a row, cut when rows are asked for by a slice, from frames that are read then.

    Attributes
    ----------
    cut : callable
        Crops of one frame, by its place.
    places : array, (crops,)
        Place of the frame of each crop, not decreasing.
    side : int
        Of the crops, in pixels.
    """

    cut: Callable[[int], CropsOnDemand]
    places: NDArray[np.intp]
    side: int

    dtype = np.dtype(np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """Crops, and pixels of each."""
        return len(self.places), self.side**2

    @property
    def nbytes(self) -> int:
        """Memory that all crops would take."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, rows: slice) -> NDArray[np.float32]:
        first, last, step = rows.indices(len(self))
        wanted = self.places[first:last]
        parts = [np.empty((0, self.shape[1]), np.float32)]
        for place in np.unique(wanted).tolist():
            begin, end = np.searchsorted(self.places, [place, place + 1])
            parts.append(self.cut(place)[max(first, begin) - begin : min(last, end) - begin])
        return np.concatenate(parts)[::step]


@renamed(normalise="normalize")
def extract_movie_crops(
    read: Reader,
    positions: Sequence[ArrayLike],
    window: int,
    *,
    normalize: Normalization | bool = NONE,
    smooth: float = 0.0,
    memory_budget: int = MEMORY_BUDGET,
    progress: Progress = unreported,
) -> Crops:
    """Cut squares around the atoms of a movie, between pixels, reading one frame at a time.

    Parameters
    ----------
    read : callable
        ``read(place)`` is a frame (height, width), from place 0 on; all have one size.
    positions : list of array, (n, 2)
        Row and column, in pixels, of the atoms of each frame; a frame without any is not read.
    window, normalize, smooth, memory_budget
        As for `extract_crops`. If there are more bytes of crops, frames are read again, block by block, whenever
        the matrix is.
    progress : callable
        Called with the fraction done; an exception it raises stops the computation.

    Returns
    -------
    Crops
        Frame by frame, in the order of the positions; their ``frames`` are places.

    Raises
    ------
    TypeError, ValueError
        Positions are no such arrays, or not finite; the window is smaller than 1 or larger than the frames, `smooth` is
        negative or longer than them, `normalize` is another word, or no crop is left.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> frames = np.arange(2 * 9 * 9, dtype=float).reshape(2, 9, 9)
    >>> crops = stat.extract_movie_crops(lambda place: frames[place], [[[4, 4]], [[4, 4]]], 4)
    >>> crops.images.shape
    (2, 4, 4, 1)
    """
    progress_of(progress)
    normalize, memory_budget = normalization_of(normalize), whole_of(memory_budget, "memory_budget", minimum=0)
    if not callable(read):
        raise TypeError(f"read gives a frame by its place, and {type(read).__name__} cannot be called")
    require_by_frame(positions, "positions")
    atoms = [points_of(points, f"positions of frame {place}")[:, :2] for place, points in enumerate(positions)]

    def smoothed(place: int) -> NDArray[np.float32]:
        stack = as_stack(read(place))
        return preparation.smooth_images(stack, smooth_of(smooth, stack.shape[1:3]))

    def cut(place: int) -> tuple[CropsOnDemand, NDArray[np.intp]]:
        stack = normalize_frames(smoothed(place), how)
        side, points = window_of(window, stack.shape[1:3]), atoms[place]
        first = np.zeros(len(points), np.intp)
        return cut_around(stack, first, points, side, between_pixels=True, normalize=normalize == CROP)

    before = np.concatenate([[0], np.cumsum([len(points) for points in atoms])])
    filled = np.flatnonzero(np.diff(before)).tolist()  # a frame without atoms is not read
    how = settled(normalize, lambda place: smoothed(place)[0], filled)
    blocks: list[NDArray[np.float32]] = []
    numbers: list[NDArray[np.intp]] = []
    fits, held = True, 0
    places: list[NDArray[np.intp]] = []
    for place in filled:
        found, kept = cut(place)
        numbers.append(before[place] + kept)
        places.append(np.full(len(kept), place))
        held += found.nbytes
        if fits := fits and held <= memory_budget:
            blocks.append(found[:])
        else:
            blocks.clear()
        progress((place + 1) / len(atoms))
    which = np.concatenate([np.empty(0, np.intp), *numbers])
    if len(which) == 0:
        raise ValueError(f"no crop is left of {before[-1]} atoms: each would leave the image, or holds NaN")
    frames = np.concatenate(places)
    return Crops(
        np.concatenate(blocks) if fits else CropsOfFrames(lambda place: cut(place)[0], frames, window),
        (window, window, 1),
        np.concatenate(atoms)[which],
        frames,
        int(before[-1]) - len(which),
        which,
    )
