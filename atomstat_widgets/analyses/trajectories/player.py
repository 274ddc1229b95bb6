"""A player of movies: play, step by keys, scrub."""

import ipywidgets
import numpy as np
from traitlets import Int

from atomstat_widgets.data import Movie

INTERVAL = 150  # ms from frame to frame


class Player(ipywidgets.HBox):
    """Buttons and a slider of the current frame.

    Attributes
    ----------
    frame : int
        Number of the frame that is shown; it moves the slider.
    """

    frame = Int(0)

    def __init__(self) -> None:
        self._numbers = np.zeros(1, np.intp)
        self.slider = ipywidgets.IntSlider(
            description="Frame", tooltip="Number of the frame; the arrow keys go one on or back",
            style={"description_width": "44px"}, layout=ipywidgets.Layout(width="316px"),
        )  # fmt: skip
        self.play = ipywidgets.Play(
            interval=INTERVAL,
            tooltip="Play or stop the movie, or let it go round",
            layout=ipywidgets.Layout(width="136px"),
        )
        super().__init__([self.play, self.slider])
        # In the page, so that the movie goes on while the kernel is drawing.
        self.window_linked = ipywidgets.jslink((self.play, "value"), (self.slider, "value"))
        self.slider.observe(lambda change: setattr(self, "frame", change.new), "value")
        self.observe(lambda change: self._go(change.new), "frame")
        self.add_class("atomstat-player")

    def take_movie(self, movie: Movie) -> None:
        """Play another movie, from its first frame on."""
        self._numbers = movie.frame_numbers
        first, last = int(self._numbers[0]), int(self._numbers[-1])
        for widget in (self.slider, self.play):
            with widget.hold_trait_notifications():
                widget.min, widget.max, widget.value = min(first, widget.max), last, first
                widget.min = first
        self.frame = first

    def _go(self, frame: int) -> None:
        self.slider.value = frame
        self.frame = self.slider.value  # which stops at its ends

    @property
    def place(self) -> int | None:
        """Place in the movie of the current frame, None where it was not recorded."""
        return self.place_of(self.frame)

    def place_of(self, frame: int) -> int | None:
        """Place in the movie of a frame by its number, None where it was not recorded."""
        place = int(np.searchsorted(self._numbers, frame))
        return place if place < len(self._numbers) and self._numbers[place] == frame else None
