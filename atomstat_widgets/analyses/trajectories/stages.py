"""The stages of following atoms through a movie, each computed from the one before."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.trajectories.second_look import look_again, usual_lattice
from atomstat_widgets.brief import brief
from atomstat_widgets.counting import count_of
from atomstat_widgets.data import Movie
from atomstat_widgets.reactive.crops_to_components import NEIGHBOURS, Factor, classes_of, faded_factor_of, gray_of
from atomstat_widgets.reactive.doubts import remark_on, words_for_others
from atomstat_widgets.stat import (
    Atoms,
    Crops,
    Objects,
    extract_crops,
    extract_movie_crops,
    find_atoms,
    find_movie_atoms,
    neighbour_distances,
    otsu_threshold,
)
from atomstat_widgets.stat.blocks import as_dask, in_blocks
from atomstat_widgets.stat.progress import Progress
from atomstat_widgets.stat.some_of import some_of

AUTOMATIC, ALL, BRIGHT = "automatic", "all", "bright"  # which atoms are followed
GUESSES = 5  # frames from which the distance of neighbours is guessed
SMOOTH = 1.0  # px, of the Gaussian under which crops are looked at: noise hides the states else
GMM_DIMENSIONS = 4
# Ashman's D between the two groups into which the upper half of the strengths falls apart: 4.5 is far beyond what
# splitting a bell (2.7), half a bell (about 3.5) or a flat distribution (3.5) gives. Bright atoms of two heights in
# much noise have less than 5.
CLEARLY_APART = 4.5
HOP = 1.25  # distances of atoms, at least, that an empty site may go
ATOM_RADIUS = 0.5  # of the distance of neighbours: a ring around an atom

Floats = NDArray[np.float64]
NO_ATOMS = np.empty((0, 2))


@brief
@dataclass(frozen=True, eq=False)
class Found:
    """Atoms of each frame: positions (n, 2) and strengths (n,); their spacing; frames that could not be used.

    And in words the lattice that they are on, and what is in doubt about them.
    """

    positions: list[Floats]
    strengths: list[Floats]
    spacing: float
    skipped: dict[int, str]
    remark: str = ""
    vectors: Floats = field(default_factory=lambda: np.empty((0, 2)))  # of that lattice


@brief
@dataclass(eq=False)
class FoundSoFar:
    """Atoms of the first frames, as far as they were looked at; frames with gaps; those that are of no use, and why.

    Kept so that a run that was stopped is not lost. `first` is the number of frames to show before the others.
    """

    first: int | None = None
    spacing: float | None = None
    atoms: list[Atoms] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    skipped: dict[int, str] = field(default_factory=dict)
    looked_again: set[int] = field(default_factory=set)


@brief
@dataclass(frozen=True, eq=False)
class Chosen:
    """Atoms, or objects of several, to be followed, by frame, and whether these are only the bright ones.

    Where objects are made of atoms `defects` tells of which, and `guessed` whether their size is only a guess; `vacant`
    whether they are sites of the lattice that are empty or weak. `sites` is how many of these the usual frame has,
    where atoms are followed.
    """

    movie: Movie
    positions: list[Floats]
    spacing: float
    bright: bool
    distance: float  # between neighbours of one frame, the median; or half the shorter side
    defects: Objects | None = None
    guessed: bool = False
    vacant: bool = False
    sites: int = 0

    @property
    def merged(self) -> bool:
        """Whether some of the objects are made of several atoms."""
        return self.defects is not None and self.defects.reach > 0

    @property
    def alone(self) -> bool:
        """Whether it is a single object made of several atoms, which there is nothing to mix up with."""
        return self.merged and max(len(points) for points in self.positions) == 1

    @property
    def radius(self) -> float:
        """Of a circle around each, in pixels."""
        return (NEIGHBOURS if self.merged else ATOM_RADIUS) * self.spacing


@brief
@dataclass(frozen=True, eq=False)
class Factored:
    """The factor of the crops around the atoms, and how many atoms each frame has."""

    factor: Factor
    counts: list[int]


@brief
@dataclass(frozen=True, eq=False)
class States:
    """State of each atom, from 0 on, the largest first, -1 without a crop; by frame, in the order of the positions.

    `posteriors` (n, k) tell how probable each state is for each atom by its crop alone, NaN without a crop.
    `arrangement` tells for each state which of those computed it is, counted from 1; empty where they are as computed.
    """

    crops: Crops
    labels: list[NDArray[np.intp]]
    centroids: NDArray[Any]  # mean crop of each state, (k, side, side)
    posteriors: list[Floats]
    arrangement: tuple[int, ...] = ()

    def arranged(self, arrangement: Sequence[int]) -> "States":
        """Give states, as they were computed, other numbers."""
        order = np.asarray(arrangement) - 1
        numbers = np.append(np.argsort(order), -1)  # the last is that of -1
        labels = [numbers[one] for one in self.labels]
        return replace(
            self, labels=labels, centroids=self.centroids[order],
            posteriors=[one[:, order] for one in self.posteriors], arrangement=tuple(arrangement),
        )  # fmt: skip

    @property
    def counts(self) -> NDArray[np.intp]:
        """Number of atoms in each state, (k,)."""
        joined = np.concatenate(self.labels)
        return np.bincount(joined[joined >= 0], minlength=len(self.centroids))


def frame_reader(movie: Movie, dark: bool) -> Callable[[int], NDArray[np.float32]]:
    """Make a function that gives a frame by its place: grey, from 0 to 1, atoms bright."""
    return lambda place: gray_of(movie[place], dark)


def find(
    _: None,
    movie: Movie,
    frames: int,
    dark: bool,
    spacing: float | None,
    strength: float | None,
    so_far: FoundSoFar,
    progress: Progress,
) -> Found:
    """Take the atoms that come with a movie; without, find them, in all of the first frames alike."""
    read = frame_reader(movie, dark)
    given = movie.atoms
    if so_far.spacing is None:
        so_far.spacing = spacing or (
            _typical_spacing(read, len(movie)) if given is None else _given_spacing(movie, given)
        )
    spacing = so_far.spacing
    if given is None and in_blocks(movie.frames) and not so_far.atoms:
        everywhere = find_movie_atoms(movie.frames, dark=dark, spacing=spacing, strength=strength, progress=progress)
        so_far.skipped.update((int(movie.frame_numbers[place]), why) for place, why in everywhere.skipped.items())
        so_far.atoms.extend(everywhere.frames)
    for place in range(len(so_far.atoms), frames):
        number = int(movie.frame_numbers[place])
        try:
            if given is None:
                frame = movie[place]
                atoms = find_atoms(gray_of(frame, dark), spacing=spacing, strength=strength)
                if frame.dtype.kind == "f" and np.isnan(frame).any():
                    so_far.gaps.append(number)
            else:
                points = np.asarray(given.get(number, NO_ATOMS), np.float64)
                atoms = _given_atoms(movie, read, place, points, spacing)
            so_far.atoms.append(atoms)
        except (ValueError, OSError) as error:  # a blank or damaged frame must not cost the others
            so_far.skipped[number] = str(error)
            so_far.atoms.append(Atoms(NO_ATOMS, np.empty(0), spacing))
        progress((place + 1) / frames)
    if given is None:
        look_again(so_far.atoms, read, strength, so_far.looked_again, progress)
    last = movie.frame_numbers[frames - 1]
    skipped = {number: why for number, why in so_far.skipped.items() if number <= last}
    if len(skipped) == frames:
        raise ValueError(f"no frame can be used; of frame {next(iter(skipped))}: {next(iter(skipped.values()))}")
    rest = [Atoms(NO_ATOMS, np.empty(0), spacing)] * (len(movie) - frames)
    every = so_far.atoms[:frames] + rest
    if not any(len(atoms.positions) for atoms in every):
        raise ValueError(
            f"no atoms were found: lower the strength, or set the spacing; {words_for_others(dark)}"
            if given is None
            else "no atoms are given with the movie"
        )
    positions, strengths = [atoms.positions for atoms in every], [atoms.strengths for atoms in every]
    gaps = sum(number <= last for number in so_far.gaps)
    left_out = f"Places without data were left out in {count_of(gaps, 'frame')}" if gaps else ""
    remark = ". ".join(filter(None, [left_out, _outside(positions[:frames], movie), remark_on(every[:frames], movie)]))
    lattice = usual_lattice(every)
    return Found(positions, strengths, spacing, skipped, remark, NO_ATOMS if lattice is None else lattice.vectors)


def _outside(positions: list[Floats], movie: Movie) -> str:
    """Which of the given positions are outside the frame, in words."""
    beyond = [((points < -0.5) | (points > np.array(movie.sides) - 0.5)).any(axis=1) for points in positions]
    count = sum(np.count_nonzero(one) for one in beyond)
    if count == 0:
        return ""
    place = next(place for place, one in enumerate(beyond) if one.any())
    y, x = positions[place][beyond[place]][0]
    where = f"in frame {movie.frame_numbers[place]} at y {y:.4g}, x {x:.4g}"
    return (
        f"A position is outside the frame: {where}"
        if count == 1
        else (f"{count:,} positions are outside the frame, the first {where}")
    )


def _given_spacing(movie: Movie, atoms: Mapping[int, NDArray[Any]]) -> float:
    distances = neighbour_distances([np.asarray(points) for points in atoms.values()])
    return float(np.median(distances)) if len(distances) else min(movie.sides) / 4


def _given_atoms(
    movie: Movie, read: Callable[[int], NDArray[np.float32]], place: int, points: Floats, spacing: float
) -> Atoms:
    if len(points) and not in_blocks(movie.frames):
        read(place)  # of a frame that cannot be read no crops can be cut
    return Atoms(points[:, :2], np.ones(len(points)), spacing)


def _typical_spacing(read: Callable[[int], NDArray[np.float32]], count: int) -> float:
    spacings, why, usable = [], "", False
    places = some_of(count, GUESSES).tolist()
    for place in places:
        try:
            frame = read(place)
            usable = True
            spacings.append(find_atoms(frame).spacing)
        except (ValueError, OSError) as error:
            why = f"; of frame {place}: {error}"
    if not spacings:
        set_it = ": set it" if usable and len(places) < count else ""
        raise ValueError(f"no frame that was looked at tells the spacing of atoms{set_it}{why}")
    return float(np.median(spacings))


def choose(found: Found, movie: Movie, atoms: str, progress: Progress) -> Chosen:
    """Choose all atoms or those that are clearly brighter than the rest, as dopants are."""
    # At the border an image seems to go on as its mirror, which makes noise and halves of atoms bright.
    inside = [
        ((points >= found.spacing / 2) & (points <= np.array(movie.sides) - 1 - found.spacing / 2)).all(axis=1)
        for points in found.positions
    ]
    # Brighter than the others of the same frame: of another frame noise and brightness are others.
    brightness = [strong / np.median(strong) if len(strong) else strong for strong in found.strengths]
    threshold, apart = _split(np.concatenate(brightness)[np.concatenate(inside)])
    # A kind of atoms is in most frames; a few spots of dirt are not.
    filled = sum(len(points) > 0 for points in found.positions)
    several = np.count_nonzero(np.concatenate(brightness) > threshold) >= filled / 2
    bright = atoms == BRIGHT or (atoms == AUTOMATIC and apart > CLEARLY_APART and bool(several))
    positions = found.positions
    if bright:
        positions = [
            points[(relative > threshold) & far]
            for points, relative, far in zip(found.positions, brightness, inside, strict=True)
        ]
    return Chosen(movie, positions, found.spacing, bright, distance_between(positions, movie))


def distance_between(positions: list[Floats], movie: Movie) -> float:
    """Distance between neighbours of one frame, the median; half the shorter side where there are none."""
    distances = neighbour_distances(positions)
    distances = distances[distances > 0]
    return float(np.median(distances)) if len(distances) else min(movie.sides) / 2


def _split(brightness: Floats) -> tuple[float, float]:
    """Threshold between the bright atoms and the rest, and how far apart the two are.

    Of the stronger half only, on a logarithmic scale: the weaker one may hold noise. How far apart is D of Ashman, Bird
    & Zepf, Astron. J. 108, 2348 (1994).
    """
    logs = np.log(brightness[brightness > np.median(brightness)]) if len(brightness) else brightness
    if len(logs) < 2 or np.ptp(logs) == 0:
        return -np.inf, 0.0
    threshold = otsu_threshold(logs)
    high, low = logs[logs > threshold], logs[logs <= threshold]
    if len(high) == 0 or len(low) == 0:
        return -np.inf, 0.0
    spread = np.sqrt((high.var() + low.var()) / 2)
    return float(np.exp(threshold)), float((high.mean() - low.mean()) / max(spread, 1e-9))


def cut(chosen: Chosen, movie: Movie, dark: bool, window: int | None, normalize: str, progress: Progress) -> Factored:
    """Cut crops around the atoms, and factorize them.

    At its border a frame goes on as its mirror, so that atoms half a spacing away from it have a state: crops fade, and
    an atom without a state costs two steps. Not for a window that is most of the frame: it would see mirrors alone.
    """
    if window is None:
        most = min(movie.sides) // (4 if chosen.defects is None else 2)
        window = min(max(4, 2 * round(NEIGHBOURS * chosen.spacing)), max(4, most))
    options: dict[str, Any] = {
        "normalize": normalize, "smooth": SMOOTH, "progress": lambda fraction: progress(0.7 * fraction),
    }  # fmt: skip
    beyond = max(0, window // 2 + 2 - int(chosen.spacing / 2)) if 2 * window <= min(movie.sides) else 0
    positions = [points[:, :2] + beyond for points in chosen.positions]
    if in_blocks(movie.frames):
        stack = _mirrored(_gray_stack(movie, dark), beyond)
        crops = extract_crops(stack, dict(enumerate(positions)), window, between_pixels=True, **options)
    else:
        read = frame_reader(movie, dark)
        crops = extract_movie_crops(lambda place: np.pad(read(place), beyond, "reflect"), positions, window, **options)
    crops = replace(crops, positions=crops.positions - beyond)
    factor = faded_factor_of(crops, lambda fraction: progress(0.7 + 0.3 * fraction))
    return Factored(factor, [len(points) for points in chosen.positions])


def _mirrored(stack: Any, beyond: int) -> Any:
    import dask.array as da

    return da.pad(stack, ((0, 0), (beyond, beyond), (beyond, beyond), (0, 0)), "reflect")


def _gray_stack(movie: Movie, dark: bool) -> Any:
    """Frames of dask as `frame_reader` gives them, (frames, height, width, 1)."""
    frames = as_dask(movie.frames)
    whole = frames.rechunk(dict.fromkeys(range(1, frames.ndim), -1))
    gray = whole.map_blocks(_gray_frames, dark, dtype=np.float32, drop_axis=list(range(3, frames.ndim)))
    return gray[..., None]


def _gray_frames(frames: NDArray[Any], dark: bool) -> NDArray[np.float32]:
    """Frames, grey, from 0 to 1, atoms bright; NaN where one cannot be used."""
    gray = np.full(frames.shape[:3], np.nan, np.float32)
    for one, frame in zip(gray, frames, strict=True):
        with suppress(ValueError):
            one[:] = gray_of(frame, dark)
    return gray


def sort(factored: Factored, n_states: int, progress: Progress) -> States:
    """Sort the crops into states, by a Gaussian mixture of their first principal components."""
    factor, crops = factored.factor, factored.factor.crops
    if len(crops) < n_states:
        raise ValueError(f"{len(crops)} atoms have a crop, too few for {n_states} states")
    found = classes_of(factor, n_states, GMM_DIMENSIONS)
    labels = np.full(sum(factored.counts), -1, np.intp)
    labels[crops.numbers] = np.asarray(found.labels)
    posteriors = np.full((len(labels), n_states), np.nan)
    posteriors[crops.numbers] = found.decomposition.loadings
    centroids = (factor.base + found.decomposition.components).reshape(-1, *crops.shape[:2])
    ends = np.cumsum(factored.counts)[:-1]
    return States(crops, np.split(labels, ends), centroids, np.split(posteriors, ends))


def automatic_rmax(chosen: Chosen) -> float:
    """Half the distance of neighbours: an atom that goes farther is nearer to where another one was.

    A site that is empty goes by the distance of atoms at least.
    """
    return max(chosen.distance / 2, HOP * chosen.spacing if chosen.vacant else 0)
