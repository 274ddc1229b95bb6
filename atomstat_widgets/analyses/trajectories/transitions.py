"""The transitions between states, as a matrix of buttons and as a graph."""

from collections.abc import Callable
from html import escape

import ipywidgets
import numpy as np

from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.counting import count_of
from atomstat_widgets.panels.controls import title
from atomstat_widgets.stat import TransitionMatrix
from atomstat_widgets.views.graph import TransitionGraph
from atomstat_widgets.views.matrix import MatrixView
from atomstat_widgets.views.rounding import percent


class Transitions(ipywidgets.VBox):
    """Matrix and graph of the transition probabilities of a result.

    Parameters
    ----------
    height : int
        Of both, in screen pixels.
    on_click : callable
        Called with row and column of a cell that was clicked.

    Attributes
    ----------
    matrix : MatrixView
    graph : TransitionGraph
    steps : ipywidgets.HTML
        How many steps were counted, and why others were not.
    """

    def __init__(self, height: int, on_click: Callable[[int, int], None]) -> None:
        self.title = ipywidgets.HTML()
        self.matrix = MatrixView(height, on_click)
        self.matrix.figure.add_class("atomstat-matrix")
        self.graph = TransitionGraph(118, height)
        # A place of its own for two lines, so that nothing moves.
        self.steps = ipywidgets.HTML(layout=ipywidgets.Layout(width=f"{height + 118}px", min_height="34px"))
        super().__init__([self.title, ipywidgets.HBox([self.matrix.figure, self.graph]), self.steps])

    def show(self, result: TrajectoriesResult) -> None:
        """Show those of a result; no cell is chosen."""
        matrix, lag = result.matrix, result.parameters["lag"]
        self.title.value = title("Transitions", f"from row to column, in {count_of(lag, 'frame')}")
        k = range(result.n_states)
        texts = [[f"{matrix.probabilities[i, j]:.2f}" if matrix.known[i] else "–" for j in k] for i in k]
        self.matrix.show(matrix.probabilities, texts, _tooltips(matrix))
        self.matrix.choose(None)
        self.steps.value = f'<div class="atomstat-caption">{escape(result.used_steps.words)}</div>'
        remarks = [
            f"State {n + 1}: {percent(share)} of the time in the long run, "
            + (f"left after {dwell:.3g} frames" if np.isfinite(dwell) else "never seen to be left")
            for n, (share, dwell) in enumerate(zip(matrix.stationary, matrix.dwell_times, strict=True))
        ]
        self.graph.show(matrix.probabilities, matrix.stationary, remarks)


def _tooltips(matrix: TransitionMatrix) -> list[list[str]]:
    """What is known of each transition, in words."""
    (low, high), totals, apart = matrix.interval(), matrix.counts.sum(axis=1), matrix.effective.sum(axis=1)
    k = range(len(totals))
    return [
        [
            f"{i + 1} → {j + 1}: {matrix.probabilities[i, j]:.3f}, with 95 % probability between {low[i, j]:.3f} "
            f"and {high[i, j]:.3f}; {matrix.counts[i, j]:,} of {totals[i]:,} transitions"
            + (f", which overlap and tell as much as {apart[i]:,.0f} that do not" if apart[i] < totals[i] else "")
            if matrix.known[i]
            else f"No transition from state {i + 1} was seen: nothing is known"
            for j in k
        ]
        for i in k
    ]
