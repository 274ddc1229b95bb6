"""Views of the trajectories panel: pictures are decoded again, graphs parsed, and clicks come back as numbers."""

import math
import re
import xml.etree.ElementTree as ElementTree
from io import BytesIO
from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib import colormaps
from PIL import Image as Picture

from atomstat_widgets.analyses.trajectories.player import Player
from atomstat_widgets.data import Movie
from atomstat_widgets.views.colors import COMPONENT_COLORS
from atomstat_widgets.views.graph import SMALLEST, TransitionGraph
from atomstat_widgets.views.histogram import Histogram
from atomstat_widgets.views.matrix import MatrixView
from atomstat_widgets.views.points import UNLIT_ALPHA, Trails, points_png
from atomstat_widgets.views.rounding import with_error
from atomstat_widgets.views.sample import SampleView
from atomstat_widgets.views.strip import StateStrip

COLORS = np.array([[10, 20, 30], [200, 100, 0]], np.uint8)
GREY, GROUND = [180, 180, 180], [128, 128, 128]
FIRST, SECOND, THIRD, EIGHTH = [0, 114, 178], [213, 94, 0], [0, 158, 115], [240, 228, 66]


def decoded(png):
    return np.asarray(Picture.open(BytesIO(png)).convert("RGBA"))


def shown(layer):
    return decoded(layer.mark.image.value)


@pytest.fixture
def clicks():
    return []


@pytest.fixture
def matrix(clicks):
    return MatrixView(172, lambda row, column: clicks.append((row, column)))


def fill(matrix, count):
    values = np.linspace(0, 1, count**2).reshape(count, count)
    texts = [[f"{i}{j}" for j in range(count)] for i in range(count)]
    matrix.show(values, texts, [[f"{text}, explained" for text in row] for row in texts])
    return [cell for row in matrix.cells for cell in row]


def marked(cells):
    return [cell.description for cell in cells if "atomstat-chosen" in cell._dom_classes]


def test_matrix_cells_are_viridis_with_readable_letters(matrix):
    cells = fill(matrix, 4)
    for value, cell in zip(np.linspace(0, 1, 16), cells, strict=True):
        color = np.array([int(part) for part in re.findall(r"\d+", cell.style.button_color)])
        np.testing.assert_allclose(color, 255 * np.array(colormaps["viridis"](value)[:3]), atol=3)
        linear = np.where(color > 10, ((color / 255 + 0.055) / 1.055) ** 2.4, color / 255 / 12.92)
        above = {"#000": 0.0, "#fff": 1.0}[cell.style.text_color]
        low, high = sorted([above, linear @ [0.2126, 0.7152, 0.0722]])
        assert (high + 0.05) / (low + 0.05) >= 4.5  # as WCAG asks for
    assert (cells[0].style.button_color, cells[0].style.text_color) == ("rgb(68,1,84)", "#fff")
    assert cells[-1].style.text_color == "#000"


def test_every_cell_of_the_matrix_tells_its_row_and_column(matrix, clicks):
    cells = fill(matrix, 3)
    for cell in cells:
        cell.click()
        assert cell.tooltip == f"{cell.description}, explained"
    assert [cell.description for cell in cells] == ["00", "01", "02", "10", "11", "12", "20", "21", "22"]
    assert clicks == [(row, column) for row in range(3) for column in range(3)]


def test_matrix_of_another_size_is_built_anew_without_a_mark(matrix, clicks):
    cells = fill(matrix, 3)
    for place, expected in ((None, []), ((0, 1), ["01"]), ((2, 2), ["22"]), (None, []), ((2, 2), ["22"])):
        matrix.choose(place)
        assert marked(cells) == expected
    assert fill(matrix, 3) == cells  # buttons stay while they can: one of them may have the focus
    assert marked(cells) == ["22"]
    for count in (2, 8, 1):
        cells = fill(matrix, count)
        assert marked(cells) == []
        matrix.choose(None)
        header, *rows = matrix.figure.children
        assert [len(row.children) for row in (header, *rows)] == [count + 1] * (count + 1)
        assert 26 + count * int(cells[0].layout.width.removesuffix("px")) <= 172
        for number, names in enumerate(zip(header.children[1:], (row.children[0] for row in rows), strict=True)):
            assert all(f'{COMPONENT_COLORS[number]}">■</b> {number + 1}<' in name.value for name in names)
        cells[-1].click()
        assert clicks.pop() == (count - 1, count - 1)
        matrix.choose((count - 1, 0))
        assert marked(cells) == [f"{count - 1}0"]


