from importlib import import_module

import matplotlib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot
from sklearn.decomposition import NMF, PCA

from atomstat_widgets import stat


@pytest.fixture(autouse=True)
def figures():
    """Agg, and no figure left behind."""
    matplotlib.use("Agg")
    yield
    pyplot.close("all")


def network_output(channels, frames=1, seed=0):
    """Blobs of two shapes, in channel 0, on a square lattice; and where they are, with classes."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[12:116:13, 12:116:13]
    positions = np.stack([y.ravel(), x.ravel()], axis=1)
    kinds = rng.integers(0, 2, (frames, len(positions)))
    rows, columns = np.mgrid[:128, :128]
    output = 0.05 * rng.random((frames, 128, 128, channels))
    for frame in range(frames):
        for (row, column), kind in zip(positions, kinds[frame], strict=True):
            width = (2.0, 4.0) if kind else (4.0, 2.0)
            shape = ((rows - row) / width[0]) ** 2 + ((columns - column) / width[1]) ** 2
            output[frame, ..., 0] += np.exp(-shape / 2)
    coordinates = {frame: np.column_stack([positions, np.arange(len(positions)) % 3 == 0]) for frame in range(frames)}
    return output.astype(np.float32), coordinates, kinds


@pytest.fixture(scope="module", params=[1, 3])
def channels(request):
    return request.param


@pytest.fixture(scope="module")
def local(channels):
    output, coordinates, _ = network_output(channels)
    return stat.imlocal(output, coordinates, window_size=12, coord_class=0)


def test_crops_are_of_the_asked_class(local, channels):
    _, coordinates, _ = network_output(channels)
    asked = coordinates[0][coordinates[0][:, 2] == 0, :2]
    assert local.imgstack.shape == (len(asked), 12, 12, channels)
    np.testing.assert_array_equal(local.imgstack_com, asked)
    assert (local.imgstack_frames == 0).all()
    assert local.left_out == 0


@pytest.mark.parametrize("method", ["pca", "ica", "nmf"])
def test_shapes_are_those_documented(local, channels, method):
    crops = len(local.imgstack)
    components, loadings, com_frames = getattr(local, method)(3)
    assert components.shape == (3, 12, 12, channels)
    assert loadings.shape == (crops, 3)
    assert com_frames.shape == (crops, 3)
    np.testing.assert_array_equal(com_frames[:, :2], local.imgstack_com)
    block = getattr(local, f"imblock_{method}")(3)
    assert [array.shape for array in block] == [(3, 12, 12, channels), (crops, 3), (crops, 2)]


def test_pca_is_that_of_scikit_learn(local):
    matrix = local.imgstack.reshape(len(local.imgstack), -1).astype(float)
    components, scores, _ = local.pca(2)
    peer = PCA(2).fit(matrix)
    flat = components.reshape(2, -1)
    signs = np.sign((flat * peer.components_).sum(axis=1))
    np.testing.assert_allclose(flat, peer.components_ * signs[:, None], atol=1e-4)
    np.testing.assert_allclose(scores, peer.transform(matrix) * signs, atol=1e-4)


@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
def test_nmf_error_is_not_above_that_of_scikit_learn(local):
    matrix = local.imgstack.reshape(len(local.imgstack), -1)
    components, loadings, _ = local.nmf(3)
    error = np.linalg.norm(matrix - loadings @ components.reshape(3, -1))
    peer = NMF(3, init="nndsvda", random_state=1, max_iter=2000).fit(matrix)
    assert error <= peer.reconstruction_err_ * 1.001


def test_a_component_tells_the_two_shapes_apart():
    output, coordinates, kinds = network_output(1)
    local = stat.imlocal(output, {0: coordinates[0][:, :2]}, 12)
    for method in ("pca", "ica"):
        score = getattr(local, method)(1)[1][:, 0]
        assert abs(np.corrcoef(score, kinds[0])[0, 1]) > 0.99
    centroids, members, described = local.gmm(2)
    agreement = np.mean((described[:, 2] == 1) == kinds[0])
    assert max(agreement, 1 - agreement) == 1
    for label, (centroid, crops) in enumerate(zip(centroids, members, strict=True), start=1):
        np.testing.assert_array_equal(crops, local.imgstack[described[:, 2] == label])
        np.testing.assert_allclose(centroid, crops.mean(axis=0), rtol=1e-6)


def test_another_count_reads_the_kept_factor(local):
    low_rank = local._factor(3, center=True)
    for count in (2, 4, 8):
        assert local._factor(count, center=True) is low_rank
    assert local._factor(40, center=True) is not low_rank
    assert local.pca(40)[0].shape[0] == 40


def test_scree_is_that_of_scikit_learn(local):
    matrix = local.imgstack.reshape(len(local.imgstack), -1)
    expected = PCA().fit(matrix.astype(float)).explained_variance_ratio_
    ratios = local.pca_scree_plot(plot_results=False)
    assert ratios.shape == expected.shape
    np.testing.assert_allclose(ratios, expected, atol=1e-5)
    assert pyplot.get_fignums() == []


def test_pca_within_classes(local, channels):
    centroids, components, scores, described = local.pca_gmm(2, [3, 1])
    assert centroids.shape == (2, 12, 12, channels)
    assert [array.shape[0] for array in components] == [3, 1]
    counts = [int((described[:, 2] == label).sum()) for label in (1, 2)]
    assert [array.shape for array in scores] == [(counts[0], 3), (counts[1], 1)]
    assert counts[0] >= counts[1]
    assert [array.shape[0] for array in local.pca_gmm(2, 2)[1]] == [2, 2]
    ratios = local.pca_gmm_scree_plot(2, plot_results=False)
    assert [len(array) for array in ratios] == [min(count, 144 * channels) for count in counts]
    assert all(array.sum() == pytest.approx(1) for array in ratios)


def test_movies_keep_their_frame_numbers():
    output, coordinates, _ = network_output(1, frames=3)
    local = stat.imlocal(output, {"2": coordinates[2], "0": coordinates[0]}, 12, coord_class=1)
    assert sorted(set(local.imgstack_frames)) == [0, 2]
    described = local.gmm(2)[2]
    np.testing.assert_array_equal(described[:, 3], local.imgstack_frames)


def test_a_plain_image_and_plain_positions_are_enough():
    output, coordinates, _ = network_output(1)
    local = stat.imlocal(output[0, :, :, 0], coordinates[0][:, :2])
    assert local.imgstack.shape[1:] == (26, 26, 1)
    assert local.left_out == 15  # the first row and column, 12 px from the border: half a crop is 13
    assert local.imblock_pca(2, plot_results=True)[0].shape == (2, 26, 26, 1)


def test_plots_are_made_when_asked_for(local):
    assert pyplot.get_fignums() == []
    local.pca(3, plot_results=True)
    figure = pyplot.gcf()
    assert [axis.get_title() for axis in figure.axes] == ["Component 1", "Component 2", "Component 3"]
    pyplot.close("all")
    local.imblock_ica(6, plot_results=True, marker_size=10)
    titles = [axis.get_title() for number in pyplot.get_fignums() for axis in pyplot.figure(number).axes]
    assert [title for title in titles if title.startswith("Loading")] == [f"Loading map {n}" for n in range(1, 7)]
    pyplot.close("all")
    local.gmm(2, plot_results=True)
    assert "members" in pyplot.gcf().axes[0].get_title()
    pyplot.close("all")
    local.pca_scree_plot()
    assert pyplot.gcf().axes[0].get_ylabel() == "explained variance ratio"
    pyplot.close("all")
    local.pca_gmm_scree_plot(2)
    assert len(pyplot.get_fignums()) == 3
    pyplot.close("all")
    local.pca_gmm(2, 2, plot_results=True)
    assert len(pyplot.get_fignums()) == 3


def test_signed_maps_diverge_from_zero(local):
    local.imblock_pca(1, plot_results=True)
    points = pyplot.figure(pyplot.get_fignums()[-1]).axes[0].collections[0]
    assert points.norm.vmin == -points.norm.vmax
    rows, columns = local.imgstack_com.T
    np.testing.assert_array_equal(points.get_offsets(), np.column_stack([columns, rows]))


def test_an_empty_class_has_an_explicit_empty_entry(monkeypatch):
    output, coordinates, _ = network_output(1)
    local = stat.imlocal(output, coordinates, 12)
    empty = stat.Classes(np.ones(len(local.imgstack), int), np.ones((len(local.imgstack), 2)), 0.0, True)
    module = import_module("atomstat_widgets.atomai._imlocal")  # by attribute it is the class of the same name
    monkeypatch.setattr(module, "gmm", lambda *args, **options: empty)
    centroids, members, _ = local.gmm(2)
    assert [len(crops) for crops in members] == [len(local.imgstack), 0]
    assert members[1].shape == (0, 12, 12, 1)
    assert not centroids[1].any()
    with pytest.raises(ValueError, match="class 2 has 0 members, too few for 1 components"):
        local.pca_gmm(2, 1)
    assert [len(ratios) for ratios in local.pca_gmm_scree_plot(2, plot_results=False)] == [len(local.imgstack), 0]


@given(st.integers(1, 4), st.sampled_from(["full", "tied", "diag", "spherical"]), st.integers(0, 50))
def test_gmm_labels_are_numbered_by_size(k, covariance, seed):
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.normal(10 * i, 0.3, (12 - 2 * i, 2)) for i in range(k)])
    classes = stat.gmm(x, k, covariance=covariance, seed=seed, starts=3)
    assert classes.counts.sum() == len(x)
    assert (np.diff(classes.counts) <= 0).all()
    assert classes.labels.min() == 1
    assert (classes.probabilities.argmax(axis=1) + 1 == classes.labels).all()


def test_gmm_finds_separate_clusters():
    rng = np.random.default_rng(0)
    truth = np.repeat([1, 2, 3], [50, 30, 20])
    x = rng.normal(0, 0.2, (100, 3)) + 5 * truth[:, None]
    classes = stat.gmm(x, 3, starts=5)
    np.testing.assert_array_equal(classes.labels, truth)
    assert stat.gmm(x, 2, starts=5).bic > classes.bic


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((np.eye(3), 4), {}, "between 1 and the number of rows, 3, got 4"),
        ((np.eye(3), 0), {}, "got 0"),
        ((np.eye(3), 2), {"covariance": "round"}, "one of full, tied, diag, spherical, got 'round'"),
        ((np.eye(3), 2), {"starts": 0}, "starts is at least 1, got 0"),
    ],
)
def test_gmm_refuses(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        stat.gmm(*arguments, **options)


def test_refuses():
    output, coordinates, _ = network_output(1, frames=2)
    local = stat.imlocal(output, coordinates, 12)
    with pytest.raises(ValueError, match="drawn over one image, there are 2"):
        local.imblock_pca(2, plot_results=True)
    with pytest.raises(ValueError, match="as many numbers of components, got 3"):
        local.pca_gmm(2, [1, 1, 1])
    with pytest.raises(ValueError, match="loading maps need image_hw"):
        local.plot_decomposition_results(*local.pca(2)[:2])
    with pytest.raises(TypeError, match="max_iter"):
        local.nmf(2, max_iter=10)
    with pytest.raises(ValueError, match="between 1 and the rank"):
        local.pca(0)
    negative = stat.imlocal(output - 0.5, coordinates, 12)
    with pytest.raises(ValueError, match=r"NMF needs values that are not negative: \d+ of \d+ are, the lowest -0\.\d+"):
        negative.nmf(2)
    with pytest.raises(ValueError, match=r"none of \d+ atoms is of class"):
        stat.imlocal(output, coordinates, 12, coord_class=7)
