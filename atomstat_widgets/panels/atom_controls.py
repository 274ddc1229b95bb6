"""Controls of how atoms are found and the crops around them prepared, the same in every panel that has atoms."""

import ipywidgets
from traitlets import HasTraits

from atomstat_widgets.panels.controls import AutomaticSlider, switch
from atomstat_widgets.reactive.model import AnalysisModel

LARGEST_SLIDER_WINDOW = 128
HALF = "116px"  # width of a switch that has another one beside it


def spacing_slider(model: AnalysisModel, units: HasTraits) -> AutomaticSlider:
    """Slider of ``model.spacing``."""
    return AutomaticSlider(model, "spacing", 2.0, 60.0, 0.5).in_units(units)


def strength_slider(model: AnalysisModel) -> AutomaticSlider:
    """Slider of ``model.strength``."""
    return AutomaticSlider(model, "strength", 0.0, 20.0, 0.1)


def half_switch(model: AnalysisModel, name: str) -> ipywidgets.Checkbox:
    """Switch of a parameter, such as ``model.dark``, of which two stand side by side."""
    control = switch(model, name)
    control.layout.width = HALF
    return control


def window_slider(model: AnalysisModel, units: HasTraits) -> AutomaticSlider:
    """Slider of ``model.window``; its upper end follows the image, see `fit_window`."""
    return AutomaticSlider(model, "window", 4, 64).in_units(units)


def fit_window(control: AutomaticSlider, sides: tuple[int, int]) -> None:
    """Let a window slider go as far as an image of this height and width allows."""
    control.slider.high = max(min(LARGEST_SLIDER_WINDOW, *sides), control.slider.number)
