"""Models that prepare their image: where it is needed, as it is asked for, and said."""

import numpy as np
import pytest
from traitlets import TraitError

from atomstat_widgets import analyse, load, samples
from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.data.sampling import overview
from atomstat_widgets.reactive.recipe import recipe_of
from atomstat_widgets.reactive.results import figure_of, numbers_of

MODELS = [SlidingFFTModel, DomainsModel]


@pytest.fixture(scope="module")
def wedge():
    image = np.asarray(samples.graphene(shape=(192, 192)).array)
    return image + 5 * np.arange(192) / 192


@pytest.mark.parametrize("make", MODELS)
def test_a_background_is_subtracted_and_said(make, wedge):
    model = make(wedge, advise=False)
    assert model.error == ""
    assert model.result.preparation.background is not None
    assert "A background of " in model.result.remark
    assert model.result.image is model.image
    assert numbers_of(model.result).provenance["preparation"] == model.result.preparation.words
    assert model.result.preparation.words in figure_of(model.result).get_supxlabel()
    model.background = False
    assert model.result.preparation is None
    assert "background" not in model.result.remark
    assert "preparation" not in numbers_of(model.result).provenance
    assert figure_of(model.result).get_supxlabel() == ""


@pytest.mark.parametrize("make", MODELS)
def test_an_image_that_needs_nothing_is_analysed_as_it_is(make):
    image = samples.graphene(shape=(192, 192))
    model = make(image, advise=False)
    never = make(image, advise=False, background=False, line_jitter=False, border=False)
    assert model.result.preparation is None
    np.testing.assert_array_equal(model.result.decomposition.loadings, never.result.decomposition.loadings)
    model.background = True
    assert model.result.preparation.background is not None


def gaps(image, inside):
    """NaN in two islands of an image, or everywhere but there."""
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    islands = (np.hypot(rows - 50, columns - 60) < 40) | (np.hypot(rows - 130, columns - 130) < 50)
    return np.where(islands == inside, np.nan, image)


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("inside", [True, False])
def test_an_image_with_gaps_is_prepared_and_said(make, inside):
    image = np.asarray(samples.graphene(shape=(192, 192)).array)
    model = make(image, advise=False)
    model.image = gaps(image, inside)
    assert model.error == ""
    assert model.result.image is model.image
    assert model.result.remark.startswith("Places without data were left out: 0.")
    np.testing.assert_array_equal(model.result.preparation.border, np.isnan(model.image.array))
    assert np.isfinite(overview(model.image)).all()
    assert figure_of(model.result).axes
    before = model.result
    model.border = False
    assert "pixels are NaN or infinite" in model.error
    assert model.error.endswith("they are left out where Border is on, in the bar Prepare")
    assert model.result is before
    model.border = None
    assert model.error == ""


@pytest.mark.parametrize("make", MODELS)
def test_without_data_a_file_is_refused_and_the_last_stays(make):
    model = make(samples.graphene(shape=(96, 96)), advise=False)
    before = model.image
    constant = np.full((64, 64), np.nan)
    constant[9:30, 9:30] = 2
    for image, words in [
        (np.full((64, 64), np.nan), "4096 of 4096 pixels are NaN or infinite"),
        (np.full((64, 64), 3.0), r"all 4096 pixels of the image are equal \(3\)"),
        (constant, r"all 441 pixels with data are equal \(2\)"),
    ]:
        with pytest.raises((ValueError, TraitError), match=words):
            model.image = image
        assert model.image is before
    hot = np.ones((64, 64))
    hot[5, 5] = 9
    model.image = hot
    assert model.error == "all but 1 of 4,096 pixels are without data or of one value: there is nothing to analyse"


def test_dark_atoms_are_told_said_and_chosen():
    image = np.asarray(samples.graphene(shape=(192, 192)).array)
    expected = DomainsModel(image, advise=False).result
    model = DomainsModel(-image, advise=False)
    assert model.dark is None
    assert model.result.remark.startswith("Atoms are dark: the image was negated. Lattice planes ")
    np.testing.assert_allclose(model.result.atoms.positions, expected.atoms.positions, atol=1e-3)
    assert numbers_of(model.result).provenance["preparation"] == "Atoms are dark: the image was negated"
    model.dark = False
    assert model.error.endswith("dark atoms need the check mark")
    model.dark = True
    np.testing.assert_allclose(model.result.atoms.positions, expected.atoms.positions, atol=1e-3)
    assert (
        DomainsModel(-image, expected.atoms.positions, advise=False).result.preparation is None
    )  # none are looked for
    assert SlidingFFTModel(-image, advise=False).result.preparation is None  # its spectra are those of the negative


