from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from sklearn.datasets import load_diabetes, load_digits
from sklearn.decomposition import PCA, FastICA
from sklearn.exceptions import ConvergenceWarning

from atomstat_widgets.stat import explained_variance_ratio, factorize, ica, pca, scree
from atomstat_widgets.stat.matrices._pca import signs_of_largest

RNG = np.random.default_rng(0)
SOURCES = np.stack([RNG.uniform(-1, 1, 900), RNG.exponential(size=900), RNG.laplace(size=900)], axis=1) * [4, 2, 1]
DATA = SOURCES @ RNG.standard_normal((3, 50)) + 0.05 * RNG.standard_normal((900, 50)) + np.arange(50)


@pytest.fixture(scope="module")
def low_rank():
    return factorize(DATA, 12, center=True)


def test_pca_is_that_of_scikit_learn(low_rank):
    result, peer = pca(low_rank, 4), PCA(4).fit(DATA)
    signs = np.sign((result.components * peer.components_).sum(axis=1))
    np.testing.assert_allclose(result.components, peer.components_ * signs[:, None], atol=1e-4)
    np.testing.assert_allclose(result.loadings, peer.transform(DATA) * signs, atol=1e-4)
    np.testing.assert_allclose(explained_variance_ratio(low_rank)[:4], peer.explained_variance_ratio_, atol=1e-8)


@pytest.mark.parametrize("shape", [(300, 20), (20, 50)])
@pytest.mark.parametrize(("dtype", "scale", "offset"), [
    (np.float64, 1, 1e6), (np.float32, 1, 1e4), (np.float32, 1e-24, 0), (np.float32, 1e20, 1e21), (np.uint8, 10, 100),
])  # fmt: skip
def test_scree_is_that_of_the_exact_deviations(shape, dtype, scale, offset):
    x = (offset + scale * DATA[: shape[0], : shape[1]]).astype(dtype)
    deviations = x - x.mean(axis=0, dtype=np.float64)
    squares = np.linalg.svd(deviations, compute_uv=False) ** 2
    np.testing.assert_allclose(scree(x), squares / squares.sum(), atol=2e-6)


@pytest.mark.parametrize("decompose", [pca, ica])
def test_it_says_how_well_it_rebuilds_the_data(low_rank, decompose):
    result = decompose(low_rank, 3)
    rebuilt = low_rank.mean + result.loadings @ result.components
    deviations = DATA - DATA.mean(axis=0)
    error = np.linalg.norm(DATA - rebuilt) / np.linalg.norm(deviations)
    assert result.reconstruction_error == pytest.approx(error, rel=1e-6)
    assert error < 0.02
    assert result.converged


@pytest.mark.parametrize("decompose", [pca, ica])
def test_signs_make_the_largest_entry_positive(low_rank, decompose):
    components = decompose(low_rank, 3).components
    assert (components[np.arange(3), np.abs(components).argmax(axis=1)] > 0).all()


def test_ica_finds_the_sources(low_rank):
    result = ica(low_rank, 3)
    similarity = np.abs(np.corrcoef(result.loadings.T, SOURCES.T)[:3, 3:])
    assert (similarity.max(axis=1) > 0.99).all()
    assert sorted(similarity.argmax(axis=1)) == [0, 1, 2]
    lengths = np.linalg.norm(result.components, axis=1)  # of unit sources: the variance each explains
    assert (np.diff(lengths) < 0).all()
    np.testing.assert_allclose(result.loadings.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(result.loadings.std(axis=0), 1, rtol=1e-6)


def test_ica_is_that_of_scikit_learn(low_rank):
    result = ica(low_rank, 3)
    peer = FastICA(3, random_state=1, whiten="unit-variance", tol=1e-14, max_iter=1000)
    sources = peer.fit_transform(DATA)
    similarity = np.abs(np.corrcoef(result.loadings.T, sources.T)[:3, 3:])
    assert (similarity.max(axis=1) > 0.99).all()
    partner = similarity.argmax(axis=1)
    assert sorted(partner) == [0, 1, 2]
    mixing = peer.mixing_.T[partner]
    signs = np.sign((mixing * result.components).sum(axis=1))
    np.testing.assert_allclose(result.components, mixing * signs[:, None], atol=1e-6 * np.abs(mixing).max())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_seed_of_ica_does_not_show(dtype):
    rng = np.random.default_rng(3)
    # Flat, peaked and two-valued, some of them with local optima between.
    sources = [
        rng.uniform(-1, 1, 900),
        rng.laplace(size=900),
        *np.sign(rng.standard_normal((2, 900))),
        rng.exponential(size=900),
    ]
    data = np.stack(sources, axis=1) @ rng.standard_normal((5, 40)) + 0.1 * rng.standard_normal((900, 40))
    low_rank = factorize(data.astype(dtype), 8, center=True)
    expected = ica(low_rank, 5)
    for seed in range(1, 9):
        found = ica(low_rank, 5, seed=seed)
        assert found.converged
        np.testing.assert_allclose(found.components, expected.components, atol=1e-6 * np.abs(expected.components).max())
        np.testing.assert_allclose(found.loadings, expected.loadings, atol=1e-6 * np.abs(expected.loadings).max())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("load", "k", "seeds"), [(load_digits, 6, 6), (load_digits, 8, 3), (load_diabetes, 8, 4)])
