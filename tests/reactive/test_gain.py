"""States of movies whose frames have a gain and an offset of their own, with all defaults."""

import numpy as np
from scipy.spatial import KDTree

from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.data import Movie
from atomstat_widgets.stat import find_atoms


def states_at(result, positions):
    """State that was found at each true position (frames, atoms), -1 where there is none within 5 pixels."""
    found = []
    for true, points, labels in zip(positions, result.chosen.positions, result.states.labels, strict=True):
        distance, nearest = KDTree(points).query(true)
        found.append(np.where(distance < 5, labels[nearest], -1))
    return np.array(found)


def share_right(labels, states):
    return max(np.mean(labels == states), np.mean(labels == 1 - states))


def test_two_orientations_under_a_gain_that_changes(hard_scenes):
    frames, positions, states = hard_scenes.changing_gain(seed=2)
    result = TrajectoriesModel(Movie(frames, "gain")).result
    assert result.chosen.bright
    assert share_right(states_at(result, positions[:, None])[:, 0], states) >= 0.97


def test_bright_and_dim_atoms_under_drift_and_a_gain_that_changes(hard_scenes):
    frames, positions, states, _ = hard_scenes.drifting_movie(frames=10, side=176, defects=5, drift=0.3, seed=3)
    rng = np.random.default_rng(0)
    gains, offsets = rng.uniform(0.5, 2, (10, 1, 1)), rng.uniform(-1, 1, (10, 1, 1))
    result = TrajectoriesModel(Movie((gains * frames + offsets).astype(np.float32), "gain")).result
    assert share_right(states_at(result, positions), states) >= 0.97
    # crops of variance 1 do not tell these states
    by_crop = TrajectoriesModel(Movie(frames, "gain"), normalize="crop").result
    assert share_right(states_at(by_crop, positions), states) < 0.9


def test_noise_of_a_frame_is_no_finest_scale(hard_scenes):
    frames, _, _ = hard_scenes.changing_gain(seed=2)
    for place in (15, 24, 29):  # in which noise has a little more energy at 0.7 pixels than at the scales around
        assert len(find_atoms(frames[place], spacing=13.4).positions) >= 3
