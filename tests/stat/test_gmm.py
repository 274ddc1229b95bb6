import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture

from atomstat_widgets.stat import gmm
from atomstat_widgets.stat.matrices._gmm import COVARIANCES, _kmeans, fit_mixture


def blobs(columns, distance, rows=600, seed=0, scatter=0.3):
    """Three stretched balls of half, a third and a sixth of the rows, and which ball each row is of."""
    rng = np.random.default_rng(seed)
    kinds = np.repeat([0, 1, 2], [rows // 2, rows // 3, rows - rows // 2 - rows // 3])
    centres = distance * np.vstack([np.arange(3.0), [0, 1, -1], np.zeros((3, 3))])[:columns].T
    widths = 1 + scatter * rng.uniform(-1, 1, (3, columns))
    return centres[kinds] + widths[kinds] * rng.standard_normal((rows, columns)), kinds


def crops(classes=3, rows=300, columns=400):
    """Faint patterns in noise, in float32."""
    rng = np.random.default_rng(0)
    kinds = np.sort(rng.integers(classes, size=rows))
    patterns = 0.3 * rng.standard_normal((classes, columns))
    return (5 + patterns[kinds] + 0.5 * rng.standard_normal((rows, columns))).astype(np.float32), kinds


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("columns", [1, 2, 5])
@pytest.mark.parametrize("distance", [2, 12])
def test_it_is_as_likely_as_that_of_scikit_learn(distance, columns, covariance):
    x, kinds = blobs(columns, distance)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        peer = GaussianMixture(3, covariance_type=covariance, n_init=5, random_state=0).fit(x)
    found = gmm(x, 3, covariance=covariance, starts=5)
    assert found.bic <= peer.bic(x) + 1e-3 * abs(peer.bic(x))
    assert found.converged
    if distance == 12:
        assert found.bic == pytest.approx(peer.bic(x), rel=1e-3)
        assert adjusted_rand_score(peer.predict(x), found.labels) > 0.99
        np.testing.assert_array_equal(found.labels, kinds + 1)  # the balls, too, are ordered by size


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_one_class_is_the_mean_and_covariance(covariance):
    x = np.random.default_rng(0).standard_normal((50, 3)) @ [[2, 1, 0], [0, 1, 0], [0, 0, 0.5]] + 7
    expected = np.cov(x.T, bias=True)
    if covariance == "diag":
        expected = np.diag(np.diag(expected))
    if covariance == "spherical":
        expected = np.eye(3) * np.trace(expected) / 3
    parameters = {"full": 9, "tied": 9, "diag": 6, "spherical": 4}[covariance]
    bic = parameters * np.log(50) - 2 * multivariate_normal(x.mean(axis=0), expected).logpdf(x).sum()
    assert gmm(x, 1, covariance=covariance).bic == pytest.approx(bic, rel=1e-6)


@pytest.mark.parametrize(
    ("covariance", "parameters"),
    # Weights 1, means 2 x 3; covariances 2 x 6, 6, 2 x 3, 2.
    [("full", 19), ("tied", 13), ("diag", 13), ("spherical", 9)],
)
def test_bic_counts_the_parameters(covariance, parameters):
    x = blobs(3, 4)[0]
    mixture, found = fit_mixture(x, 2, covariance=covariance), gmm(x, 2, covariance=covariance)
    gaussians = mixture.gaussians
    means = mixture.scale * gaussians.means + mixture.shift
    inverses = [factor.T @ factor if factor.ndim == 2 else np.diag(factor**2) for factor in gaussians.factors]
    joint = [
        weight + multivariate_normal(mean, mixture.scale**2 * np.linalg.inv(inverse)).logpdf(x)
        for weight, mean, inverse in zip(gaussians.log_weights, means, inverses, strict=True)
    ]
    totals = logsumexp(joint, axis=0)
    assert found.bic == pytest.approx(parameters * np.log(len(x)) - 2 * totals.sum(), rel=1e-9)
    probabilities = np.exp(joint - totals).T
    order = [0, 1] if np.abs(probabilities - found.probabilities).max() < 0.5 else [1, 0]
    np.testing.assert_allclose(found.probabilities, probabilities[:, order], atol=1e-9)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_it_classifies_other_rows(covariance):
    x, kinds = blobs(2, 12)
    labels = fit_mixture(x[::2], 3, covariance=covariance).labels(x[1::2])
    assert adjusted_rand_score(kinds[1::2], labels) == 1
    own = gmm(x[::2], 3, covariance=covariance).labels
    assert adjusted_rand_score(own, fit_mixture(x[::2], 3, covariance=covariance).labels(x[::2])) == 1


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize(("scale", "shift"), [(1e-9, 0), (1e9, 0), (1, 1e5), (1e-3, -1e2)])
def test_unit_and_zero_of_the_data_do_not_matter(scale, shift, covariance):
    x = blobs(3, 2)[0]
    found, other = gmm(x, 3, covariance=covariance), gmm(scale * x + shift, 3, covariance=covariance)
    np.testing.assert_array_equal(other.labels, found.labels)
    np.testing.assert_allclose(other.probabilities, found.probabilities, atol=1e-6)
    assert other.bic == pytest.approx(found.bic + 2 * x.size * np.log(scale), rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(COVARIANCES), st.sampled_from([np.float32, np.float64]), st.floats(0, 1))
def test_data_of_any_size_have_classes(covariance, dtype, size):
    lowest, highest = (-120, 35) if dtype == np.float32 else (-900, 430)  # larger ones are refused
    power = int(lowest + size * (highest - lowest))
    x = blobs(3, 6, rows=90)[0].astype(dtype)
    found, other = gmm(x, 3, covariance=covariance), gmm(np.ldexp(x, power), 3, covariance=covariance)
    np.testing.assert_array_equal(other.labels, found.labels)
    np.testing.assert_allclose(other.probabilities, found.probabilities, atol=1e-6)
    assert other.bic == pytest.approx(found.bic + 2 * x.size * power * np.log(2), rel=1e-6)


@pytest.mark.parametrize("power", [-146, -140])
def test_numbers_below_the_normal_ones_have_classes(power):
    x = np.repeat(np.float32([[0, 1], [6, 3]]), 5, axis=0)
    np.testing.assert_array_equal(gmm(np.ldexp(x, power), 2).labels, np.repeat([1, 2], 5))


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("seed", range(6))
def test_equal_classes_are_in_the_order_of_their_first_rows(seed, covariance):
    x = np.repeat([[0.0, 5], [8, 0], [-7, -7]], 4, axis=0) + np.random.default_rng(seed).normal(0, 0.1, (12, 2))
    np.testing.assert_array_equal(gmm(x, 3, covariance=covariance, seed=seed).labels, np.repeat([1, 2, 3], 4))


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_single_precision_is_enough(covariance):
    x, kinds = crops()
    columns = 400 if covariance in ("diag", "spherical") else 20
    single, double = (gmm(rows[:, :columns], 3, covariance=covariance) for rows in (x, x.astype(float)))
    np.testing.assert_array_equal(single.labels, double.labels)
    np.testing.assert_allclose(single.probabilities, double.probabilities, atol=1e-3)
    assert single.bic == pytest.approx(double.bic, rel=1e-6)
    if columns == 400:
        assert adjusted_rand_score(kinds, single.labels) > 0.99


def test_more_columns_than_rows_have_no_full_covariance_but_a_mixture():
    x = crops(rows=60, columns=90)[0]
    for covariance in COVARIANCES:
        found = gmm(x, 3, covariance=covariance)
        assert np.isfinite(found.bic)
        assert np.isfinite(found.probabilities).all()


def test_the_seed_decides():
    x = np.random.default_rng(0).standard_normal((200, 4))
    first, second, other = (gmm(x, 4, covariance="full", seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
    assert first.bic == second.bic != other.bic


def test_more_starts_find_likelier_mixtures():
    x = np.random.default_rng(0).standard_normal((200, 4))
    single = np.mean([gmm(x, 4, covariance="full", seed=seed).bic for seed in range(10)])
    assert np.mean([gmm(x, 4, covariance="full", starts=5, seed=seed).bic for seed in range(10)]) < single


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("name", ["digits", "wine", "noise"])
def test_more_starts_are_never_less_likely(name, covariance):
    x = (
        np.random.default_rng(1).standard_normal((150, 3))
        if name == "noise"
        else getattr(datasets, f"load_{name}")().data
    )
    bics = [
        gmm(x[::4] if name == "digits" else x, 3, covariance=covariance, starts=starts).bic for starts in (1, 2, 3, 6)
    ]
    assert bics == sorted(bics, reverse=True)


def counts():
    """Counts of few and of many, of three kinds, some of which hardly ever happen."""
    rng = np.random.default_rng(1)
    rates = 5 * np.exp(rng.normal(0, 1.5, (3, 8)))
    return rng.poisson(rates[rng.integers(3, size=200)]).astype(float)


@pytest.mark.parametrize("covariance", ["full", "diag"])
@pytest.mark.parametrize("name", ["breast_cancer", "wine", "counts"])
def test_from_the_same_start_it_is_as_likely_as_that_of_scikit_learn(name, covariance):
    x = counts() if name == "counts" else getattr(datasets, f"load_{name}")().data
    shift = x.mean(axis=0)
    members = _kmeans(((x - shift) / np.sqrt(np.mean((x - shift) ** 2))).T, 3, np.random.default_rng(0))
    covariances = np.stack([np.cov(x.T, bias=True, aweights=own) + 1e-6 * np.eye(x.shape[1]) for own in members])
    precisions = np.linalg.inv(covariances)
    if covariance == "diag":
        precisions = 1 / np.diagonal(covariances, axis1=1, axis2=2)
    weights = members.mean(axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        peer = GaussianMixture(
            3, covariance_type=covariance, max_iter=200, weights_init=weights / weights.sum(),
            means_init=members @ x / members.sum(axis=1)[:, None], precisions_init=precisions,
        ).fit(x)  # fmt: skip
    worse = gmm(x, 3, covariance=covariance).bic - peer.bic(x)
    assert worse / (2 * len(x)) < 2e-3  # nats a row: both stop at changes of 1e-3


@pytest.mark.parametrize("covariance", ["full", "tied", "diag"])
def test_columns_have_a_unit_each(covariance):
    x = blobs(3, 4)[0]
    units = np.array([1e-5, 1, 1e4])
    found, other = gmm(x, 1, covariance=covariance), gmm(x * units + units, 1, covariance=covariance)
    assert other.bic == pytest.approx(found.bic + 2 * len(x) * np.log(units).sum(), rel=1e-9)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_equal_rows_are_one_class_and_the_others_are_empty(covariance):
    found = gmm(np.full((6, 2), 0.1), 3, covariance=covariance)
    assert found.counts.tolist() == [6, 0, 0]
    assert found.probabilities.shape == (6, 3)
    x = np.repeat([[0.0, 5, 1], [1, 5, 0]], [4, 2], axis=0)  # the middle column is constant
    np.testing.assert_array_equal(gmm(x, 2, covariance=covariance, starts=3).labels, [1, 1, 1, 1, 2, 2])
    assert gmm(x, 4, covariance=covariance).counts.tolist() == [4, 2, 0, 0]


def test_a_class_far_off_is_found_in_single_precision():
    x, kinds = crops()
    x[kinds == 2] += 50  # a hundred widths
    found = gmm(x, 2)
    assert adjusted_rand_score(kinds == 2, found.labels) == 1
    assert found.bic == pytest.approx(gmm(x.astype(float), 2).bic, rel=1e-3)


# Whole numbers make rows equal and columns constant.
@settings(max_examples=100, deadline=None)
@given(
    arrays(np.float64, st.tuples(st.integers(1, 14), st.integers(1, 4)), elements=st.integers(-3, 3)),
    st.sampled_from(COVARIANCES),
    st.sampled_from([np.float64, np.float32, np.int64]),
    st.data(),
)
def test_every_row_has_a_class(x, covariance, dtype, data):
    x, count = x.astype(dtype), data.draw(st.integers(1, len(x)))
    found = gmm(x, count, covariance=covariance, starts=data.draw(st.integers(1, 3)), seed=data.draw(st.integers(0, 9)))
    assert found.counts.shape == (count,)
    assert found.counts.sum() == len(x)
    assert (np.diff(found.counts) <= 0).all()
    assert found.labels.min() == 1
    assert found.labels.max() <= count
    assert found.probabilities.shape == (len(x), count)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(found.probabilities.argmax(axis=1) + 1, found.labels)
    assert np.isfinite(found.bic)


@pytest.mark.parametrize("function", [gmm, fit_mixture])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(value, function):
    x = np.eye(4)
    x[1, 2] = value
    with pytest.raises(ValueError, match="x must be finite: 1 of 16 values"):
        function(x, 2)
