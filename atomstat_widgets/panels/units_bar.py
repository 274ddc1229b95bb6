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
        self.choice = ipywidgets.ToggleButtons(
            options=["px"], style={"button_width": "auto"}, tooltips=["Lengths of the controls in pixels"]
        )
        self.measure = ipywidgets.ToggleButton(
            description="Draw a line", icon="pencil", tooltip="Then click both ends of a known length in the image",
            layout=ipywidgets.Layout(width="118px", height="28px"),
        )  # fmt: skip
        self.words = ipywidgets.HTML()
        self.length = ipywidgets.FloatText(
            value=1.0, tooltip="Length of the line", layout=ipywidgets.Layout(width="80px")
        )
        self.length_unit = ipywidgets.Dropdown(
            options=list(METRES), value="nm", tooltip="Unit of the length", layout=ipywidgets.Layout(width="64px")
        )
        self.apply = ipywidgets.Button(
            description="Set pixel size", disabled=True, tooltip="Draw a line first",
            layout=ipywidgets.Layout(width="118px", height="28px"),
        )  # fmt: skip
        self.error = ipywidgets.HTML()
        unit = [ipywidgets.Label("Lengths in"), self.choice] if lengths else []
        line = ipywidgets.HBox(
            [*unit, self.measure, self.words, self.length, self.length_unit,
             self.apply, self.error]
        )  # fmt: skip
        super().__init__([line], layout=ipywidgets.Layout(display="none"))
        self.add_class("atomstat-export")
        self.switch.observe(lambda change: self._open(), "value")
        self.choice.observe(lambda change: self._choose(), "value")
        self.measure.observe(lambda change: self._restart(), "value")
        self.apply.on_click(model.guard(lambda _button: self._calibrate()))
        model.observe(lambda change: self._take_data(), model.kind)
        self._take_data()

    @property
    def measuring(self) -> bool:
        """Whether a click in the image is an end of the line."""
        return bool(self.measure.value)

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
            self.measure.value = False

    def _take_data(self) -> None:
        data = getattr(self._model, self._model.kind)
        self.measure.value = False
        known = data.pixel_size is not None
        units, wanted = (["px", data.unit] if known else ["px"]), self.choice.value
        if list(self.choice.options) != units:
            self.choice.options = units
            self.choice.tooltips = [f"Lengths of the controls in {unit}" for unit in units]
            self.choice.value = wanted if wanted in units else "px"
        if data.unit in METRES:
            self.length_unit.value = data.unit
        self._choose()
        self._restart()

    def _choose(self) -> None:
        data = getattr(self._model, self._model.kind)
        self.unit = self.choice.value
        self.scale = 1.0 if self.unit == "px" else float(data.pixel_size)

    def _restart(self) -> None:
        self._ends, self.error.value = [], ""
        self._show_line()

    def _show_line(self) -> None:
        data = getattr(self._model, self._model.kind)
        self._draw(self._ends)
        size = f"A pixel is {data.pixel_size:.4g} {escape(data.unit)}." if data.pixel_size else "Pixel size unknown."
        asked = ["Click one end of a known length.", "Now the other end.", f"The line has {self._pixels:.1f} px:"]
        self.words.value = asked[len(self._ends)] if self.measuring else size
        self.apply.disabled = self._pixels == 0
        self.apply.tooltip = "Draw a line first" if self.apply.disabled else "Let the line have this length"

    def _calibrate(self) -> None:
        data: Any = getattr(self._model, self._model.kind)
        try:
            renewed = calibrated(data, self.length.value / self._pixels, self.length_unit.value)
        except ValueError:
            self.error.value = alert(f"A length is positive, not {self.length.value:g}.")
            return
        self._model.restore({**self._model.parameters(), self._model.kind: renewed})
