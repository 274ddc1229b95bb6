"""The spectrum of an image with rings around some of its spots, of which a click tells."""

from collections.abc import Callable, Sequence
from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.views.colors import lookup_table, to_bytes
from atomstat_widgets.views.figure import make_axis, make_figure
from atomstat_widgets.views.layer import ImageLayer
from atomstat_widgets.views.png import indexed_png
from atomstat_widgets.views.rounding import round_ticks

MARGIN = {"top": 4, "bottom": 36, "left": 46, "right": 6}
LARGEST_PICTURE = 512  # pixels a side; of more the brightest of each block are shown
TURN = np.linspace(0, 2 * np.pi, 33)


class SpectrumView:
    """The middle of a spectrum, as a logarithm, with rings around spots; y goes down as in the image.

    Parameters
    ----------
    side : int
        Of the square picture, in screen pixels.
    on_click : callable
        Called with (fy, fx), in the unit of the frequencies shown.
    **names
        Style of the names of spots, as of bqplot's labels.

    Attributes
    ----------
    half : float
        How far it is shown, in the unit of the frequencies.
    """

    def __init__(self, side: int, on_click: Callable[[float, float], None], **names: Any) -> None:
        self.scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale(reverse=True)}
        self.picture = ImageLayer(self.scales)
        self.rings = bqplot.Lines(x=[[0, 0]], y=[[0, 0]], scales=self.scales, stroke_width=2, visible=False)
        self.names = bqplot.Label(
            x=[0], y=[0], text=[""], scales=self.scales, font_weight="bold",
            **{"default_size": 14, "align": "start", "x_offset": 9, "y_offset": -7, **names},
        )  # fmt: skip
        self.axes = [
            make_axis(self.scales["x"], grid_lines="none", tick_values=[0], label_offset="27px"),
            make_axis(self.scales["y"], vertical=True, grid_lines="none", tick_values=[0], label_offset="34px"),
        ]
        self.figure = make_figure(
            side + MARGIN["left"] + MARGIN["right"], side + MARGIN["top"] + MARGIN["bottom"], MARGIN,
            [self.picture.mark, self.rings, self.names], self.axes,
        )  # fmt: skip
        self._on_click = on_click
        self.half = 0.5
        self.picture.mark.on_element_click(self.take_click)

    def show(self, power: NDArray[Any], frequencies: NDArray[Any], half: float, unit: str) -> None:
        """Show a spectrum.

        Parameters
        ----------
        power : array, (n, n)
            Its power, frequency 0 at [n // 2, n // 2].
        frequencies : array, (n,)
            Of its rows and columns, in periods per unit.
        half : float
            How far it is shown, in the same unit.
        unit : str
            Of lengths.
        """
        self.half = half
        step = float(frequencies[1] - frequencies[0])
        inside = slice(*np.searchsorted(frequencies, [-half, half]).tolist())
        picture = np.log(1 + power[inside, inside].astype(float))
        every = -(-len(picture) // LARGEST_PICTURE)
        if every > 1:
            kept = len(picture) // every * every
            picture = picture[:kept, :kept].reshape(kept // every, every, -1, every).max(axis=(1, 3))
        low, high = np.percentile(picture, [30, 99.98])
        first = float(frequencies[inside][0])
        ends = first - step / 2, first + (len(picture) * every - 0.5) * step
        self.picture.show(indexed_png(to_bytes(picture, low, high), lookup_table("gray")), ends, ends)
        ticks = round_ticks(-half, half, 2)
        for name, axis, scale in zip("xy", self.axes, self.scales.values(), strict=True):
            with scale.hold_sync():
                scale.min, scale.max = -half, half
            axis.label, axis.tick_values = f"k{name} (1/{unit})", ticks

    def mark(
        self,
        spots: NDArray[Any],
        colors: Sequence[str],
        names: Sequence[str],
        opacities: Sequence[float] = (),
        names_at: NDArray[Any] | None = None,
    ) -> None:
        """Draw a ring around each spot (n, 2) in its colour, and write its name there, or where (n, 2) is told."""
        y, x = spots.T
        radius = 0.045 * self.half
        with self.rings.hold_sync():
            self.rings.x = x[:, None] + radius * np.cos(TURN)
            self.rings.y = y[:, None] + radius * np.sin(TURN)
            self.rings.colors, self.rings.opacities = list(colors), list(opacities)
            self.rings.visible = True
        with self.names.hold_sync():
            self.names.colors, self.names.opacities = list(colors), list(opacities)
            self.names.y, self.names.x = spots.T if names_at is None else names_at.T
            self.names.text = list(names)

    def clear(self) -> None:
        """Mark no spots."""
        self.rings.visible = False
        self.names.text = [""] * len(self.names.text)

    def take_click(self, _mark: Any, event: dict[str, Any]) -> None:
        """Tell of a click in the page."""
        self._on_click(event["data"]["click_y"], event["data"]["click_x"])
