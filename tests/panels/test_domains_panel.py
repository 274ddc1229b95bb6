import numpy as np
import pytest

from atomstat_widgets import DomainsPanel
from atomstat_widgets.analyses.domains.stages import ALL_CHANNELS
from atomstat_widgets.data import Image, samples
from atomstat_widgets.panels.image_panel import ALL
from atomstat_widgets.stat import find_atoms


@pytest.fixture
def panel():
    return DomainsPanel(samples.ferroelectric(shape=(160, 160)))


def picture(view):
    return view.picture.mark.image.value


def atoms(panel):
    return panel.sample.overlay.mark.image.value


def test_parameters_and_controls_are_one(panel):
    own, model = panel.controls, panel.model
    model.n_components = 6
    assert own.n_components.value == 6
    own.method.value = "NMF"
    assert model.result.parameters["method"] == "NMF"
    own.recentre.value = False
    own.normalize.value = False
    own.smooth.value = 0.5
    assert [model.result.parameters[name] for name in ("recentre", "normalize", "smooth")] == [False, False, 0.5]
    own.gmm_on.value = 0
    assert model.gmm_dimensions == 0
    assert model.error == ""


def test_automatic_numbers_are_shown(panel):
    own, result = panel.controls, panel.model.result
    assert own.window.automatic.value
    assert own.window.slider.value == result.window
    assert own.spacing.slider.value == pytest.approx(result.atoms.spacing, abs=0.25)
    assert own.strength.slider.value == pytest.approx(result.atoms.strengths.min(), abs=0.06)
    assert panel.model.window is panel.model.spacing is panel.model.strength is None


def test_a_moved_slider_is_no_longer_automatic(panel):
    window = panel.controls.window
    window.slider.value = 15
    assert (panel.model.window, window.automatic.value, panel.model.result.window) == (15, False, 15)
    window.automatic.value = True
    assert panel.model.window is None
    assert window.slider.value == panel.model.result.window != 15
    window.automatic.value = False  # stays where it is, now by wish
    assert panel.model.window == window.slider.value


def test_the_echo_of_an_automatic_number_is_no_wish(panel):
    strength = panel.controls.strength
    strength.slider.value = strength.slider.value + 0.01  # as the page rounds it
    assert strength.automatic.value
    assert panel.model.strength is None


def test_a_new_result_is_drawn(panel):
    before = picture(panel.components), picture(panel.scatter), picture(panel.histogram), atoms(panel)
    panel.model.window = 14
    after = picture(panel.components), picture(panel.scatter), picture(panel.histogram), atoms(panel)
    assert all(old != new for old, new in zip(before, after, strict=True))
    panel.model.n_components = 2
    assert len(panel.components.boxes) == 2


def test_a_click_on_a_component_colours_the_atoms_by_its_loading(panel):
    before = atoms(panel), picture(panel.histogram)
    panel.choose_component(2)
    assert panel.overlay.value == 2
    assert panel.components.selection.visible
    assert (atoms(panel), picture(panel.histogram)) != before
    assert panel.histogram.axes[0].label == "loading 3"


def test_overlays_follow_the_method(panel):
    def labels():
        return [label for label, _ in panel.overlay.options]

    assert (labels(), panel.overlay.value) == (["1", "2", "3", "4", "None"], 0)
    panel.model.method = "GMM"
    assert (labels(), panel.overlay.value) == (["All", "1", "2", "3", "4", "None"], ALL)
    assert panel.picture_map.value == "viridis"
    assert not panel.controls.gmm_on.disabled
    panel.overlay.value = 3
    panel.model.n_components = 2
    assert (labels(), panel.overlay.value) == (["All", "1", "2", "None"], ALL)
    panel.model.method = "PCA"
    assert (labels(), panel.overlay.value) == (["1", "2", "None"], 0)
    assert panel.controls.gmm_on.disabled
    assert panel.model.error == ""


def test_the_lasso_lights_atoms_up_and_shows_their_mean(panel):
    before = atoms(panel), picture(panel.scatter), picture(panel.means)
    loading = panel.model.result.decomposition.loadings[:, 0]
    panel.scatter.points.selected = np.flatnonzero(loading > 0)
    np.testing.assert_array_equal(panel.selected, loading > 0)
    after = atoms(panel), picture(panel.scatter), picture(panel.means)
    assert all(old != new for old, new in zip(before, after, strict=True))
    assert f"{(loading > 0).sum()} selected" in panel.means_title.value
    assert not panel.clear.disabled
    panel.truth.value = True
    assert f"{panel.model.result.agreement(loading > 0):.2f}" in panel.truth_score.value
    assert "the selection" in panel.truth_score.value
    panel.clear.click()
    assert panel.selected is None
    assert (atoms(panel), picture(panel.scatter), picture(panel.means)) == before
    assert panel.clear.disabled


def test_the_brush_selects_values(panel):
    loading = panel.model.result.decomposition.loadings[:, 0]
    panel.histogram.brush.selected = np.array([0.0, 10.0])
    np.testing.assert_array_equal(panel.selected, loading >= 0)


def test_a_selection_lasts_as_long_as_the_atoms(panel):
    panel.choose_atoms(np.array([1, 2]))
    panel.model.n_components = 3
    assert panel.selected.sum() == 2
    panel.model.method = "ICA"
    assert panel.selected.sum() == 2
    panel.model.window = 14
    assert panel.selected is None
    assert panel.clear.disabled


