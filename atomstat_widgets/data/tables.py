"""Axes of arrays and columns of tables, in the unit of the data where it is known."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.data.cube import Cube
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.movie import Movie
from atomstat_widgets.data.numbers import Axis


def axes_of(y: NDArray[Any], x: NDArray[Any], data: Image | Movie | Cube) -> tuple[Axis, Axis]:
    """Axes over rows and columns, which need not be whole."""
    return Axis("y", data.along_y(y), data.unit), Axis("x", data.along_x(x), data.unit)


def crop_axes(pictures: NDArray[Any], data: Image | Movie) -> tuple[Axis, Axis]:
    """Places of the pixels of crops, from their centres on; channels side by side go on along x."""
    side = pictures.shape[1]
    y, x = ((np.arange(n) - (side - 1) / 2) * (data.pixel_size or 1.0) for n in pictures.shape[1:])
    return Axis("crop y", y, data.unit), Axis("crop x", x, data.unit)


def loading_columns(loadings: NDArray[Any], name: str = "loading") -> dict[str, NDArray[Any]]:
    """Columns of a table, from loadings (n, k), by what one of them is called."""
    return {f"{name} {number}": column for number, column in enumerate(loadings.T, 1)}


def place_columns(positions: NDArray[Any], data: Image | Movie) -> dict[str, NDArray[Any]]:
    """Columns of a table: row and column in pixels and, where it is known, in the unit of the data."""
    y, x = positions.T
    columns = {"y (px)": y, "x (px)": x}
    if data.pixel_size is not None:
        columns |= {f"y ({data.unit})": data.along_y(y), f"x ({data.unit})": data.along_x(x)}
    return columns
