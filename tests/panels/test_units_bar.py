import dataclasses

import numpy as np
import pytest

from atomstat_widgets import DomainsPanel, SlidingFFTPanel, TrajectoriesPanel, UnmixingPanel, cubes, movies, samples
from atomstat_widgets.panels.controls import NumberSlider

SIZE = 0.028


@pytest.fixture
def panel():
    return SlidingFFTPanel(samples.grains(shape=(128, 128)), window_y=32, window_x=32, n_components=4)


def shown(slider):
    return [slider.value, slider.min, slider.max, slider.step]


def draw(panel, *places):
    panel.units.switch.value = True
    panel.units.measure.value = True
    for y, x in places:
        panel.sample.take_click(None, {"data": {"click_y": y * SIZE, "click_x": x * SIZE}})


def test_lengths_are_shown_in_the_unit_and_kept_in_pixels(panel):
    slider, runs = panel.window_y.slider, len(panel.model.history)
    assert (shown(slider), slider.readout_format) == ([32, 4, 128, 1], ".0f")
    panel.units.choice.value = "nm"
    assert shown(slider) == pytest.approx([32 * SIZE, 4 * SIZE, 128 * SIZE, SIZE])
    assert slider.readout_format == ".2f"
    assert (panel.model.window_y, slider.number, len(panel.model.history)) == (32, 32, runs)
    slider.value = 40.2 * SIZE
    assert (panel.model.window_y, panel.model.window_x, slider.number) == (40, 40, 40)
    assert panel.n_components.slider.value == 4
    panel.units.choice.value = "px"
    assert shown(slider) == [40, 4, 128, 1]


def test_headings_name_the_unit(panel):
    heading = panel.left.children[0]
    assert heading.value == "<h4>Windows <span>(px)</span></h4>"
    panel.units.choice.value = "nm"
    assert heading.value == "<h4>Windows <span>(nm)</span></h4>"


def test_automatic_lengths():
    panel = TrajectoriesPanel(movies.hopping_dopants(frames=9))
    size, rmax = panel.model.movie.pixel_size, panel.controls.rmax
    automatic = panel.model.result.rmax
    panel.units.choice.value = "nm"
    assert panel.model.rmax is None
    assert rmax.slider.value == pytest.approx(automatic * size, abs=0.25 * size)
    rmax.slider.value = 7 * size
    assert (panel.model.rmax, rmax.automatic.value) == (7, False)
    panel.model.rmax = 7.3
    assert rmax.slider.value == pytest.approx(7.3 * size)
    rmax.slider.value = 7.5 * size  # as the page rounds it to its steps
    assert panel.model.rmax == 7.3
    assert panel.controls.strength.slider.scale == 1


def test_the_page_is_told_the_limits_before_the_value():
    slider = NumberSlider("Step", "", 1, 10, 1)
    assert list(slider.get_state(["value", "min", "readout_format", "max"])) == [
        "readout_format",
        "min",
        "max",
        "value",
    ]
    assert list(slider.get_state())[-1] == "value"


def test_a_move_in_the_unit_that_was_shown_before_is_no_move():
    slider = NumberSlider("Step", "", 1, 64, 1)
    slider.number = 16
    slider.scale = 0.028
    slider.set_state({"value": 15.0})  # pixels: the page had not heard of nm yet
    assert (slider.number, slider.value) == (16, pytest.approx(16 * 0.028))
    slider.set_state({"value": 15 * 0.028})
    assert slider.number == 15
    slider.scale = 1.0
    slider.set_state({"value": 14 * 0.028})
    assert (slider.number, slider.value) == (15, 15)


def test_without_a_pixel_size_there_are_only_pixels(panel):
    panel.units.choice.value = "nm"
    panel.model.image = np.random.default_rng(0).random((64, 64))
    assert (panel.units.choice.options, panel.units.unit, panel.window_y.slider.value) == (("px",), "px", 32)
    assert panel.units.words.value == "Pixel size unknown."
    panel.model.image = samples.grains(shape=(128, 128))
    assert panel.units.choice.options == ("px", "nm")


def test_another_pixel_size_changes_what_is_shown(panel):
    panel.units.choice.value = "nm"
    panel.model.image = dataclasses.replace(panel.model.image, pixel_size=0.1)
    assert panel.window_y.slider.value == pytest.approx(3.2)


def test_a_line_over_a_known_length_calibrates(panel):
    panel.model.n_components, panel.model.step = 3, 5
    bar, before = panel.units, panel.model.result.loading_maps
    draw(panel)
    assert bar.words.value == "Click one end of a known length."
    draw(panel, (10, 20))
    assert bar.words.value == "Now the other end."
    assert bar.apply.disabled
    draw(panel, (40, 60))
    assert bar.words.value == "The line has 50.0 px:"
    np.testing.assert_allclose([panel.sample.line.y, panel.sample.line.x], np.array([[10, 40], [20, 60]]) * SIZE)
    bar.length.value, bar.length_unit.value = 12.5, "Å"
    bar.apply.click()
    image = panel.model.image
    assert (image.pixel_size, image.unit, image.name) == (0.25, "Å", "Three grains")
    assert (panel.model.n_components, panel.model.step, panel.model.error) == (3, 5, "")
    np.testing.assert_array_equal(panel.model.result.loading_maps, before)
    assert "0.25 Å/px" in panel.sample_title.value
    assert (bar.words.value, bar.measuring, panel.sample.line.visible) == ("A pixel is 0.25 Å.", False, False)
    assert panel.window_title.value.endswith("Å</small></div>")


def test_a_third_click_starts_another_line(panel):
    draw(panel, (10, 20), (40, 60), (0, 0))
    assert panel.units.words.value == "Now the other end."
    draw(panel, (0, 8))
    assert panel.units.words.value == "The line has 8.0 px:"
    panel.units.switch.value = False
    assert not panel.units.measuring
    assert not panel.sample.line.visible


@pytest.mark.parametrize("length", [0.0, -3.0])
def test_a_length_that_is_none_is_said(panel, length):
    draw(panel, (10, 20), (40, 60))
    panel.units.length.value = length
    panel.units.apply.click()
    assert f"A length is positive, not {length:g}." in panel.units.error.value
    assert panel.model.image.pixel_size == SIZE


def test_clicks_on_one_place_are_no_line(panel):
    draw(panel, (10, 20), (10, 20))
    assert panel.units.apply.disabled


def test_a_click_is_for_the_window_when_no_line_is_drawn(panel):
    before = panel.window_title.value
    draw(panel, (10, 20))
    assert panel.window_title.value == before
    panel.units.measure.value = False
    panel.sample.take_click(None, {"data": {"click_y": 0.0, "click_x": 0.0}})
    assert panel.window_title.value != before


def test_the_other_panels_too():
    panel = DomainsPanel(samples.graphene(shape=(128, 128)))
    panel.model.window = 14
    length = 50 * SIZE / panel.model.image.pixel_size
    draw(panel, (10, 20), (40, 60))
    panel.units.apply.click()
    assert panel.model.image.pixel_size == pytest.approx(1 / length)
    assert panel.model.window == 14
    panel = UnmixingPanel(cubes.oxides(shape=(16, 16), channels=30), signal_range=(3, 20))
    assert "Lengths in" not in [getattr(one, "value", "") for one in panel.units.children[0].children]
    draw(panel, (1, 2), (4, 6))
    panel.units.apply.click()
    assert panel.model.signal_range == (3, 20)
    assert panel.model.error == ""
