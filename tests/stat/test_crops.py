import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atomstat_widgets.stat import extract_crops, factorize

IMAGE = np.arange(80.0).reshape(8, 10)


@pytest.mark.parametrize(
    ("window", "at", "corner"), [(3, (4, 5), (3, 4)), (4, (4, 5), (2, 3)), (4, (4.4, 5.6), (2, 4)), (1, (0, 9), (0, 9))]
)
def test_by_hand(window, at, corner):
    crops = extract_crops(IMAGE, [at], window)
    row, column = corner
    assert crops.images.shape == (1, window, window, 1)
    np.testing.assert_array_equal(
        crops.images[0, :, :, 0], IMAGE[row : row + window, column : column + window].astype(np.float32)
    )
    np.testing.assert_array_equal(crops.positions, [at])
    assert (crops.frames.tolist(), crops.left_out) == ([0], 0)
    np.testing.assert_array_equal(crops.matrix[0], crops.images.ravel())


@st.composite
def cases(draw):
    height, width = draw(st.integers(3, 20)), draw(st.integers(3, 20))
    window = draw(st.integers(1, min(height, width)))
    coordinates = st.tuples(st.floats(-3, height + 3), st.floats(-3, width + 3))
    return (height, width), window, draw(st.lists(coordinates, min_size=1, max_size=12))


@settings(deadline=None)
@given(cases())
def test_equals_cutting_one_by_one(case):
    shape, window, positions = case
    image = np.random.default_rng(0).random((1, *shape, 2)).astype(np.float32)
    expected, kept = [], []
    for y, x in positions:
        row, column = int(np.rint(y)) - window // 2, int(np.rint(x)) - window // 2
        piece = image[0, max(row, 0) : max(row + window, 0), max(column, 0) : max(column + window, 0)]
        if row >= 0 and column >= 0 and piece.shape[:2] == (window, window):
            expected.append(piece)
            kept.append((y, x))
    if not expected:
        with pytest.raises(ValueError, match=f"no crop is left of {len(positions)} atoms"):
            extract_crops(image, np.array(positions), window)
        return
    crops = extract_crops(image, np.array(positions), window)
    np.testing.assert_array_equal(crops.images, expected)
    np.testing.assert_array_equal(crops.positions, kept)
    assert crops.left_out == len(positions) - len(kept)


def test_frames_keep_their_numbers_and_order():
    stack = np.stack([np.full((6, 6, 1), frame, float) for frame in range(4)])
    positions = {"3": [[3, 3, 0], [2, 3, 1]], 1: np.array([[3.0, 3, 1]]), 0: np.empty((0, 3))}
    crops = extract_crops(stack, positions, 3)
    assert crops.frames.tolist() == [1, 3, 3]
    np.testing.assert_array_equal(crops.images[:, 0, 0, 0], [1, 3, 3])
    only = extract_crops(stack, positions, 3, atom_class=1)
    assert only.frames.tolist() == [1, 3]
    np.testing.assert_array_equal(only.positions, [[3, 3], [2, 3]])


def test_atoms_without_class_are_of_class_0():
    assert len(extract_crops(IMAGE, [[4, 5]], 3, atom_class=0).images) == 1
    with pytest.raises(ValueError, match="none of 1 atoms is of class"):
        extract_crops(IMAGE, [[4, 5]], 3, atom_class=1)


def test_crops_with_nan_are_left_out_and_counted():
    image = IMAGE.copy()
    image[2, 2] = np.nan
    crops = extract_crops(image, [[3, 3], [5, 7], [0, 0]], 3)
    np.testing.assert_array_equal(crops.positions, [[5, 7]])
    assert crops.left_out == 2


def test_window_follows_the_distance_of_neighbours():
    y, x = np.mgrid[10:60:7, 10:60:7]
    positions = np.stack([y.ravel(), x.ravel()], axis=1)
    assert extract_crops(np.zeros((70, 70)), positions).images.shape[1:3] == (14, 14)
    with pytest.raises(ValueError, match="no frame has two atoms"):
        extract_crops(IMAGE, [[4, 5]])


