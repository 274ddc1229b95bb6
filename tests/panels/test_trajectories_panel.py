"""The trajectories panel as a user meets it. What callbacks raise goes to `model.error`: `make` looks there."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from ipywidgets import Button
from PIL import Image as Picture

from atomstat_widgets import App, SlidingFFTPanel, TrajectoriesPanel
from atomstat_widgets.analyses.trajectories import frame_reading
from atomstat_widgets.analyses.trajectories.panel import NONE, STATES, TRACKS
from atomstat_widgets.data import Movie, ReadError, movies, samples
from atomstat_widgets.panels.background import at_once
from atomstat_widgets.reactive.results import numbers_of
from atomstat_widgets.stat import find_atoms
from atomstat_widgets.views.colors import COMPONENT_RGB

MISSING = (14, 18)  # frames that were not recorded
BLANK = np.zeros((5, 64, 64), np.float32)


@pytest.fixture(scope="module")
def movie():
    return movies.hopping_dopants(frames=20, missing=2, shape=(128, 128))


@pytest.fixture
def make():
    made = []
    yield lambda movie: made.append(TrajectoriesPanel(movie)) or made[-1]
    assert [panel.model.error for panel in made] == [""] * len(made)


@pytest.fixture
def panel(make, movie):
    return make(movie)


def png(layer):
    return layer.mark.image.value


def decoded(layer):
    return np.asarray(Picture.open(BytesIO(png(layer))).convert("RGBA"))


def pictures(panel):
    views, sample = (panel.centroids, panel.strip, panel.steps.histogram), panel.sample
    return [
        *(png(view.picture) for view in views),
        png(sample.overlay),
        png(sample.base),
        panel.transitions.graph.value,
    ]


def limits(view):
    return [view.scales[name].min for name in "xy"], [view.scales[name].max for name in "xy"]


def atoms_of(panel, frame):
    """Numbers of the atoms of a frame that are in tracks."""
    atoms = panel.model.result.atoms
    return np.flatnonzero((atoms.frames == frame) & (atoms.tracks >= 0))


def select(panel):
    """Click beside an atom of the current frame, and give its number."""
    atom = atoms_of(panel, panel.player.frame)[1]
    panel.choose_place(*panel.model.result.atoms.positions[atom] + (1.0, -1.0))
    assert panel.track == panel.model.result.atoms.tracks[atom]
    return atom


def click_strip(panel, row, time):
    panel.strip.take_click(None, {"data": {"click_x": time, "click_y": row + 1}})


def test_parameters_and_controls_are_one(panel):
    own, model = panel.controls, panel.model
    for name, first, second, third in (
        *(("n_states", 3, 2, 4), ("lag", 2, 3, 10), ("memory", 0, 2, 12), ("min_length", 5, 4, 60)),
        *(
            ("atoms", "all", "bright", "automatic"),
            ("normalize", "none", "crop", "frame"),
            ("dark", True, False, False),
        ),
    ):
        control = getattr(own, name)
        setattr(model, name, first)
        assert control.value == first
        control.value = second
        assert model.result.parameters[name] == second
        setattr(model, name, third)  # beyond the end of some sliders
        assert control.value == model.result.parameters[name] == third


def test_numbers_are_automatic_until_a_slider_is_moved(panel):
    own, model, result = panel.controls, panel.model, panel.model.result
    used = {"window": result.window, "rmax": result.rmax, "spacing": result.found.spacing}
    for name, value in (("rmax", 9.5), ("window", 12), ("spacing", 6.5), ("strength", 4.0)):
        slider, automatic = getattr(own, name).slider, getattr(own, name).automatic
        assert (getattr(model, name), automatic.value) == (None, True)
        assert slider.value == pytest.approx(used.get(name, slider.value), abs=0.25)
        slider.value = value
        assert getattr(model, name) == model.result.parameters[name] == value
        automatic.value = not automatic.value
        assert getattr(model, name) is None
        setattr(model, name, 2 * value)
        assert (slider.value, automatic.value) == (2 * value, False)
        setattr(model, name, None)
        assert automatic.value


@pytest.mark.parametrize(("name", "value"), [("rmax", 0.2), ("window", 2)])
def test_small_numbers_stay_what_they_are(panel, name, value):
    setattr(panel.model, name, value)
    assert getattr(panel.model, name) == value


def test_every_control_has_a_label_and_a_tooltip(panel):
    def leaves(widget):
        children = getattr(widget, "children", ())
        return [leaf for child in children for leaf in leaves(child)] if children else [widget]

    controls = [one for one in leaves(panel.left) if getattr(one, "description", "") or hasattr(one, "options")]
    labels = [getattr(control, "description", "") for control in controls]
    assert [label for label in labels if label != "auto"] == [
        *("Spacing", "Strength", "Follow", "Objects", "Defect size", "Window", "States", "Normalize", "Dark atoms"),
        "Drift",
        *("Open a table of shifts", "rmax", "Memory", "Min length", "Lag", "Image", "Contrast", "Trail"),
        *("Zoom in on the track", "True atoms"),
    ]
    others = [leaf for leaf in leaves(panel) if isinstance(leaf, Button)]
    # Four cells of the matrix, back and on, clear, cancel, prepare a file, set pixel size, run on all.
    assert len(others) == 11
    for control in (*controls, *others, *panel.player.children, panel.opacity):
        assert getattr(control, "tooltip", None), control
    assert len(panel.overlay.tooltips) == len(panel.overlay.options) == 3


def test_the_brush_sets_the_range(panel):
    size = panel.model.movie.pixel_size
    panel.steps.histogram.brush.selected = size * np.array([2.0, 9.27])
    assert (panel.model.rmax, panel.controls.rmax.slider.value, panel.controls.rmax.automatic.value) == (
        9.3,
        9.3,
        False,
    )
    assert list(panel.steps.histogram.line.x) == pytest.approx([9.3 * size] * 2)
    assert f"rmax = {9.3 * size:.3g} nm" in panel.steps.title.value


def test_a_narrow_brush_is_no_failure(movie):
    panel = TrajectoriesPanel(movie)
    panel.steps.histogram.brush.selected = np.array([0.0, 0.03])
    assert panel.model.error == ""


def test_a_click_selects_the_track_of_an_atom_or_none(panel, movie):
    everything = png(panel.sample.overlay)
    y, x = panel.model.result.atoms.positions[select(panel)]
    track, window = panel.track, panel.sample.window
    assert f"track {track + 1}: 18 points in frames 0 to 19" in panel.strip_title.value
    row = int(np.flatnonzero(panel.rows == track)[0])
    assert (panel.strip.frame.visible, min(panel.strip.frame.y)) == (True, row + 0.5)
    np.testing.assert_allclose(np.mean([window.y[:4], window.x[:4]], axis=1) / movie.pixel_size, (y, x), atol=1)
    assert np.ptp(window.y) == pytest.approx(panel.model.result.window * movie.pixel_size)
    assert (window.visible, panel.clear.disabled) == (True, False)
    assert png(panel.sample.overlay) != everything  # the others are shadows
    for deselect in (lambda: panel.choose_place(0.0, 0.0), panel.clear.click):
        select(panel)
        deselect()
        assert (panel.track, panel.clear.disabled) == (None, True)
        assert (panel.strip.frame.visible, window.visible) == (False, False)
        assert "3 tracks" in panel.strip_title.value
        assert png(panel.sample.overlay) == everything
    panel.player.frame = MISSING[0]  # where there is no atom to be clicked on
    panel.choose_place(y, x)
    assert panel.track is None
    click_strip(panel, 1.2, 7.2)
    assert panel.track == panel.rows[1]
    assert panel.player.frame == panel.player.slider.value == panel.strip.cursor.x[0] == 7
    click_strip(panel, 3, 4)  # below the last row
    assert (panel.track, panel.player.frame) == (panel.rows[1], 7)


def test_a_selection_is_of_an_atom(panel):
    model, atom = panel.model, select(panel)
    for name, value in (("rmax", 6.0), ("lag", 2), ("n_states", 3), ("memory", 0), ("window", 12), ("rmax", None)):
        setattr(model, name, value)
        assert panel.atom == atom
        assert panel.track == (track := model.result.atoms.tracks[atom]) >= 0
        assert f"track {track + 1}:" in panel.strip_title.value
    assert len(model.result.tracks) > 3  # the tracks are others now
    model.min_length = 50
    assert panel.track is None
    model.min_length = 3
    assert panel.track == track
    model.atoms = "all"
    assert (panel.track, panel.clear.disabled, panel.sample.window.visible) == (None, True, False)


def test_a_cell_of_the_matrix_goes_through_its_transitions(panel):
    result, shown, seen = panel.model.result, panel.occurrences, []
    panel.transitions.matrix.cells[0][1].click()
    count = result.matrix.counts[0, 1]
    assert count >= 3
    assert "atomstat-chosen" in panel.transitions.matrix.cells[0][1]._dom_classes
    assert shown.crops.figure.layout.visibility == "visible"
    for number in range(count):
        assert (shown.previous.disabled, shown.next.disabled) == (number == 0, number == count - 1)
        frame, track = panel.player.frame, panel.track
        frames, states = result.tracks.track(track)[0], result.states_of(track)
        at = frames.tolist().index(frame)
        assert (frames[at + 1], states[at], states[at + 1]) == (frame + 1, 0, 1)
        assert list(shown.crops.titles.text) == [f"frame {frame}", f"frame {frame + 1}"]
        assert f"1 → 2 <small>{number + 1} of {count}, track {track + 1}<" in shown.title.value
        seen.append((track, frame, png(shown.crops.picture)))
        shown.next.click()
    assert len(set(seen)) == count
    assert (panel.track, panel.player.frame) == seen[-1][:2]  # past the last one it goes nowhere
    shown.previous.click()
    assert (panel.track, panel.player.frame, png(shown.crops.picture)) == seen[-2]
    panel.model.rmax = 9.0  # other tracks, of which nothing was asked yet
    assert "click a cell" in shown.title.value
    assert (shown.previous.disabled, shown.next.disabled) == (True, True)
    assert "atomstat-chosen" not in panel.transitions.matrix.cells[0][1]._dom_classes


def test_a_transition_that_never_happens(make):
    panel = make(movies.hopping_dopants(frames=12, missing=1, shape=(112, 112), probabilities=(1.0, 1.0)))
    cells, shown = panel.transitions.matrix.cells, panel.occurrences
    assert [cell.description for row in cells for cell in row] == ["0.00", "1.00", "1.00", "0.00"]
    assert "1 → 2: 1.000, with 95 % probability between" in cells[0][1].tooltip
    cells[0][0].click()
    assert "never" in shown.title.value
    assert (shown.previous.disabled, shown.next.disabled) == (True, True)
    assert shown.crops.figure.layout.visibility == "hidden"
    assert (panel.track, panel.player.frame) == (None, 0)
    panel.model.lag = 12  # longer than the movie
    assert {cell.description for row in panel.transitions.matrix.cells for cell in row} == {"–"}
    assert "nothing is known" in panel.transitions.matrix.cells[0][0].tooltip


def test_at_a_longer_lag_intervals_and_their_texts_follow_what_is_independent(panel):
    def told(result):
        return panel.transitions.matrix.cells[0][1].tooltip, result.matrix.dwell_times, result.matrix.interval()

    tooltip, dwell, _ = told(panel.model.result)
    assert tooltip.endswith("transitions")
    assert f"left after {dwell[0]:.3g} frames" in panel.transitions.graph.value
    panel.model.lag = 4
    result = panel.model.result
    tooltip, same, (low, high) = told(result)
    np.testing.assert_array_equal(same, dwell)
    assert f"left after {dwell[0]:.3g} frames" in panel.transitions.graph.value
    matrix = result.matrix
    apart = matrix.effective[0].sum()
    assert matrix.counts[0].sum() / 4 <= apart < matrix.counts[0].sum()
    assert f"between {low[0, 1]:.3f} and {high[0, 1]:.3f}" in tooltip
    assert tooltip.endswith(f"transitions, which overlap and tell as much as {apart:.0f} that do not")
    table = numbers_of(result).tables["transitions"]
    np.testing.assert_array_equal(table["independent transitions"].reshape(2, 2), matrix.effective)
    np.testing.assert_array_equal(table["lower end of 95 % interval"].reshape(2, 2), low)
    panel.model.n_states = 1
    assert "State 1: 100.0% of the time in the long run, never seen to be left" in panel.transitions.graph.value


def test_frames_that_were_not_recorded_are_said(panel):
    for frame in range(13, 20):
        before = png(panel.sample.base)
        panel.player.frame = frame
        assert f"frame {frame}" in panel.sample_title.value
        assert ("was not recorded" in panel.sample_title.value) == (frame in MISSING)
        assert (png(panel.sample.base) == before) == (frame in MISSING)  # the last one stays
        assert panel.strip.cursor.x[0] == frame


def test_overlays_and_trails(panel):
    result, scale = panel.model.result, 800 / 128
    panel.player.frame = 13
    with_trails = png(panel.sample.overlay)
    panel.trail.value = 0
    assert png(panel.sample.overlay) != with_trails
    places = (result.atoms.positions[atoms_of(panel, 13)] + 0.5) * scale - 0.5
    coloured = np.argwhere(decoded(panel.sample.overlay)[..., 3])
    distances = np.hypot(*(coloured[:, None] - places).transpose(2, 0, 1)).min(axis=1)
    radius = 0.5 * result.chosen.spacing * scale
    assert radius - 6 < distances.min() < distances.max() < radius + 2  # rings, and nothing else
    for choice, numbers in ((STATES, result.atoms.states), (TRACKS, result.atoms.tracks)):
        panel.overlay.value = choice
        for (y, x), number in zip(np.rint(places).astype(int), numbers[atoms_of(panel, 13)], strict=True):
            rim = decoded(panel.sample.overlay)[y, x + round(radius) - 1]
            np.testing.assert_array_equal(rim, [*COMPONENT_RGB[number], 230])  # 0.9 of 255
    panel.overlay.value = NONE
    assert not decoded(panel.sample.overlay)[..., 3].any()


def test_zoom_follows_the_track(panel, movie):
    whole = limits(panel.sample)
    panel.zoom.value = True
    assert limits(panel.sample) == whole  # no track is selected yet
    select(panel)
    half = 4 * panel.model.result.window / 2
    for frame, (y, x) in zip(*panel.model.result.tracks.track(panel.track), strict=True):
        panel.player.frame = int(frame)
        expected = movie.pixel_size * np.array([[x - half, y - half], [x + half, y + half]])
        np.testing.assert_allclose(limits(panel.sample), expected)
    panel.player.frame = MISSING[1] - 1
    before = limits(panel.sample)
    panel.player.frame = MISSING[1]  # the picture stays where it is
    assert limits(panel.sample) == before != whole
    panel.clear.click()
    assert limits(panel.sample) == whole
    click_strip(panel, 0, 3)
    assert limits(panel.sample) != whole
    panel.zoom.value = False
    assert limits(panel.sample) == whole


def test_truth_is_shown_and_compared_where_there_is_one(panel, movie):
    panel.truth.value = True
    panel.player.frame = 5
    for y, x in np.rint((movie.truth.positions[5] + 0.5) * 800 / 128 - 0.5).astype(int):
        np.testing.assert_array_equal(decoded(panel.sample.outline)[y, x], [0, 255, 255, 255])
    assert "100.0% of 45 true links found" in panel.truth_score.value  # 15 pairs of frames, 3 dopants
    assert "of 4 true probabilities" in panel.truth_score.value
    panel.model.n_states = 3
    assert "2 states are the true number" in panel.truth_score.value
    panel.player.frame = MISSING[0]
    assert not decoded(panel.sample.outline)[..., 3].any()
    panel.player.frame = 5
    panel.truth.value = False
    assert not decoded(panel.sample.outline)[..., 3].any()
    assert panel.truth_score.value == ""
    panel.model.movie = replace(movie, truth=None)
    assert panel.truth.disabled
    assert panel.truth.tooltip == "Only simulated samples come with their true atoms"
    panel.model.movie = movie
    assert not panel.truth.disabled


def test_truth_is_given_up_with_its_movie(movie):
    panel = TrajectoriesPanel(movie)
    panel.truth.value = True
    panel.model.movie = replace(movie, truth=None)
    assert (panel.truth.value, panel.truth_score.value, panel.model.error) == (False, "", "")


def test_errors_are_words_in_the_panel_and_the_pictures_stay(panel):
    before = pictures(panel)
    panel.model.strength = 1e6
    assert "no atoms were found: lower the strength" in panel.status.text.value
    assert "Not up to date" in panel.status.text.value
    assert pictures(panel) == before
    panel.model.strength = None
    assert "Not up to date" not in panel.status.text.value


def test_another_movie(panel):
    panel.zoom.value = True
    panel.player.frame = 19
    select(panel)
    panel.transitions.matrix.cells[0][0].click()
    before = pictures(panel)
    other = movies.hopping_dopants(frames=12, missing=1, shape=(112, 144), seed=3)
    other = replace(other, name="Other", numbers=other.frame_numbers + 100, pixel_size=None)
    panel.model.movie = other
    assert (panel.track, panel.clear.disabled, panel.occurrences.next.disabled) == (None, True, True)
    slider = panel.player.slider
    assert (panel.player.frame, slider.value, slider.min, slider.max) == (100, 100, 100, 111)
    assert "Other <small>112 × 144 px, frame 100" in panel.sample_title.value
    assert all(old != new for old, new in zip(before, pictures(panel), strict=True))
    assert limits(panel.sample) == ([-0.5, -16.5], [143.5, 127.5])
    assert (panel.strip.scales["x"].min, panel.strip.cursor.x[0]) == (99.5, 100)
    assert "px²/frame" in panel.steps.motion.value
    select(panel)
    panel.player.frame = 111
    panel.model.movie = replace(other, numbers=None)
    assert (panel.player.frame, panel.track) == (0, None)


def test_a_movie_of_one_frame(make, movie):
    panel = make(Movie(movie.frames[:1], "one"))
    assert (panel.player.frame, panel.player.slider.max) == (0, 0)
    assert "0 tracks" in panel.strip_title.value
    assert "too short" in panel.steps.motion.value
    panel.transitions.matrix.cells[0][0].click()
    assert panel.track is None
    panel.model.min_length = 1
    select(panel)
    panel.model.movie = movie
    assert panel.player.slider.max == 19


def test_steps_go_with_their_movie(panel, movie):
    before = png(panel.steps.histogram.picture)
    panel.model.movie = Movie(movie.frames[:1], "one")
    assert png(panel.steps.histogram.picture) != before


def test_a_movie_with_atoms(make, movie):
    numbers = movie.frame_numbers
    atoms = {number: find_atoms(movie[place]).positions for place, number in enumerate(numbers.tolist()) if place != 3}
    panel = make(Movie(movie.frames, "given", numbers=numbers, atoms=atoms))
    sliders = panel.controls.spacing.slider, panel.controls.strength.slider
    assert [(one.disabled, one.tooltip) for one in sliders] == [(True, "The atoms are given with the movie")] * 2
    select(panel)
    panel.player.frame = 3
    assert len(atoms_of(panel, 3)) == 0
    panel.model.movie = movie
    assert [one.disabled for one in sliders] == [False, False]


def test_a_blank_frame_says_so_and_costs_no_other(make, movie):
    frames = movie.frames.copy()
    frames[4] = 7
    panel = make(replace(movie, frames=frames, name="<script>"))
    assert "1 frame could not be used; of frame 4: all 16384 pixels" in panel.status.text.value
    select(panel)
    panel.truth.value = True
    for frame in (3, 4, 5, MISSING[0]):
        panel.player.frame = frame
        assert ("all 16384 pixels of the image are equal" in panel.sample_title.value) == (frame == 4)
        assert decoded(panel.sample.outline)[..., 3].any() == (frame not in MISSING)
        assert 'title">&lt;script&gt; <small>' in panel.sample_title.value


def test_units_are_text(make, movie):
    panel = make(replace(movie, unit="<script>"))
    assert "<script>" not in panel.sample_title.value + panel.steps.motion.value


def test_a_movie_without_anything(movie):
    for panel in (TrajectoriesPanel(BLANK), TrajectoriesPanel(movie)):
        panel.model.movie = BLANK
        panel.choose_place(30.0, 30.0)
        click_strip(panel, 0, 2)
        panel.choose_transition(0, 0)
        panel.player.frame = 2
        assert panel.track is None
        assert "no frame that was looked at" in panel.status.text.value
        assert "frame 2: all 4096 pixels of the image are equal" in panel.sample_title.value
        panel.model.movie = movie
        select(panel)
        assert panel.model.error == ""


def test_transitions_go_with_their_movie(movie):
    panel = TrajectoriesPanel(movie)
    panel.choose_transition(0, 0)
    panel.model.movie = BLANK
    panel.occurrences.next.click()
    assert "Unexpected" not in panel.model.error


@pytest.fixture
def quick(monkeypatch, movie):
    """Samples that take no time."""
    monkeypatch.setitem(movies.MOVIES, "Hopping dopants", lambda: movie)
    monkeypatch.setitem(movies.MOVIES, "Other", lambda: replace(movie, name="Other", truth=None))
    monkeypatch.setitem(samples.SAMPLES, "Three grains", lambda: samples.grains(shape=(128, 128)))


def offered(app):
    """Data that can be chosen, and those that are."""
    return [label.removeprefix("Sample: ") for label in app.choice.options], app.choice.value


def test_each_kind_of_data_has_its_tabs_and_its_choice(quick):
    app, images, films = App(), list(samples.SAMPLES), list(movies.MOVIES)
    assert list(app.tabs.options)[3] == "Trajectories"
    assert (list(app.panels), offered(app)) == (["Sliding FFT"], (images, "Sample: Three grains"))
    app.tabs.value = "Trajectories"
    assert isinstance(app.panel, TrajectoriesPanel)
    assert offered(app) == (films, "Sample: Hopping dopants")
    first, app.choice.value = app.panel, "Sample: Other"
    app.tabs.value = "Sliding FFT"
    assert offered(app) == (images, "Sample: Three grains")
    app.choice.value = "Sample: Square | hexagonal"
    app.tabs.value = "Trajectories"
    assert (app.panel, app.panel.model.movie.name, offered(app)) == (first, "Other", (films, "Sample: Other"))
    app.tabs.value = "Sliding FFT"
    assert app.panel.model.image.name == "Square | hexagonal"
    assert offered(app) == (images, "Sample: Square | hexagonal")
    assert first.model.error == app.panel.model.error == app.notice.value == ""


def test_the_app_opens_on_the_tab_for_its_data(quick, movie):
    app = App(movie.frames)
    assert isinstance(app.panel, TrajectoriesPanel)
    assert app.panel.model.movie.frames is movie.frames
    app.tabs.value = "Sliding FFT"
    assert offered(app) == (list(samples.SAMPLES), "Sample: Three grains")
    app.tabs.value = "Trajectories"
    assert offered(app) == (["array", *movies.MOVIES], "array")
    app = App(movie[0])
    assert isinstance(app.panel, SlidingFFTPanel)
    app.tabs.value = "Trajectories"
    assert (app.panel.model.movie, offered(app)) == (movie, (list(movies.MOVIES), "Sample: Hopping dopants"))
    app.tabs.value = "Sliding FFT"
    assert offered(app) == (["array", *samples.SAMPLES], "array")
    assert app.notice.value == app.panel.model.error == ""


def test_a_path_that_cannot_be_read_is_said_above_a_sample(quick, tmp_path):
    (tmp_path / "<b>").mkdir()
    for path, words in ((tmp_path / "<b>", "there are no images in"), (tmp_path / "no.tif", "no.tif")):
        app = App(path)
        assert words in app.notice.value
        assert "<b>" not in app.notice.value
        assert app.panel.model.image.name == "Three grains"
        app.tabs.value = "Trajectories"
        assert app.panel.model.result is not None


def test_a_movie_that_cannot_be_analysed_is_said_above_a_sample(quick):
    app = App(np.random.default_rng(0).random((4, 5, 5)))
    assert "have no room for atoms" in app.notice.value
    app.tabs.value = "Sliding FFT"
    app.tabs.value = "Trajectories"
    assert offered(app) == (["array", *movies.MOVIES], "Sample: Hopping dopants")


class InFile:
    """Frames that are not in memory."""

    def __init__(self, frames):
        self.frames, self.shape, self.dtype = frames, frames.shape, frames.dtype

    def __getitem__(self, place):
        return self.frames[place]


class TestFramesOfAFile:
    @pytest.fixture
    def reads(self, monkeypatch):
        """What is read beside the page, and waits to be done."""
        reads = []
        monkeypatch.setattr(frame_reading, "in_background", lambda work, then: reads.append((work, then)))
        return reads

    @staticmethod
    def do(reads):
        work, then = reads.pop(0)
        at_once(work, then)

    @pytest.fixture
    def stored(self, make, movie, reads):
        return make(replace(movie, frames=InFile(movie.frames), name="stored"))

    def test_of_memory_at_once(self, panel, reads):
        panel.player.frame = 5
        assert "frame 5" in panel.sample_title.value
        assert not reads

    def test_the_first_is_there_before_the_page(self, stored, panel, reads):
        assert not reads
        assert png(stored.sample.base) == png(panel.sample.base)

    def test_all_that_is_shown_is_of_one_frame(self, stored, panel, reads):
        first = pictures(stored)
        stored.player.frame = panel.player.frame = 5
        assert "frame 0" in stored.sample_title.value
        assert pictures(stored) == first
        assert "is-stale" in stored.sample.figure._dom_classes
        atom = atoms_of(stored, 0)[1]  # what is clicked is what is seen
        stored.choose_place(*stored.model.result.atoms.positions[atom])
        assert stored.atom == atom
        stored.select(None)
        self.do(reads)
        assert "frame 5" in stored.sample_title.value
        assert pictures(stored) == pictures(panel)
        assert "is-stale" not in stored.sample.figure._dom_classes

    def test_of_several_the_last_is_read_next(self, stored, reads):
        for frame in (5, 6, 7):
            stored.player.frame = frame
        assert len(reads) == 1
        self.do(reads)
        assert "frame 5" in stored.sample_title.value  # while it plays
        assert "is-stale" in stored.sample.figure._dom_classes
        self.do(reads)
        assert "frame 7" in stored.sample_title.value
        assert not reads

    def test_a_late_one_is_not_shown_where_none_was_recorded(self, stored, reads):
        stored.player.frame = 5
        stored.player.frame = MISSING[0]
        self.do(reads)
        assert f"frame {MISSING[0]} <span" in stored.sample_title.value
        assert not reads

    def test_one_of_another_movie_is_dropped(self, stored, movie, reads):
        stored.player.frame = 5
        stored.model.movie = movie
        shown = pictures(stored)
        self.do(reads)
        assert "frame 0" in stored.sample_title.value
        assert pictures(stored) == shown

    def test_another_movie_waits_for_its_first_frame(self, panel, movie, reads):
        panel.model.movie = replace(movie, frames=InFile(movie.frames), name="stored")
        assert 'title">stored <small>' in panel.sample_title.value
        assert not panel.pixels.any()
        self.do(reads)
        assert panel.pixels.any()

    def test_what_cannot_be_read_is_said(self, stored, movie, reads):
        stored.player.frame = 5
        (_, then), *_ = reads
        then(None, ReadError("stored.mib is not read: it took longer than 60 s"))
        assert "frame 5: stored.mib is not read" in stored.sample_title.value
        assert not stored.pixels.any()
        reads.clear()
        stored.player.frame = 6
        stored.player.frame = 7
        reads.pop(0)[1](None, ReadError("late"))  # and not wanted any more
        assert "late" not in stored.sample_title.value
        self.do(reads)
        assert "frame 7" in stored.sample_title.value
