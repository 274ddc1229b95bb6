"""The spectrum of an image with two of its reflections, which a click chooses."""

from collections.abc import Callable
from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.stat import Spectrum
from atomstat_widgets.views.colors import lookup_table, to_bytes
from atomstat_widgets.views.figure import make_axis, make_figure
from atomstat_widgets.views.layer import ImageLayer
from atomstat_widgets.views.png import indexed_png
from atomstat_widgets.views.rounding import round_ticks

MARGIN = {"top": 4, "bottom": 36, "left": 46, "right": 6}
COLORS = ("#FFD400", "#56B4E9")  # of the rings around the first and the second reflection
LARGEST_PICTURE = 512  # pixels a side; of more the brightest of each block are shown
AROUND = 2.2  # times the longer reflection: how far the spectrum is shown
TURN = np.linspace(0, 2 * np.pi, 33)


class SpectrumView:
    """The middle of a spectrum, as a logarithm, with rings around two reflections; y goes down as in the image.

    Parameters
    ----------
    side : int
        Of the square picture, in screen pixels.
    on_click : callable
        Called with (fy, fx), in periods per pixel of the image.
    """

    def __init__(self, side: int, on_click: Callable[[float, float], None]) -> None:
        self.scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale(reverse=True)}
        self.picture = ImageLayer(self.scales)
        self._rings = bqplot.Lines(
            x=[[0, 0]], y=[[0, 0]], scales=self.scales, colors=list(COLORS), stroke_width=2, visible=False
        )
        self._names = bqplot.Label(
            x=[0], y=[0], text=[""], scales=self.scales, colors=list(COLORS), default_size=14, font_weight="bold",
            align="start", x_offset=9, y_offset=-7,
        )  # fmt: skip
        self.axes = [
            make_axis(self.scales["x"], grid_lines="none", tick_values=[0], label_offset="27px"),
            make_axis(self.scales["y"], vertical=True, grid_lines="none", tick_values=[0], label_offset="34px"),
        ]
        self.figure = make_figure(
            side + MARGIN["left"] + MARGIN["right"], side + MARGIN["top"] + MARGIN["bottom"], MARGIN,
            [self.picture.mark, self._rings, self._names], self.axes,
        )  # fmt: skip
        self._on_click = on_click
        self._pixel_size = 1.0
        self._half = 0.5
        self.picture.mark.on_element_click(self.take_click)

    def show(self, spectrum: Spectrum, around: NDArray[Any], pixel_size: float | None, unit: str) -> None:
        """Show a spectrum so far that there is room around reflections (n, 2)."""
        self._pixel_size = pixel_size or 1.0
        n, frequency = len(spectrum.power), spectrum.frequencies
        farthest = float(np.linalg.norm(around, axis=1).max())
        self._half = half = min(0.5, AROUND * farthest)
        inside = slice(*np.searchsorted(frequency, [-half, half]).tolist())
        picture, step = np.log(1 + spectrum.power[inside, inside].astype(float)), 1 / n
        every = -(-len(picture) // LARGEST_PICTURE)
        if every > 1:
            kept = len(picture) // every * every
            picture = picture[:kept, :kept].reshape(kept // every, every, -1, every).max(axis=(1, 3))
        low, high = np.percentile(picture, [30, 99.98])
        ends = (
            float(frequency[inside][0] - step / 2),
            float(frequency[inside][0] + (len(picture) * every - 0.5) * step),
        )
        ends = ends[0] / self._pixel_size, ends[1] / self._pixel_size
        self.picture.show(indexed_png(to_bytes(picture, low, high), lookup_table("gray")), ends, ends)
        ticks = round_ticks(-half / self._pixel_size, half / self._pixel_size, 2)
        for name, axis, scale in zip("xy", self.axes, self.scales.values(), strict=True):
            with scale.hold_sync():
                scale.min, scale.max = -half / self._pixel_size, half / self._pixel_size
            axis.label, axis.tick_values = f"k{name} (1/{unit if pixel_size else 'px'})", ticks

    def mark(self, reflections: NDArray[Any]) -> None:
        """Draw a ring around each of two reflections (2, 2), in periods per pixel."""
        y, x = reflections.T / self._pixel_size
        radius = 0.045 * self._half / self._pixel_size
        with self._rings.hold_sync():
            self._rings.x = x[:, None] + radius * np.cos(TURN)
            self._rings.y = y[:, None] + radius * np.sin(TURN)
            self._rings.visible = True
        with self._names.hold_sync():
            self._names.x, self._names.y, self._names.text = x, y, ["g1", "g2"]

    def take_click(self, _mark: Any, event: dict[str, Any]) -> None:
        """Tell of a click in the page."""
        clicked = event["data"]
        self._on_click(clicked["click_y"] * self._pixel_size, clicked["click_x"] * self._pixel_size)
