"""Pieces by their scores, one component against another, with a lasso."""

from collections.abc import Callable
from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray
from traitlets import Bunch

from atomstat_widgets.views.figure import make_axis, make_figure
from atomstat_widgets.views.layer import ImageLayer
from atomstat_widgets.views.points import points_png
from atomstat_widgets.views.rounding import round_ticks

MARGIN = {"top": 6, "bottom": 38, "left": 46, "right": 8}
DENSITY = 2  # picture pixels per screen pixel
RADIUS = 2.2  # of a point, in screen pixels
LASSO = "#D55E00"


class ScoreScatter:
    """Points with two coordinates each, of which a lasso selects some.

    Parameters
    ----------
    width, height : int
        Of the figure, in screen pixels.
    on_lasso : callable
        Called with the numbers of the points inside a lasso that was drawn.
    """

    def __init__(self, width: int, height: int, on_lasso: Callable[[NDArray[np.intp]], None]) -> None:
        self._size = (height - MARGIN["top"] - MARGIN["bottom"], width - MARGIN["left"] - MARGIN["right"])
        self.scales = {"x": bqplot.LinearScale(min=0, max=1), "y": bqplot.LinearScale(min=0, max=1)}
        self.picture = ImageLayer(self.scales, pixelated=False)
        # What is seen is a picture. The lasso asks a mark for the points in it: an unseen line through all of them,
        # which is one element of the page where a scatter would be one a point.
        self.points = bqplot.Lines(x=[0.0], y=[0.0], scales=self.scales, opacities=[0])
        self._lasso = bqplot.interacts.LassoSelector(marks=[self.points], color=LASSO)
        self.axes = [
            make_axis(self.scales["x"], grid_lines="none", tick_values=[0], label_offset="28px"),
            make_axis(self.scales["y"], vertical=True, grid_lines="none", tick_values=[0], label_offset="35px"),
        ]
        self.figure = make_figure(width, height, MARGIN, [self.picture.mark, self.points], self.axes)
        self.figure.interaction = self._lasso
        self._on_lasso = on_lasso
        self.points.observe(self.take_lasso, "selected")

    def show(
        self,
        scores: NDArray[Any],
        names: tuple[str, str],
        levels: NDArray[Any],
        colors: NDArray[np.uint8],
        lit: NDArray[np.bool_] | None,
    ) -> None:
        """Show points.

        Parameters
        ----------
        scores : array, (n, 2)
            x and y of each.
        names : (str, str)
            Of the axes.
        levels, colors, lit
            As for `points_png`.
        """
        low, high = scores.min(axis=0).astype(float), scores.max(axis=0).astype(float)
        margin = np.where(high > low, 0.04 * (high - low), 0.5)
        low, high = low - margin, high + margin
        for axis, scale, name, start, stop in zip(self.axes, self.scales.values(), names, low, high, strict=True):
            with scale.hold_sync():
                scale.min, scale.max = float(start), float(stop)
            axis.label, axis.tick_values = name, round_ticks(start, stop, 3)
        height, width = (DENSITY * length for length in self._size)
        x, y = ((scores - low) / (high - low)).T
        places = np.stack([(1 - y) * height, x * width], axis=1) - 0.5
        png = points_png((height, width), places, levels, colors, radius=DENSITY * RADIUS, lit=lit, opacity=0.8)
        self.picture.show(png, (low[0], high[0]), (high[1], low[1]))
        with self.points.hold_sync():
            self.points.x, self.points.y = scores.T.astype(np.float32)

    def take_lasso(self, change: Bunch) -> None:
        """Tell of the points round which the page has drawn a lasso."""
        # Empty while the lasso is taken away again, and after one around nothing.
        if change.new is not None and len(change.new):
            chosen = np.asarray(change.new, np.intp)
            self._lasso.reset()
            self._on_lasso(chosen)
