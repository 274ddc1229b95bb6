import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atomstat_widgets.stat import factorize


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
    monkeypatch.setattr("atomstat_widgets.stat.factor.GRAM_LIMIT", limit)  # 5: the way of large matrices
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
    monkeypatch.setattr("atomstat_widgets.stat.factor.GRAM_LIMIT", limit)
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
    monkeypatch.setattr("atomstat_widgets.stat.factor.GRAM_LIMIT", limit)
    x = 5 + 1000 * decaying(*shape)
    x = x.astype(dtype)
    weights = np.linspace(0, 2, shape[1])
    expected = factorize(x, 4, weights=weights, center=True)
    monkeypatch.setattr("atomstat_widgets.stat.factor.BLOCK_BYTES", 7 * 8 * shape[1])
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
    np.testing.assert_array_equal(low_rank.s, factorize(x, 3).s)


def test_infinite_values_of_both_signs_are_counted_when_centred():
    with pytest.raises(ValueError, match="2 of 6 values are NaN or infinite"):
        factorize(np.array([[np.inf, 1], [-np.inf, 1], [0, 1]]), 1, center=True)
