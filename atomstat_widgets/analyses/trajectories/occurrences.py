"""The frames where a transition happens, one after the other, with the atom before and after."""

from collections.abc import Callable
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.analyses.trajectories.stages import frame_reader
from atomstat_widgets.panels.controls import title
from atomstat_widgets.stat import extract_crops
from atomstat_widgets.views.colors import MARKER
from atomstat_widgets.views.limits import common_limits
from atomstat_widgets.views.tiles import TileGrid

NONE_YET = np.empty((0, 2), np.intp)


class Occurrences(ipywidgets.VBox):
    """Buttons that go through the occurrences of a transition, and crops of the current one.

    Parameters
    ----------
    width, height : int
        Of the crops, in screen pixels.
    on_go : callable
        Called with track and frame number of an occurrence that was gone to.
    guard : callable
        Makes callbacks that say what goes wrong in them.
    """

    def __init__(self, width: int, height: int, on_go: Callable[[int, int], None], guard: Callable[..., Any]) -> None:
        self._on_go = on_go
        self._result: TrajectoriesResult | None = None
        self._states = (0, 0)
        self._found, self._current = NONE_YET, 0  # track and place of each, and the number of that which is shown
        self.title = ipywidgets.HTML()
        self.crops = TileGrid(width, height, lambda number: None, colors=(MARKER, MARKER))
        self.crops.figure.add_class("atomstat-occurrence")
        self.previous, self.next = (
            ipywidgets.Button(icon=f"chevron-{side}", layout=ipywidgets.Layout(width="34px", height="24px"))
            for side in ("left", "right")
        )
        self.previous.on_click(guard(lambda _button: self.go(self._current - 1)))
        self.next.on_click(guard(lambda _button: self.go(self._current + 1)))
        header = ipywidgets.HBox(
            [self.previous, self.next, self.title], layout=ipywidgets.Layout(height="26px", align_items="center")
        )
        super().__init__([header, self.crops.figure])
        self.clear()

    def clear(self) -> None:
        """Show none."""
        self._found, self._current = NONE_YET, 0
        self.title.value = title("", "click a cell of the matrix")
        self._draw()

    def show(self, result: TrajectoriesResult, first: int, second: int) -> None:
        """Find the transitions from one state to another, and go to the first of them."""
        self._result, self._states = result, (first, second)
        self._found, self._current = result.occurrences(first, second), 0
        self.title.value = title(f"{first + 1} → {second + 1}", "never")
        self.go(0)

    def go(self, number: int) -> None:
        """Go to one of the occurrences."""
        if self._result is not None and 0 <= number < len(self._found):
            self._current = number
            track, place = self._found[number].tolist()
            self._on_go(track, int(self._result.movie.frame_numbers[place]))
        self._draw()

    def _draw(self) -> None:
        count, result = len(self._found), self._result
        for button, end, what in (
            (self.previous, self._current == 0, "before"),
            (self.next, self._current >= count - 1, "after"),
        ):
            button.disabled = end
            button.tooltip = f"There is no occurrence {what} this one" if end else f"The occurrence {what} this one"
        self.crops.figure.layout.visibility = "visible" if count else "hidden"
        if result is None or count == 0:
            return
        track, place = self._found[self._current].tolist()
        lag = result.parameters["lag"]
        frame = int(result.movie.frame_numbers[place])
        (later,) = result.places(np.array([frame + lag]))
        pictures = np.stack([_crop(result, track, at) for at in (place, later)])
        titles = [f"frame {frame}", f"frame {frame + lag}"]
        self.crops.show(pictures, titles, common_limits(pictures), "gray")
        first, second = self._states
        self.title.value = title(
            f"{first + 1} → {second + 1}", f"{self._current + 1:,} of {count:,}, track {track + 1}"
        )


def _crop(result: TrajectoriesResult, track: int, place: int) -> NDArray[Any]:
    """Picture (side, side) of the atom of a track."""
    position = result.tracks.positions[place][result.tracks.ids[place] == track]
    pixels = frame_reader(result.movie, dark=False)(place)
    return extract_crops(pixels, position, result.window, between_pixels=True).images[0, ..., 0]
