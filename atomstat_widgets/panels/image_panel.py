"""What the panels of one image share: their layout, the picture of the sample, and the state of the runs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from threading import RLock, get_ident
from typing import Any

import ipywidgets
import numpy as np
from traitlets import HasTraits

from atomstat_widgets.panels.controls import LABEL, WIDTH, Explained, checkbox, dropdown, heading, title
from atomstat_widgets.panels.status import StatusLine
from atomstat_widgets.panels.style import style_sheet
from atomstat_widgets.reactive.image_model import ImageModel
from atomstat_widgets.stat import normalize_image
from atomstat_widgets.views.colorbar import ColorBar
from atomstat_widgets.views.colors import SEQUENTIAL_MAPS
from atomstat_widgets.views.sample import SampleView

ALL = -1  # overlay: all components at once, in their colours


class ImagePanel(ipywidgets.VBox):
    """Controls on the left, the sample in the middle, the panel's own views on the right, the status line below.

    Parameters
    ----------
    model : ImageModel
    caption : str
        Below the picture of the sample: what can be clicked.
    """

    def __init__(self, model: ImageModel, caption: str) -> None:
        self.model = model
        # Results are drawn by the worker, clicks by the kernel's own thread.
        self._drawing = RLock()
        self._quiet: int | None = None  # the thread whose changes are not to be drawn one by one
        self._make_display()
        controls = ipywidgets.VBox(
            [
                *self._make_controls(),
                heading("Display"), Explained(self._image_map), *self._make_display_controls(), self._contrast,
                Explained(self._truth), self._truth_score,
            ],
            layout=ipywidgets.Layout(width="252px", flex="0 0 auto"),
        )  # fmt: skip
        controls.add_class("atomstat-controls")
        self._controls = controls
        self._middle = ipywidgets.VBox(
            [
                self._sample_title,
                self._sample.figure,
                ipywidgets.HBox([ipywidgets.Label("Overlay"), self._overlay]),
                ipywidgets.HBox([self._opacity, self._overlay_bar]),
                ipywidgets.HTML(f'<div class="atomstat-caption">{caption}</div>'),
            ],
            layout=ipywidgets.Layout(flex="0 0 auto", padding="0 0 0 8px", width="466px"),
        )
        self._right = ipywidgets.VBox(
            self._make_views(), layout=ipywidgets.Layout(flex="0 0 auto", padding="0 0 0 8px")
        )
        # On a narrow page, or in a notebook, the right part goes below the picture.
        views = ipywidgets.HBox([self._middle, self._right], layout={"flex_flow": "row wrap"})
        self._status = StatusLine(model)
        super().__init__([style_sheet(), ipywidgets.HBox([controls, views]), self._status])
        self.add_class("atomstat")
        with self._quietly():
            self._offer_overlays()
        self._image_changed()
        self._on(model, "image", self._image_changed)
        self._on(model, "result", self._draw_result)
        self._on(model, "stale", self._mark_stale)

    def _on(self, widget: HasTraits, name: str, draw: Callable[[], None]) -> None:
        """Draw when a trait changes; what goes wrong then is said in the status line."""
        widget.observe(self.model.guard(lambda change: None if self._quiet == get_ident() else draw()), name)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Change what controls offer without drawing for every step of it; all is drawn afterwards."""
        with self._drawing:
            before, self._quiet = self._quiet, get_ident()
            try:
                yield
            finally:
                self._quiet = before

    # --- for the panels

    def _make_controls(self) -> Sequence[ipywidgets.Widget]:
        raise NotImplementedError

    def _make_display_controls(self) -> Sequence[ipywidgets.Widget]:
        raise NotImplementedError

    def _make_views(self) -> Sequence[ipywidgets.Widget]:
        raise NotImplementedError

    def _sample_clicked(self, y: float, x: float) -> None:
        raise NotImplementedError

    def _offer_overlays(self) -> None:
        raise NotImplementedError

    def _take_image(self) -> None:
        """Bring controls in line with a new image."""

    def _draw_overlay(self) -> None:
        raise NotImplementedError

    def _draw_shown(self) -> None:
        """Draw all that shows the result, of which there is one."""
        raise NotImplementedError

    def _agreement(self) -> tuple[float, str]:
        """Give the adjusted Rand index against the truth, and say of what."""
        raise NotImplementedError

    # --- what they share

    def _make_display(self) -> None:
        self._sample = SampleView(400, self.model.guard(self._sample_clicked))
        self._sample.figure.add_class("atomstat-sample")
        self._sample_title = ipywidgets.HTML()
        self._overlay = ipywidgets.ToggleButtons(
            options=[("", "")], style={"button_width": "auto"}, layout=ipywidgets.Layout(width="auto")
        )
        self._opacity = ipywidgets.FloatSlider(
            value=0.5, min=0, max=1, step=0.05, description="Opacity", readout_format=".2f",
            tooltip="Opacity of the overlay on the image", style={"description_width": "56px"},
            layout=ipywidgets.Layout(width="230px"),
        )  # fmt: skip
        self._overlay_bar = ColorBar(layout=ipywidgets.Layout(width="220px"))
        self._image_map = dropdown(SEQUENTIAL_MAPS, "gray", "Image", "Colour map of the image")
        self._contrast = ipywidgets.FloatRangeSlider(
            value=(0.5, 99.5), min=0, max=100, step=0.5, description="Contrast", readout_format=".1f", style=LABEL,
            tooltip="Darkest and brightest shown grey, as percentiles of the pixels",
            layout=ipywidgets.Layout(width=WIDTH),
        )  # fmt: skip
        self._contrast.add_class("atomstat-range")
        self._truth = checkbox("True domains", "")
        self._truth_score = ipywidgets.HTML(layout=ipywidgets.Layout(min_height="42px"))
        for control in (self._image_map, self._contrast):
            self._on(control, "value", self._draw_image)
        for control in (self._overlay, self._opacity):
            self._on(control, "value", self._draw_overlay)
        self._on(self._truth, "value", self._draw_truth)

    def _set_overlays(self, options: Sequence[tuple[str, int | None, str]]) -> None:
        """Offer overlays, each with its label, value and tooltip; the choice stays where it still exists."""
        chosen, values = self._overlay.value, [value for _, value, _ in options]
        offered = [(label, value) for label, value, _ in options]
        tooltips = [tooltip for _, _, tooltip in options]
        if list(self._overlay.options) == offered and list(self._overlay.tooltips) == tooltips:
            return
        with self._quietly(), self._overlay.hold_sync():
            self._overlay.options, self._overlay.tooltips = offered, tooltips
            self._overlay.value = chosen if chosen in values else values[0]
        if self._overlay.value != chosen and self._quiet is None:
            self._draw_overlay()

    @property
    def _shown(self) -> Any:
        """The result, unless there is none yet of the image."""
        result = self.model.result
        return result if result is not None and result.image is self.model.image else None

    def _image_changed(self) -> None:
        with self._drawing:
            image, (height, width) = self.model.image, self.model.sides
            self._pixels = normalize_image(image.array)
            self._take_image()
            self._sample.set_geometry((height, width), image.pixel_size, image.unit)
            scale = f", {image.pixel_size:.3g} {image.unit}/px" if image.pixel_size else ""
            self._sample_title.value = title(escape(image.name), f"{height} × {width} px{scale}")
            known = image.truth is not None
            self._truth.disabled, self._truth.value = not known, known and self._truth.value
            self._truth.tooltip = (
                "Show the domains that the sample was made with, and compare: 1 is perfect, 0 is chance"
                if known
                else "Only simulated samples come with their true domains"
            )
            self._sample.clear_overlay()
            self._draw_image()
            self._draw_truth()
            self._draw_result()

    def _draw_image(self) -> None:
        with self._drawing:
            low, high = np.percentile(self._pixels, self._contrast.value)
            self._sample.show_image(self._pixels, low, high, self._image_map.value)

    def _draw_result(self) -> None:
        """Draw the result; while there is none of this image yet, that of the last stays."""
        with self._drawing:
            if self._shown is not None:
                self._draw_shown()
                self._draw_score()

    def _draw_truth(self) -> None:
        """Outline the true domains, which are the image's; only the score changes with the result."""
        with self._drawing:
            self._sample.show_outline(self.model.image.truth if self._truth.value else None)
            self._draw_score()

    def _draw_score(self) -> None:
        with self._drawing:
            self._truth_score.value = ""
            if self._truth.value and self._shown is not None:
                value, what = self._agreement()
                self._truth_score.value = title("", f"{value:.2f} (adjusted Rand index)<br>of {what}")

    def _mark_stale(self) -> None:
        for part in (self._middle, self._right):
            (part.add_class if self.model.stale else part.remove_class)("is-stale")


def named(view: Any, name: str) -> ipywidgets.Widget:
    """Figure of a view, with a CSS class by which style and tests find it."""
    view.figure.add_class(f"atomstat-{name}")
    return view.figure


def column(caption: ipywidgets.Widget | str, *parts: ipywidgets.Widget) -> ipywidgets.VBox:
    """Views below their title."""
    return ipywidgets.VBox([ipywidgets.HTML(caption) if isinstance(caption, str) else caption, *parts])
