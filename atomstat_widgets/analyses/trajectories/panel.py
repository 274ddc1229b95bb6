"""The trajectories panel: a movie, its tracks, their states in time and the transitions between these, live."""

from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.trajectories.chain_checks import ChainChecks
from atomstat_widgets.analyses.trajectories.controls import TrajectoriesControls
from atomstat_widgets.analyses.trajectories.drift_curve import DriftCurve
from atomstat_widgets.analyses.trajectories.frame_reading import FrameReading
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.trajectories.occurrences import Occurrences
from atomstat_widgets.analyses.trajectories.overlay import NONE, STATES, TRACKS, draw_overlay
from atomstat_widgets.analyses.trajectories.player import Player
from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.analyses.trajectories.state_advice import STABILITY
from atomstat_widgets.analyses.trajectories.steps import Steps
from atomstat_widgets.analyses.trajectories.transitions import Transitions
from atomstat_widgets.counting import count_of
from atomstat_widgets.panels.attached import when_attached
from atomstat_widgets.panels.controls import LABEL, WIDTH, Explained, checkbox, heading, title
from atomstat_widgets.panels.panel import Panel, column, name_figure, row
from atomstat_widgets.views.html import Html, as_html
from atomstat_widgets.views.limits import common_limits
from atomstat_widgets.views.strip import StateStrip
from atomstat_widgets.views.tiles import TileGrid

DOT_RADIUS = 0.14
TRUTH = (0, 255, 255)
MOST_ROWS = 120  # of tracks in the strip, each at least a pixel high
ZOOM = 4.0  # crops a side that are seen around a track that is zoomed in on


