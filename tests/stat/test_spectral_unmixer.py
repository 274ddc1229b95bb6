import importlib
import warnings

import numpy as np
import pytest
from sklearn.decomposition import NMF, PCA, FastICA
from sklearn.mixture import GaussianMixture

from atomstat_widgets.stat import SpectralUnmixer

RNG = np.random.default_rng(0)
ENDMEMBERS = 0.1 + RNG.random((3, 40))
SHARES = RNG.dirichlet(0.3 * np.ones(3), 120)
CUBE = (100 * SHARES @ ENDMEMBERS + RNG.random((120, 40))).reshape(10, 12, 40)
METHODS = ["nmf", "pca", "ica", "gmm"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("normalize", [False, True])
def test_shapes_and_attributes(method, normalize):
    unmixer = SpectralUnmixer(method, 3, normalize=normalize)
    components, maps = unmixer.fit(CUBE)
    assert (components.shape, maps.shape, unmixer.image_shape_) == ((3, 40), (10, 12, 3), (10, 12))
    assert unmixer.components_ is components
    assert unmixer.abundance_maps_ is maps
    again = SpectralUnmixer(method, 3, normalize=normalize).fit(CUBE)
    np.testing.assert_array_equal(again[0], components)
    assert unmixer.result_.residual_map.shape == (10, 12)


def test_principal_components_are_those_of_scikit_learn():
    components, maps = SpectralUnmixer("pca", 2).fit(CUBE)
    model = PCA(2)
    scores = model.fit_transform(CUBE.reshape(-1, 40))
    signs = np.sign(np.sum(model.components_ * components, axis=1))
    np.testing.assert_allclose(components, model.components_ * signs[:, None], atol=1e-6)
    np.testing.assert_allclose(maps.reshape(-1, 2), scores * signs, atol=1e-4)


def test_independent_components_are_source_spectra():
    sources = np.random.default_rng(1).laplace(size=(900, 2))
    spectra = sources @ ENDMEMBERS[:2]
    components, _ = SpectralUnmixer("ica", 2).fit(spectra.reshape(30, 30, 40))
    cosines = np.abs(np.corrcoef(components, ENDMEMBERS[:2])[:2, 2:])
    assert cosines.max(axis=1).min() > 0.99


@pytest.mark.parametrize("pca_dims", [2, 0.9, 0.99])
def test_classes_and_their_dimensions(pca_dims):
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 120)
    cube = (100 * ENDMEMBERS[labels] + rng.random((120, 40))).reshape(10, 12, 40)
    components, maps = SpectralUnmixer("gmm", 3, pca_dims=pca_dims).fit(cube)
    found = maps.reshape(-1, 3).argmax(axis=1)
    for number in range(3):
        assert len(set(labels[found == number])) == 1
        np.testing.assert_allclose(components[number], cube.reshape(-1, 40)[found == number].mean(axis=0))
    np.testing.assert_allclose(maps.sum(axis=2), 1)


@pytest.mark.parametrize("pca_dims", [0, 1.5, -1, np.nan, "all", True, 41])
def test_strange_dimensions(pca_dims):
    with pytest.raises(
        (ValueError, TypeError), match="pca_dims is 1 to 40 components, or a share of the variance below 1"
    ):
        SpectralUnmixer("gmm", 3, pca_dims=pca_dims).fit(CUBE)


