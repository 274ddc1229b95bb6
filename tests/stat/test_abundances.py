import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, nnls

from atomstat_widgets.stat import abundances

module = importlib.import_module("atomstat_widgets.stat.matrices._abundances")


def problem(seed, k, n=20, channels=12):
    rng = np.random.default_rng(seed)
    endmembers = rng.random((k, channels))
    return rng.normal(0.3, 1, (n, k)) @ endmembers + 0.1 * rng.standard_normal((n, channels)), endmembers


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8))
def test_they_are_those_of_lawson_and_hanson(seed, k):
    spectra, endmembers = problem(seed, k)
    expected = np.array([nnls(endmembers.T, spectrum)[0] for spectrum in spectra])
    np.testing.assert_allclose(abundances(spectra, endmembers), expected, atol=1e-6)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_sums_of_one_are_those_of_a_general_minimiser(k):
    spectra, endmembers = problem(1, k, n=8)
    found = abundances(spectra, endmembers, sum_to_one=True)
    for spectrum, own in zip(spectra, found, strict=True):
        best = minimize(
            lambda x, spectrum=spectrum: np.sum((spectrum - x @ endmembers) ** 2), np.full(k, 1 / k),
            jac=lambda x, spectrum=spectrum: -2 * endmembers @ (spectrum - x @ endmembers),
            bounds=[(0, None)] * k, constraints={"type": "eq", "fun": lambda x: x.sum() - 1}, options={"ftol": 1e-14},
        )  # fmt: skip
        np.testing.assert_allclose(own, best.x, atol=1e-4)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 8), st.booleans(), st.booleans())
def test_nothing_better_is_near(seed, k, sum_to_one, alike):
    spectra, endmembers = problem(seed, k)
    if alike:
        endmembers[-1] = endmembers[0]  # not unique, but an optimum all the same
    x = abundances(spectra, endmembers, sum_to_one=sum_to_one)
    assert (x >= 0).all()
    slope = (x @ endmembers - spectra) @ endmembers.T  # what more of each would cost
    if sum_to_one:
        np.testing.assert_allclose(x.sum(axis=1), 1)
        slope = slope - np.sum(slope * x, axis=1, keepdims=True)
    assert slope.min() > -1e-6
    assert np.abs(slope * x).max() < 1e-6


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.floats(-12, 20), st.booleans())
def test_the_unit_does_not_show(seed, k, power, sum_to_one):
    spectra, endmembers = problem(seed, k)
    found = abundances(10**power * spectra, 10**power * endmembers, sum_to_one=sum_to_one)
    np.testing.assert_allclose(found, abundances(spectra, endmembers, sum_to_one=sum_to_one), atol=1e-6)
    if sum_to_one:
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-12)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_endmembers_and_spectra_may_differ_in_size(seed, k):
    rng = np.random.default_rng(seed)
    spectra, endmembers = problem(seed, k)
    sizes, thickness = 10 ** rng.uniform(-12, 12, k), 10 ** rng.uniform(-12, 12, (len(spectra), 1))
    expected = np.array([nnls(endmembers.T, spectrum)[0] for spectrum in spectra])
    found = abundances(thickness * spectra, sizes[:, None] * endmembers)
    np.testing.assert_allclose(found * sizes / thickness, expected, atol=1e-6)


def test_shares_in_spectra_far_above_all_endmembers_are_those_of_the_likest():
    # By hand: of |1e20 (0, 1) - x|² along x = (s, 2 (1 - s)) the smallest is that of the second endmember alone.
    endmembers = [[1, 0], [0, 2]]
    found = abundances([[0, 1e20], [1e20, 0]], endmembers, sum_to_one=True)
    np.testing.assert_allclose(found, [[0, 1], [1, 0]], atol=1e-12)


def test_mixtures_without_noise_are_taken_apart():
    shares = np.random.default_rng(0).dirichlet(np.ones(4), 50)
    endmembers = np.random.default_rng(1).random((4, 30))
    np.testing.assert_allclose(abundances(shares @ endmembers, endmembers), shares, atol=1e-9)
    np.testing.assert_allclose(abundances(shares @ endmembers, endmembers, sum_to_one=True), shares, atol=1e-9)


def test_nothing_and_one():
    np.testing.assert_array_equal(abundances(np.zeros((3, 4)), np.eye(4)[:2]), np.zeros((3, 2)))
    np.testing.assert_array_equal(abundances(np.ones((3, 4)), np.zeros((2, 4))), np.zeros((3, 2)))
    np.testing.assert_allclose(abundances(5 * np.ones((3, 4)), np.ones((1, 4)), sum_to_one=True), 1)


@pytest.mark.parametrize("sum_to_one", [False, True])
def test_where_exchanges_go_round_all_supports_are_tried(monkeypatch, sum_to_one):
    spectra, endmembers = problem(2, 4)
    usual = abundances(spectra, endmembers, sum_to_one=sum_to_one)
    cross = spectra @ endmembers.T
    np.testing.assert_allclose(module._best_of_all(endmembers @ endmembers.T, cross, sum_to_one), usual, atol=1e-9)


def test_shapes_that_do_not_go_together():
    with pytest.raises(ValueError, match=r"got shapes \(2, 3\) and \(2, 4\)"):
        abundances(np.ones((2, 3)), np.ones((2, 4)))
