import numpy as np
import pytest

import atomstat_widgets
from atomstat_widgets import SlidingFFTPanel
from atomstat_widgets.data import Image, samples
from atomstat_widgets.panels.image_panel import NO_OVERLAY


@pytest.fixture
def panel():
    return SlidingFFTPanel(samples.grains(shape=(192, 256)), window_y=32, window_x=32, step=8, zoom=2, n_components=4)


def grid_picture(panel):
    return panel.spectra.picture.mark.image.value


def test_parameters_and_sliders_are_one(panel):
    panel.model.n_components = 6
    assert panel.n_components.slider.value == 6
    panel.step.slider.value = 16
    assert panel.model.result.spectra.grid.step == (16, 16)
    panel.window_x.slider.value = 40
    assert (panel.window_y.slider.value, panel.model.window_y) == (40, 40)
    panel.window_linked.value = False
    panel.window_y.slider.value = 60
    assert panel.model.result.spectra.grid.window == (60, 40)
    panel.hamming.value = False
    assert panel.model.result.parameters["hamming"] is False
    assert panel.model.error == ""


def test_sliders_show_the_numbers_that_were_chosen_from_the_image():
    panel = SlidingFFTPanel(samples.grains(shape=(192, 256)))
    controls = {name: getattr(panel, name) for name in panel.model.result.settings}
    assert all(control.automatic.value for control in controls.values())
    shown = {name: control.slider.value for name, control in controls.items()}
    assert shown == {"window_y": 25, "window_x": 25, "step": 6, "zoom": 3, "n_components": 3}
    assert "Lattice planes 0.236 nm apart, at 30°, 90° and 150°" in panel.status.text.value
    panel.window_x.slider.value = 40
    assert (panel.model.window_y, panel.model.window_x, panel.model.step) == (40, 40, None)
    assert (panel.step.slider.value, panel.step.automatic.value) == (10, True)
    panel.window_y.automatic.value = True
    assert (panel.model.window_x, panel.window_x.slider.value, panel.step.slider.value) == (None, 25, 6)
    panel.zoom.automatic.value = False
    assert panel.model.zoom == 3
    panel.model.zoom = None
    panel.model.zoom = 1  # what was shown a moment before may be set, too
    assert (panel.model.zoom, panel.zoom.slider.value, panel.zoom.automatic.value) == (1, 1, False)


def test_a_number_chosen_from_the_image_is_not_shown_over_that_of_the_user():
    panel, seen = SlidingFFTPanel(samples.grains(shape=(128, 128))), []
    panel.step.slider.observe(lambda change: seen.append(change.new), "value")
    panel.model.observe(lambda change: panel.step.show(7), "step")  # a result that comes at this moment
    panel.step.slider.value = 20
    assert (panel.model.step, seen) == (20, [20])


def test_a_new_result_is_drawn(panel):
    before = grid_picture(panel)
    panel.model.n_components = 5
    assert grid_picture(panel) != before
    assert len(panel.spectra.boxes) == len(panel.maps.boxes) == 5


def test_limits_follow_the_image(panel):
    sliders = panel.window_y.slider, panel.window_x.slider, panel.step.slider
    assert [slider.max for slider in sliders] == [192, 256, 64]
    panel.model.image = np.random.default_rng(0).random((50, 700))
    assert [slider.max for slider in sliders] == [50, 512, 50]
    assert panel.model.error == ""


def test_a_value_beyond_the_end_of_a_slider_moves_the_end(panel):
    panel.model.image = np.random.default_rng(0).random((600, 700))
    window, step = panel.window_x.slider, panel.step.slider
    assert window.max == 512
    panel.model.window_x = 600
    panel.model.step = 80
    assert (panel.model.window_x, window.value, window.max) == (600, 600, 600)
    assert (panel.model.step, step.value) == (80, 80)


def test_every_control_has_a_label_and_a_tooltip(panel):
    controls = [getattr(child, "slider", child) for child in panel.left.children]
    controls = [control for control in controls if control.tooltip]
    labels = [getattr(control, "children", [control])[0].description for control in controls]
    assert labels == [
        *("Height", "Width", "Square window", "Step", "Zoom", "Hamming taper", "Components"),
        *("Image", "Maps", "Contrast", "True domains"),
    ]