@pytest.fixture
def strip(clicks):
    return StateStrip(500, 190, lambda row, time: clicks.append((row, time)))


def limits(view):
    return [(view.scales[name].min, view.scales[name].max) for name in "xy"]


def test_strip_has_a_row_for_each_atom_and_a_column_for_each_time(strip):
    strip.show(np.array([[0, 1, -1], [-2, 7, 2]]), 5)
    np.testing.assert_array_equal(shown(strip.picture)[..., :3], [[FIRST, SECOND, GREY], [GROUND, EIGHTH, THIRD]])
    np.testing.assert_array_equal(shown(strip.picture)[..., 3], [[255, 255, 255], [30, 255, 255]])
    assert limits(strip) == [(4.5, 7.5), (0.5, 2.5)]
    assert strip.scales["y"].reverse
    assert [list(strip.picture.mark.x), list(strip.picture.mark.y)] == [[4.5, 7.5], [2.5, 0.5]]
    strip.show_time(6)
    assert [list(strip.cursor.x), list(strip.cursor.y)] == [[6, 6], [0.5, 2.5]]
    assert not strip.frame.visible
    strip.choose(1)
    assert strip.frame.visible
    assert [*strip.frame.x, *strip.frame.y] == [4.5, 7.5, 7.5, 4.5, 4.5, 1.5, 1.5, 2.5, 2.5, 1.5]
    strip.choose(None)
    assert not strip.frame.visible


def click(strip, x, y):
    strip.take_click(None, {"data": {"click_x": x, "click_y": y}})


def test_strip_tells_row_and_time_of_a_click(strip, clicks):
    strip.show(np.zeros((2, 3), int), 5)
    for x, y in ((6, 1), (5.4, 2.4), (6.6, 0.6), (4.6, 1.6), (7.4, 2.0)):
        click(strip, x, y)
    assert clicks == [(0, 6), (1, 5), (0, 7), (1, 5), (1, 7)]
    for y in (0.3, -1, 2.6, 9):
        click(strip, 6, y)
    assert len(clicks) == 5


def test_strip_tells_no_time_that_it_does_not_show(strip, clicks):
    strip.show(np.zeros((2, 4), int), 0)
    click(strip, 3.5, 1)
    assert clicks in ([(0, 3)], [])


def test_strip_without_tracks_or_of_one_time(strip, clicks):
    strip.show(np.zeros((0, 4), int), 2)
    np.testing.assert_array_equal(shown(strip.picture)[..., :3], [[GROUND] * 4])
    assert limits(strip) == [(1.5, 5.5), (0.5, 1.5)]
    click(strip, 3, 1)
    assert clicks == []
    strip.show(np.array([[1], [0]]), 9)
    np.testing.assert_array_equal(shown(strip.picture)[..., :3], [[SECOND], [FIRST]])
    assert limits(strip) == [(8.5, 9.5), (0.5, 2.5)]
    np.testing.assert_array_equal(strip.axes[0].tick_values, [9])
    click(strip, 9.3, 2)
    assert clicks == [(1, 9)]


@pytest.mark.parametrize(("rows", "times"), [(1, 6), (3, 40), (120, 1000), (2, 2), (2, 5)])
def test_strip_has_whole_ticks_within(strip, rows, times):
    strip.show(np.zeros((rows, times), int), 17)
    for axis, low, high in zip(strip.axes, (17, 1), (16 + times, rows), strict=True):
        ticks = np.asarray(axis.tick_values)
        np.testing.assert_array_equal(ticks, np.rint(ticks))
        assert 1 <= len(ticks) <= 15
        assert low <= ticks.min() <= ticks.max() <= high


WIDTH, HEIGHT = 118, 172


