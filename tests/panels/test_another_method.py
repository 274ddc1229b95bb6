"""A method that is added to an analysis, as one object, is there everywhere: model, page, figure, files, sessions."""

import json

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.decomposition import FactorAnalysis

from atomstat_widgets import App, DomainsPanel, UnmixingPanel, analyse, cubes, samples
from atomstat_widgets.__main__ import main
from atomstat_widgets.analyses.domains.methods import METHODS
from atomstat_widgets.analyses.unmixing.methods import METHODS as OF_UNMIXING
from atomstat_widgets.panels.image_panel import ALL
from atomstat_widgets.reactive.crops_to_components import Components, sums_by_class
from atomstat_widgets.reactive.methods import CLASSES, ERROR, VARIANCE, Method
from atomstat_widgets.reactive.recipe import recipe_of
from atomstat_widgets.reactive.results import figure_of, numbers_of
from atomstat_widgets.stat import Decomposition

IMAGE = samples.graphene(shape=(160, 160))


def by_factor_analysis(factor, n_components, progress):
    model = FactorAnalysis(n_components, random_state=0).fit(factor.crops.matrix[:])
    loadings = model.transform(factor.crops.matrix[:])
    misfit = factor.crops.matrix[:] - factor.base - loadings @ model.components_
    error = float(np.linalg.norm(misfit) / np.sqrt(factor.low_rank.total))
    return Components(Decomposition(model.components_, loadings, error, model.n_iter_, True))


def by_means(factor, n_components, progress):
    labels = KMeans(n_components, n_init=3, random_state=0).fit_predict(factor.crops.matrix[:]).astype(np.intp)
    counts = np.bincount(labels, minlength=n_components)[:, None]
    deviations = sums_by_class(factor.crops, labels, n_components) / counts - factor.base
    return Components(Decomposition(deviations, np.eye(n_components)[labels], 0.5, 0, True), labels)


FACTORS = Method(
    name="Factors", tooltip="Factors: what varies together, beside noise of each pixel", fit=by_factor_analysis,
    signed=True, curves=(ERROR(measure=lambda trial: trial.find().decomposition.reconstruction_error), VARIANCE),
)  # fmt: skip
MEANS = Method(
    name="Means", tooltip="k-means: atoms by the nearest mean", fit=by_means, words=CLASSES, whole=True, curves=()
)


@pytest.fixture(autouse=True)
def _added(monkeypatch):
    for method in (FACTORS, MEANS):
        monkeypatch.setitem(METHODS, method.name, method)


def titles_of(figure):
    return [axes.get_title() for axes in figure.axes]


@pytest.fixture(params=[FACTORS, MEANS], ids=lambda method: method.name)
def panel(request):
    panel = DomainsPanel(IMAGE, n_components=2)
    panel.controls.method.value = request.param.name
    yield panel
    assert (panel.model.error, panel.model.details) == ("", "")


def test_the_model_and_scripts_have_it(panel):
    model, method = panel.model, panel.model.result.method
    assert method.name == model.method
    assert f"2 {method.words.parts} in" in model.status
    again = analyse("domains", IMAGE, method=method.name, n_components=2)
    np.testing.assert_allclose(again.decomposition.loadings, model.result.decomposition.loadings)
    assert recipe_of(again).parameters["method"] == method.name
    model.window = model.result.window + 2  # numbers and signs are kept
    assert model.result.method is method


def test_the_panel_has_it(panel):
    result, own, words = panel.model.result, panel.controls, panel.model.result.method.words
    assert own.method.tooltips[own.method.options.index(result.method.name)] == result.method.tooltip
    assert own.n_components.description == words.parts.capitalize()
    assert (own.gmm_on.disabled, own.gmm_on.tooltip) == (True, "Only for the method GMM")
    assert words.pictures.capitalize() in panel.components_title.value
    assert [curve.name for _, curve in panel.curve_choice.options] == [one.name for one in result.method.curves]
    assert (ALL in [value for _, value in panel.overlay.options]) is not result.signed
    panel.overlay.value = 1
    assert panel.histogram.axes[0].label == f"{words.amount} 2"
    panel.choose_place(80, 80)
    panel.choose_atoms(np.array([1, 2]))
    panel.truth_shown = True


def test_the_curve_is_measured_for_every_number():
    model = DomainsPanel(IMAGE, method="Factors", n_components=2).model
    errors = model.advice["error"]
    assert sorted(errors) == list(range(1, 9))
    assert errors[2] == model.result.decomposition.reconstruction_error
    assert errors[8] < errors[1] < 1


def test_the_figure_and_the_files_have_its_words():
    factors = analyse("domains", IMAGE, method="Factors", n_components=2)
    assert {"Component 2", "Loadings 2"} <= set(titles_of(figure_of(factors)))
    assert numbers_of(factors).quantities["components"].axes[0].name == "component"
    means = analyse("domains", IMAGE, method="Means", n_components=2)
    assert {"Class mean 2", "Probabilities 2"} <= set(titles_of(figure_of(means)))
    numbers = numbers_of(means)
    pictures = numbers.quantities["class_means"]
    assert pictures.axes[0].name == "class"
    assert list(numbers.tables["atoms"])[-3:] == ["class", "probability 1", "probability 2"]
    own = means.crops.images[means.labels == 1].mean(axis=0).reshape(1, -1)  # whole, not the deviation from the mean
    np.testing.assert_allclose(pictures.values[1], means.pictures(own)[0], atol=1e-4)


def test_a_session_keeps_it():
    app = App()
    app.tabs.value = "Domains"
    app.panel.model.method = "Means"
    state = json.loads(json.dumps(app.state()))
    assert state["panels"]["Domains"]["parameters"]["method"] == "Means"
    other = App()
    other.restore(state)
    assert other.panel.model.result.method is MEANS
    assert other.notice.value == ""


def test_the_command_line_offers_it(capsys):
    with pytest.raises(SystemExit):
        main(["run", "domains", "--help"])
    assert "{PCA,ICA,NMF,GMM,Factors,Means}" in "".join(capsys.readouterr().out.split())


def test_unmixing_takes_one_too(monkeypatch):
    twice = Method(name="Again", tooltip="PCA under another name", fit=OF_UNMIXING["PCA"].fit, signed=True)
    monkeypatch.setitem(OF_UNMIXING, "Again", twice)
    panel = UnmixingPanel(cubes.oxides(shape=(20, 24), channels=60), method="Again", n_components=2)
    assert panel.controls.start_from.tooltip == "Only for the method NMF"
    assert "Loading maps" in panel.maps_title.value
    assert {"abundances", "components"} & set(numbers_of(panel.model.result).quantities) == {"components"}
    assert "Loading 2" in titles_of(figure_of(panel.model.result))
    assert panel.model.error == ""
