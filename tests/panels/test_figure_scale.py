"""Figures are drawn larger by one parameter, and as before when it is 1 again."""

import bqplot
import pytest

from atomstat_widgets import SlidingFFTPanel
from atomstat_widgets.data import samples
from atomstat_widgets.panels.page import Page
from atomstat_widgets.views.figure import make_axis, make_figure, scale_figures


def look(figure):
    axis, label = figure.axes[0], figure.marks[0]
    size = (figure.layout.width, figure.layout.height)
    return (
        *size,
        figure.fig_margin,
        axis.tick_style["font-size"],
        axis.label_offset,
        label.default_size,
        label.y_offset,
    )


def test_its_size_its_margins_and_its_letters():
    scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
    label = bqplot.Label(x=[0], y=[0], text=["a"], scales=scales, default_size=12, y_offset=-8)
    figure = make_figure(200, 100, {"left": 40, "top": 8}, [label], [make_axis(scales["x"], "x", label_offset="28px")])
    before = look(figure)
    assert before == ("200px", "100px", {"left": 40, "top": 8}, "11px", "28px", 12, -8)
    figure.scale = 1.5
    assert look(figure) == ("300px", "150px", {"left": 60, "top": 12}, "16.5px", "42px", 18, -12)
    figure.scale = 1
    assert look(figure) == before


def test_the_page_tells_a_panel():
    panel = SlidingFFTPanel(samples.grains(shape=(96, 96)))
    width = float(panel.sample.figure.layout.width.removesuffix("px"))
    (page,) = (child for child in panel.children if isinstance(child, Page))
    page.scale = 1.35
    assert float(panel.sample.figure.layout.width.removesuffix("px")) == pytest.approx(1.35 * width)
    scale_figures(panel, 1)
    assert float(panel.sample.figure.layout.width.removesuffix("px")) == width
