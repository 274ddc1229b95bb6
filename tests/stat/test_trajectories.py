"""imlocal's trajectories and transitions, as AtomAI documents them."""

import numpy as np
import pytest

from atomstat_widgets.stat import imlocal


@pytest.fixture(scope="module")
def movie():
    """Two atoms that wander and change their brightness between two states; a third comes later; frame 5 is empty."""
    rng = np.random.default_rng(0)
    states = np.array([[0, 0, 1, 1, 0, 0, 0, 1], [1, 1, 1, 1, 0, 0, 0, 0]])
    places = np.array([[20.0, 20.0], [40.0, 44.0]])[:, None] + np.cumsum(rng.normal(0, 0.6, (2, 8, 2)), axis=1)
    y, x = np.mgrid[:64, :64]
    frames = np.zeros((8, 64, 64, 1), np.float32)
    coordinates = {}
    for frame in range(8):
        atoms = [] if frame == 5 else [[*places[k, frame], 1] for k in (0, 1)]
        if frame in (6, 7):
            atoms.append([50.0, 12.0, 1])
        coordinates[frame] = np.array(atoms).reshape(-1, 3)
        for row, column, _ in atoms:
            near = int(np.hypot(row - places[1, frame, 0], column - places[1, frame, 1]) < 5)
            height = 1 + 2 * states[near, frame] if row < 45 or near else 1
            frames[frame, ..., 0] += height * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 8)
    return frames + 0.01 * rng.random(frames.shape, np.float32), coordinates, states, places


@pytest.fixture
def local(movie):
    return imlocal(movie[0], movie[1], window_size=12, coord_class=1)


def test_one_trajectory(movie):
    _, coordinates, _, places = movie
    flow, frames = imlocal.get_trajectory(coordinates, places[0, 0] + 0.5, 6)
    assert frames.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(flow[:, :2], places[0, :5])
    assert flow.shape == (5, 3)
    flow, frames = imlocal.get_trajectory(coordinates, places[0, 0], 6, memory=1)
    assert frames.tolist() == [0, 1, 2, 3, 4, 6, 7]
    for nothing in (imlocal.get_trajectory(coordinates, [1.0, 1.0], 6), imlocal.get_trajectory({}, [1.0, 1.0], 6)):
        assert nothing[0].shape == (0, 3)
        assert len(nothing[1]) == 0


def test_all_trajectories(local, movie):
    found = local.get_all_trajectories(rmax=6)
    assert sorted(found) == ["frames", "trajectories"]
    assert [len(flow) for flow in found["trajectories"]] == [5, 5]
    np.testing.assert_allclose(found["trajectories"][1][:, :2], movie[3][1, :5])
    assert (found["trajectories"][0][:, 2] == 0).all()
    assert [frames.tolist() for frames in found["frames"]] == [[0, 1, 2, 3, 4]] * 2
    assert local.get_all_trajectories(min_length=5, rmax=6)["trajectories"] == []
    bridged = local.get_all_trajectories(rmax=6, memory=1)
    assert [len(flow) for flow in bridged["trajectories"]] == [7, 7]
    everything = local.get_all_trajectories(rmax=6, memory=1, start="any")
    assert [len(flow) for flow in everything["trajectories"]] == [7, 7, 2]


def test_transitions(local, movie):
    states = movie[2]
    found = local.transition_matrix(2, rmax=6, memory=1, sum_all_transitions=True)
    assert sorted(found) == ["all_transitions", "frames", "gmm_components", "trajectories", "transitions"]
    assert found["gmm_components"].shape == (2, 12, 12, 1)
    classes = [flow[:, 2].astype(int) - 1 for flow in found["trajectories"]]
    seen = [0, 1, 2, 3, 4, 6, 7]
    # GMM numbers the larger class first: state 0
    np.testing.assert_array_equal(classes, states[:, seen])
    # by hand, without a step over frame 5: 0-0, 0-1, 1-1, 1-0, and 0-1 of the one; 1-1 thrice, 1-0, 0-0 of the other
    np.testing.assert_allclose(found["transitions"][0], [[1 / 3, 2 / 3], [1 / 2, 1 / 2]])
    np.testing.assert_allclose(found["transitions"][1], [[1, 0], [1 / 4, 3 / 4]])
    np.testing.assert_allclose(found["all_transitions"], [[1 / 2, 1 / 2], [1 / 3, 2 / 3]])


def test_classes_are_renumbered():
    np.testing.assert_array_equal(imlocal.renumerate_classes(np.array([3.0, 1.0, 3.0, 7.0])), [1, 0, 1, 2])


def test_refuses(local, movie):
    with pytest.raises(ValueError, match="start is 'first' or 'any', got 'last'"):
        local.get_all_trajectories(start="last")
    with pytest.raises(ValueError, match="rmax is a positive, finite number"):
        local.get_all_trajectories(rmax=0)
    with pytest.raises(ValueError, match=r"points of frame 0 have shape \(n, 3\) or more columns, got \(2, 2\)"):
        imlocal.get_trajectory({0: movie[1][0][:, :2]}, [1, 1], 3)