def test_a_click_on_a_component_lays_its_map_over_the_image(panel):
    assert panel.overlay.value == -1
    everything = panel.sample.overlay.mark.image.value
    panel.choose_component(2)
    assert panel.overlay.value == 2
    assert panel.maps.selection.visible
    assert panel.spectra.selection.visible
    single = panel.sample.overlay.mark.image.value
    assert single != everything
    panel.opacity.value = 0.9
    assert panel.sample.overlay.mark.image.value != single
    panel.overlay.value = NO_OVERLAY
    assert not panel.maps.selection.visible


def test_a_chosen_overlay_stays_while_it_exists(panel):
    panel.choose_component(3)
    panel.model.n_components = 6
    assert panel.overlay.value == 3
    assert [label for label, _ in panel.overlay.options] == ["All", "1", "2", "3", "4", "5", "6", "None"]
    panel.model.n_components = 2
    assert panel.overlay.value == -1


def test_a_click_on_the_image_shows_the_window_there(panel):
    panel.choose_place(y=10.0, x=250.0)
    grid = panel.model.result.spectra.grid
    window = grid.nearest(10, 250)
    assert window == grid.shape[1] - 1
    np.testing.assert_allclose(
        [panel.sample.window.y.min(), panel.sample.window.x.max()], np.array([-0.5, 255.5]) * 0.028
    )
    np.testing.assert_allclose(panel.mixture.bars.y, 100 * panel.model.result.share(window))
    assert "y 0.43, x 6.71 nm" in panel.window_title.value


def test_the_clicked_place_stays_when_the_windows_change(panel):
    panel.choose_place(y=100.0, x=200.0)
    panel.model.window_y = 64
    assert panel.sample.window.visible
    centre = np.array([panel.sample.window.y.mean(), panel.sample.window.x[:4].mean()]) / 0.028
    assert np.abs(centre - (100, 200)).max() < 20


def test_a_click_on_the_curve_sets_the_count(panel):
    panel.choose_count(7)
    assert panel.n_components.slider.value == 7
    np.testing.assert_array_equal(panel.curve.points.x, np.arange(1, 9))


def test_truth_can_be_laid_over_and_scored(panel):
    assert not panel.truth.disabled
    panel.truth.value = True
    assert f"{panel.model.result.agreement():.2f}" in panel.truth_score.value
    panel.model.image = Image(panel.model.image.array, "no truth")
    assert (panel.truth.disabled, panel.truth.value, panel.truth_score.value) == (True, False, "")
    assert "Only simulated samples" in panel.truth.tooltip


def test_errors_are_words_in_the_panel_and_the_pictures_stay(panel):
    before = grid_picture(panel)
    panel.model.window_y = 192
    after = grid_picture(panel)
    assert after != before
    panel.model.step = 64
    text = panel.status.text.value
    assert "4 components need at least 4 windows, and 2 fit the image" in text
    assert "Not up to date" in text
    assert grid_picture(panel) == after
    assert "is-stale" in panel.right._dom_classes
    panel.model.step = 4
    assert "need at least" not in panel.status.text.value
    assert "is-stale" not in panel.right._dom_classes


def test_an_image_with_too_few_windows_says_what_to_do():
    panel = SlidingFFTPanel(np.random.default_rng(0).random((9, 9)), window_y=9, window_x=9, step=2, n_components=4)
    assert panel.model.result is None
    assert "4 components need at least 4 windows, and 1 fit the image: make the window" in panel.status.text.value
    panel.choose_place(3, 3)
    panel.overlay.value = NO_OVERLAY
    panel.opacity.value = 0.2
    panel.picture_map.value = "gray"
    assert "Unexpected" not in panel.status.text.value
    panel.model.window_y = 6
    assert panel.model.result.loading_maps.shape == (4, 2, 2)
    assert panel.status.text.value.startswith("4 windows, 4 components in")


def test_a_failing_view_is_said_in_the_status_line(panel, monkeypatch):
    monkeypatch.setattr(panel.mixture, "show", lambda shares: 1 / 0)
    panel.model.n_components = 5
    assert "Unexpected failure: division by zero" in panel.status.text.value


def test_names_are_text_and_not_html():
    panel = SlidingFFTPanel(Image(np.random.default_rng(0).random((64, 64)), "<script>alert(1)</script>"))
    assert "<script>" not in panel.sample_title.value
    assert "&lt;script&gt;" in panel.sample_title.value


