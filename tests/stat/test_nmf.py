import numpy as np
import pytest
from sklearn.decomposition import NMF

from atomstat_widgets.stat import factorize, nmf
from atomstat_widgets.stat.matrices._constrained_nmf import constrained_nmf


def mixture(noise=0.0, pieces=300, features=80, seed=0):
    """Three bumps, mixed at random."""
    rng = np.random.default_rng(seed)
    at = np.arange(features)
    components = np.stack([np.exp(-((at - centre) ** 2) / 60) for centre in (15, 40, 62)])
    loadings = rng.dirichlet([0.4] * 3, pieces) * [5, 3, 2]
    return np.maximum(loadings @ components + noise * rng.standard_normal((pieces, features)), 0), components, loadings


def direct_error(x, result):
    return np.linalg.norm(x - result.loadings @ result.components) / np.linalg.norm(x)


def test_finds_the_components_of_a_mixture():
    x, components, loadings = mixture()
    result = nmf(factorize(x, 8), 3, tol=1e-9, max_iter=3000)
    assert result.reconstruction_error < 1e-3
    lengths = np.linalg.norm(components, axis=1)
    # the largest first, as they are mixed 5 : 3 : 2
    np.testing.assert_allclose(result.components, components / lengths[:, None], atol=0.02)
    np.testing.assert_allclose(result.loadings, loadings * lengths, atol=0.5)
    np.testing.assert_allclose(np.linalg.norm(result.components, axis=1), 1)
    assert (result.components >= 0).all()
    assert (result.loadings >= 0).all()
    assert (np.diff(result.energies) <= 0).all()


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")  # of scikit-learn, at so small a tolerance
@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("noise", [0.05, 0.4])
def test_error_is_true_and_not_above_scikit_learn(k, noise):
    x = mixture(noise)[0]
    result = nmf(factorize(x, k + 16), k, tol=1e-6, max_iter=2000)
    assert result.converged
    assert result.reconstruction_error == pytest.approx(direct_error(x, result), rel=2e-3)
    peer = NMF(k, init="nndsvda", tol=1e-6, max_iter=5000, random_state=0).fit(x)
    assert direct_error(x, result) <= peer.reconstruction_err_ / np.linalg.norm(x) * 1.001


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
@pytest.mark.parametrize("k", [2, 3, 4, 6])
def test_few_iterations_are_enough(k):
    x = mixture(0.4)[0]
    result = nmf(factorize(x, k + 16), k)
    assert result.converged
    assert result.iterations <= 50
    peer = NMF(k, init="nndsvda", tol=1e-5, max_iter=2000, random_state=0).fit(x)
    assert direct_error(x, result) <= peer.reconstruction_err_ / np.linalg.norm(x) * 1.005


def test_weights_are_those_of_repeated_columns():
    x = mixture(0.1)[0][:, :20]
    weights = np.ones(20)
    weights[[3, 11]] = 2
    weights[7] = 0
    result = nmf(factorize(x, 20, weights=weights), 2, tol=0, max_iter=3000)
    repeated = np.concatenate([np.delete(x, 7, axis=1), x[:, [3, 11]]], axis=1)
    plain = nmf(factorize(repeated, 20), 2, tol=0, max_iter=3000)
    assert result.reconstruction_error == pytest.approx(plain.reconstruction_error, rel=1e-6)
    np.testing.assert_allclose(np.delete(result.components, 7, axis=1), plain.components[:, :19], atol=1e-4)
    np.testing.assert_array_equal(result.components[:, 7], 0)


def test_is_deterministic():
    low_rank = factorize(mixture(0.2)[0].astype(np.float32), 12)
    first, second = nmf(low_rank, 4), nmf(low_rank, 4)
    np.testing.assert_array_equal(first.components, second.components)
    np.testing.assert_array_equal(first.loadings, second.loadings)


def test_more_components_than_the_data_have():
    x = np.outer(np.arange(1.0, 9), [1.0, 2, 3, 4])
    result = nmf(factorize(x, 4), 3)
    assert result.reconstruction_error < 1e-3
    assert np.isfinite(result.components).all()
    np.testing.assert_allclose(result.loadings @ result.components, x, rtol=0.01)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_converges_on_data_of_exact_rank(k, dtype):
    rng = np.random.default_rng(k)
    x = (rng.random((200, k)) @ rng.random((k, 60))).astype(dtype)
    result = nmf(factorize(x, 8), k)
    assert result.converged
    assert direct_error(x.astype(float), result) < 1e-4


@pytest.mark.parametrize("scale", [1e-24, 1e20])
def test_scale_costs_no_digits_in_single_precision(scale):
    x = (scale * mixture(0.1)[0]).astype(np.float32)
    result = nmf(factorize(x, 8), 3)
    assert result.reconstruction_error == pytest.approx(direct_error(x.astype(float), result), rel=1e-4)
    peer = nmf(factorize(x.astype(float) / scale, 8), 3)
    np.testing.assert_allclose(result.components, peer.components, atol=1e-3)
    np.testing.assert_allclose(result.loadings / scale, peer.loadings, atol=1e-2)


def test_with_known_components_it_converges_on_data_of_exact_rank():
    x, components, _ = mixture()
    assert constrained_nmf(factorize(x, 3), components + np.array([[0], [0.1], [0.1]]), fixed=1).converged


def test_stops_at_max_iter():
    result = nmf(factorize(mixture(0.3)[0], 12), 4, tol=0, max_iter=7)
    assert (result.iterations, result.converged) == (7, False)
    assert 0 < result.reconstruction_error < 1


def test_progress_can_stop_it():
    class Stopped(Exception):
        pass

    def stop(fraction):
        assert 0 < fraction <= 1
        raise Stopped

    low_rank = factorize(mixture()[0], 6)
    with pytest.raises(Stopped):
        nmf(low_rank, 3, progress=stop)


def test_refuses_a_centred_factor():
    with pytest.raises(ValueError, match="the factor is centred"):
        nmf(factorize(mixture()[0], 4, center=True), 2)


@pytest.mark.parametrize("k", [0, 4])
def test_refuses(k):
    with pytest.raises(ValueError, match=f"between 1 and the rank of the factor, 3, got {k}"):
        nmf(factorize(np.random.default_rng(0).random((9, 5)), 3), k)
