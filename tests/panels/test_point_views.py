"""Views of many atoms: pictures are decoded again, and selections come back as numbers."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Picture

from atomstat_widgets.views.histogram import Histogram
from atomstat_widgets.views.points import points_png
from atomstat_widgets.views.sample import SampleView
from atomstat_widgets.views.scatter import ScoreScatter

COLORS = np.array([[10, 20, 30], [200, 100, 0]], np.uint8)


def decoded(png):
    return np.asarray(Picture.open(BytesIO(png)).convert("RGBA"))


def shown(layer):
    return decoded(layer.mark.image.value)


def test_points_are_discs_in_their_colours():
    pixels = decoded(points_png((20, 30), np.array([[5.0, 6.0], [14.2, 25.0]]), np.array([0, 1]), COLORS, radius=2))
    assert pixels.shape == (20, 30, 4)
    np.testing.assert_array_equal(pixels[5, 6], [10, 20, 30, 255])
    np.testing.assert_array_equal(pixels[14, 25], [200, 100, 0, 255])
    disc = pixels[..., 3] > 0
    # by hand: of 5 x 5 pixels the corners, 2.83 away, are not in a disc of radius 2; those beside them, 2.24 away, are
    assert disc.sum() == 2 * 21


def test_points_at_and_beyond_the_border_are_cut():
    places = np.array([[0.0, 0.0], [19.0, 29.0], [-1.0, 5.0], [50.0, 5.0]])
    pixels = decoded(points_png((20, 30), places, np.zeros(4, int), COLORS, radius=2))
    assert (pixels[..., 3] > 0).sum() == 2 * 8  # a quarter of each disc: 9 pixels less the corner


def test_unlit_points_are_shadows_below_the_lit():
    places = np.array([[5.0, 5.0], [5.0, 6.0]])
    pixels = decoded(
        points_png((11, 11), places, np.array([0, 1]), COLORS, radius=2, lit=np.array([True, False]), opacity=0.5)
    )
    np.testing.assert_array_equal(pixels[5, 6], [10, 20, 30, 128])  # though the other one is later
    np.testing.assert_array_equal(pixels[5, 8], [200, 100, 0, 45])


def test_scatter_selects_by_lasso():
    chosen = []
    scatter = ScoreScatter(200, 200, chosen.append)
    scores = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0]])
    scatter.show(scores, ("component 1", "component 2"), np.array([0, 1, 1]), COLORS, None)
    np.testing.assert_allclose(scatter.points.x, scores[:, 0])
    np.testing.assert_allclose(scatter.points.y, scores[:, 1])
    assert scatter.scales["x"].min < 0 < 3 < scatter.scales["x"].max
    pixels = shown(scatter.picture)
    rows, columns = np.nonzero(pixels[..., 3])
    assert rows.max() - rows.min() > 0.8 * pixels.shape[0]
    # the picture has the second point, the highest, on top
    np.testing.assert_array_equal(pixels[rows.min(), columns[rows.argmin()], :3], COLORS[1])
    scatter.points.selected = np.array([0, 2])
    np.testing.assert_array_equal(chosen.pop(), [0, 2])
    scatter.points.selected = None
    scatter.points.selected = np.array([], int)
    assert chosen == []


def test_scatter_of_equal_scores():
    scatter = ScoreScatter(200, 200, lambda numbers: None)
    scatter.show(np.ones((5, 2)), ("a", "b"), np.zeros(5, int), COLORS, None)
    assert scatter.scales["x"].min < 1 < scatter.scales["x"].max


def test_histogram_counts_in_the_colours_of_the_values():
    histogram = Histogram(200, 200, lambda low, high: None)
    values = np.concatenate([np.zeros(30), np.ones(10)])
    histogram.show(values, (0, 1), "loading 1", COLORS)
    pixels = shown(histogram.picture)
    heights = (pixels[..., 3] > 0).sum(axis=0)
    assert heights[0] == pytest.approx(3 * heights[-1], abs=2)
    assert not heights[1:-1].any()
    np.testing.assert_array_equal(pixels[-1, 0, :3], COLORS[0])
    np.testing.assert_array_equal(pixels[-1, -1, :3], COLORS[1])
    assert histogram.axes[0].label == "loading 1"


def test_histogram_of_whole_numbers_has_a_bar_for_each():
    histogram = Histogram(200, 200, lambda low, high: None)
    histogram.show(np.array([1.0, 1.0, 2.0]), (1, 2), "class", COLORS, whole=True)
    pixels = shown(histogram.picture)
    assert (histogram.scales["x"].min, histogram.scales["x"].max) == (0.5, 2.5)
    assert pixels.shape[1] == 2
    np.testing.assert_array_equal(pixels[-1, :, :3], COLORS)


def test_histogram_selects_by_brush():
    brushed = []
    histogram = Histogram(200, 200, lambda low, high: brushed.append((low, high)))
    histogram.brush.selected = np.array([0.25, 0.5])
    assert brushed == [(0.25, 0.5)]
    histogram.brush.selected = None
    assert len(brushed) == 1


def test_histogram_of_equal_values():
    histogram = Histogram(200, 200, lambda low, high: None)
    histogram.show(np.full(7, 2.0), (2, 2), "loading", COLORS)
    assert (histogram.scales["x"].min, histogram.scales["x"].max) == (1.5, 2.5)


def test_atoms_lie_where_they_are_in_the_image():
    sample = SampleView(100, lambda y, x: None)
    sample.set_geometry((100, 200), None, "px")
    sample.show_atoms(np.array([[0.0, 0.0], [99.0, 199.0]]), np.array([0, 1]), COLORS, 2.0, None, 1.0)
    pixels = shown(sample.overlay)
    assert pixels.shape == (400, 800, 4)
    np.testing.assert_array_equal(pixels[2, 2, :3], COLORS[0])
    np.testing.assert_array_equal(pixels[-3, -3, :3], COLORS[1])
    np.testing.assert_allclose(sample.overlay.mark.x, [-0.5, 199.5])
