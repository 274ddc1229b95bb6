"""The figure of a local image analysis, for a paper."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from atomstat_widgets.analyses.domains.result import DomainsResult
from atomstat_widgets.data.sampling import overview
from atomstat_widgets.views.colors import COMPONENT_COLORS
from atomstat_widgets.views.limits import amount_limits, own_limits
from atomstat_widgets.views.paper import (
    color_limits,
    compose,
    dress,
    name_preparation,
    show_image,
    show_map,
    sides_of,
    use_paper_style,
)


def domains_figure(result: "DomainsResult") -> Figure:
    """Image with the atoms in the colour of their class or strongest component, components, and loadings in place.

    Where loadings have both signs, no component is the strongest: the image shows those of the first.
    """
    image, pictures, loadings = result.image, result.component_pictures, result.decomposition.loadings
    loading_limits = amount_limits(loadings.T, result.signed)
    rows, columns = result.crops.positions.T
    y, x = image.along_y(rows), image.along_x(columns)
    words = result.method.words
    with use_paper_style():
        figure, grid, (above, below) = compose([len(pictures), loadings.shape[1]], 2)
        sample = figure.add_subplot(grid[0, :])
        show_image(sample, overview(image), image, f"{words.amounts} 1" if result.signed else "")
        if result.signed:
            colors = {"c": loadings[:, 0], **color_limits(loading_limits[0], signed=True)}
        else:
            colors = {"c": np.array(COMPONENT_COLORS)[result.strongest]}
        sample.scatter(x, y, s=_dot(result.crops.positions), linewidths=0, **colors)
        own = own_limits(pictures, result.signed)
        for number, (axes, picture, limits) in enumerate(zip(above, pictures, own, strict=True)):
            title = f"{words.picture.capitalize()} {number + 1}"
            show_map(axes, picture, None, title, COMPONENT_COLORS[number], limits, signed=result.signed)
        for number, (axes, loading, limits) in enumerate(zip(below, loadings.T, loading_limits, strict=True)):
            colors = color_limits(limits, result.signed)
            points = axes.scatter(x, y, s=_dot(result.crops.positions) / 4, c=loading, linewidths=0, **colors)
            axes.set(xlim=sides_of(image)[1], ylim=sides_of(image)[0], aspect="equal")
            axes.set_title(f"{words.amounts.capitalize()} {number + 1}")
            dress(axes, points, COMPONENT_COLORS[number])
        name_preparation(figure, result.preparation)
    return figure


def _dot(positions: NDArray[Any]) -> float:
    """Area of a dot, in points squared, that leaves atoms of this number apart."""
    return float(np.clip(20_000 / max(1, len(positions)), 1, 40))
