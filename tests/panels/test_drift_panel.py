"""The drift in the trajectories panel: control, curve, and the movie played without it."""

from datetime import UTC, datetime

import numpy as np
import pytest
from registered import draw

from atomstat_widgets import TrajectoriesPanel
from atomstat_widgets.analyses.trajectories.drift_control import read_shifts
from atomstat_widgets.data import Movie

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SHIFTS = np.array([[0, 0], [3, -2], [5, 1.5], [2, 4], [-3, 2], [-4, -4]])


@pytest.fixture(scope="module")
def film():
    rng = np.random.default_rng(0)
    sites = np.stack(np.meshgrid(*[np.arange(-20.0, 150, 14.0)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    sites += rng.normal(0, 0.8, sites.shape)
    frames = [draw(128, sites + shift, 2.8) + rng.normal(0, 0.03, (128, 128)) for shift in SHIFTS]
    return Movie(np.array(frames, np.float32), "drifting", 0.1, "nm", np.array([2, 3, 4, 6, 7, 8]))


@pytest.fixture
def panel(film):
    made = TrajectoriesPanel(film, n_states=1)
    yield made
    assert made.model.error == ""


def sent(content):
    """What the page sends of a file."""
    return (
        {
            "name": "table.csv",
            "type": "text/csv",
            "size": len(content),
            "content": memoryview(content),
            "last_modified": NOW,
        },
    )


def middle(panel):
    return [(panel.sample.scales[name].min + panel.sample.scales[name].max) / 2 for name in "yx"]


def test_the_curve_is_that_of_the_result_in_units(panel):
    view = panel.drift.view
    np.testing.assert_allclose(view.lines.y, 0.1 * SHIFTS.T, atol=0.015)
    np.testing.assert_array_equal(view.lines.x, [2, 3, 4, 6, 7, 8])
    assert view.axes[1].label == "drift (nm)"
    assert not view.doubtful.visible
    panel.player.frame = 6
    assert list(view.cursor.x) == [6, 6]
    assert "in doubt" not in panel.drift.title.value


def test_the_movie_is_played_with_the_drift_removed(panel):
    assert middle(panel) == pytest.approx([6.35, 6.35])
    panel.drift.still.value = True
    for frame, place in ((2, 0), (7, 4), (5, 2)):  # 5 was not recorded
        panel.player.frame = frame
        assert middle(panel) == pytest.approx(list(6.35 + 0.1 * SHIFTS[place]), abs=0.015)
    panel.drift.still.value = False
    assert middle(panel) == pytest.approx([6.35, 6.35])


def test_trails_are_those_of_the_still_sample(panel):
    panel.player.frame = 8
    result = panel.model.result
    first, later = result.steps
    way = result.still_positions
    assert np.median(np.linalg.norm(way[later] - way[first], axis=1)) < 0.2
    np.testing.assert_allclose(result.drift_at(8), SHIFTS[5], atol=0.15)


def test_a_frame_in_doubt_is_marked(film):
    frames = film.frames.copy()
    frames[3] = np.random.default_rng(1).normal(size=(128, 128))
    panel = TrajectoriesPanel(Movie(frames, "one of noise"), n_states=1)
    np.testing.assert_array_equal(panel.drift.view.doubtful.x, [3, 4])
    assert panel.drift.view.doubtful.visible
    assert "2 in doubt" in panel.drift.title.value
    assert "(3, 4), no step into them is counted" in panel.status.text.value


def test_where_the_drift_comes_from(panel):
    control, model = panel.controls.drift, panel.model
    assert (control.source.value, control.upload.layout.display) == ("automatic", "none")
    control.source.value = "off"
    assert model.drift == "off"
    assert (model.result.drift.shifts == 0).all()
    control.source.value = "given"
    assert (model.drift, control.upload.layout.display) == ("off", None)  # until there are shifts
    content = "\n".join(["frame,y (px),x (px)", *(f"{n},{y},{x}" for n, (y, x) in enumerate(SHIFTS))]).encode()
    control.upload.value = sent(content)
    np.testing.assert_array_equal(model.drift, SHIFTS)
    assert control.source.value == "given"
    model.drift = "automatic"
    assert (control.source.value, control.upload.layout.display) == ("automatic", "none")
    control.source.value = "given"
    np.testing.assert_array_equal(model.result.drift.shifts, SHIFTS)


def test_a_table_that_does_not_fit_is_refused(film):
    panel = TrajectoriesPanel(film, n_states=1)
    panel.controls.drift.upload.value = sent(b"0,0\n1,2")
    assert "drift has a row (y, x) for each of 6 frames, got shape (2, 2)" in panel.model.error
    assert panel.model.drift == "automatic"


def test_tables_of_shifts():
    plain, head = b"0,0\n1.5, -2\n", "﻿# of a program\nframe,in doubt,x (px),y (px)\n7,0,1,2\n".encode()
    np.testing.assert_array_equal(read_shifts(plain, "a"), [[0, 0], [1.5, -2]])
    np.testing.assert_array_equal(read_shifts(head, "b"), [[2, 1]])
    for bad, number in ((b"0,0\nhalf,2", 2), (b"1", 1), (b"y (px),x (px)\n1", 1)):
        with pytest.raises(ValueError, match=f"c.csv: row {number} has no two numbers"):
            read_shifts(bad, "c.csv")
