"""Export: what is on the screen, as a file."""

import base64
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import ipywidgets

from atomstat_widgets.data.export import Files
from atomstat_widgets.panels.controls import Explained
from atomstat_widgets.panels.exports import DPI, FORMATS, export_files
from atomstat_widgets.panels.figure_box import FigureBox
from atomstat_widgets.reactive.failures import in_words
from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.reactive.recipe import recipe_of
from atomstat_widgets.views.html import alert


class ExportBar(ipywidgets.VBox):
    """Choice of a format, a link to the file, and the figure; hidden until `switch` is pressed.

    Parameters
    ----------
    model : AnalysisModel
    look : callable
        Gives what was chosen on the page for the figure, see `figure_of`.

    Attributes
    ----------
    switch : ToggleButton
        To be shown somewhere; it opens and closes the bar.
    """

    def __init__(self, model: AnalysisModel, look: Callable[[], dict[str, Any]]) -> None:
        self._model, self._look = model, look
        self.switch = ipywidgets.ToggleButton(
            description="Export", icon="download",
            tooltip="Take away the figure, the numbers or the script of the result",
            layout=ipywidgets.Layout(width="96px", height="26px"),
        )  # fmt: skip
        self.form = ipywidgets.Dropdown(
            options=[(label, form) for form, label in FORMATS.items()], description="Format", tooltip="What to write",
            style={"description_width": "52px"}, layout=ipywidgets.Layout(width="250px"),
        )  # fmt: skip
        self.dpi = ipywidgets.Dropdown(
            options=[("150 dpi", 150), ("300 dpi", 300), ("600 dpi", 600)], value=DPI,
            tooltip="Resolution of the figure",
            layout=ipywidgets.Layout(width="90px"),
        )  # fmt: skip
        self.prepare = ipywidgets.Button(
            description="Prepare file", tooltip="Make the file from the result that is shown",
            layout=ipywidgets.Layout(width="110px", height="28px"),
        )  # fmt: skip
        self.figure_box = FigureBox()
        self.show_button = ipywidgets.ToggleButton(
            description="Show figure", tooltip="Show the figure as it is written, to adjust it",
            layout=ipywidgets.Layout(width="110px", height="28px"),
        )  # fmt: skip
        self.link = ipywidgets.HTML()
        choices = ipywidgets.HBox(
            [Explained(self.form), Explained(self.dpi), self.prepare, self.show_button, self.link]
        )
        super().__init__([choices, self.figure_box], layout=ipywidgets.Layout(display="none"))
        self.add_class("atomstat-export")
        self.switch.observe(lambda change: self._open(change.new), "value")
        self.form.observe(lambda change: self._forget_file(), "value")
        self.dpi.observe(lambda change: self._forget_file(), "value")
        self.prepare.on_click(lambda _button: self._make())
        self.show_button.observe(lambda change: self._show_figure(change.new), "value")
        model.observe(lambda change: self._forget_result(), "result")

    def _open(self, wanted: bool) -> None:
        self.layout.display = None if wanted else "none"

    def _forget_file(self) -> None:
        """Take back a file of other choices, or of a result that is shown no more."""
        self.dpi.disabled = self.form.value != "png"
        if self.link.value:
            self.link.value = ""

    def _forget_result(self) -> None:
        self._forget_file()
        self.show_button.value = False

    def _make(self) -> None:
        with self._in_words() as result:
            files = export_files(result, self.form.value, self.dpi.value, self.figure_box.figure, **self._look())
            link = download_link(files, recipe_of(result).stem)
            self.link.value = link if result is self._model.result else ""

    def _show_figure(self, wanted: bool) -> None:
        if not wanted:
            self.figure_box.clear()
            return
        with self._in_words() as result:
            self.figure_box.show(result, **self._look())
            self.link.value = ""

    @contextmanager
    def _in_words(self) -> Iterator[Any]:
        """Give the result to what is done with it; what goes wrong is said in the bar."""
        self.link.value = "Preparing…"
        try:
            if self._model.result is None:
                raise ValueError("There is no result yet")
            yield self._model.result
        except Exception as error:  # words in the panel, whatever it was
            self.link.value = alert(f"{in_words(error)}.")


def download_link(files: Files, stem: str) -> str:
    """HTML of a link that saves a file, or several as one zip archive `stem`; the contents are in the link itself.

    So it works wherever widgets do: no server has to offer the file.
    """
    name, content = next(iter(files.items())) if len(files) == 1 else (f"{stem}.zip", zip_files(files))
    data = base64.b64encode(content).decode()
    return (
        f'<a download="{escape(name)}" href="data:application/octet-stream;base64,{data}">Download {escape(name)}</a>'
        f" ({readable_size(len(content))})"
    )


def zip_files(files: Files) -> bytes:
    """Contents of a zip archive of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def readable_size(n_bytes: int) -> str:
    """Size of a file: '812 bytes', '20 kB', '1.4 MB'."""
    if n_bytes < 1000:
        return f"{n_bytes} bytes"
    return f"{n_bytes / 1e3:.0f} kB" if n_bytes < 1e6 else f"{n_bytes / 1e6:.1f} MB"
