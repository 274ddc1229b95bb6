import dataclasses

import numpy as np
import pytest

from atomstat_widgets import App, DomainsPanel, UnmixingPanel, cubes, samples
from atomstat_widgets.panels.history_bar import HistoryBar, in_words
from atomstat_widgets.reactive import history as history_module


@pytest.fixture(autouse=True)
def nothing_is_passed_through(monkeypatch):
    monkeypatch.setattr(history_module, "PASSING_SECONDS", 0.0)


@pytest.fixture(scope="module")
def graphene():
    return samples.graphene(shape=(128, 128))


@pytest.fixture
def panel(graphene):
    return DomainsPanel(graphene)


def history_of(panel):
    (bar,) = (child for child in panel.children if isinstance(child, HistoryBar))
    bar.switch.value = True
    return bar


def rows(bar):
    return [row for row in bar.rows if row.layout.display is None]


def test_it_is_opened_and_closed(panel):
    bar = history_of(panel)
    assert bar.layout.display is None
    bar.switch.value = False
    assert bar.layout.display == "none"


def test_a_row_says_what_is_different_how_good_it_is_and_how_long_it_took(panel):
    bar = history_of(panel)
    (row,) = rows(bar)
    assert " · first settings · error " in row.text.value
    panel.model.n_components = 2
    panel.model.method = "GMM"
    texts = [row.text.value for row in rows(bar)]
    assert [text.partition(" · BIC ")[0].split(" · ")[2] for text in texts[:1]] == ["method GMM, components 2"]
    assert "method PCA, components 2 · error " in texts[1]
    assert [text.endswith("<b>shown</b>") for text in texts] == [True, False, False]
    assert [row.restore.disabled for row in rows(bar)] == [True, False, False]


def test_one_click_restores(panel):
    panel.model.window = 14
    panel.model.smooth = 0.5
    bar = history_of(panel)
    rows(bar)[2].restore.click()
    assert (panel.model.window, panel.model.smooth) == (None, 1.0)
    assert [row.restore.description for row in rows(bar)] == ["Restore 1", "Restore 3", "Restore 2"]


def test_two_side_by_side(panel):
    panel.model.n_components = 2
    panel.model.n_components = 3
    bar = history_of(panel)
    rows(bar)[2].compare.value = True
    assert [figure.layout.display for figure in bar.figures] == ["none", "none"]
    rows(bar)[0].compare.value = True
    assert [figure.layout.display for figure in bar.figures] == [None, None]
    first, second = (figure.title.value for figure in bar.figures)
    assert "Run 1 <small>components 4 · error" in first
    assert "Run 3 <small>components 3 · error" in second
    assert all(bytes(figure.picture.value[:4]) == b"\x89PNG" for figure in bar.figures)
    assert bar.figures[0].picture.value != bar.figures[1].picture.value
    rows(bar)[1].compare.value = True  # in place of the one that was chosen first
    assert [row.compare.value for row in rows(bar)] == [True, True, False]
    rows(bar)[0].compare.value = False
    assert [figure.layout.display for figure in bar.figures] == ["none", "none"]


def test_what_is_compared_stays_when_more_runs_come(panel):
    panel.model.n_components = 2
    bar = history_of(panel)
    for row in rows(bar):
        row.compare.value = True
    panel.model.n_components = 5
    assert [row.compare.value for row in rows(bar)] == [False, True, True]
    rows(bar)[1].restore.click()
    assert [row.compare.value for row in rows(bar)] == [True, False, True]


def test_data_and_masks_in_words():
    panel = UnmixingPanel(cubes.oxides(shape=(12, 12), channels=30))
    panel.model.mask = np.eye(12) < 1
    (parameters, before) = (run.parameters for run in panel.model.history)
    assert in_words(panel.model, parameters, ["mask", "cube", "normalize", "smooth"]) == (
        "mask of 132 pixels, spectrum image Oxide layers, normalize off, smooth 1"
    )
    assert in_words(panel.model, before, ["mask"]) == "mask by default"


def test_names_of_data_stay_text(graphene):
    panel = DomainsPanel(dataclasses.replace(graphene, name="<b>x</b>"))
    panel.model.image = graphene
    assert "&lt;b&gt;x" in rows(history_of(panel))[1].text.value


def test_the_app_names_the_data_that_came_back():
    app = App()
    app.choice.value = "Sample: Doped graphene"
    rows(history_of(app.panel))[1].restore.click()
    assert app.panel.model.image.name == "Three grains"
    assert app.choice.value == "Sample: Three grains"
    app.panel.model.image = np.random.default_rng(0).random((96, 96))
    assert app.choice.value == "array"
    assert app.choice.options[0] == "array"
