"""How often which value occurs, in the colours of the values, with a brush."""

from collections.abc import Callable
from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray
from traitlets import Bunch

from atomstat_widgets.views.figure import make_axis, make_figure
from atomstat_widgets.views.layer import ImageLayer
from atomstat_widgets.views.png import indexed_png
from atomstat_widgets.views.rounding import round_ticks, whole_ticks

MARGIN = {"top": 6, "bottom": 38, "left": 50, "right": 8}
BINS, ROWS = 48, 400
BRUSH = "#D55E00"


class Histogram:
    """A histogram of which the brush selects an interval.

    Parameters
    ----------
    width, height : int
        Of the figure, in screen pixels.
    on_brush : callable
        Called with the lower and the upper end of an interval that was brushed.
    counted : str
        What is counted.
    """

    def __init__(
        self, width: int, height: int, on_brush: Callable[[float, float], None], counted: str = "atoms"
    ) -> None:
        self.scales = {"x": bqplot.LinearScale(min=0, max=1), "y": bqplot.LinearScale(min=0, max=1)}
        self.picture = ImageLayer(self.scales)
        self.brush = bqplot.interacts.BrushIntervalSelector(scale=self.scales["x"], color=BRUSH)
        self.axes = [
            make_axis(self.scales["x"], grid_lines="none", tick_values=[0], label_offset="28px"),
            make_axis(
                self.scales["y"],
                counted,
                vertical=True,
                grid_lines="none",
                tick_values=[0],
                tick_format="d",
                label_offset="40px",
            ),
        ]
        self.line = bqplot.Lines(x=[0, 0], y=[0, 1], scales=self.scales, colors=[BRUSH], stroke_width=2, visible=False)
        self.figure = make_figure(width, height, MARGIN, [self.picture.mark, self.line], self.axes)
        self.figure.interaction = self.brush
        self._on_brush = on_brush
        self.brush.observe(self.take_brush, "selected")

    def show(
        self,
        values: NDArray[Any],
        limits: tuple[float, float],
        name: str,
        colors: NDArray[np.uint8],
        *,
        whole: bool = False,
        split: float | None = None,
    ) -> None:
        """Show how values (n,) are spread.

        Parameters
        ----------
        values : array, (n,)
        limits : (float, float)
            Values of the first and the last colour.
        name : str
            Of the values.
        colors : array, (m, 3)
            At most 255.
        whole : bool
            The values are whole numbers, one for each colour.
        split : float, optional
            Values up to it have the first colour, those beyond the last.
        """
        low, high = limits if whole or split is not None else (float(values.min()), float(values.max()))
        if whole or high <= low:
            low, high = low - 0.5, high + 0.5
        counts, edges = np.histogram(values, len(colors) if whole else BINS, (low, high))
        top = 1.08 * max(1, counts.max())
        for axis, scale, start, stop in zip(self.axes, self.scales.values(), (low, 0.0), (high, top), strict=True):
            with scale.hold_sync():
                scale.min, scale.max = start, stop
            axis.tick_values = (whole_ticks if scale is self.scales["y"] else round_ticks)(start, stop, 2)
        self.axes[0].label = name
        middles = (edges[1:] + edges[:-1]) / 2
        place = np.clip((middles - limits[0]) / max(limits[1] - limits[0], 1e-30), 0, 1)
        if split is not None:
            place = (middles > split).astype(float)
        filled = np.arange(ROWS, 0, -1)[:, None] <= np.maximum(counts / top * ROWS, counts > 0)
        indices = np.where(filled, 1 + np.rint(place * (len(colors) - 1)), 0).astype(np.uint8)
        alpha = np.full(1 + len(colors), 255, np.uint8)
        alpha[0] = 0
        table = np.concatenate([np.zeros((1, 3), np.uint8), colors])
        self.picture.show(indexed_png(indices, table, alpha), (low, high), (top, 0.0))

    def show_line(self, value: float) -> None:
        """Draw a line at a value, over what is shown."""
        with self.line.hold_sync():
            self.line.x, self.line.y = [value, value], [0.0, self.scales["y"].max]
            self.line.visible = self.scales["x"].min <= value <= self.scales["x"].max

    def clear_brush(self) -> None:
        """Take the brush away."""
        self.brush.reset()

    def take_brush(self, change: Bunch) -> None:
        """Tell of a range that the page has brushed."""
        if change.new is not None and len(change.new) == 2:
            self._on_brush(float(change.new[0]), float(change.new[1]))
