import enum
import json
from collections import OrderedDict, namedtuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from atomstat_widgets.data import samples
from atomstat_widgets.data.code import as_code, plain
from atomstat_widgets.data.source import Source

numbers = st.one_of(st.booleans(), st.integers(), st.floats(), st.none(), st.text(), st.binary(), st.complex_numbers())
scalars = st.one_of(
    *(arrays.from_dtype(np.dtype(kind)) for kind in ["?", "i1", "u8", "f2", "f4", "f8", "c16", "U3"]), numbers
)  # fmt: skip
values = st.recursive(
    st.one_of(scalars, arrays.arrays(st.sampled_from(["?", "i2", "f4", "U2"]), arrays.array_shapes(min_side=0))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner),
        st.tuples(inner, inner),
        st.dictionaries(st.text(), inner, max_size=3),
    ),
    max_leaves=8,
)


def same(one, other):
    """Equal, NaN too, and of the same types."""
    if isinstance(one, list | tuple):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and (repr(one) == repr(other))


@given(values)
def test_code_makes_the_plain_value_without_imports(value):
    assert same(eval(as_code(value), {"__builtins__": {"float": float, "complex": complex}}), plain(value))


@given(scalars)
def test_a_plain_number_is_the_number(value):
    assert np.array_equal(plain(value), value, equal_nan=isinstance(value, float | complex | np.inexact))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (np.float64(0.02), "0.02"),
        (np.float32(0.5), "0.5"),
        (np.longdouble(0.25), "0.25"),
        (np.int64(3), "3"),
        (np.bool_(True), "True"),
        (np.array(7), "7"),
        (np.array([1.5, np.inf]), '[1.5, float("inf")]'),
        ((np.int8(1),), "(1,)"),
        (namedtuple("Pair", "a b")(1, np.nan), '(1, float("nan"))'),
        (Path("some/it's.npy"), '"some/it\'s.npy"'),
        (OrderedDict(a=-np.inf), "{'a': -float(\"inf\")}"),
        (enum.IntEnum("Number", "ONE").ONE, "1"),
        (enum.StrEnum("Word", "ONE").ONE, "'one'"),
        (None, "None"),
    ],
)  # fmt: skip
def test_code_is_as_one_writes_it(value, code):
    assert as_code(value) == code


@pytest.mark.parametrize("value", [object(), {1, 2}, np.random.default_rng(0), [lambda: 0]])
def test_what_has_no_code_is_named(value):
    with pytest.raises(ValueError, match="cannot be written into a script"):
        as_code(value)


def test_a_source_knows_plain_types_only():
    source = samples.grains(shape=np.array([70, 80]), noise=np.float64(0.02), seed=np.int64(2)).source
    assert source.code == "samples.grains(shape=[70, 80], noise=0.02, seed=2)"
    json.dumps(source.arguments)
    again = eval(source.code, {"samples": samples})
    np.testing.assert_array_equal(again.array, samples.grains(shape=(70, 80), noise=0.02, seed=2).array)
    assert Source("calibrated", {"data": source, "pixel_size": np.float32(0.5)}).code == (
        f"calibrated(data={source.code}, pixel_size=0.5)"
    )
