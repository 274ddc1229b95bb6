"""The lattice of an image: its averaged spectrum, and its spots with the distances of their planes."""

from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.stat import Lattice
from atomstat_widgets.views.colors import MARKER
from atomstat_widgets.views.spectrum import SpectrumView

AROUND = 1.6  # times the farthest spot: how far the spectrum is shown
NEAR = 0.08  # of how far it is shown: what is so near to a click is meant by it
LETTER, LINE = 7.5, 14  # screen pixels that a letter is wide, and a name high
ALIKE = 0.03  # by which share distances differ that are told once
PALE = 0.4  # opacity of a spot that is not used


class LatticeView:
    """Averaged spectrum with a ring at both places of each spot; a click on one tells its number.

    Parameters
    ----------
    side : int
        Of the square picture, in screen pixels.
    on_choose : callable
        Called with the number of the spot that was clicked.
    """

    def __init__(self, side: int, on_choose: Callable[[int], None]) -> None:
        self.view = SpectrumView(side, self.take_place, default_size=11, align="middle", x_offset=0, y_offset=4)
        self.figure = self.view.figure
        self._side, self._on_choose = side, on_choose
        self._spots: NDArray[np.float64] = np.empty((0, 2))

    def show(self, lattice: Lattice, used: Collection[int]) -> None:
        """Show all spots that were found, and by their numbers which are used: the others are pale."""
        self._spots = lattice.frequencies
        known = lattice.spectrum.size > 0
        self.figure.layout.visibility = "visible" if known else "hidden"  # its place is kept
        if not known:
            return
        highest = 0.5 / lattice.pixel_size
        half = min(highest, AROUND / float(lattice.spacings.min())) if lattice else highest
        self.view.show(np.exp(lattice.spectrum), lattice.axis, half, lattice.unit)
        if not lattice:
            self.view.clear()
            return
        is_used = np.isin(np.arange(len(self._spots)), list(used))
        names = [f"{spacing:.3g}" for spacing in lattice.spacings]
        self.view.mark(
            np.concatenate([self._spots, -self._spots]), [MARKER if one else "#FFFFFF" for one in [*is_used, *is_used]],
            [name if shown else "" for name, shown in zip(names, self._room_for(names, is_used), strict=True)]
            + [""] * len(names),
            [1.0 if one else PALE for one in [*is_used, *is_used]], self._beside(),
        )  # fmt: skip

    def take_place(self, fy: float, fx: float) -> None:
        """Tell of the spot near a frequency; it is where its mirror is, too."""
        if len(self._spots) == 0:
            return
        off = np.minimum(*(np.linalg.norm(sign * self._spots - (fy, fx), axis=1) for sign in (1, -1)))
        if off.min() <= NEAR * self.view.half:
            self._on_choose(int(off.argmin()))

    def _beside(self) -> NDArray[np.float64]:
        """Where the name of each spot and of its mirror is: farther out, or farther in where there is no room."""
        pixel = 2 * self.view.half / self._side
        out = self._spots / np.linalg.norm(self._spots, axis=1, keepdims=True)
        away = pixel * (13 + 11 * np.abs(out[:, 1:])) * out  # names are wider than high
        outside = np.abs(self._spots + 2 * away).max(axis=1, keepdims=True) > self.view.half
        places = self._spots + np.where(outside, -away, away)
        return np.concatenate([places, -places])

    def _room_for(self, names: list[str], is_used: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which names are shown: of like distances one, rather of a used spot, where no rings and names are."""
        pixel = 2 * self.view.half / self._side
        places, rings = self._beside() / pixel, np.concatenate([self._spots, -self._spots]) / pixel
        places, sizes = places[: len(names)], np.linalg.norm(self._spots, axis=1)
        room = np.array([LINE, LETTER * max(map(len, names))])
        free = np.abs((places[:, None] - rings) / room).max(axis=2).min(axis=1)
        shown = np.zeros(len(names), bool)
        for number in np.lexsort((-free, ~is_used)):
            over = (np.abs(places - places[number]) < room).all(axis=1)
            shown[number] = not (shown & (over | (np.abs(sizes / sizes[number] - 1) < ALIKE))).any()
        return shown
