"""The figure of a strain analysis, for a paper."""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from atomstat_widgets.analyses.strain.result import KINDS, StrainResult
from atomstat_widgets.data.sampling import overview
from atomstat_widgets.views.paper import compose, show_image, show_map, sides_of, use_paper_style


def strain_figure(result: StrainResult) -> Figure:
    """Image with the reference region, and maps of the strains, between the same limits, and of the rotation."""
    image = result.image
    top, bottom, left, right = result.maps.reference
    (low_y, high_y), (low_x, high_x) = (
        image.along_y([top - 0.5, bottom - 0.5]),
        image.along_x([left - 0.5, right - 0.5]),
    )
    bottom_and_top, left_and_right = sides_of(image)
    with use_paper_style():
        figure, grid, (axes_of_maps,) = compose([len(KINDS)], 2)
        axes = figure.add_subplot(grid[0, :])
        show_image(axes, overview(image), image, "reference framed")
        axes.add_patch(
            Rectangle((low_x, low_y), high_x - low_x, high_y - low_y, fill=False, color="#D55E00", linewidth=1.2)
        )
        for axes, kind, values, limits in zip(axes_of_maps, KINDS, result.shown, result.limits(), strict=True):
            title, extent = f"{kind.name} ({kind.unit})", (*left_and_right, *bottom_and_top)
            show_map(axes, values, extent, title, None, limits, signed=True)
    return figure
