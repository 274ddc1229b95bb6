import dask.array as dask_array
import h5py
import numpy as np
import pytest
from scipy.io import loadmat
from scipy.optimize import linear_sum_assignment
from sklearn.decomposition import NMF

from atomstat_widgets.stat import Decomposition, factorize, ica, kl_nmf, nmf, pca, pure_spectra, take_spectra, unmix_nmf
from atomstat_widgets.stat.spectra.unmixing import make_unmixing, of_classes

RNG = np.random.default_rng(0)
ENDMEMBERS = 0.1 + RNG.random((3, 30))
SHARES = np.concatenate([np.repeat(np.eye(3), 4, axis=0), RNG.dirichlet(np.ones(3), 88)])
CUBE = RNG.poisson(200 * (SHARES @ ENDMEMBERS)).astype(float).reshape(10, 10, 30)


def unmixed(cube=CUBE, k=3, *, rank=20, weighting=None, **options):
    spectra = take_spectra(cube, weighting=weighting)
    return unmix_nmf(spectra, factorize(spectra.matrix, rank), k, **options)


def angles(components, truth):
    """Mean spectral angle in degrees, best matched, and the partners."""
    units = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (truth, components)]
    found = np.degrees(np.arccos(np.clip(units[0] @ units[1].T, -1, 1)))
    own, partner = linear_sum_assignment(found)
    return found[own, partner].mean(), partner


def rmse(unmixing, truth, shares):
    _, partner = angles(unmixing.components, truth)
    amounts = (unmixing.decomposition.loadings * unmixing.components.sum(axis=1))[:, partner]
    return float(np.sqrt(np.mean((amounts / amounts.sum(axis=1, keepdims=True) - shares) ** 2)))


@pytest.mark.parametrize("weighting", [None, "poisson"])
@pytest.mark.parametrize(
    "options", [{}, {"start_from": "vca"}, {"sum_to_one": True}, {"start_from": "nfindr", "max_iter": 0}]
)
def test_error_and_residuals_are_those_of_the_data(options, weighting):
    found = unmixed(weighting=weighting, rank=30, **options)
    values, loadings = CUBE.reshape(100, 30), found.decomposition.loadings
    residuals = values - loadings @ found.components
    np.testing.assert_allclose(found.residuals, residuals, atol=1e-3)
    np.testing.assert_allclose(found.residual_map, np.sqrt(np.mean(residuals**2, axis=1)).reshape(10, 10), rtol=1e-4)
    np.testing.assert_allclose(found.residual_spectrum, np.sqrt(np.mean(residuals**2, axis=0)), rtol=1e-4)
    lengths = [np.sum(np.outer(loadings[:, n], found.components[n]) ** 2) for n in range(3)]
    np.testing.assert_allclose(found.shares, np.array(lengths) / np.sum(values**2), rtol=1e-4)
    spectra = found.spectra
    scaled = residuals / spectra.row_scale[:, None] / spectra.column_scale
    expected = np.linalg.norm(scaled) / np.linalg.norm(spectra.matrix)
    assert found.decomposition.reconstruction_error == pytest.approx(expected, rel=1e-4)
    assert min(found.components.min(), loadings.min()) >= 0


UNEVEN = RNG.poisson(RNG.uniform(0.2, 5, (10, 12, 1)) * 100 * (RNG.dirichlet(0.3 * np.ones(3), (10, 12)) @ ENDMEMBERS))


