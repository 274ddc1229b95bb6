"""The app: the header with the choice of data, and the panel below it."""

import os
from html import escape
from typing import Any

import ipywidgets

from atomstat_widgets.data import samples
from atomstat_widgets.panels.controls import Explained, dropdown
from atomstat_widgets.panels.sliding_fft import SlidingFFTPanel

FILE_VARIABLE = "ATOMSTAT_FILE"  # how the command line names the user's image to the notebook it serves


class App(ipywidgets.VBox):
    """All panels under one header.

    Parameters
    ----------
    data : Image, array or path, optional
        What to show, see `load`. By default the file that ``atomstat FILE`` was given, or the first sample.

    Attributes
    ----------
    panel : SlidingFFTPanel
        The panel that is shown.
    """

    def __init__(self, data: Any = None) -> None:
        self._notice = ipywidgets.HTML()
        self._sources = {f"Sample: {name}": make for name, make in samples.SAMPLES.items()}
        shown = next(iter(self._sources))
        data = os.environ.get(FILE_VARIABLE) if data is None else data
        panel = None if data is None else self._tried(data)
        if panel is not None:
            own = panel.model.image
            shown = own.name
            self._sources = {own.name: lambda: own, **self._sources}
        self.panel = panel or SlidingFFTPanel(self._sources[shown]())
        self._choice = dropdown(list(self._sources), shown, "Data", "The image to analyse")
        self._choice.layout.width = "340px"
        self._choice.observe(self.panel.model.guard(self._chosen), "value")
        header = ipywidgets.HBox(
            [ipywidgets.HTML('<div class="atomstat-name">atomstat <small>Sliding FFT + NMF</small></div>'),
             Explained(self._choice), self._notice]
        )  # fmt: skip
        header.add_class("atomstat-header")
        super().__init__([header, self.panel])
        self.add_class("atomstat")

    def _tried(self, data: Any) -> SlidingFFTPanel | None:
        """Show the user's data; what is wrong with them is said in the header, above a sample."""
        try:
            return SlidingFFTPanel(data)
        except (ValueError, TypeError) as error:
            self._notice.value = f'<span class="atomstat-error" role="alert">{escape(str(error))}</span>'
            return None

    def _chosen(self, change: Any) -> None:
        self.panel.model.image = self._sources[change.new]()
