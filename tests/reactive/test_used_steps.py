"""Steps that count as transitions, and what became of the others, by hand."""

import numpy as np
import pytest

from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.trajectories.numbers import trajectories_numbers
from atomstat_widgets.analyses.trajectories.used_steps import UsedSteps, count_steps
from atomstat_widgets.data import Movie, movies
from atomstat_widgets.stat import Tracks, count_transitions


def tracks_of(table):
    """Tracks of the numbers of those that have a point in each frame."""
    ids = [np.array(row, np.intp) for row in table.values()]
    return Tracks(np.array(list(table)), [np.zeros((len(own), 2)) for own in ids], ids, 0)


def counted(table, states=None, **options):
    tracks = tracks_of(table)
    states = np.zeros(sum(map(len, tracks.ids)), int) if states is None else np.array(states)
    movie = Movie(np.ones((len(table), 4, 4)), numbers=tracks.frames)
    nothing = np.empty(0, int)
    given = {"lag": 1, "memory": 1, "min_length": 1, "doubtful": nothing, "skipped": nothing, **options}
    return count_steps(tracks, states, movie, **given)


def test_all_are_used():
    steps = counted({0: [0, 1], 1: [0, 1], 2: [0, 1]})
    assert steps == UsedSteps(4)
    assert (steps.total, steps.words) == (4, "4 of 4 steps used")


def test_missing_frames_short_tracks_and_lost_atoms():
    steps = counted({0: [0, 1, 2], 1: [0, 1, 2], 3: [0, 1], 4: [0, 1], 5: [0], 6: [0, 1]}, min_length=3)
    assert steps == UsedSteps(6, missing=2, lost=1, short=1, min_length=3)
    assert steps.words == (
        "6 of 10 steps used: 2 across missing frames, 1 across frames without the atom, 1 in a track of two frames"
    )


def test_a_gap_that_no_track_survives():
    assert counted({0: [0, 1], 5: [2, 3], 6: [2, 3]}) == UsedSteps(2, missing=2)


def test_a_frame_that_cannot_be_used_is_missing():
    table = {0: [0, 1], 1: [0, 1], 2: [], 3: [0, 1]}
    assert counted(table, skipped=np.array([2])) == UsedSteps(2, missing=2)
    assert counted(table) == UsedSteps(2, lost=2)


def test_a_doubtful_frame():
    steps = counted({0: [0, 1], 1: [0, 1], 2: [2, 3], 3: [2, 3]}, doubtful=np.array([2]))
    assert steps == UsedSteps(4, doubtful=2)
    assert steps.words == "4 of 6 steps used: 2 into frames whose drift is in doubt"


def test_states_that_are_not_known():
    steps = counted({0: [0, 1], 1: [0, 1], 2: [0, 1]}, states=[0, 0, 0, -1, 0, 0])
    assert steps == UsedSteps(2, unknown=2)


def test_a_longer_lag():
    table = {0: [0, 1], 1: [0, 1], 2: [0, 1], 4: [0], 5: [0]}
    assert counted(table, lag=2) == UsedSteps(3, missing=1)  # from 1 there is none to 3
    doubtful = {0: [0], 1: [0], 2: [0], 3: [1], 4: [1]}
    assert counted(doubtful, lag=2, doubtful=np.array([3])) == UsedSteps(1, doubtful=2)


def test_no_tracks():
    assert counted({0: [], 1: []}).words == "0 of 0 steps used"


@pytest.mark.parametrize("seed", range(20))
def test_used_are_those_that_are_counted(seed):
    rng = np.random.default_rng(seed)
    numbers = np.sort(rng.choice(30, 20, replace=False))
    present = rng.random((20, 6)) < 0.8
    table = {frame: np.flatnonzero(row).tolist() for frame, row in zip(numbers.tolist(), present, strict=True)}
    tracks = tracks_of(table)
    states = rng.integers(-1, 3, sum(map(len, tracks.ids)))
    lag, least = int(rng.integers(1, 4)), int(rng.integers(1, 18))
    steps = counted(table, states, lag=lag, min_length=least, memory=int(rng.integers(0, 3)))
    long = tracks.at_least(least)
    chains = [(states[long.members(number)], long.track(number)[0]) for number in range(len(long))]
    counts = count_transitions([one for one, _ in chains], [one for _, one in chains], n_states=3, lag=lag)
    assert steps.used == counts.counts.sum()
    if lag == 1:  # each step is one of these, or lost where no track goes on
        across_gaps = steps.total - sum(np.maximum(tracks.lengths - 1, 0))
        assert 0 <= across_gaps <= steps.missing


def test_beside_the_matrix_and_in_files():
    model = TrajectoriesModel(movies.hopping_dopants(frames=12), advise=False)
    steps = model.result.used_steps
    assert steps.used == model.result.matrix.counts.sum() > 0
    assert steps.missing > 0
    assert trajectories_numbers(model.result).provenance["steps"] == steps.words
    model.min_length = 99
    assert model.result.used_steps.used == 0
    assert f"{model.result.used_steps.short} in tracks of fewer than 99 frames" in model.result.used_steps.words
