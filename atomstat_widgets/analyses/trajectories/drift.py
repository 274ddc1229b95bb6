"""Drift, between atoms and links: measured from the pictures, checked by the atoms, refined by the tracks."""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atomstat_widgets.analyses.trajectories.stages import AUTOMATIC, Chosen, Found, automatic_rmax
from atomstat_widgets.brief import brief
from atomstat_widgets.counting import count_of, listed
from atomstat_widgets.data import Movie
from atomstat_widgets.stat import Registration, Tracks, estimate_drift, link, nearest_steps, register
from atomstat_widgets.stat.blocks import in_blocks
from atomstat_widgets.stat.progress import Progress

OFF = "off"
SHARED = 0.8  # of the distances to the next frame's atoms: with the drift removed they are shorter, if atoms share it
TOLD = 0.5  # pixels: a shorter step does not tell
FEWEST = 6  # atoms in two frames whose median step may contradict that of the pictures
MANY = 50  # and that refines it: the median of fewer is less certain than the pictures
JUMP = 1 / 3  # of the square of rmax, the mean of squared steps: by chance it is half, and more
UNUSUAL = 3.0  # times that of other frames
WORTH_TELLING = 1.0  # pixels

Floats = NDArray[np.float64]


@brief
@dataclass(frozen=True, eq=False)
class Drift:
    """How far each frame is shifted against the first.

    Attributes
    ----------
    shifts : array, (frames, 2)
        Along rows and columns, in pixels, by the place of the frame.
    doubtful : dict of int to str
        Frames, by their place, whose step from the one before is not certain, and why.
    remark : str
        What was done, in words.
    refined : bool
        Whether tracks may refine it.
    measured : bool
        Whether it is known from the pictures alone, and tracks may contradict it.
    """

    shifts: Floats
    doubtful: dict[int, str] = field(default_factory=dict)
    remark: str = ""
    refined: bool = False
    measured: bool = False


@brief
@dataclass(frozen=True, eq=False)
class Still:
    """Atoms to be followed in the frame of reference of the sample, and how far it is to the next ones.

    Attributes
    ----------
    drift : Drift
    positions : list of array, (n, 2)
        With the drift removed, in pixels, by the place of the frame.
    steps : array, (n,)
        Distance of each to the nearest one of the next frame, in pixels, where the step is certain.
    """

    drift: Drift
    positions: list[Floats]
    steps: Floats


@brief
@dataclass(frozen=True, eq=False)
class Linked:
    """Tracks in both frames of reference, and the drift between these.

    Attributes
    ----------
    seen, still : Tracks
        The same tracks, as they are seen, and with the drift removed. None goes on over a doubtful frame, but for that
        of an object that is the only one.
    drift : Drift
        Refined by the tracks.
    """

    seen: Tracks
    still: Tracks
    drift: Drift


def measure(_: None, movie: Movie, frames: int, drift: Any, progress: Progress) -> Drift:
    """Measure the drift of the first frames from their pictures, or take what is given."""
    shifts = np.zeros((len(movie), 2))
    if drift == OFF:
        return Drift(shifts)
    if drift != AUTOMATIC:
        if len(drift) != len(movie):
            raise ValueError(f"drift is given for {len(drift)} frames, and {movie.name} has {len(movie)}")
        return Drift(np.array(drift, np.float64), remark="The drift that is given was removed")
    try:
        pictures = movie.frames if in_blocks(movie.frames) else _First(movie, frames)
        found: Registration = register(pictures, progress=progress)
    except ValueError as error:
        return Drift(shifts, remark=f"The drift is not known, none was removed: {error}" if len(movie) > 1 else "")
    known = np.isfinite(found.shifts[:, 0])
    # A frame that cannot be compared is where the last one was.
    last = np.maximum.accumulate(np.where(known, np.arange(len(known)), int(known.argmax())))
    shifts[: len(known)] = found.shifts[last]
    return Drift(shifts, found.doubtful, refined=True, measured=True)


