"""The lattice in the sliding-FFT panel: its spots, each of which a click leaves out or takes back."""

import ipywidgets

from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.sliding_fft.result import SlidingFFTResult
from atomstat_widgets.counting import count_of
from atomstat_widgets.panels.controls import automatic_switch, title
from atomstat_widgets.stat import Lattice
from atomstat_widgets.views.html import Html, as_html
from atomstat_widgets.views.lattice import LatticeView


class LatticeChoice:
    """View of the lattice, linked to the spots of a model.

    Parameters
    ----------
    model : SlidingFFTModel
    side : int
        Of the spectrum, in screen pixels.

    Attributes
    ----------
    figure : Figure
    widgets : list
        From top to bottom.
    """

    def __init__(self, model: SlidingFFTModel, side: int) -> None:
        self._model = model
        self._found: Lattice | None = None
        self.view = LatticeView(side, model.guard(self.choose))
        self.figure = self.view.figure
        self.words = ipywidgets.HTML(layout=ipywidgets.Layout(width="232px"))
        self.automatic = automatic_switch(model, "spots", "all that were found")
        model.observe(model.guard(lambda _change: self._draw()), "spots")
        self.title = ipywidgets.HTML()
        self.widgets = [
            self.title, self.figure,
            ipywidgets.HBox([self.words, self.automatic], layout=ipywidgets.Layout(height="48px")),
        ]  # fmt: skip

    def show(self, result: SlidingFFTResult) -> None:
        """Show the lattice of a result."""
        self._found = result.found
        unit = result.found.unit
        self.title.value = title("", f"Distances of planes in {unit}" if result.found else "")
        self._draw()

    def choose(self, number: int) -> None:
        """Leave a spot out that is used, or take it back; all that were found are the automatic choice."""
        used = self._used ^ {number}
        self._model.spots = None if used == self._all else sorted(used)

    @property
    def _all(self) -> set[int]:
        return set() if self._found is None else set(range(len(self._found.frequencies)))

    @property
    def _used(self) -> set[int]:
        return self._all if self._model.spots is None else self._all & set(self._model.spots)

    def _draw(self) -> None:
        if self._found is None:
            return
        used = self._used
        self.view.show(self._found, used)
        self.automatic.layout.visibility = "visible" if self._found else "hidden"
        self.words.value = _caption(self._found, len(used))


def _caption(found: Lattice, used: int) -> Html:
    if found:
        count = count_of(len(found.frequencies), "spot")
        words = f"{used} of {count} used. Click one to leave it out, or to take it back."
    elif found.spectrum.size:
        words = f"{found.words}: window and zoom follow the image's size."
    else:
        words = "The image is too small to tell a lattice from noise."
    return Html(f'<div class="atomstat-caption">{as_html(words)}</div>')
