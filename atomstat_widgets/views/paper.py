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
from atomstat_widgets.data.sampling import overview
from atomstat_widgets.stat import normalize_image
from atomstat_widgets.views.colors import COMPONENT_COLORS, UNKNOWN
from atomstat_widgets.views.rounding import round_length

if TYPE_CHECKING:
    from atomstat_widgets.reactive.domains_result import DomainsResult
    from atomstat_widgets.reactive.sliding_fft import SlidingFFTResult
    from atomstat_widgets.reactive.trajectories_result import TrajectoriesResult
    from atomstat_widgets.reactive.unmixing import UnmixingResult

INK = "#333333"
WIDTH = 7.1  # inches, of two columns
ROW = 1.75  # inches
A_ROW = 4  # pictures of components in a row
STYLE = {
    "font.size": 8, "axes.titlesize": 8, "axes.labelsize": 8, "xtick.labelsize": 7, "ytick.labelsize": 7,
    "legend.fontsize": 7, "axes.linewidth": 0.6, "axes.edgecolor": INK, "font.family": "DejaVu Sans",
    "svg.fonttype": "none", "pdf.fonttype": 42, "text.parse_math": False,  # dollars in names are dollars
}  # fmt: skip
_one_at_a_time = Lock()


def sliding_fft_figure(result: "SlidingFFTResult") -> Figure:
    """Image, component spectra and, over the area of the window centres, loading maps."""
    image, size = result.image, result.image.pixel_size or 1.0
    spectra, maps = result.components, result.loading_maps
    fy, fx = (axis / size for axis in result.spectra.frequencies)
    rows, columns = result.spectra.grid.axes
    y, x = image.along_y(rows), image.along_x(columns)
    with _styled():
        figure, grid, (above, below) = _figure([len(spectra), len(maps)], 2)
        _show_image(figure.add_subplot(grid[0, :]), overview(image), image)
        for number, (axes, spectrum) in enumerate(zip(above, spectra, strict=True)):
            _show_map(axes, spectrum, _extent(fy, fx), f"Spectrum {number + 1}", number)
        for number, (axes, loadings) in enumerate(zip(below, maps, strict=True)):
            _show_map(axes, loadings, _extent(y, x), f"Loadings {number + 1}", number)
            axes.set_xlim(*_sides(image)[1])
            axes.set_ylim(*_sides(image)[0])
        above[0].set(xlabel=f"kx (1/{image.unit})", ylabel=f"ky (1/{image.unit})")
        above[0].tick_params(left=True, bottom=True, labelleft=True, labelbottom=True)
    return figure


def domains_figure(result: "DomainsResult") -> Figure:
    """Image with the atoms in the colour of their class or strongest component, components, and loadings in place.

    Where loadings have both signs, no component is the strongest: the image shows those of the first.
    """
    image, pictures, loadings = result.image, result.component_pictures, result.decomposition.loadings
    rows, columns = result.crops.positions.T
    y, x = image.along_y(rows), image.along_x(columns)
    of_classes = result.labels is not None
    with _styled():
        figure, grid, (above, below) = _figure([len(pictures), loadings.shape[1]], 2)
        sample = figure.add_subplot(grid[0, :])
        _show_image(sample, overview(image), image, "loadings 1" if result.signed else "")
        if result.signed:
            colors = {"c": loadings[:, 0], **_limits(loadings[:, 0], signed=True)}
        else:
            labels = loadings.argmax(axis=1) if result.labels is None else result.labels
            colors = {"c": np.array(COMPONENT_COLORS)[labels]}
        sample.scatter(x, y, s=_dot(result.crops.positions), linewidths=0, **colors)
        for number, (axes, picture) in enumerate(zip(above, pictures, strict=True)):
            name = f"Class {number + 1}" if of_classes else f"Component {number + 1}"
            _show_map(axes, picture, None, name, number, signed=result.signed)
        for number, (axes, loading) in enumerate(zip(below, loadings.T, strict=True)):
            limits = _limits(loading, result.signed)
            points = axes.scatter(x, y, s=_dot(result.crops.positions) / 4, c=loading, linewidths=0, **limits)
            axes.set(xlim=_sides(image)[1], ylim=_sides(image)[0], aspect="equal")
            axes.set_title(f"Probability {number + 1}" if of_classes else f"Loadings {number + 1}")
            _dress(axes, points, number)
    return figure


