"""Reconstruction error against number of components."""

from collections.abc import Callable, Mapping
from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.views.colors import COMPONENT_COLORS, GRID, INK
from atomstat_widgets.views.figure import make_axis, make_figure
from atomstat_widgets.views.rounding import round_ticks


class ErrorCurve:
    """Error of each decomposition, and below it what no decomposition can undercut.

    Parameters
    ----------
    width, height : int
        Of the figure, in screen pixels.
    largest : int
        Number of components up to which the curve goes.
    on_click : callable
        Called with the number of components of a point that was clicked.
    """

    def __init__(self, width: int, height: int, largest: int, on_click: Callable[[int], None]) -> None:
        scales = {"x": bqplot.LinearScale(min=0.5, max=largest + 0.5), "y": bqplot.LinearScale()}
        self._y = scales["y"]
        self._bound = bqplot.Lines(x=[1], y=[0.0], scales=scales, colors=["#999999"], line_style="dashed")
        self._line = bqplot.Lines(x=[1], y=[0.0], scales=scales, colors=[INK], stroke_width=1.5)
        self._points = bqplot.Scatter(x=[1], y=[0.0], scales=scales, colors=[INK], default_size=50, stroke="white")
        self._current = bqplot.Scatter(
            x=[1], y=[0.0], scales=scales, colors=["white"], stroke=COMPONENT_COLORS[1], stroke_width=3, default_size=90
        )
        x_axis = make_axis(
            scales["x"], "components", tick_values=np.arange(1, largest + 1), tick_format="d", grid_lines="none",
            label_offset="28px",
        )  # fmt: skip
        self._y_axis = make_axis(
            scales["y"], "error (%)", vertical=True, tick_values=[0], grid_color=GRID, label_offset="33px"
        )
        self.figure = make_figure(
            width,
            height,
            {"top": 6, "bottom": 38, "left": 44, "right": 6},
            [self._bound, self._line, self._points, self._current],
            [x_axis, self._y_axis],
        )
        self._points.on_element_click(lambda _mark, event: on_click(int(event["data"]["x"])))

    def show(self, errors: Mapping[int, float], bound: NDArray[Any], current: int) -> None:
        """Show relative errors by number of components, the bound for 1, 2, … components, and the current number."""
        counts = sorted(errors)
        values = [100 * errors[count] for count in counts]
        with self._bound.hold_sync():
            self._bound.x, self._bound.y = np.arange(1, len(bound) + 1), 100 * bound
        for mark in (self._line, self._points):
            with mark.hold_sync():
                mark.x, mark.y = counts, values
        with self._current.hold_sync():
            self._current.x, self._current.y = [current], [100 * errors[current]]
        # Not from zero: the elbow is what one looks for.
        low, high = 100 * min(bound), max(100 * max(bound), *values)
        margin = 0.08 * max(high - low, 1e-3)
        with self._y.hold_sync():
            self._y.min, self._y.max = low - margin, high + margin
        self._y_axis.tick_values = round_ticks(low - margin, high + margin, 3)
