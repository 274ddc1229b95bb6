import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from traitlets import TraitError

from atomstat_widgets import analyse
from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.domains.stages import ALL_CHANNELS, IMAGE
from atomstat_widgets.data import Image, samples
from atomstat_widgets.stat import extract_crops, factorize, find_atoms, normalize_image, otsu_threshold, pca


@pytest.fixture(scope="module")
def image():
    return samples.ferroelectric(shape=(192, 224))


@pytest.fixture
def model(image):
    return DomainsModel(image)


@pytest.mark.parametrize("as_given", [lambda a: a, lambda a: {0: a}, lambda a: {"0": a[:, :2]}])
def test_coordinates_as_atomai_gives_them(image, given, as_given):
    output = given.channels[None]
    model = DomainsModel(image, as_given(given.atoms), output, channel=0)
    np.testing.assert_allclose(model.result.atoms.positions[:, :2], given.atoms[:, :2])
    assert model.error == ""
    np.testing.assert_array_equal(model.image.channels, np.float32(output[0]))


@pytest.mark.parametrize(
    ("coordinates", "output", "message"),
    [
        ({0: np.ones((2, 2)), 1: np.ones((2, 2))}, None, "coordinates are of one image, got those of 2"),
        (np.ones((2, 4)), None, r"atoms of .* have shape \(n, 2\) or \(n, 3\), got \(2, 4\)"),
        (None, np.ones((5, 5, 2)), r"channels have shape \(height, width, channels\) over the image's \(192, 224\)"),
        (None, np.ones((2, 192, 224, 2)), "channels have shape"),
    ],
)
def test_coordinates_and_outputs_that_do_not_fit(image, coordinates, output, message):
    with pytest.raises(ValueError, match=message):
        DomainsModel(image, coordinates, output)


@pytest.fixture(scope="module")
def given(image):
    """An image with atoms of two classes and a network's output of three channels."""
    atoms = find_atoms(image.array).positions
    classes = (atoms[:, 1] > 112).astype(float)
    rng = np.random.default_rng(0)
    channels = np.concatenate([normalize_image(image.array)[..., None], rng.random((192, 224, 2))], axis=2)
    return Image(image.array, "given", atoms=np.column_stack([atoms, classes]), channels=channels)


def test_the_result_is_that_of_the_functions(model, image):
    atoms = find_atoms(image.array)
    crops = extract_crops(normalize_image(image.array), atoms.positions, 24, recentre=True, normalize=True, smooth=1.0)
    expected = pca(factorize(crops.matrix, 24, center=True), 4)
    result = model.result
    np.testing.assert_allclose(result.atoms.positions, atoms.positions)
    np.testing.assert_allclose(result.crops.images, crops.images)
    np.testing.assert_allclose(result.decomposition.components, expected.components, atol=1e-5)
    assert result.window == crops.shape[0]
    assert result.component_pictures.shape == (4, result.window, result.window)
    assert model.status.startswith(f"{len(crops):,} atoms ({crops.left_out:,} more at the border), 4 components in")


def test_the_first_component_is_the_domain_map(model):
    loading = model.result.decomposition.loadings[:, 0]
    assert model.result.agreement(loading > otsu_threshold(loading)) > 0.9


def test_another_count_cuts_and_factorizes_nothing_again(model):
    crops, low_rank = model.result.crops, model.result.low_rank
    model.n_components = 6
    assert model.result.crops is crops
    assert model.result.low_rank is low_rank
    model.method = "ICA"
    assert model.result.low_rank is low_rank
    model.window = 16
    assert model.result.crops is not crops
    assert model.result.window == 16
    assert model.result.atoms.positions.shape[0] >= len(crops)


def test_automatic_numbers_can_be_set_and_released(model):
    automatic = model.result.window
    model.window = 14
    assert model.result.window == 14
    model.window = None
    assert model.result.window == automatic
    found = len(model.result.atoms.positions)
    model.strength = float(np.median(model.result.atoms.strengths))
    assert len(model.result.atoms.positions) < found
    model.strength = None
    assert len(model.result.atoms.positions) == found


@pytest.mark.parametrize("method", ["PCA", "ICA", "NMF", "GMM"])
def test_reconstructions_come_close(model, method):
    model.method = method
    assert model.error == ""
    result = model.result
    own, reconstructed = result.crop(7)
    np.testing.assert_allclose(own, result.pictures(result.crops.images[7].reshape(1, -1))[0])
    assert np.linalg.norm(own - reconstructed) < np.linalg.norm(own - own.mean())
    # over all crops the error is the one that is stated
    everything = np.array([np.diff(result.crop(n), axis=0)[0] for n in range(len(result.crops))])
    matrix = result.crops.images.reshape(len(result.crops), -1)
    scale = np.linalg.norm(matrix - (result.base if method == "NMF" else matrix.mean(axis=0)))
    assert np.linalg.norm(everything) / scale == pytest.approx(result.decomposition.reconstruction_error, abs=2e-3)


