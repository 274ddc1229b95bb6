"""States that are not certain: drawn by hand-made cases, against all ways there are, and what it does to counts."""

import itertools

import numpy as np
import pytest
from test_transitions import TWO, many_chains

from atomstat_widgets.stat import count_transitions, draw_states
from atomstat_widgets.stat.tracks import uncertain


def test_what_is_certain_stays():
    (states,) = draw_states(np.eye(3)[[0, 0, 1, 2]], draws=7)
    np.testing.assert_array_equal(states, [[0, 0, 1, 2]] * 7)
    assert draw_states([]) == []
    first, second = draw_states([np.empty((0, 2)), [[np.nan, np.nan], [0, 1]]], draws=3)
    assert first.shape == (3, 0)
    np.testing.assert_array_equal(second, [[-1, 1]] * 3)


def test_a_given_matrix_is_followed_exactly():
    """Of a short track every way is possible: how often each is drawn is how probable it is."""
    rng = np.random.default_rng(3)
    evidence, shares = rng.random((4, 2)), np.array([0.6, 0.4])
    probable = {}
    for way in itertools.product(range(2), repeat=4):
        steps = np.prod([TWO[a, b] for a, b in itertools.pairwise(way)])
        probable[way] = shares[way[0]] * steps * np.prod(evidence[range(4), way])
    total = sum(probable.values())
    chains = 40_000
    states = np.zeros((chains, 4), np.intp)
    runs = uncertain._runs_of(np.ones(4, bool), np.array([True, True, True, False]))
    uncertain._redraw(states, np.repeat(TWO[None], chains, axis=0), shares, evidence, runs, rng)
    for way, weight in probable.items():
        assert np.mean((states == way).all(axis=1)) == pytest.approx(weight / total, abs=0.01)


def test_points_before_and_after_are_heeded():
    rng, chains = np.random.default_rng(4), 40_000
    states = np.tile([0, 1, 1, 0, 1], (chains, 1))
    linked = np.array([True, True, True, False, False])  # the last is of another track
    runs = uncertain._runs_of(np.array([False, True, False, True, True]), linked)
    assert (runs.before.tolist(), runs.after.tolist()) == ([0, 2, -1], [2, -1, -1])
    uncertain._redraw(states, np.repeat(TWO[None], chains, axis=0), np.array([0.7, 0.3]), np.ones((5, 2)), runs, rng)
    between = TWO[0] * TWO[:, 1]
    np.testing.assert_allclose(
        np.mean(states == 1, axis=0), [0, between[1] / between.sum(), 1, TWO[1, 1], 0.3], atol=0.01
    )


def test_gaps_do_not_tell_of_each_other():
    sure, other, open_ = [1 - 1e-9, 1e-9], [1e-9, 1 - 1e-9], [0.5, 0.5]
    table, rest = [sure] * 20 + [open_] + [sure] * 20, [other] * 40
    together = draw_states([table, rest])[0][:, 20]
    apart = draw_states([table, rest], [[*range(20), 50, *range(100, 120)], range(40)])[0][:, 20]
    assert np.mean(together == 0) > 0.9
    # by itself it is what its posterior says
    assert 0.3 < np.mean(apart == 0) < 0.7


def posteriors_of(states, matrix, apart, rng):
    """Those of points that a number with noise tells of."""
    seen = apart * states + rng.standard_normal(states.shape)
    shares = np.linalg.matrix_power(matrix, 1000)[0]
    weights = shares * np.exp(-((seen[..., None] - apart * np.arange(len(matrix))) ** 2) / 2)
    return weights / weights.sum(axis=-1, keepdims=True)


def test_mistaken_labels_do_not_leave_the_intervals():
    rng, alone, drawn, dwell = np.random.default_rng(5), [], [], []
    for states in many_chains(TWO, 12, 20, 25):
        posteriors = posteriors_of(states, TWO, 3.0, rng)
        labels = list(posteriors.argmax(axis=-1))
        others = draw_states(list(posteriors))
        for lag in (1, 4):
            truth = np.linalg.matrix_power(TWO, lag)
            low, high = count_transitions(labels, lag=lag).matrix().interval()
            alone += [(low <= truth) & (truth <= high)] if lag == 1 else []
            matrix = count_transitions(labels, lag=lag, drawn=others).matrix()
            low, high = matrix.interval()
            drawn.append((low <= truth) & (truth <= high))
            low, high = matrix.dwell_interval()
            dwell.append((low <= [5, 1 / 0.35]) & (high >= [5, 1 / 0.35]))
    assert np.mean(drawn) >= 0.85  # 24 matrices, 0.95 but for 2 standard errors
    assert np.mean(dwell) >= 0.85
    assert np.mean(alone) < 0.8


def test_certain_states_change_nothing():
    states = list(many_chains(TWO, 1, 3, 60)[0])
    plain = count_transitions(states, lag=2)
    drawn = count_transitions(states, lag=2, drawn=draw_states([np.eye(2)[track] for track in states], draws=4))
    np.testing.assert_array_equal(drawn.expected, plain.counts)
    np.testing.assert_allclose(drawn.effective, plain.effective)
    np.testing.assert_allclose(drawn.matrix().interval(), plain.matrix().interval(), atol=1e-12)
    np.testing.assert_allclose(drawn.matrix().dwell_interval(), plain.matrix().dwell_interval(), rtol=1e-9)


def test_draws_are_counted_by_hand():
    counted = count_transitions([0, -1, 0, 1], drawn=[np.array([[0, -1, 0, 1], [0, -1, 1, 1]])])
    np.testing.assert_array_equal(counted.drawn, [[[0, 1], [0, 0]], [[0, 0], [0, 1]]])
    np.testing.assert_array_equal(counted.expected, [[0, 0.5], [0, 0.5]])
    np.testing.assert_array_equal(counted.matrix().probabilities, [[0, 1], [0, 1]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw_states([[[0.5, 0.6]]]), "posteriors of track 0 add up to 1 at each point, and at point 0 to 1.1"),
        (lambda: draw_states([[[0.5, 0.5]], [[1.0]]]), r"of the same states in all tracks, got \[1, 2\]"),
        (lambda: draw_states([[1.5, -0.5]]), "must not be below 0"),
        (lambda: draw_states([[0.5, 0.5]], [0, 1]), "each track has as many frames as posteriors"),
        (lambda: draw_states([[0.5, 0.5]], draws=0), "draws is"),
        (lambda: count_transitions([0, 1], drawn=[[[0, 1]], [[0, 1]]]), "got those of 2 for 1 tracks"),
        (
            lambda: count_transitions([0, 1], drawn=[[[0, 1, 1]]]),
            r"are whole numbers \(1, 2\), got int64 of shape \(1, 3\)",
        ),
        (lambda: count_transitions([0, 1], drawn=[[[0, -1]]]), "are from 0 to 1 where there is a state, got -1"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()
