"""Spectra as lines, and an interval of energies that is brushed on one."""

from collections.abc import Callable, Sequence
from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray
from traitlets import Bunch

from atomstat_widgets.views.colors import COMPONENT_COLORS, GRID, INK
from atomstat_widgets.views.figure import make_axis, make_figure
from atomstat_widgets.views.rounding import round_ticks

MARGIN = {"top": 4, "bottom": 36, "left": 52, "right": 10}
BRUSH = "#D55E00"


class SpectraView:
    """Spectra over one axis of energies.

    Parameters
    ----------
    width, height : int
        Of the figure, in screen pixels.
    on_brush : callable, optional
        Called with the lower and the upper energy of an interval that was brushed.
    """

    def __init__(self, width: int, height: int, on_brush: Callable[[float, float], None] | None = None) -> None:
        self.scales = {"x": bqplot.LinearScale(min=0, max=1), "y": bqplot.LinearScale(min=0, max=1)}
        self.used = bqplot.Lines(
            x=[0, 0], y=[0, 0], scales=self.scales, colors=[BRUSH], fill="inside", fill_colors=[BRUSH],
            fill_opacities=[0.12], stroke_width=0, visible=False,
        )  # fmt: skip
        self.dashed = self._lines(1.5, line_style="dashed", visible=False)
        self.solid = self._lines(1.8)
        self.axes = [
            make_axis(self.scales["x"], grid_lines="none", tick_values=[0], label_offset="26px"),
            make_axis(
                self.scales["y"], vertical=True, grid_color=GRID, tick_values=[0], label_offset="40px"
            ),
        ]  # fmt: skip
        self.figure = make_figure(width, height, MARGIN, [self.used, self.dashed, self.solid], self.axes)
        self._on_brush = on_brush
        if on_brush is not None:
            self.brush = bqplot.interacts.BrushIntervalSelector(scale=self.scales["x"], color=BRUSH)
            self.figure.interaction = self.brush
            self.brush.observe(self.take_brush, "selected")

    def show(
        self,
        energies: NDArray[Any],
        spectra: NDArray[Any],
        colors: Sequence[str],
        names: tuple[str, str],
        *,
        dashed: NDArray[Any] | None = None,
        used: tuple[float, float] | None = None,
    ) -> None:
        """Show spectra.

        Parameters
        ----------
        energies : array, (channels,)
        spectra : array, (k, channels)
        colors : sequence of str
            Of each.
        names : (str, str)
            Of the axes.
        dashed : array, (k, channels), optional
            Others to compare with, in the same colours.
        used : (float, float), optional
            Interval of energies to point out.
        """
        every = spectra if dashed is None else np.concatenate([spectra, dashed])
        low, high = min(0.0, float(every.min())), float(every.max())
        margin = 0.05 * (high - low) or 1.0
        low, high = low - margin * (low < 0), high + margin
        ends = (float(energies[0]), float(energies[-1])), (low, high)
        for axis, scale, name, (start, stop), count in zip(
            self.axes, self.scales.values(), names, ends, (5, 2), strict=True
        ):
            with scale.hold_sync():
                scale.min, scale.max = start, stop
            axis.label, axis.tick_values = name, round_ticks(start, stop, count)
        _put(self.solid, energies, spectra, colors)
        self.dashed.visible = dashed is not None
        if dashed is not None:
            _put(self.dashed, energies, dashed, colors)
        self.used.visible = used is not None
        if used is not None:
            with self.used.hold_sync():
                self.used.x = [used[0], used[1], used[1], used[0]]
                self.used.y = [low, low, high, high]

    def clear_brush(self) -> None:
        """Take the brush away."""
        self.brush.reset()

    def _lines(self, width: float, **style: Any) -> bqplot.Lines:
        return bqplot.Lines(
            x=[0, 0], y=[[0, 0]], scales=self.scales, colors=[INK, *COMPONENT_COLORS], stroke_width=width, **style
        )

    def take_brush(self, change: Bunch) -> None:
        """Tell of a range that the page has brushed."""
        if change.new is not None and len(change.new) == 2 and self._on_brush is not None:
            self._on_brush(float(change.new[0]), float(change.new[1]))


def _put(lines: bqplot.Lines, x: NDArray[Any], y: NDArray[Any], colors: Sequence[str]) -> None:
    with lines.hold_sync():
        lines.x, lines.y, lines.colors = np.asarray(x, float), np.asarray(y, float), list(colors)