def test_nmf_counts_from_the_lowest_value(model):
    model.method = "NMF"
    assert (model.result.base == model.result.crops.images.min()).all()
    assert (model.result.decomposition.components >= 0).all()
    assert (model.result.decomposition.loadings >= 0).all()


def test_classes_have_their_mean_crops(model):
    model.method = "GMM"
    model.n_components = 2
    result = model.result
    for label in (0, 1):
        expected = result.crops.images[result.labels == label].mean(axis=0).reshape(1, -1)
        np.testing.assert_allclose(result.component_pictures[label], result.pictures(expected)[0], atol=1e-4)
    assert result.agreement(result.labels) > 0.9
    assert result.decomposition.loadings.sum(axis=1) == pytest.approx(1)
    assert result.scores.shape == (len(result.crops), 8)


def test_mean_crops_of_a_selection(model):
    chosen = np.zeros(len(model.result.crops), bool)
    chosen[[3, 5]] = True
    selected, rest = model.result.mean_crops(chosen)
    images = model.result.crops.images[..., 0]
    np.testing.assert_allclose(selected, images[[3, 5]].mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(rest, images[~chosen].mean(axis=0), atol=1e-4)
    np.testing.assert_array_equal(model.result.mean_crops(np.ones_like(chosen))[1], 0)


@pytest.mark.parametrize("method", ["PCA", "ICA", "NMF", "GMM"])
def test_components_keep_their_numbers_and_signs(model, method):
    model.method = method
    before = model.result
    model.window = before.window + 2
    nearest = before.nearest(model.result.crops.positions)
    old, new = before.decomposition.loadings[nearest, :1].T, model.result.decomposition.loadings[:, :1].T
    assert np.corrcoef(old, new)[0, 1] > 0.8
    if method == "GMM":
        np.testing.assert_array_equal(model.result.decomposition.loadings.argmax(axis=1), model.result.labels)


def test_advice_is_there_for_every_count(model):
    assert model.advice == {}
    model.method = "NMF"
    assert sorted(model.advice) == ["error", "stability"]
    model.method = "GMM"
    assert sorted(model.advice) == ["bic", "stability"]
    for values in model.advice.values():
        assert sorted(values) == list(range(1, 9))
    assert model.advice["stability"][2] > 0.8 > model.advice["stability"][6]
    model.window = 16
    assert sorted(model.advice["bic"]) == list(range(1, 9))


def test_advice_of_other_crops_is_not_mixed_in(model):
    model.method = "NMF"
    seen = []
    model.observe(lambda change: seen.append(dict(model.advice)), "result")
    model.n_components = 3
    model.window = 16
    assert [bool(advice) for advice in seen] == [True, False]


def test_given_atoms_classes_and_channels(given):
    model = DomainsModel(given, window=20)
    assert len(model.result.atoms.positions) == len(given.atoms)
    both = len(model.result.crops)
    model.atom_class = 1
    right = len(model.result.crops)
    assert 0 < right < both
    assert (model.result.crops.positions[:, 1] > 100).all()
    model.channel = 1
    assert model.result.component_pictures.shape == (4, 20, 20)
    model.channel = ALL_CHANNELS
    assert model.result.component_pictures.shape == (4, 20, 60)
    assert len(model.result.crops) == right
    with pytest.raises(TraitError, match="channel = 3: the image comes with 3 channels"):
        model.channel = 3
    assert model.channel == ALL_CHANNELS


@pytest.mark.parametrize(
    ("coordinates", "message"),
    [
        (np.empty((0, 2)), "no atoms are given with the image"),
        ([[50.0, np.nan], [60.0, 60.0]], "1 of 2 positions of frame 0 are not finite, the first is number 0"),
        ([[50.0, 50.0]], "only 1 atom has a crop: components are what differs between atoms"),
        ([[50.0, 50.0], [50.0, 50.0]], "only 1 atom has a crop"),
        ([[-25.0, 0.0], [0.0, -23.0]], "no crop is left of 2 atoms"),
    ],
)
def test_coordinates_that_cannot_be_analysed_are_said_in_words(image, coordinates, message):
    model = DomainsModel(image, coordinates)
    assert message in model.error
    assert model.result is None


def test_a_class_without_atoms_is_said_and_the_result_stays(given):
    model = DomainsModel(given)
    before = model.result
    model.atom_class = 7
    assert f"none of {len(given.atoms)} atoms is of class 7" in model.error
    assert model.result is before


def test_a_new_image_starts_automatically_and_in_one_run(given, image):
    model = DomainsModel(given, window=16, atom_class=1, channel=2)
    published = []
    model.observe(lambda change: published.append(change.new.parameters), "result")
    model.image = image
    assert (model.window, model.atom_class, model.channel, model.error) == (None, None, IMAGE, "")
    assert len(published) == 1
    assert model.result.image is model.image


def test_without_truth_there_is_no_agreement(given):
    with pytest.raises(ValueError, match="the true domains of given are not known"):
        DomainsModel(given).result.agreement(np.zeros(5))


def test_agreement_is_the_adjusted_rand_index(model):
    labels = np.arange(len(model.result.crops)) % 3
    assert model.result.agreement(labels) == pytest.approx(adjusted_rand_score(model.result.truth, labels))


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (np.ones((64, 64)), ValueError, "all 4096 pixels of the image are equal"),
        (np.full((64, 64), np.inf), ValueError, "4096 of 4096 pixels are NaN"),
        (np.eye(5), ValueError, "no room for atoms"),
        ("missing.tif", ValueError, "missing.tif does not exist"),
    ],
)
def test_refused_images_change_nothing(model, bad, error, message):
    before, result = model.image, model.result
    with pytest.raises(error, match=message):
        model.image = bad
    assert model.image is before
    assert model.result is result


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("window", 1), ("window", "big"), ("method", "SVD"), ("n_components", 0), ("n_components", 9)),
        *(("smooth", -1), ("spacing", 1), ("strength", -0.5), ("gmm_dimensions", 9), ("channel", 0)),
    ],
)
def test_refused_parameters_change_nothing(model, name, value):
    result, before = model.result, getattr(model, name)
    with pytest.raises(TraitError, match=name):
        setattr(model, name, value)
    assert model.result is result
    assert getattr(model, name) == before


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"strength": 1e6}, "no atoms were found: lower the strength, or set the spacing"),
        ({"window": 200}, "the window is between 1 and 192, the image's shorter side, got 200"),
        ({"window": 192}, "no crop is left"),
    ],
)
def test_what_cannot_be_analysed_is_said_in_words(model, parameters, message):
    before = model.result
    for name, value in parameters.items():
        setattr(model, name, value)
    assert message in model.error
    assert model.result is before
    for name in parameters:
        setattr(model, name, None)
    assert model.error == ""


