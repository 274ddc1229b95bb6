"""Units: what lengths are shown in, and the pixel size, by a line over a known length or as a number."""

from collections.abc import Callable
from html import escape
from math import hypot
from typing import Any

import ipywidgets
from traitlets import Float, Unicode

from atomstat_widgets.data.calibration import METRES, calibrated
from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.views.html import alert

Place = tuple[float, float]


class UnitsBar(ipywidgets.VBox):
    """Choice of the unit, and a new pixel size; hidden until `switch` is pressed.

    Parameters
    ----------
    model : AnalysisModel
    draw : callable
        Called with the places (y, x) in pixels, none to two, that a line goes through.
    lengths : bool
        Whether any control is a length.

    Attributes
    ----------
    switch : ToggleButton
        To be shown somewhere; it opens and closes the bar.
    unit : str
        That lengths are shown in.
    scale : float
        What a pixel is in this unit.
    """

    unit = Unicode("px")
    scale = Float(1.0)

    def __init__(self, model: AnalysisModel, draw: Callable[[list[Place]], None], *, lengths: bool) -> None:
        self._model, self._draw = model, draw
        self._ends: list[Place] = []
        self.switch = ipywidgets.ToggleButton(
            description="Units", icon="arrows-h", tooltip="Show lengths in pixels or in nm, and set the pixel size",
            layout=ipywidgets.Layout(width="86px", height="26px"),
        )  # fmt: skip
        self._choice = ipywidgets.ToggleButtons(
            options=["px"], style={"button_width": "auto"}, tooltips=["Lengths of the controls in pixels"]
        )
        self._measure = ipywidgets.ToggleButton(
            description="Draw a line", icon="pencil", tooltip="Then click both ends of a known length in the image",
            layout=ipywidgets.Layout(width="118px", height="28px"),
        )  # fmt: skip
        self._words = ipywidgets.HTML()
        self._length = ipywidgets.FloatText(
            value=1.0, tooltip="Length of the line", layout=ipywidgets.Layout(width="80px")
        )
        self._length_unit = ipywidgets.Dropdown(
            options=list(METRES), value="nm", tooltip="Unit of the length", layout=ipywidgets.Layout(width="64px")
        )
        self._apply = ipywidgets.Button(
            description="Set pixel size", disabled=True, tooltip="Draw a line first",
            layout=ipywidgets.Layout(width="118px", height="28px"),
        )  # fmt: skip
        self._error = ipywidgets.HTML()
        unit = [ipywidgets.Label("Lengths in"), self._choice] if lengths else []
        line = ipywidgets.HBox(
            [*unit, self._measure, self._words, self._length, self._length_unit,
             self._apply, self._error]
        )  # fmt: skip
        super().__init__([line], layout=ipywidgets.Layout(display="none"))
        self.add_class("atomstat-export")
        self.switch.observe(lambda change: self._open(), "value")
        self._choice.observe(lambda change: self._choose(), "value")
        self._measure.observe(lambda change: self._restart(), "value")
        self._apply.on_click(model.guard(lambda _button: self._calibrate()))
        model.observe(lambda change: self._take_data(), model.kind)
        self._take_data()

    @property
    def measuring(self) -> bool:
        """Whether a click in the image is an end of the line."""
        return bool(self._measure.value)

    def take_end(self, y: float, x: float) -> None:
        """Take an end of the line; a third one starts another line."""
        self._ends = [*self._ends[: len(self._ends) % 2], (y, x)]
        self._show_line()

    @property
    def _pixels(self) -> float:
        """Length of the line, 0 while there is none."""
        if len(self._ends) < 2:
            return 0.0
        (y0, x0), (y1, x1) = self._ends
        return hypot(y1 - y0, x1 - x0)

    def _open(self) -> None:
        self.layout.display = None if self.switch.value else "none"
        if not self.switch.value:
            self._measure.value = False

    def _take_data(self) -> None:
        data = getattr(self._model, self._model.kind)
        self._measure.value = False
        known = data.pixel_size is not None
        units, wanted = (["px", data.unit] if known else ["px"]), self._choice.value
        if list(self._choice.options) != units:
            self._choice.options = units
            self._choice.tooltips = [f"Lengths of the controls in {unit}" for unit in units]
            self._choice.value = wanted if wanted in units else "px"
        if data.unit in METRES:
            self._length_unit.value = data.unit
        self._choose()
        self._restart()

    def _choose(self) -> None:
        data = getattr(self._model, self._model.kind)
        self.unit = self._choice.value
        self.scale = 1.0 if self.unit == "px" else float(data.pixel_size)

    def _restart(self) -> None:
        self._ends, self._error.value = [], ""
        self._show_line()

    def _show_line(self) -> None:
        data = getattr(self._model, self._model.kind)
        self._draw(self._ends)
        size = f"A pixel is {data.pixel_size:.4g} {escape(data.unit)}." if data.pixel_size else "Pixel size unknown."
        asked = ["Click one end of a known length.", "Now the other end.", f"The line has {self._pixels:.1f} px:"]
        self._words.value = asked[len(self._ends)] if self.measuring else size
        self._apply.disabled = self._pixels == 0
        self._apply.tooltip = "Draw a line first" if self._apply.disabled else "Let the line have this length"

    def _calibrate(self) -> None:
        data: Any = getattr(self._model, self._model.kind)
        try:
            renewed = calibrated(data, self._length.value / self._pixels, self._length_unit.value)
        except ValueError:
            self._error.value = alert(f"A length is positive, not {self._length.value:g}.")
            return
        self._model.restore({**self._model.parameters(), self._model.kind: renewed})
