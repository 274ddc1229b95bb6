"""How much of each component is in one place."""

from typing import Any

import bqplot
import ipywidgets
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.views.colors import COMPONENT_COLORS, INK


class MixtureBars:
    """One bar a component, in its colour, in per cent.

    Parameters
    ----------
    width, height : int
        Of the figure, in screen pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        scales = {"x": bqplot.OrdinalScale(), "y": bqplot.LinearScale(min=0, max=100)}
        self._bars = bqplot.Bars(x=[1], y=[0.0], scales=scales, color_mode="group", padding=0.25)
        style = {"font-size": "11px", "fill": INK}
        self.figure = bqplot.Figure(
            marks=[self._bars],
            axes=[
                bqplot.Axis(
                    scale=scales["x"], label="component", grid_lines="none", tick_style=style, label_offset="28px"
                ),
                bqplot.Axis(
                    scale=scales["y"], label="share (%)", orientation="vertical", num_ticks=5, grid_color="#eeeeee",
                    tick_style=style, label_offset="32px",
                ),
            ],
            fig_margin={"top": 6, "bottom": 38, "left": 44, "right": 4},
            padding_x=0,
            padding_y=0,
            animation_duration=0,
            display_toolbar=False,
            layout=ipywidgets.Layout(width=f"{width}px", height=f"{height}px"),
        )  # fmt: skip

    def show(self, shares: NDArray[Any]) -> None:
        """Show shares (k,), which sum to 1."""
        with self._bars.hold_sync():
            self._bars.colors = list(COMPONENT_COLORS[: len(shares)])
            self._bars.x, self._bars.y = np.arange(1, len(shares) + 1), 100 * shares
