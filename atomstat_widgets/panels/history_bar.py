"""History: the last runs, to go back to, and two of them side by side."""

from collections.abc import Mapping
from functools import partial
from html import escape
from typing import Any

import ipywidgets

from atomstat_widgets.counting import duration
from atomstat_widgets.panels.exports import figure_file
from atomstat_widgets.reactive.history import MOST_RUNS, FinishedRun, differing
from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.reactive.own_changes import OwnChanges
from atomstat_widgets.reactive.parameter import label_of
from atomstat_widgets.reactive.results import figure_of

COMPARED_DPI = 110  # of figures that have half a page each


class HistoryBar(ipywidgets.VBox):
    """The last runs, a row each, and a comparison of two; hidden until `switch` is pressed.

    Parameters
    ----------
    model : AnalysisModel

    Attributes
    ----------
    switch : ToggleButton
        To be shown somewhere; it opens and closes the list.
    """

    def __init__(self, model: AnalysisModel) -> None:
        self._model = model
        self.compared: dict[int, FinishedRun] = {}  # by number; the last chosen last
        self._filling = OwnChanges()
        self.switch = ipywidgets.ToggleButton(
            description="History", icon="history", tooltip="Go back to an earlier run, or compare two",
            layout=ipywidgets.Layout(width="96px", height="26px"),
        )  # fmt: skip
        self.rows: list[Row] = []  # made when the list is first opened
        self._caption = ipywidgets.HTML(
            '<div class="atomstat-caption">The last runs, without those that were only passed through. Restore sets '
            "the controls to what they were; Compare shows the figures of two.</div>"
        )
        self.figures = Figure(), Figure()
        super().__init__([], layout=ipywidgets.Layout(display="none"))
        self.add_class("atomstat-history")
        self.switch.observe(lambda change: self._fill(), "value")
        model.observe(lambda change: self._fill(), "history")

    def _fill(self) -> None:
        """Show the runs that there are, if they are to be seen."""
        self.layout.display = None if self.switch.value else "none"
        if not self.switch.value:
            return
        if not self.rows:
            self.rows = [Row() for _ in range(MOST_RUNS)]
            for place, row in enumerate(self.rows):
                row.restore.on_click(self._model.guard(partial(self._restore, place)))
                row.compare.observe(self._model.guard(partial(self._choose, place)), "value")
            self.children = [self._caption, *self.rows, ipywidgets.HBox(self.figures)]
        runs = self._model.history
        names = differing(runs)
        with self._filling:
            for place, row in enumerate(self.rows):
                run = runs[place] if place < len(runs) else None
                compared = run is not None and run.number in self.compared
                row.show(self._model, run, names, shown=place == 0, compared=compared)

    def _restore(self, place: int, _button: Any) -> None:
        self._model.restore(self._model.history[place].parameters)

    def _choose(self, place: int, change: Any) -> None:
        if self._filling:
            return
        run = self._model.history[place]
        if change["new"]:
            self.compared = dict([*list(self.compared.items())[-1:], (run.number, run)])
        else:
            del self.compared[run.number]
        self._fill()
        self._show_figures()

    def _show_figures(self) -> None:
        """Show both figures, with the parameters by which the runs differ."""
        runs = tuple(self.compared[number] for number in sorted(self.compared))
        for figure, run in zip(self.figures, runs if len(runs) == 2 else (None, None), strict=True):
            figure.show(self._model, run, differing(runs))


class Row(ipywidgets.HBox):
    """A run in words, and what can be done with it."""

    def __init__(self) -> None:
        self.text = ipywidgets.HTML(layout=ipywidgets.Layout(flex="1 1 auto"))
        self.restore = ipywidgets.Button(icon="undo", layout=ipywidgets.Layout(width="118px", height="26px"))
        self.compare = ipywidgets.ToggleButton(icon="columns", layout=ipywidgets.Layout(width="128px", height="26px"))
        super().__init__([self.text, self.restore, self.compare])

    def show(
        self, model: AnalysisModel, run: FinishedRun | None, names: list[str], *, shown: bool, compared: bool
    ) -> None:
        """Show a run, or none; `shown` says that its result is the one in the views."""
        self.layout.display = "none" if run is None else None
        if run is None:
            return
        now = " · <b>shown</b>" if shown else ""
        settings = in_words(model, run.parameters, names) or "first settings"
        self.text.value = (
            f"<b>{run.number}</b> · {run.finished:%H:%M:%S} · {settings} · "
            f"{escape(run.result.quality)} · {duration(run.seconds)}{now}"
        )
        self.restore.description, self.compare.description = f"Restore {run.number}", f"Compare {run.number}"
        self.restore.disabled, self.compare.value = shown, compared
        self.restore.tooltip = f"Set the controls to what they were in run {run.number}"
        self.compare.tooltip = f"Show the figure of run {run.number} beside that of another run"


class Figure(ipywidgets.VBox):
    """Figure of a run, below what it was made with."""

    def __init__(self) -> None:
        self.title = ipywidgets.HTML()
        self.picture = ipywidgets.Image(format="png", layout=ipywidgets.Layout(width="100%"))
        super().__init__([self.title, self.picture], layout=ipywidgets.Layout(width="50%", display="none"))

    def show(self, model: AnalysisModel, run: FinishedRun | None, names: list[str]) -> None:
        """Show a run, or none."""
        self.layout.display = "none" if run is None else None
        if run is not None:
            self.title.value = (
                f'<div class="atomstat-title">Run {run.number} <small>{in_words(model, run.parameters, names)} · '
                f"{escape(run.result.quality)}</small></div>"
            )
            self.picture.value = figure_file(figure_of(run.result), "png", COMPARED_DPI)


def in_words(model: AnalysisModel, parameters: Mapping[str, Any], names: list[str]) -> str:
    """HTML of some parameters, by their labels, and their values: 'components 4, step 8'."""
    return escape(", ".join(f"{_inside(label_of(model, name))} {_value(parameters[name])}" for name in names))


def _inside(label: str) -> str:
    """Label as it is inside of a sentence; abbreviations keep their capitals."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _value(value: Any) -> str:
    if value is None:
        return "by default"
    if isinstance(value, bool):
        return "on" if value else "off"
    if hasattr(value, "name"):  # the data
        return str(value.name)
    return f"{value:g}" if isinstance(value, float) else str(value)
