"""Intervals of what follows from transition counts, by hand, against deeptime, and against chains that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm, logm
from test_transitions import SLOW, THREE, TWO, many_chains

from atomstat_widgets.stat import (
    check_chapman_kolmogorov,
    compare_lags,
    connected_sets,
    count_transitions,
    estimate_rates,
    implied_timescales,
)
from atomstat_widgets.stat.tracks.eigenvalues import decays, stationary_of
from atomstat_widgets.stat.tracks.reversible import reversible_counts

tables = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(1, 50), min_size=k, max_size=k), min_size=k, max_size=k)
)


def inside(ends, truth):
    return (ends[0] <= truth) & (truth <= ends[1])


def test_connected_sets_by_hand():
    counts = [[5, 1, 0, 0], [0, 2, 1, 0], [0, 1, 3, 0], [0, 0, 0, 0]]
    assert [found.tolist() for found in connected_sets(counts)] == [[1, 2], [0], [3]]
    assert connected_sets(np.empty((0, 0))) == []
    with pytest.raises(ValueError, match=r"counts are \(states, states\), got shape \(1, 2\)"):
        connected_sets([[1, 2]])
    with pytest.raises(ValueError, match="must not be below 0"):
        connected_sets([[1, -2], [1, 1]])


@settings(deadline=None)
@given(tables)
def test_shares_are_those_of_the_eigenvector(counts):
    chain = np.array(counts) / np.sum(counts, axis=1, keepdims=True)
    shares = stationary_of(chain)
    np.testing.assert_allclose(shares @ chain, shares, atol=1e-12)
    assert shares.sum() == pytest.approx(1)


def test_small_probabilities_keep_their_digits():
    np.testing.assert_allclose(stationary_of(np.array([[1 - 3e-40, 3e-40], [1e-40, 1.0]])), [0.25, 0.75], rtol=1e-12)


@settings(deadline=None)
@given(tables)
def test_a_reversible_matrix_goes_there_as_often_as_back(counts):
    counts = np.array(counts, float)
    found = reversible_counts(counts)
    np.testing.assert_array_equal(found, found.T)
    chain = found / found.sum(axis=1, keepdims=True)
    # the likelihood is the highest there is: it grows by no small symmetric change
    score = counts / chain - counts.sum(axis=1, keepdims=True)  # derivative by counts, times their row's sum
    rows = found.sum(axis=1)
    gradient = score / rows[:, None] + (score / rows[:, None]).T
    np.testing.assert_allclose(gradient * found, 0, atol=1e-4 * counts.sum())


def test_of_two_states_every_chain_is_reversible():
    counted = count_transitions(many_chains(TWO, 1, 1, 400)[0, 0])
    plain, reversible = counted.matrix(), counted.matrix(reversible=True)
    # nearly: the counts there and back may differ by one
    np.testing.assert_allclose(reversible.probabilities, plain.probabilities, atol=0.003)
    np.testing.assert_allclose(reversible.interval(), plain.interval(), atol=0.02)


def test_a_reversible_matrix_needs_connected_states():
    with pytest.raises(ValueError, match="these do not: 1, 2; 0"):
        count_transitions([0, 1, 2, 1, 2]).matrix(reversible=True)
    # of what was never seen nothing is asked
    assert count_transitions([0, 1, 0], n_states=3).matrix(reversible=True).probabilities[2].tolist() == [0, 0, 0]


def test_counts_and_matrices_of_deeptime():
    estimators = pytest.importorskip("deeptime.markov", reason="deeptime is not installed")
    msm = pytest.importorskip("deeptime.markov.msm")
    tools = pytest.importorskip("deeptime.markov.tools.estimation")
    for matrix, seed in ((THREE, 0), (TWO, 1)):
        tracks = list(many_chains(matrix, 2, 5, 200)[seed].astype(np.int32))
        for lag in (1, 2, 5):
            counted = count_transitions(tracks, lag=lag)
            theirs = estimators.TransitionCountEstimator(lag, "sliding").fit_fetch(tracks)
            np.testing.assert_array_equal(counted.counts, theirs.count_matrix)
            for reversible in (False, True):
                model = msm.MaximumLikelihoodMSM(reversible=reversible, maxerr=1e-12).fit_fetch(theirs)
                own = counted.matrix(reversible=reversible)
                np.testing.assert_allclose(own.probabilities, model.transition_matrix, atol=1e-6)
                np.testing.assert_allclose(own.stationary, model.stationary_distribution, atol=1e-5)
                np.testing.assert_allclose(own.timescales, model.timescales(), rtol=1e-4)
            parts = tools.connected_sets(counted.counts, directed=True)
            assert sorted(map(len, connected_sets(counted.counts))) == sorted(map(len, parts))
        # Its effective counts are those of the mean over a row, as ours: near to each other where data are many.
        effective = estimators.TransitionCountEstimator(5, "effective").fit_fetch(tracks).count_matrix
        ratio = counted.effective.sum(axis=1) / effective.sum(axis=1)
        assert ((ratio > 0.5) & (ratio < 2)).all()


def test_intervals_are_as_wide_as_deeptimes():
    msm = pytest.importorskip("deeptime.markov.msm", reason="deeptime is not installed")
    counted = count_transitions(many_chains(THREE, 1, 1, 1500)[0, 0])
    posterior = msm.BayesianMSM(n_samples=400, reversible=False).fit_fetch(counted.counts.astype(float))
    theirs = [np.quantile([getattr(one, name) for one in posterior.samples], [0.025, 0.975], axis=0)
              for name in ("transition_matrix", "stationary_distribution")]  # fmt: skip
    matrix = counted.matrix()
    for own, (low, high), found in (
        (matrix.interval(), theirs[0], matrix.probabilities),
        (matrix.stationary_interval(), theirs[1], matrix.stationary),
    ):
        wide = (high - low) > 1e-3
        ratio = ((own[1] - own[0]) / np.maximum(high - low, 1e-9))[wide]
        assert ((ratio > 0.75) & (ratio < 1.35)).all()
        assert (found <= own[1]).all()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(-1, 3), max_size=40), st.integers(1, 5))
def test_all_intervals_hold_what_they_are_of(trace, lag):
    matrix = count_transitions(trace, n_states=4, lag=lag).matrix()
    for ends, found in (
        (matrix.interval(), np.where(matrix.known[:, None], matrix.probabilities, 0.5)),
        (matrix.stationary_interval(), matrix.stationary),
        (matrix.dwell_interval(), matrix.dwell_times),
    ):
        assert inside(ends, found).all()
    assert inside(matrix.timescale_interval(), matrix.timescales).all()
    told = matrix.timescales_told()
    np.testing.assert_array_equal(told[~np.isnan(told)], matrix.timescales[~np.isnan(told)])
    rates = estimate_rates(matrix)
    for ends, found in (
        ((rates.low, rates.high), rates.values), ((rates.dwell_low, rates.dwell_high), rates.dwell_times),
    ):  # fmt: skip
        assert (inside(ends, found) | np.isnan(found)).all()
    np.testing.assert_allclose(matrix.draws.sum(axis=2), 1)
    narrow, wide = matrix.stationary_interval(0.5), matrix.stationary_interval(0.99)
    assert (wide[0] <= narrow[0]).all()
    assert (narrow[1] <= wide[1]).all()


def test_draws_are_the_same_every_time():
    first, second = (count_transitions(many_chains(THREE, 1, 2, 100)[0][0], lag=5).matrix().draws for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_draws_have_the_moments_of_a_dirichlet_distribution():
    matrix = count_transitions(many_chains(THREE, 1, 1, 300)[0, 0], n_states=3).matrix()
    weights = matrix.counts + 1 / 3
    mean = weights / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(matrix.draws.mean(axis=0), mean, atol=0.01)
    spread = np.sqrt(mean * (1 - mean) / (weights.sum(axis=1, keepdims=True) + 1))
    np.testing.assert_allclose(matrix.draws.std(axis=0), spread, rtol=0.1)


def test_rows_that_overlap_deviate_together():
    states = many_chains(SLOW, 1, 1, 600)[0, 0]

    def correlation(lag):
        drawn = count_transitions(states, lag=lag).matrix().draws
        return np.corrcoef(drawn[:, 0, 1], drawn[:, 1, 1])[0, 1]

    assert abs(correlation(1)) < 0.1
    assert correlation(20) > 0.15


@pytest.mark.parametrize(("lag", "tracks", "length"), [(10, 1, 500), (5, 25, 30)])
def test_true_shares_dwell_times_and_time_scales_lie_in_their_intervals(lag, tracks, length):
    found = []
    for states in many_chains(SLOW, 40, tracks, length):
        matrix = count_transitions(list(states), n_states=2, lag=lag).matrix()
        found.append([
            inside(matrix.stationary_interval(), 0.5)[0], inside(matrix.dwell_interval(), 20)[0],
            inside(matrix.timescale_interval(), -1 / np.log(0.9))[0],
        ])  # fmt: skip
    assert (np.mean(found, axis=0) >= 0.85).all()  # of 40 chains, 0.95 but for 3 standard errors


def test_dwell_intervals_by_hand():
    # left 2 times in 5 frames: Jeffreys' distribution is Beta(2.5, 3.5), whose quantiles are tabulated
    matrix = count_transitions([0, 0, 0, 1, 1, 0, 0, 1, 0]).matrix()
    low, high = matrix.dwell_interval()
    assert 1 / high[0] == pytest.approx(0.09440, abs=1e-3)
    assert 1 / low[0] == pytest.approx(0.79061, abs=1e-3)
    # a state that was never left may last for ever, and one that was always left is left at once
    low, high = count_transitions([0, 0, 0, 1, 0, 1]).matrix().dwell_interval()
    assert low[1] == 1
    low, high = count_transitions([0, 0, 0]).matrix().dwell_interval()
    assert np.isinf(high[0])
    assert low[0] > 1


def test_rates_of_a_process_in_continuous_time():
    rates = np.array([[-0.05, 0.05, 0], [0.02, -0.06, 0.04], [0, 0.1, -0.1]])
    (states,) = many_chains(expm(rates), 1, 20, 2000)
    for lag in (1, 5, 10):
        matrix = count_transitions(list(states), lag=lag).matrix()
        found = estimate_rates(matrix)
        np.testing.assert_allclose(found.values.sum(axis=1), 0, atol=1e-12)
        assert inside((found.low, found.high), found.values).all()
        assert inside((found.low, found.high), rates).mean() > 0.7
        np.testing.assert_allclose(found.dwell_times, [20, 1 / 0.06, 10], rtol=0.15)
        # over a lag atoms leave and are back: lag / (1 - p) is no dwell time
        wrong = lag / (1 - np.diag(matrix.probabilities))
        assert lag < 10 or (wrong > 1.25 * found.dwell_times).all()


def test_rates_are_the_logarithm_of_the_matrix():
    matrix = count_transitions(many_chains(SLOW, 1, 4, 500)[0][0], lag=3).matrix()
    found = estimate_rates(matrix)
    np.testing.assert_allclose(found.values, logm(matrix.probabilities) / 3, atol=1e-12)
    assert found.doubt == ""


def test_a_lag_that_is_too_long_gives_no_rates_and_no_time_scale():
    states = many_chains(TWO, 1, 1, 400)[0, 0]
    matrix = count_transitions(states, lag=30).matrix()
    found = estimate_rates(matrix)
    assert np.isnan(found.values).all()
    assert np.isnan(found.dwell_times).all()
    assert "30 frames is too long" in found.doubt
    assert np.isnan(matrix.timescales_told()).all()
    assert matrix.timescale_interval()[0] == 0
    assert any("30 frames no time scale" in doubt for doubt in matrix.doubts)
    # longer than the track
    assert count_transitions(states, lag=1000).matrix().doubts == ("No track has two points 1,000 frames apart",)
    by_lag = compare_lags(states, [1, 30, 1000])
    np.testing.assert_array_equal(np.isnan(by_lag.values[:, 0]), [False, True, True])
    assert by_lag.doubts[0] == ""
    assert all(by_lag.doubts[1:])
    assert inside((by_lag.low[0], by_lag.high[0]), -1 / np.log(0.45)).all()
    np.testing.assert_array_equal(implied_timescales(states, [1, 30, 1000]), by_lag.values)
    # Seen to be left from frame to frame, and never over 9: not infinite, but nothing to tell.
    assert np.isnan(implied_timescales([0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1], [9])).all()


def test_nothing_is_drawn_of_very_many_states():
    matrix = count_transitions([0, 30, 0, 30]).matrix()
    with pytest.raises(ValueError, match="matrices of at most 20 states are drawn, and there are 31"):
        matrix.stationary_interval()
    assert matrix.interval()[0].shape == (31, 31)


def test_states_that_are_apart_are_told():
    (doubt,) = count_transitions([[0, 0, 0, 1, 1], [2, 2, 2]]).matrix().doubts[:1]
    assert "apart (1; 2; 3)" in doubt
    assert count_transitions([0, 0, 0, 0, 1, 1, 1, 0, 0, 0] * 5).matrix().doubts == ()


def test_powers_of_a_matrix_predict_what_a_chain_does():
    found = check_chapman_kolmogorov(list(many_chains(THREE, 1, 20, 200)[0]), lag=2, multiples=4)
    assert found.lags.tolist() == [2, 4, 6, 8]
    assert found.agrees.all()
    assert found.doubt == ""
    np.testing.assert_array_equal(found.predicted[0], found.seen[0])
    np.testing.assert_allclose(found.predicted[2], np.linalg.matrix_power(found.predicted[0], 3))
    assert inside((found.predicted_low, found.predicted_high), found.predicted).all()
    assert inside((found.seen_low, found.seen_high), found.seen).all()


def test_powers_do_not_predict_what_remembers_more():
    # a state is always kept for exactly five frames
    found = check_chapman_kolmogorov(np.tile(np.repeat([0, 1], 5), 60), multiples=5)
    assert not found.agrees.all()
    assert found.doubt.startswith("From state 1 to 1 over 3 frames")


def test_predictions_of_deeptime():
    msm = pytest.importorskip("deeptime.markov.msm", reason="deeptime is not installed")
    tracks = list(many_chains(THREE, 1, 3, 300)[0].astype(np.int32))
    own = check_chapman_kolmogorov(tracks, lag=2, multiples=3)
    models = [
        msm.MaximumLikelihoodMSM(reversible=False, allow_disconnected=True).fit_fetch(
            np.asarray(count_transitions(tracks, lag=2 * n).counts, float), lagtime=2 * n
        )
        for n in (1, 2, 3)
    ]
    for n, model in enumerate(models):
        np.testing.assert_allclose(own.seen[n], model.transition_matrix, atol=1e-9)
        np.testing.assert_allclose(own.predicted[n], np.linalg.matrix_power(models[0].transition_matrix, n + 1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: count_transitions([0, 1]).matrix().dwell_interval(2), "the level of an interval is between 0 and 1"),
        (lambda: compare_lags([0, 1], [0]), "lags are at least 1"),
        (lambda: check_chapman_kolmogorov([0, 1], multiples=0), "multiples is at least 1 and at most 100, got 0"),
        (lambda: estimate_rates(count_transitions([0, 1]).matrix(), level=0), "the level of an interval is between"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_rates_are_of_a_matrix():
    with pytest.raises(TypeError, match="matrix is of type TransitionMatrix, got ndarray"):
        estimate_rates(np.eye(2))


def test_eigenvalues_come_by_size():
    assert np.abs(decays(np.array([[0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5]]))) == pytest.approx([0.5, 0.5])
