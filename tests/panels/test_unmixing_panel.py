import numpy as np
import pytest

from atomstat_widgets import App, UnmixingPanel, cubes
from atomstat_widgets.data import Cube
from atomstat_widgets.reactive.results import figure_of
from atomstat_widgets.views.colors import DIVERGING_MAPS
from atomstat_widgets.views.sample import SampleView

CUBE = cubes.oxides(shape=(24, 24), channels=60, dose=3000)


@pytest.fixture
def panel():
    panel = UnmixingPanel(CUBE)
    yield panel
    assert (panel.model.error, panel.model.details) == ("", "")


def test_controls_and_model_move_each_other(panel):
    panel.model.n_components = 5
    assert panel.controls.n_components.value == 5
    panel.controls.n_components.value = 4
    panel.controls.weighting.value = True
    panel.controls.start_from.value = "vca"
    assert (panel.model.n_components, panel.model.weighting, panel.model.start_from) == (4, True, "vca")
    assert [label for label, _ in panel.overlay.options] == ["1", "2", "3", "4", "Residual", "None"]
    assert list(panel.naming.which.options) == [1, 2, 3, 4]


def test_a_click_shows_data_fit_and_parts(panel):
    panel.choose_place(3.2, 7.9)
    unmixing = panel.model.result.unmixing
    loadings = unmixing.abundance_maps[3, 8]
    parts = loadings[:, None] * unmixing.components
    shown = panel.pixel_view.solid.y
    np.testing.assert_allclose(shown[0], CUBE.array[3, 8], rtol=1e-5)
    np.testing.assert_allclose(shown[1:4], parts, rtol=1e-5)
    np.testing.assert_allclose(shown[4], parts.sum(axis=0), rtol=1e-4)
    assert "y 1.5, x 4.0 nm" in panel.pixel_title.value
    panel.choose_place(-4, 99)
    assert "y 0.0, x 11.5 nm" in panel.pixel_title.value


@pytest.mark.parametrize("method", ["PCA", "ICA", "NMF"])
def test_fit_and_data_of_a_pixel_differ_by_its_residual(panel, method):
    panel.model.method, panel.model.normalize, panel.model.weighting = method, True, True
    panel.choose_place(3, 8)
    spectrum, *_, fit = panel.pixel_view.solid.y
    residual = np.sqrt(np.mean((spectrum - fit) ** 2))
    assert residual == pytest.approx(panel.model.result.unmixing.residual_map[3, 8], rel=1e-3)
    assert residual < 0.5 * np.sqrt(np.mean(spectrum**2))


def test_brushes_choose_energies_and_pixels(panel):
    assert panel.controls.all_energies.disabled
    panel.mean.brush.selected = np.array([CUBE.axis[10] - 0.1, CUBE.axis[50] - 0.1])
    assert panel.model.signal_range == (10, 50)
    assert panel.mean.used.visible
    panel.controls.all_energies.click()
    assert panel.model.signal_range is None
    panel.mask_button.value = True
    assert panel.sample.figure.interaction is not None
    panel.choose_mask((4.6, 9.2), (0.1, 30))
    assert panel.model.mask.used.sum() == 5 * 23
    assert (panel.mask_button.value, panel.sample.figure.interaction) == (False, None)
    panel.choose_place(20, 5)
    assert "is not used" in panel.pixel_title.value
    panel.controls.all_pixels.click()
    assert panel.model.mask is None


def test_the_box_of_the_sample_is_in_pixels():
    boxes = []
    sample = SampleView(400, print)
    sample.set_geometry((24, 24), 0.5, "nm")
    sample.brush(lambda y, x: boxes.append((y, x)))
    selector = sample.figure.interaction
    selector.brushing = True
    selector.selected = np.array([[1.0, 4.0], [3.0, 2.0]])
    selector.brushing = False
    assert boxes == [((4, 8), (2, 6))]


def test_names_and_colours_stay(panel):
    panel.naming.which.value = 2
    panel.naming.name.value = "<b>Titanium</b>"
    panel.naming.color.value = "#123456"
    panel.model.n_components = 4
    assert "&lt;b&gt;Titanium&lt;/b&gt;" in panel.spectra_title.value
    assert "<b>Titanium" not in panel.spectra_title.value
    assert panel.spectra.solid.colors[1] == "#123456"
    assert panel.maps.frames.colors[1] == "#123456"
    panel.naming.name.value = " "
    assert panel.names[1] == "2"


def test_the_truth_is_dashed_and_compared(panel):
    assert not panel.spectra.dashed.visible
    panel.truth.value = True
    assert panel.spectra.dashed.visible
    assert "mean angle" in panel.truth_score.value
    panel.model.n_components = 2
    assert "3 components are the true number" in panel.truth_score.value
    panel.model.n_components = 3
    panel.model.cube = Cube(CUBE.array)
    assert (panel.truth.disabled, panel.truth.value, panel.truth_score.value) == (True, False, "")
    assert panel.dose.disabled


def test_every_method_overlay_and_map(panel):
    for method in ("PCA", "ICA", "GMM", "NMF"):
        panel.model.method = method
        assert (panel.picture_map.value in DIVERGING_MAPS) == (method in ("PCA", "ICA"))
        for _, overlay in panel.overlay.options:
            panel.overlay.value = overlay
    panel.choose_component(1)
    assert (panel.overlay.value, panel.naming.which.value) == (1, 2)
    panel.choose_count(4)
    assert panel.model.n_components == 4


