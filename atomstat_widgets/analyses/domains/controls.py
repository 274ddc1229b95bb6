"""Controls of the domains panel: how atoms are found, crops cut and prepared, and what is made of them."""

from math import ceil
from typing import Any

import ipywidgets
from traitlets import Bunch

from atomstat_widgets.analyses.domains.methods import METHODS
from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.domains.result import DomainsResult
from atomstat_widgets.analyses.domains.stages import ALL_CHANNELS, IMAGE
from atomstat_widgets.counting import count_of
from atomstat_widgets.data import Image
from atomstat_widgets.panels.atom_controls import (
    fit_window,
    half_switch,
    spacing_slider,
    strength_slider,
    window_slider,
)
from atomstat_widgets.panels.controls import Explained, checkbox, choice, dropdown, heading, linked, slider
from atomstat_widgets.panels.method_controls import method_buttons, name_count, only_for
from atomstat_widgets.panels.units_bar import UnitsBar
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS
from atomstat_widgets.reactive.parameter import help_of, label_of

ALL_CLASSES = -1


class DomainsControls:
    """Controls linked to a model.

    Parameters
    ----------
    model : DomainsModel
    units : UnitsBar
        What lengths are shown in.

    Attributes
    ----------
    widgets : list
        From top to bottom.
    """

    def __init__(self, model: DomainsModel, units: UnitsBar) -> None:
        self._model = model
        self.spacing, self.strength = spacing_slider(model, units), strength_slider(model)
        self.dark = checkbox(label_of(model, "dark"), help_of(model, "dark"))
        self._show_dark = linked(model, "dark", self.dark, shown=self._is_dark)
        self.atom_class = dropdown([("All", ALL_CLASSES)], ALL_CLASSES, label_of(model, "atom_class"), "")
        self.window = window_slider(model, units)
        self.channel = dropdown([("Image", IMAGE)], IMAGE, label_of(model, "channel"), "")
        self.recentre, self.normalize = half_switch(model, "recentre"), half_switch(model, "normalize")
        self.smooth = slider(model, "smooth", 0.0, 4.0, 0.1).in_units(units)
        self.method = method_buttons(METHODS)
        linked(model, "method", self.method)
        self.n_components = slider(model, "n_components", 1, MAX_COMPONENTS)
        numbers = range(1, MAX_COMPONENTS + 1)
        self.gmm_on = choice(
            model, "gmm_dimensions", [*((count_of(n, "component"), n) for n in numbers), ("pixels", 0)]
        )
        self.take_image(model.image)
        linked(model, "channel", self.channel)
        # A list takes None for no choice at all.
        linked(
            model, "atom_class", self.atom_class,
            shown=lambda number: ALL_CLASSES if number is None else number,
            chosen=lambda choice: None if choice == ALL_CLASSES else choice,
        )  # fmt: skip
        self.method.observe(self._follow_method, "value")
        self.widgets = [
            heading("Atoms", units), self.spacing, self.strength, Explained(self.dark), Explained(self.atom_class),
            heading("Crops", units), self.window, Explained(self.channel),
            ipywidgets.HBox([Explained(self.recentre), Explained(self.normalize)]), self.smooth,
            heading("Analysis"), self.method, self.n_components, Explained(self.gmm_on),
        ]  # fmt: skip
        self._follow_method()

    def take_image(self, image: Image) -> None:
        """Offer what the image has."""
        fit_window(self.window, image.array.shape[:2])
        atoms = image.atoms
        for control in (self.spacing, self.strength):
            control.disable("" if atoms is None else "The atoms are given with the image")
        classes = sorted(set(atoms[:, 2])) if atoms is not None and atoms.shape[1] == 3 else []
        _offer(
            self.atom_class, [("All", ALL_CLASSES), *((f"{number:g}", int(number)) for number in classes)],
            help_of(self._model, "atom_class"), "The atoms have no classes",
        )  # fmt: skip
        channels = range(0 if image.channels is None else image.channels.shape[2])
        every = [("All channels", ALL_CHANNELS)] if channels else []
        _offer(
            self.channel, [("Image", IMAGE), *((f"Channel {number + 1}", number) for number in channels), *every],
            help_of(self._model, "channel"), "The image comes without a network's output",
        )  # fmt: skip

    def show_automatic(self, result: DomainsResult) -> None:
        """Show the numbers that were chosen from the image."""
        strengths = result.atoms.strengths
        # To the strongest atom and a little farther: its signal-to-noise ratio may be 5 or 5,000.
        self.strength.slider.high = max(self.strength.slider.number, ceil(1.05 * strengths.max()))
        for control, value in (
            (self.spacing, result.atoms.spacing),
            (self.strength, float(strengths.min())),
            (self.window, result.window),
        ):
            if control.automatic.value:
                control.show(value)
        self._show_dark()

    def _is_dark(self, chosen: bool | None) -> bool:
        """Whether atoms are taken as dark: as it was chosen, or as it was told by the image."""
        if chosen is not None:
            return chosen
        done = None if self._model.result is None else self._model.result.preparation
        return done is not None and done.dark

    def _follow_method(self, _change: Bunch | None = None) -> None:
        method = METHODS[self.method.value]
        name_count(self.n_components, method.words)
        self.gmm_on.disabled = "gmm_dimensions" not in method.options
        self.gmm_on.tooltip = (
            only_for(METHODS, "gmm_dimensions") if self.gmm_on.disabled else help_of(self._model, "gmm_dimensions")
        )


def _offer(control: ipywidgets.Dropdown, options: list[tuple[str, Any]], tooltip: str, why_not: str) -> None:
    """Offer values, of which there may be just one; the choice stays where it still exists."""
    chosen = control.value
    with control.hold_trait_notifications():
        control.options = options
        control.value = chosen if chosen in [value for _, value in options] else options[0][1]
    control.disabled = len(options) == 1
    control.tooltip = why_not if control.disabled else tooltip
