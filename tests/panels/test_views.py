"""Pictures are decoded again, and numbers checked against what was to be shown."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Picture

from atomstat_widgets.views.colors import COMPONENT_COLORS, lookup_table, rgb, to_bytes
from atomstat_widgets.views.curve import CountCurve
from atomstat_widgets.views.layer import ImageLayer
from atomstat_widgets.views.mixture import MixtureBars
from atomstat_widgets.views.png import indexed_png, rgba_png
from atomstat_widgets.views.rounding import round_length, round_ticks
from atomstat_widgets.views.sample import SampleView
from atomstat_widgets.views.tiles import DENSITY, TileAxis, TileGrid


def pixels(png):
    return np.asarray(Picture.open(BytesIO(png)).convert("RGBA"))


def shown(layer):
    return pixels(layer.mark.image.value)


def test_indexed_png():
    colors = np.array([[255, 0, 0], [0, 0, 255]], np.uint8)
    decoded = pixels(indexed_png(np.array([[0, 1, 1]], np.uint8), colors, np.array([255, 0], np.uint8)))
    np.testing.assert_array_equal(decoded, [[[255, 0, 0, 255], [0, 0, 255, 0], [0, 0, 255, 0]]])
    np.testing.assert_array_equal(pixels(indexed_png(np.array([[1]], np.uint8), colors)), [[[0, 0, 255, 255]]])


def test_rgba_png():
    source = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.testing.assert_array_equal(np.asarray(Picture.open(BytesIO(rgba_png(source)))), source)


def test_colours():
    assert rgb("#0072B2") == (0, 114, 178)
    assert len(set(COMPONENT_COLORS)) == 8
    np.testing.assert_array_equal(lookup_table("gray")[[0, 255]], [[0, 0, 0], [255, 255, 255]])
    np.testing.assert_array_equal(to_bytes(np.array([-1, 0, 0.5, 1, 2]), 0, 1), [0, 0, 127, 255, 255])
    np.testing.assert_array_equal(to_bytes(np.array([3.0]), 3, 3), [0])


@pytest.mark.parametrize(
    ("length", "rounded"), [(3.58, 2), (5, 5), (0.0199, 0.01), (0.02, 0.02), (128, 100), (9.99, 5), (1, 1)]
)
def test_round_length(length, rounded):
    assert round_length(length) == pytest.approx(rounded)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 14.3, [0, 2, 4, 6, 8, 10, 12, 14]),
        (0, 0.3, [0, 0.1, 0.2, 0.3]),
        (25.9, 27.2, [26, 26.2, 26.4, 26.6, 26.8, 27, 27.2]),
        (-3, 3, [-2, 0, 2]),
    ],
)
def test_round_ticks(low, high, ticks):
    np.testing.assert_allclose(round_ticks(low, high, 3), ticks)


def test_a_layer_swaps_its_pictures():
    import bqplot

    layer = ImageLayer({"x": bqplot.LinearScale(), "y": bqplot.LinearScale()})
    first = layer.mark.image
    layer.show(rgba_png(np.full((1, 1, 4), 7, np.uint8)), (1.0, 3.0), (2.0, 8.0))
    assert layer.mark.image is not first  # bqplot hears of another widget only
    np.testing.assert_array_equal(shown(layer), [[[7, 7, 7, 7]]])
    np.testing.assert_array_equal(layer.mark.x, [1, 3])
    np.testing.assert_array_equal(layer.mark.y, [8, 2])  # top last: bqplot counts from the bottom
    layer.clear()
    assert shown(layer)[0, 0, 3] == 0


@pytest.fixture
def clicks():
    return []


def test_tiles_lie_in_the_figure_and_apart(clicks):
    grid = TileGrid(300, 280, clicks.append, axes=True)
    for count in range(1, 9):
        for aspect in ((8, 8), (4, 16), (16, 4)):
            pictures = np.random.default_rng(count).random((count, *aspect))
            axes = [TileAxis("kx", [(0.5, "0")]), TileAxis("ky", [(0.5, "0"), (0.9, "−0.05")])]
            grid.show(pictures, ["t"] * count, np.tile([0, 1], (count, 1)), "viridis", axes)
            left, top, right, bottom = grid.boxes.T
            assert (left >= 16 + 5 * 6 + 5 - 3).all()  # the name, letters of 6 px, the gap
            assert (right <= 296).all()
            assert (top >= 10).all()
            assert (bottom <= 276 - 36).all()
            for one in range(count):
                for other in range(one):
                    assert (
                        right[one] <= left[other]
                        or right[other] <= left[one]
                        or bottom[one] <= top[other]
                        or bottom[other] <= top[one]
                    )


def test_tiles_show_their_pictures(clicks):
    grid = TileGrid(304, 180, clicks.append)
    pictures = np.stack([np.zeros((2, 2)), [[0, 5], [10, 20]]])
    grid.show(pictures, ["a", "b"], np.array([[0, 1], [0, 20]]), "gray")
    canvas = shown(grid.picture)
    left, top, right, bottom = DENSITY * grid.boxes[1]
    tile = canvas[top:bottom, left:right]
    np.testing.assert_array_equal(tile[[2, 2, -2, -2], [2, -2, 2, -2], 0], [0, 63, 127, 254])
    assert (tile[..., 3] == 255).all()
    assert canvas[0, 0, 3] == 0  # between tiles there is nothing
    assert list(grid.titles.text) == ["a", "b"]
    assert grid.frames.colors == list(COMPONENT_COLORS[:2])


def test_a_click_selects_the_tile_under_it(clicks):
    grid = TileGrid(304, 180, clicks.append)
    grid.show(np.zeros((3, 4, 4)), ["", "", ""], np.tile([0, 1], (3, 1)), "gray")
    for box in grid.boxes:
        middle = {"click_x": (box[0] + box[2]) / 2, "click_y": (box[1] + box[3]) / 2}
        grid.take_click(None, {"data": middle})
    grid.take_click(None, {"data": {"click_x": 0, "click_y": 179}})
    assert clicks == [0, 1, 2]
    grid.select(2)
    assert grid.selection.visible
    assert grid.selection.colors == [COMPONENT_COLORS[2]]
    grid.select(None)
    assert not grid.selection.visible
    grid.select(7)
    assert not grid.selection.visible


def test_ticks_stand_where_they_are_said_to(clicks):
    grid = TileGrid(300, 280, clicks.append, axes=True)
    axes = [TileAxis("kx (1/nm)", [(0.25, "−3"), (0.5, "0")]), TileAxis("ky (1/nm)", [(1.0, "9")])]
    grid.show(np.zeros((2, 4, 4)), ["", ""], np.tile([0, 1], (2, 1)), "gray", axes)
    left, _, right, bottom = grid.boxes.T
    np.testing.assert_allclose(
        grid.x_ticks.x, np.unique(np.concatenate([left + (right - left) / 4, (left + right) / 2]))
    )
    assert list(grid.x_ticks.text)[:2] == ["−3", "0"]
    np.testing.assert_allclose(grid.y_ticks.y, np.unique(bottom))
    assert (list(grid.x_name.text), list(grid.y_name.text)) == (["kx (1/nm)"], ["ky (1/nm)"])


@pytest.fixture
def sample(clicks):
    return SampleView(400, lambda y, x: clicks.append((y, x)))


def test_the_sample_keeps_its_proportions(sample):
    sample.set_geometry((100, 300), None, "px")
    x, y = sample.scales["x"], sample.scales["y"]
    assert (x.min, x.max) == (-0.5, 299.5)
    assert y.max - y.min == x.max - x.min
    assert (y.min + y.max) / 2 == 49.5
    assert [axis.label for axis in sample.axes] == ["x (px)", "y (px)"]
    assert not sample.bar.visible


def test_axes_and_scale_bar_in_units(sample, clicks):
    sample.set_geometry((512, 512), 0.028, "nm")
    assert [axis.label for axis in sample.axes] == ["x (nm)", "y (nm)"]
    assert sample.bar.visible
    assert list(sample.bar_label.text) == ["2 nm"]
    assert np.ptp(sample.bar.x) == pytest.approx(2)
    sample.take_click(None, {"data": {"click_x": 2.8, "click_y": 0.56}})
    np.testing.assert_allclose(clicks, [(20, 100)])


def test_the_window_is_drawn_around_its_pixels(sample):
    sample.set_geometry((100, 100), None, "px")
    sample.show_window((10, 20), (8, 16))
    assert (sample.window.x.min(), sample.window.x.max()) == (19.5, 35.5)
    assert (sample.window.y.min(), sample.window.y.max()) == (9.5, 17.5)
    assert sample.window.visible


def test_a_map_lies_where_its_windows_are(sample):
    sample.set_geometry((100, 100), 0.5, "nm")
    overlay = np.zeros((2, 3, 4), np.uint8)
    sample.show_overlay(overlay, (np.array([10.0, 18.0]), np.array([20.0, 30.0, 40.0])), (8, 10))
    np.testing.assert_allclose(sample.overlay.mark.x, [7.5, 22.5])
    np.testing.assert_allclose(sample.overlay.mark.y, [11, 3])


def test_large_images_are_averaged_for_the_screen(sample):
    image = np.tile([[0.0, 1.0]], (4100, 2050))
    sample.set_geometry(image.shape, None, "px")
    sample.show_image(image, 0, 1, "gray")
    picture = shown(sample.base)
    assert picture.shape[:2] == (820, 820)
    assert 100 < picture[..., 0].mean() < 155


def test_the_outline_runs_between_the_labels(sample):
    labels = np.zeros((20, 20), int)
    labels[:, 12:] = 1
    sample.set_geometry(labels.shape, None, "px")
    sample.show_outline(labels)
    drawn = shown(sample.outline)[..., 3] > 0
    np.testing.assert_array_equal(np.flatnonzero(drawn.any(axis=0)), [10, 11, 12])
    sample.show_outline(None)
    assert shown(sample.outline)[..., 3].max() == 0


def test_curve(clicks):
    curve = CountCurve(200, 200, 8, clicks.append)
    curve.show({4: 20, 2: 30}, 2, "error (%)", bound=np.array([40, 25, 20, 10]), advised=4)
    np.testing.assert_allclose(curve.points.x, [2, 4])
    np.testing.assert_allclose(curve.points.y, [30, 20])
    np.testing.assert_allclose(curve.bound.y, [40, 25, 20, 10])
    np.testing.assert_allclose([curve.current.x[0], curve.current.y[0]], [2, 30])
    np.testing.assert_allclose(curve.y_axis.tick_values, [10, 20, 30, 40])
    assert curve.y_axis.label == "error (%)"
    assert curve.y_scale.min < 10 < 40 < curve.y_scale.max
    np.testing.assert_allclose(curve.advised.x, [4, 4])
    assert curve.advised.visible
    curve.show({4: 0.5}, 4, "stability")
    assert not curve.advised.visible
    assert len(curve.bound.x) == 0


def test_a_curve_without_values_yet(clicks):
    curve = CountCurve(200, 200, 8, clicks.append)
    curve.show({}, 3, "stability")
    assert len(curve.points.x) == len(curve.current.x) == 0


def test_mixture():
    bars = MixtureBars(200, 200)
    bars.show(np.array([0.25, 0.75]))
    np.testing.assert_allclose(bars.bars.y, [25, 75])
    assert bars.bars.colors == list(COMPONENT_COLORS[:2])
