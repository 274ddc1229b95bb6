"""Numbers with intervals against the lag: curves that are predicted, points that were seen."""

from collections.abc import Sequence
from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.views.colors import GRID, GROUND, INK
from atomstat_widgets.views.figure import make_axis, make_figure
from atomstat_widgets.views.rounding import round_ticks, whole_ticks

Ends = tuple[NDArray[Any], NDArray[Any]]


class LagCurves:
    """Curves between the ends of their intervals, points with theirs as bars, and a bound.

    Parameters
    ----------
    width, height : int
        Of the figure, in screen pixels.
    label : str
        Of the numbers.
    """

    def __init__(self, width: int, height: int, label: str) -> None:
        self.scales = {"x": bqplot.LinearScale(min=0, max=1), "y": bqplot.LinearScale(min=0, max=1)}
        lines: dict[str, Any] = {"x": [0, 1], "y": [0, 0], "scales": self.scales, "colors": [INK], "visible": False}
        self.bound = bqplot.Lines(**{**lines, "colors": ["#999999"]}, line_style="dashed")
        self.ends = bqplot.Lines(**lines, stroke_width=1, line_style="dotted")
        self.curves = bqplot.Lines(**lines, stroke_width=1.5)
        self.bars = bqplot.Lines(**lines, stroke_width=1.5)
        self.points = bqplot.Scatter(
            x=[0], y=[0], scales=self.scales, colors=[INK], default_size=28, stroke=GROUND, visible=False
        )
        self.axes = [
            make_axis(self.scales["x"], "lag (frames)", grid_lines="none", tick_values=[0], tick_format="d",
                      label_offset="28px"),
            make_axis(self.scales["y"], label, vertical=True, tick_values=[0], grid_color=GRID, label_offset="33px"),
        ]  # fmt: skip
        marks = [self.bound, self.ends, self.curves, self.bars, self.points]
        self.figure = make_figure(width, height, {"top": 6, "bottom": 38, "left": 44, "right": 8}, marks, self.axes)

    def show(
        self,
        lags: NDArray[Any],
        colors: Sequence[str],
        points: NDArray[Any],
        bars: Ends,
        *,
        curves: NDArray[Any] | None = None,
        ends: Ends | None = None,
        highest: float | None = None,
        bound: bool = False,
    ) -> None:
        """Show numbers (n, lags), NaN where there is none.

        Parameters
        ----------
        lags : array, (lags,)
        colors : sequence of str, (n,)
        points : array, (n, lags)
        bars : tuple of array, (n, lags)
            Lower and upper ends of the intervals of the points.
        curves : array, (n, lags), optional
        ends : tuple of array, (n, lags), optional
            Of their intervals.
        highest : float, optional
            Where the axis ends; by default above what is finite.
        bound : bool
            Dash the line on which a number is the lag.
        """
        right = float(lags.max(initial=1)) + 0.5
        parts = [points, *(end for end in bars), *([] if curves is None else [curves])]
        finite = np.concatenate([part[np.isfinite(part)] for part in parts]) if points.size else np.ones(1)
        top = highest if highest is not None else 1.05 * min(
            float(finite.max(initial=1.0)), 3 * float(np.nanmax(np.where(np.isfinite(points), points, 0), initial=1.0))
        )  # fmt: skip
        for scale, least, most in ((self.scales["x"], 0.5, right), (self.scales["y"], 0.0, top)):
            with scale.hold_sync():
                scale.min, scale.max = least, most
        self.axes[0].tick_values, self.axes[1].tick_values = whole_ticks(1, right, 3), round_ticks(0, top, 3)
        low, high = (np.clip(end, 0, top) for end in bars)
        rows, at = np.nonzero(np.isfinite(points))
        own = [colors[row] for row in rows.tolist()]
        _put(self.bars, np.stack([lags[at]] * 2, axis=1), np.stack([low[rows, at], high[rows, at]], axis=1), own)
        _put(self.points, lags[at], points[rows, at], own)
        _put_rows(self.curves, lags, curves, colors)
        both = None if ends is None else np.concatenate([np.clip(end, 0, top) for end in ends])
        _put_rows(self.ends, lags, both, [*colors, *colors])
        _put(self.bound, [[0.0, top]] if bound else [], [[0.0, top]] if bound else [], ["#999999"])


def _put_rows(mark: bqplot.Lines, lags: NDArray[Any], rows: NDArray[Any] | None, colors: Sequence[str]) -> None:
    """Show rows of numbers, each without what is no number."""
    if rows is None:
        _put(mark, [], [], colors)
        return
    kept = [(np.flatnonzero(np.isfinite(row)), row, color) for row, color in zip(rows, colors, strict=True)]
    kept = [one for one in kept if len(one[0])]
    # All rows of a mark are equally long, and of two points at least: the last one is said again.
    places = np.arange(max(len(lags), 2))
    full = [at[np.minimum(places, len(at) - 1)] for at, _, _ in kept]
    heights = [row[at] for at, (_, row, _) in zip(full, kept, strict=True)]
    _put(mark, [lags[at] for at in full], heights, [color for _, _, color in kept])


def _put(mark: bqplot.Mark, x: Any, y: Any, colors: Sequence[str]) -> None:
    with mark.hold_sync():
        mark.visible = len(x) > 0
        mark.colors = list(colors) or [INK]
        mark.x, mark.y = (np.asarray(part, float) if len(part) else np.zeros(1) for part in (x, y))
