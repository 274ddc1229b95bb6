import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from atomstat_widgets.stat import factorize, nmf
from atomstat_widgets.stat.matrices._elbow import largest_stable
from atomstat_widgets.stat.matrices.stability import gmm_stability, nmf_stability

COUNTS = range(1, 7)


def factor_of_parts(count, noise=0.5, rows=900, side=16):
    """Spots in the corners of small images, mixed at random."""
    rng = np.random.default_rng(count)
    y, x = np.mgrid[:side, :side]
    corners = [(4, 4), (4, 12), (12, 4), (12, 12)][:count]
    spots = np.stack([np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 8).ravel() for cy, cx in corners])
    mixed = rng.dirichlet([0.4] * count, rows) * [5, 4.5, 4, 3.5][:count] @ spots
    return factorize(np.maximum(mixed + noise * rng.standard_normal(mixed.shape), 0).astype(np.float32), 20)


def blobs(count, rows=900, columns=5):
    """Balls of points around the corners of a square."""
    rng = np.random.default_rng(count)
    centres = np.zeros((count, columns))
    centres[:, :2] = [(0, 0), (0, 8), (8, 0), (9, 9)][:count]
    return centres[rng.integers(count, size=rows)] + rng.standard_normal((rows, columns))


@pytest.mark.parametrize("true", [3, 4])
def test_the_true_number_of_parts_is_stable(true):
    low_rank = factor_of_parts(true)
    curve = [nmf_stability(low_rank, count) for count in COUNTS]
    assert curve[0] == 1
    assert curve[true - 1] > 0.99
    assert max(curve[true:]) < 0.95
    assert curve[true + 1] < 0.85
    assert largest_stable(COUNTS, curve) == true


@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("true", [3, 4])
def test_the_true_number_of_classes_is_stable(true, covariance):
    x = blobs(true)
    curve = [gmm_stability(x, count, covariance=covariance) for count in COUNTS]
    assert curve[0] == 1
    assert curve[true - 1] > 0.98
    assert max(curve[true:]) < 0.95
    assert curve[true + 1] < 0.85
    assert largest_stable(COUNTS, curve) == true


def test_noise_has_no_stable_parts():
    rng = np.random.default_rng(0)
    low_rank = factorize(np.maximum(1 + 0.3 * rng.standard_normal((900, 256)), 0), 20)
    assert max(nmf_stability(low_rank, count) for count in COUNTS[1:]) < 0.25


def test_a_single_ball_has_no_stable_classes():
    assert max(gmm_stability(blobs(1), count) for count in COUNTS[1:]) < 0.5


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_agreement_of_two_halves_of_the_data(seed):
    x = np.random.default_rng(seed).random((6, 4))
    possible = []
    for others in itertools.combinations(range(1, 6), 2):
        rows = [0, *others]
        halves = [nmf(factorize(half, 3), 2, max_iter=100).components for half in (x[rows], np.delete(x, rows, axis=0))]
        largest = np.maximum(np.corrcoef(*halves)[:2, 2:], 0)
        possible.append((largest.max(axis=0).sum() + largest.max(axis=1).sum()) / 4)
    found = nmf_stability(factorize(x, 4), 2, repeats=1, seed=seed)
    assert np.abs(np.subtract(possible, found)).min() < 1e-6


def test_the_shape_of_the_gaussians_matters():
    x = blobs(3)
    assert len({gmm_stability(x, 5, covariance=shape) for shape in ("full", "tied", "diag", "spherical")}) == 4


def test_chance_agreement_of_classes_is_zero():
    # Labels of unrelated halves of pure noise agree by chance: by Rand's unadjusted index, 0.5 for two classes.
    x = np.random.default_rng(0).standard_normal((60, 20))
    assert gmm_stability(x, 2, covariance="spherical", repeats=10) < 0.2


