"""The figure of a spectral unmixing, for a paper."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from atomstat_widgets.analyses.unmixing.result import UnmixingResult
from atomstat_widgets.views.colors import COMPONENT_COLORS
from atomstat_widgets.views.limits import amount_limits
from atomstat_widgets.views.paper import compose, extent_of, show_map, show_scale_bar, sides_of, use_paper_style


def unmix_figure(
    result: "UnmixingResult", names: Sequence[str] | None = None, colors: Sequence[str] = COMPONENT_COLORS
) -> Figure:
    """Component spectra, abundance maps, and what is left unexplained; components by their names and colours."""
    names = [str(number + 1) for number in range(len(colors))] if names is None else names
    unmixing, cube, words = result.unmixing, result.cube, result.method.words
    maps, residual = np.moveaxis(unmixing.abundance_maps, 2, 0), unmixing.residual_map
    with use_paper_style():
        figure, grid, (below,) = compose([len(maps) + 1], 1.3)
        spectra = figure.add_subplot(grid[0, :])
        for number, (component, color) in enumerate(zip(unmixing.components, colors, strict=False)):
            spectra.plot(result.energies, component, color=color, linewidth=1, label=str(number))
        spectra.set(
            xlabel=f"energy ({cube.energy_unit})",
            ylabel="intensity",
            title=f"{words.pictures.capitalize()} of {cube.name}",
        )
        spectra.margins(x=0)
        legend = spectra.legend(frameon=False, ncols=2)
        for text, name in zip(legend.get_texts(), names, strict=False):
            text.set_text(name)  # afterwards: labels that begin with _ have no place in a legend
        height, width = result.map_sides
        bottom_and_top, left_and_right = np.array([height - 0.5, -0.5]), np.array([-0.5, width - 0.5])
        extent = extent_of(cube.along_y(bottom_and_top), cube.along_x(left_and_right), edges=True)
        limits = amount_limits(maps, result.signed)
        for number, (axes, values) in enumerate(zip(below[:-1], maps, strict=True)):
            title = f"{words.amount.capitalize()} {names[number]}"
            show_map(axes, values, extent, title, colors[number], limits[number], signed=result.signed)
        show_map(below[-1], residual, extent, "Residual (RMS)", None, amount_limits(residual[None])[0])
        for axes in below:
            axes.set(xlim=sides_of(cube)[1], ylim=sides_of(cube)[0])
        show_scale_bar(below[0], cube)
    return figure
