"""Models that prepare their image: where it is needed, as it is asked for, and said."""

import numpy as np
import pytest

from atomstat_widgets import analyse, load, samples
from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
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