def test_a_doubt_about_dark_atoms_is_said_with_the_control_that_settles_it():
    y, x = np.mgrid[:160, :160]
    waves = sum(np.cos(2 * np.pi / 18 * (x * np.cos(a) + y * np.sin(a))) for a in (0, np.pi / 3, -np.pi / 3))
    model = DomainsModel(waves + 0.1 * np.random.default_rng(0).standard_normal(waves.shape), advise=False)
    doubt = (
        "Whether atoms are bright or dark is in doubt: dark atoms and a honeycomb of bright ones look alike. "
        "If they are dark, set the check mark Dark atoms"
    )
    assert model.result.remark.endswith(doubt)
    assert figure_of(model.result).get_supxlabel() == ""
    model.dark = False
    assert doubt not in model.result.remark


def test_what_was_asked_for_is_in_a_script(tmp_path, wedge):
    np.save(tmp_path / "wedge.npy", wedge)
    result = analyse("sliding-fft", load(tmp_path / "wedge.npy"), background=False, line_jitter=True)
    script = recipe_of(result).script()
    for line in ("background=False,", "line_jitter=True,", "border=None,"):
        assert line in script


def test_domains_are_those_without_the_background(wedge):
    flat = np.asarray(samples.graphene(shape=(192, 192)).array)
    found, expected = (DomainsModel(one, advise=False).result for one in (wedge, flat))
    assert len(found.crops) == pytest.approx(len(expected.crops), rel=0.02)


@pytest.mark.parametrize("model", [SlidingFFTModel, DomainsModel])
def test_hot_pixels_are_replaced_in_what_is_analysed(model):
    image = samples.phase_boundary().array
    clean = model(image, advise=False).result
    rows, columns = np.random.default_rng(1).integers(0, image.shape[0], (2, 8))
    image = image.copy()
    image[rows, columns % image.shape[1]] = 1e4
    result = model(image, advise=False).result
    assert result.remark.startswith("8 hot pixels were replaced. ")
    assert result.decomposition.n_components == clean.decomposition.n_components
    np.testing.assert_allclose(result.shares, clean.shares, atol=0.03)


def test_dark_atoms_are_taken_where_it_is_in_doubt_and_there_are_no_bright_ones(hard_scenes):
    image, truth = hard_scenes.clean_honeycomb(noise=0.2, seed=1)
    result = DomainsModel(-image, advise=False).result
    assert len(result.atoms.positions) == pytest.approx(len(truth), rel=0.01)
    assert result.preparation.dark
    assert result.remark.startswith("Atoms are dark: the image was negated, as no bright ones were found. ")
    assert "in doubt" not in result.remark


@pytest.mark.parametrize(("dark", "words"), [
    (True, "; for bright ones take the check mark Dark atoms away"), (False, "; dark atoms need the check mark"),
])  # fmt: skip
def test_where_no_atoms_are_found_the_words_fit_the_check_mark(dark, words):
    noise = np.random.default_rng(0).standard_normal((128, 128))
    assert DomainsModel(noise, dark=dark, advise=False).error.endswith(words)


@pytest.mark.parametrize("make", MODELS)
def test_infinite_pixels_are_places_without_data(make):
    image = np.asarray(samples.graphene(shape=(192, 192)).array).copy()
    image[50:53, 60], image[100, 20] = np.inf, -np.inf
    result = make(image, advise=False).result
    assert "Places without data were left out: 0.00011 of the image" in result.remark
    assert "are NaN or infinite" in make(image, border=False, advise=False).error


def test_an_image_without_a_whole_square_of_data_is_refused_for_that():
    image = np.asarray(samples.graphene(shape=(64, 64)).array).copy()
    image[::2] = np.nan
    model = DomainsModel(image, advise=False)
    assert (
        model.error == "all but 2,048 of 4,096 pixels are without data or of one value: nowhere have 8 x 8 pixels data"
    )


def test_one_position_given_often_is_said_to_be_joined():
    image = np.asarray(samples.graphene(shape=(64, 64)).array)
    model = DomainsModel(image, coordinates=np.full((50, 2), 30.0), advise=False)
    assert model.error.startswith("only 1 atom has a crop (49 of 50 positions were given twice: joined): ")


def test_arguments_that_are_swapped_are_refused_in_words():
    with pytest.raises(TypeError, match="an analysis is given by its name, as 'sliding-fft', not by ndarray"):
        analyse(np.eye(64), "domains")
