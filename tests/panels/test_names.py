"""Names that look like HTML, TeX or code are shown as they are, wherever they are shown, and break nothing."""

import ast
import io
import json
from html import escape

import ipywidgets
import numpy as np
import pytest

from atomstat_widgets import DomainsPanel, SlidingFFTPanel, StrainPanel, TrajectoriesPanel, UnmixingPanel
from atomstat_widgets.app import App
from atomstat_widgets.data import Cube, Image, Movie, cubes, load, movies, samples
from atomstat_widgets.panels.export_bar import ExportBar
from atomstat_widgets.panels.exports import FORMATS, export_files
from atomstat_widgets.panels.history_bar import HistoryBar
from atomstat_widgets.reactive.recipe import recipe_of
from atomstat_widgets.reactive.results import figure_of

HEAD, TAIL = "Ti<b>&\"'", "$_{\\x}&amp;</script>\n%s{0}</b>$"
NAME = HEAD + TAIL
UNIT = "n<i>&\"'m"


def image():
    one = samples.graphene(shape=(96, 96))
    return Image(one.array, NAME, 0.1, UNIT, truth=one.truth)


def movie():
    one = movies.hopping_dopants(frames=12)
    return Movie(one.frames, NAME, 0.1, UNIT, truth=one.truth)


def cube():
    one = cubes.oxides(shape=(12, 12), channels=40)
    return Cube(one.array, NAME, 0.1, UNIT, one.energies, UNIT, one.truth)


PANELS = {
    SlidingFFTPanel: (image, {"n_components": 2}), DomainsPanel: (image, {"n_components": 2}),
    StrainPanel: (image, {}), TrajectoriesPanel: (movie, {}), UnmixingPanel: (cube, {"n_components": 2}),
}  # fmt: skip


def strings(value):
    """All strings in the state of a widget, and of those that it refers to, with whether they are taken for HTML."""
    seen, todo = set(), [value]
    while todo:
        widget = todo.pop()
        if widget.model_id in seen:
            continue
        seen.add(widget.model_id)
        for key, stored in widget.get_state().items():
            inner = [stored]
            while inner:
                one = inner.pop()
                if isinstance(one, str) and one.startswith("IPY_MODEL_"):
                    todo.append(ipywidgets.widget_serialization["from_json"](one, None))
                elif isinstance(one, str):
                    yield one, isinstance(widget, ipywidgets.HTML) and key == "value"
                elif isinstance(one, dict):
                    inner += one.values()
                elif isinstance(one, list | tuple):
                    inner += one
                elif isinstance(one, np.ndarray) and one.dtype.kind in "UO":
                    inner += one.tolist()


def require_once(panel, *names):
    """Each name is shown somewhere, and nowhere raw in HTML, nor escaped in other text or twice."""
    found = set()
    for text, is_html in strings(panel):
        for name in names:
            whole, head = (escape(name), escape(name[:4])) if is_html else (name, name[:4])
            assert text.count(head) == text.count(whole)
            found |= {name} if whole in text else set()
        for wrong in (name[:4] for name in names) if is_html else (escape(name[:4]) for name in names):
            assert wrong not in text
    assert found == set(names)


@pytest.fixture(scope="module", params=PANELS, ids=lambda kind: kind.__name__)
def panel(request):
    data, options = PANELS[request.param]
    panel = request.param(data(), **options)
    if request.param is UnmixingPanel:
        panel.naming.name.value = "Mg<u> & Mn"
    panel.truth_shown = True
    for one in panel.children:
        if isinstance(one, HistoryBar | ExportBar):
            one.switch.value = True
    panel.choose_place(20, 20)
    assert panel.model.error == ""
    return panel


def test_text_is_escaped_once_and_only_in_html(panel):
    names = [NAME, UNIT] if not isinstance(panel, UnmixingPanel) else [NAME, UNIT, "Mg<u> & Mn"]
    require_once(panel, *names)


def test_errors_too(panel):
    panel.model._fail(ValueError(NAME))
    require_once(panel, NAME)
    panel.model.error = ""


@pytest.mark.parametrize("form", [form for form in FORMATS if form not in ("py", "ipynb")])
def test_every_format_is_written(panel, form):
    for content in export_files(panel.model.result, form).values():
        assert content
        if form == "svg":
            assert escape(HEAD, quote=False).encode() in content
        if form == "npz":
            with np.load(io.BytesIO(content)) as stored:
                assert json.loads(str(stored["provenance"]))["data"] == NAME


def test_figures_show_names_as_they_are(panel):
    texts = [text.get_text() for text in figure_of(panel.model.result).findobj(lambda one: hasattr(one, "get_text"))]
    assert any(NAME in text for text in texts)
    assert not any("&lt;" in text for text in texts)


def test_scripts_find_a_file_of_any_name(tmp_path):
    path = tmp_path / "Ti<b>&\"'$_{\\x}&amp;\n%s{0}\x7f.npy"
    np.save(path, samples.graphene(shape=(64, 64)).array)
    result = SlidingFFTPanel(load(path), n_components=2).model.result
    script = export_files(result, "py")
    ((name, content),) = script.items()
    assert not set(name) & set("<>&\"'\n\\/")
    tree = ast.parse(content.decode())
    assert any(isinstance(node, ast.Constant) and node.value == str(path) for node in ast.walk(tree))
    assert recipe_of(result).title.isprintable()
    export_files(result, "ipynb")


def test_the_app_shows_them_as_they_are():
    app = App(image())
    app._say(ValueError(NAME))
    require_once(app, NAME, UNIT)
