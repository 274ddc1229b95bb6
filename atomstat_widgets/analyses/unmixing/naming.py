"""What components are called, and their colours."""

from collections.abc import Callable
from typing import Any

import ipywidgets

from atomstat_widgets.panels.controls import LABEL, WIDTH, Explained, dropdown, heading_html
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS
from atomstat_widgets.reactive.methods import COMPONENTS, Words
from atomstat_widgets.reactive.own_changes import OwnChanges
from atomstat_widgets.views.colors import COMPONENT_COLORS, hex_color


class Naming:
    """Names and colours of components, which keep them through reruns, and the controls that change them.

    Parameters
    ----------
    changed : callable
        Called after a name or a colour was changed.
    guard : callable
        Makes callbacks that say what goes wrong in them.

    Attributes
    ----------
    names, colors : list of str
        Of as many components as there can be.
    which, name, color : Widget
        Number of the component to rename or recolour, its name, its colour.
    widgets : list
        From top to bottom.
    """

    def __init__(self, changed: Callable[[], None], guard: Callable[..., Any]) -> None:
        self.names = [f"{number}" for number in range(1, MAX_COMPONENTS + 1)]
        self.colors = list(COMPONENT_COLORS)
        self._changed, self._offering = changed, OwnChanges()
        self._heading = ipywidgets.HTML()
        self.which = dropdown([1], 1, "", "")
        self.name = ipywidgets.Text(
            description="Name", continuous_update=False, style=LABEL, layout=ipywidgets.Layout(width=WIDTH)
        )
        self.color = ipywidgets.ColorPicker(
            description="Colour", concise=False, style=LABEL, layout=ipywidgets.Layout(width=WIDTH)
        )
        self.offer(1, COMPONENTS)
        self.which.observe(guard(lambda change: self._show()), "value")
        for control in (self.name, self.color):
            control.observe(guard(lambda change: None if self._offering else self._rename()), "value")
        self.widgets = [self._heading, *map(Explained, (self.which, self.name, self.color))]

    def offer(self, count: int, words: Words) -> None:
        """Offer components, so many, and say what they are."""
        numbers = list(range(1, count + 1))
        if list(self.which.options) != numbers:
            which = self.which.value if self.which.value in numbers else 1
            with self._offering:
                self.which.options = numbers
                self.which.value = which
        self._heading.value = heading_html(words.parts.capitalize())
        self.which.description = words.part.capitalize()
        self.which.tooltip = f"The {words.part} to rename or recolour"
        self.name.tooltip = f"What the {words.part} is called"
        self.color.tooltip = f"Colour of the {words.part} everywhere"
        self._show()

    def _show(self) -> None:
        with self._offering:
            self.name.value = self.names[self.which.value - 1]
            self.color.value = self.colors[self.which.value - 1]

    def _rename(self) -> None:
        number = self.which.value - 1
        self.names[number] = self.name.value.strip() or f"{number + 1}"
        try:
            self.colors[number] = hex_color(self.color.value)
        finally:
            self._show()
        self._changed()
