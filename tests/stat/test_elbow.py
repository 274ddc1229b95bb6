import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from atomstat_widgets.stat.matrices._elbow import elbow, largest_stable, lowest, most_stable

curves = st.lists(st.integers(-1000, 1000), min_size=1, max_size=10)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([10, 4, 1, 0.5, 0], 3),  # the line between the ends passes 5 there, 4 above; 3.5 above at 2
        ([0, 6, 9, 9.5, 10], 3),
        ([8, 0, 0, 0, 0], 2),
        ([16, 5.9, 0], 2),  # 2.1 below the line, a little more than an eighth
        ([1, 0.5, 1 / 3, 1 / 4, 1 / 5], 2),  # 0.3 and 0.267 below the line
        ([0, 5, 2, 8, 10], 2),  # a dent is no elbow, what lies above the line is
        ([9, 3, 3, 0], 2),  # 3 below the line at 2, 0 at 3
        ([8, 2, 0, 2, 4], 3),  # one that turns around before it is back
        ([6, 0, 0, 6, 0], 2),
        ([4, 0, 0, -4], 2),  # 1.33 below the line at 2, 1.33 above it at 3
    ],
)
def test_the_elbow_by_hand(values, expected):
    assert elbow(range(1, len(values) + 1), values) == expected


@pytest.mark.parametrize(
    "values",
    [
        [],
        [5],
        [5, 1],
        [3, 3, 3, 3],
        [8, 6, 4, 2],
        [0.1, 0.2, 0.3, 0.4, 0.5],
        [10, 6.6, 3.3, 0],  # 0.07 below the line: noise
        [8, 3, 0],  # 1 below it, just an eighth
        [10, 9.9, 9, 6, 0],  # bends the other way: nothing is gained by what came first
        [0, 0.1, 1, 4, 10],
        [5, 0, 1, 5],  # a valley between ends of equal value
        [8, 7, 16, 7],  # 0.67 below the line, little of the range that the bump makes
    ],
)
def test_no_elbow(values):
    assert elbow(range(1, len(values) + 1), values) is None


def test_counts_may_leave_gaps():
    # at 4 the line passes 10 - 10 * 3/9, not halfway
    assert elbow([1, 2, 4, 10], [10, 9, 1, 0]) == 4
    assert elbow([1, 8, 9, 10], [10, 3, 2, 0]) is None


@given(st.integers(3, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n - 2))), st.sampled_from([-3.7, 0.2]))
def test_the_corner_of_two_straight_lines(length_and_corner, slope):
    n, corner = length_and_corner
    values = slope * np.minimum(np.arange(n), corner)
    assert elbow(range(1, n + 1), values) == corner + 1


@given(curves, st.integers(-50, 50), st.integers(-1000, 1000))
def test_the_unit_of_the_values_does_not_matter(values, scale, offset):
    assume(scale != 0)
    counts = range(1, len(values) + 1)
    assert elbow(counts, [scale * value + offset for value in values]) == elbow(counts, values)


@given(curves, st.integers(1, 20), st.integers(0, 100))
def test_evenly_renumbered_counts_are_renumbered(values, step, first):
    plain = elbow(range(len(values)), values)
    renumbered = elbow([first + step * count for count in range(len(values))], values)
    assert renumbered == (None if plain is None else first + step * plain)


@given(curves)
def test_the_elbow_lies_between_the_ends_and_beyond_the_line(values):
    found = elbow(range(len(values)), values)
    if found is not None:
        line = values[0] + (values[-1] - values[0]) * found / (len(values) - 1)
        assert 0 < found < len(values) - 1
        assert (values[found] > line) == (values[-1] > values[0])


@pytest.mark.parametrize(
    ("stabilities", "expected"),
    [
        ([1, 1, 0.98, 0.951, 0.949], 4),
        ([1, 0.9, 0.5, 0.86, 0.84], 4),  # less stable in between does not matter
        ([1, 0.7, 0.81, 0.2], 3),
        ([1, 0.79, 0.5], None),
        ([1], None),
        ([], None),
    ],
)
def test_the_largest_stable_count_by_hand(stabilities, expected):
    assert largest_stable(range(1, len(stabilities) + 1), stabilities) == expected


def test_counts_need_not_begin_at_1():
    assert largest_stable([3, 5, 7], [0.9, 0.95, 0.7]) == 5
    assert lowest([3, 5, 7], [2.0, -1.0, 0.0]) == 5


@given(st.lists(st.floats(0, 1), max_size=8))
def test_the_advised_count_is_stable_and_no_larger_one_is(stabilities):
    counts = range(1, len(stabilities) + 1)
    advised = largest_stable(counts, stabilities)
    best = max(stabilities[1:], default=0)
    if advised is None:
        assert best < 0.8
    else:
        assert best >= 0.8
        assert advised > 1
        assert stabilities[advised - 1] >= best - 0.05
        assert all(stability < best - 0.05 for stability in stabilities[advised:])


@pytest.mark.parametrize(
    ("stabilities", "expected"),
    [
        ([1, 0.81, 0.99, 0.97], 3),
        ([1, 0.99, 0.995, 0.5], 2),  # within 0.01 of the best
        ([1, 0.2, 0.3], 3),
        ([1, 0.5, 0.5], 2),
        ([1], None),
        ([], None),
    ],
)
def test_the_most_stable_count_by_hand(stabilities, expected):
    assert most_stable(range(1, len(stabilities) + 1), stabilities) == expected


@pytest.mark.parametrize(("bics", "expected"), [([9, 4, 2, 3, 7], 3), ([5, 2, 2], 2), ([7], 1), ([], None)])
def test_the_lowest_by_hand(bics, expected):
    assert lowest(range(1, len(bics) + 1), bics) == expected


@pytest.mark.parametrize("advice", [elbow, largest_stable, lowest, most_stable])
@pytest.mark.parametrize(
    ("counts", "values", "message"),
    [
        ([1, 2, 3], [1, 0], r"one value for each count, got shapes \(3,\) and \(2,\)"),
        ([[1, 2]], [[1, 0]], r"counts are whole numbers \(n,\), got int64 of shape \(1, 2\)"),
        ([1, 3, 2], [3, 2, 1], r"counts increase, got \[1, 3, 2\]"),
        ([1, 1, 2], [3, 2, 1], "counts increase"),
        ([1, 2, 3], [3, np.nan, -np.inf], "2 of 3 values are NaN or infinite"),
    ],
)
def test_refuses(advice, counts, values, message):
    with pytest.raises(ValueError, match=message):
        advice(counts, values)
