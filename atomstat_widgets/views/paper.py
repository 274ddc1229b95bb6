"""Figures of results, composed by matplotlib for a paper: two columns wide, in units, with scale bars.

Rows are y and go down, columns are x. Components have the colours that they have on the screen.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from atomstat_widgets.data import Cube, Image, Movie
from atomstat_widgets.stat import PreparedImage
from atomstat_widgets.views.colors import DIVERGING_MAPS
from atomstat_widgets.views.limits import CONTRAST
from atomstat_widgets.views.rounding import round_length

if TYPE_CHECKING:
    pass

INK = "#333333"
WIDTH = 7.1  # inches, of two columns
ROW = 1.75  # inches
A_ROW = 4  # pictures of components in a row
STYLE: dict[Any, Any] = {
    "font.size": 8, "axes.titlesize": 8, "axes.labelsize": 8, "xtick.labelsize": 7, "ytick.labelsize": 7,
    "legend.fontsize": 7, "axes.linewidth": 0.6, "axes.edgecolor": INK, "font.family": "DejaVu Sans",
    "svg.fonttype": "none", "pdf.fonttype": 42,
    "text.parse_math": False,  # names of files and components may have a $ in them
}  # fmt: skip
_one_at_a_time = Lock()


# --- how a figure is laid out


@contextmanager
def use_paper_style() -> Iterator[None]:
    """Compose in the style of papers: one thread at a time, since the settings are those of the process."""
    with _one_at_a_time, rc_context(STYLE):
        yield


def compose(groups: Sequence[int], top: float) -> tuple[Figure, Any, list[list[Axes]]]:
    """Figure with a first row `top` times as high as the others, in which groups of so many pictures follow."""
    rows = [-(-count // A_ROW) for count in groups]
    figure = Figure(figsize=(WIDTH, ROW * (top + sum(rows))), layout="constrained")
    grid = figure.add_gridspec(1 + sum(rows), A_ROW, height_ratios=[top, *[1] * sum(rows)])
    firsts = np.cumsum([1, *rows])
    below = [
        [figure.add_subplot(grid[first + number // A_ROW, number % A_ROW]) for number in range(count)]
        for first, count in zip(firsts, groups, strict=False)
    ]
    return figure, grid, below


# --- what is drawn


def name_preparation(figure: Figure, done: PreparedImage | None) -> None:
    """Say below a figure how its image was prepared, if it was."""
    if done is not None and done.changed:
        figure.supxlabel(f"{done.words}.", fontsize=6, wrap=True)


def show_image(axes: Axes, picture: NDArray[Any], data: Image | Movie, remark: str = "") -> None:
    """Show the picture of the data, with axes in their unit."""
    low, high = np.percentile(picture, CONTRAST)
    extent = extent_of(*(np.array(side) for side in sides_of(data)), edges=True)
    axes.imshow(picture, cmap="gray", vmin=low, vmax=high, extent=extent)
    axes.set_title(f"{data.name}, {remark}" if remark else data.name)
    axes.set(xlim=sides_of(data)[1], ylim=sides_of(data)[0])
    bare(axes)
    show_scale_bar(axes, data)


def show_map(
    axes: Axes, values: NDArray[Any], extent: tuple[float, float, float, float] | None, title: str, color: str | None,
    limits: NDArray[Any], *, signed: bool = False, color_map: str = "viridis",
) -> None:  # fmt: skip
    """Picture of numbers with its colour bar, framed in the colour of a component, if it is of one."""
    picture = axes.imshow(values, extent=extent, interpolation="nearest", **color_limits(limits, signed, color_map))
    axes.set_title(title)
    dress(axes, picture, color)


def dress(axes: Axes, picture: Any, color: str | None) -> None:
    """Give a picture its colour bar and its frame."""
    bare(axes)
    if color is not None:
        for spine in axes.spines.values():
            spine.set(color=color, linewidth=1.5)
    bar = axes.figure.colorbar(picture, ax=axes, fraction=0.05, pad=0.03)
    bar.outline.set_linewidth(0.4)
    bar.ax.locator_params(nbins=4)


def show_scale_bar(axes: Axes, data: Image | Movie | Cube) -> None:
    """Bar of a round length, or axes in pixels where the scale is not known."""
    if data.pixel_size is None:
        axes.set(xlabel="x (px)", ylabel="y (px)")
        axes.tick_params(left=True, bottom=True, labelleft=True, labelbottom=True)
        return
    (bottom, _), (left, right) = sides_of(data)
    width = right - left
    height = bottom - sides_of(data)[0][1]
    length = round_length(width / 4)
    x, y, thick = left + 0.05 * width, bottom - 0.05 * height, 0.015 * height
    axes.add_patch(
        Rectangle(
            (x - 0.02 * width, bottom - 0.17 * height), length + 0.04 * width, 0.15 * height, color="black", alpha=0.6,
            linewidth=0, zorder=3,
        )
    )  # fmt: skip
    axes.add_patch(Rectangle((x, y - thick), length, thick, color="white", linewidth=0, zorder=4))
    axes.text(
        x + length / 2,
        y - 2 * thick,
        f"{length:g} {data.unit}",
        color="white",
        ha="center",
        va="bottom",
        fontsize=7,
        zorder=4,
    )


def bare(axes: Axes) -> None:
    """Take ticks and frame away."""
    axes.tick_params(left=False, bottom=False, labelleft=False, labelbottom=False)


def color_limits(limits: NDArray[Any], signed: bool, color_map: str = "viridis") -> dict[str, Any]:
    """Colours of numbers between these limits (2,); those of signed ones part at 0."""
    return {"cmap": DIVERGING_MAPS[0] if signed else color_map, "vmin": float(limits[0]), "vmax": float(limits[1])}


def sides_of(data: Image | Movie | Cube) -> tuple[tuple[float, float], tuple[float, float]]:
    """Edges of the picture: bottom and top, left and right, in the unit of the data."""
    height, width = data.sides
    top, bottom = data.along_y([-0.5, height - 0.5]).tolist()
    left, right = data.along_x([-0.5, width - 0.5]).tolist()
    return (bottom, top), (left, right)


def extent_of(y: NDArray[Any], x: NDArray[Any], *, edges: bool = False) -> tuple[float, float, float, float]:
    """Edges that matplotlib lays a picture between, by the places of its pixels or, of all of it, by its edges."""
    if edges:
        return float(x[0]), float(x[1]), float(y[0]), float(y[1])
    half_y, half_x = ((axis[-1] - axis[0]) / (2 * max(1, len(axis) - 1)) or 0.5 for axis in (y, x))
    return float(x[0] - half_x), float(x[-1] + half_x), float(y[-1] + half_y), float(y[0] - half_y)
