"""How much of each component is in one place."""

from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.views.colors import COMPONENT_COLORS, GRID
from atomstat_widgets.views.figure import make_axis, make_figure


class MixtureBars:
    """One bar a component, in its colour, in per cent.

    Parameters
    ----------
    width, height : int
        Of the figure, in screen pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        scales = {"x": bqplot.OrdinalScale(), "y": bqplot.LinearScale(min=0, max=100)}
        self.bars = bqplot.Bars(x=[1], y=[0.0], scales=scales, color_mode="group", padding=0.25)
        x_axis = make_axis(scales["x"], "component", grid_lines="none", label_offset="28px")
        y_axis = make_axis(scales["y"], "share (%)", vertical=True, num_ticks=5, grid_color=GRID, label_offset="32px")
        margin = {"top": 6, "bottom": 38, "left": 44, "right": 4}
        self.figure = make_figure(width, height, margin, [self.bars], [x_axis, y_axis])

    def show(self, shares: NDArray[Any]) -> None:
        """Show shares (k,), which sum to 1."""
        with self.bars.hold_sync():
            self.bars.colors = list(COMPONENT_COLORS[: len(shares)])
            self.bars.x, self.bars.y = np.arange(1, len(shares) + 1), 100 * shares
