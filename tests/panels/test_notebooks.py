"""The notebooks that are served run from top to bottom in a kernel, and show widgets."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

APPS = Path(__file__).parents[2] / "apps"


@pytest.mark.parametrize("path", sorted(APPS.glob("*.ipynb")), ids=lambda path: path.name)
def test_notebook_runs(path):
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(APPS)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output.output_type for output in outputs] == ["execute_result"]
    view = outputs[0].data["application/vnd.jupyter.widget-view+json"]
    widgets = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert view["model_id"] in widgets
    texts = [state["state"].get("value", "") for state in widgets.values() if state["model_name"] == "HTMLModel"]
    assert any(text.startswith("841 windows, 4 components in") for text in texts)


def test_in_a_kernel_a_parameter_moves_the_slider_and_reruns():
    cells = [
        "from atomstat_widgets import SlidingFFTPanel, samples",
        "panel = SlidingFFTPanel(samples.grains(shape=(128, 128)))",
        "panel.model.n_components = 6\nbusy = panel.model._runner.threaded\nassert panel.model.wait(60)",
        "[busy, panel._n_components.number, panel.model.result.loading_maps.shape, panel.model.error]",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    assert notebook.cells[-1].outputs[0].data["text/plain"] == "[True, 6, (6, 13, 13), '']"
