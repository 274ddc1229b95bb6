import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomstat_widgets.stat import extract_crops, extract_movie_crops, factorize

RNG = np.random.default_rng(0)
STACK = RNG.random((5, 30, 40)).astype(np.float32)
POSITIONS = [RNG.uniform(0, (29, 39), (n, 2)) for n in (12, 0, 1, 30, 7)]


class Reader:
    """Frames one at a time, and which were read."""

    def __init__(self, stack):
        self.stack, self.read = stack, []

    def __call__(self, place):
        self.read.append(place)
        return self.stack[place]


@pytest.mark.parametrize("options", [{}, {"normalize": True}, {"smooth": 1.0}, {"normalize": True, "smooth": 0.7}])
def test_they_are_the_crops_of_the_whole_stack(options):
    read = Reader(STACK)
    crops = extract_movie_crops(read, POSITIONS, 9, **options)
    whole = extract_crops(STACK[..., None], dict(enumerate(POSITIONS)), 9, between_pixels=True, **options)
    np.testing.assert_allclose(crops.matrix, whole.matrix, atol=1e-6)
    np.testing.assert_array_equal(crops.positions, whole.positions)
    np.testing.assert_array_equal(crops.frames, whole.frames)
    np.testing.assert_array_equal(crops.numbers, whole.numbers)
    np.testing.assert_array_equal(crops.positions, np.concatenate(POSITIONS)[crops.numbers])
    assert (crops.shape, crops.left_out) == ((9, 9, 1), whole.left_out)
    assert read.read == [0, 2, 3, 4]  # there is no atom in frame 1


def test_beyond_the_budget_frames_are_read_again_when_rows_are():
    kept = extract_movie_crops(STACK.__getitem__, POSITIONS, 9).matrix
    read = Reader(STACK)
    crops = extract_movie_crops(read, POSITIONS, 9, memory_budget=5 * 81 * 4)
    assert not isinstance(crops.matrix, np.ndarray)
    assert crops.matrix.nbytes == kept.nbytes
    np.testing.assert_array_equal(crops.images[..., 0], kept.reshape(-1, 9, 9))
    read.read.clear()
    np.testing.assert_array_equal(crops.matrix[0:2], kept[0:2])
    assert read.read == [0]
    low, high = (factorize(matrix, 4, center=True) for matrix in (crops.matrix, kept))
    np.testing.assert_allclose(low.s, high.s, rtol=1e-5)


@given(st.slices(30))
def test_any_slice_of_rows(rows):
    crops = extract_movie_crops(STACK.__getitem__, POSITIONS, 9, memory_budget=0)
    kept = extract_movie_crops(STACK.__getitem__, POSITIONS, 9).matrix
    if rows.step is None or rows.step > 0:
        np.testing.assert_array_equal(crops.matrix[rows], kept[rows])


def test_missing_pixels_leave_atoms_out_and_an_empty_rest_is_an_error():
    holed = STACK.copy()
    holed[3, 15, 20] = np.nan
    fewer = extract_movie_crops(holed.__getitem__, POSITIONS, 9)
    assert fewer.left_out > extract_movie_crops(STACK.__getitem__, POSITIONS, 9).left_out
    with pytest.raises(ValueError, match="no crop is left of 50 atoms"):
        extract_movie_crops((STACK * np.nan).__getitem__, POSITIONS, 9)
    with pytest.raises(ValueError, match="the window is between 1 and 30, the image's shorter side, got 31"):
        extract_movie_crops(STACK.__getitem__, POSITIONS, 31)


def test_progress_and_cancelling():
    said = []
    extract_movie_crops(STACK.__getitem__, POSITIONS, 9, progress=said.append)
    assert said == [0.2, 0.6, 0.8, 1.0]
    read = Reader(STACK)

    def stop(fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract_movie_crops(read, POSITIONS, 9, progress=stop)
    assert read.read == [0]
