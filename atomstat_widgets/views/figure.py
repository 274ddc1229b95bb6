"""Figures and axes of one look, on every release of bqplot that is supported."""

from collections.abc import Sequence
from typing import Any

import bqplot
import ipywidgets
from traitlets import Bunch, Float, observe

from atomstat_widgets.views.colors import INK

TICK_SIZE = 11  # px: letters of an axis


class Figure(bqplot.Figure):
    """Figure whose size, margins and letters are drawn larger by one parameter.

    Parameters
    ----------
    width, height : int
        In pixels of the screen, with the margins, where `scale` is 1.
    margin : dict
        Pixels at "top", "bottom", "left" and "right", where `scale` is 1.
    **options
        Of bqplot's figure.

    Attributes
    ----------
    scale : float
        How much larger it is drawn.
    """

    scale = Float(1.0)

    def __init__(self, width: int, height: int, margin: dict[str, int], **options: Any) -> None:
        self._size, self._margin = (width, height), margin
        layout = ipywidgets.Layout(width=f"{width}px", height=f"{height}px")
        super().__init__(fig_margin=margin, layout=layout, **options)

    @observe("scale")
    def _draw_larger(self, change: Bunch) -> None:
        width, height = self._size
        growth = change.new / change.old
        for mark in self.marks:
            if isinstance(mark, bqplot.Label):
                mark.default_size *= growth
                mark.x_offset, mark.y_offset = round(mark.x_offset * growth), round(mark.y_offset * growth)
        for axis in self.axes:
            axis.tick_style = {**axis.tick_style, "font-size": f"{TICK_SIZE * change.new:g}px"}
            if axis.label_offset:
                axis.label_offset = f"{float(axis.label_offset.removesuffix('px')) * growth:g}px"
        self.layout.width, self.layout.height = f"{width * change.new:g}px", f"{height * change.new:g}px"
        # Last: it is by its margin that it looks again how large it is.
        self.fig_margin = {side: length * change.new for side, length in self._margin.items()}


def make_figure(
    width: int,
    height: int,
    margin: dict[str, int],
    marks: Sequence[bqplot.Mark],
    axes: Sequence[bqplot.Axis] = (),
    *,
    toolbar: bool = False,
) -> Figure:
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
    figure = Figure(
        width, height, margin, marks=list(marks), axes=list(axes), padding_x=0, padding_y=0, animation_duration=0
    )
    if figure.has_trait("display_toolbar"):  # from bqplot 0.13 on it is there by default
        figure.display_toolbar = toolbar
    return figure


def make_axis(scale: bqplot.Scale, label: str = "", *, vertical: bool = False, **options: Any) -> bqplot.Axis:
    """Make an axis below a figure, or to its left."""
    style = {"font-size": f"{TICK_SIZE}px", "fill": INK}
    options = {"tick_format": ".4~g", **options}  # bqplot's own choice of digits may show 0.5 as 1
    axis = bqplot.Axis(scale=scale, label=label, side="left" if vertical else "bottom", tick_style=style, **options)
    if vertical:
        axis.orientation = "vertical"  # up to bqplot 0.12 the side alone does not say so
    return axis


def scale_figures(widget: ipywidgets.Widget, scale: float) -> None:
    """Draw all figures in a widget larger, see `Figure`, and those that it does not show now, its `all_children`."""
    if isinstance(widget, Figure):
        widget.scale = scale
    for child in getattr(widget, "all_children", getattr(widget, "children", ())):
        scale_figures(child, scale)
