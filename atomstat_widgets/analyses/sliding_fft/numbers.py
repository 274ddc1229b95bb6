"""What is worth keeping of a result: arrays with axes in real units, tables, and the recipe."""

from atomstat_widgets.analyses.sliding_fft.result import SlidingFFTResult
from atomstat_widgets.data.numbers import Axis, Numbers, Quantity, component_axis
from atomstat_widgets.data.tables import axes_of, loading_columns, place_columns
from atomstat_widgets.reactive.recipe import recipe_of


def sliding_fft_numbers(result: SlidingFFTResult) -> Numbers:
    """Numbers of a result, lengths in the unit of the data where it is known, else in pixels."""
    grid, size = result.spectra.grid, result.image.pixel_size or 1.0
    y, x = axes_of(*grid.axes, result.image)
    fy, fx = (
        Axis(f"frequency {name}", axis / size, f"1/{result.image.unit}")
        for name, axis in zip("yx", result.spectra.frequencies, strict=True)
    )
    count = component_axis(len(result.components))
    facts = {
        "error": result.decomposition.reconstruction_error,
        "settings": result.settings,
        "scale": result.spectra.scale,
        "lattice": result.lattice.words,
    }
    if result.preparation is not None:
        facts["preparation"] = result.preparation.says
    windows = {**place_columns(grid.centers, result.image), **loading_columns(result.decomposition.loadings)}
    return Numbers(
        {
            "components": Quantity(result.components, (count, fy, fx)),
            "loadings": Quantity(result.loading_maps, (count, y, x)),
        },
        {"windows": windows},
        recipe_of(result).provenance(**facts),
    )
