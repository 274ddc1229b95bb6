"""Controls of the unmixing panel: which spectra are taken, how they are unmixed, what components are called."""

import ipywidgets
from traitlets import Bunch

from atomstat_widgets.analyses.unmixing.model import METHODS, UnmixingModel
from atomstat_widgets.data import Cube
from atomstat_widgets.panels.controls import LABEL, WIDTH, Explained, choice, dropdown, heading, linked, slider, switch
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
        self.method = ipywidgets.ToggleButtons(
            options=METHODS, style={"button_width": "56px"},
            tooltips=[
                "Non-negative components: parts that add up", "Principal components: what varies most",
                "Independent components: sources that vary on their own", "Gaussian mixture: classes of pixels",
            ],
        )  # fmt: skip
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
        on = model.method == "NMF"
        counts = model.loss == "kullback-leibler"
        for control, possible, tooltip, why_not in (
            (self.loss, on and not model.sum_to_one, help_of(model, "loss"), "Only for NMF, and not with sums of 1"),
            (self.start_from, on, help_of(model, "start_from"), "Only for the method NMF"),
            (self.smooth, on and model.start_from != "none", self.smooth.tooltip, self.smooth.tooltip),
            (self.sum_to_one, on and not counts, help_of(model, "sum_to_one"), "Only for NMF, by least squares"),
            (self.all_energies, model.signal_range is not None, "Use all channels again",
             "All channels are used: brush the mean spectrum to use some"),
            (self.all_pixels, model.mask is not None, "Use all pixels again",
             "All pixels are used: press Mask below the picture and draw a box to use some"),
        ):  # fmt: skip
            control.disabled = not possible
            control.tooltip = tooltip if possible else why_not


def name_controls() -> tuple[ipywidgets.Dropdown, ipywidgets.Text, ipywidgets.ColorPicker]:
    """Controls of which component to rename, of its name and of its colour."""
    which = dropdown([1], 1, "Component", "The component to rename or recolour")
    name = ipywidgets.Text(
        description="Name", tooltip="What the component is called", continuous_update=False, style=LABEL,
        layout=ipywidgets.Layout(width=WIDTH),
    )  # fmt: skip
    color = ipywidgets.ColorPicker(
        description="Colour", tooltip="Colour of the component everywhere", concise=False, style=LABEL,
        layout=ipywidgets.Layout(width=WIDTH),
    )  # fmt: skip
    return which, name, color