def graph(probabilities, shares=None):
    count = len(probabilities)
    view = TransitionGraph(WIDTH, HEIGHT)
    shares = np.full(count, 1 / count) if shares is None else np.array(shares)
    view.show(np.array(probabilities), shares, [f"state {n + 1} remark" for n in range(count)])
    root = ElementTree.fromstring(view.value)  # valid XML
    circles = [tuple(float(circle.get(name)) for name in ("cx", "cy", "r")) for circle in root.iter("circle")]
    return root, circles, [path for path in root.iter("path") if path.get("stroke")]


def numbers(path):
    return np.array([float(part) for part in re.findall(r"-?\d+\.\d", path.get("d"))]).reshape(-1, 2)


def test_graph_has_an_arrow_for_each_transition_that_is_not_too_rare():
    probabilities = np.array([[0.9, SMALLEST, 0.0], [0.3, 0.5, SMALLEST - 1e-6], [0.0, 1.0, 0.0]])
    root, circles, arrows = graph(probabilities)
    assert len(circles) == 3
    assert [arrow.find("title").text for arrow in arrows] == ["0.005", "0.300", "1.000"]
    assert [circle.find("title").text for circle in root.iter("circle")] == [f"state {n} remark" for n in (1, 2, 3)]
    assert [circle.get("fill") for circle in root.iter("circle")] == list(COMPONENT_COLORS[:3])
    assert root.get("aria-label") == "Transition graph"
    assert [text.text for text in root.iter("text")] == ["0.01", "0.30", "1.00", "1", "2", "3"]


def test_graph_arrows_are_the_thicker_the_likelier():
    likelier = [0.2, 0.35, 0.5, 0.65, 0.8, 1.0]
    arrows = graph([[0, *likelier[:2]], [likelier[2], 0, likelier[3]], [*likelier[4:], 0]])[2]
    widths = [float(arrow.get("stroke-width")) for arrow in arrows]
    assert all(thinner < thicker for thinner, thicker in pairwise(widths))
    assert widths[-1] == 7


