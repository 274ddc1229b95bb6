import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.data.readers.stored import StoredArray

SHAPES = st.one_of(arrays.array_shapes(min_dims=2, max_dims=4, max_side=6))


@given(data=st.data(), shape=SHAPES, start=st.integers(0, 70), dtype=st.sampled_from(["u1", ">i2", "<f4", "?"]))
def test_parts_are_those_of_the_array(tmp_path_factory, data, shape, start, dtype):
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    path = tmp_path_factory.mktemp("stored") / "a"
    path.write_bytes(bytes(start) + array.tobytes())
    stored = StoredArray(path, start, shape, array.dtype)
    assert (len(stored), stored.shape, stored.dtype) == (len(array), shape, array.dtype)
    first = data.draw(st.integers(-len(array), len(array) - 1))
    np.testing.assert_array_equal(stored[first], array[first])
    part = tuple(
        slice(*sorted(data.draw(st.tuples(st.integers(0, side), st.integers(0, side)))), step)
        for side, step in zip(shape, data.draw(st.tuples(*[st.sampled_from([None, 1, 2])] * len(shape))), strict=True)
    )
    np.testing.assert_array_equal(stored[part], array[part])
    np.testing.assert_array_equal(stored[part[0]], array[part[0]])


def test_a_file_that_is_too_short(tmp_path):
    (tmp_path / "a").write_bytes(bytes(99))
    with pytest.raises(ReadError, match="a is truncated: it ends before the last of its 10 frames"):
        StoredArray(tmp_path / "a", 0, (10, 10), np.dtype("u1"))


def test_no_such_place(tmp_path):
    (tmp_path / "a").write_bytes(bytes(100))
    with pytest.raises(IndexError):
        StoredArray(tmp_path / "a", 0, (10, 10), np.dtype("u1"))[10]
