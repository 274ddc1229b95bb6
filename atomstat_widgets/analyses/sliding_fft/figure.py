"""The figure of a sliding-FFT analysis, for a paper."""

from matplotlib.figure import Figure

from atomstat_widgets.analyses.sliding_fft.result import SlidingFFTResult
from atomstat_widgets.data.sampling import overview
from atomstat_widgets.views.colors import COMPONENT_COLORS
from atomstat_widgets.views.limits import amount_limits, own_limits
from atomstat_widgets.views.paper import (
    compose,
    extent_of,
    name_preparation,
    show_image,
    show_map,
    sides_of,
    use_paper_style,
)


def sliding_fft_figure(result: "SlidingFFTResult") -> Figure:
    """Image, component spectra and, over the area of the window centres, loading maps."""
    image, size = result.image, result.image.pixel_size or 1.0
    spectra, maps = result.components, result.loading_maps
    fy, fx = (axis / size for axis in result.spectra.frequencies)
    rows, columns = result.spectra.grid.axes
    y, x = image.along_y(rows), image.along_x(columns)
    with use_paper_style():
        figure, grid, (above, below) = compose([len(spectra), len(maps)], 2)
        show_image(figure.add_subplot(grid[0, :]), overview(image), image)
        for number, (axes, spectrum, limits) in enumerate(zip(above, spectra, own_limits(spectra), strict=True)):
            show_map(axes, spectrum, extent_of(fy, fx), f"Spectrum {number + 1}", COMPONENT_COLORS[number], limits)
        for number, (axes, loadings, limits) in enumerate(zip(below, maps, amount_limits(maps), strict=True)):
            show_map(axes, loadings, extent_of(y, x), f"Loadings {number + 1}", COMPONENT_COLORS[number], limits)
            axes.set_xlim(*sides_of(image)[1])
            axes.set_ylim(*sides_of(image)[0])
        above[0].set(xlabel=f"kx (1/{image.unit})", ylabel=f"ky (1/{image.unit})")
        above[0].tick_params(left=True, bottom=True, labelleft=True, labelbottom=True)
        name_preparation(figure, result.preparation)
    return figure
