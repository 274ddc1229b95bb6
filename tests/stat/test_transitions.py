"""Transitions counted by hand, against stored counts of others, and against chains that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atomstat_widgets.stat import (
    calculate_transition_matrix,
    count_transitions,
    implied_timescales,
    sum_transitions,
)

TWO = np.array([[0.8, 0.2], [0.35, 0.65]])


def chain(matrix, length, seed):
    rng = np.random.default_rng(seed)
    states = [0]
    for _ in range(length - 1):
        states.append(rng.choice(len(matrix), p=matrix[states[-1]]))
    return np.array(states)


def test_by_hand():
    counted = count_transitions([0, 0, 1, 0, 2])
    np.testing.assert_array_equal(counted.counts, [[1, 1, 1], [1, 0, 0], [0, 0, 0]])
    matrix = counted.matrix()
    np.testing.assert_allclose(matrix.probabilities, [[1 / 3, 1 / 3, 1 / 3], [1, 0, 0], [0, 0, 0]])
    assert matrix.known.tolist() == [True, True, False]
    np.testing.assert_array_equal(count_transitions([0, 0, 1, 0, 2], lag=2).counts, [[1, 1, 0], [0, 0, 1], [0, 0, 0]])


def test_a_gap_is_never_one_step():
    counted = count_transitions([0, 1, 0, 1], frames=[0, 1, 3, 4])
    np.testing.assert_array_equal(counted.counts, [[0, 2], [0, 0]])
    # but two frames are two frames, whatever lies between
    np.testing.assert_array_equal(count_transitions([0, 1, 0, 1], frames=[0, 1, 3, 4], lag=2).counts, [[0, 0], [1, 0]])


def test_an_unknown_state_counts_for_nothing():
    np.testing.assert_array_equal(count_transitions([0, -1, 0, 0]).counts, [[1]])


def test_tracks_are_counted_apart_and_together():
    counted = count_transitions([[0, 1], [], [1, 1, 0]], n_states=2)
    np.testing.assert_array_equal(counted.per_track, [[[0, 1], [0, 0]], [[0, 0], [0, 0]], [[0, 0], [1, 1]]])
    np.testing.assert_array_equal(counted.counts, [[0, 1], [1, 1]])


def test_sampled_begins_in_every_lagth_frame_of_a_track():
    states, frames = [0, 1, 1, 0, 1, 0], [3, 4, 5, 6, 7, 8]
    np.testing.assert_array_equal(count_transitions(states, frames, lag=2, counting="sampled").counts, [[0, 1], [0, 1]])


traces = st.lists(st.integers(-1, 3), max_size=30)


@settings(deadline=None)
@given(traces, st.integers(1, 4))
def test_counts_are_those_of_a_loop(trace, lag):
    expected = np.zeros((4, 4))
    for first, second in zip(trace, trace[lag:], strict=False):
        if first >= 0 and second >= 0:
            expected[first, second] += 1
    np.testing.assert_array_equal(count_transitions(trace, n_states=4, lag=lag).counts, expected)


@settings(deadline=None)
@given(traces.filter(len), st.data())
def test_a_track_cut_at_a_gap_gives_the_same(trace, data):
    at = data.draw(st.integers(0, len(trace)))
    frames = np.arange(len(trace)) + 5 * (np.arange(len(trace)) >= at)
    whole = count_transitions(trace, frames, n_states=4).counts
    np.testing.assert_array_equal(whole, count_transitions([trace[:at], trace[at:]], n_states=4).counts)


@settings(deadline=None)
@given(traces, st.permutations(range(4)))
def test_probabilities_and_their_intervals(trace, names):
    matrix = count_transitions(trace, n_states=4).matrix()
    np.testing.assert_allclose(matrix.probabilities.sum(axis=1), matrix.known)
    low, high = matrix.interval()
    assert ((low >= 0) & (low <= high) & (high <= 1)).all()
    known = matrix.known
    assert ((low <= matrix.probabilities) & (matrix.probabilities <= high))[known].all()
    np.testing.assert_array_equal(low[~known], 0)
    np.testing.assert_array_equal(high[~known], 1)
    assert matrix.stationary.sum() == pytest.approx(1)
    assert not np.isnan(matrix.dwell_times).any()
    assert not np.isnan(matrix.timescales).any()
    # other names, the same chain
    renamed = count_transitions([names[state] if state >= 0 else -1 for state in trace], n_states=4).matrix()
    order = np.argsort(names)
    np.testing.assert_allclose(renamed.probabilities, matrix.probabilities[np.ix_(order, order)])
    with np.errstate(divide="ignore"):  # as eigenvalues: of 0 rounding leaves something, and its logarithm less
        np.testing.assert_allclose(np.exp(-1 / renamed.timescales), np.exp(-1 / matrix.timescales), atol=1e-4)


def test_what_a_known_chain_does():
    matrix = count_transitions(np.zeros(1)).matrix()
    assert matrix.stationary.tolist() == [1]
    states = chain(TWO, 200_000, 0)
    found = count_transitions(states).matrix()
    np.testing.assert_allclose(found.stationary, [0.35 / 0.55, 0.2 / 0.55], atol=0.01)
    np.testing.assert_allclose(found.dwell_times, [5, 1 / 0.35], rtol=0.02)
    # the second eigenvalue is 0.45, at whatever lag
    expected = -1 / np.log(0.45)
    np.testing.assert_allclose(implied_timescales(states, [1, 2, 3])[:, 0], expected, rtol=0.05)


def test_a_chain_that_falls_apart():
    matrix = count_transitions([[0, 0, 0], [1, 2, 1, 2, 1], [3, 0]]).matrix()
    # 3 is left for ever; 0 is seen 5 times, coming and going, 1 and 2 are seen 8 times, as often as each other
    np.testing.assert_allclose(matrix.stationary, [5 / 13, 4 / 13, 4 / 13, 0], atol=1e-12)
    assert matrix.dwell_times.tolist() == [np.inf, 1, 1, 1]


def test_true_probabilities_lie_in_their_intervals():
    three = np.array([[0.9, 0.1, 0], [0.05, 0.9, 0.05], [0, 0.3, 0.7]])
    inside = []
    for seed in range(150):
        low, high = count_transitions(chain(three, 200, seed), n_states=3).matrix().interval()
        inside.append((low <= three) & (three <= high))
    assert 0.92 <= np.mean(inside) <= 0.99


@pytest.mark.parametrize("lag", [1, 7, 13])
@pytest.mark.parametrize(("counting", "stored"), [("sliding", "sliding"), ("sampled", "lag")])
def test_stored_counts(shared_data, lag, counting, stored):
    folder = shared_data / "markov-reference"
    expected = np.loadtxt(folder / f"C_{lag}_{stored}.dat")
    states = np.loadtxt(folder / "dtraj.dat").astype(int)
    counted = count_transitions(states, n_states=len(expected), lag=lag, counting=counting)
    np.testing.assert_array_equal(counted.counts, expected)


def test_the_double_well_is_inside_its_intervals(shared_data):
    data = np.load(shared_data / "markov-reference" / "double_well_discrete.npz")
    # The trajectory was kept every 10th step of the chain.
    truth = np.linalg.matrix_power(data["P"], 10)
    matrix = count_transitions(data["dtraj"], n_states=100).matrix()
    low, high = matrix.interval()
    inside = (low <= truth) & (truth <= high)
    assert inside.mean() >= 0.95
    assert inside[matrix.counts > 0].mean() >= 0.9


def test_drop_ins():
    np.testing.assert_allclose(calculate_transition_matrix([0, 0, 1, 0]), [[0.5, 0.5], [1, 0]])
    assert calculate_transition_matrix([0, 1]).tolist() == [[0, 1], [0, 0]]
    tracks = [np.array([[5, 5, 1], [5, 6, 1], [5, 5, 2], [5, 5, 1]]), np.array([[9, 9, 2], [9, 9, 2], [9, 9, 2.0]])]
    given = {"trajectories": tracks, "frames": [np.array([0, 1, 2, 3]), np.array([0, 1, 5])]}
    np.testing.assert_allclose(sum_transitions(given, 3), [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 0]])


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([0, 1],), {"lag": 0}, "lag is at least 1, got 0"),
        (([0, 1],), {"counting": "all"}, "counting is 'sliding' or 'sampled', got 'all'"),
        (([0, 1, 2],), {"n_states": 2}, "a state is 2, and there are 2: 0 to 1"),
        (([0, 1], [0]), {}, "each track has as many frames as states"),
        (([[0, 1], [1, 1]], [[0, 1], [4, 4]]), {}, "frames of track 1 do not increase"),
        (([0, 0.5],), {}, r"states of track 0 are whole numbers \(n,\), got float64"),
        (([0, np.nan],), {}, "states of track 0 are whole numbers"),
        (([["a", "b"]],), {}, "states of track 0 are whole numbers"),
        (([[[0, 1], [1, 0]]],), {}, r"of shape \(2, 2\)"),
    ],
)
def test_refuses(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        count_transitions(*arguments, **options)


def test_refuses_a_level_that_is_none():
    with pytest.raises(ValueError, match="the level of an interval is between 0 and 1, got 95"):
        count_transitions([0, 1]).matrix().interval(95)
