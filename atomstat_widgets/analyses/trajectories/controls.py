"""Controls of the trajectories panel: how atoms are found, sorted into states and linked."""

from math import ceil

import numpy as np

from atomstat_widgets.analyses.trajectories.drift_control import DriftControl
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.trajectories.objects import ATOMS, DEFECTS
from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.analyses.trajectories.stages import ALL, AUTOMATIC, BRIGHT
from atomstat_widgets.data import Movie
from atomstat_widgets.panels.atom_controls import (
    fit_window,
    spacing_slider,
    strength_slider,
    window_slider,
)
from atomstat_widgets.panels.controls import AutomaticSlider, Explained, choice, heading, slider, switch
from atomstat_widgets.panels.units_bar import UnitsBar
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS
from atomstat_widgets.stat.atoms.brightness import CROP, FRAME, NONE


class TrajectoriesControls:
    """Controls linked to a model.

    Parameters
    ----------
    model : TrajectoriesModel
    units : UnitsBar
        What lengths are shown in.

    Attributes
    ----------
    widgets : list
        From top to bottom.
    """

    def __init__(self, model: TrajectoriesModel, units: UnitsBar) -> None:
        self.spacing, self.strength = spacing_slider(model, units), strength_slider(model)
        self.atoms = choice(model, "atoms", [("Automatic", AUTOMATIC), ("All atoms", ALL), ("Bright atoms", BRIGHT)])
        self.objects = choice(
            model, "objects", [("Automatic", AUTOMATIC), ("Single atoms", ATOMS), ("Defects", DEFECTS)]
        )
        self.defect_size = AutomaticSlider(model, "defect_size", 1.0, 80.0, 0.5).in_units(units)
        self.window = window_slider(model, units)
        self.normalize = choice(model, "normalize", [("By frame", FRAME), ("By crop", CROP), ("None", NONE)])
        self.dark = switch(model, "dark")
        self.n_states = slider(model, "n_states", 1, MAX_COMPONENTS)
        self.drift = DriftControl(model)
        self.rmax = AutomaticSlider(model, "rmax", 0.5, 40.0, 0.5).in_units(units)
        self.memory = slider(model, "memory", 0, 10)
        self.min_length = slider(model, "min_length", 1, 50)
        self.lag = slider(model, "lag", 1, 20)
        self.widgets = [
            heading("Atoms", units), self.spacing, self.strength, Explained(self.atoms),
            Explained(self.objects), self.defect_size,
            heading("Crops and states", units), self.window, self.n_states,
            Explained(self.normalize), Explained(self.dark),
            heading("Tracks", units, ", frames"), self.drift, self.rmax, self.memory, self.min_length, self.lag,
        ]  # fmt: skip

    def take_movie(self, movie: Movie) -> None:
        """Offer what the movie has."""
        fit_window(self.window, movie.sides)
        for control, most in ((self.min_length, len(movie)), (self.lag, max(1, len(movie) // 4))):
            control.high = max(most, control.number)
        given = movie.atoms is not None
        for control in (self.spacing, self.strength):
            control.disable("The atoms are given with the movie" if given else "")

    def show_automatic(self, result: TrajectoriesResult) -> None:
        """Show the numbers that were chosen from the movie."""
        strengths = np.concatenate(result.found.strengths)
        self.strength.slider.high = max(self.strength.slider.number, ceil(1.05 * strengths.max()))
        self.rmax.slider.high = max(self.rmax.slider.number, ceil(2 * result.chosen.distance))
        defects = result.chosen.defects
        self.defect_size.disable("" if defects is not None else "Single atoms are followed: set Objects to Defects")
        if defects is not None:
            self.defect_size.slider.high = max(self.defect_size.slider.high, ceil(2 * defects.size))
            if self.defect_size.automatic.value:
                self.defect_size.show(defects.size)
        for control, value in (
            (self.spacing, result.found.spacing),
            (self.strength, float(strengths.min())),
            (self.window, result.window),
            (self.rmax, result.rmax),
        ):
            if control.automatic.value:
                control.show(value)
