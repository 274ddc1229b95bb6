"""Linking the atoms of a movie, frame by frame, into tracks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from atomstat_widgets.arguments import number_of, progress_of, whole_of
from atomstat_widgets.brief import brief
from atomstat_widgets.points import points_of, require_by_frame, require_classes
from atomstat_widgets.stat.blocks import MEMORY_BUDGET, as_dask, compute, in_blocks
from atomstat_widgets.stat.frame_numbers import by_frame_number
from atomstat_widgets.stat.progress import Progress, unreported

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Movie = Sequence[ArrayLike] | Mapping[Any, ArrayLike]
"""Points (n, 2) or more columns of each frame: a list, or a mapping of frame number to array."""


@brief
@dataclass(frozen=True, eq=False)
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


def link(positions: Movie, rmax: float, *, memory: int = 0, progress: Progress = unreported) -> Tracks:
    """Link the points of a movie into tracks.

    Parameters
    ----------
    positions : sequence of array, or mapping of frame number to array
        Points of each frame: row and column in pixels; further columns (class) are not looked at. The keys of a
        mapping are frame numbers (int, or str of one). Arrays of dask or Zarr will do, and any iterable.
    rmax : float
        Search range: the farthest that an atom goes between two of its points, in pixels.
    memory : int
        Number of frames that an atom may be missing for. It is then looked for around its last place, no farther.
    progress : callable
        Called with the fraction done; an exception it raises stops the computation.

    Returns
    -------
    Tracks
        One-to-one from frame to frame, beginning in any.

    Raises
    ------
    ValueError
        The range is not a positive finite number, or makes rivals of more than some 23,000 points of a frame; the
        memory is negative, or points or frame numbers are not as above.

    Notes
    -----
    From frame to frame the sum of the squared displacements is the smallest possible, where each point that is not
    linked counts as the range squared [1]_: so of two points in range of each other, both without another candidate,
    none stays alone. Pairs without rivals are linked at once. Each group of rivals is an assignment problem [2]_,
    solved exactly [3]_; its time grows like a power of their number, whatever the range.

    References
    ----------
    .. [1] Crocker & Grier, J. Colloid Interface Sci. 179, 298 (1996).
    .. [2] Jaqaman et al., Nat. Methods 5, 695 (2008).
    .. [3] Crouse, IEEE Trans. Aerosp. Electron. Syst. 52, 1679 (2016).

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> tracks = stat.link([[[0, 0], [9, 9]], [[1, 0], [9, 8]]], rmax=3)
    >>> tracks.track(0)
    (array([0, 1]), array([[0., 0.],
           [1., 0.]]))
    """
    rmax = number_of(rmax, "rmax", above=0, words="a positive, finite number of pixels")
    memory = whole_of(memory, "memory", minimum=0, words="a number of frames, 0 or more")
    progress_of(progress)
    frames, points = frames_and_points(positions)
    ids: list[Integers] = []
    # Last place, last frame and number of each track that may go on.
    places, seen, active = np.empty((0, 2)), np.empty(0, np.intp), np.empty(0, np.intp)
    count = ambiguous = 0
    for done, (frame, here) in enumerate(zip(frames, points, strict=True), start=1):
        remembered = seen >= frame - memory - 1
        places, seen, active = places[remembered], seen[remembered], active[remembered]
        before, after, rivals = _pairs(places, here, rmax)
        ambiguous += rivals
        own = np.full(len(here), -1, np.intp)
        own[after] = active[before]
        new = own < 0
        own[new] = count + np.arange(np.count_nonzero(new))
        count += int(np.count_nonzero(new))
        ids.append(own)
        left = np.ones(len(active), bool)
        left[before] = False
        places = np.concatenate([places[left], here])
        seen = np.concatenate([seen[left], np.full(len(here), frame)])
        active = np.concatenate([active[left], own])
        progress(done / len(frames))
    return Tracks(frames, points, ids, ambiguous)


def nearest_steps(positions: Movie) -> Floats:
    """Distance of each point to the nearest one of the next frame, in pixels, (n,), however far.

    What is between the distances that atoms go and those to their neighbours is a good search range.

    Parameters
    ----------
    positions : sequence of array, or mapping of frame number to array
        As for `link`.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.nearest_steps([[[0, 0], [9, 9]], [[1, 0], [9, 8]]])
    array([1., 1.])
    """
    frames, points = frames_and_points(positions)
    steps = [
        np.asarray(KDTree(later).query(here)[0])
        for here, later, gap in zip(points, points[1:], np.diff(frames), strict=False)
        if gap == 1 and len(here) and len(later)
    ]
    return np.concatenate([np.empty(0), *steps])


def frames_and_points(positions: Movie, columns: int = 2) -> tuple[Integers, list[Floats]]:
    """Frame numbers, increasing, and the first columns of the points (n, columns) of each frame; see `link`."""
    require_by_frame(positions, "positions")
    pairs = list(positions.items() if isinstance(positions, Mapping) else enumerate(positions))
    lazy = [given for _, given in pairs if in_blocks(given)]
    if lazy:  # all together, not one by one
        found = iter(compute([as_dask(given) for given in lazy]))
        pairs = [(key, next(found) if in_blocks(given) else given) for key, given in pairs]
    points: dict[int, Floats] = {}
    for frame, given in by_frame_number(pairs).items():
        points[frame] = points_of(given, f"points of frame {frame}", columns)[:, :columns]
    require_classes(points)
    return np.array(list(points), np.intp), list(points.values())


def _pairs(before: Floats, after: Floats, rmax: float) -> tuple[Integers, Integers, int]:
    """Numbers of the points (m, 2) and (n, 2) to link with each other, and how many of the links had rivals."""
    if len(before) == 0 or len(after) == 0:
        return np.empty(0, np.intp), np.empty(0, np.intp), 0
    near = KDTree(before).sparse_distance_matrix(KDTree(after), rmax, output_type="ndarray")
    first, second, distances = near["i"], near["j"], near["v"]
    alone = (np.bincount(first)[first] == 1) & (np.bincount(second)[second] == 1)
    won_first, won_second = _match(first[~alone], second[~alone], distances[~alone], rmax)
    return (
        np.concatenate([first[alone], won_first]),
        np.concatenate([second[alone], won_second]),
        len(won_first),
    )


def _match(first: Integers, second: Integers, distances: Floats, rmax: float) -> tuple[Integers, Integers]:
    """Pairs of the smallest sum of squares, where each number that is left over counts as the range squared."""
    if len(first) == 0:
        return first, second
    rows, row = np.unique(first, return_inverse=True)
    columns, column = np.unique(second, return_inverse=True)
    m, n = len(rows), len(columns)
    # In units of the longest distance, so that no range overflows. One more pair saves twice `alone`, and lengthens the
    # others by less than m + n: any larger cost has the same optimum, but would drown the distances in rounding.
    unit = distances.max() or rmax
    costs = (distances / unit) ** 2
    nothing = 2 * min(rmax / unit, np.sqrt(m + n)) ** 2
    linked = coo_array((np.ones(len(row)), (row, m + column)), shape=(m + n, m + n))
    group = connected_components(linked, directed=False)[1]
    order = np.argsort(group[row], kind="stable")
    ends = np.flatnonzero(np.diff(group[row][order], append=-1)) + 1
    won = [_matched_group(row[own], column[own], costs[own], nothing) for own in np.split(order, ends[:-1])]
    won_rows, won_columns = (np.concatenate(numbers) for numbers in zip(*won, strict=True))
    return rows[won_rows], columns[won_columns]


def _matched_group(row: Integers, column: Integers, costs: Floats, nothing: float) -> tuple[Integers, Integers]:
    """Pairs of the smallest sum of costs, where two numbers that are left over cost as much as is said.

    By a table of all pairs: SciPy's search in sparse ones may outbid for ever what costs almost the same.
    """
    rows, row = np.unique(row, return_inverse=True)
    columns, column = np.unique(column, return_inverse=True)
    if 8 * len(rows) * len(columns) > MEMORY_BUDGET:
        raise ValueError(f"rmax joins {len(rows)} points of a frame with {len(columns)} of the next: it is too large")
    table = np.full((len(rows), len(columns)), nothing)
    table[row, column] = costs
    from scipy.optimize import linear_sum_assignment  # takes a tenth of a second

    taken, partner = linear_sum_assignment(table)
    linked = table[taken, partner] < nothing
    return rows[taken[linked]], columns[partner[linked]]