@pytest.mark.parametrize(
    ("images", "positions", "window", "message"),
    [
        (np.zeros((3, 4, 5)), [[1, 1]], 3, r"\(frames, height, width, channels\), got \(3, 4, 5\)"),
        (np.zeros((0, 5)), [[1, 1]], 3, r"got \(0, 5\)"),
        (IMAGE, [[1, 1]], 9, "between 1 and 8, the image's shorter side, got 9"),
        (IMAGE, [[1, 1]], 0, "got 0"),
        (IMAGE, [1, 1], 3, r"shape \(n, 2\) or \(n, 3\), got \(2,\)"),
        (IMAGE, [[1, 2], [np.nan, 1]], 3, "1 of 2 positions of frame 0 are not finite, the first is number 1"),
        (IMAGE, {"first": [[1, 1]]}, 3, "'first' of the positions is no frame number"),
        (IMAGE, {2: [[1, 1]]}, 3, "frame 2, the images have frames 0 to 0"),
        (np.zeros((2, 5, 5, 1)), [[1, 1]], 3, "for 2 images positions are a mapping"),
    ],
)
def test_refuses(images, positions, window, message):
    with pytest.raises(ValueError, match=message):
        extract_crops(images, positions, window)


OPTIONS = [{}, {"between_pixels": True}, {"recentre": True, "normalize": True, "smooth": 1.0}]


def places(rng, count):
    return {frame: rng.uniform(0, 60, (count, 2)) for frame in (0, 2)}


@pytest.mark.parametrize("options", OPTIONS)
def test_beyond_the_budget_crops_are_cut_on_demand(options):
    rng = np.random.default_rng(0)
    stack, positions = rng.random((3, 60, 60, 2)), places(rng, 200)
    kept = extract_crops(stack, positions, 8, **options)
    crops = extract_crops(stack, positions, 8, memory_budget=kept.matrix.nbytes - 1, **options)
    assert isinstance(kept.matrix, np.ndarray)
    assert not isinstance(crops.matrix, np.ndarray)
    assert crops.matrix.shape == kept.matrix.shape
    assert crops.matrix.nbytes == kept.matrix.nbytes
    assert len(crops) == len(crops.matrix) == len(kept.images)
    np.testing.assert_array_equal(crops.images, kept.images)
    np.testing.assert_array_equal(crops[5:9], kept.images[5:9])
    np.testing.assert_array_equal(crops.matrix[5:9], kept.matrix[5:9])
    at_limit = extract_crops(stack, positions, 8, memory_budget=kept.matrix.nbytes, **options)
    assert isinstance(at_limit.matrix, np.ndarray)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("limit", [1200, 50])  # 50: the way of large matrices
def test_the_factor_of_crops_on_demand_is_that_of_kept_ones(monkeypatch, options, limit):
    monkeypatch.setattr("atomstat_widgets.stat.matrices.factor.GRAM_LIMIT", limit)
    monkeypatch.setattr("atomstat_widgets.stat.matrices.factor.BLOCK_BYTES", 2**14)
    rng = np.random.default_rng(0)
    image = rng.random((60, 60)) + np.add.outer(np.sin(np.arange(60)), np.cos(np.arange(60)))
    positions = rng.uniform(6, 54, (300, 2))
    expected = factorize(extract_crops(image, positions, 10, **options).matrix, 6, center=True)
    found = factorize(extract_crops(image, positions, 10, memory_budget=0, **options).matrix, 6, center=True)
    np.testing.assert_allclose(found.s, expected.s, rtol=1e-5)
    rebuilt = [(factor.u * factor.s) @ factor.vt for factor in (found, expected)]
    np.testing.assert_allclose(*rebuilt, atol=1e-5 * expected.s[0])


def test_the_factor_needs_less_memory_than_the_crops(monkeypatch):
    monkeypatch.setattr("atomstat_widgets.stat.matrices.factor.BLOCK_BYTES", 2**20)
    rng = np.random.default_rng(0)
    image, positions = rng.random((200, 200)), rng.uniform(20, 180, (20_000, 2))
    tracemalloc.start()
    try:
        crops = extract_crops(image, positions, 24, memory_budget=2**20, between_pixels=True, normalize=True)
        factorize(crops.matrix, 4, center=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert crops.matrix.nbytes == 20_000 * 24**2 * 4
    assert peak < crops.matrix.nbytes / 2


def test_infinite_values_are_as_missing():
    image = IMAGE.copy()
    image[2, 2] = np.inf
    assert extract_crops(image, [[3, 3], [5, 7]], 3).left_out == 1
