"""Tracks: which points of a movie are the same atom."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import whole_of
from atomstat_widgets.brief import described

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


@dataclass(frozen=True, eq=False, repr=False)
class Tracks:
    """Which points of a movie are the same atom.

    Attributes
    ----------
    frames : array, (frames,)
        Frame numbers, increasing; a frame that is not in it has no points.
    positions : list of array, (n, 2)
        Row and column of the points of each of these frames, in pixels.
    ids : list of array of int, (n,)
        Number of the track of each point, in the same order. Tracks are numbered from 0 in the order in which they
        begin, those of one frame in the order of their points; -1 is a point of no track (see `at_least`).
    ambiguous : int
        Links among several that were possible: of a point with more than one candidate, or one that is another's too.
    """

    frames: Integers
    positions: list[Floats]
    ids: list[Integers]
    ambiguous: int

    def __len__(self) -> int:
        return len(self.lengths)

    def __repr__(self) -> str:
        try:
            lengths, frames = self.lengths, [int(one) for one in self.frames]
        except (TypeError, ValueError):  # they are none, and it may be this that one looks for
            return described("Tracks", vars(self).items())
        facts: dict[str, Any] = {"tracks": len(lengths), "frames": len(frames)}
        if len(frames):
            facts |= {"first_frame": frames[0], "last_frame": frames[-1]}
        if len(lengths):
            facts |= {"shortest": lengths.min(), "median_length": np.median(lengths), "longest": lengths.max()}
        return described("Tracks", {**facts, "ambiguous": self.ambiguous}.items())

    @cached_property
    def lengths(self) -> Integers:
        """Number of points of each track, (tracks,)."""
        joined = np.concatenate([np.empty(0, np.intp), *self.ids])
        return np.bincount(joined[joined >= 0])

    @cached_property
    def _members(self) -> list[Integers]:
        joined = np.concatenate([np.empty(0, np.intp), *self.ids])
        # Frames come in order, and the sort keeps it.
        order = np.argsort(joined, kind="stable")[np.count_nonzero(joined < 0) :]
        return np.split(order, np.cumsum(self.lengths)[:-1])

    @cached_property
    def _all_points(self) -> tuple[Integers, Floats]:
        frames = np.repeat(self.frames, [len(points) for points in self.positions])
        return frames, np.concatenate([np.empty((0, 2)), *self.positions])

    def members(self, number: int) -> Integers:
        """Which points are those of a track, (n,), when all frames' are counted one after the other.

        Raises
        ------
        TypeError, IndexError
            The number is not whole, or there is no such track.
        """
        place = whole_of(number, "the number of a track")
        if not 0 <= place < len(self):
            raise IndexError(f"the number of a track is 0 to {len(self) - 1}, got {place}")
        return self._members[place]

    def track(self, number: int) -> tuple[Integers, Floats]:
        """Frame numbers (n,) and positions (n, 2) of one track; what is raised is as of `members`."""
        frames, positions = self._all_points
        return frames[self.members(number)], positions[self.members(number)]

    def at_least(self, length: int) -> "Tracks":
        """Only the tracks of so many points or more, numbered anew; points of others belong to none."""
        long_enough = self.lengths >= whole_of(length, "length", minimum=0)
        numbers = np.append(np.where(long_enough, np.cumsum(long_enough) - 1, -1), -1)  # the last is that of -1
        return Tracks(self.frames, self.positions, [numbers[ids] for ids in self.ids], self.ambiguous)

    def to_dataframe(self) -> Any:
        """All points that are in a track, as a DataFrame of pandas.

        Returns
        -------
        pandas.DataFrame
            With the columns y and x, in pixels, frame and particle, the number of the track, as trackpy has them:
            frame after frame, and the points of each in their order.

        Raises
        ------
        ImportError
            pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError("a DataFrame needs pandas: pip install pandas") from error
        frames, positions = self._all_points
        numbers = np.concatenate([np.empty(0, np.intp), *self.ids])
        kept = numbers >= 0
        y, x = positions[kept].T
        return pandas.DataFrame({"y": y, "x": x, "frame": frames[kept], "particle": numbers[kept]})
