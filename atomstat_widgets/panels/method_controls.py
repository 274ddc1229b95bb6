"""Controls that follow the methods of an analysis."""

from collections.abc import Mapping

import ipywidgets

from atomstat_widgets.panels.controls import NumberSlider
from atomstat_widgets.reactive.methods import Method, Words


def method_buttons(methods: Mapping[str, Method]) -> ipywidgets.ToggleButtons:
    """Buttons that choose a method by its name."""
    return ipywidgets.ToggleButtons(
        options=list(methods), style={"button_width": "56px"}, tooltips=[one.tooltip for one in methods.values()]
    )


def name_count(slider: NumberSlider, words: Words) -> None:
    """Let the slider of the number of components say what is counted."""
    slider.description, slider.tooltip = words.parts.capitalize(), f"Number of {words.parts} to look for"


def only_for(methods: Mapping[str, Method], option: str) -> str:
    """Why a control is out of use: the methods that read what it sets."""
    names = [name for name, method in methods.items() if option in method.options]
    return f"Only for the method{'s' if len(names) > 1 else ''} {', '.join(names)}"
