"""What the data are a sample of, and the button that runs the analysis on all."""

from html import escape
from typing import Any

import ipywidgets

from atomstat_widgets.reactive.model import AnalysisModel


class OnAllBar(ipywidgets.HBox):
    """Says what sample is shown, and offers to run on all; hidden where the data are no sample.

    Progress and Cancel are those of every run, in the status line.

    Parameters
    ----------
    model : AnalysisModel
    """

    def __init__(self, model: AnalysisModel) -> None:
        self._model = model
        self._button = ipywidgets.Button(
            description="Run on all", icon="database", tooltip="Analyse all data with these parameters",
            layout=ipywidgets.Layout(width="120px", height="26px"),
        )  # fmt: skip
        self.text = ipywidgets.HTML()
        super().__init__([self._button, self.text])
        self.add_class("atomstat-on-all")
        self._button.on_click(model.guard(lambda _button: model.run_on_all()))
        model.observe(lambda change: self._show(), [model.kind, "busy", "on_all"])
        self._show()

    def _show(self) -> None:
        model: Any = self._model
        whole = getattr(model, model.kind).whole
        self.layout.display = None if whole is not None or model.on_all else "none"
        self._button.disabled = model.busy or model.on_all
        if model.on_all:
            self.text.value = "All data are shown. With the next change of a parameter the sample is back."
            self._button.tooltip = "All data are shown"
        elif whole is not None:
            self.text.value = f"Sample: {escape(whole.words)}."
            self._button.tooltip = "A run is going on" if model.busy else "Analyse all data with these parameters"
