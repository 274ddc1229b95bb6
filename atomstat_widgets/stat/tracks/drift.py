"""The motion that all atoms of a movie have in common."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, instance_of, whole_of
from atomstat_widgets.stat.tracks._link import Movie, frames_and_points
from atomstat_widgets.stat.tracks._tracks import Tracks

Floats = NDArray[np.float64]


def estimate_drift(tracks: Tracks, *, fewest: int = 1) -> Floats:
    """How far each frame has moved since the first.

    Parameters
    ----------
    tracks : Tracks
        Linked with a range that holds the drift between two frames, too.
    fewest : int
        Atoms in both of two frames that tell it.

    Returns
    -------
    array, (frames, 2)
        Along rows and columns, in pixels. From frame to frame it is the median displacement of the atoms that are in
        both, which a few that jump do not bend; none where there are fewer such atoms than `fewest`.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.estimate_drift(stat.link([[[0, 0], [9, 9]], [[1, 0], [10, 9]]], rmax=3))
    array([[0., 0.],
           [1., 0.]])
    """
    instance_of(tracks, "tracks", Tracks)
    fewest = whole_of(fewest, "fewest", minimum=1)
    drift = np.zeros((len(tracks.frames), 2))
    for number in range(1, len(drift)):
        # Ids of one frame differ from each other, but for those of no track.
        kept = [np.flatnonzero(ids >= 0) for ids in tracks.ids[number - 1 : number + 1]]
        earlier, later = (ids[at] for ids, at in zip(tracks.ids[number - 1 : number + 1], kept, strict=True))
        _, before, here = np.intersect1d(earlier, later, assume_unique=True, return_indices=True)
        before, here = kept[0][before], kept[1][here]
        steps = tracks.positions[number][here] - tracks.positions[number - 1][before]
        drift[number] = np.median(steps, axis=0) if len(steps) >= fewest else 0
    return np.cumsum(drift, axis=0)


def remove_drift(positions: Movie, drift: ArrayLike) -> dict[int, Floats]:
    """Positions (n, 2) by frame number as they would be without a drift (frames, 2), see `estimate_drift`.

    Raises
    ------
    ValueError
        The drift has not one row for each frame that has points.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.remove_drift({0: [[0.0, 0.0]], 1: [[1.0, 0.0]]}, [[0.0, 0.0], [1.0, 0.0]])
    {0: array([[0., 0.]]), 1: array([[0., 0.]])}
    """
    frames, points = frames_and_points(positions)
    steps: Floats = array_of(drift, "drift", "(frames, 2)", dtype=np.float64, finite=True)
    if steps.shape != (len(frames), 2):
        raise ValueError(f"the drift has a row and column for each of {len(frames)} frames, got shape {steps.shape}")
    return {frame: here - moved for frame, here, moved in zip(frames.tolist(), points, steps, strict=True)}
