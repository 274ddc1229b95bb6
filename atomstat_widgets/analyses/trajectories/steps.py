"""How far atoms move from frame to frame: steps to the nearest atom of the next frame, and diffusion."""

from collections.abc import Callable

import ipywidgets
import numpy as np

from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.panels.controls import title
from atomstat_widgets.panels.panel import name_figure
from atomstat_widgets.views.colors import rgb
from atomstat_widgets.views.histogram import Histogram
from atomstat_widgets.views.rounding import with_error

WITHIN, BEYOND = np.array([rgb("#0072B2"), rgb("#bbbbbb")], np.uint8)  # steps inside of the search range, or not


class Steps(ipywidgets.VBox):
    """Histogram of the nearest steps, which a brush sets the search range in, and the diffusion coefficient.

    Parameters
    ----------
    width, height : int
        Of the histogram, in screen pixels.
    on_brush : callable
        Called with the ends of what was brushed.

    Attributes
    ----------
    histogram : Histogram
    title, motion : HTML
        What is above and below it.
    """

    def __init__(self, width: int, height: int, on_brush: Callable[[float, float], None]) -> None:
        self.title, self.motion = ipywidgets.HTML(), ipywidgets.HTML()
        self.histogram = Histogram(width, height, on_brush, "steps")
        name_figure(self.histogram, "steps", clicked=True)
        super().__init__([self.title, self.histogram.figure, self.motion])

    def show(self, result: TrajectoriesResult) -> None:
        """Show those of a result, in the unit of its movie."""
        movie = result.movie
        size, unit = movie.pixel_size or 1.0, movie.unit if movie.pixel_size else "px"
        rmax, steps = size * result.rmax, size * result.nearest
        self.title.value = title("Nearest steps", f"line: rmax = {rmax:.3g} {unit}")
        reach = max(2 * rmax, float(np.quantile(steps, 0.99)) if len(steps) else 0.0)
        colors = np.array([WITHIN, BEYOND])
        self.histogram.show(steps[steps <= reach], (0.0, reach), f"step ({unit})", colors, split=rmax)
        self.histogram.show_line(rmax)
        diffusion = result.diffusion()
        self.motion.value = title(
            "",
            f"D = {with_error(*diffusion)} {unit}²/frame" if diffusion else "D: the tracks are too short",
        )
