"""Numbers of the frames of a movie: as they are given, or counted from the times of frames."""

from dataclasses import replace
from typing import Any

import numpy as np

from atomstat_widgets.arguments import whole_array_of
from atomstat_widgets.counting import listed
from atomstat_widgets.data.movie import Movie
from atomstat_widgets.data.readers.named_axes import TIMES
from atomstat_widgets.data.source import Source

OFF_BEAT = 0.25  # of the usual time from frame to frame: farther from a multiple of it, times are no count


class Arranged:
    """Frames in another order, or some of them, read when they are asked for."""

    def __init__(self, frames: Any, places: np.ndarray) -> None:
        self._frames, self._places = frames, places
        self.shape, self.dtype = (len(places), *frames.shape[1:]), frames.dtype

    def __getitem__(self, index: int) -> np.ndarray:
        return np.asarray(self._frames[int(self._places[index])])


def numbered(movie: Movie, frames: Any) -> Movie:
    """Give the frames of a movie their numbers.

    Parameters
    ----------
    movie : Movie
    frames : array of int, (frames,)
        Number of each frame, from 0 on, in the order in which they are stored. Frames are put in the order of their
        numbers, and of several with the same number the first is kept; the movie's `remark` says so.

    Raises
    ------
    TypeError, ValueError
        They are no whole numbers, or not as many as there are frames.
    """
    numbers = whole_array_of(frames, "frames", minimum=0)
    if len(numbers) != len(movie):
        raise ValueError(f"frames are the numbers of {len(movie)} frames of {movie.name}, got {len(numbers)}")
    kept, places = np.unique(numbers, return_index=True)  # of several the first
    source = movie.source
    if source is not None:
        known = source.function == "load"
        source = Source("load", {**source.arguments, "frames": numbers.tolist()}) if known else None
    truth = movie.truth
    if truth is not None:
        positions, ids, states = ([one[at] for at in places] for one in (truth.positions, truth.ids, truth.states))
        truth = replace(truth, positions=positions, ids=ids, states=states)
    return replace(
        movie, numbers=kept, remark=_remark(numbers), source=source, frames=_taken(movie.frames, places), truth=truth
    )


def _taken(frames: Any, places: np.ndarray) -> Any:
    if np.array_equal(places, np.arange(frames.shape[0])):
        return frames
    dask = type(frames).__module__.partition(".")[0] == "dask"
    return frames[places] if dask or isinstance(frames, np.ndarray) else Arranged(frames, places)


def _remark(numbers: np.ndarray) -> str:
    """What is odd about frame numbers, in words."""
    known, counts = np.unique(numbers, return_counts=True)
    often = known[counts > 1].tolist()
    words = []
    if often:
        words.append(f"Frame numbers that are there twice: {listed(often)}; the first frame of each is taken")
    back = np.flatnonzero(np.diff(numbers) < 0) + 1
    if len(back):
        words.append(
            f"Frames are out of order, frame {numbers[back[0]]} comes after {numbers[back[0] - 1]}: "
            "they are put in the order of their numbers"
        )
    return ". ".join(words)


def counted(times: Any) -> np.ndarray | None:
    """Frame numbers from 0 on by the times of frames (n,), in any unit; None where these do not tell them.

    Times are a count where each step is one, two or more times the usual one, within a quarter of it.
    """
    times = np.asarray(times)
    if times.dtype.kind in "mM":
        times = times.astype("int64")
    if times.ndim != 1 or times.dtype.kind not in "iuf" or len(times) < 2 or not np.isfinite(times).all():
        return None
    steps = np.diff(times.astype(np.float64))
    usual = float(np.median(steps))
    if usual <= 0 or (steps <= 0).any():
        return None
    beats = steps / usual
    if (np.abs(beats - np.rint(beats)) > OFF_BEAT).any() or (np.rint(beats) < 1).any():
        return None
    return np.concatenate([[0], np.cumsum(np.rint(beats))]).astype(np.intp)


def numbers_of_axis(axis: dict[str, Any]) -> np.ndarray | None:
    """Frame numbers by the axis along which images follow each other, as RosettaSciIO describes it; None if untold."""
    if str(axis.get("name", "")).lower() not in TIMES or "axis" not in axis:
        return None
    values = np.asarray(axis["axis"])
    whole = values.dtype.kind in "iuf" and np.isfinite(values).all() and (values == np.floor(values)).all()
    if str(axis["name"]).lower().startswith("frame") and whole and values.min(initial=0) >= 0:
        return np.asarray(values, np.intp) if (np.diff(values) > 0).all() else None
    return counted(values)