def test_graph_arrows_end_at_their_states_and_discs_are_as_large_as_these_are_often():
    root, circles, _ = graph([[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], [0.2, 0.5, 0.3])
    head = next(path for path in root.iter("path") if not path.get("stroke"))
    x, y, radius = circles[1]
    assert math.dist(numbers(head)[0], (x, y)) == pytest.approx(radius + 1, abs=0.2)
    assert circles[0][2] < circles[2][2] < radius
    assert min(radius for *_, radius in graph(np.eye(3), [0.0, 0.0, 0.0])[1]) > 5


@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.parametrize("alike", [True, False])
def test_graph_stays_inside_of_its_figure(count, alike):
    shares = np.full(count, 1 / count) if alike else np.eye(count)[-1]
    root, circles, arrows = graph(np.ones((count, count)), shares)
    assert len(circles) == count
    assert len(arrows) == count * (count - 1)
    corners = [(x + side * r, y + side * r) for x, y, r in circles for side in (-1, 1)]
    corners += [tuple(place) for path in root.iter("path") for place in numbers(path)]
    for text in root.iter("text"):  # about as wide as letters of 11 px are
        x, y, half = float(text.get("x")), float(text.get("y")), 3.5 * len(text.text)
        corners += [(x - half, y - 9), (x + half, y + 2)]
    assert np.min(corners) >= 0
    assert (np.max(corners, axis=0) <= (WIDTH, HEIGHT)).all()


@pytest.mark.parametrize("count", range(1, 9))
def test_graph_discs_lie_apart(count):
    for first, second in combinations(graph(np.ones((count, count)))[1], 2):
        assert math.dist(first[:2], second[:2]) > first[2] + second[2]


def test_rings_leave_the_middle_free():
    pixels = decoded(points_png((20, 30), np.array([[9.0, 12.0]]), np.array([1]), COLORS, radius=5, ring=2))
    assert pixels[9, 12, 3] == 0
    # by hand: distances from 3.3 to 5.3 are in the ring
    np.testing.assert_array_equal(np.flatnonzero(pixels[9, :, 3]), [7, 8, 16, 17])
    np.testing.assert_array_equal(pixels[4, 12], [200, 100, 0, 255])


NONE = np.empty((0, 2)), np.empty(0, int)


def test_trails_are_lines_below_the_points_and_unlit_ones_are_shadows():
    line = Trails(np.array([[[10, 2], [10, 27]]]), np.array([1]), np.array([True]))
    pixels = decoded(points_png((20, 30), *NONE, COLORS, radius=2, opacity=0.6, trails=line))
    np.testing.assert_array_equal(pixels[10, 3:26], [[200, 100, 0, 153]] * 23)
    np.testing.assert_array_equal(np.flatnonzero(pixels[:, 15, 3]), [9, 10, 11])
    point = np.array([[10.0, 15.0]]), np.array([0])
    for ring, expected in ((None, [1, 0, 0, 1]), (1, [1, 1, 0, 1])):
        pixels = decoded(points_png((20, 30), *point, COLORS, radius=4, ring=ring, trails=line))
        np.testing.assert_array_equal(pixels[10, [5, 15, 19, 21], :3], COLORS[expected])
    lines = Trails(np.array([*line.ends, [[2, 15], [17, 15]]]), np.array([0, 1]), np.array([True, False]))
    pixels = decoded(points_png((20, 30), *NONE, COLORS, radius=2, trails=lines))
    np.testing.assert_array_equal(pixels[5, 15], [200, 100, 0, UNLIT_ALPHA])
    np.testing.assert_array_equal(pixels[10, 15], [10, 20, 30, 255])  # though the other one is later


@pytest.fixture
def sample():
    return SampleView(100, lambda y, x: None)


def test_the_sample_draws_rings_and_trails_where_atoms_are(sample):
    sample.set_geometry((100, 200), None, "px")
    line = Trails(np.array([[[10, 20], [10, 60]]]), np.array([1]), np.array([True]))
    sample.show_atoms(np.array([[10.0, 60.0]]), np.array([0]), COLORS, 5.0, None, 1.0, rings=True, trails=line)
    pixels = shown(sample.overlay)  # 4 pixels for one
    np.testing.assert_array_equal(pixels[42, 4 * 40, :3], COLORS[1])
    np.testing.assert_array_equal(pixels[42, 4 * 65, :3], COLORS[0])
    assert pixels[46, 4 * 60 + 2, 3] == 0  # beside the trail, in the ring
    assert not pixels[80:, :, 3].any()
    nothing = Trails(np.empty((0, 2, 2)), np.empty(0, int), np.empty(0, bool))
    sample.show_atoms(*NONE, COLORS, 5.0, None, 1.0, rings=True, trails=nothing)
    assert not shown(sample.overlay)[..., 3].any()


def test_the_sample_shows_dots(sample):
    sample.set_geometry((100, 200), 0.5, "nm")
    sample.show_dots(np.array([[10.0, 20.0], [90.0, 150.0]]), (0, 255, 255), 2.0)
    pixels = shown(sample.outline)
    for y, x in ((10, 20), (90, 150)):
        np.testing.assert_array_equal(pixels[4 * y + 2, 4 * x + 2], [0, 255, 255, 255])
        assert not pixels[4 * y + 16, 4 * x, 3]
    assert (pixels[..., 3] > 0).mean() < 0.01
    np.testing.assert_allclose(sample.outline.mark.x, [-0.25, 99.75])
    sample.show_dots(np.empty((0, 2)), (0, 255, 255), 2.0)
    assert not shown(sample.outline)[..., 3].any()


@pytest.mark.parametrize("pixel", [None, 0.5])
def test_the_sample_looks_at_a_place_or_at_all(sample, pixel):
    scale = pixel or 1.0
    sample.set_geometry((100, 200), pixel, "nm")
    whole = [(-0.5 * scale, 199.5 * scale), (-50.5 * scale, 149.5 * scale)]
    assert limits(sample) == whole
    sample.look_at((30.0, 40.0), 10.0)
    assert limits(sample) == [(30 * scale, 50 * scale), (20 * scale, 40 * scale)]
    sample.look_at(None, 0)
    assert limits(sample) == whole
    sample.show_window((10, 20), (8, 8))
    assert sample.window.visible
    sample.hide_window()
    assert not sample.window.visible


def test_histogram_is_split_in_two_colours():
    histogram = Histogram(200, 200, lambda low, high: None, "steps")
    histogram.show(np.repeat([0.5, 2.5], [10, 5]), (0.0, 3.0), "step (px)", COLORS, split=1.0)
    pixels = shown(histogram.picture)
    heights = (pixels[..., 3] > 0).sum(axis=0)
    np.testing.assert_array_equal(np.flatnonzero(heights), [8, 40])  # of 48 bars for 0 to 3
    assert heights[8] == pytest.approx(2 * heights[40], abs=2)
    np.testing.assert_array_equal(pixels[-1, [8, 40], :3], COLORS)
    assert (histogram.scales["x"].min, histogram.scales["x"].max) == (0, 3)
    assert [axis.label for axis in histogram.axes] == ["step (px)", "steps"]
    assert Histogram(200, 200, lambda low, high: None).axes[1].label == "atoms"
    histogram.show_line(1.0)
    np.testing.assert_array_equal(histogram.line.x, [1, 1])
    np.testing.assert_allclose(histogram.line.y, [0, 10.8])
    assert histogram.line.visible
    histogram.show_line(3.5)
    assert not histogram.line.visible


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        *((9e-4, 4e-5, "(9.0 ± 0.4) · 10⁻⁴"), (12.34, 0.4, "12.3 ± 0.4"), (-1.5, 0.2, "−1.5 ± 0.2")),
        *((-2e-5, 3e-5, "(−2 ± 3) · 10⁻⁵"), (0, 0, "0.00 ± 0.00"), (3.14159, 0, "3.14 ± 0.00")),
        *((5e6, 0, "(5.00 ± 0.00) · 10⁶"), (1234, 56, "1234 ± 56"), (12300, 70, "(1.230 ± 0.007) · 10⁴")),
        *((2e12, 3e11, "(2.0 ± 0.3) · 10¹²"), (0.02, 0.003, "0.020 ± 0.003"), (0, 0.003, "(0 ± 3) · 10⁻³")),
        *((0.1, 0.5, "0.1 ± 0.5"), (0.05, 2000, "0 ± 2000"), (0.97, 0.096, "0.97 ± 0.10")),
        (-1e-4, 0.5, "0.0 ± 0.5"),
    ],
)
def test_numbers_with_their_errors(value, error, text):
    assert with_error(value, error) == text


