"""The strain panel: what it shows, and what clicks, brushes and buttons do."""

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as Picture

from atomstat_widgets import App, StrainPanel
from atomstat_widgets.data import Image, samples
from atomstat_widgets.panels.image_panel import NO_OVERLAY

IMAGE = samples.strained(shape=(320, 320))


@pytest.fixture
def panel():
    return StrainPanel(IMAGE)


def numbers(panel):
    """Numbers of the readout, by name."""
    rows = re.findall(r"</b> (\w+)</td><td>([^<]*)</td>", panel.readout.value)
    return {name: float(value.replace("−", "-").rstrip(" %°")) for name, value in rows}


def pixels(layer):
    from io import BytesIO

    return np.asarray(Picture.open(BytesIO(layer._shown.value)).convert("RGBA"))


def test_the_first_sight(panel):
    assert panel.model.error == ""
    assert [label for label, _ in panel.overlay.options] == ["exx", "eyy", "exy", "rotation", "None"]
    assert list(panel.maps.titles.text) == ["exx (%)", "eyy (%)", "exy (%)", "rotation (°)"]
    top, bottom, left, right = panel.model.result.maps.reference
    shown = panel.sample.window
    assert shown.visible
    assert (shown.x[0], shown.x[1]) == pytest.approx((0.028 * (left - 0.5), 0.028 * (right - 0.5)))
    assert (shown.y[0], shown.y[2]) == pytest.approx((0.028 * (top - 0.5), 0.028 * (bottom - 0.5)))
    assert "0.2674 nm at −4.0°" in panel.controls.reflections.value
    assert "0.2674 nm at 94.0°" in panel.controls.reflections.value
    assert f"rows {top} to {bottom - 1}" in panel.controls.reference.value
    assert panel.controls.sigma.slider.number == pytest.approx(panel.model.result.waves.sigma, abs=0.3)


def test_a_click_shows_the_numbers_there_and_a_profile(panel):
    panel.choose_place(70.2, 159.6)
    read = numbers(panel)
    assert read == pytest.approx({"exx": 1, "eyy": 3, "exy": 0, "rotation": 0.5}, abs=0.2)
    assert "y 1.96, x 4.48 nm" in panel.place_title.value
    assert panel.profile.figure.layout.visibility == "visible"
    lines = np.asarray(panel.profile.solid.y)
    assert lines[1].max() == pytest.approx(3, abs=0.3)
    assert np.isfinite(lines).all()
    assert panel.profile.axes[0].label == "y (nm)"
    panel.along.value = "along x"
    assert np.median(np.asarray(panel.profile.solid.y)[1]) == pytest.approx(3, abs=0.2)
    assert panel.profile.axes[0].label == "x (nm)"
    assert panel.sample.place.visible