class TrajectoriesPanel(Panel):
    """Atoms of a movie followed in time, with controls.

    Parameters
    ----------
    movie : Movie, array or path
        What to analyse, see `load_movie`; rows are y, columns are x.
    **parameters
        Traits of `TrajectoriesModel`, such as ``rmax=8``.

    Attributes
    ----------
    model : TrajectoriesModel
        Parameters, result and state: ``panel.model.rmax = 8`` moves the slider.
    player : Player
        ``panel.player.frame = 17`` shows that frame.

    Raises
    ------
    TypeError, ValueError
        The movie cannot be read or analysed; the message says why.
    """

    model: TrajectoriesModel

    def __init__(self, movie: Any, **parameters: Any) -> None:
        # Of the selected track: which track it is in may change with the range.
        self.atom: int | None = None
        self._selectable: Any = None  # the atoms among which was selected
        self.rows = np.empty(0, np.intp)  # tracks that the strip shows
        self.pixels = np.zeros((1, 1), np.float32)
        self._frame = 0  # number of the frame that is drawn, with all that moves with it
        super().__init__(TrajectoriesModel(movie, quick_start=True, **parameters))
        self._reading = FrameReading(lambda: (self.model.movie, self.player.place), self._take_frame, self.model.guard)
        with self._quietly():
            self.opacity.value = 0.9
        self._show_new_movie()
        self._on(self.model, "movie", self._show_new_movie)
        for name in ("checks", "advice"):
            self._on(self.model, name, self._draw_checks)
        self._on(self.player, "frame", self._draw_frame)
        # What a worker writes while the page is still attaching would be lost.
        self._reading.beside = True
        self._attached = when_attached(self.model.guard(self.model.complete))

    # --- what it is made of

    def _make_left(self) -> Sequence[ipywidgets.Widget]:
        self.controls = TrajectoriesControls(self.model, self.units)
        self.trail = ipywidgets.IntSlider(
            value=20, min=0, max=100, description="Trail", style=LABEL, layout=ipywidgets.Layout(width=WIDTH),
            tooltip="Number of frames for which the way of an atom stays drawn",
        )  # fmt: skip
        self._on(self.trail, "value", self._draw_overlay)
        self.zoom = checkbox("Zoom in on the track", "Keep the selected track in the middle of the picture, enlarged")
        self._on(self.zoom, "value", self._draw_overlay)
        self.truth.description = "True atoms"
        self.truth_score.layout.min_height = "36px"
        return [
            *self.controls.widgets,
            heading("Display"), Explained(self.image_map), self.contrast, self.trail, Explained(self.zoom),
            Explained(self.truth), self.truth_score,
        ]  # fmt: skip

    def _make_middle(self) -> Sequence[ipywidgets.Widget]:
        self.player, self.drift = Player(), DriftCurve(448, 88)
        self.sample.drag_length(self.model.guard(self.choose_defect_size))
        self._on(self.drift.still, "value", self._draw_overlay)
        self.opacity.layout.width = "190px"
        with self._quietly():
            self.overlay.options = [STATES, TRACKS, NONE]
            self.overlay.tooltips = [
                "Atoms and trails in the colours of their states",
                "A colour for each track",
                "The image alone",
            ]
        return [
            self.sample_title,
            self.sample.figure,
            self.player,
            row(ipywidgets.Label("Overlay"), self.overlay, self.opacity),
            ipywidgets.HTML(
                '<div class="atomstat-caption">Click an atom or a row of the strip for its track, a cell of the matrix '
                "for the frames where that transition happens.</div>"
            ),
            self.drift,
        ]  # fmt: skip

    def _make_views(self) -> Sequence[ipywidgets.Widget]:
        guard = self.model.guard
        self.centroids = TileGrid(206, 172, lambda number: None)
        self.transitions = Transitions(172, guard(self.choose_transition))
        self.chain = ChainChecks(guard(self.choose_count))
        self.strip = StateStrip(500, 190, guard(self.choose_row))
        self.steps = Steps(210, 172, guard(self.choose_rmax))
        self.occurrences = Occurrences(266, 150, self.show_occurrence, guard)
        self.strip_title = ipywidgets.HTML()
        self.clear = ipywidgets.Button(
            description="Clear selection", disabled=True, layout=ipywidgets.Layout(width="118px", height="24px")
        )
        self.clear.on_click(guard(lambda _button: self.select(None)))
        strip_title = ipywidgets.HBox(
            [self.strip_title, self.clear],
            layout=ipywidgets.Layout(
                height="26px", width="498px", align_items="center", justify_content="space-between"
            ),
        )  # fmt: skip
        return [
            ipywidgets.HBox(
                [
                    column(title("Mean crops of the states"), name_figure(self.centroids, "centroids")),
                    self.transitions,
                ]
            ),
            column(strip_title, name_figure(self.strip, "strip", clicked=True)),
            ipywidgets.HBox([self.steps, self.occurrences]),
            self.chain,
        ]

    # --- what the user does

    def choose_place(self, y: float, x: float) -> None:
        """Select the track of the atom near a place, in pixels; none where there is no atom."""
        result = self._shown
        if result is None:
            return
        here = np.flatnonzero((result.atoms.frames == self._frame) & (result.atoms.tracks >= 0))
        distances = np.hypot(*(result.atoms.positions[here] - (y, x)).T)
        near = distances <= max(result.chosen.spacing, result.chosen.radius)
        self.select(int(here[distances.argmin()]) if near.any() else None)

    def choose_row(self, row: int, time: int) -> None:
        """Select the track of a row of the strip, and show the frame at a time."""
        if self._shown is not None and row < len(self.rows):
            self.player.frame = time
            self.select_track(int(self.rows[row]))

    def choose_transition(self, first: int, second: int) -> None:
        """Show where a transition happens, from a first state to a second."""
        with self._drawing:
            if self._shown is not None:
                self.transitions.matrix.choose((first, second))
                self.occurrences.show(self._shown, first, second)

    def choose_count(self, count: int) -> None:
        """Take a number of states."""
        self.model.n_states = count

    def choose_rmax(self, _low: float, high: float) -> None:
        """Take the upper end of a range of steps, in the unit of the histogram, as the search range."""
        self.model.rmax = max(0.1, round(high / (self.model.movie.pixel_size or 1.0), 1))
        self.steps.histogram.clear_brush()

    def choose_defect_size(self, size: float) -> None:
        """Take the length of the line in the picture, in pixels, as the size that makes atoms one object."""
        size = max(1.0, round(size, 1))
        if size == self.model.defect_size:
            self._draw_overlay()  # the end goes back to where it was
        self.model.defect_size = size

    def show_occurrence(self, track: int, frame: int) -> None:
        """Show a frame, and select a track there."""
        self.player.frame = frame
        self.select_track(track)

    def select_track(self, track: int) -> None:
        """Select a track by its number."""
        if self._shown is not None:
            self.select(int(self._shown.tracks.members(track)[0]))

    def select(self, atom: int | None) -> None:
        """Select the track of an atom by the atom's number, or none."""
        with self._drawing:
            self.atom = atom
            self._draw_selection()
            self._draw_overlay()

    # --- what is drawn

    @property
    def track(self) -> int | None:
        """Number of the track that is selected."""
        if self.atom is None or self._shown is None:
            return None
        track = int(self._shown.atoms.tracks[self.atom])
        return track if track >= 0 else None

    @property
    def _shown(self) -> TrajectoriesResult | None:
        """The result, unless there is none yet of the movie."""
        result = self.model.result
        return result if result is not None and result.movie is self.model.movie else None

    def _show_new_movie(self) -> None:
        with self._drawing:
            movie = self.model.movie
            self.controls.take_movie(movie)
            self.sample.set_geometry(movie.sides, movie.pixel_size, movie.unit, movie.offset)
            self._offer_truth(
                movie.truth is not None,
                "Dot the atoms that the sample was made with, and compare links and transition matrix",
                "Only simulated samples come with their true atoms",
            )
            self.sample.clear_overlay()
            self.occurrences.clear()
            with self._quietly():
                self.player.take_movie(movie)
            self._frame = self.player.frame
            self._draw_result()
            self._draw_frame()
            if self._reading.waits:  # for its first frame, and none of it can stay
                self._show_frame(self._frame, np.zeros(movie.sides, np.float32))

    def _draw_result(self) -> None:
        """Draw the result; while there is none of this movie yet, that of the last stays."""
        with self._drawing:
            result = self._shown
            if result is None:
                return
            if result.chosen is not self._selectable:
                self._selectable, self.atom = result.chosen, None
            self.controls.show_automatic(result)
            self.occurrences.clear()
            self._draw_strip(result)  # first, since there the tracks are seen
            self._draw_overlay()
            self.steps.show(result)
            self.drift.show(result)
            self._draw_states(result)
            self.transitions.show(result)
            self.chain.show(result)
            self._draw_checks()
            self._draw_score()

    def _draw_frame(self) -> None:
        """Show the current frame; until one that is in a file is read, the last one stays."""
        with self._drawing:
            if self.player.place is None:
                self._show_frame(self.player.frame, None)
            self._reading.read()
            self._mark_waiting()

    def _take_frame(self, place: int, pixels: NDArray[Any] | None, error: Exception | None) -> None:
        with self._drawing:
            movie = self.model.movie
            number = int(movie.frame_numbers[place])
            if error is None:
                self._show_frame(number, pixels)
            elif isinstance(error, ValueError | OSError):  # it is left out of the analysis as well
                self._show_frame(number, np.zeros(movie.sides, np.float32))
                self.sample_title.value = title(movie.name, f"frame {number}: {error}")
            else:
                raise error
            self._mark_waiting()

    def _mark_waiting(self) -> None:
        """Show whether the frame that is wanted is still to come."""
        figure = self.sample.figure
        (figure.add_class if self._reading.waits else figure.remove_class)("is-stale")

    def _show_frame(self, number: int, pixels: NDArray[Any] | None) -> None:
        """Show the image of a frame, None where it was not recorded, and all that moves with it."""
        movie, self._frame = self.model.movie, number
        scale = f", {movie.pixel_size:.3g} {movie.unit}/px" if movie.pixel_size else ""
        remark = as_html(f"{movie.sides[0]} × {movie.sides[1]} px{scale}, frame {number}")
        missing = ' <span class="atomstat-stale">was not recorded</span>' if pixels is None else ""
        self.sample_title.value = title(movie.name, Html(remark + missing))
        if pixels is not None:
            self.pixels = pixels
            self._draw_image()
        self.strip.show_time(number)
        self.drift.view.show_time(number)
        self._draw_overlay()
        self._draw_truth()

    def _draw_image(self) -> None:
        with self._drawing:
            low, high = np.percentile(self.pixels, self.contrast.value)
            self.sample.show_image(self.pixels, low, high, self.image_map.value)

    def _draw_overlay(self) -> None:
        """Atoms of the current frame, with the ways they came, in the colours of their states or tracks."""
        with self._drawing:
            if (result := self._shown) is not None:
                own = draw_overlay(
                    self.sample, result, self._frame, self.track,
                    colored_by=self.overlay.value, trail=self.trail.value, opacity=self.opacity.value,
                )  # fmt: skip
                self._follow(own, result.window)

    def _follow(self, position: NDArray[Any] | None, window: int) -> None:
        """Frame the atom of the selected track, and keep it in the middle where that is asked for."""
        if position is None:
            self.sample.hide_window()
        else:
            y, x = position.tolist()
            self.sample.show_window((round(y - window / 2), round(x - window / 2)), (window, window))
        if self.zoom.value and self.track is not None:
            if position is not None:  # while it is missing the picture stays where it is
                self.sample.look_at((y, x), ZOOM * window / 2)
        else:
            self.sample.look_at(*self.drift.part_at(self._shown, self._frame))

    def _draw_states(self, result: TrajectoriesResult) -> None:
        states = result.states
        titles = [f"{number} · {count:,}" for number, count in enumerate(states.counts.tolist(), start=1)]
        self.centroids.show(states.centroids, titles, common_limits(states.centroids), "gray")

    def _draw_checks(self) -> None:
        with self._drawing:
            self.chain.show_checks(self.model.checks)
            if self._shown is not None:
                stability = self.model.advice.get(STABILITY, {})
                self.chain.show_advice(stability, self._shown.n_states, self.model.advised_states)

    def _draw_strip(self, result: TrajectoriesResult) -> None:
        lengths = result.tracks.lengths
        self.rows = np.sort(np.argsort(-lengths, kind="stable")[:MOST_ROWS])
        first = int(self.model.movie.frame_numbers[0])
        self.strip.show(result.timeline(self.rows), first, result.doubtful(self.rows))
        self._draw_selection()

    def _draw_selection(self) -> None:
        result, track = self._shown, self.track
        if result is None:
            return
        self.clear.disabled = track is None
        self.clear.tooltip = "No track is selected" if track is None else "Show all tracks alike"
        rows = np.flatnonzero(self.rows == track).tolist() if track is not None else []
        self.strip.choose(rows[0] if rows else None)
        if track is None:
            shown = f"the {len(self.rows)} longest of " if len(self.rows) < len(result.tracks) else ""
            remark = shown + count_of(len(result.tracks), "track")
        else:
            remark = result.describe_track(track)
        self.strip_title.value = title("States in time", remark)

    def _draw_truth(self) -> None:
        """Dot the true atoms of the current frame."""
        with self._drawing:
            truth, place = self.model.movie.truth, self.player.place_of(self._frame)
            if not self.truth.value or truth is None or place is None or self._shown is None:
                self.sample.show_outline(None)
            else:
                self.sample.show_dots(truth.positions[place], TRUTH, DOT_RADIUS * self._shown.chosen.spacing)
            self._draw_score()

    def _draw_score(self) -> None:
        with self._drawing:
            self.truth_score.value = ""
            if self.truth.value and self._shown is not None and self._shown.movie.truth is not None:
                self.truth_score.value = title("", Html(self._shown.score().words))
