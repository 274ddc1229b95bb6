import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomstat_widgets.stat import WindowGrid, automatic_window


@st.composite
def grids(draw):
    shape = draw(st.tuples(st.integers(4, 90), st.integers(4, 90)))
    window = tuple(draw(st.integers(4, side)) for side in shape)
    step = draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    return WindowGrid(shape, window, step)


@given(grids())
def test_every_window_is_inside_and_no_further_one_would_be(grid):
    corners = grid.corners
    assert len(corners) == grid.count == grid.shape[0] * grid.shape[1]
    assert (corners >= 0).all()
    assert (corners + grid.window <= grid.image_shape).all()
    assert (corners.max(axis=0) + grid.step + grid.window > grid.image_shape).all()
    assert len(np.unique(corners, axis=0)) == grid.count


@given(grids())
def test_centres_are_the_means_of_the_pixels(grid):
    np.testing.assert_allclose(grid.centers, grid.corners + (np.array(grid.window) - 1) / 2)
    y, x = grid.axes
    assert (len(y), len(x)) == grid.shape


@given(grids(), st.floats(-20, 120), st.floats(-20, 120))
def test_nearest_is_the_nearest(grid, y, x):
    distances = np.hypot(*(grid.centers - (y, x)).T)
    assert distances[grid.nearest(y, x)] == pytest.approx(distances.min())


def test_by_hand():
    grid = WindowGrid((10, 20), (4, 8), (3, 6))
    assert grid.shape == (3, 3)
    np.testing.assert_array_equal(grid.corners[[0, 1, 3, 8]], [[0, 0], [0, 6], [3, 0], [6, 12]])
    np.testing.assert_array_equal(grid.centers[0], [1.5, 3.5])
    assert grid.nearest(8.0, 3.0) == 6
    np.testing.assert_array_equal(grid.nearest([0, 9], [19, 0]), [2, 6])


def test_one_number_stands_for_both_directions():
    assert WindowGrid((64, 64), 16, np.int64(4)) == WindowGrid((64, 64), (16, 16), (4, 4))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (((64, 64), 65, 8), ValueError, "larger than the image: 65 rows against 64"),
        (((64, 32), (64, 64), 8), ValueError, "larger than the image: 64 columns against 32"),
        (((64, 64), 3, 8), ValueError, "at least 4 rows, got 3"),
        (((64, 64), 16, 0), ValueError, "step is at least 1 pixel, got 0"),
        (((64, 64), 16, (4, -1)), ValueError, "got -1 columns"),
        (((64, 64), 16.0, 4), TypeError, "window is given in whole pixels, got 16.0"),
        (((64, 64), 16, "4"), TypeError, "step is given in whole pixels"),
        (((64, 64), (16, 16, 16), 4), ValueError, "window is one number or a pair"),
    ],
)
def test_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        WindowGrid(*arguments)


def test_too_few_windows_for_the_components():
    grid = WindowGrid((64, 64), 64, 8)
    grid.require(1)
    with pytest.raises(ValueError, match="2 components need at least 2 windows, and 1 fit the image"):
        grid.require(2)
    with pytest.raises(ValueError, match="n_components is at least 1, got 0"):
        grid.require(0)


@pytest.mark.parametrize(
    ("side", "window"), [(8, 8), (31, 16), (100, 32), (512, 64), (772, 64), (1024, 128), (9000, 128)]
)
def test_automatic_window(side, window):
    assert automatic_window(side) == window
