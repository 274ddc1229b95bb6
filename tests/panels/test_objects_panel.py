"""Defects of several atoms in the trajectories panel: what is chosen, and the line that is their size."""

import numpy as np
import pytest
from registered import draw

from atomstat_widgets import TrajectoriesPanel
from atomstat_widgets.data import Movie

RING = 10 * np.array([[0, 1], [0.87, -0.5], [-0.87, -0.5]])


@pytest.fixture
def panel():
    rng = np.random.default_rng(0)
    turns = rng.integers(0, 2, 12)
    frames = [
        draw(96, (-1.0) ** turn * RING + 46 + rng.uniform(-2, 2, 2), 2.5) + rng.normal(0, 0.05, (96, 96))
        for turn in turns
    ]
    made = TrajectoriesPanel(Movie(np.array(frames, np.float32), "molecule", 0.5, "nm"))
    yield made
    assert made.model.error == ""


def test_the_size_is_a_line_in_the_picture(panel):
    length, size = panel.sample.length, panel.model.result.chosen.defects.size
    assert length.visible
    assert np.ptp(length.x) == pytest.approx(0.5 * size)  # in the unit of the axes
    assert length.y[0] == length.y[1]
    assert panel.controls.defect_size.slider.number == pytest.approx(size, abs=0.3)
    panel.controls.defect_size.slider.number = 30.0
    assert panel.model.defect_size == 30.0
    assert np.ptp(length.x) == pytest.approx(15.0)


def test_the_line_is_dragged(panel):
    ends = panel.sample.ends
    assert ends.enable_move
    assert ends.restrict_x
    left, right = ends.x
    dragged = {"event": "drag_end", "index": 1, "point": {"x": right + 1.0, "y": ends.y[1]}}  # by 1 nm, 2 px
    size = panel.model.result.chosen.defects.size
    ends._handle_custom_msg(dragged, None)
    assert panel.model.defect_size == pytest.approx(size + 4, abs=0.05)
    np.testing.assert_allclose(ends.x, [left - 1, right + 1], atol=0.02)
    np.testing.assert_array_equal(ends.x, panel.sample.length.x)
    dragged["point"]["x"] = np.mean(ends.x)  # to nothing
    ends._handle_custom_msg(dragged, None)
    assert panel.model.defect_size == 1
    assert "36 objects of 1 atom" in panel.status.text.value
    ends.x = [0.0, 20.0]  # as the page moved it, to nothing once more
    dragged["point"]["x"] = np.mean(panel.sample.length.x)
    ends._handle_custom_msg(dragged, None)
    np.testing.assert_array_equal(ends.x, panel.sample.length.x)


def test_objects_change_to_single_atoms_and_back(panel):
    assert "12 objects of 3 atoms" in panel.status.text.value
    panel.controls.objects.value = "atoms"
    assert "36 atoms" in panel.status.text.value
    assert not panel.sample.length.visible
    assert "set Objects to Defects" in panel.controls.defect_size.slider.tooltip
    panel.controls.objects.value = "automatic"
    assert panel.sample.length.visible
    assert not panel.controls.defect_size.slider.disabled


def test_a_click_anywhere_in_an_object_selects_it(panel):
    y, x = panel.model.result.chosen.positions[0][0]
    panel.choose_place(y + 9, x + 5)
    assert panel.track == 0