def test_what_cannot_be_chosen_says_why(panel):
    own = panel.controls
    assert (own.start_from.disabled, own.loss.disabled, own.smooth.disabled) == (False, False, True)
    panel.model.sum_to_one = True
    assert (own.loss.disabled, "not with sums of 1" in own.loss.tooltip) == (True, True)
    panel.model.method = "PCA"
    assert (own.start_from.disabled, own.start_from.tooltip) == (True, "Only for the method NMF")


def test_another_dose_is_another_sample(panel):
    panel.dose.value = 300
    assert panel.model.cube.array.mean() * 200 == pytest.approx(300 * 1.25, rel=0.02)
    assert panel.model.result.cube is panel.model.cube


def test_errors_are_words_in_the_panel():
    panel = UnmixingPanel(CUBE)
    panel.model.mask = np.zeros((24, 24), bool)
    assert "no pixel is left" in panel.status.text.value
    assert "Not up to date" in panel.status.text.value


def test_the_tab(monkeypatch):
    app = App(CUBE)
    assert (app.tabs.value, app.panel.model.cube) == ("Unmixing", CUBE)
    assert list(app.choice.options) == ["Oxide layers", "Sample: Oxide layers"]


def binned(shape=(31, 31), binning=8):
    rng = np.random.default_rng(0)
    return UnmixingPanel(Cube(rng.random((*shape, 12)), "noise", 0.5, "nm"), binning=binning, n_components=2)


@pytest.mark.parametrize(("shape", "binning"), [((31, 31), 8), ((32, 20), 8), ((9, 31), 4), ((8, 8), 1)])
def test_the_overlay_of_binned_pixels_stands_where_these_are(shape, binning):
    panel = binned(shape, binning)
    height, width = (side // binning * binning for side in shape)
    mark = panel.sample.overlay.mark
    # A pixel of 0.5 nm reaches 0.25 nm to either side of its centre, the first is at 0; y from below.
    np.testing.assert_allclose(mark.x, (-0.25, 0.5 * width - 0.25))
    np.testing.assert_allclose(mark.y, (0.5 * height - 0.25, -0.25))
    figure = figure_of(panel.model.result)
    (picture,) = next(axes for axes in figure.axes if axes.get_title() == "Abundance 1").images
    np.testing.assert_allclose(picture.get_extent(), (*mark.x, *mark.y))
    y, x = panel.model.result.map_axes
    np.testing.assert_array_equal(x, np.arange(0, width, binning) + (binning - 1) / 2)
    np.testing.assert_array_equal(y, np.arange(0, height, binning) + (binning - 1) / 2)


def test_a_pixel_that_is_left_over_is_not_used():
    panel = binned()
    panel.choose_place(30, 3)
    assert "is not used" in panel.pixel_title.value
    panel.choose_place(23, 3)
    assert "grey data" in panel.pixel_title.value


@pytest.mark.parametrize("name", ["red", "#f00", "RED", "#ff0000"])
def test_a_colour_by_any_name(panel, name):
    before = panel.naming.color.value
    panel.naming.color.value = name
    assert (panel.naming.colors[0], panel.naming.color.value, panel.model.error) == ("#ff0000", "#ff0000", "")
    panel.model.n_components = 2
    assert panel.model.error == ""
    panel.naming.color.value = before


@pytest.mark.parametrize("name", ["rgb(1, 2, 3)", "hsl(10, 10%, 10%)", "var(--ink)"])
def test_what_is_no_colour_is_refused_and_the_old_one_stays(panel, name):
    before = panel.naming.colors[0]
    panel.naming.color.value = name
    assert (panel.naming.colors[0], panel.naming.color.value) == (before, before)
    assert panel.model.error == f"{name!r} is no colour: it has a name, as 'red', or numbers, as '#d55e00'"
    panel.model.n_components = 4
    assert panel.model.error == ""
    panel.model.n_components = 3


@pytest.mark.parametrize(
    ("low", "high", "used"),
    [(38.5, 39, (37, 40)), (39, 50, (37, 40)), (50, 60, (37, 40)), (-5, 0, (0, 3)), (3.2, 7.9, (4, 8)), (3, 8, (3, 9))],
)
def test_brushing_at_the_ends(low, high, used):
    panel = UnmixingPanel(np.random.default_rng(0).random((6, 6, 40)))
    panel.choose_range(low, high)
    assert (panel.model.signal_range, panel.model.error) == (used, "")


# Of classes, halves of five pixels are too few to agree on two.
@pytest.mark.parametrize(("method", "advised"), [("NMF", True), ("GMM", False)])
def test_few_pixels_are_advised_on_too(method, advised):
    """Ten pixels in two clear classes: up to five components can be judged."""
    spectra = np.random.default_rng(0).random((2, 12))[[0, 1] * 5] + 0.01 * np.random.default_rng(1).random((10, 12))
    panel = UnmixingPanel(spectra.reshape(2, 5, 12), method=method, n_components=2)
    assert panel.model.result.most_components == 5
    assert sorted(panel.model.advice["stability"]) == [1, 2, 3, 4, 5]
    assert panel.curve.advised.visible is advised
