"""Colours of the atoms: by how much of one component each has, or by the component or class that is its own."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.domains.result import DomainsResult
from atomstat_widgets.panels.image_panel import ALL, NO_OVERLAY
from atomstat_widgets.views.colors import COMPONENT_RGB, lookup_table
from atomstat_widgets.views.limits import amount_limits
from atomstat_widgets.views.points import LEVELS


class Coloring(NamedTuple):
    """Values of the atoms (crops,), those of the first and last colour, the colours, each atom's, and a name."""

    values: NDArray[Any]
    limits: tuple[float, float]
    colors: NDArray[np.uint8]
    levels: NDArray[np.intp]
    name: str


def coloring_of(result: DomainsResult, chosen: int, color_map: str) -> Coloring:
    """Colours by the amount of the chosen component, from 0 on; without one by the first, or by `ALL` at once."""
    loadings, words = result.decomposition.loadings, result.method.words
    if chosen == ALL:
        labels, colors = result.strongest, COMPONENT_RGB[: loadings.shape[1]]
        return Coloring(labels + 1.0, (1.0, float(len(colors))), colors, labels, words.strongest)
    if chosen == NO_OVERLAY or chosen >= loadings.shape[1]:
        chosen = 0
    values = loadings[:, chosen]
    low, high = amount_limits(values[None], result.signed)[0].tolist()
    colors = lookup_table(color_map)[np.linspace(0, 255, LEVELS).round().astype(int)]
    levels = np.rint(((values - low) / (high - low)).clip(0, 1) * (LEVELS - 1)).astype(np.intp)
    return Coloring(values, (low, high), colors, levels, f"{words.amount} {chosen + 1}")
