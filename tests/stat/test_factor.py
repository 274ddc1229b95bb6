import dask
import dask.array as da
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from atomstat_widgets.stat import factorize, pca


def decaying(rows, columns, seed=0, dtype=np.float64):
    """Matrix with singular values 1, 0.6, 0.36, …"""
    rng = np.random.default_rng(seed)
    n = min(rows, columns)
    u, v = (np.linalg.qr(rng.standard_normal((side, n)))[0] for side in (rows, columns))
    return ((u * 0.6 ** np.arange(n)) @ v.T).astype(dtype)


def rebuild(low_rank):
    return (low_rank.u * low_rank.s) @ low_rank.vt


@pytest.mark.parametrize("limit", [1200, 5])
@pytest.mark.parametrize("shape", [(60, 25), (25, 60), (30, 30)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-8), (np.float32, 2e-5)])
def test_equals_the_svd(monkeypatch, limit, shape, dtype, tolerance):
    monkeypatch.setattr("atomstat_widgets.stat.matrices.factor.GRAM_LIMIT", limit)  # 5: the way of large matrices
    x = decaying(*shape, dtype=dtype)
    low_rank = factorize(x, 6)
    u, s, vt = np.linalg.svd(x.astype(float), full_matrices=False)
    np.testing.assert_allclose(low_rank.s, s[:6], atol=tolerance)
    np.testing.assert_allclose(rebuild(low_rank), (u[:, :6] * s[:6]) @ vt[:6], atol=tolerance)
    np.testing.assert_allclose(low_rank.u.T @ low_rank.u, np.eye(6), atol=1e-5)
    np.testing.assert_allclose(low_rank.vt @ low_rank.vt.T, np.eye(6), atol=1e-5)
    assert low_rank.u.dtype == dtype


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 40), st.integers(0, 1000))
def test_of_any_shape(rows, columns, rank, seed):
    x = np.random.default_rng(seed).standard_normal((rows, columns))
    low_rank = factorize(x, rank)
    assert low_rank.rank == min(rank, rows, columns)
    singular = np.linalg.svd(x, compute_uv=False)
    np.testing.assert_allclose(low_rank.s, singular[: low_rank.rank], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("limit", [1200, 5])
@pytest.mark.parametrize("shape", [(60, 25), (25, 60)])
def test_centred_is_the_svd_of_the_deviations(monkeypatch, limit, shape):
    monkeypatch.setattr("atomstat_widgets.stat.matrices.factor.GRAM_LIMIT", limit)
    x = 3 + np.arange(shape[1]) + decaying(*shape)
    weights = np.linspace(0, 2, shape[1])
    low_rank = factorize(x, 6, weights=weights, center=True)
    deviations = (x - x.mean(axis=0)) * np.sqrt(weights)
    np.testing.assert_allclose(low_rank.s, np.linalg.svd(deviations, compute_uv=False)[:6], atol=1e-7)
    np.testing.assert_allclose(low_rank.mean, x.mean(axis=0))
    assert low_rank.total == pytest.approx((deviations**2).sum())
    np.testing.assert_allclose(rebuild(low_rank), deviations, atol=0.03)


def test_without_centring_the_mean_is_zero():
    assert not factorize(decaying(9, 5), 2).mean.any()


def test_weights_are_those_of_repeated_columns():
    x = decaying(20, 8)
    low_rank = factorize(x, 3, weights=[1, 2, 0, 1, 1, 2, 1, 1])
    repeated = np.concatenate([x[:, [0, 1, 3, 4, 5, 6, 7]], x[:, [1, 5]]], axis=1)
    np.testing.assert_allclose(low_rank.s, np.linalg.svd(repeated, compute_uv=False)[:3])
    assert low_rank.total == pytest.approx((repeated**2).sum())


def test_smallest_error_is_eckart_young():
    low_rank = factorize(np.diag([3.0, 2, 1]), 3)
    np.testing.assert_allclose(low_rank.smallest_error(np.arange(4)), np.sqrt([1, 5 / 14, 1 / 14, 0]), atol=1e-7)


def test_integers_are_taken():
    assert factorize(np.array([[3, 0], [0, 4]]), 2).s.tolist() == pytest.approx([4, 3])


def test_a_matrix_of_lower_rank_than_asked_for():
    x = np.outer(np.arange(1.0, 6), [1.0, 2, 3])
    low_rank = factorize(x, 3)
    np.testing.assert_allclose(rebuild(low_rank), x, atol=1e-10)
    np.testing.assert_allclose(low_rank.s[1:], 0, atol=1e-6)


def test_reports_progress():
    fractions = []
    factorize(decaying(20, 30), 3, progress=fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((np.zeros((3, 4)), 2), {}, "the matrix is zero"),
        ((np.ones((3, 4)), 2), {"center": True}, "all rows are equal"),
        ((np.ones(4), 2), {}, r"got shape \(4,\)"),
        ((np.empty((0, 4)), 2), {}, r"got shape \(0, 4\)"),
        ((np.array([[1.0, np.nan]]), 1), {}, "1 of 2 values are NaN or infinite"),
        ((np.array([[1.0, np.inf], [np.inf, 1]]), 1), {}, "2 of 4 values"),
        ((np.ones((3, 4)), 0), {}, "rank is at least 1, got 0"),
        ((np.ones((3, 4)), 1), {"weights": [1, 1]}, r"weights are 4 non-negative numbers.*\(2,\)"),
        ((np.ones((3, 2)), 1), {"weights": [1, -1]}, "non-negative"),
    ],
)
def test_refuses(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        factorize(*arguments, **options)


class OnlySlices:
    """Rows by slice, as a data set on disk gives them."""

    def __init__(self, x):
        self.x, self.shape, self.dtype, self.longest = x, x.shape, x.dtype, 0

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        block = self.x[rows]
        self.longest = max(self.longest, len(block))
        return block


@pytest.mark.parametrize("limit", [1200, 5])
@pytest.mark.parametrize("shape", [(60, 25), (25, 60)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16])
def test_read_by_blocks_of_rows(monkeypatch, limit, shape, dtype):
    monkeypatch.setattr("atomstat_widgets.stat.matrices.factor.GRAM_LIMIT", limit)
    x = 5 + 1000 * decaying(*shape)
    x = x.astype(dtype)
    weights = np.linspace(0, 2, shape[1])
    expected = factorize(x, 4, weights=weights, center=True)
    monkeypatch.setattr("atomstat_widgets.stat.matrices.factor.BLOCK_BYTES", 7 * 8 * shape[1])
    source = OnlySlices(x)
    found = factorize(source, 4, weights=weights, center=True)
    assert source.longest in (7, 14)  # of float64, float32
    np.testing.assert_allclose(found.s, expected.s, rtol=1e-5)
    np.testing.assert_allclose(rebuild(found), rebuild(expected), atol=1e-5 * expected.s[0])
    assert found.u.dtype == expected.u.dtype


def test_a_memory_map(tmp_path):
    x = decaying(40, 9, dtype=np.float32)
    np.save(tmp_path / "x.npy", x)
    low_rank = factorize(np.load(tmp_path / "x.npy", mmap_mode="r"), 3)
    np.testing.assert_allclose(low_rank.s, factorize(x, 3).s, rtol=1e-6)


def test_infinite_values_of_both_signs_are_counted_when_centred():
    with pytest.raises(ValueError, match="2 of 6 values are NaN or infinite"):
        factorize(np.array([[np.inf, 1], [-np.inf, 1], [0, 1]]), 1, center=True)


@pytest.fixture(params=["gram", "krylov", "large", "blocks", "many columns"])
def way(request, monkeypatch):
    """How a matrix is factorized, and what makes it one of that kind."""
    if request.param in ("krylov", "large"):
        monkeypatch.setattr("atomstat_widgets.stat.matrices.factor.GRAM_LIMIT", 3)
    if request.param == "large":
        monkeypatch.setattr("atomstat_widgets.stat.matrices.factor.BLOCK_BYTES", 400)
    if request.param == "many columns":
        monkeypatch.setattr("atomstat_widgets.stat.matrices.block_factor.GRAM_COLUMNS", 3)
    return (lambda x: da.from_array(x, chunks=(7, -1))) if request.param in ("blocks", "many columns") else np.asarray


# In each the whole numbers, or the powers of ten that scales may have.
RANGES = {
    np.uint8: 255,
    np.uint16: 65535,
    np.int16: 32767,
    np.int64: 10**6,
    np.float32: (-24, 20),
    np.float64: (-99, 99),
}


@st.composite
def matrices(draw):
    """Tall or wide, of any kind of number, far from zero or near it, large or small."""
    rows, columns = draw(st.tuples(st.integers(2, 40), st.integers(2, 40)))
    x = decaying(rows, columns, seed=draw(st.integers(0, 99)))
    dtype = draw(st.sampled_from(list(RANGES)))
    if np.dtype(dtype).kind in "iu":
        most = RANGES[dtype]
        size = most / draw(st.sampled_from([2, 20]))
        return np.rint(draw(st.sampled_from([0.5, 1])) * (most - size) + size * (x / np.abs(x).max() - 1) / 2).astype(
            dtype
        )
    offset = draw(st.sampled_from([0, 1, 1e2, 1e3, 1e4, 1e5])) * np.linspace(1, 2, columns)
    return (10.0 ** draw(st.integers(*RANGES[dtype])) * (x + offset)).astype(dtype)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(matrices(), st.booleans(), st.sampled_from([None, "even", "far apart"]), st.integers(1, 6))
def test_it_is_the_svd_whatever_the_numbers(way, x, center, weighted, rank):
    columns = x.shape[1]
    weights = {None: np.ones(columns), "even": np.linspace(0, 2, columns), "far apart": np.logspace(0, 30, columns)}[
        weighted
    ]
    assume(np.ptp(x[:, weights > 0], axis=0).any())  # else there is nothing to factorize, which is refused
    # What is beyond the range of float32 is refused, too.
    assume(np.linalg.norm(x.astype(np.float64) * np.sqrt(weights)) < np.finfo(np.float32).max)
    with dask.config.set(scheduler="synchronous"):
        low_rank = factorize(way(x), rank, center=center, weights=None if weighted is None else weights)
        low_rank = low_rank.in_memory()
    exact = x.astype(np.float64)
    mean = (exact - exact[0]).mean(axis=0) + exact[0] if center else np.zeros(columns)
    exact = (exact - mean) * np.sqrt(weights)
    s = np.linalg.svd(exact, compute_uv=False)
    # Squares, as singular values are seen as far as their squares rise above the rounding of the largest.
    scale = np.linalg.norm(exact)
    rounding = (
        np.finfo(np.float64).eps * np.linalg.norm(np.sqrt(weights) * x) / scale
    )  # of the values, by how far they deviate
    tolerance = 1e-6 if x.dtype == np.float32 else 1e-12 + 4 * rounding
    np.testing.assert_allclose((low_rank.s / scale) ** 2, (s[: low_rank.rank] / scale) ** 2, atol=tolerance)
    np.testing.assert_allclose(low_rank.mean, mean, rtol=1e-6, atol=1e-6 * np.abs(x.astype(np.float64)).max())
    rest = np.linalg.norm(exact / scale - (low_rank.u.astype(float) * (low_rank.s / scale)) @ low_rank.vt)
    smallest = np.sqrt(np.sum((s[low_rank.rank :] / scale) ** 2))
    assert rest**2 == pytest.approx(smallest**2, abs=tolerance)
    assert low_rank.smallest_error(low_rank.rank) ** 2 == pytest.approx(rest**2, abs=tolerance)


@pytest.mark.parametrize("center", [True, False])
def test_scale_costs_no_digits(way, center):
    x = (1 + decaying(40, 30)).astype(np.float32)
    with dask.config.set(scheduler="synchronous"):
        expected = factorize(way(x), 4, center=center)
        for exponent in (-80, -10, 10, 70):
            found = factorize(way(np.ldexp(x, exponent)), 4, center=center)
            np.testing.assert_allclose(np.ldexp(found.s, -exponent), expected.s, rtol=1e-6)
            np.testing.assert_allclose(found.u, expected.u, atol=1e-5)
            np.testing.assert_allclose(found.vt, expected.vt, atol=1e-5)


@pytest.mark.parametrize("offset", [0, 1e3, 1e4, 1e6])
def test_the_error_of_counts_far_from_zero_is_the_true_one(way, offset):
    x = (offset + 20 * decaying(60, 40) + 0.02 * np.random.default_rng(0).standard_normal((60, 40))).astype(np.float32)
    with dask.config.set(scheduler="synchronous"):
        low_rank = factorize(way(x), 12, center=True).in_memory()
    result = pca(low_rank, 3)
    deviations = x - x.mean(axis=0, dtype=np.float64)
    s = np.linalg.svd(deviations, compute_uv=False)
    true = np.linalg.norm(deviations - result.loadings.astype(float) @ result.components) / np.linalg.norm(s)
    assert result.reconstruction_error == pytest.approx(true, rel=1e-4)
    assert true == pytest.approx(np.linalg.norm(s[3:]) / np.linalg.norm(s), rel=1e-4)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.full((5, 4), 1e300), "values beyond 1e140 have squares that are beyond float64"),
        (np.eye(4) * 1e-200, "the matrix is zero, or below 1e-140"),
        (np.full((5, 4), 3e38, np.float32), r"largest singular value, 1e.39, is beyond float32"),
    ],
)
def test_refuses_what_has_no_room(way, x, message):
    with dask.config.set(scheduler="synchronous"), pytest.raises(ValueError, match=message):
        factorize(way(x), 2)


def test_rows_that_are_equal_but_for_rounding_are_equal(way):
    with dask.config.set(scheduler="synchronous"), pytest.raises(ValueError, match="all rows are equal"):
        factorize(way(np.full((50, 3), [0.1, 1 / 3, 1e9 / 7])), 2, center=True)