def test_of_many_optima_each_seed_finds_the_best(load, k, seeds):
    low_rank = factorize(load().data, 10, center=True)
    expected = ica(low_rank, k)
    for seed in range(1, seeds):
        found = ica(low_rank, k, seed=seed)
        assert found.converged
        np.testing.assert_allclose(found.components, expected.components, atol=1e-6 * np.abs(expected.components).max())
    # No start of scikit-learn's comes farther from normal sources.
    for seed in range(5):
        peer = FastICA(k, random_state=seed, whiten="unit-variance", tol=1e-6, max_iter=1000)
        assert non_normality(peer.fit_transform(load().data)) <= non_normality(expected.loadings) + 1e-6


def non_normality(sources):
    normal = quad(lambda x: (np.logaddexp(x, -x) - np.log(2)) * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), -40, 40)[0]
    return np.abs(np.mean(np.logaddexp(sources, -sources) - np.log(2), axis=0) - normal).sum()


def test_signs_and_order_of_ica_do_not_depend_on_those_of_the_singular_vectors(low_rank):
    signs = np.array([-1, 1, -1, -1, 1, 1, -1, 1, 1, 1, -1, 1])
    other = replace(low_rank, u=low_rank.u * signs, vt=low_rank.vt * signs[:, None])
    for decompose in (pca, ica):
        np.testing.assert_allclose(decompose(other, 3).components, decompose(low_rank, 3).components, atol=1e-9)


def test_of_two_largest_entries_that_are_equal_but_for_rounding_the_first_gives_the_sign():
    rows = np.array([[0, 1, 0.5, -1], [0, -1 + 1e-12, 0.5, 1]])
    np.testing.assert_array_equal(signs_of_largest(rows), [1, -1])


def test_ica_of_normal_sources_is_the_same_each_time():
    low_rank = factorize(np.random.default_rng(0).standard_normal((500, 20)), 6, center=True)
    first, second = ica(low_rank, 5), ica(low_rank, 5)
    np.testing.assert_array_equal(first.components, second.components)
    np.testing.assert_allclose(np.cov(first.loadings.T, bias=True), np.eye(5), atol=1e-10)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ica_settles_though_the_other_directions_are_normal(seed):
    rng = np.random.default_rng(7)
    source = np.sign(rng.standard_normal(900))
    data = np.outer(source, rng.standard_normal(20)) + 0.5 * rng.standard_normal((900, 20))
    with pytest.warns(ConvergenceWarning):
        FastICA(6, random_state=seed, whiten="unit-variance").fit(data)
    result = ica(factorize(data, 6, center=True), 6, seed=seed)
    assert result.converged
    assert result.iterations <= 100
    assert np.abs(np.corrcoef(result.loadings.T, source)[:6, 6]).max() > 0.95
    np.testing.assert_allclose(np.cov(result.loadings.T, bias=True), np.eye(6), atol=1e-10)


def test_ica_stops_at_max_iter(low_rank):
    result = ica(low_rank, 3, tol=0, max_iter=2)
    assert (result.iterations, result.converged) == (2, False)


def test_weighted_components_are_those_of_the_data():
    weights = np.where(np.arange(50) == 7, 0.0, 2.0)
    low_rank = factorize(DATA, 12, weights=weights, center=True)
    components = pca(low_rank, 3).components
    assert not components[:, 7].any()
    others = np.delete(components, 7, axis=1)
    peer = PCA(3).fit(np.delete(DATA, 7, axis=1)).components_
    np.testing.assert_allclose(np.abs(others), np.abs(peer) / np.sqrt(2), atol=1e-6)


@pytest.mark.parametrize("decompose", [pca, ica])
@pytest.mark.parametrize("k", [0, 13])
def test_refuses(low_rank, decompose, k):
    with pytest.raises(ValueError, match=f"between 1 and the rank of the factor, 12, got {k}"):
        decompose(low_rank, k)
