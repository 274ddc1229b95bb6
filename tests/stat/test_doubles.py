import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomstat_widgets.stat.atoms.doubles import join_doubles


def grid(spacing, count=6):
    return spacing * np.indices((count, count)).reshape(2, -1).T.astype(float)


def test_doubles_by_hand():
    points = np.array([[0, 0, 1], [10, 0, 1], [0.3, 0, 2], [10, 10, 1], [10, 0, 1], [0, 10, 1.0]])
    np.testing.assert_array_equal(join_doubles(points), points[[0, 1, 3, 5]])


@pytest.mark.parametrize("spacing", [2.5, 10.0, 60.0])
@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_however_many_are_given_again(spacing, times, share):
    points = grid(spacing)
    again = points[: round(share * len(points))]
    moved = [again + np.array([0, 0.3 * n / times]) for n in range(1, times)]
    np.testing.assert_array_equal(join_doubles(np.concatenate([points, *moved])), points)


@pytest.mark.parametrize("apart", [2.5, 4.0])
def test_close_pairs_are_no_doubles(apart):
    pairs = np.concatenate([grid(15.0), grid(15.0) + np.array([0, apart])])
    np.testing.assert_array_equal(join_doubles(pairs), pairs)
    lone_pairs = np.concatenate([grid(100.0), grid(100.0) + np.array([0, apart])])
    np.testing.assert_array_equal(join_doubles(lone_pairs), lone_pairs)


@pytest.mark.parametrize(("points", "left"), [([], 0), ([[3, 4]], 1), ([[3, 4]] * 5, 1), ([[3, 4], [3, 4.4]], 1)])
def test_few_points(points, left):
    given_points = np.array(points, float).reshape(-1, 2)
    np.testing.assert_array_equal(join_doubles(given_points), given_points[:left])


coordinates = st.floats(-50, 50, allow_nan=False, width=16)


@given(st.lists(st.tuples(coordinates, coordinates), max_size=30))
def test_order_is_kept_and_what_is_joined_is_joined(points):
    points = np.array(points, float).reshape(-1, 2)
    joined = join_doubles(points)
    np.testing.assert_array_equal(join_doubles(joined), joined)
    rest = iter(points.tolist())
    assert all(one in rest for one in joined.tolist())  # each after the one before
    distances = np.linalg.norm(points[:, None] - joined, axis=2)
    assert len(points) == 0 or distances.min(axis=1).max() <= 4  # none is lost: each is near one that is left
    assert (
        len(joined) < 2
        or np.linalg.norm(joined[:, None] - joined, axis=2)[~np.eye(len(joined), dtype=bool)].min() > 0.5
    )


@given(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=20))
def test_points_given_twice_are_as_those_given_once(points):
    points = np.array(points, float)
    np.testing.assert_array_equal(join_doubles(np.concatenate([points, points])), join_doubles(points))
