"""How far the frames of a movie are shifted, as two lines over the frames."""

from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.views.colors import COMPONENT_COLORS, GRID
from atomstat_widgets.views.figure import make_axis, make_figure
from atomstat_widgets.views.rounding import round_ticks, whole_ticks

MARGIN = {"top": 6, "bottom": 36, "left": 50, "right": 8}
FEWEST_TICKS = 1.2  # along y: so there are at most three, which is what the height has room for
ALONG_Y, ALONG_X, DOUBT = COMPONENT_COLORS[0], COMPONENT_COLORS[2], COMPONENT_COLORS[1]


class DriftView:
    """Curves of the drift along y and x, frames that are in doubt, and the current frame.

    Parameters
    ----------
    width, height : int
        Of the figure, in screen pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self.scales = {"x": bqplot.LinearScale(min=0, max=1), "y": bqplot.LinearScale(min=-1, max=1)}
        self.lines = bqplot.Lines(
            x=[0, 0], y=[[0, 0], [0, 0]], scales=self.scales, colors=[ALONG_Y, ALONG_X], stroke_width=1.8
        )
        self.doubtful = bqplot.Scatter(
            x=[0], y=[0], scales=self.scales, colors=[DOUBT], marker="triangle-up", default_size=40, visible=False
        )
        self.cursor = bqplot.Lines(x=[0, 0], y=[-1, 1], scales=self.scales, colors=["#888888"], stroke_width=1.5)
        self.axes = [
            make_axis(self.scales["x"], "frame", grid_lines="none", tick_values=[0], label_offset="26px"),
            make_axis(self.scales["y"], vertical=True, grid_color=GRID, tick_values=[0], label_offset="38px"),
        ]
        self.figure = make_figure(width, height, MARGIN, [self.cursor, self.lines, self.doubtful], self.axes)

    def show(
        self, frames: NDArray[np.intp], shifts: NDArray[Any], doubtful: NDArray[np.intp], unit: str, pixel: float
    ) -> None:
        """Show a drift.

        Parameters
        ----------
        frames : array of int, (n,)
            Numbers of the frames.
        shifts : array, (n, 2)
            Along y and x, in `unit`.
        doubtful : array of int, (m,)
            Numbers of the frames that are in doubt.
        unit : str
        pixel : float
            Size of a pixel. What is smaller is drawn as what it is, next to nothing.
        """
        low, high = min(float(shifts.min()), -pixel), max(float(shifts.max()), pixel)
        room = 0.12 * (high - low)  # below, for what is in doubt
        ends = (float(frames[0]), float(max(frames[-1], frames[0] + 1))), (low - room, high + room / 2)
        for scale, (start, stop) in zip(self.scales.values(), ends, strict=True):
            with scale.hold_sync():
                scale.min, scale.max = start, stop
        self.axes[0].tick_values = whole_ticks(int(frames[0]), int(frames[-1]), 5)
        self.axes[1].label, self.axes[1].tick_values = f"drift ({unit})", round_ticks(low, high, FEWEST_TICKS)
        with self.lines.hold_sync():
            self.lines.x, self.lines.y = frames.astype(float), shifts.T.astype(float)
        with self.doubtful.hold_sync():
            self.doubtful.x = doubtful.astype(float)
            self.doubtful.y = np.full(len(doubtful), low - room / 2)
            self.doubtful.visible = len(doubtful) > 0
        self.cursor.y = list(ends[1])

    def show_time(self, frame: int) -> None:
        """Move the line of the current frame."""
        self.cursor.x = [frame, frame]
