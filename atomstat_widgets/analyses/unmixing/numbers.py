"""What is worth keeping of a result: arrays with axes in real units, tables, and the recipe."""

import numpy as np

from atomstat_widgets.analyses.unmixing.result import UnmixingResult
from atomstat_widgets.data.numbers import Axis, Numbers, Quantity, component_axis
from atomstat_widgets.data.tables import axes_of
from atomstat_widgets.reactive.one_thread import one_thread
from atomstat_widgets.reactive.recipe import recipe_of


@one_thread  # residuals are computed here
def unmixing_numbers(result: UnmixingResult) -> Numbers:
    """Numbers of a result, lengths in the unit of the data where it is known, else in pixels."""
    unmixing, cube = result.unmixing, result.cube
    maps = np.moveaxis(unmixing.abundance_maps, 2, 0)
    y, x = axes_of(*result.map_axes, cube)
    energy = Axis("energy", result.energies, cube.energy_unit)
    words = result.method.words
    count = component_axis(len(maps), words.part)
    return Numbers(
        {
            words.key: Quantity(unmixing.components, (count, energy), signal_axes=1),
            words.amounts: Quantity(maps, (count, y, x)),
            "residual_map": Quantity(unmixing.residual_map, (y, x)),
            "residual_spectrum": Quantity(unmixing.residual_spectrum, (energy,), signal_axes=1),
        },
        {
            "spectra": {
                f"energy ({cube.energy_unit})": result.energies,
                **{f"{words.picture} {number}": one for number, one in enumerate(unmixing.components, 1)},
                "residual": unmixing.residual_spectrum,
            }
        },
        recipe_of(result).provenance(error=unmixing.decomposition.reconstruction_error),
    )
