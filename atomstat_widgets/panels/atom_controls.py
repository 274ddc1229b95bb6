"""Controls of how atoms are found and the crops around them prepared, the same in every panel that has atoms."""

import ipywidgets
from traitlets import HasTraits

from atomstat_widgets.panels.controls import AutomaticSlider, checkbox

LARGEST_SLIDER_WINDOW = 128


def distance_slider(model: HasTraits, units: HasTraits) -> AutomaticSlider:
    """Slider of ``model.distance``."""
    tooltip = "Distance between neighbouring atoms: none are closer than half of it"
    return AutomaticSlider(model, "distance", "Distance", tooltip, 2.0, 60.0, 0.5).in_units(units)


def strength_slider(model: HasTraits) -> AutomaticSlider:
    """Slider of ``model.strength``."""
    tooltip = "Smallest signal-to-noise ratio of an atom: the larger, the fewer"
    return AutomaticSlider(model, "strength", "Strength", tooltip, 0.0, 20.0, 0.1)


def window_slider(model: HasTraits, units: HasTraits) -> AutomaticSlider:
    """Slider of ``model.window``; its upper end follows the image, see `fit_window`."""
    return AutomaticSlider(model, "window", "Window", "Side of the square crop around each atom", 4, 64).in_units(units)


def fit_window(control: AutomaticSlider, sides: tuple[int, int]) -> None:
    """Let a window slider go as far as an image of this height and width allows."""
    control.slider.high = max(min(LARGEST_SLIDER_WINDOW, *sides), control.slider.number)


def normalise_box() -> ipywidgets.Checkbox:
    """Check box of whether crops are normalised; show it `Explained`."""
    return checkbox("Normalise", "Give every crop zero mean and unit variance: shapes count, not heights")
