import numpy as np
import pytest

from atomstat_widgets import App, UnmixingPanel, cubes
from atomstat_widgets.data import Cube
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
    assert panel._own.n_components.value == 5
    panel._own.n_components.value = 4
    panel._own.weighting.value = True
    panel._own.start_from.value = "vca"
    assert (panel.model.n_components, panel.model.weighting, panel.model.start_from) == (4, True, "vca")
    assert [label for label, _ in panel._overlay.options] == ["1", "2", "3", "4", "Residual", "None"]
    assert list(panel._which.options) == [1, 2, 3, 4]


def test_a_click_shows_data_fit_and_parts(panel):
    panel._sample_clicked(3.2, 7.9)
    unmixing = panel.model.result.unmixing
    loadings = unmixing.abundance_maps[3, 8]
    parts = loadings[:, None] * unmixing.components
    shown = panel._pixel_view._solid.y
    np.testing.assert_allclose(shown[0], CUBE.array[3, 8], rtol=1e-5)
    np.testing.assert_allclose(shown[1:4], parts, rtol=1e-5)
    np.testing.assert_allclose(shown[4], parts.sum(axis=0), rtol=1e-4)
    assert "y 1.5, x 4.0 nm" in panel._pixel_title.value
    panel._sample_clicked(-4, 99)
    assert "y 0.0, x 11.5 nm" in panel._pixel_title.value


@pytest.mark.parametrize("method", ["PCA", "ICA", "NMF"])
def test_fit_and_data_of_a_pixel_differ_by_its_residual(panel, method):
    panel.model.method, panel.model.normalize, panel.model.weighting = method, True, True
    panel._sample_clicked(3, 8)
    spectrum, *_, fit = panel._pixel_view._solid.y
    residual = np.sqrt(np.mean((spectrum - fit) ** 2))
    assert residual == pytest.approx(panel.model.result.unmixing.residual_map[3, 8], rel=1e-3)
    assert residual < 0.5 * np.sqrt(np.mean(spectrum**2))


def test_brushes_choose_energies_and_pixels(panel):
    assert panel._own.all_energies.disabled
    panel._mean._brush.selected = np.array([CUBE.axis[10] - 0.1, CUBE.axis[50] - 0.1])
    assert panel.model.signal_range == (10, 50)
    assert panel._mean._used.visible
    panel._own.all_energies.click()
    assert panel.model.signal_range is None
    panel._mask_button.value = True
    assert panel._sample.figure.interaction is not None
    panel._mask_brushed((4.6, 9.2), (0.1, 30))
    assert panel.model.mask.used.sum() == 5 * 23
    assert (panel._mask_button.value, panel._sample.figure.interaction) == (False, None)
    panel._sample_clicked(20, 5)
    assert "is not used" in panel._pixel_title.value
    panel._own.all_pixels.click()
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
    panel._which.value = 2
    panel._name.value = "<b>Titanium</b>"
    panel._color.value = "#123456"
    panel.model.n_components = 4
    assert "&lt;b&gt;Titanium&lt;/b&gt;" in panel._spectra_title.value
    assert "<b>Titanium" not in panel._spectra_title.value
    assert panel._spectra._solid.colors[1] == "#123456"
    assert panel._maps._frames.colors[1] == "#123456"
    panel._name.value = " "
    assert panel.names[1] == "2"


def test_the_truth_is_dashed_and_compared(panel):
    assert not panel._spectra._dashed.visible
    panel._truth.value = True
    assert panel._spectra._dashed.visible
    assert "mean angle" in panel._truth_score.value
    panel.model.n_components = 2
    assert "3 components are the true number" in panel._truth_score.value
    panel.model.n_components = 3
    panel.model.cube = Cube(CUBE.array)
    assert (panel._truth.disabled, panel._truth.value, panel._truth_score.value) == (True, False, "")
    assert panel._dose.disabled


def test_every_method_overlay_and_map(panel):
    for method in ("PCA", "ICA", "GMM", "NMF"):
        panel.model.method = method
        assert (panel._map.value in DIVERGING_MAPS) == (method in ("PCA", "ICA"))
        for _, overlay in panel._overlay.options:
            panel._overlay.value = overlay
    panel._component_clicked(1)
    assert (panel._overlay.value, panel._which.value) == (1, 2)
    panel._count_clicked(4)
    assert panel.model.n_components == 4


def test_what_cannot_be_chosen_says_why(panel):
    own = panel._own
    assert (own.start_from.disabled, own.loss.disabled, own.smooth.disabled) == (False, False, True)
    panel.model.sum_to_one = True
    assert (own.loss.disabled, "not with sums of 1" in own.loss.tooltip) == (True, True)
    panel.model.method = "PCA"
    assert (own.start_from.disabled, own.start_from.tooltip) == (True, "Only for the method NMF")


def test_another_dose_is_another_sample(panel):
    panel._dose.value = 300
    assert panel.model.cube.array.mean() * 200 == pytest.approx(300 * 1.25, rel=0.02)
    assert panel.model.result.cube is panel.model.cube


def test_errors_are_words_in_the_panel():
    panel = UnmixingPanel(CUBE)
    panel.model.mask = np.zeros((24, 24), bool)
    assert "no pixel is left" in panel._status._text.value
    assert "Not up to date" in panel._status._text.value


def test_the_tab(monkeypatch):
    app = App(CUBE)
    assert (app._tabs.value, app.panel.model.cube) == ("Unmixing", CUBE)
    assert list(app._choice.options) == ["Oxide layers", "Sample: Oxide layers"]