def test_dark_atoms_give_what_bright_ones_do(model, image):
    negative = DomainsModel(1 - image.array, dark=True)
    np.testing.assert_allclose(negative.result.atoms.positions, model.result.atoms.positions, atol=1e-3)
    np.testing.assert_allclose(negative.result.crops.images, model.result.crops.images, atol=1e-2)
    negative.image = image
    assert not negative.dark
    np.testing.assert_array_equal(negative.result.atoms.positions, model.result.atoms.positions)


@pytest.mark.parametrize(("count", "words"), [(1, "1 of 340 positions was"), (12, "12 of 351 positions were")])
def test_positions_given_twice_are_joined_and_said(model, image, count, words):
    atoms = model.result.crops.positions
    twice = DomainsModel(image, np.concatenate([atoms, atoms[:count] + 0.2]))
    assert twice.result.remark == f"{words} given twice: joined"
    np.testing.assert_array_equal(twice.result.atoms.positions, atoms)
    assert twice.result.window == model.result.window
    assert DomainsModel(image, atoms).result.remark == ""


@pytest.mark.parametrize("seed", [0, 3, 16])  # of 3 and 16 the atom finder finds 1 and 6
@pytest.mark.parametrize("shape", [(8, 8), (128, 128)])
def test_nothing_of_noise_is_analysed(seed, shape):
    noise = np.random.default_rng(seed).normal(size=shape)
    model = DomainsModel(noise)
    assert model.error.startswith("No atoms stand out of the noise")
    assert model.result is None
    with pytest.raises(ValueError, match="No atoms stand out of the noise"):
        analyse("domains", noise)


def test_noise_after_an_image_keeps_the_last_result(model):
    before = model.result
    model.image = np.random.default_rng(0).normal(size=(96, 96))
    assert model.error.startswith("No atoms stand out of the noise")
    assert model.result is before
    model.image = before.image
    assert model.error == ""


def spots(*places, side=64):
    y, x = np.mgrid[:side, :side]
    image = 0.01 * np.random.default_rng(0).standard_normal((side, side))
    return image + sum(np.exp(-((y - row) ** 2 + (x - column) ** 2) / 18) for row, column in places)


@pytest.mark.parametrize("method", ["PCA", "ICA", "NMF", "GMM"])
@pytest.mark.parametrize("places", [[(30, 33), (10, 13)], [(30, 33), (20, 13), (50, 40)]])
def test_a_few_atoms_make_no_error_by_default(places, method):
    model = DomainsModel(spots(*places), method=method)
    assert model.error == ""
    assert 2 <= len(model.result.crops) <= len(places)
    assert model.result.decomposition.n_components <= len(model.result.crops)
    assert f"{model.result.decomposition.n_components} c" in model.status


def test_the_one_atom_of_an_image_is_said():
    assert DomainsModel(spots((30, 33))).error.startswith("only 1 atom has a crop")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    ("sample", "kinds"), [("graphene", 3), ("grains", 3), ("phase_boundary", 2), ("ferroelectric", 2)]
)
def test_the_advised_number_of_classes_is_that_of_the_kinds(sample, kinds, seed):
    model = DomainsModel(getattr(samples, sample)(seed=seed), method="GMM", n_components=kinds)
    stability = model.result.method.curves[0]
    assert stability.advise_for(model.result, stability.values(model.result, model.advice)) == kinds
    assert model.result.agreement(model.result.labels) > 0.96
