"""A picture under the axes of a figure, which can be changed."""

import bqplot
import ipywidgets
import numpy as np

from atomstat_widgets.views.png import rgba_png

TRANSPARENT = rgba_png(np.zeros((1, 1, 4), np.uint8))


class ImageLayer:
    """A bqplot image whose picture can be exchanged.

    `bqplot.Image` hears of another image widget, not of another value in it, so there are two: the hidden one is
    filled, and they change places.

    Parameters
    ----------
    scales : dict
        The figure's scales "x" and "y".
    pixelated : bool
        Show pixels as squares where the picture is enlarged; otherwise smooth them.
    """

    def __init__(self, scales: dict[str, bqplot.Scale], *, pixelated: bool = True) -> None:
        self._shown, self._hidden = (ipywidgets.Image(value=TRANSPARENT, format="png") for _ in range(2))
        self.mark = bqplot.Image(image=self._shown, scales=scales, pixelated=pixelated)

    def show(self, png: bytes, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show a picture between x[0] (left) and x[1], and y[0] (top) and y[1]."""
        self._hidden.value = png
        self._shown, self._hidden = self._hidden, self._shown
        with self.mark.hold_sync():
            self.mark.x, self.mark.y = x, y[::-1]  # bqplot counts y from the bottom of the picture
            self.mark.image = self._shown

    def clear(self) -> None:
        """Show nothing."""
        self._hidden.value = TRANSPARENT
        self._shown, self._hidden = self._hidden, self._shown
        self.mark.image = self._shown
