"""What the panels of one image share: overlays on its picture, and the truth of samples."""

from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np

from atomstat_widgets.data.sampling import overview
from atomstat_widgets.panels.controls import Explained, heading, title
from atomstat_widgets.panels.panel import Panel, missing, row
from atomstat_widgets.panels.prepare_bar import PrepareBar
from atomstat_widgets.reactive.image_model import ImageModel, PreparedImageModel
from atomstat_widgets.views.html import Html, as_html

# Overlays beside those of a component: all at once in their colours, and none. (An option of the value None would not
# be shown as chosen.)
ALL, NO_OVERLAY = -1, -2


class ImagePanel(Panel):
    """A panel whose sample is one image.

    A subclass supplies `_make_controls`, `_make_views` and `_draw_shown`. It may override `_make_display_controls`,
    `_offer_overlays` with `_draw_overlay`, `choose_place`, `_take_image`, `_agreement`, `give_look` and `has_lengths`.

    Parameters
    ----------
    model : ImageModel
    caption : str
        Below the picture of the sample: what can be clicked.
    """

    model: ImageModel

    def __init__(self, model: ImageModel, caption: str) -> None:
        self._caption = caption
        super().__init__(model)
        with self._quietly():
            self._offer_overlays()
        self._show_new_image()
        self._on(model, "image", self._show_new_image)

    # --- for the panels

    def _make_controls(self) -> Sequence[ipywidgets.Widget]:
        """Make the controls of the analysis, each linked to a parameter of the model."""
        raise missing(self, "_make_controls")

    def _draw_shown(self) -> None:
        """Draw all that shows the result, `_shown`, of which there is one."""
        raise missing(self, "_draw_shown")

    def _make_display_controls(self) -> Sequence[ipywidgets.Widget]:
        """Make controls of how the result is displayed; by default there are none."""
        return []

    def _offer_overlays(self) -> None:
        """Offer, by `_set_overlays`, what can be drawn over the image; by default nothing."""
        self._set_overlays([("None", NO_OVERLAY, "The image alone")])

    def _draw_overlay(self) -> None:
        """Draw the chosen overlay, ``overlay.value``, over the image; by default nothing."""

    def choose_place(self, y: float, x: float) -> None:
        """Take a place (y, x), in pixels of the image, that was clicked; by default nothing follows."""

    def _take_image(self) -> None:
        """Bring controls in line with a new image."""

    def _agreement(self) -> tuple[float, str] | None:
        """Give the adjusted Rand index against the truth, and say of what; None, the default, where there is none."""
        return None

    # --- what they share

    def _make_bars(self) -> Sequence[Any]:
        return [PrepareBar(self.model)] if isinstance(self.model, PreparedImageModel) else []

    def _make_left(self) -> Sequence[ipywidgets.Widget]:
        self.truth.description = "True domains"
        return [
            *self._make_controls(),
            heading("Display"), Explained(self.image_map), *self._make_display_controls(), self.contrast,
            Explained(self.truth), self.truth_score,
        ]  # fmt: skip

    def _make_middle(self) -> Sequence[ipywidgets.Widget]:
        return [
            self.sample_title,
            self.sample.figure,
            row(ipywidgets.Label("Overlay"), self.overlay),
            row(self.opacity, self.overlay_bar),
            ipywidgets.HTML(f'<div class="atomstat-caption">{self._caption}</div>'),
        ]

    def _set_overlays(self, options: Sequence[tuple[str, int, str]]) -> None:
        """Offer overlays, each with its label, value and tooltip; the choice stays where it still exists."""
        chosen, values = self.overlay.value, [value for _, value, _ in options]
        offered = [(label, value) for label, value, _ in options]
        tooltips = [tooltip for _, _, tooltip in options]
        if list(self.overlay.options) == offered and list(self.overlay.tooltips) == tooltips:
            return
        with self._quietly(), self.overlay.hold_sync():
            self.overlay.options, self.overlay.tooltips = offered, tooltips
            self.overlay.value = chosen if chosen in values else values[0]
        if self.overlay.value != chosen and not self._quiet:
            self._draw_overlay()

    @property
    def _shown(self) -> Any:
        """The result, unless there is none yet of the image."""
        result = self.model.result
        return result if result is not None and result.image is self.model.image else None

    def _show_new_image(self) -> None:
        with self._drawing:
            image, (height, width) = self.model.image, self.model.sides
            self.pixels = overview(image)
            self._take_image()
            self.sample.set_geometry((height, width), image.pixel_size, image.unit, image.offset)
            scale = f", {image.pixel_size:.3g} {image.unit}/px" if image.pixel_size else ""
            self.sample_title.value = title(image.name, f"{height} × {width} px{scale}")
            self._offer_truth(
                image.truth is not None,
                "Show the domains that the sample was made with, and compare: 1 is perfect, 0 is chance",
                "Only simulated samples come with their true domains",
            )
            self.sample.clear_overlay()
            self._draw_image()
            self._draw_truth()
            self._draw_result()

    def _draw_image(self) -> None:
        with self._drawing:
            low, high = np.percentile(self.pixels, self.contrast.value)
            self.sample.show_image(self.pixels, low, high, self.image_map.value)

    def _draw_result(self) -> None:
        """Draw the result; while there is none of this image yet, that of the last stays."""
        with self._drawing:
            if self._shown is not None:
                self._draw_shown()
                self._draw_score()

    def _draw_truth(self) -> None:
        """Outline the true domains, which are the image's; only the score changes with the result."""
        with self._drawing:
            self.sample.show_outline(self.model.image.truth if self.truth.value else None)
            self._draw_score()

    def _draw_score(self) -> None:
        with self._drawing:
            self.truth_score.value = ""
            if self.truth.value and self._shown is not None and (agreement := self._agreement()) is not None:
                value, what = agreement
                self.truth_score.value = title("", Html(f"{value:.2f} (adjusted Rand index)<br>of {as_html(what)}"))
