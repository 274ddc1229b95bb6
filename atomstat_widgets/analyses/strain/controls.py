"""Controls of the strain panel: which reflections, against which region, and how finely."""

from math import ceil

import ipywidgets
import numpy as np

from atomstat_widgets.analyses.strain.model import StrainModel
from atomstat_widgets.analyses.strain.result import StrainResult
from atomstat_widgets.panels.controls import AutomaticSlider, automatic_switch, heading
from atomstat_widgets.panels.units_bar import UnitsBar
from atomstat_widgets.reactive.parameter import label_of
from atomstat_widgets.views.html import Html, as_html

FINEST, COARSEST = 2.0, 60.0  # pixels, ends of the slider of the resolution


class StrainControls:
    """Controls linked to a model.

    Parameters
    ----------
    model : StrainModel
    units : UnitsBar
        What lengths are shown in.

    Attributes
    ----------
    widgets : list
        From top to bottom.
    chosen : int
        Which reflection the next click in the spectrum chooses, 0 or 1.
    """

    def __init__(self, model: StrainModel, units: UnitsBar) -> None:
        self.which = ipywidgets.ToggleButtons(
            options=[("g1", 0), ("g2", 1)], style={"button_width": "46px"},
            tooltips=[f"The next click in the spectrum chooses the {name} reflection" for name in ("first", "second")],
        )  # fmt: skip
        self._found = automatic_switch(model, "reflections", "the two strongest of the spectrum")
        self.steadiest = automatic_switch(model, "reference", "where the lattice varies least")
        self.reflections, self.reference = ipywidgets.HTML(), ipywidgets.HTML()
        self.sigma = AutomaticSlider(model, "sigma", FINEST, COARSEST, 0.5).in_units(units)
        side = ipywidgets.Layout(width="238px", justify_content="space-between", align_items="center")
        self.widgets = [
            heading(label_of(model, "reflections")),
            ipywidgets.HBox([self.which, self._found], layout=side),
            self.reflections,
            heading(label_of(model, "reference")),
            ipywidgets.HBox([self.reference, self.steadiest], layout=side),
            heading("Averaging", units), self.sigma,
        ]  # fmt: skip

    @property
    def chosen(self) -> int:
        """Which reflection the next click in the spectrum chooses."""
        return int(self.which.value)

    @chosen.setter
    def chosen(self, number: int) -> None:
        self.which.value = number

    def show_automatic(self, result: StrainResult) -> None:
        """Show what was chosen from the image, and the lattice in the reference in words."""
        # So that the finest that the lattice allows, and the automatic one, are both on the slider.
        self.sigma.slider.high = max(self.sigma.slider.number, ceil(2 * result.waves.sigma))
        if self.sigma.automatic.value:
            self.sigma.show(result.waves.sigma)
        image, (top, bottom, left, right) = result.image, result.maps.reference
        unit = image.unit if image.pixel_size else "px"
        lines = []
        for name, (fy, fx) in zip(("g1", "g2"), result.maps.reflections.tolist(), strict=True):
            spacing = (image.pixel_size or 1.0) / np.hypot(fy, fx)
            lines.append(f"{name}: {spacing:.4g} {as_html(unit)} at {_degrees(fy, fx)}")
        self.reflections.value = _small("<br>".join(lines))
        self.reference.value = _small(f"rows {top} to {bottom - 1}<br>columns {left} to {right - 1}")


def _degrees(fy: float, fx: float) -> str:
    return f"{np.rad2deg(np.arctan2(fy, fx)):.1f}°".replace("-", "−")


def _small(text: str) -> Html:
    return Html(f'<div class="atomstat-caption">{text}</div>')
