"""What is worth keeping of each kind of result: arrays with axes in real units, tables, and the recipe."""

from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.domains.result import DomainsResult
from atomstat_widgets.analyses.sliding_fft.result import SlidingFFTResult
from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.analyses.unmixing.result import UnmixingResult
from atomstat_widgets.data import Cube, Image, Movie
from atomstat_widgets.data.numbers import Axis, Numbers, Quantity, component_axis
from atomstat_widgets.reactive.one_thread import one_thread
from atomstat_widgets.reactive.recipe import recipe_of


@singledispatch
def numbers_of(result: Any) -> Numbers:
    """Numbers of a result, lengths in the unit of the data where it is known, else in pixels.

    Parameters
    ----------
    result : SlidingFFTResult, DomainsResult, TrajectoriesResult or UnmixingResult

    Raises
    ------
    TypeError
        It is none of these.
    """
    raise TypeError(f"no result of an analysis, but {type(result).__name__}")


@numbers_of.register
def _(result: SlidingFFTResult) -> Numbers:
    grid, size = result.spectra.grid, result.image.pixel_size or 1.0
    y, x = _axes(*grid.axes, result.image)
    fy, fx = (
        Axis(f"frequency {name}", axis / size, f"1/{result.image.unit}")
        for name, axis in zip("yx", result.spectra.frequencies, strict=True)
    )
    count = component_axis(len(result.components))
    windows = {**_places(grid.centers, result.image), **_loadings(result.decomposition.loadings)}
    return Numbers(
        {
            "components": Quantity(result.components, (count, fy, fx)),
            "loadings": Quantity(result.loading_maps, (count, y, x)),
        },
        {"windows": windows},
        recipe_of(result).provenance(error=result.decomposition.reconstruction_error),
    )


@numbers_of.register
def _(result: DomainsResult) -> Numbers:
    pictures, loadings = result.component_pictures, result.decomposition.loadings
    count = component_axis(len(pictures))
    table = {
        **_places(result.crops.positions, result.image),
        **({} if result.labels is None else {"class": result.labels + 1}),
        **_loadings(loadings),
    }
    return Numbers(
        {"components": Quantity(pictures, (count, *_crop_axes(pictures, result.image)))},
        {"atoms": table},
        recipe_of(result).provenance(error=result.decomposition.reconstruction_error),
    )


@numbers_of.register
def _(result: TrajectoriesResult) -> Numbers:
    atoms, matrix, centroids = result.atoms, result.matrix, result.states.centroids
    first, second = np.indices(matrix.counts.shape).reshape(2, -1)
    low, high = matrix.interval()
    state, later = component_axis(len(centroids), "state"), component_axis(len(centroids), "next state")
    transitions = {
        "state": first + 1,
        "next state": second + 1,
        "transitions": matrix.counts.ravel(),
        "independent transitions": matrix.effective.ravel(),
        "probability": matrix.probabilities.ravel(),
        "lower end of 95 % interval": low.ravel(),
        "upper end of 95 % interval": high.ravel(),
    }
    in_tracks = np.lexsort((atoms.frames, atoms.tracks))[np.count_nonzero(atoms.tracks < 0) :]
    tracks = {
        "track": atoms.tracks[in_tracks] + 1,
        "frame": atoms.frames[in_tracks],
        **_places(atoms.positions[in_tracks], result.movie),
        "state": atoms.states[in_tracks] + 1,
    }
    return Numbers(
        {
            "states": Quantity(centroids, (state, *_crop_axes(centroids, result.movie))),
            "transition_counts": Quantity(matrix.counts, (state, later)),
            "transition_probabilities": Quantity(matrix.probabilities, (state, later)),
        },
        {"tracks": tracks, "transitions": transitions},
        recipe_of(result).provenance(rmax=f"{result.rmax:g} px", lag=f"{result.parameters['lag']} frames"),
    )


@numbers_of.register
@one_thread  # residuals are computed here
def _(result: UnmixingResult) -> Numbers:
    unmixing, cube = result.unmixing, result.cube
    maps = np.moveaxis(unmixing.abundance_maps, 2, 0)
    y, x = _axes(*result.map_axes, cube)
    energy = Axis("energy", result.energies, cube.energy_unit)
    count = component_axis(len(maps))
    return Numbers(
        {
            "components": Quantity(unmixing.components, (count, energy), signal_axes=1),
            "abundances": Quantity(maps, (count, y, x)),
            "residual_map": Quantity(unmixing.residual_map, (y, x)),
            "residual_spectrum": Quantity(unmixing.residual_spectrum, (energy,), signal_axes=1),
        },
        {
            "spectra": {
                f"energy ({cube.energy_unit})": result.energies,
                **{f"component {number}": one for number, one in enumerate(unmixing.components, 1)},
                "residual": unmixing.residual_spectrum,
            }
        },
        recipe_of(result).provenance(error=unmixing.decomposition.reconstruction_error),
    )


def _axes(y: NDArray[Any], x: NDArray[Any], data: Image | Movie | Cube) -> tuple[Axis, Axis]:
    """Axes over rows and columns, which need not be whole."""
    return Axis("y", data.along_y(y), data.unit), Axis("x", data.along_x(x), data.unit)


def _crop_axes(pictures: NDArray[Any], data: Image | Movie) -> tuple[Axis, Axis]:
    """Places of the pixels of crops, from their centres on; channels side by side go on along x."""
    side = pictures.shape[1]
    y, x = ((np.arange(n) - (side - 1) / 2) * (data.pixel_size or 1.0) for n in pictures.shape[1:])
    return Axis("crop y", y, data.unit), Axis("crop x", x, data.unit)


def _loadings(loadings: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Columns of a table, from loadings (n, k)."""
    return {f"loading {number}": column for number, column in enumerate(loadings.T, 1)}


def _places(positions: NDArray[Any], data: Image | Movie) -> dict[str, NDArray[Any]]:
    """Columns of a table: row and column in pixels and, where it is known, in the unit of the data."""
    y, x = positions.T
    columns = {"y (px)": y, "x (px)": x}
    if data.pixel_size is not None:
        columns |= {f"y ({data.unit})": data.along_y(y), f"x ({data.unit})": data.along_x(x)}
    return columns
