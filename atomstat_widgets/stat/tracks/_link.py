"""Linking the atoms of a movie, frame by frame, into tracks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from atomstat_widgets.arguments import number_of, progress_of, switch_of, whole_of
from atomstat_widgets.points import parted, points_of, require_by_frame, require_classes
from atomstat_widgets.renamed import also_called
from atomstat_widgets.stat.blocks import as_dask, compute, in_blocks
from atomstat_widgets.stat.frame_numbers import by_frame_number
from atomstat_widgets.stat.progress import Progress, unreported
from atomstat_widgets.stat.tracks._tracks import Tracks
from atomstat_widgets.stat.tracks.pairs import pairs
from atomstat_widgets.stat.tracks.prediction import Motion

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Movie = Sequence[ArrayLike] | Mapping[Any, ArrayLike]
"""Points (n, 2) or more columns of each frame: a list, or a mapping of frame number to array."""
AXES = ("rows", "columns")


@also_called(search_range="rmax")
def link(
    positions: Movie,
    rmax: float | Sequence[float],
    *,
    memory: int = 0,
    predict: bool = False,
    progress: Progress = unreported,
) -> Tracks:
    """Link the points of a movie into tracks.

    Parameters
    ----------
    positions : sequence of array, mapping of frame number to array, or table
        Points of each frame: row and column in pixels; further columns (class) are not looked at. The keys of a
        mapping are frame numbers (int, or str of one). Arrays of dask or Zarr will do, and any iterable. Of a table, a
        DataFrame or a structured array, those in the columns y, x and frame, as trackpy has them.
    rmax : float or (float, float)
        Search range: the farthest that an atom goes between two of its points, in pixels; of two, along rows and
        columns, they are half the axes of an ellipse. It may be called ``search_range``.
    memory : int
        Number of frames that an atom may be missing for. It is then looked for around its last place, no farther.
    predict : bool
        Look for each atom where the motion of those around it would take it, not where it was: the range then is how
        far it goes besides.
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
    solved exactly [3]_; its time grows like a power of their number, whatever the range. Where the range differs along
    the axes, displacements are measured in parts of it.

    What is predicted is the median of the last steps of the five nearest tracks, for as many frames as have passed, and
    then the one step of all points that brings them nearest to those of the new frame. So a flow is followed from its
    first frame on, and a drift that changes from frame to frame, as long as the common step is no longer than twice the
    distance of neighbours. A lattice that fills the picture looks the same when it has moved by a whole spacing: of
    steps that fit as well the shortest is taken. Where each atom goes its own way there is nothing to predict.

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
    reach, scale = _range_of(rmax)
    memory = whole_of(memory, "memory", minimum=0, words="a number of frames, 0 or more")
    motion = Motion(reach) if switch_of(predict, "predict") else None
    progress_of(progress)
    frames, points = frames_and_points(parted(positions, "positions"))
    ids: list[Integers] = []
    # Place, last frame and number of each track that may go on. The place is the last one or, where it is predicted,
    # goes on from there; in units of the range where that differs along the axes.
    places, seen, active = np.empty((0, 2)), np.empty(0, np.intp), np.empty(0, np.intp)
    count = ambiguous = 0
    for done, (frame, given) in enumerate(zip(frames, points, strict=True), start=1):
        here = given if scale is None else given * scale
        remembered = seen >= frame - memory - 1
        places, seen, active = places[remembered], seen[remembered], active[remembered]
        gap = 1 if done == 1 else int(frame - frames[done - 2])
        expected = places if motion is None else motion.expected(places, here, gap)
        before, after, rivals = pairs(expected, here, reach)
        if motion is not None:
            motion.take(places[before], here[after], gap)
        ambiguous += rivals
        own = np.full(len(here), -1, np.intp)
        own[after] = active[before]
        new = own < 0
        own[new] = count + np.arange(np.count_nonzero(new))
        count += int(np.count_nonzero(new))
        ids.append(own)
        left = np.ones(len(active), bool)
        left[before] = False
        places = np.concatenate([expected[left], here])
        seen = np.concatenate([seen[left], np.full(len(here), frame)])
        active = np.concatenate([active[left], own])
        progress(done / len(frames))
    return Tracks(frames, points, ids, ambiguous)


def _range_of(rmax: Any) -> tuple[float, Floats | None]:
    """Search range, and by what points are multiplied to have the same one along both axes; None of one number."""
    words = "a positive, finite number of pixels"
    if np.ndim(rmax) == 0:
        return number_of(rmax, "rmax", above=0, words=words), None
    if np.shape(rmax) != (2,):
        raise ValueError(f"rmax is {words}, or two, along rows and columns, got shape {np.shape(rmax)}")
    y, x = (number_of(one, f"rmax along {axis}", above=0, words=words) for one, axis in zip(rmax, AXES, strict=True))
    return max(y, x), max(y, x) / np.array([y, x])


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
