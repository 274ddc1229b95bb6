"""What the transitions tell, with intervals, and whether they can be trusted: a table, curves and words."""

from collections.abc import Callable, Mapping
from html import escape

import ipywidgets
import numpy as np

from atomstat_widgets.analyses.trajectories.checks import Checks
from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.panels.controls import title
from atomstat_widgets.panels.panel import column, name_figure
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS
from atomstat_widgets.views.colors import COMPONENT_COLORS, INK
from atomstat_widgets.views.curve import CountCurve
from atomstat_widgets.views.lag_curves import LagCurves

SIZE = 164, 172  # of a curve, in screen pixels
LONGEST = 100  # times its lower end: an interval that ends higher has no end to speak of


class ChainChecks(ipywidgets.VBox):
    """Shares of time and dwell times with their intervals, and curves against the lag and the number of states.

    Parameters
    ----------
    on_count : callable
        Called with a number of states that was clicked.

    Attributes
    ----------
    table, words : HTML
    timescales, predictions : LagCurves
    advice : CountCurve
    """

    def __init__(self, on_count: Callable[[int], None]) -> None:
        self.table, self.words = ipywidgets.HTML(), ipywidgets.HTML()
        self.timescales, self.predictions = LagCurves(*SIZE, "time scale (frames)"), LagCurves(*SIZE, "stays")
        self.advice = CountCurve(*SIZE, MAX_COMPONENTS, on_count)
        self.advice_title = ipywidgets.HTML(title("States", "advice"))
        curves = [
            column(title("Time scales", "against lag"), name_figure(self.timescales, "timescales")),
            column(title("Predicted and seen", "to stay"), name_figure(self.predictions, "predictions")),
            column(self.advice_title, name_figure(self.advice, "state-advice", clicked=True)),
        ]
        super().__init__([self.table, ipywidgets.HBox(curves), self.words])

    def show(self, result: TrajectoriesResult) -> None:
        """Show what the transitions of a result tell."""
        self.table.value = table_of(result)
        self._say(result.doubts)

    def show_checks(self, checks: Checks | None) -> None:
        """Show time scales and predictions; while they are not known yet, the last ones stay, faded."""
        for view in (self.timescales, self.predictions):
            (view.figure.add_class if checks is None else view.figure.remove_class)("is-stale")
        if checks is None:
            return
        found, predicted = checks.timescales, checks.predictions
        decays = found.values.shape[1]
        self.timescales.show(
            found.lags, [INK] * decays, found.values.T, (found.low.T, found.high.T), curves=found.values.T, bound=True
        )
        diagonals = [
            np.diagonal(part, axis1=1, axis2=2).T
            for part in (
                predicted.seen, predicted.seen_low, predicted.seen_high,
                predicted.predicted, predicted.predicted_low, predicted.predicted_high,
            )
        ]  # fmt: skip
        seen, seen_low, seen_high, curves, low, high = diagonals
        self.predictions.show(
            predicted.lags, COMPONENT_COLORS[: len(seen)], seen, (seen_low, seen_high),
            curves=curves, ends=(low, high), highest=1.0,
        )  # fmt: skip
        self._say((*checks.result.doubts, *checks.doubts))

    def show_advice(self, stability: Mapping[int, float], current: int, advised: int | None) -> None:
        """Show how stable each number of states is, and which is advised."""
        self.advice.show(stability, current, "stability", advised=advised, counted="states")
        self.advice_title.value = title("States", "advice" if advised is None else f"advice: {advised}")

    def _say(self, doubts: tuple[str, ...]) -> None:
        lines = "".join(f"<div>⚠ {escape(doubt)}.</div>" for doubt in doubts)
        self.words.value = f'<div class="atomstat-caption atomstat-doubts">{lines}</div>'


def table_of(result: TrajectoriesResult) -> str:
    """Share of time in the long run, and dwell time, of each state, with their intervals, in HTML."""
    matrix = result.matrix
    shares, times = matrix.stationary_interval(), matrix.dwell_interval()
    rows = []
    for n in range(result.n_states):
        share = f"{matrix.stationary[n]:.0%} <small>({shares[0][n]:.0%} to {shares[1][n]:.0%})</small>"
        if not matrix.known[n] and not result.transitions.nearest[n].any():
            share, dwell = "not known", "not known"
        else:
            dwell = in_words(matrix.dwell_times[n], times[0][n], times[1][n])
        badge = f'<b style="color:{COMPONENT_COLORS[n]}">■</b> {n + 1}'
        rows.append(f"<tr><td>{badge}</td><td>{share}</td><td>{dwell}</td></tr>")
    head = "<tr><th>state</th><th>time in the long run</th><th>left after (frames)</th></tr>"
    return f'<table class="atomstat-states">{head}{"".join(rows)}</table>'


def in_words(time: float, low: float, high: float) -> str:
    """Write a dwell time with its interval, in HTML: without an end that is not known."""
    if not np.isfinite(time):
        return f"never seen; more than {low:.3g}"
    if high > LONGEST * low:
        return f"{time:.3g} <small>(more than {low:.3g})</small>"
    return f"{time:.3g} <small>({low:.3g} to {high:.3g})</small>"