@pytest.mark.parametrize("in_blocks", [False, True])
@pytest.mark.parametrize("weighting", [None, "poisson"])
@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(("method", "center"), [(pca, True), (pca, False), (ica, True), (ica, False), (nmf, False)])
def test_residuals_and_shares_are_those_of_a_dense_reconstruction(method, center, normalize, weighting, in_blocks):
    cube = UNEVEN.astype(np.float64)
    values = cube.reshape(-1, 30)
    rows = values / values.sum(axis=1, keepdims=True) if normalize else values
    if weighting:
        columns, more = np.sqrt(rows.mean(axis=0)), np.sqrt(rows.mean(axis=1) / rows.mean())
        scales = (values / rows)[:, :1] * more[:, None] * columns
    else:
        scales = values / rows
    scaled = values / scales
    mean = scaled.mean(axis=0) if center else 0
    left, s, right = np.linalg.svd(scaled - mean, full_matrices=False)
    deviations = (scaled - mean) * scales

    given = dask_array.from_array(cube, chunks=(3, 12, 30)) if in_blocks else cube
    spectra = take_spectra(given, normalize=normalize, weighting=weighting)
    low_rank = factorize(spectra.matrix, 30 if method is nmf else 2, center=center)
    found = make_unmixing(spectra, method(low_rank, 2), low_rank)
    parts = [np.outer(found.decomposition.loadings[:, n], found.components[n]) for n in range(2)]
    explained = sum(parts) if method is nmf else (left[:, :2] * s[:2]) @ right[:2] * scales
    expected = deviations - explained
    np.testing.assert_allclose(np.asarray(found.residuals), expected, atol=1e-6 * values.max())
    np.testing.assert_allclose(found.residual_map.ravel(), np.sqrt(np.mean(expected**2, axis=1)), rtol=1e-6)
    np.testing.assert_allclose(found.residual_spectrum, np.sqrt(np.mean(expected**2, axis=0)), rtol=1e-6)
    shares = [np.sum(part**2) / np.sum(deviations**2) for part in parts]
    np.testing.assert_allclose(found.shares, shares, rtol=1e-6)
    np.testing.assert_allclose(found.fit(17), values[17] - expected[17], atol=1e-6 * values.max())
    if method is pca and not normalize and not weighting:
        np.testing.assert_allclose(found.shares, s[:2] ** 2 / np.sum(s**2))


def test_without_options_it_is_nmf():
    spectra = take_spectra(CUBE)
    low_rank = factorize(spectra.matrix, 20)
    np.testing.assert_array_equal(unmix_nmf(spectra, low_rank, 3).components, nmf(low_rank, 3).components)


@pytest.mark.parametrize("weighting", [None, "poisson"])
@pytest.mark.parametrize("start", [None, "vca"])
def test_known_spectra_stay_as_they_are(weighting, start):
    known = ENDMEMBERS[[2, 0]]
    found = unmixed(weighting=weighting, known=known, start_from=start)
    np.testing.assert_allclose(found.components[:2], known, rtol=1e-9)
    np.testing.assert_allclose(found.components.shape, (3, 30))
    assert angles(found.components, ENDMEMBERS)[0] < 5
    everything = unmixed(weighting=weighting, known=ENDMEMBERS, start_from=start)
    np.testing.assert_allclose(everything.components, ENDMEMBERS, rtol=1e-9)
    shares = everything.decomposition.loadings / everything.decomposition.loadings.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, SHARES, atol=0.12)


@pytest.mark.parametrize("power", [-60, 60])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("options", [{}, {"start_from": "vca"}, {"start_from": "nfindr", "sum_to_one": True}])
def test_known_spectra_are_as_good_in_any_unit(options, dtype, power):
    expected = unmixed(CUBE.astype(dtype), known=ENDMEMBERS[:1], **options).decomposition
    cube = np.ldexp(CUBE, power).astype(dtype)
    found = unmixed(cube, known=np.ldexp(ENDMEMBERS[:1], power), **options).decomposition
    assert found.reconstruction_error == pytest.approx(expected.reconstruction_error, rel=1e-6)