def agree(measured: Drift, found: Found, progress: Progress) -> Drift:
    """Take the measured drift, unless the atoms go their own ways: then what the pictures share is no drift."""
    if not measured.refined:
        return measured
    before, after = [np.empty(0)], [np.empty(0)]
    steps = np.diff(measured.shifts, axis=0)
    for (here, later), step in zip(pairwise(found.positions), steps, strict=True):
        if np.linalg.norm(step) >= TOLD and len(here) and len(later):
            tree = KDTree(later)
            before.append(np.asarray(tree.query(here)[0]))
            after.append(np.asarray(tree.query(here + step)[0]))
    alone, moved = np.concatenate(before), np.concatenate(after)
    if len(alone) and np.median(moved) > SHARED * np.median(alone):
        return Drift(np.zeros_like(measured.shifts), remark="Atoms share no drift, none was removed", measured=True)
    return measured


def remove(_: None, chosen: Chosen, drift: Drift, progress: Progress) -> Still:
    """Take the drift off the positions of the atoms that are followed."""
    drift = _settled(drift, chosen)
    positions = [points - moved for points, moved in zip(chosen.positions, drift.shifts, strict=True)]
    numbers = chosen.movie.frame_numbers.tolist()
    parts = _parts(len(positions), drift.doubtful)
    steps = [nearest_steps(dict(zip(numbers[part], positions[part], strict=True))) for part in parts]
    return Still(drift, positions, np.concatenate(steps))


def track(still: Still, chosen: Chosen, rmax: float | None, memory: int, progress: Progress) -> Linked:
    """Link the atoms where the sample is still, and refine the drift by their tracks."""
    alone = chosen.alone and rmax is None
    rmax = automatic_rmax(chosen) if rmax is None else rmax
    drift = still.drift
    if alone:
        same = [np.zeros(len(points), np.intp) for points in still.positions]
        tracks = Tracks(chosen.movie.frame_numbers, still.positions, same, 0)
    else:
        tracks = _linked(still, chosen, drift.doubtful, rmax, memory, progress)
    contradicted = _jumps(tracks, drift.doubtful, rmax) if drift.measured and not alone else {}
    if drift.refined and rmax > chosen.distance / 2:  # else tracks cannot contradict
        rest = np.diff(estimate_drift(tracks, fewest=FEWEST), axis=0)
        far = np.flatnonzero(np.linalg.norm(rest, axis=1) > chosen.distance / 2) + 1
        contradicted |= dict.fromkeys(far.tolist(), "tracks and pictures contradict each other")
    if contradicted:
        drift = replace(drift, doubtful=dict(sorted({**drift.doubtful, **contradicted}.items())))
        tracks = _linked(still, chosen, drift.doubtful, rmax, memory, progress)
    if drift.refined:
        drift = replace(drift, shifts=drift.shifts + estimate_drift(tracks, fewest=MANY))
    positions = [points - moved for points, moved in zip(chosen.positions, drift.shifts, strict=True)]
    return Linked(
        Tracks(tracks.frames, chosen.positions, tracks.ids, tracks.ambiguous),
        Tracks(tracks.frames, positions, tracks.ids, tracks.ambiguous),
        replace(drift, remark=_words(drift, chosen.movie)),
    )


def _settled(drift: Drift, chosen: Chosen) -> Drift:
    """Leave no frame in doubt where what is followed tells its links without the drift.

    Objects of several atoms: as many as in the frame before, each nearest to its own; then a shift that says otherwise
    is theirs instead. One atom, whose drift is in doubt in most frames: none is removed.
    """
    if 2 * len(drift.doubtful) > len(drift.shifts) and max(map(len, chosen.positions)) == 1:
        remark = f"The drift is in doubt in {len(drift.doubtful)} of {count_of(len(drift.shifts), 'frame')}, none was "
        return Drift(np.zeros_like(drift.shifts), remark=f"{remark}removed: the one atom may move with the sample")
    if not chosen.merged:
        return drift
    shifts, doubtful = drift.shifts.copy(), {}
    for place, why in drift.doubtful.items():
        before, after = chosen.positions[place - 1], chosen.positions[place]
        if not _same(before, after):
            doubtful[place] = why
        elif not _same(before + shifts[place] - shifts[place - 1], after):
            shifts[place:] += after.mean(axis=0) - before.mean(axis=0) - (shifts[place] - shifts[place - 1])
    return replace(drift, shifts=shifts, doubtful=doubtful)


