"""Controls of the unmixing panel: which spectra are taken, and how they are unmixed."""

import ipywidgets
from traitlets import Bunch

from atomstat_widgets.analyses.unmixing.methods import METHODS
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.data import Cube
from atomstat_widgets.panels.controls import Explained, choice, heading, linked, slider, switch
from atomstat_widgets.panels.method_controls import method_buttons, name_count, only_for
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS
from atomstat_widgets.reactive.parameter import help_of


class UnmixingControls:
    """Controls linked to a model.

    Parameters
    ----------
    model : UnmixingModel

    Attributes
    ----------
    widgets : list
        From top to bottom.
    """

    def __init__(self, model: UnmixingModel) -> None:
        self._model = model
        self.binning, self.channel_binning = (slider(model, name, 1, 8) for name in ("binning", "channel_binning"))
        self.normalize, self.weighting = switch(model, "normalize"), switch(model, "weighting")
        self.all_energies, self.all_pixels = (
            ipywidgets.Button(description=text, tooltip=tooltip, layout=ipywidgets.Layout(width="116px", height="24px"))
            for text, tooltip in (
                ("All energies", "Use all channels: brush the mean spectrum to use some"),
                ("All pixels", "Use all pixels: press Mask below the picture and draw a box to use some"),
            )
        )
        self.method = method_buttons(METHODS)
        linked(model, "method", self.method)
        self.n_components = slider(model, "n_components", 1, MAX_COMPONENTS)
        self.loss = choice(model, "loss", [("Least squares", "frobenius"), ("Kullback-Leibler", "kullback-leibler")])
        self.start_from = choice(
            model, "start_from", [("Singular vectors", "none"), ("VCA", "vca"), ("N-FINDR", "nfindr")]
        )
        self.smooth = slider(model, "smooth", 0.0, 4.0, 0.5)
        self.sum_to_one = switch(model, "sum_to_one")
        for control in (self.normalize, self.weighting):
            control.layout.width = "116px"
        self.all_energies.on_click(model.guard(lambda _button: setattr(model, "signal_range", None)))
        self.all_pixels.on_click(model.guard(lambda _button: setattr(model, "mask", None)))
        model.observe(self._explain, ["method", "loss", "start_from", "sum_to_one", "signal_range", "mask"])
        self.widgets = [
            heading("Spectra"), self.binning, self.channel_binning,
            ipywidgets.HBox([Explained(self.normalize), Explained(self.weighting)]),
            ipywidgets.HBox([self.all_energies, self.all_pixels]),
            heading("Unmixing"), self.method, self.n_components, Explained(self.loss), Explained(self.start_from),
            self.smooth, Explained(self.sum_to_one),
        ]  # fmt: skip
        self._explain()

    def take_cube(self, cube: Cube) -> None:
        """Offer what the cube has."""
        self.binning.high = max(1, min(8, min(cube.sides) // 4))
        self.channel_binning.high = max(1, min(8, cube.array.shape[2] // 8))

    def _explain(self, _change: Bunch | None = None) -> None:
        model = self._model
        method = METHODS[model.method]
        name_count(self.n_components, method.words)
        has_loss, has_start, has_smooth, has_sum = (
            name in method.options for name in ("loss", "start_from", "smooth", "sum_to_one")
        )
        counts = model.loss == "kullback-leibler"
        for control, possible, tooltip, why_not in (
            (self.loss, has_loss and not model.sum_to_one, help_of(model, "loss"),
             f"{only_for(METHODS, 'loss')}, and not with sums of 1"),
            (self.start_from, has_start, help_of(model, "start_from"), only_for(METHODS, "start_from")),
            (self.smooth, has_smooth and model.start_from != "none", self.smooth.tooltip, self.smooth.tooltip),
            (self.sum_to_one, has_sum and not counts, help_of(model, "sum_to_one"),
             f"{only_for(METHODS, 'sum_to_one')}, by least squares"),
            (self.all_energies, model.signal_range is not None, "Use all channels again",
             "All channels are used: brush the mean spectrum to use some"),
            (self.all_pixels, model.mask is not None, "Use all pixels again",
             "All pixels are used: press Mask below the picture and draw a box to use some"),
        ):  # fmt: skip
            control.disabled = not possible
            control.tooltip = tooltip if possible else why_not
