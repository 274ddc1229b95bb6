"""States of many atoms against time, one row an atom."""

from collections.abc import Callable
from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.views.colors import COMPONENT_RGB, INK, MARKER, UNKNOWN, rgb
from atomstat_widgets.views.figure import make_axis, make_figure
from atomstat_widgets.views.layer import ImageLayer
from atomstat_widgets.views.png import indexed_png
from atomstat_widgets.views.rounding import whole_ticks

MARGIN = {"top": 4, "bottom": 36, "left": 46, "right": 8}
HATCH = 4  # pixels a side of a state that is hatched
ABSENT = (128, 128, 128, 30)  # a shade of the page, light or dark


class StateStrip:
    """A picture of rows of states, the current time, and a row that is chosen.

    Parameters
    ----------
    width, height : int
        Of the figure, in screen pixels.
    on_click : callable
        Called with the number of a row that was clicked, and the time there.
    """

    def __init__(self, width: int, height: int, on_click: Callable[[int, int], None]) -> None:
        self.scales = {"x": bqplot.LinearScale(min=0, max=1), "y": bqplot.LinearScale(min=0, max=1, reverse=True)}
        self.picture = ImageLayer(self.scales)
        self.cursor = bqplot.Lines(x=[0, 0], y=[0, 1], scales=self.scales, colors=[INK], stroke_width=2)
        self.frame = bqplot.Lines(
            x=[0, 0], y=[0, 0], scales=self.scales, colors=[MARKER], stroke_width=3, visible=False
        )
        self.axes = [
            make_axis(self.scales["x"], "frame", grid_lines="none", tick_values=[0], tick_format="d",
                      label_offset="26px"),
            make_axis(self.scales["y"], "track", vertical=True, grid_lines="none", tick_values=[0], tick_format="d",
                      label_offset="34px"),
        ]  # fmt: skip
        self.figure = make_figure(width, height, MARGIN, [self.picture.mark, self.frame, self.cursor], self.axes)
        self._on_click = on_click
        self._shape, self._first = (0, 0), 0
        self.picture.mark.on_element_click(self.take_click)

    def show(self, states: NDArray[np.intp], first: int, doubtful: NDArray[np.bool_] | None = None) -> None:
        """Show states.

        Parameters
        ----------
        states : array of int, (rows, times)
            From 0 on; -1 is not known, -2 absent.
        first : int
            The first time.
        doubtful : array of bool, (rows, times), optional
            Which of them to hatch.
        """
        self._shape, self._first = states.shape, first
        height, width = max(1, states.shape[0]), states.shape[1]
        for scale, start, stop in zip(
            self.scales.values(), (first - 0.5, 0.5), (first + width - 0.5, height + 0.5), strict=True
        ):
            with scale.hold_sync():
                scale.min, scale.max = start, stop
        self.axes[0].tick_values = whole_ticks(first, first + width - 1, 5)
        self.axes[1].tick_values = whole_ticks(1, height, 4)
        table = np.concatenate([[ABSENT[:3], rgb(UNKNOWN)], COMPONENT_RGB]).astype(np.uint8)
        alpha = np.full(len(table), 255, np.uint8)
        alpha[0] = ABSENT[3]
        indices = (states + 2).astype(np.uint8) if len(states) else np.zeros((1, width), np.uint8)
        if doubtful is not None and doubtful.any():
            indices = _hatched(indices, doubtful)
        self.picture.show(indexed_png(indices, table, alpha), (first - 0.5, first + width - 0.5), (0.5, height + 0.5))
        self.cursor.y = [0.5, height + 0.5]

    def show_time(self, time: int) -> None:
        """Move the line of the current time."""
        self.cursor.x = [time, time]

    def choose(self, row: int | None) -> None:
        """Frame one row, or none."""
        with self.frame.hold_sync():
            self.frame.visible = row is not None
            if row is not None:
                left, right = self._first - 0.5, self._first + self._shape[1] - 0.5
                self.frame.x = [left, right, right, left, left]
                self.frame.y = [row + 0.5, row + 0.5, row + 1.5, row + 1.5, row + 0.5]

    def take_click(self, _mark: Any, event: dict[str, Any]) -> None:
        """Tell of a click in the page."""
        row, time = round(event["data"]["click_y"]) - 1, round(event["data"]["click_x"])
        time = min(max(time, self._first), self._first + self._shape[1] - 1)
        if 0 <= row < self._shape[0]:
            self._on_click(row, time)


def _hatched(indices: NDArray[np.uint8], doubtful: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Picture in which each number takes so many pixels that stripes of 0 cross those that are doubtful."""
    large, where = (np.kron(part, np.ones((HATCH, HATCH), part.dtype)) for part in (indices, doubtful))
    rows, columns = np.arange(large.shape[0])[:, None], np.arange(large.shape[1])
    stripes = (rows + columns) % HATCH < HATCH // 2
    large[where & stripes] = 0
    return large