def _same(before: Floats, after: Floats) -> bool:
    """Whether each of some points (n, 2) is the nearest of one of as many others, nearer than half-way to a rival."""
    if len(before) != len(after) or len(after) == 0:
        return False
    distances, nearest = KDTree(before).query(after)
    apart = KDTree(before).query(before, k=2)[0][:, 1]
    return len(set(nearest.tolist())) == len(after) and bool(np.all(distances < apart[nearest] / 2))


def _jumps(tracks: Tracks, doubtful: dict[int, str], rmax: float) -> dict[int, str]:
    """Frames, by their place, whose atoms are no nearer to those of the frame before than by chance, and why."""
    squares: dict[int, float] = {}
    for place in np.flatnonzero(np.diff(tracks.frames) == 1).tolist():
        (before, here), (ids, later) = tracks.positions[place : place + 2], tracks.ids[place : place + 2]
        fewer = min(len(before), len(here))
        if fewer >= FEWEST and place + 1 not in doubtful:
            _, first, second = np.intersect1d(ids, later, return_indices=True)
            alone = fewer - len(first)  # each of which counts as the range squared, as where they are linked
            linked = float(np.sum((here[second] - before[first]) ** 2)) / rmax**2
            squares[place + 1] = (linked + alone) / fewer
    usual = float(np.median([*squares.values()])) if squares else 0.0
    far = [place for place, square in squares.items() if square > max(JUMP, UNUSUAL * usual)]
    return dict.fromkeys(far, "its atoms are no nearer to those of the frame before than by chance")


def _linked(
    still: Still, chosen: Chosen, doubtful: dict[int, str], rmax: float, memory: int, progress: Progress
) -> Tracks:
    """Tracks of the parts between doubtful frames, one after the other."""
    numbers = chosen.movie.frame_numbers
    ids, count, ambiguous = [], 0, 0
    for part in _parts(len(numbers), doubtful):
        points = dict(zip(numbers[part].tolist(), still.positions[part], strict=True))
        done = part.start / len(numbers), part.stop / len(numbers)
        tracks = link(points, rmax, memory=memory, progress=_between(progress, *done))
        ids += [own + count for own in tracks.ids]
        count, ambiguous = count + len(tracks), ambiguous + tracks.ambiguous
    return Tracks(numbers, still.positions, ids, ambiguous)


def _between(progress: Progress, first: float, last: float) -> Progress:
    """Progress of a part of the work, from one fraction of all of it to another."""
    return lambda fraction: progress(first + fraction * (last - first))


def _parts(count: int, doubtful: dict[int, str]) -> list[slice]:
    """Places of frames between doubtful steps."""
    return [slice(*ends) for ends in pairwise([0, *sorted(doubtful), count])]


def _words(drift: Drift, movie: Movie) -> str:
    """What was done about the drift, and which frames are doubtful."""
    farthest = float(np.linalg.norm(drift.shifts, axis=1).max())
    words = drift.remark
    if not words and farthest >= WORTH_TELLING:
        words = f"Drift of up to {farthest:.3g} px removed"
    if not drift.doubtful:
        return words
    places = list(drift.doubtful)
    numbers = movie.frame_numbers[places].tolist()
    doubt = (
        f"The drift of {count_of(len(numbers), 'frame')} is in doubt ({listed(numbers)}), no step into them is "
        f"counted; of frame {numbers[0]}: {drift.doubtful[places[0]]}. Drift off or given counts them"
    )
    return ". ".join(filter(None, [doubt, words]))


class _First:
    """The first frames of a movie, which are read one by one."""

    def __init__(self, movie: Movie, count: int) -> None:
        self._movie, self._count = movie, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int) -> NDArray[Any]:
        return self._movie[place]
