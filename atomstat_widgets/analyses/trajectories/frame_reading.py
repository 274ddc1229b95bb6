"""Frames of a movie for its picture: one in memory at once, one in a file read beside the page."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.trajectories.stages import frame_reader
from atomstat_widgets.data import Movie
from atomstat_widgets.panels.background import at_once, in_background


class FrameReading:
    """Reads one frame at a time; of those that are wanted meanwhile the last is read after it.

    Parameters
    ----------
    wanted : callable
        Gives the movie and the place of the frame that is wanted now; None where that was not recorded.
    show : callable
        Called with the place of a frame, its pixels, or None, and why they could not be read, or None.
    guard : callable
        Makes callbacks that say what goes wrong in them.

    Attributes
    ----------
    beside : bool
        Whether frames that are in a file are read beside the page, which has to be there.
    """

    def __init__(
        self,
        wanted: Callable[[], tuple[Movie, int | None]],
        show: Callable[[int, NDArray[Any] | None, Exception | None], None],
        guard: Callable[[Callable[..., None]], Callable[..., None]],
    ) -> None:
        self._wanted, self._show, self._guard = wanted, show, guard
        self._current: tuple[Movie, int] | None = None
        self.beside = False

    @property
    def waits(self) -> bool:
        """Whether the frame that is wanted now is still to come."""
        movie, place = self._wanted()
        return place is not None and self._current is not None and self._current[0] is movie

    def read(self) -> None:
        """Read the frame that is wanted now."""
        movie, place = self._wanted()
        if place is None or self.waits:  # or it is read after that
            return
        current = self._current = movie, place
        beside = self.beside and not isinstance(movie.frames, np.ndarray)
        (in_background if beside else at_once)(
            lambda: frame_reader(movie, dark=False)(place),
            self._guard(lambda pixels, error: self._take_read(current, pixels, error)),
        )

    def _take_read(self, current: tuple[Movie, int], pixels: NDArray[Any] | None, error: Exception | None) -> None:
        movie, place = self._wanted()
        if current is not self._current or current[0] is not movie:  # of another movie
            return
        self._current = None
        if place != current[1]:
            self.read()
        # While a movie is played that takes long to read, a frame that is late is better than none.
        if place == current[1] or (place is not None and error is None):
            self._show(current[1], pixels, error)
