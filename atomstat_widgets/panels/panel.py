"""What all panels share: their layout, the picture of the sample, and the state of the runs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import floor, log10
from threading import RLock
from typing import Any

import ipywidgets
from traitlets import HasTraits

from atomstat_widgets.panels.closing import close_all_in
from atomstat_widgets.panels.controls import LABEL, WIDTH, checkbox, dropdown
from atomstat_widgets.panels.export_bar import ExportBar
from atomstat_widgets.panels.history_bar import HistoryBar
from atomstat_widgets.panels.on_all_bar import OnAllBar
from atomstat_widgets.panels.page import Page
from atomstat_widgets.panels.status import StatusLine
from atomstat_widgets.panels.style import style_sheet
from atomstat_widgets.panels.units_bar import UnitsBar
from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.reactive.own_changes import OwnChanges
from atomstat_widgets.views.colorbar import ColorBar
from atomstat_widgets.views.colors import SEQUENTIAL_MAPS
from atomstat_widgets.views.figure import scale_figures
from atomstat_widgets.views.limits import CONTRAST
from atomstat_widgets.views.sample import SampleView


class Panel(ipywidgets.VBox):
    """The status line, and below it controls on the left, the sample in the middle, the panel's own views on the right.

    A subclass supplies `_make_left`, `_make_middle` and `_make_views`, which give widgets, and `_draw_image`,
    `_draw_overlay`, `_draw_truth`, `_draw_result` and `choose_place`, which are called when what they show changes and
    when the sample is clicked. It may override `give_look` and `has_lengths`. Of one image, `ImagePanel` has most of
    these. What a method raises is told in the status line.

    Parameters
    ----------
    model : AnalysisModel

    Attributes
    ----------
    units : UnitsBar
        What lengths are shown in.
    """

    has_lengths = True  # among the controls

    def __init__(self, model: AnalysisModel) -> None:
        self.model = model
        # Results are drawn by the worker, clicks by the kernel's own thread.
        self._drawing = RLock()
        self._quiet = OwnChanges()  # which are not to be drawn one by one
        self._make_sample()
        self.units = UnitsBar(model, self.sample.show_line, lengths=self.has_lengths)
        self.left = ipywidgets.VBox(self._make_left(), layout=ipywidgets.Layout(width="244px", flex="0 0 auto"))
        self.middle = ipywidgets.VBox(
            self._make_middle(), layout=ipywidgets.Layout(flex="0 0 auto", padding="0 0 0 8px", width="460px")
        )
        self.right = ipywidgets.VBox(self._make_views(), layout=ipywidgets.Layout(flex="0 0 auto", padding="0 0 0 6px"))
        # On a narrow page, or in a notebook, the right part goes below the picture.
        views = ipywidgets.HBox([self.middle, self.right], layout={"flex_flow": "row wrap"})
        body = ipywidgets.HBox([self.left, views])
        for part, name in (
            (self.left, "controls"), (self.middle, "middle"), (self.right, "right"), (views, "views"),
            (body, "body"),
        ):  # fmt: skip
            part.add_class(f"atomstat-{name}")
        history, export = HistoryBar(model), ExportBar(model, self.give_look)
        own = self._make_bars()
        self.status = StatusLine(
            model, *(bar.switch for bar in own), self.units.switch, history.switch, export.switch
        )  # fmt: skip
        bars = [OnAllBar(model), *own, self.units, history, export]
        page = Page()
        # On top: what is in doubt about the pictures is read before they are.
        super().__init__([style_sheet(), page, self.status, *bars, body])
        self.add_class("atomstat")
        self._on(model, "result", self._draw_result)
        self._on(model, "stale", self._mark_stale)
        page.observe(lambda change: scale_figures(self, change.new), "scale")

    @property
    def truth_shown(self) -> bool:
        """Whether the truth of a sample is shown, with how well the result agrees; assign it to show or hide it."""
        return bool(self.truth.value)

    @truth_shown.setter
    def truth_shown(self, shown: bool) -> None:
        self.truth.value = shown and not self.truth.disabled

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {self.model!r}"

    def close(self) -> None:
        """Take the panel off every page and let go of its memory; its runs are cancelled."""
        if self.comm is not None:
            self.model.cancel()
            close_all_in(self)

    # --- for the panels

    def _make_left(self) -> Sequence[ipywidgets.Widget]:
        """Make the controls."""
        raise missing(self, "_make_left")

    def _make_middle(self) -> Sequence[ipywidgets.Widget]:
        """Give the picture of the sample, `sample`, with what belongs to it."""
        raise missing(self, "_make_middle")

    def _make_views(self) -> Sequence[ipywidgets.Widget]:
        """Make what shows the result, to the right of the sample."""
        raise missing(self, "_make_views")

    def _make_bars(self) -> Sequence[Any]:
        """Make bars below the status line besides those of all panels, each with its `switch`; by default none."""
        return []

    def choose_place(self, y: float, x: float) -> None:
        """Take a place (y, x), in pixels of the image, that was clicked."""
        raise missing(self, "choose_place")

    def _draw_image(self) -> None:
        """Draw the sample, in the colours and the contrast that are chosen."""
        raise missing(self, "_draw_image")

    def _draw_overlay(self) -> None:
        """Draw what is chosen of the result over the sample."""
        raise missing(self, "_draw_overlay")

    def _draw_truth(self) -> None:
        """Draw the truth of a simulated sample, or take it away."""
        raise missing(self, "_draw_truth")

    def _draw_result(self) -> None:
        """Draw the result of the model, of which there may be none."""
        raise missing(self, "_draw_result")

    def give_look(self) -> dict[str, Any]:
        """Names and colours that the figure for a paper takes from the page."""
        return {}

    # --- what they share

    def _make_sample(self) -> None:
        """Make the picture of the sample, and the controls of how it is displayed."""
        self.sample = SampleView(400, self.model.guard(self._take_click))
        name_figure(self.sample, "sample", clicked=True)
        self.sample_title = ipywidgets.HTML()
        self.overlay = ipywidgets.ToggleButtons(
            options=[("", "")], style={"button_width": "auto"}, layout=ipywidgets.Layout(width="auto")
        )
        self.opacity = ipywidgets.FloatSlider(
            value=0.5, min=0, max=1, step=0.05, description="Opacity", readout_format=".2f",
            tooltip="Opacity of the overlay on the image", style={"description_width": "56px"},
            layout=ipywidgets.Layout(width="230px"),
        )  # fmt: skip
        self.overlay_bar = ColorBar(layout=ipywidgets.Layout(width="220px"))
        self.image_map = dropdown(SEQUENTIAL_MAPS, "gray", "Image", "Colour map of the image")
        self.contrast = ipywidgets.FloatRangeSlider(
            value=CONTRAST, min=0, max=100, step=0.5, description="Contrast", readout_format=".1f", style=LABEL,
            tooltip="Darkest and brightest shown grey, as percentiles of the pixels",
            layout=ipywidgets.Layout(width=WIDTH),
        )  # fmt: skip
        self.contrast.add_class("atomstat-range")
        self.truth = checkbox("", "")
        self.truth_score = ipywidgets.HTML(layout=ipywidgets.Layout(min_height="42px"))
        for control in (self.image_map, self.contrast):
            self._on(control, "value", self._draw_image)
        for control in (self.overlay, self.opacity):
            self._on(control, "value", self._draw_overlay)
        self._on(self.truth, "value", self._draw_truth)

    def _take_click(self, y: float, x: float) -> None:
        (self.units.take_end if self.units.measuring else self.choose_place)(y, x)

    def _place(self, y: float, x: float) -> str:
        """Words for a place in pixels, in the units of the axes."""
        data = getattr(self.model, self.model.kind)
        if data.pixel_size is None:
            return f"y {y:.1f}, x {x:.1f} px"
        y, x = data.along_y(y), data.along_x(x)
        decimals = max(0, -floor(log10(data.pixel_size)))  # by which pixels can be told apart
        return f"y {y:.{decimals}f}, x {x:.{decimals}f} {data.unit}"

    def _offer_truth(self, known: bool, tooltip: str, why_not: str) -> None:
        """Offer to show the truth where there is one."""
        self.truth.disabled, self.truth.value = not known, known and self.truth.value
        self.truth.tooltip = tooltip if known else why_not

    def _on(self, widget: HasTraits, name: str, draw: Callable[[], None]) -> None:
        """Draw when a trait changes; what goes wrong then is said in the status line."""
        widget.observe(self.model.guard(lambda change: None if self._quiet else draw()), name)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Change what controls offer without drawing for every step of it; all is drawn afterwards."""
        with self._drawing, self._quiet:
            yield

    def _mark_stale(self) -> None:
        for part in (self.middle, self.right):
            (part.add_class if self.model.stale else part.remove_class)("is-stale")


def missing(panel: Panel, method: str) -> NotImplementedError:
    """Error of a method that a subclass supplies."""
    return NotImplementedError(f"{type(panel).__name__} has no {method}")


def name_figure(view: Any, name: str, *, clicked: bool = False) -> ipywidgets.Widget:
    """Figure of a view, with a CSS class by which style and tests find it; another says that it hears of the mouse.

    Of these the page makes what the keyboard can click in, too.
    """
    view.figure.add_class(f"atomstat-{name}")
    if clicked:
        view.figure.add_class("atomstat-clicked")
    return view.figure


def row(*parts: ipywidgets.Widget) -> ipywidgets.HBox:
    """Controls side by side, their middles in line."""
    return ipywidgets.HBox(parts, layout=ipywidgets.Layout(align_items="center", min_height="32px"))


def column(caption: ipywidgets.Widget | str, *parts: ipywidgets.Widget) -> ipywidgets.VBox:
    """Views below their title."""
    return ipywidgets.VBox([ipywidgets.HTML(caption) if isinstance(caption, str) else caption, *parts])
