"""How far atoms go: mean squared displacements, diffusion coefficients, steps."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import instance_of, number_of, whole_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.tracks._tracks import Tracks

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
LONGEST = 10**6  # frames of a lag, so many numbers a track
SHORTEST = 3  # points of a track, two steps, that tell diffusion from errors of localisation


@brief
class Displacements(NamedTuple):
    """Mean squared displacements.

    Attributes
    ----------
    lags : array of int, (lags,)
        1, 2, ... frames.
    per_track : array, (tracks, lags)
        Of each track; NaN where it has no two points so many frames apart.
    ensemble : array, (lags,)
        Of all pairs of points so many frames apart; NaN where there are none.
    pairs : array of int, (lags,)
        How many these are.
    """

    lags: Integers
    per_track: Floats
    ensemble: Floats
    pairs: Integers


@brief
class Diffusion(NamedTuple):
    """A diffusion coefficient and its standard error."""

    value: float
    error: float


def mean_squared_displacement(tracks: Tracks, max_lag: int, *, pixel_size: float = 1.0) -> Displacements:
    """Mean squared displacements of tracks, in the square of the unit of the pixel size.

    Parameters
    ----------
    tracks : Tracks
        Only points exactly so many frames apart are compared: a gap is never one step.
    max_lag : int
        Largest number of frames.
    pixel_size : float
        Edge of a pixel; without, the displacements are in pixels.

    Raises
    ------
    ValueError
        The largest lag is below 1, or the pixel size is not positive.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> tracks = stat.link([[[0, 0]], [[0, 1]], [[0, 2]]], rmax=2)
    >>> stat.mean_squared_displacement(tracks, 2)[1]
    array([[1., 4.]])
    """
    instance_of(tracks, "tracks", Tracks)
    max_lag, pixel_size = whole_of(max_lag, "max_lag", minimum=1, maximum=LONGEST), _length(pixel_size)
    lags = np.arange(1, max_lag + 1)
    sums, pairs = np.zeros((len(tracks), max_lag)), np.zeros((len(tracks), max_lag), np.intp)
    for number in range(len(tracks)):
        frames, places = tracks.track(number)
        places = places * pixel_size
        for column, lag in enumerate(lags[lags <= frames[-1] - frames[0]].tolist()):
            first, later = _find_pairs(frames, lag)
            sums[number, column] = np.sum((places[later] - places[first]) ** 2)
            pairs[number, column] = len(first)
    totals = pairs.sum(axis=0)
    return Displacements(lags, _mean(sums, pairs), _mean(sums.sum(axis=0), totals), totals)


def diffusion_coefficient(tracks: Tracks, *, pixel_size: float = 1.0, frame_time: float = 1.0) -> Diffusion:
    """Diffusion coefficient D of atoms that wander in the plane, ``MSD = 4 D t``.

    Parameters
    ----------
    tracks : Tracks
        Taken as samples of one kind of motion. Those of less than three frames in a row say nothing.
    pixel_size, frame_time : float
        Edge of a pixel and time from frame to frame; without, D is in pixels squared per frame.

    Returns
    -------
    Diffusion
        The error is that of free diffusion seen with the errors of localisation that the steps show.

    Raises
    ------
    ValueError
        No track has three frames in a row, or pixel size or frame time is not positive.

    Notes
    -----
    The covariance-based estimator [1]_: ``<step^2> / 2 + <step step'>`` per axis, where step and step' follow each
    other, so that errors of localisation cancel. Its error is theirs too.

    References
    ----------
    .. [1] Vestergaard, Blainey & Flyvbjerg, Phys. Rev. E 89, 022726 (2014).

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> walk = np.random.default_rng(0).normal(size=(5000, 2)).cumsum(axis=0)  # steps of variance 1: D is 1/2
    >>> tracks = stat.link(walk[:, None], rmax=20)
    >>> round(stat.diffusion_coefficient(tracks).value, 1)
    0.5
    """
    instance_of(tracks, "tracks", Tracks)
    frame_time, pixel_size = number_of(frame_time, "frame_time", above=0), _length(pixel_size)
    all_squares, all_products = [np.empty((0, 2))], [np.empty((0, 2))]
    for number in np.flatnonzero(tracks.lengths >= SHORTEST).tolist():
        frames, places = tracks.track(number)
        steps = np.diff(places * pixel_size, axis=0)
        consecutive = np.diff(frames) == 1
        both = consecutive[:-1] & consecutive[1:]
        here, following = steps[:-1][both], steps[1:][both]
        all_squares.append((here**2 + following**2) / 2)
        all_products.append(here * following)
    squares, products = np.concatenate(all_squares), np.concatenate(all_products)
    if len(squares) == 0:
        raise ValueError("no track has three frames in a row")
    value = float(squares.mean() / 2 + products.mean()) / frame_time
    blur = max(0.0, -float(products.mean())) / frame_time  # variance of the localisation
    count = squares.size  # both axes
    variance = (6 * value**2 + 4 * abs(value) * blur + 2 * blur**2) / count + 8 * (abs(value) + blur) ** 2 / count**2
    return Diffusion(value, float(np.sqrt(variance)))


def step_lengths(tracks: Tracks, *, pixel_size: float = 1.0) -> Floats:
    """Distances that atoms go from one frame to the next, (n,), in the unit of the pixel size; none over gaps.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.step_lengths(stat.link([[[0, 0]], [[3, 4]]], rmax=6), pixel_size=0.1).round(3)
    array([0.5])
    """
    instance_of(tracks, "tracks", Tracks)
    pixel_size = _length(pixel_size)
    steps = []
    for number in range(len(tracks)):
        frames, places = tracks.track(number)
        first, later = _find_pairs(frames, 1)
        steps.append(np.hypot(*((places[later] - places[first]) * pixel_size).T))
    return np.concatenate([np.empty(0), *steps])


def _find_pairs(frames: Integers, lag: int) -> tuple[Integers, Integers]:
    """Numbers of the points that have another one so many frames later, and of these."""
    later = np.searchsorted(frames, frames + lag)
    found = np.append(frames, -1)[later] == frames + lag
    return np.flatnonzero(found), later[found]


def _length(pixel_size: float) -> float:
    return number_of(pixel_size, "pixel_size", above=0)


def _mean(sums: Floats, counts: Integers) -> Floats:
    return np.asarray(np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0))
