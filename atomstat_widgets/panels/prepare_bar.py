"""Prepare: how the image is prepared before its analysis, and what was removed."""

from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.panels.controls import linked
from atomstat_widgets.reactive.image_model import PreparedImageModel
from atomstat_widgets.reactive.parameter import help_of, label_of
from atomstat_widgets.stat import PreparedImage
from atomstat_widgets.views.colors import to_bytes
from atomstat_widgets.views.png import indexed_png

CHOICES = {"auto": None, "on": True, "off": False}  # no values of buttons: one of None is not shown as chosen
_NAMES = {value: name for name, value in CHOICES.items()}
SIDE = 96  # pixels of a picture of what was removed
GRAY = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)

Bytes = NDArray[np.uint8]


class PrepareBar(ipywidgets.VBox):
    """A choice for each step of the preparation, and what was removed; hidden until `switch` is pressed.

    Parameters
    ----------
    model : PreparedImageModel

    Attributes
    ----------
    switch : ToggleButton
        To be shown somewhere; it opens and closes the bar.
    """

    def __init__(self, model: PreparedImageModel) -> None:
        self._model = model
        self.switch = ipywidgets.ToggleButton(
            description="Prepare", icon="magic", layout=ipywidgets.Layout(width="96px", height="26px"),
            tooltip="Background, scan-line jitter, border without data: what is removed before the analysis",
        )  # fmt: skip
        self.choices = {name: self._choice(name) for name in model.steps}
        self.words = ipywidgets.HTML()
        self.pictures = {name: Removed() for name in _PICTURES}
        parts = [
            part
            for name in model.steps
            for part in (
                ipywidgets.Label(label_of(model, name), layout=ipywidgets.Layout(flex="0 0 auto")),
                self.choices[name],
            )
        ]
        self._removed = ipywidgets.HBox([*self.pictures.values()])
        super().__init__(
            [ipywidgets.HBox([*parts, self.words]), self._removed], layout=ipywidgets.Layout(display="none")
        )
        self.add_class("atomstat-export")
        self.switch.observe(lambda change: self._show(), "value")
        model.observe(lambda change: self._show(), "result")
        self._show()

    def _choice(self, name: str) -> ipywidgets.ToggleButtons:
        label, words = label_of(self._model, name), help_of(self._model, name)
        buttons = ipywidgets.ToggleButtons(
            options=list(CHOICES), style={"button_width": "auto"},
            tooltips=[words, f"{label}: always", f"{label}: never"],
            layout=ipywidgets.Layout(flex="0 0 auto", width="150px"),
        )  # fmt: skip
        linked(self._model, name, buttons, shown=_NAMES.__getitem__, chosen=CHOICES.__getitem__)
        return buttons

    def _show(self) -> None:
        """Show what was done to the image of the result, if it is to be seen."""
        self.layout.display = None if self.switch.value else "none"
        if not self.switch.value:
            return
        result: Any = self._model.result
        done: PreparedImage | None = None if result is None else result.preparation
        # Else the status line says what.
        self.words.value = "" if done is not None and done.changed else "Nothing had to be removed."
        for name, picture in self.pictures.items():
            picture.show(*_PICTURES[name](done) if done is not None else (None, ""))
        self._removed.layout.display = None if any(one.shown for one in self.pictures.values()) else "none"


class Removed(ipywidgets.VBox):
    """Picture of what a step removed, above its name."""

    def __init__(self) -> None:
        self.shown = False
        self.picture = ipywidgets.Image(
            format="png", layout=ipywidgets.Layout(width="auto", height=f"{SIDE}px", object_fit="contain")
        )
        self.caption = ipywidgets.HTML()
        super().__init__([self.picture, self.caption], layout=ipywidgets.Layout(display="none", padding="0 12px 0 0"))

    def show(self, pixels: Bytes | None, caption: str) -> None:
        """Show grey levels, or nothing."""
        self.shown = pixels is not None
        self.layout.display = None if self.shown else "none"
        if pixels is not None:
            self.picture.value = indexed_png(np.ascontiguousarray(pixels), GRAY)
            self.caption.value = f'<div class="atomstat-caption">{escape(caption)}</div>'


def _thinned(pixels: NDArray[Any]) -> NDArray[Any]:
    """So many rows and columns of an image as a small picture shows."""
    every = max(1, max(pixels.shape) // (2 * SIDE))
    return pixels[::every, ::every]


def _background_picture(done: PreparedImage) -> tuple[Bytes | None, str]:
    if done.background is None:
        return None, ""
    few = _thinned(done.background)
    return to_bytes(few, float(few.min()), float(few.max())), "Background, dark to bright"


def _jitter_picture(done: PreparedImage) -> tuple[Bytes | None, str]:
    """Picture of the shifts of the rows from top to bottom: a bar each, from the middle to its side."""
    if done.shifts is None:
        return None, ""
    rows = np.linspace(0, len(done.shifts) - 1, SIDE).round().astype(int)
    shifts, most = done.shifts[rows], max(float(np.abs(done.shifts).max()), 1e-9)
    at = np.linspace(-most, most, 2 * SIDE)
    bars = (at * np.sign(shifts)[:, None] > 0) & (np.abs(at) <= np.abs(shifts)[:, None])
    return np.where(bars, 0, 235).astype(np.uint8), f"Shifts of the rows, {most:.2g} px to either side"


def _border_picture(done: PreparedImage) -> tuple[Bytes | None, str]:
    if done.border is None:
        return None, ""
    return np.where(_thinned(done.border), 0, 235).astype(np.uint8), "Without data, black"


_PICTURES = {"background": _background_picture, "line_jitter": _jitter_picture, "border": _border_picture}