def film(*numbers):
    return Movie(np.zeros((len(numbers), 4, 4)), numbers=np.array(numbers))


@pytest.fixture
def player():
    player = Player()
    player.take_movie(film(3, 4, 6, 9))
    return player


def test_player_and_slider_are_one_and_know_which_frames_were_recorded(player):
    assert (player.frame, player.slider.value, player.slider.min, player.slider.max) == (3, 3, 3, 9)
    player.frame = 6
    assert player.slider.value == 6
    player.slider.value = 9
    assert player.frame == 9
    for frame, place in enumerate([0, 1, None, 2, None, None, 3], start=3):
        player.frame = frame
        assert player.place == player.place_of(frame) == place


def test_player_takes_any_movie_from_its_first_frame_on(player):
    for numbers in (range(100, 120), (5,), range(4), (1000, 1001), range(900, 1100), (0,), (0, 7), (7,), (8, 9)):
        player.slider.value = player.slider.max
        player.play.value = player.play.max
        player.take_movie(film(*numbers))
        assert (player.frame, player.place) == (numbers[0], 0)
        for widget in (player.slider, player.play):
            assert (widget.min, widget.max, widget.value) == (numbers[0], numbers[-1], numbers[0])


def test_player_clips_frames(player):
    for frame, expected in ((1000, 9), (-4, 3), (10, 9), (2, 3)):
        player.frame = frame
        assert player.frame == player.slider.value == expected


def test_player_clips_frames_at_the_ends_too(player):
    player.frame = 9
    player.frame = 10
    assert player.frame == player.slider.value == 9
