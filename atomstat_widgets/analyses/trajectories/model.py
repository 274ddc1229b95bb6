"""Trajectories as a model: a movie in, tracks, states and transitions out, no screen."""

import time
from contextlib import suppress
from typing import Any, ClassVar

import numpy as np
from traitlets import Any as AnyTrait
from traitlets import Bool, Bunch, Dict, Enum, Float, Instance, Int, TraitError, Unicode, validate

from atomstat_widgets.analyses.trajectories.checks import Checks, check
from atomstat_widgets.analyses.trajectories.draws import draws_of
from atomstat_widgets.analyses.trajectories.drift import OFF, agree, measure, remove, track
from atomstat_widgets.analyses.trajectories.normalization import Normalization, NormalizationOption
from atomstat_widgets.analyses.trajectories.objects import ATOMS, DEFECTS, follow, in_words
from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult, align
from atomstat_widgets.analyses.trajectories.stages import (
    ALL,
    AUTOMATIC,
    BRIGHT,
    GMM_DIMENSIONS,
    FoundSoFar,
    States,
    cut,
    find,
    frame_reader,
    sort,
)
from atomstat_widgets.analyses.trajectories.state_advice import CHANGES, STABILITY, advised_states, changes, next_count
from atomstat_widgets.arguments import array_of
from atomstat_widgets.counting import count_of
from atomstat_widgets.data import Movie, load
from atomstat_widgets.glossary import in_brief
from atomstat_widgets.reactive.crops_to_components import gmm_input
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS
from atomstat_widgets.reactive.lengths import Finite, Length, WholeLength
from atomstat_widgets.reactive.loading import open_data
from atomstat_widgets.reactive.methods import Trial
from atomstat_widgets.reactive.mixtures import mixture_of, strength_of
from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.reactive.parameter import Data, parameter
from atomstat_widgets.reactive.runner import Run, has_kernel
from atomstat_widgets.reactive.stages import Chain, Stage
from atomstat_widgets.stat import find_atoms
from atomstat_widgets.stat.atoms.atoms import SMALLEST_SIDE
from atomstat_widgets.stat.atoms.brightness import FRAME
from atomstat_widgets.stat.blocks import in_blocks

FIRST_LOOK = 0.7  # seconds of finding atoms; the rest of a run takes about as long
FEWEST = 10  # frames of a first look
MOST_OF = 0.7  # of all frames: it is not worth while to look at so many first
MOST_FRAMES = 10**9
KEPT = 4  # sets of parameters of which what was found is kept


def _shifts_to_json(drift: Any) -> Any:
    return drift if isinstance(drift, str) else [list(shift) for shift in drift]


