"""The notebooks run in a kernel, and there the panels follow scripts."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

APPS = Path(__file__).parents[2] / "apps"

# What the status line says of each panel's first result.
FIRST_RESULTS = {
    "atomstat": "2,304 windows, 3 components in",
    "sliding_fft": "2,304 windows, 3 components in",
    "domains": "atoms (200 more at the border), 4 components in",
    "strain": "Strain of 100% of the image",
    "trajectories": "tracks long enough",
    "unmixing": "4,096 spectra of 200 channels, 3 components in",
}

# The answer to each lesson's question, and a cell that answers it, wrongly first.
ANSWERS = {
    "lesson_window": "48 × 48 px",
    "lesson_components": "3 components",
    "lesson_rmax": "rmax = 15 px",
}
NAMES = [*FIRST_RESULTS, *ANSWERS]
ANSWERING = """
question = [one for one in Out.values() if type(one).__name__ == "Question"][-1]
verdicts = []
for choice in (next(iter(question.choices)), {answer!r}):
    question.answer(choice)
    question.check()
    assert question.panel.model.wait(60)
    assert all(getattr(question.panel.model, name) == value for name, value in question.choices[choice].items())
    verdicts.append(question.verdict.value)
[question.best, "Not quite" in verdicts[0], "Right" in verdicts[1], question.panel.truth_shown]
"""


def test_every_notebook_is_known():
    assert {path.stem for path in APPS.glob("*.ipynb")} == set(NAMES)


@pytest.fixture(scope="module")
def executed():
    """Code cells of each notebook, with their outputs, and the widgets: all of one kernel."""
    cells = {}
    for name in NAMES:
        notebook = nbformat.read(APPS / f"{name}.ipynb", as_version=4)
        nbformat.validate(notebook)
        cells[name] = [cell for cell in notebook.cells if cell.cell_type == "code"]
        if name in ANSWERS:
            cells[name].append(nbformat.v4.new_code_cell(ANSWERING.format(answer=ANSWERS[name])))
    notebook = nbformat.v4.new_notebook(cells=[cell for own in cells.values() for cell in own])
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    return cells, notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]


@pytest.mark.parametrize("name", NAMES)
def test_notebook_runs(name, executed):
    cells, widgets = executed
    for cell in cells[name]:
        (output,) = cell.outputs
        assert output.output_type == "execute_result", output
        if name in ANSWERS and cell is cells[name][-1]:
            assert output.data["text/plain"] == f"[{ANSWERS[name]!r}, True, True, True]"
            continue
        assert output.data["application/vnd.jupyter.widget-view+json"]["model_id"] in widgets
    if name in FIRST_RESULTS:
        texts = [state["state"].get("value", "") for state in widgets.values() if state["model_name"] == "HTMLModel"]
        assert any(FIRST_RESULTS[name] in text for text in texts)


@pytest.mark.parametrize("name", NAMES)
def test_notebook_is_committed_as_it_is_before_it_runs(name):
    notebook = nbformat.read(APPS / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_in_a_kernel_a_parameter_moves_the_slider_and_reruns():
    cells = [
        "from atomstat_widgets import SlidingFFTPanel, samples",
        "panel = SlidingFFTPanel(samples.grains(shape=(128, 128)), window_y=32, window_x=32)",
        "panel.model.n_components = 6\nbusy = panel.model._runner.threaded\nassert panel.model.wait(60)",
        "[busy, panel.n_components.slider.number, panel.model.result.loading_maps.shape, panel.model.error]",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    assert notebook.cells[-1].outputs[0].data["text/plain"] == "[True, 6, (6, 13, 13), '']"
