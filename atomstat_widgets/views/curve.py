"""How good a decomposition is against its number of components."""

from collections.abc import Callable, Mapping
from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.views.colors import COMPONENT_COLORS, GRID, GROUND, INK
from atomstat_widgets.views.figure import make_axis, make_figure
from atomstat_widgets.views.rounding import round_ticks

ADVICE = COMPONENT_COLORS[2]


class CountCurve:
    """A number for each count of components: an error, a share of the variance, a stability.

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
        self.y_scale = scales["y"]
        self.bound = bqplot.Lines(x=[1], y=[0.0], scales=scales, colors=["#999999"], line_style="dashed")
        self.advised = bqplot.Lines(
            x=[1, 1], y=[0.0, 0.0], scales=scales, colors=[ADVICE], stroke_width=5, opacities=[0.45], visible=False
        )
        self.line = bqplot.Lines(x=[1], y=[0.0], scales=scales, colors=[INK], stroke_width=1.5)
        self.points = bqplot.Scatter(x=[1], y=[0.0], scales=scales, colors=[INK], default_size=50, stroke=GROUND)
        self.current = bqplot.Scatter(
            x=[1], y=[0.0], scales=scales, colors=[GROUND], stroke=COMPONENT_COLORS[1], stroke_width=3, default_size=90
        )
        self._x_axis = make_axis(
            scales["x"], "components", tick_values=np.arange(1, largest + 1), tick_format="d", grid_lines="none",
            label_offset="28px",
        )  # fmt: skip
        self.y_axis = make_axis(scales["y"], vertical=True, tick_values=[0], grid_color=GRID, label_offset="33px")
        self.figure = make_figure(
            width,
            height,
            {"top": 6, "bottom": 38, "left": 44, "right": 6},
            [self.bound, self.advised, self.line, self.points, self.current],
            [self._x_axis, self.y_axis],
        )
        self.points.on_element_click(lambda _mark, event: on_click(int(event["data"]["x"])))

    def show(
        self,
        values: Mapping[int, float],
        current: int,
        label: str,
        *,
        bound: NDArray[Any] | None = None,
        advised: int | None = None,
        counted: str = "components",
    ) -> None:
        """Show a curve.

        Parameters
        ----------
        values : mapping
            From number of components to number shown; there may be none yet.
        current : int
            Number of components to mark as the current one.
        label : str
            Of the values, with their unit.
        bound : array, optional
            What no decomposition can undercut, for 1, 2, … components.
        advised : int, optional
            Number of components to point out.
        counted : str
            What is counted, where it is no components.
        """
        counts = sorted(values)
        heights = [float(values[count]) for count in counts]
        shown = np.array([*heights, *([] if bound is None else bound)] or [0.0, 1.0], float)
        # Not from zero: the elbow is what one looks for.
        margin = 0.08 * max(float(np.ptp(shown)), 1e-3)
        low, high = float(shown.min()) - margin, float(shown.max()) + margin
        with self.y_scale.hold_sync():
            self.y_scale.min, self.y_scale.max = low, high
        self._x_axis.label = counted
        self.y_axis.label, self.y_axis.tick_values = label, round_ticks(low, high, 3)
        _put(self.bound, *([], []) if bound is None else (np.arange(1, len(bound) + 1), bound))
        for mark in (self.line, self.points):
            _put(mark, counts, heights)
        _put(self.current, *([current], [values[current]]) if current in values else ([], []))
        _put(self.advised, [advised or 1] * 2, [low, high])
        self.advised.visible = advised is not None


def _put(mark: bqplot.Mark, x: Any, y: Any) -> None:
    with mark.hold_sync():
        mark.x, mark.y = np.asarray(x, float), np.asarray(y, float)