def test_colours_and_contrast_change_the_picture(panel):
    base = panel.sample.base.mark.image.value
    panel.image_map.value = "magma"
    magma = panel.sample.base.mark.image.value
    assert magma != base
    panel.contrast.value = (20, 80)
    assert panel.sample.base.mark.image.value != magma
    tiles = grid_picture(panel)
    panel.picture_map.value = "cividis"
    assert grid_picture(panel) != tiles


def test_spectra_of_oblong_windows_are_square(panel):
    panel.model.window_linked = False
    panel.model.window_y = 96
    assert panel.model.result.components.shape == (4, 48, 16)
    for grid in (panel.spectra, panel.spectrum):
        left, top, right, bottom = grid.boxes[0]
        assert right - left == bottom - top
    left, top, right, bottom = panel.maps.boxes[0]
    ny, nx = panel.model.result.spectra.grid.shape
    assert (bottom - top) / (right - left) == pytest.approx(ny / nx, rel=0.02)


def test_frequencies_are_in_units(panel):
    assert list(panel.spectra.x_name.text) == ["kx (1/nm)"]
    assert list(panel.spectra.x_ticks.text)[:3] == ["−5", "0", "5"]
    left, _, right, _ = panel.spectra.boxes[0]
    # 32 pixels of 0.028 nm, 16 frequencies: 1/nm are 0.896 of them, and zero is in the middle of the ninth
    at = (8.5 + np.array([-5, 0, 5]) * 0.896) / 16
    np.testing.assert_allclose(panel.spectra.x_ticks.x[:3], left + at * (right - left), atol=0.01)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (np.ones((64, 64)), ValueError, "all 4096 pixels"),
        ("missing.dm3", ValueError, "missing.dm3 does not exist"),
        (None, TypeError, "NoneType"),
        (np.eye(3), ValueError, r"shape \(3, 3\) has no room for a window of 4 pixels"),
    ],
)
def test_refuses(bad, error, message):
    with pytest.raises(error, match=message):
        SlidingFFTPanel(bad)


def test_public_names():
    panels = {"App", "DomainsPanel", "Question", "SlidingFFTPanel", "StrainPanel", "TrajectoriesPanel", "UnmixingPanel"}
    assert set(dir(atomstat_widgets)) == panels | {
        "Cube", "Image", "Movie", "__version__", "analyse", "calibrated", "cubes", "list_signals", "load", "load_cube",
        "load_image", "load_movie", "movies", "sampled", "samples", "save", "panel", "stat",
    }  # fmt: skip
    for name in dir(atomstat_widgets):
        assert getattr(atomstat_widgets, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        atomstat_widgets.nothing  # noqa: B018


def test_a_click_on_a_spot_leaves_it_out_or_takes_it_back():
    panel = SlidingFFTPanel(samples.grains(shape=(192, 256)))
    found, view = panel.model.result.found, panel.lattice.view.view
    count = len(found.frequencies)
    assert np.shape(view.rings.x) == (2 * count, 33)
    assert "0.234" in view.names.text
    fy, fx = -found.frequencies[1]  # at the mirror's place
    view.take_click(None, {"data": {"click_y": fy + 0.1, "click_x": fx - 0.1}})
    assert panel.model.spots == tuple(sorted({*range(count)} - {1}))
    assert f"{count - 1} of {count} spots used" in panel.lattice.words.value
    assert [n for n, opacity in enumerate(view.rings.opacities) if opacity < 1] == [1, 1 + count]
    assert not panel.lattice.automatic.value
    view.take_click(None, {"data": {"click_y": 0.0, "click_x": 0.0}})  # no spot is there
    assert len(panel.model.spots) == count - 1
    panel.lattice.choose(1)
    assert panel.model.spots is None
    assert panel.lattice.automatic.value


def test_without_a_lattice_there_is_nothing_to_choose():
    panel = SlidingFFTPanel(np.random.default_rng(0).random((64, 64)), n_components=2)
    assert "No lattice stands out of the noise" in panel.lattice.words.value
    assert not panel.lattice.view.view.rings.visible
    panel.model.image = np.random.default_rng(0).random((12, 12))
    assert "too small" in panel.lattice.words.value
    assert panel.lattice.figure.layout.visibility == panel.lattice.automatic.layout.visibility == "hidden"
    assert panel.model.error == ""