@pytest.mark.parametrize(
    ("method", "options", "model"),
    [
        ("nmf", {"init": "random", "random_state": 3, "max_iter": 1000}, NMF),
        ("nmf", {"alpha_W": 0.1, "tol": 1e-3}, NMF),
        ("pca", {"whiten": True}, PCA),
        ("ica", {"fun": "exp", "random_state": 1}, FastICA),
        ("gmm", {"reg_covar": 1e-3, "pca_dims": 2}, GaussianMixture),
    ],
)
def test_parameters_of_scikit_learn_ask_for_its_model(method, options, model):
    cube = np.random.default_rng(1).laplace(size=(30, 30, 3)) @ ENDMEMBERS if method == "ica" else CUBE
    components, maps = SpectralUnmixer(method, 3, **options).fit(cube)
    theirs = model(n_components=3, **{"random_state": 0, **options} if method != "gmm" else {"reg_covar": 1e-3})
    rows = cube.reshape(-1, 40).astype(np.float64)
    if method == "gmm":
        np.testing.assert_allclose(maps.sum(axis=2), 1)
        return
    loadings = theirs.fit_transform(rows)
    np.testing.assert_allclose(maps.reshape(-1, 3), loadings, atol=1e-6 * np.abs(loadings).max())
    expected = theirs.mixing_.T if method == "ica" else theirs.components_
    np.testing.assert_allclose(components, expected, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("weighting", [None, "poisson"])
@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("nmf", {}), ("nmf", {"start_from": "vca"}), ("nmf", {"init": "nndsvda", "max_iter": 5000, "tol": 1e-6}),
        ("pca", {}), ("pca", {"svd_solver": "full"}), ("pca", {"whiten": True}),
        ("ica", {}), ("ica", {"w_init": None, "tol": 0.1}), ("gmm", {}), ("gmm", {"reg_covar": 1e-3}),
    ],
)  # fmt: skip
def test_all_components_together_leave_no_residual_but_of_classes(method, options, normalize, weighting):
    # Of as many components as the spectra have, whatever the scale of the pixels; of deviations from a mean one less
    # where sums are equal.
    cube = (np.linspace(0.2, 5, 120)[:, None] * SHARES @ ENDMEMBERS).reshape(10, 12, 40)
    count = 2 if normalize and method in ("pca", "ica") else 3
    unmixer = SpectralUnmixer(method, count, normalize=normalize, weighting=weighting, **options)
    unmixer.fit(cube)
    result = unmixer.result_
    rms = np.sqrt(np.mean(result.residual_map**2) / np.mean(cube**2))
    if method == "gmm":
        fit = result.decomposition.loadings @ result.components
        assert rms == pytest.approx(np.linalg.norm(cube.reshape(-1, 40) - fit) / np.linalg.norm(cube))
        assert rms == pytest.approx(result.decomposition.reconstruction_error)
    else:
        assert rms < (0.03 if method == "nmf" else 1e-5)


@pytest.mark.parametrize(
    ("method", "name", "model"),
    [("nmf", "colour", "NMF"), ("pca", "sum_to_one", "PCA"), ("ica", "pca_dims", "FastICA"),
     ("gmm", "loss", "GaussianMixture")],
)  # fmt: skip
def test_an_unknown_parameter_is_named(method, name, model):
    with pytest.raises(TypeError, match=f"'{name}' is no parameter of SpectralUnmixer with .*, nor of .*'s {model}"):
        SpectralUnmixer(method, 3, **{name: 1})


def test_other_refusals():
    with pytest.raises(ValueError, match="the method is one of nmf, pca, ica, gmm, got 'vae'"):
        SpectralUnmixer("vae")
    with pytest.raises(TypeError, match="'start_from' cannot be given together with 'alpha_W'"):
        SpectralUnmixer("nmf", 3, start_from="vca", alpha_W=0.1)
    with pytest.raises(ValueError, match="call fit first"):
        SpectralUnmixer().plot_results()


@pytest.mark.parametrize(
    "options", [{"start_from": "vca"}, {"sum_to_one": True}, {"loss": "kullback-leibler"}, {"tol": 0.1}]
)
def test_options_of_nmf_and_of_the_spectra(options):
    mask = np.ones((10, 12), bool)
    mask[0] = False
    components, maps = SpectralUnmixer("nmf", 3, mask=mask, signal_range=(0, 30), binning=(1, 1, 2), **options).fit(
        CUBE
    )
    assert components.shape == (3, 15)
    assert np.isnan(maps[0]).all()
    assert np.isfinite(maps[1:]).all()


def test_negative_values_are_told_and_shifted_or_clipped():
    cube = CUBE - 30
    below = int((cube < 0).sum())
    assert below > 0
    with pytest.warns(UserWarning, match=f"{below} of 4800 are, the lowest -.*negative='shift' or 'clip'"):
        shifted, _ = SpectralUnmixer("nmf", 3).fit(cube)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chosen, _ = SpectralUnmixer("nmf", 3, negative="shift").fit(cube)
        SpectralUnmixer("nmf", 3, negative="clip").fit(cube)
        SpectralUnmixer("pca", 3).fit(cube)
    np.testing.assert_array_equal(shifted, chosen)


def test_normalised_abundances_are_in_the_unit_of_the_spectra():
    unmixer = SpectralUnmixer("nmf", 3, normalize=True, tol=1e-6)
    components, maps = unmixer.fit(CUBE)
    np.testing.assert_allclose(maps @ components, CUBE, atol=3)


def test_plots(monkeypatch):
    shown = []
    plots = importlib.import_module("atomstat_widgets.atomai.plots")
    monkeypatch.setattr(plots, "_show", shown.append)
    unmixer = SpectralUnmixer("nmf", 3)
    unmixer.fit(CUBE)
    unmixer.plot_results()
    unmixer.plot_results(np.linspace(400, 500, 40), "eV", cmap="viridis", figsize=(9, 5))
    axes = shown[1].axes
    assert axes[0].get_xlabel() == "eV"
    assert axes[0].lines[0].get_xdata()[-1] == 500
    assert axes[0].get_title() == "NMF Component 1"
    assert tuple(shown[1].get_size_inches()) == (9, 5)
