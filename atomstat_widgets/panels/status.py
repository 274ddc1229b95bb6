"""The status line: what ran, how far it is, Cancel, and errors in plain words."""

from html import escape

import ipywidgets

from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.views.html import alert


class StatusLine(ipywidgets.HBox):
    """State of a model's runs; two lines of words have room, so that nothing moves while they change.

    Parameters
    ----------
    model : AnalysisModel
    *tools : Widget
        What stands at the end of the line.
    """

    def __init__(self, model: AnalysisModel, *tools: ipywidgets.Widget) -> None:
        self._model = model
        self._progress = ipywidgets.FloatProgress(
            min=0, max=1, tooltip="Progress of the run", layout=ipywidgets.Layout(width="120px", margin="4px")
        )
        self.cancel = ipywidgets.Button(
            description="Cancel", icon="times", layout=ipywidgets.Layout(width="90px", height="26px")
        )
        self.cancel.on_click(lambda _button: model.cancel())
        self.text = ipywidgets.HTML(layout=ipywidgets.Layout(flex="1 1 auto"))
        super().__init__([self.text, self._progress, self.cancel, *tools])
        self.add_class("atomstat-status")
        model.observe(lambda change: self._show_progress(), ["progress", "busy"])
        model.observe(lambda change: self._show_text(), ["status", "error", "details", "stale", "busy", "result"])
        self._show_progress()
        self._show_text()

    def _show_progress(self) -> None:
        self._progress.value = self._model.progress
        self._progress.layout.visibility = "visible" if self._model.busy else "hidden"
        self.cancel.disabled = not self._model.busy
        self.cancel.tooltip = "Stop the run" if self._model.busy else "Nothing is running"

    def _show_text(self) -> None:
        model = self._model
        parts = list[str]()
        if model.error:
            parts.append(alert(f"{model.error}."))
        elif model.busy:
            parts.append("Computing…")
        else:
            parts.append(f"{escape(model.status)}.")
        if model.stale and model.result is not None:
            parts.append('<span class="atomstat-stale">Not up to date:</span> the pictures show earlier settings.')
        if model.notice:
            parts.append(f"{escape(model.notice)}.")
        if getattr(model.result, "remark", ""):
            parts.append(f"{escape(model.result.remark)}.")
        if model.details:
            parts.append(f"<details><summary>Details</summary><pre>{escape(model.details)}</pre></details>")
        text = " ".join(parts)
        if text != self.text.value:
            self.text.value = text