def test_a_click_on_an_atom_shows_its_crop(panel):
    positions = panel.model.result.crops.positions
    panel.choose_place(*positions[5] + (1.0, -1.0))
    assert panel.atom == 5
    y, x = positions[5]
    assert f"y {0.04 * y:.2f}, x {0.04 * x:.2f} nm" in panel.crop_title.value
    assert len(panel.crop.boxes) == 2
    window = panel.model.result.window * panel.model.image.pixel_size
    assert np.ptp(panel.sample.window.y) == pytest.approx(window)


def test_the_curve_sets_the_count_and_follows_the_method(panel):
    panel.choose_count(2)
    assert panel.controls.n_components.value == 2
    np.testing.assert_allclose(panel.curve.points.y, 100 * panel.model.result.variance)
    assert panel.curve.advised.visible
    panel.model.method = "GMM"
    assert [label for label, _ in panel.curve_choice.options] == ["Stability", "BIC", "Explained variance"]
    for label, name in (("Stability", "stability"), ("BIC", "bic")):
        panel.curve_choice.label = label
        scale = 1 if name == "stability" else len(panel.model.result.crops)
        expected = [panel.model.advice[name][k] / scale for k in range(1, 9)]
        np.testing.assert_allclose(panel.curve.points.y, expected)
    assert panel.curve.advised.x[0] == np.argmin(expected) + 1
    panel.model.method = "NMF"
    assert [label for label, _ in panel.curve_choice.options] == ["Stability", "Error"]
    panel.curve_choice.label = "Error"
    assert panel.curve.y_axis.label == "error (%)"


def test_score_axes_can_be_chosen(panel):
    panel.axis_choices[0].value = "3"
    loadings = panel.model.result.decomposition.loadings
    np.testing.assert_allclose(panel.scatter.points.x, loadings[:, 2], rtol=1e-6)
    panel.model.n_components = 1
    assert [choice.value for choice in panel.axis_choices] == ["1", "1"]
    assert panel.model.error == ""


def test_truth_as_fine_as_the_lattice_colours_the_atoms():
    panel = DomainsPanel(samples.graphene(shape=(256, 256)), method="GMM", n_components=3)
    before = atoms(panel)
    panel.truth.value = True
    assert atoms(panel) != before
    result = panel.model.result
    assert f"{result.agreement(result.labels):.2f} (adjusted Rand index)<br>of the classes" in panel.truth_score.value
    panel.truth.value = False
    assert atoms(panel) == before


def test_given_atoms_and_channels_can_be_chosen():
    image = samples.ferroelectric(shape=(160, 160))
    found = find_atoms(image.array).positions
    coordinates = np.column_stack([found, np.arange(len(found)) % 2])
    panel = DomainsPanel(
        Image(image.array, "given", atoms=coordinates, channels=np.random.default_rng(0).random((160, 160, 2)))
    )
    own = panel.controls
    assert own.spacing.slider.disabled
    assert own.spacing.slider.tooltip == "The atoms are given with the image"
    assert [label for label, _ in own.atom_class.options] == ["All", "0", "1"]
    assert [label for label, _ in own.channel.options] == ["Image", "Channel 1", "Channel 2", "All channels"]
    own.atom_class.value = 1
    assert panel.model.atom_class == 1
    own.channel.value = ALL_CHANNELS
    assert panel.model.result.component_pictures.shape[2] == 2 * panel.model.result.window
    panel.model.image = image
    assert (own.atom_class.value, own.atom_class.disabled, panel.model.atom_class) == (-1, True, None)
    assert own.channel.tooltip == "The image comes without a network's output"
    assert not own.spacing.slider.disabled
    assert panel.model.error == ""


def test_every_control_has_a_label_and_a_tooltip(panel):
    def leaves(widget):
        children = getattr(widget, "children", ())
        return [leaf for child in children for leaf in leaves(child)] if children else [widget]

    controls = [leaf for leaf in leaves(panel.left) if getattr(leaf, "description", "") or hasattr(leaf, "options")]
    labels = [getattr(control, "description", "") for control in controls]
    assert [label for label in labels if label != "auto"] == [
        *(
            "Spacing",
            "Strength",
            "Dark atoms",
            "Class",
            "Window",
            "Channel",
            "Recentre",
            "Normalize",
            "Smooth",
            "",
            "Components",
        ),
        *("GMM on", "Image", "Maps", "Contrast", "True domains"),
    ]
    for control in controls:
        assert getattr(control, "tooltip", None) or all(control.tooltips), control


def test_errors_are_words_in_the_panel_and_the_pictures_stay(panel):
    before = picture(panel.components)
    panel.model.strength = 1e6
    assert "no atoms were found: lower the strength" in panel.status.text.value
    assert "Not up to date" in panel.status.text.value
    assert picture(panel.components) == before


def test_another_image(panel):
    panel.choose_atoms(np.array([1, 2]))
    panel.model.image = samples.graphene(shape=(200, 256))
    assert panel.model.error == ""
    assert panel.selected is None
    assert "Doped graphene" in panel.sample_title.value


def test_an_automatic_slider_knows_its_own_values_when_they_come_back_late(panel):
    control = panel.controls.spacing
    control.show(10.0)
    control.show(12.0)
    control.slider.value = 10.0000001  # as the page may send it, after the second was shown
    assert control.automatic.value
    assert control.slider.value == 12
    control.slider.value = 12.0000001
    assert control.automatic.value
    control.slider.value = 12.5  # somebody's wish
    assert not control.automatic.value
    assert panel.model.spacing == 12.5