@pytest.mark.parametrize("power", [-110, -80, 30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_likeliest_components_of_counts_are_the_same_in_any_unit(dtype, power):
    expected = unmixed(CUBE.astype(dtype), loss="kullback-leibler")
    found = unmixed(np.ldexp(CUBE, power).astype(dtype), loss="kullback-leibler")
    np.testing.assert_allclose(found.components, expected.components, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found.abundance_maps, np.ldexp(expected.abundance_maps, power), rtol=1e-2)
    error = found.decomposition.reconstruction_error
    assert error == pytest.approx(expected.decomposition.reconstruction_error, rel=1e-5)


@pytest.mark.parametrize("in_blocks", [False, True])
@pytest.mark.parametrize("power", [-100, -80, 0, 66])
def test_errors_and_residuals_of_classes_are_those_of_the_data(power, in_blocks):
    cube = np.ldexp(CUBE, power).astype(np.float32)
    spectra = take_spectra(dask_array.from_array(cube, chunks=(4, 10, 30)) if in_blocks else cube)
    labels = np.arange(100) % 3
    found = of_classes(spectra, labels, np.eye(3)[labels], True)
    values = CUBE.reshape(100, 30)
    residuals = values - np.stack([values[labels == label].mean(axis=0) for label in range(3)])[labels]
    error = np.linalg.norm(residuals) / np.linalg.norm(values)
    assert found.decomposition.reconstruction_error == pytest.approx(error, rel=1e-5)
    expected = np.sqrt(np.mean(residuals**2, axis=1)).reshape(10, 10)
    np.testing.assert_allclose(np.ldexp(found.residual_map, -power), expected, rtol=1e-4)
    expected = np.sqrt(np.mean(residuals**2, axis=0))
    np.testing.assert_allclose(np.ldexp(np.asarray(found.residual_spectrum), -power), expected, rtol=1e-4)


def test_sums_of_one():
    found = unmixed(sum_to_one=True)
    np.testing.assert_allclose(found.decomposition.loadings.sum(axis=1), 1, atol=1e-9)


def test_iterations_lower_the_error_from_the_start_on():
    errors = [unmixed(start_from="vca", max_iter=n, tol=0).decomposition.reconstruction_error for n in (0, 1, 5, 50)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0]


@pytest.mark.parametrize("start", ["vca", "nfindr"])
def test_pure_spectra_are_those_of_pure_pixels(start):
    spectra = take_spectra((SHARES @ ENDMEMBERS).reshape(10, 10, 30))
    pure = pure_spectra(spectra, 3, start, smooth=0)
    assert angles(pure, ENDMEMBERS)[0] < 0.1


def test_smoothing_keeps_noise_from_being_pure_and_skips_masked_pixels():
    shares = np.repeat(np.repeat(np.eye(3), 12, axis=0)[None], 36, axis=0)  # three stripes
    noisy = np.random.default_rng(1).poisson(3 * (shares @ ENDMEMBERS)).astype(float)
    found = {smooth: angles(pure_spectra(take_spectra(noisy), 3, "vca", smooth=smooth), ENDMEMBERS)[0]
             for smooth in (0, 2)}  # fmt: skip
    assert found[2] < 0.5 * found[0]
    mask = np.ones(noisy.shape[:2], bool)
    mask[10:20] = False
    spoiled = np.where(mask[:, :, None], noisy, 1e9)
    clean = pure_spectra(take_spectra(noisy, mask=mask), 3, "vca", smooth=2)
    np.testing.assert_allclose(pure_spectra(take_spectra(spoiled, mask=mask), 3, "vca", smooth=2), clean)


def test_masked_pixels_are_nan_in_the_maps():
    cube = CUBE.copy()
    cube[2, 3, 4] = np.nan
    found = unmixed(cube)
    for map_ in (found.abundance_maps, found.residual_map):
        missing = np.isnan(map_) if map_.ndim == 2 else np.isnan(map_).all(axis=2)
        assert np.argwhere(missing).tolist() == [[2, 3]]


def divergence(x, model):
    model = np.maximum(model, 1e-300)
    return float(np.sum(np.where(x > 0, x * np.log(np.where(x > 0, x, 1) / model), 0) - x + model))


def test_the_likelihood_of_counts_is_as_high_as_by_scikit_learn():
    x = CUBE.reshape(100, 30)
    start = nmf(factorize(x, 20), 3)
    ours = kl_nmf(x, start, tol=1e-9, max_iter=500)
    model = NMF(3, init="custom", solver="mu", beta_loss="kullback-leibler", max_iter=500, tol=0)
    theirs = model.fit_transform(x, W=start.loadings + 1e-3, H=start.components + 1e-3) @ model.components_
    assert divergence(x, ours.loadings @ ours.components) <= divergence(x, theirs) * (1 + 1e-4)
    np.testing.assert_allclose(ours.components.sum(axis=1), 1)
    assert (np.diff(ours.loadings.sum(axis=0)) <= 0).all()


def test_each_iteration_raises_the_likelihood():
    x = CUBE.reshape(100, 30).copy()
    x[5], x[:, 7] = 0, 0
    rng = np.random.default_rng(0)
    start = Decomposition(rng.random((3, 30)), rng.random((100, 3)), 1.0, 0, False)
    found = [kl_nmf(x, start, tol=0, max_iter=n) for n in (1, 2, 3, 10, 40)]
    values = [divergence(x, one.loadings @ one.components) for one in found]
    assert values == sorted(values, reverse=True)
    assert np.isfinite(values).all()


def test_a_start_far_larger_than_the_counts_is_refused():
    start = nmf(factorize(CUBE.reshape(100, 30), 10), 3)
    with pytest.raises(ValueError, match=r"start must be about as large as x, whose largest value is \d.*e-3\d"):
        kl_nmf(np.ldexp(CUBE.reshape(100, 30), -130).astype(np.float32), start)


def test_kullback_leibler_is_of_the_counts_themselves():
    plain, weighted = (unmixed(loss="kullback-leibler", weighting=w, tol=1e-8) for w in (None, "poisson"))
    assert angles(plain.components, weighted.components)[0] < 2
    rows, squares = CUBE.reshape(100, 30), unmixed(tol=1e-8)
    models = [one.decomposition.loadings @ one.components for one in (plain, squares)]
    assert divergence(rows, models[0]) < divergence(rows, models[1])


@pytest.mark.parametrize(
    ("cube", "options", "message"),
    [
        (CUBE - 30, {}, r"values that are not negative: \d+ of 3000 are, the lowest -16; clip or shift them"),
        (CUBE, {"loss": "l1"}, "the loss is 'frobenius' or 'kullback-leibler', got 'l1'"),
        (CUBE, {"start_from": "ppi"}, "start_from is one of vca, nfindr, None, got 'ppi'"),
        (CUBE, {"start_from": "vca", "smooth": -1}, "smooth is a standard deviation in pixels"),
        (CUBE, {"known": np.ones((4, 30))}, r"known spectra are at most 3 of 30 channels, got shape \(4, 30\)"),
        (CUBE, {"known": np.ones(29)}, r"got shape \(1, 29\)"),
        (CUBE, {"loss": "kullback-leibler", "sum_to_one": True}, "are for the frobenius loss"),
        (CUBE, {"loss": "kullback-leibler", "known": ENDMEMBERS[:1]}, "are for the frobenius loss"),
    ],
)
def test_what_cannot_be_unmixed(cube, options, message):
    with pytest.raises(ValueError, match=message):
        unmixed(cube, **options)


class TestTruths:
    def test_eels_of_oxides(self, shared_data):
        data = np.load(shared_data / "cube-eels-with-truth" / "oxide_interface_d1000.npz")
        cube, truth = data["cube"].astype(float), data["endmembers"]
        shares = data["abundances"].reshape(3, -1).T
        assert angles(unmixed(cube).components, truth)[0] < 13  # scikit-learn and HyperSpy: 13.3
        found = unmixed(cube, start_from="nfindr", smooth=2)
        assert angles(found.components, truth)[0] < 8.3
        assert rmse(found, truth, shares) < 0.09
        known = unmixed(cube, known=truth)
        assert rmse(known, truth, shares) < 0.1  # an energy drift is in the spectra, and not in the truth

    def test_spectra_of_rocks(self, shared_data):
        data = loadmat(shared_data / "cube-toy-with-truth" / "toy_image.mat")
        truth, shares = data["R_gt"], data["A_gt"].reshape(-1, 6)
        plain, found = (unmixed(data["I"], 6, rank=24, **options) for options in ({}, {"start_from": "nfindr"}))
        assert angles(plain.components, truth)[0] < 8
        assert angles(found.components, truth)[0] < 2
        assert rmse(found, truth, shares) < 0.07

    def test_real_eels(self, shared_data):
        cube = np.load(shared_data / "cube-eels-real" / "SI_data.npz")["X"]
        found = unmixed(np.maximum(cube, 0), 3)
        assert found.abundance_maps.shape == (24, 22, 3)
        assert found.decomposition.reconstruction_error < 0.3

    def test_current_against_voltage(self, shared_data):
        cubes = []
        with h5py.File(shared_data / "cube-bfo-iv" / "bfo_iv_final.hf5") as file:
            file.visititems(lambda _, item: cubes.append(item[()]) if getattr(item, "ndim", 0) == 3 else None)
        assert cubes[0].shape == (50, 50, 53)
        spectra = take_spectra(cubes[0], negative="shift")
        found = unmix_nmf(spectra, factorize(spectra.matrix, 20), 3)
        assert np.isfinite(found.abundance_maps).all()

    def test_missing_pixels_of_a_piezoresponse(self, shared_data):
        cube = np.load(shared_data / "cube-bepfm-with-nan" / "bepfm_test_data_sparse.npy")
        missing = np.isnan(cube).any(axis=2)
        spectra = take_spectra(cube, negative="shift")
        found = unmix_nmf(spectra, factorize(spectra.matrix, 20), 3)
        np.testing.assert_array_equal(np.isnan(found.abundance_maps).all(axis=2), missing)
        assert 0 < missing.sum() < missing.size