def test_where_nothing_is_measured_no_number_is_shown(panel):
    panel.choose_place(3, 3)
    assert panel.readout.value.count("not measured here") == 4
    assert panel.profile.figure.layout.visibility == "hidden"
    overlay = pixels(panel.sample.overlay)
    assert overlay[3, 3, 3] == 0
    assert overlay[160, 160, 3] == round(255 * panel.opacity.value)
    left, top, right, bottom = panel.maps.boxes[0].tolist()
    tile = pixels(panel.maps.picture)[2 * top : 2 * bottom, 2 * left : 2 * right]
    assert tile[0, 0, 3] == 0
    assert tile[len(tile) // 2, len(tile) // 2, 3] == 255


def test_a_click_in_the_spectrum_chooses_the_reflection_near_it(panel):
    g1, g2 = panel.model.result.waves.reflections
    size = 0.028
    # through the view, as the page tells it, in 1/nm
    sum_of_both = (g1 + g2) / size
    panel.spectrum.take_click(None, {"data": {"click_y": sum_of_both[0] + 0.1, "click_x": sum_of_both[1] - 0.1}})
    assert panel.model.error == ""
    assert panel.model.reflections[0] == pytest.approx(tuple(g1 + g2), abs=0.003)
    assert panel.model.reflections[1] == pytest.approx(tuple(g2), abs=1e-6)
    assert panel.controls.chosen == 1  # the next click is for the other
    assert not panel.controls._found.value
    ring = np.asarray(panel.spectrum.rings.x)[0]
    assert (ring.min() + ring.max()) / 2 == pytest.approx(panel.model.reflections[0][1] / size)
    # one in line with the reflection that would stay takes its place
    panel.choose_reflection(*(2 * panel.model.reflections[0][0], 2 * panel.model.reflections[0][1]))
    assert panel.model.reflections[1] == pytest.approx(tuple(g2), abs=1e-6)
    panel.controls._found.value = True
    assert panel.model.reflections is None
    assert panel.model.error == ""
    panel.controls._found.value = False  # it is no way to choose
    assert panel.controls._found.value


def test_a_box_is_the_reference(panel):
    panel.box_button.value = True
    assert panel.sample.figure.interaction is not None
    panel.choose_reference((20.2, 100.7), (39.9, 400.0))
    assert panel.model.reference == (20, 102, 40, 320)
    assert panel.sample.figure.interaction is None
    assert not panel.box_button.value
    panel.choose_place(70, 160)
    assert numbers(panel)["eyy"] == pytest.approx(0, abs=0.2)
    assert not panel.controls.steadiest.value
    panel.controls.steadiest.value = True
    assert panel.model.reference is None
    panel.model.guard(panel.choose_reference)((50.0, 50.5), (40.0, 41.0))
    assert "not 4 rows and columns" in panel.model.error
    assert panel.model.reference is None


def test_overlays_maps_and_colours(panel):
    panel.choose_map(1)
    assert panel.overlay.value == 1
    bar = panel.overlay_bar.value
    red, _, blue, _ = pixels(panel.sample.overlay)[70, 160]
    assert red > blue  # wider: red
    panel.percentile.value = 70
    assert panel.overlay_bar.value != bar
    panel.picture_map.value = "PuOr_r"
    panel.overlay.value = 3
    assert "°" in panel.overlay_bar.value
    panel.overlay.value = NO_OVERLAY
    assert panel.overlay_bar.value == ""
    assert pixels(panel.sample.overlay).shape == (1, 1, 4)


def test_the_truth_is_compared(panel):
    assert "Error against" not in panel.truth_score.value
    panel.truth_shown = True
    errors = [float(one) for one in re.findall(r"e\w\w ([\d.]+) %", panel.truth_score.value)]
    assert len(errors) == 3
    assert max(errors) < 0.1
    assert "not measured" not in panel.truth_score.value
    pixels_of_substrate = np.where(IMAGE.truth == 0, IMAGE.array, 0)
    panel.model.image = replace(IMAGE, array=pixels_of_substrate)
    assert re.search(r"; [\d.]+% of the pixels there were not measured", panel.truth_score.value)
    panel.model.image = samples.graphene(shape=(256, 256))
    assert "the true strain of Doped graphene is not known" in panel.truth_score.value
    panel.model.image = Image(IMAGE.array)
    assert panel.truth.disabled
    assert panel.truth_score.value == ""


def test_the_resolution_by_its_slider_and_by_itself(panel):
    automatic = panel.model.result.waves.sigma
    panel.controls.sigma.slider.number = 15.0
    assert panel.model.sigma == 15
    assert panel.model.result.waves.sigma == 15
    panel.controls.sigma.automatic.value = True
    assert panel.model.sigma is None
    assert panel.model.result.waves.sigma == automatic
    for name in ("sigma", "reflections", "reference"):
        trait = panel.model.traits()[name]
        assert trait.metadata["label"]
        assert trait.help
    assert panel.controls.sigma.slider.tooltip == panel.model.traits()["sigma"].help


def test_other_images_one_after_the_other(panel):
    for data in (samples.graphene(shape=(200, 300)), np.array(IMAGE.array[:150, :200]), IMAGE):
        panel.model.image = data
        assert panel.model.error == ""
        assert panel.maps.boxes.shape == (4, 4)
    panel.model.image = np.random.default_rng(0).random((64, 64))
    assert "no reflections stand out" in panel.model.error
    assert panel._shown is None
    panel.choose_place(5, 5)  # nothing is shown of it
    panel.choose_reflection(0.1, 0.1)
    panel._draw_overlay()
    assert panel.model.reflections is None


def test_it_is_a_tab_of_the_app():
    app = App()
    app.tabs.value = "Strain"
    assert isinstance(app.panel, StrainPanel)
    assert app.choice.value == "Sample: Strained layer"
    app.panel.model.reference = (300, 400, 50, 400)
    other = App()
    other.restore(app.state())
    assert isinstance(other.panel, StrainPanel)
    assert other.panel.model.reference == (300, 400, 50, 400)
    assert other.notice.value == ""
    app.close()
