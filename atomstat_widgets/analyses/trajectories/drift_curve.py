"""The drift of a movie as curves, and whether the movie is played without it."""

import ipywidgets
import numpy as np

from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.panels.controls import Explained, checkbox, title
from atomstat_widgets.panels.panel import name_figure
from atomstat_widgets.views.drift import ALONG_X, ALONG_Y, DOUBT, DriftView
from atomstat_widgets.views.html import Html


class DriftCurve(ipywidgets.VBox):
    """Curves of the drift of a result.

    Parameters
    ----------
    width, height : int
        Of the curves, in screen pixels.

    Attributes
    ----------
    still : Checkbox
        Whether the movie is played with the drift removed.
    title : HTML
    view : DriftView
    """

    def __init__(self, width: int, height: int) -> None:
        self.title = ipywidgets.HTML(title("Drift"))
        self.still = checkbox(
            "Hold the sample still", "Play the movie with the drift removed: the picture moves, what it shows does not"
        )
        self.still.layout.width = "170px"
        self.view = DriftView(width, height)
        header = ipywidgets.HBox(
            [self.title, Explained(self.still)],
            layout=ipywidgets.Layout(
                height="28px", width=f"{width}px", max_width="100%",
                align_items="center", justify_content="space-between",
            ),
        )  # fmt: skip
        super().__init__([header, name_figure(self.view, "drift")])

    def part_at(self, result: TrajectoriesResult | None, frame: int) -> tuple[tuple[float, float] | None, float]:
        """Where to look in a frame and how far around: at the sample if it is held still, else at all of it."""
        if not self.still.value or result is None:
            return None, 0.0
        height, width = result.movie.sides
        down, across = result.drift_at(frame).tolist()
        return ((height - 1) / 2 + down, (width - 1) / 2 + across), max(height, width) / 2

    def show(self, result: TrajectoriesResult) -> None:
        """Show that of a result, in the unit of its movie."""
        movie, drift = result.movie, result.drift
        doubtful = movie.frame_numbers[sorted(drift.doubtful)]
        pixel, unit = movie.pixel_size or 1.0, movie.unit if movie.pixel_size else "px"
        self.view.show(movie.frame_numbers, pixel * drift.shifts, np.asarray(doubtful), unit, pixel)
        names = [(ALONG_Y, "y"), (ALONG_X, "x"), *([(DOUBT, f"{len(doubtful)} in doubt")] if len(doubtful) else [])]
        marks = [f'<span style="color:{color}">■</span> {name}' for color, name in names]
        self.title.value = title("Drift", Html(" &ensp;".join(marks)))