class TrajectoriesModel(AnalysisModel):
    """Parameters and result of following atoms through a movie.

    Parameters
    ----------
    movie : Movie, array or path
        What to analyse, see `load`. Its `atoms` are taken where it has some, and found where not.
    frames : array of int, (frames,), optional
        Number of each frame where some are missing and the movie does not tell, see `load_movie`.
    quick_start : bool
        In a Jupyter kernel, look at only so many frames in the first run as take about a second, until `complete` or
        `wait` is called, or a parameter changes.
    **parameters
        Any of the traits below.

    Attributes
    ----------
    movie : Movie
        Assign a Movie, an array or a path. One that cannot be analysed is refused, and nothing is changed. With a new
        movie, spacing, strength, objects, window and range are automatic again.
    dark : bool
        Atoms are darker than what is around them.
    spacing : float or None
        Distance of neighbouring atoms in pixels, for finding them; None guesses it.
    strength : float or None
        Smallest signal-to-noise ratio of an atom; None guesses it, in each frame.
    atoms : {'automatic', 'all', 'bright'}
        Which atoms to follow: all, or those clearly brighter than the rest, as dopants are; automatically the bright
        ones where there are such.
    objects : {'automatic', 'atoms', 'defects'}
        Whether each atom is followed, or each defect as one object: a few atoms that stay together or, with automatic
        `atoms` none of which is bright, a site of the lattice that is empty or weak. Automatically defects are atoms
        that keep their distances to each other in a movie, far from others; bright ones in a lattice have to move.
        Positions that come with the movie are followed as they are, unless this is 'defects'.
    defect_size : float or None
        Atoms of a defect that are no farther apart than this are one object, in pixels; None finds it, see
        `find_defect_size`.
    window : int or None
        Side of the crops in pixels; None makes it two and a half times the distance of neighbours. States are told
        apart by crops that fade toward their rim, a quarter of the side being the standard deviation: what differs at
        the atom counts more than what differs around it.
    normalize : {'frame', 'crop', 'none'}
        What is taken off before states are told apart: the gain and offset of each frame, so that bright atoms stay
        brighter than dim ones; or those of each crop, so that shapes count, not heights; or nothing. True is 'crop',
        False is 'none'.
    n_states : int
        Number of Gaussians that crops are sorted into, from 1 to 8.
    drift : {'automatic', 'off'} or sequence of (float, float)
        How far each frame is shifted along rows and columns, in pixels, which is taken off before atoms are linked:
        measured from the pictures, nothing, or as it is given.
    rmax : float or None
        Search range: farthest that an atom goes between two of its points, in pixels; None is half the distance of
        neighbours among those that are followed.
    memory : int
        Number of frames that an atom may be missing for.
    min_length : int
        Fewest points of a track that is shown and counted.
    lag : int
        Frames from one state to the next in the transition matrix.
    result : TrajectoriesResult
    checks : Checks
        The matrix against that of other lags, of the result that was shown last; None until it is known.
    advice : dict of str to dict of int to float
        By number of states, as far as known: "stability", and "changes" between them.
    notice : str
        What is not as one would expect, in words.
    """

    kind = "movie"
    renamed: ClassVar = {"distance": "spacing", "normalise": "normalize"}

    movie = parameter(Data(), label="Movie", help="The movie to analyse")
    dark = parameter(Bool(False), label="Dark atoms", help="The atoms are darker than what is around them")
    spacing = parameter(Length(None, allow_none=True, min=2), label="Spacing", help=in_brief("spacing"), unit="px")
    strength = parameter(Finite(None, allow_none=True, min=0), label="Strength", help=in_brief("strength"))
    atoms = parameter(
        Enum((AUTOMATIC, ALL, BRIGHT), AUTOMATIC), label="Follow",
        help="All atoms, or those much brighter than the rest, as dopants are; automatic: these where there are any",
    )  # fmt: skip
    objects = parameter(
        Enum((AUTOMATIC, ATOMS, DEFECTS), AUTOMATIC), label="Objects",
        help="Single atoms, or defects: atoms that stay together as one object, or sites that are empty or weak",
    )  # fmt: skip
    defect_size = parameter(
        Length(None, allow_none=True, min=1), label="Defect size", unit="px",
        help="Atoms of a defect no farther apart than this are one object: a line in the picture, to be dragged",
    )  # fmt: skip
    window = parameter(
        WholeLength(None, allow_none=True, min=2), label="Window", help=in_brief("crop window"), unit="px"
    )
    normalize = parameter(
        Normalization(FRAME), label="Normalize", argument={"action": NormalizationOption},
        help="Take off gain and offset: of each frame, so that heights count; of each crop, so that shapes alone do",
    )  # fmt: skip
    n_states = parameter(
        Int(2, min=1, max=MAX_COMPONENTS), label="States", help=in_brief("number of states"), option="states"
    )
    drift = parameter(
        AnyTrait(AUTOMATIC), label="Drift", argument={"choices": (AUTOMATIC, OFF)}, to_json=_shifts_to_json,
        help="Motion of all that is seen, taken off before atoms are linked: measured, none, or given",
    )  # fmt: skip
    rmax = parameter(Length(None, allow_none=True, min=0), label="rmax", help=in_brief("search range"), unit="px")
    memory = parameter(Int(1, min=0, max=MOST_FRAMES), label="Memory", help=in_brief("memory"), unit="frames")
    min_length = parameter(
        Int(3, min=1, max=MOST_FRAMES), label="Min length", help=in_brief("minimal length"), unit="points"
    )
    lag = parameter(Int(1, min=1, max=MOST_FRAMES), label="Lag", help=in_brief("lag"), unit="frames")
    result = Instance(TrajectoriesResult, allow_none=True)
    checks = Instance(Checks, allow_none=True)
    advice = Dict(key_trait=Unicode(), value_trait=Dict(key_trait=Int(), value_trait=Float()))

    def __init__(self, movie: Any, *, frames: Any = None, quick_start: bool = False, **parameters: Any) -> None:
        self._quick_start = quick_start and has_kernel()
        self._told: Movie | None = None  # of which was said that its frames are taken as consecutive
        if frames is not None:
            movie = load(movie, kind="movie", frames=frames)
        super().__init__(movie=self.check_data(movie), **parameters)
        self._states = Chain(
            Stage("found", find, ("movie", "frames", "dark", "spacing", "strength", "so_far")),
            Stage("chosen", follow, ("movie", "atoms", "objects", "defect_size")),
            Stage("crops", cut, ("movie", "dark", "window", "normalize")),
            Stage("states", sort, ("n_states",)),
        )
        self._found: dict[tuple[Any, ...], FoundSoFar] = {}
        # Apart from the states: neither waits for the other's slider.
        self._drift = Chain(Stage("measured", measure, ("movie", "frames", "drift")), Stage("drift", agree, ("found",)))
        self._links = Chain(
            Stage("still", remove, ("chosen", "drift")), Stage("linked", track, ("chosen", "rmax", "memory"))
        )
        self._draws = Chain(Stage("draws", draws_of, ("states", "links", "min_length")))
        self._numbered: tuple[States, States] | None = None  # as computed, and with the numbers that are shown
        self.start()

    def complete(self) -> None:
        """Analyse all frames, if that was not done yet."""
        if self.result is not None and self.result.coarse and not self.busy:
            self.request()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until `result` is that of the current parameters and of all frames; whether it happened in time."""
        self.complete()
        return super().wait(timeout)

    @staticmethod
    def check_data(source: Any) -> Movie:
        """Refuse a movie in which no atoms can be found before anything else is touched."""
        movie: Movie = open_data(source, "movie")
        if min(movie.sides) < SMALLEST_SIDE:
            raise ValueError(f"frames of {movie.sides[0]} × {movie.sides[1]} pixels have no room for atoms")
        return movie

    @property
    def notice(self) -> str:
        """What is not as one would expect, in words."""
        skipped = {} if self.result is None else self.result.found.skipped
        words = [self.movie.remark]
        if skipped:
            first, why = next(iter(skipped.items()))
            words.append(f"{count_of(len(skipped), 'frame')} could not be used; of frame {first}: {why}")
        return ". ".join(filter(None, words))

    @validate("movie")
    def _checked_movie(self, proposal: Bunch) -> Movie:
        return self.check_data(proposal["value"])

    @validate("drift")
    def _checked_drift(self, proposal: Bunch) -> Any:
        drift = proposal["value"]
        if isinstance(drift, str):
            if drift not in (AUTOMATIC, OFF):
                raise TraitError(f"drift is {AUTOMATIC!r}, {OFF!r} or a shift (y, x) of each frame, got {drift!r}")
            return drift
        try:
            shifts = array_of(drift, "drift", "(frames, 2)", dtype=np.float64, finite=True)
        except (TypeError, ValueError) as error:
            raise TraitError(str(error)) from None
        if shifts.shape != (len(self.movie), 2):
            raise TraitError(f"drift has a row (y, x) for each of {len(self.movie)} frames, got shape {shifts.shape}")
        return tuple(tuple(shift) for shift in shifts.tolist())

    @validate("rmax")
    def _checked_rmax(self, proposal: Bunch) -> float | None:
        rmax: float | None = proposal["value"]
        if rmax is not None and not 0 < rmax < np.inf:
            raise TraitError(f"rmax = {rmax} is no positive, finite number of pixels")
        return rmax

    def reconcile(self, name: str) -> None:
        """Choose anew for a new movie what depends on its scale."""
        if name == "movie":
            with self.hold_trait_notifications():  # one run, and none with half of it
                self.spacing = self.strength = self.defect_size = self.window = self.rmax = None
                self.atoms = self.objects = self.drift = AUTOMATIC
                self.dark = False

    def compute(self, parameters: dict[str, Any], run: Run) -> str:
        """Publish tracks, states and transitions, where it takes long of the first frames first; give the facts."""
        parameters = {**parameters, "so_far": self._so_far(parameters)}
        everything = {**parameters, "frames": len(parameters["movie"])}
        first = self._first_look(everything)
        if first < everything["frames"]:
            with suppress(ValueError):  # what is wrong with the first frames need not be with all
                self._show({**parameters, "frames": first}, run)
                if not self._runner.threaded:
                    return f"{first} of {everything['frames']} frames"
        return self._show(everything, run)

    def compute_more(self, parameters: dict[str, Any], run: Run) -> None:
        """Look at other lags, then at other numbers of states."""
        result: TrajectoriesResult | None = self.result
        if result is None or result.coarse:
            return
        wait = run.yield_to_newer
        self.checks = check(result, wait)
        parameters = result.parameters
        factor = self._states.value("crops", parameters, wait).factor
        scores = gmm_input(factor, GMM_DIMENSIONS)
        while (k := next_count(self.advice, self.most_states(result))) is not None:
            wait(k / MAX_COMPONENTS)
            if k not in self.advice.get(STABILITY, {}):
                self._advise_on(STABILITY, k, strength_of(scores, Trial(factor, k, parameters, lambda: None, wait)))
            if k not in self.advice.get(CHANGES, {}):
                posteriors = np.full((len(result.atoms.tracks), k), np.nan)
                posteriors[factor.crops.numbers] = mixture_of(scores, k).probabilities
                self._advise_on(CHANGES, k, changes(posteriors, result.steps))

    def _advise_on(self, name: str, k: int, value: float) -> None:
        self.advice = {**self.advice, name: {**self.advice.get(name, {}), k: value}}

    def _make_way(self, result: TrajectoriesResult) -> None:
        """Drop what does not go with a result that is about to be shown."""
        shown = self.result
        self.checks = None
        if shown is None or shown.states.crops is not result.states.crops:
            self.advice = {}
        elif shown.links is not result.links:
            self.advice = {name: values for name, values in self.advice.items() if name != CHANGES}

    @staticmethod
    def most_states(result: TrajectoriesResult) -> int:
        """Largest number of states that advice is given for."""
        return min(MAX_COMPONENTS, max(1, len(result.states.crops) // 2))

    @property
    def advised_states(self) -> int | None:
        """Number of states that is advised; None until it is known."""
        return None if self.result is None else advised_states(self.advice, self.most_states(self.result))

    def _so_far(self, parameters: dict[str, Any]) -> FoundSoFar:
        """What was found already for these parameters, maybe by a run that was stopped."""
        key = tuple(parameters[name] for name in ("movie", "dark", "spacing", "strength"))
        so_far = self._found.pop(key, None) or FoundSoFar()
        self._found = dict([*list(self._found.items())[1 - KEPT :], (key, so_far)])
        return so_far

    def _first_look(self, parameters: dict[str, Any]) -> int:
        """Number of frames to look at before the others: as many as take about a second, or all."""
        movie, count, so_far = parameters["movie"], int(parameters["frames"]), parameters["so_far"]
        wanted = self._runner.threaded or self._quick_start
        if not wanted or movie.atoms is not None or len(so_far.atoms) == count or in_blocks(movie.frames):
            return count
        if so_far.first is None:
            began = time.perf_counter()
            with suppress(ValueError, OSError):  # what is wrong with a frame is said when it is its turn
                find_atoms(frame_reader(movie, parameters["dark"])(0), spacing=parameters["spacing"])
            affordable = max(FEWEST, int(FIRST_LOOK / (time.perf_counter() - began)))
            so_far.first = affordable if affordable < MOST_OF * count else count
        return int(so_far.first)

    def _show(self, parameters: dict[str, Any], run: Run) -> str:
        states = self._states.value("states", parameters, run)
        found, chosen = (self._states.value(name, parameters) for name in ("found", "chosen"))
        drift = self._drift.value("drift", {**parameters, "found": found}, run)
        linked = self._links.value("linked", {**parameters, "chosen": chosen, "drift": drift}, run)
        still = self._links.value("still", {**parameters, "chosen": chosen, "drift": drift})
        final = self.final if self.final is not None and self.final.movie is parameters["movie"] else None
        if self._numbered is None or self._numbered[0] is not states:
            self._numbered = states, states if final is None else align(states, final)
        numbered = self._numbered[1]
        draws = self._draws.value("draws", {**parameters, "states": numbered, "links": linked.seen})
        result = TrajectoriesResult(
            parameters["movie"], parameters, found, chosen, numbered, linked, still.steps, draws
        )
        if self.admit(result.movie):
            self._make_way(result)
            self.publish(result)
        links, frames = result.links, count_of(len(result.movie), "frame")
        return (
            f"{in_words(chosen)} in {frames}{self._told_once(result)}, {len(result.tracks):,} of "
            f"{count_of(len(links), 'track')} long enough, {count_of(links.ambiguous, 'ambiguous link')}"
        )

    def _told_once(self, result: TrajectoriesResult) -> str:
        """Words on frame numbers that nothing tells, at the first result of all frames of a movie."""
        movie = result.movie
        if result.coarse or movie is self._told or not movie.taken_as_consecutive:
            return ""
        self._told = movie
        return " (numbers taken as consecutive)"