def trajectories_figure(result: "TrajectoriesResult") -> Figure:
    """Tracks over the first frame, mean crops of the states, and transition probabilities with their counts."""
    movie, tracks, centroids = result.movie, result.tracks, result.states.centroids
    with _styled():
        figure, grid, (below,) = _figure([len(centroids)], 2)
        sample = figure.add_subplot(grid[0, : A_ROW // 2])
        _show_image(sample, normalize_image(movie[0]), movie, "first frame")
        for number in range(len(tracks)):
            rows, columns = tracks.track(number)[1].T
            states = result.states_of(number)
            known = states[states >= 0]
            color = COMPONENT_COLORS[np.bincount(known).argmax()] if len(known) else UNKNOWN
            sample.plot(movie.along_x(columns), movie.along_y(rows), color=color, linewidth=0.7)
        _show_matrix(figure.add_subplot(grid[0, A_ROW // 2 :]), result.matrix)
        for number, (axes, picture) in enumerate(zip(below, centroids, strict=True)):
            _show_map(axes, picture, None, f"State {number + 1}", number, color_map="gray")
    return figure


def unmix_figure(result: "UnmixingResult") -> Figure:
    """Component spectra, abundance maps, and what is left unexplained."""
    unmixing, cube = result.unmixing, result.cube
    maps = [*np.moveaxis(unmixing.abundance_maps, 2, 0), unmixing.residual_map]
    count = len(maps) - 1
    with _styled():
        figure, grid, (below,) = _figure([len(maps)], 1.3)
        spectra = figure.add_subplot(grid[0, :])
        for number, component in enumerate(unmixing.components):
            spectra.plot(result.energies, component, color=COMPONENT_COLORS[number], linewidth=1, label=f"{number + 1}")
        spectra.set(xlabel=f"energy ({cube.energy_unit})", ylabel="intensity", title=f"Components of {cube.name}")
        spectra.margins(x=0)
        spectra.legend(frameon=False, ncols=2)
        signed = [result.signed] * count + [False]
        rows, columns = result.map_axes
        half = max(result.parameters["bins"]) / 2
        y, x = ((at[0] - half, at[-1] + half) for at in (rows, columns))
        extent = _extent(cube.along_y(y)[::-1], cube.along_x(x), edges=True)
        for number, (axes, values) in enumerate(zip(below, maps, strict=True)):
            title = f"Abundance {number + 1}" if number < count else "Residual (RMS)"
            _show_map(axes, values, extent, title, number if number < count else None, signed=signed[number])
            axes.set(xlim=_sides(cube)[1], ylim=_sides(cube)[0])  # at the ends some pixels may be in no bin
            if number == 0:
                _scale_bar(axes, cube)
    return figure


# --- how a figure is laid out


@contextmanager
def _styled() -> Iterator[None]:
    """Compose in the style of papers: one thread at a time, since the settings are those of the process."""
    with _one_at_a_time, rc_context(STYLE):
        yield


def _figure(groups: Sequence[int], top: float) -> tuple[Figure, Any, list[list[Axes]]]:
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


def _show_image(axes: Axes, picture: NDArray[Any], data: Image | Movie, remark: str = "") -> None:
    low, high = np.percentile(picture, (0.5, 99.5))
    extent = _extent(*(np.array(side) for side in _sides(data)), edges=True)
    axes.imshow(picture, cmap="gray", vmin=low, vmax=high, extent=extent)
    axes.set_title(f"{data.name}, {remark}" if remark else data.name)
    axes.set(xlim=_sides(data)[1], ylim=_sides(data)[0])
    _bare(axes)
    _scale_bar(axes, data)


def _show_map(
    axes: Axes, values: NDArray[Any], extent: Sequence[float] | None, title: str, component: int | None, *,
    signed: bool = False, color_map: str = "viridis",
) -> None:  # fmt: skip
    """Picture of numbers with its colour bar, framed in the colour of a component."""
    limits = {**_limits(values, signed), **({} if signed else {"cmap": color_map})}
    picture = axes.imshow(values, extent=extent, interpolation="nearest", **limits)
    axes.set_title(title)
    _dress(axes, picture, component)


def _dress(axes: Axes, picture: Any, component: int | None) -> None:
    """Give a picture its colour bar and its frame."""
    _bare(axes)
    if component is not None:
        for spine in axes.spines.values():
            spine.set(color=COMPONENT_COLORS[component], linewidth=1.5)
    bar = axes.get_figure().colorbar(picture, ax=axes, fraction=0.05, pad=0.03)
    bar.outline.set_linewidth(0.4)
    bar.ax.locator_params(nbins=4)


def _show_matrix(axes: Axes, matrix: Any) -> None:
    """Transition probabilities, with the counts that they are from, as numbers in the cells."""
    probabilities, counts = matrix.probabilities, matrix.counts
    axes.imshow(probabilities, cmap="Blues", vmin=0, vmax=1)
    for (row, column), probability in np.ndenumerate(probabilities):
        text = f"{probability:.2f}\n({counts[row, column]})" if matrix.known[row] else "–"
        color = "white" if probability > 0.6 else INK
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=7 if len(counts) < 6 else 5)
    numbers = range(len(counts))
    names = [str(number + 1) for number in numbers]
    axes.set_xticks(numbers, names)
    axes.set_yticks(numbers, names)
    frames = f"{matrix.lag} frame{'s' if matrix.lag > 1 else ''}"
    axes.set(xlabel=f"state {frames} later", ylabel="state", title="Transition probabilities (counts)")


def _scale_bar(axes: Axes, data: Image | Movie | Cube) -> None:
    """Bar of a round length, or axes in pixels where the scale is not known."""
    if data.pixel_size is None:
        axes.set(xlabel="x (px)", ylabel="y (px)")
        axes.tick_params(left=True, bottom=True, labelleft=True, labelbottom=True)
        return
    (bottom, _), (left, right) = _sides(data)
    width = right - left
    height = bottom - _sides(data)[0][1]
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


def _bare(axes: Axes) -> None:
    axes.tick_params(left=False, bottom=False, labelleft=False, labelbottom=False)


def _limits(values: NDArray[Any], signed: bool) -> dict[str, Any]:
    """Colours of numbers: from the lowest to the highest, or with 0 in the middle."""
    if not signed:
        return {"cmap": "viridis"}
    limit = float(np.nanmax(np.abs(values))) or 1.0
    return {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}


def _sides(data: Image | Movie | Cube) -> tuple[tuple[float, float], tuple[float, float]]:
    """Edges of the picture: bottom and top, left and right, in the unit of the data."""
    height, width = data.sides
    top, bottom = data.along_y([-0.5, height - 0.5]).tolist()
    left, right = data.along_x([-0.5, width - 0.5]).tolist()
    return (bottom, top), (left, right)


def _extent(y: NDArray[Any], x: NDArray[Any], *, edges: bool = False) -> tuple[float, float, float, float]:
    """Edges that matplotlib lays a picture between, by the places of its pixels or, of all of it, by its edges."""
    if edges:
        return float(x[0]), float(x[1]), float(y[0]), float(y[1])
    half_y, half_x = ((axis[-1] - axis[0]) / (2 * max(1, len(axis) - 1)) or 0.5 for axis in (y, x))
    return float(x[0] - half_x), float(x[-1] + half_x), float(y[-1] + half_y), float(y[0] - half_y)


def _dot(positions: NDArray[Any]) -> float:
    """Area of a dot, in points squared, that leaves atoms of this number apart."""
    return float(np.clip(20_000 / max(1, len(positions)), 1, 40))
