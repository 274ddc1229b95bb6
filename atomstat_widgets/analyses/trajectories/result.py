"""What was found by following atoms through a movie."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import isqrt
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import KDTree

from atomstat_widgets.analyses.trajectories.draws import Draws
from atomstat_widgets.analyses.trajectories.drift import Drift, Linked
from atomstat_widgets.analyses.trajectories.objects import remark_on
from atomstat_widgets.analyses.trajectories.stages import Chosen, Found, States, automatic_rmax
from atomstat_widgets.analyses.trajectories.used_steps import UsedSteps, count_steps
from atomstat_widgets.brief import brief
from atomstat_widgets.data import Movie, MovieTruth
from atomstat_widgets.stat import (
    Tracks,
    TransitionCounts,
    TransitionMatrix,
    count_transitions,
    diffusion_coefficient,
    match_components,
)
from atomstat_widgets.stat.tracks.motion import Diffusion
from atomstat_widgets.stat.tracks.overlap import pairs_apart
from atomstat_widgets.stat.tracks.uncertain import DOUBTFUL

ABSENT, UNKNOWN = -2, -1  # in a timeline: no atom there; an atom without a crop


@brief
class Atoms(NamedTuple):
    """Frame numbers (n,), positions (n, 2), tracks (n,) and states (n,) of atoms; -1 for no track, or no state."""

    frames: NDArray[np.intp]
    positions: NDArray[np.float64]
    tracks: NDArray[np.intp]
    states: NDArray[np.intp]


@brief
class Score(NamedTuple):
    """How a result compares with the truth.

    Attributes
    ----------
    links, all_links : int
        True links, from a frame to the next, that were found, and all of them.
    entries, all_entries : int or None
        Entries of the true transition matrix within their intervals, and all of them; None where the number of states
        is not the true one.
    wrong_links : int
        Links, from a frame to the next, that join points of two atoms, or of none.
    """

    links: int
    all_links: int
    entries: int | None
    all_entries: int
    wrong_links: int

    @property
    def words(self) -> str:
        """All of it, in HTML."""
        count = isqrt(self.all_entries)
        share = self.links / max(self.all_links, 1)
        links = f"{share:.1%} of {self.all_links:,} true links found,<br>{self.wrong_links:,} wrong"
        if self.entries is None:
            return f"{links}; {count} state{' is' if count == 1 else 's are'} the true number"
        if self.all_entries < 2:
            return links
        return f"{links}; {self.entries} of {self.all_entries} true probabilities<br>within their intervals"

    @property
    def similarity(self) -> float:
        """Share of right links among all that are true or were found: the Jaccard index of the links.

        Chenouard et al., Nat. Methods 11, 281 (2014).
        """
        return self.links / max(self.all_links + self.wrong_links, 1)


@brief
@dataclass(frozen=True, eq=False)
class TrajectoriesResult:
    """All that one run found.

    Attributes
    ----------
    movie : Movie
        The data.
    parameters : dict
        What it was computed with; None stands for what was chosen automatically.
    found : Found
        Atoms of all frames.
    chosen : Chosen
        Those that are followed.
    states : States
        Their states.
    linked : Linked
        All tracks, and the drift.
    nearest : array, (n,)
        Steps of atoms to the nearest of the next frame with the drift removed, in pixels.
    draws : Draws
        States along the tracks that are long enough as they may be as well, see `draw_states`.
    """

    analysis: ClassVar = "trajectories"

    movie: Movie
    parameters: dict[str, Any]
    found: Found
    chosen: Chosen
    states: States
    linked: Linked
    nearest: NDArray[np.float64]
    draws: Draws

    @property
    def arrangement(self) -> tuple[int, ...]:
        """For each state which of those computed it is, counted from 1; empty where they are as computed."""
        return self.states.arrangement

    def arranged(self, arrangement: Sequence[int]) -> "TrajectoriesResult":
        """Give states, as they were computed, other numbers, see `arrangement`."""
        states = self.states.arranged(arrangement)
        return replace(self, states=states, draws=Draws(states, self.links, self.parameters["min_length"]))

    @property
    def coarse(self) -> bool:
        """Whether only the first frames were looked at."""
        return bool(self.parameters["frames"] < len(self.movie))

    @property
    def remark(self) -> str:
        """What is not final about it, the objects, the drift, the lattice, and what is in doubt, in words."""
        frames = self.parameters["frames"]
        first = [f"First impression: {frames} of {len(self.movie)} frames"] if self.coarse else []
        return ". ".join([*first, *filter(None, [remark_on(self.chosen), self.drift.remark, self.found.remark])])

    @property
    def quality(self) -> str:
        """How good it is, in words."""
        return f"{len(self.tracks):,} tracks, {self.links.ambiguous:,} ambiguous links"

    @property
    def drift(self) -> Drift:
        """How far each frame is shifted, and which are in doubt."""
        return self.linked.drift

    def drift_at(self, number: int) -> NDArray[np.float64]:
        """Shift (2,) of a frame by its number, in pixels; of one that was not recorded that of the last one before."""
        place = int(np.searchsorted(self.movie.frame_numbers, number, side="right")) - 1
        return np.asarray(self.drift.shifts[max(place, 0)])

    @property
    def links(self) -> Tracks:
        """All tracks, as they are seen."""
        return self.linked.seen

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.states.centroids)

    @property
    def rmax(self) -> float:
        """Search range that was used, in pixels."""
        given = self.parameters["rmax"]
        return automatic_rmax(self.chosen) if given is None else float(given)

    @property
    def window(self) -> int:
        """Side of the crops, in pixels."""
        return self.states.crops.shape[0]

    @cached_property
    def tracks(self) -> Tracks:
        """Tracks that are long enough."""
        return self.links.at_least(self.parameters["min_length"])

    @cached_property
    def still(self) -> Tracks:
        """The same tracks with the drift removed."""
        return self.linked.still.at_least(self.parameters["min_length"])

    @cached_property
    def still_positions(self) -> NDArray[np.float64]:
        """Positions of all `atoms` with the drift removed, (n, 2), in pixels."""
        return np.concatenate(self.still.positions)

    @cached_property
    def atoms(self) -> Atoms:
        """All atoms that are followed, frame after frame."""
        numbers = [len(points) for points in self.tracks.positions]
        return Atoms(
            np.repeat(self.tracks.frames, numbers),
            np.concatenate(self.tracks.positions),
            np.concatenate(self.tracks.ids),
            np.concatenate(self.states.labels),
        )

    @cached_property
    def steps(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Numbers, among all atoms, of each one that is in a track and of the next in it, (n,) each."""
        tracks = self.atoms.tracks
        order = np.argsort(tracks, kind="stable")[np.count_nonzero(tracks < 0) :]
        same = tracks[order][1:] == tracks[order][:-1]
        return order[:-1][same], order[1:][same]

    def states_of(self, track: int) -> NDArray[np.intp]:
        """States of an atom along its track, (n,); -1 where they are not known."""
        return self.atoms.states[self.tracks.members(track)]

    @cached_property
    def chains(self) -> tuple[list[NDArray[np.intp]], list[NDArray[np.intp]]]:
        """States along each track, and their frame numbers."""
        numbers = range(len(self.tracks))
        return [self.states_of(number) for number in numbers], [self.tracks.track(number)[0] for number in numbers]

    @cached_property
    def transitions(self) -> TransitionCounts:
        """Transitions within the tracks."""
        states, frames = self.chains
        lag, drawn = self.parameters["lag"], self.draws.of_tracks or None
        return count_transitions(states, frames, n_states=self.n_states, lag=lag, drawn=drawn)

    @cached_property
    def used_steps(self) -> UsedSteps:
        """How many steps of atoms count as transitions, and why others do not."""
        own, numbers = self.parameters, self.movie.frame_numbers
        return count_steps(
            self.links, self.atoms.states, self.movie,
            lag=own["lag"], memory=own["memory"], min_length=own["min_length"],
            doubtful=numbers[list(self.drift.doubtful)], skipped=np.array(list(self.found.skipped), np.intp),
        )  # fmt: skip

    @property
    def doubts(self) -> tuple[str, ...]:
        """What of the transitions cannot be trusted, in words."""
        doubts, counts = [], self.transitions.counts
        doubtful = np.count_nonzero(self.certainties < DOUBTFUL)
        if doubtful:
            doubts.append(
                f"{doubtful:,} of {len(self.certainties):,} states, hatched in time, are less than {DOUBTFUL:.0%} "
                "certain: probabilities and intervals heed it"
            )
        without = (self.states.counts > 0) & (counts.sum(axis=0) + counts.sum(axis=1) == 0)
        if counts.any():  # else that is what is said
            doubts += [
                f"State {state} is in no step that counts: atoms in it are in no track that is long enough, or are none"
                for state in (np.flatnonzero(without) + 1).tolist()
            ]
        return (*doubts, *self.matrix.doubts)

    @cached_property
    def certainties(self) -> NDArray[np.float64]:
        """How probable the state of each atom is by its crop alone, (n,); NaN where it is not known."""
        return np.concatenate([table.max(axis=1, initial=-np.inf) for table in self.states.posteriors])

    @cached_property
    def matrix(self) -> TransitionMatrix:
        """Transition probabilities."""
        return self.transitions.matrix()

    def occurrences(self, first: int, second: int) -> NDArray[np.intp]:
        """Track and place of the frame (n, 2) of the atoms that are in one state and, a lag later, in the other."""
        lag, found = self.parameters["lag"], []
        for number in range(len(self.tracks)):
            if self.transitions.per_track[number, first, second] == 0:
                continue
            frames, states = self.tracks.track(number)[0], self.states_of(number)
            now, later = pairs_apart(frames, lag)
            seen = now[(states[now] == first) & (states[later] == second)]
            found += [(number, place) for place in self.places(frames[seen])]
        return np.array(found, np.intp).reshape(-1, 2)

    def describe_track(self, track: int) -> str:
        """Number of a track, its points and its frames, in words."""
        frames = self.tracks.track(track)[0]
        return f"track {track + 1}: {len(frames)} points in frames {frames[0]} to {frames[-1]}"

    def places(self, numbers: NDArray[np.intp]) -> list[int]:
        """Places in the movie of frames by their numbers."""
        return [int(place) for place in np.searchsorted(self.movie.frame_numbers, numbers)]

    def timeline(self, tracks: NDArray[np.intp]) -> NDArray[np.intp]:
        """States (tracks, time) from the first frame number to the last; ``ABSENT`` where there is no atom."""
        numbers = self.movie.frame_numbers
        table = np.full((len(tracks), numbers[-1] - numbers[0] + 1), ABSENT, np.intp)
        for row, track in zip(table, tracks.tolist(), strict=True):
            row[self.tracks.track(track)[0] - numbers[0]] = self.states_of(track)
        return table

    def doubtful(self, tracks: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which states of a `timeline` are less probable than 0.9, (tracks, time)."""
        numbers = self.movie.frame_numbers
        table = np.zeros((len(tracks), numbers[-1] - numbers[0] + 1), bool)
        for row, track in zip(table, tracks.tolist(), strict=True):
            row[self.tracks.track(track)[0] - numbers[0]] = self.certainties[self.tracks.members(track)] < DOUBTFUL
        return table

    def diffusion(self) -> Diffusion | None:
        """Diffusion coefficient in the square of the movie's unit per frame; None where no track tells it."""
        try:
            return diffusion_coefficient(self.still, pixel_size=self.movie.pixel_size or 1.0)
        except ValueError:
            return None

    def score(self) -> Score:
        """Compare with the truth of a simulated movie.

        Raises
        ------
        ValueError
            The movie comes without truth.
        """
        truth = self.movie.truth
        if truth is None:
            raise ValueError(f"the true tracks of {self.movie.name} are not known")
        found = [self._match(place, truth.positions[place]) for place in range(len(self.movie))]
        right = total = made = 0
        numbers = self.movie.frame_numbers
        for now in np.flatnonzero(np.diff(numbers) == 1).tolist():
            _, before, after = np.intersect1d(truth.ids[now], truth.ids[now + 1], return_indices=True)
            tracks = [
                np.append(self.links.ids[place], -1)[found[place][rows]]
                for place, rows in ((now, before), (now + 1, after))
            ]
            right += int(np.sum((tracks[0] == tracks[1]) & (tracks[0] >= 0)))
            total += len(before)
            made += len(np.intersect1d(self.links.ids[now], self.links.ids[now + 1]))
        return Score(right, total, self._entries_inside(truth, found), truth.probabilities.size, made - right)

    def _match(self, place: int, true: NDArray[Any]) -> NDArray[np.intp]:
        """Number of the atom at each true position (n, 2) of a frame, -1 where there is none."""
        points = self.chosen.positions[place]
        if len(points) == 0 or len(true) == 0:
            return np.full(len(true), -1)
        distances, nearest = KDTree(points).query(true)
        return np.where(distances < self.chosen.spacing / 2, nearest, -1)

    def _entries_inside(self, truth: MovieTruth, found: list[NDArray[np.intp]]) -> int | None:
        if self.n_states != len(truth.probabilities):
            return None
        table = np.zeros((self.n_states, self.n_states), np.intp)
        for labels, numbers, true in zip(self.states.labels, found, truth.states, strict=True):
            own = np.append(labels, -1)[numbers]
            np.add.at(table, (own[own >= 0], true[own >= 0]), 1)
        of_state = linear_sum_assignment(table, maximize=True)[1]  # the true state that each state stands for
        true_matrix = np.linalg.matrix_power(truth.probabilities, self.parameters["lag"])[np.ix_(of_state, of_state)]
        low, high = self.matrix.interval()
        return int(np.sum((low <= true_matrix) & (true_matrix <= high)))


def align(states: States, shown: TrajectoriesResult) -> States:
    """Give states the numbers that they have in the result that is shown, which is of the same movie."""
    common = np.isin(states.crops.frames, shown.states.crops.frames)  # maybe not all frames have been looked at
    apart = 2.0 * sum(shown.movie.sides)
    nearest = KDTree(_in_time(shown.states, apart)).query(_in_time(states, apart)[common])[1]
    order = match_components(_memberships(shown.states)[:, nearest], _memberships(states)[:, common])
    return states.arranged([n + 1 for n in order.tolist()])


def _in_time(states: States, apart: float) -> NDArray[np.float64]:
    """Time and position (n, 3) of the atoms with a crop, frames so far apart that none is near to another's atom."""
    return np.column_stack([states.crops.frames * apart, states.crops.positions])


def _memberships(states: States) -> NDArray[np.float64]:
    """Which atoms with a crop are in which state, (states, n)."""
    labels = np.concatenate(states.labels)[states.crops.numbers]
    return np.asarray(labels == np.arange(len(states.centroids))[:, None], float)
