"""Figures and axes of one look, on every release of bqplot that is supported."""

from collections.abc import Sequence
from typing import Any

import bqplot
import ipywidgets

from atomstat_widgets.views.colors import INK


def make_figure(
    width: int,
    height: int,
    margin: dict[str, int],
    marks: Sequence[bqplot.Mark],
    axes: Sequence[bqplot.Axis] = (),
    *,
    toolbar: bool = False,
) -> bqplot.Figure:
    """Make a figure of fixed size in screen pixels.

    Parameters
    ----------
    width, height : int
        With the margins.
    margin : dict
        Pixels at "top", "bottom", "left" and "right".
    marks, axes : sequence
        What is in it.
    toolbar : bool
        Whether it can be zoomed and saved by buttons that appear under the pointer.
    """
    figure = bqplot.Figure(
        marks=list(marks),
        axes=list(axes),
        fig_margin=margin,
        padding_x=0,
        padding_y=0,
        animation_duration=0,
        layout=ipywidgets.Layout(width=f"{width}px", height=f"{height}px"),
    )
    if figure.has_trait("display_toolbar"):  # from bqplot 0.13 on it is there by default
        figure.display_toolbar = toolbar
    return figure


def make_axis(scale: bqplot.Scale, label: str = "", *, vertical: bool = False, **options: Any) -> bqplot.Axis:
    """Make an axis below a figure, or to its left."""
    style = {"font-size": "11px", "fill": INK}
    options = {"tick_format": ".4~g", **options}  # bqplot's own choice of digits may show 0.5 as 1
    axis = bqplot.Axis(scale=scale, label=label, side="left" if vertical else "bottom", tick_style=style, **options)
    if vertical:
        axis.orientation = "vertical"  # up to bqplot 0.12 the side alone does not say so
    return axis
