"""The doors that public functions take their arguments through."""

import dask.array as da
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from atomstat_widgets import stat
from atomstat_widgets.arguments import FLOATING, array_of, number_of, switch_of, whole_array_of, whole_of, word_of
from atomstat_widgets.points import points_of, require_classes

YX = np.array([[1.0, 2], [3, 4], [5, 6]])


def test_columns_are_taken_by_their_names():
    table = pd.DataFrame({"mass": 9.0, "x": YX[:, 1], "class": [0, 1, 1], "y": YX[:, 0]})
    expected = np.column_stack([YX, [0, 1, 1]])
    for given in (table, table.to_records(), table.rename(columns={"x": "Column", "y": "ROW", "class": "label"})):
        np.testing.assert_array_equal(points_of(given, "points"), expected)
    np.testing.assert_array_equal(points_of(table[["x", "y"]], "points"), YX)
    np.testing.assert_array_equal(points_of(pd.DataFrame(YX), "points"), YX)  # numbers are no names


def test_a_table_of_all_frames_says_how_to_part_it():
    table = pd.DataFrame({"x": [2.0, 4, 6], "y": [1.0, 3, 5], "frame": [0, 1, 1]})
    for call in (
        lambda: stat.extract_crops(np.ones((9, 9)), table, 3),
        lambda: stat.nearest_steps(table),
        lambda: stat.link({0: table}, 3),
        lambda: stat.remove_drift(table.to_records(), np.zeros((1, 2))),
    ):
        with pytest.raises((TypeError, ValueError), match=r"part\[\['y', 'x'\]\] for frame, part in table.groupby"):
            call()
    parted = {frame: part[["y", "x"]] for frame, part in table.groupby("frame")}
    np.testing.assert_array_equal(np.concatenate(stat.link(parted, 3).positions), YX)


def test_frame_numbers_are_no_classes():
    many = np.column_stack([np.ones((60, 2)), np.repeat(np.arange(30), 2)])
    with pytest.raises(ValueError, match="looks like frame numbers"):
        require_classes({0: many})
    with pytest.raises(ValueError, match="looks like frame numbers"):
        require_classes({frame: np.full((2, 3), float(frame)) for frame in range(3)})
    with pytest.raises(ValueError, match=r"a class is a whole number, got 0.5 at number 1"):
        require_classes({0: np.array([[1, 1, 0], [2, 2, 0.5]])})
    require_classes({0: many[np.random.default_rng(0).permutation(60)]})  # as many classes, in no order
    require_classes({0: np.zeros((60, 3)), 1: np.ones((2, 3))})
    require_classes({0: many[:40]})  # AtomAI gives atoms class by class


def test_a_mask_is_no_less_than_a_value():
    masked = np.ma.array([1.0, 2, 3], mask=[0, 1, 0])
    for given in (masked, [masked, masked], ([1.0, 2, 3], masked)):
        with pytest.raises(ValueError, match=r"x must not be masked, and 1 of 3 values are: fill them"):
            array_of(given, "x")
    with pytest.raises(ValueError, match=r"fill it first, by dask\.array\.ma\.filled"):
        array_of(da.from_array(masked), "x", stored=True)
    np.testing.assert_array_equal(array_of(np.ma.array([1.0, 2]), "x"), [1, 2])
    assert type(array_of(np.ma.array([1.0, 2]), "x")) is np.ndarray


@pytest.mark.parametrize("take", [lambda x: stat.factorize(x, 2), stat.take_spectra, lambda x: stat.gmm(x, 2)])
@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix, sparse.coo_array])
def test_what_is_sparse_is_no_array(take, kind):
    with pytest.raises(TypeError, match=r"(x|cube).* must not be sparse, got \w+: its method toarray makes it"):
        take(kind(np.eye(6)))


@pytest.mark.parametrize("take", [lambda x: stat.factorize(x[:, :, 0], 2), stat.take_spectra])
def test_a_shape_that_dask_does_not_know_is_to_be_found_out_first(take):
    numbers = np.random.default_rng(0).random((6, 5, 4))
    some = da.from_array(numbers)[da.from_array(numbers[:, 0, 0]) > 0.4]
    with pytest.raises(ValueError, match=r"(x|cube).* must have a known shape, got \(nan, .*compute_chunk_sizes finds"):
        take(some)
    take(some.compute_chunk_sizes())


def test_arrays_keep_what_they_are_and_others_are_converted():
    single = np.ones(3, np.float32)
    assert array_of(single, "x") is single
    assert array_of(single, "x", dtype=FLOATING) is single
    assert array_of([1, 2], "x", dtype=FLOATING).dtype == np.float64
    assert array_of(np.ones(3, ">f4"), "x").dtype == np.dtype("=f4")
    blocks = da.ones((4, 4))
    assert array_of(blocks, "x", "(rows, columns)", stored=True) is blocks
    assert isinstance(array_of(blocks, "x"), np.ndarray)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: array_of([1j], "x"), TypeError, "x must be real, got complex numbers .*: take the magnitude"),
        (
            lambda: array_of(np.ones(2), "x", "(a, b)", "(a, b, c)"),
            ValueError,
            r"x must have shape \(a, b\) or .*got shape \(2,\)",
        ),
        (
            lambda: array_of([[1, np.nan]], "x", finite=True),
            ValueError,
            r"1 of 2 values are NaN or infinite, first \[0, 1\]",
        ),
        (
            lambda: array_of([1, -2, -3], "x", minimum=0),
            ValueError,
            "x must not be below 0: 2 of 3 values are, the lowest -3",
        ),
        (lambda: array_of([1e300], "x", dtype=np.float32), ValueError, "x must fit float32, and holds larger numbers"),
        (lambda: whole_array_of([1, 2.5], "x"), ValueError, r"x are whole numbers \(n,\), got float64"),
        (lambda: whole_array_of([1, 2], "x", maximum=1), ValueError, "x are at most 1, got 2"),
        (lambda: number_of("1", "x"), TypeError, "x is a number, got '1'"),
        (lambda: number_of(np.inf, "x"), ValueError, "x is finite, got inf"),
        (lambda: number_of(3, "x", above=3, maximum=4), ValueError, "x is above 3 and at most 4, got 3"),
        (lambda: whole_of(3.0, "x"), TypeError, "x is a whole number, got 3.0"),
        (lambda: whole_of(0, "x", minimum=1), ValueError, "^x is at least 1, got 0$"),
        (lambda: whole_of(2**60, "x", minimum=1), ValueError, "x is at least 1 and at most 9007199254740992, got"),
        (lambda: word_of("c", "x", ("a", None)), ValueError, "x is 'a' or None, got 'c'"),
        (lambda: switch_of("no", "x"), TypeError, "x is True or False, got 'no'"),
    ],
)
def test_what_is_refused_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
