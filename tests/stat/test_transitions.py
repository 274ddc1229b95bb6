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
SLOW = np.array([[0.95, 0.05], [0.05, 0.95]])
THREE = np.array([[0.9, 0.1, 0], [0.05, 0.9, 0.05], [0, 0.3, 0.7]])
FOUR = np.array([[0.9, 0.05, 0.03, 0.02], [0.1, 0.8, 0.05, 0.05], [0.02, 0.03, 0.9, 0.05], [0.05, 0.05, 0.1, 0.8]])


def chain(matrix, length, seed):
    rng = np.random.default_rng(seed)
    states = [0]
    for _ in range(length - 1):
        states.append(rng.choice(len(matrix), p=matrix[states[-1]]))
    return np.array(states)


def many_chains(matrix, count, tracks, length):
    """States (count, tracks, length) of chains that begin in their long run."""
    rng = np.random.default_rng(7)
    states = np.empty((count * tracks, length), int)
    states[:, 0] = rng.choice(len(matrix), p=np.linalg.matrix_power(matrix, 1000)[0], size=len(states))
    limits = matrix.cumsum(axis=1)[:, :-1]
    for time in range(1, length):
        states[:, time] = (rng.random(len(states))[:, None] > limits[states[:, time - 1]]).sum(axis=1)
    return states.reshape(count, tracks, length)


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
@given(traces, st.permutations(range(4)), st.integers(1, 5))
def test_probabilities_and_their_intervals(trace, names, lag):
    matrix = count_transitions(trace, n_states=4, lag=lag).matrix()
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
    renamed = count_transitions([names[state] if state >= 0 else -1 for state in trace], n_states=4, lag=lag).matrix()
    order = np.argsort(names)
    np.testing.assert_allclose(renamed.probabilities, matrix.probabilities[np.ix_(order, order)])
    with np.errstate(divide="ignore"):  # as eigenvalues: of 0 rounding leaves something, and its logarithm less
        np.testing.assert_allclose(np.exp(-lag / renamed.timescales), np.exp(-lag / matrix.timescales), atol=1e-4)


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
    inside = []
    for seed in range(150):
        low, high = count_transitions(chain(THREE, 200, seed), n_states=3).matrix().interval()
        inside.append((low <= THREE) & (high >= THREE))
    assert 0.92 <= np.mean(inside) <= 0.99


@pytest.mark.parametrize("lag", [1, 2, 5, 10, 20])
def test_true_probabilities_lie_in_their_intervals_at_any_lag(lag):
    inside = []
    for matrix, tracks, length in (
        (TWO, 30, 60), (THREE, 1, 1000), (SLOW, 5, 300), (FOUR, 100, 25), (FOUR, 1, 600), (SLOW, 60, 40),
    ):  # fmt: skip
        truth, found = np.linalg.matrix_power(matrix, lag), []
        for states in many_chains(matrix, 60, tracks, length):
            low, high = count_transitions(list(states), n_states=len(matrix), lag=lag).matrix().interval()
            found.append(((low <= truth) & (truth <= high))[truth > 0].mean())
        assert np.mean(found) >= 0.89
        inside += found
    assert 0.93 <= np.mean(inside) <= 0.975


def test_transitions_that_do_not_overlap_are_independent():
    states = chain(SLOW, 400, 1)
    for options in ({"lag": 1}, {"lag": 5, "counting": "sampled"}):
        counted = count_transitions(states, **options)
        np.testing.assert_array_equal(counted.effective, counted.counts)
    # of 10 frames that all are one state 8 transitions tell as much as the 4 that do not overlap
    np.testing.assert_allclose(count_transitions(np.zeros(10), lag=2).effective, [[4]])
    # tracks of one transition each, none of which overlaps
    np.testing.assert_array_equal(count_transitions([[0, 1, 1], [0, 0, 0], [0, 1, 0]], lag=2).effective[0], [2, 1])


