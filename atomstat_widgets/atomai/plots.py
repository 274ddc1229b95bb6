"""Figures that AtomAI's methods show when asked to. Matplotlib is imported when the first is made."""

from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

COLUMNS = 5


def plot_components(components: NDArray[Any]) -> None:
    """Show pictures (k, height, width, channels); of several channels the sum of all but the last, the background."""
    channels = components[..., :-1] if components.shape[-1] > 1 else components
    figure, axes = _grid(len(components))
    for number, (axis, picture) in enumerate(zip(axes, channels.sum(axis=-1), strict=True), start=1):
        axis.imshow(picture, interpolation="gaussian", **_colors(picture))
        axis.set_title(f"Component {number}")
    _show(figure)


def plot_loading_maps(
    loadings: NDArray[Any], positions: NDArray[Any], shape: tuple[int, int], marker_size: float = 32
) -> None:
    """Show loadings (n, k) at positions (n, 2), row and column, over the area of an image (height, width)."""
    figure, axes = _grid(loadings.shape[1])
    for number, (axis, loading) in enumerate(zip(axes, loadings.T, strict=True), start=1):
        rows, columns = positions.T
        points = axis.scatter(columns, rows, c=loading, marker="s", s=marker_size, **_colors(loading))
        figure.colorbar(points, ax=axis, shrink=0.7)
        axis.set(xlim=(0, shape[1]), ylim=(shape[0], 0), aspect="equal", title=f"Loading map {number}")
    _show(figure)


def plot_classes(centroids: NDArray[Any], counts: NDArray[Any]) -> None:
    """Show mean pictures (k, height, width, channels) of classes, and how many members each has."""
    figure, axes = _grid(len(centroids))
    for number, (axis, picture, count) in enumerate(zip(axes, centroids, counts, strict=True), start=1):
        if picture.shape[-1] == 3:
            low, high = centroids.min(), centroids.max()
            axis.imshow((picture - low) / max(high - low, np.finfo(float).tiny))
        else:
            axis.imshow(picture.sum(axis=-1), **_colors(picture))
        axis.set_title(f"Class {number}\n{count} members")
    _show(figure)


def plot_scree(ratios: NDArray[Any], title: str = "") -> None:
    """Show the explained variance ratio of up to 50 components."""
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 4), layout="constrained")
    shown = ratios[:50]
    axis.plot(np.arange(1, len(shown) + 1), shown, "o-", markersize=4)
    axis.set(xlabel="component", ylabel="explained variance ratio", title=title)
    _show(figure)


def plot_unmixing(
    components: NDArray[Any],
    maps: NDArray[Any],
    channels: NDArray[Any],
    unit: str,
    method: str,
    color_map: str,
    size: tuple[float, float] | None,
) -> None:
    """Show spectra (k, channels), each above its map of (height, width, k)."""
    from matplotlib import pyplot

    count = len(components)
    figure, axes = pyplot.subplots(2, count, figsize=size or (3.5 * count, 6), layout="constrained", squeeze=False)
    for number in range(count):
        axes[0, number].plot(channels, components[number])
        axes[0, number].set(title=f"{method} Component {number + 1}", xlabel=unit)
        picture = axes[1, number].imshow(maps[..., number], cmap=color_map)
        axes[1, number].set_title(f"Abundance Map {number + 1}")
        axes[1, number].axis("off")
        figure.colorbar(picture, ax=axes[1, number], fraction=0.046, pad=0.04)
    axes[0, 0].set_ylabel("Intensity")
    _show(figure)


def _grid(count: int) -> tuple[Any, list[Any]]:
    from matplotlib import pyplot

    rows = ceil(count / COLUMNS)
    columns = ceil(count / rows)
    figure, axes = pyplot.subplots(
        rows, columns, figsize=(2.6 * columns, 2.9 * rows), squeeze=False, layout="constrained"
    )
    for axis in axes.flat:
        axis.axis("off")
    return figure, list(axes.flat[:count])


def _colors(values: NDArray[Any]) -> dict[str, Any]:
    """Signed values diverge from zero; others go up from the lowest."""
    if values.size and values.min() < 0:
        limit = float(np.abs(values).max())
        return {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}
    return {"cmap": "viridis"}


def _show(figure: Any) -> None:
    """Show a figure where there is a screen; without one (Agg) it stays open for whoever asked for it."""
    from matplotlib import pyplot

    if pyplot.get_backend().lower() != "agg":
        pyplot.show()