def test_weights_are_those_of_repeated_columns():
    x = np.random.default_rng(0).random((40, 12))
    weights = np.ones(12)
    weights[3], weights[7] = 2, 0
    repeated = np.concatenate([np.delete(x, 7, axis=1), x[:, [3]]], axis=1)
    weighted = nmf_stability(factorize(x, 12, weights=weights), 2)
    assert 0.05 < weighted < 0.95
    assert weighted == pytest.approx(nmf_stability(factorize(repeated, 12), 2), abs=1e-3)


def test_the_unit_of_the_data_does_not_matter():
    x = np.random.default_rng(0).random((60, 12))
    assert nmf_stability(factorize(1e4 * x, 12), 3) == pytest.approx(nmf_stability(factorize(x, 12), 3), abs=1e-3)


@pytest.mark.parametrize("stability", [nmf_stability, gmm_stability])
def test_the_seed_decides(stability):
    data = factor_of_parts(3, rows=100) if stability is nmf_stability else blobs(3, rows=100)
    assert stability(data, 5, seed=1) == stability(data, 5, seed=1)
    assert stability(data, 5, seed=1) != stability(data, 5, seed=2)
    assert stability(data, 5, repeats=1) != stability(data, 5, repeats=2)


# Whole numbers make rows equal, or zero, and halves of less rank than the whole.
@settings(max_examples=25, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(6, 14), st.integers(2, 5)), elements=st.integers(0, 3)), st.data())
def test_stability_lies_between_0_and_1(x, data):
    count, seed = data.draw(st.integers(1, 3)), data.draw(st.integers(0, 9))
    assert 0 <= gmm_stability(x, count, repeats=2, seed=seed) <= 1
    if x.any():
        low_rank = factorize(x, 4)
        assert 0 <= nmf_stability(low_rank, min(count, low_rank.rank), repeats=2, seed=seed) <= 1


def test_a_half_without_the_rank_has_no_stable_components():
    x = np.zeros((8, 4))
    x[:2] = [[1, 1, 0, 0], [0, 2, 2, 2]]  # no half holds more than two components, and the other none then
    assert nmf_stability(factorize(x, 2), 2) == 0


@pytest.mark.parametrize("stability", [nmf_stability, gmm_stability])
def test_progress_is_told_and_can_stop_it(stability):
    class Stopped(Exception):
        pass

    def stop(fraction):
        raise Stopped

    data = factor_of_parts(3, rows=60) if stability is nmf_stability else blobs(3, rows=60)
    told = []
    stability(data, 2, repeats=2, progress=told.append)
    assert told == [0.25, 0.5, 0.75, 1]
    with pytest.raises(Stopped):
        stability(data, 2, progress=stop)


def test_nmf_refuses():
    x = np.random.default_rng(0).random((9, 6))
    low_rank = factorize(x, 5)
    with pytest.raises(ValueError, match="between 1 and the rank of the factor, 5, got 6"):
        nmf_stability(low_rank, 6)
    with pytest.raises(ValueError, match="between 1 and half the number of rows, 4, got 5"):
        nmf_stability(low_rank, 5)
    with pytest.raises(ValueError, match="repeats is at least 1, got 0"):
        nmf_stability(low_rank, 2, repeats=0)
    with pytest.raises(ValueError, match="the factor is centred"):
        nmf_stability(factorize(x, 5, center=True), 2)


def test_gmm_refuses():
    x = np.random.default_rng(0).random((9, 6))
    with pytest.raises(ValueError, match="between 1 and half the number of rows, 4, got 5"):
        gmm_stability(x, 5)
    with pytest.raises(ValueError, match="between 1 and half the number of rows, 4, got 0"):
        gmm_stability(x, 0)
    with pytest.raises(ValueError, match="repeats is at least 1, got 0"):
        gmm_stability(x, 2, repeats=0)
    with pytest.raises(ValueError, match="full, tied, diag, spherical, got 'round'"):
        gmm_stability(x, 2, covariance="round")