@settings(deadline=None)
@given(st.lists(traces, max_size=3), st.integers(1, 5), st.data())
def test_inefficiency_is_that_of_a_loop(tracks, lag, data):
    frames = [np.cumsum(data.draw(st.lists(st.integers(1, 3), min_size=len(one), max_size=len(one)))) for one in tracks]
    pairs = [  # track, frame, and the two states
        (number, time, state, dict(zip(times.tolist(), one, strict=True))[time + lag])
        for number, (one, times) in enumerate(zip(tracks, frames, strict=True))
        for time, state in zip(times.tolist(), one, strict=True)
        if state >= 0 and dict(zip(times.tolist(), one, strict=True)).get(time + lag, -1) >= 0
    ]
    expected = np.ones(4)
    for state in {pair[2] for pair in pairs}:
        own = [pair for pair in pairs if pair[2] == state]
        share = np.bincount([pair[3] for pair in own], minlength=4) / len(own)
        deviations = np.eye(4)[[pair[3] for pair in own]] - share
        near = np.array([[a[0] == b[0] and abs(a[1] - b[1]) < lag for b in own] for a in own])
        freedom, most = len(own) ** 2 / near.sum(), min(lag, near.sum() / len(own))
        expected[state] = most
        if np.sum(deviations**2) > 1e-9 and freedom > 2:
            ratio = np.sum(deviations @ deviations.T * near) / np.sum(deviations**2)
            expected[state] = np.clip(ratio * freedom / (freedom - 1) * freedom / (freedom - 2), 1, most)
    found = count_transitions(tracks, frames, n_states=4, lag=lag).inefficiency
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_dwell_times_by_hand():
    # Of 6 frames in state 0 the last is not followed; 5 are, and it was left twice. State 1 once stayed, once was left.
    states = [0, 0, 0, 1, 1, 0, 0, 1, 0]
    for lag in (1, 2, 3, 8, 20):
        assert count_transitions(states, lag=lag).matrix().dwell_times.tolist() == [5 / 2, 3 / 2]
    # The same in two tracks, and with a state that is not known: a gap is no stay.
    assert count_transitions([states[:5], states[4:]], lag=4).matrix().dwell_times.tolist() == [5 / 2, 3 / 2]
    gap = count_transitions([0, 0, 1, 0, 0, -1, 0], [0, 1, 2, 4, 5, 6, 7], n_states=3, lag=2).matrix()
    assert gap.dwell_times.tolist() == [3, np.inf, np.inf]
    # Only every 5th frame was recorded: 0 was seen to stay once, then to be left.
    assert count_transitions([0, 0, 1, 1], [0, 5, 10, 15], lag=5).matrix().dwell_times.tolist() == [10, np.inf]
    assert count_transitions([0, -1, 0, -1, 1], lag=1).matrix().dwell_times.tolist() == [4, np.inf]


def test_dwell_times_are_over_the_most_frequent_gap():
    # Looked at every 5th frame: 2 stays and a leave from 0, a stay in 1. One pair of neighbouring frames more, or one
    # point too many, says nothing of that.
    regular = [0, 0, 0, 1, 1], [0, 5, 10, 15, 20]
    counted = count_transitions([regular[0], [2, 2]], [regular[1], [3, 4]])
    assert (counted.nearest_lag, counted.dwell_times().tolist()) == (5, [15, np.inf, np.inf])
    # of two that are equally frequent the smaller
    assert count_transitions([0, 0, 1], [0, 3, 5]).nearest_lag == 2
    assert count_transitions([0]).nearest_lag == 1


@pytest.mark.parametrize("states", [[], [[]], [[], []], [-1, -1]])
def test_of_no_states_everything_is_empty(states):
    matrix = count_transitions(states).matrix()
    low, high = matrix.interval()
    assert low.shape == high.shape == matrix.probabilities.shape == (0, 0)
    assert matrix.stationary.shape == matrix.dwell_times.shape == matrix.known.shape == matrix.timescales.shape == (0,)


@pytest.mark.parametrize("lag", [1, 5, 10, 20])
def test_dwell_times_are_true_at_any_lag(lag):
    twenty = np.array([[0.95, 0.05], [0.1, 0.9]])
    (states,) = many_chains(twenty, 1, 400, 100)
    found = count_transitions(list(states), lag=lag).matrix().dwell_times
    np.testing.assert_allclose(found, [20, 10], rtol=0.06)
    # also where every 7th frame is missing
    kept = np.arange(100) % 7 > 0
    frames = [np.flatnonzero(kept)] * len(states)
    found = count_transitions(list(states[:, kept]), frames, lag=lag).matrix().dwell_times
    np.testing.assert_allclose(found, [20, 10], rtol=0.06)


def test_a_state_that_was_never_seen_has_no_timescale():
    states = chain(THREE, 8000, 3)  # fewer leave it in doubt whether there is a second one at a lag of 5
    expected = implied_timescales(states, [1, 5])
    np.testing.assert_allclose(implied_timescales(states, [1, 5], n_states=5), np.pad(expected, ((0, 0), (0, 2))))
    skipping = np.array([0, 2, 4])[states]  # 1 and 3 are never there
    np.testing.assert_allclose(implied_timescales(skipping, [1, 5]), np.pad(expected, ((0, 0), (0, 2))))
    # seen, but left for ever, or never left: as far as is known the chain falls apart
    assert np.isinf(implied_timescales([[0, 0], [1, 1]], [1], n_states=3)).tolist() == [[True, False]]
    assert implied_timescales([-1, -1], [1, 3], n_states=2).tolist() == [[0], [0]]


def test_frames_may_be_negative():
    np.testing.assert_array_equal(count_transitions([0, 1, 0], [-3, -2, -1]).counts, [[0, 1], [1, 0]])


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
