"""The strain panel: reflections and a reference, and maps of strain and rotation, live."""

from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.strain.controls import StrainControls
from atomstat_widgets.analyses.strain.model import StrainModel
from atomstat_widgets.analyses.strain.result import KINDS, PERCENTILE, StrainResult
from atomstat_widgets.panels.controls import LABEL, WIDTH, Explained, dropdown, title
from atomstat_widgets.panels.image_panel import NO_OVERLAY, ImagePanel
from atomstat_widgets.panels.panel import column, name_figure, row
from atomstat_widgets.stat import nearest_reflection
from atomstat_widgets.stat.strain.reflections import in_one_line
from atomstat_widgets.views.colorbar import ColorBar
from atomstat_widgets.views.colors import COMPONENT_COLORS, DIVERGING_MAPS, lookup_table, to_bytes
from atomstat_widgets.views.html import Html, as_html
from atomstat_widgets.views.rounding import percent
from atomstat_widgets.views.spectra import SpectraView
from atomstat_widgets.views.spectrum import SpectrumView
from atomstat_widgets.views.tiles import TileGrid

LARGEST_OVERLAY = 512  # pixels along the longer side; all maps vary slowly
COLORS = ("#FFD400", "#56B4E9")  # of the rings around the first and the second reflection
AROUND = 2.2  # times the longer reflection: how far the spectrum is shown
NEAR = 0.04  # of the spectrum that is shown: what is so near to a click is meant by it


class StrainPanel(ImagePanel):
    """Strain of a lattice by geometric phase analysis, with controls.

    Parameters
    ----------
    image : Image, array or path
        What to analyse, see `load`; rows are y, columns are x.
    **parameters
        Traits of `StrainModel`, such as ``reference=(300, 500, 0, 512)``.

    Attributes
    ----------
    model : StrainModel
        Parameters, result and state: ``panel.model.sigma = 12`` moves the slider.

    Raises
    ------
    TypeError, ValueError
        The image cannot be read or analysed; the message says why.
    """

    model: StrainModel

    def __init__(self, image: Any, **parameters: Any) -> None:
        self.chosen_place = (0, 0)
        super().__init__(
            StrainModel(image, **parameters),
            "Click the image for the numbers there, a map for its overlay, the spectrum for another reflection. "
            "The box is the reference, in which the lattice has no strain.",
        )
        self._on(self.model, "reflections", self._draw_reflections)
        self.opacity.value = 0.65

    # --- what it is made of

    def _make_controls(self) -> Sequence[ipywidgets.Widget]:
        self.controls = StrainControls(self.model, self.units)
        return self.controls.widgets

    def _make_display_controls(self) -> Sequence[ipywidgets.Widget]:
        self.picture_map = dropdown(
            DIVERGING_MAPS, DIVERGING_MAPS[0], "Maps", "Colour map of strain and rotation, 0 in its middle"
        )
        self.percentile = ipywidgets.FloatSlider(
            value=PERCENTILE, min=50, max=100, step=0.5, description="Colours", readout_format=".1f", style=LABEL,
            tooltip="Where the colours end, as a percentile of the magnitudes of all strains",
            layout=ipywidgets.Layout(width=WIDTH),
        )  # fmt: skip
        for control in (self.picture_map, self.percentile):
            self._on(control, "value", self._draw_maps)
        return [Explained(self.picture_map), self.percentile]

    def _make_middle(self) -> Sequence[ipywidgets.Widget]:
        self.box_button = ipywidgets.ToggleButton(
            description="Reference", tooltip="Draw a box round lattice that has no strain",
            layout=ipywidgets.Layout(width="92px"),
        )  # fmt: skip
        self._on(self.box_button, "value", self._toggle_brush)
        sample_title, figure, _overlay, *rest = super()._make_middle()
        return [sample_title, figure, row(ipywidgets.Label("Overlay"), self.overlay, self.box_button), *rest]

    def _make_views(self) -> Sequence[ipywidgets.Widget]:
        guard = self.model.guard
        self.spectrum = SpectrumView(190, guard(self._take_reflection))
        self.maps = TileGrid(258, 262, guard(self.choose_map))
        self.maps_bar, self.rotation_bar = (ColorBar(layout=ipywidgets.Layout(width="250px")) for _ in range(2))
        self.profile = SpectraView(258, 150)
        self.along = ipywidgets.Dropdown(
            options=["along y", "along x"], tooltip="Direction of the profile through the place that was clicked",
            layout=ipywidgets.Layout(width="84px", height="22px"),
        )  # fmt: skip
        self._on(self.along, "value", self._draw_place)
        self.place_title, self.readout = (ipywidgets.HTML(layout=ipywidgets.Layout(width="236px")) for _ in range(2))
        profile_title = ipywidgets.HBox(
            [ipywidgets.HTML(title("Profile")), Explained(self.along)],
            layout=ipywidgets.Layout(height="26px", align_items="center"),
        )
        return [
            ipywidgets.HBox(
                [
                    column(
                        title("Spectrum", "click a reflection"), name_figure(self.spectrum, "spectrum", clicked=True)
                    ),
                    column(
                        title("Strain and rotation"), name_figure(self.maps, "maps", clicked=True), self.maps_bar,
                        self.rotation_bar,
                    ),
                ]
            ),
            ipywidgets.HBox(
                [
                    column(self.place_title, self.readout),
                    column(profile_title, name_figure(self.profile, "profile")),
                ]
            ),
        ]  # fmt: skip

    # --- what the user does

    def choose_map(self, number: int) -> None:
        """Show a map over the image, by its index."""
        self.overlay.value = number

    def choose_place(self, y: float, x: float) -> None:
        """Show the strains at a place, in pixels."""
        height, width = self.model.sides
        self.chosen_place = min(max(round(y), 0), height - 1), min(max(round(x), 0), width - 1)
        self._draw_place()

    def choose_reflection(self, fy: float, fx: float) -> None:
        """Take the reflection near a spatial frequency, in 1/px."""
        result = self._shown
        if result is None:
            return
        shown = 2 * max(np.linalg.norm(result.waves.reflections, axis=1))
        found = nearest_reflection(result.spectrum, np.clip([fy, fx], -0.5, 0.5), NEAR * shown)
        both = np.array(self.model.reflections or result.waves.reflections)
        chosen = self.controls.chosen
        if in_one_line(np.stack([found, both[1 - chosen]])):  # then it is that one which it can take the place of
            chosen = 1 - chosen
        both[chosen] = found
        self.controls.chosen = 1 - chosen
        self.model.reflections = both.tolist()

    def _take_reflection(self, ky: float, kx: float) -> None:
        size = self.model.image.pixel_size or 1.0
        self.choose_reflection(ky * size, kx * size)

    def _toggle_brush(self) -> None:
        self.sample.brush(self.model.guard(self.choose_reference) if self.box_button.value else None)

    def choose_reference(self, y: tuple[float, float], x: tuple[float, float]) -> None:
        """Take a box as the reference, by its ends along y and along x, in pixels."""
        self.box_button.value = False
        ends = []
        for (low, high), side in zip((y, x), self.model.sides, strict=True):
            ends += [max(0, round(low)), min(side, round(high) + 1)]
        self.model.reference = tuple(ends)

    def _offer_overlays(self) -> None:
        self._set_overlays(
            [
                *((kind.name, number, kind.words) for number, kind in enumerate(KINDS)),
                ("None", NO_OVERLAY, "The image alone"),
            ]
        )

    # --- what is drawn

    def _take_image(self) -> None:
        height, width = self.model.sides
        self.chosen_place = height // 2, width // 2

    def _draw_shown(self) -> None:
        result: StrainResult = self._shown
        image = result.image
        self.controls.show_automatic(result)
        size, unit = (image.pixel_size, image.unit) if image.pixel_size else (1.0, "px")
        half = min(0.5, AROUND * float(np.linalg.norm(result.waves.reflections, axis=1).max()))
        self.spectrum.show(result.spectrum.power, result.spectrum.frequencies / size, half / size, unit)
        self._draw_reflections()
        self._draw_maps()
        self._draw_place()

    def _draw_reflections(self) -> None:
        with self._drawing:
            result = self._shown
            if result is not None:
                reflections = np.array(self.model.reflections or result.waves.reflections)
                self.spectrum.mark(reflections / (result.image.pixel_size or 1.0), COLORS, ("g1", "g2"))

    def _draw_maps(self) -> None:
        with self._drawing:
            result = self._shown
            if result is None:
                return
            limits = result.limits(self.percentile.value)
            self.maps.show(
                result.shown, [f"{kind.name} ({kind.unit})" for kind in KINDS], limits, self.picture_map.value
            )
            for bar, words, number in ((self.maps_bar, "strain", 0), (self.rotation_bar, "rotation", 3)):
                self._show_bar(bar, words, number, limits)
            self._draw_overlay()

    def _show_bar(self, bar: ColorBar, words: str, number: int, limits: NDArray[Any]) -> None:
        high, unit = f"{limits[number, 1]:.3g}", KINDS[number].unit
        space = " " if unit == "%" else ""
        bar.show_map(self.picture_map.value, f"−{high}", f"{high}{space}{unit}", words)

    def _draw_overlay(self) -> None:
        with self._drawing:
            result, chosen = self._shown, self.overlay.value
            if result is None:
                return
            self.maps.select(chosen)
            if chosen == NO_OVERLAY:
                self.sample.clear_overlay()
                self.overlay_bar.value = ""
                return
            limits = result.limits(self.percentile.value)
            step = -(-max(result.image.sides) // LARGEST_OVERLAY)
            values = result.shown[chosen, step // 2 :: step, step // 2 :: step]
            known = np.isfinite(values)
            pixels = np.empty((*values.shape, 4), np.uint8)
            pixels[..., :3] = lookup_table(self.picture_map.value)[
                to_bytes(np.where(known, values, 0), *limits[chosen])
            ]
            pixels[..., 3] = np.where(known, round(255 * self.opacity.value), 0)
            centers = [step // 2 + step * np.arange(side) for side in values.shape]
            self.sample.show_overlay(pixels, (centers[0], centers[1]), (step, step))
            self._show_bar(self.overlay_bar, "", chosen, limits)

    def _draw_place(self) -> None:
        with self._drawing:
            result = self._shown
            if result is None:
                return
            y, x = self.chosen_place
            top, bottom, left, right = result.maps.reference
            self.sample.show_window((top, left), (bottom - top, right - left))
            self.sample.show_place(y, x)
            self.place_title.value = title("Strain", f"at {self._place(y, x)}")
            self.readout.value = _table(result.shown[:, y, x])
            self._draw_profile(result, y, x)

    def _draw_profile(self, result: StrainResult, y: int, x: int) -> None:
        """Show the strains through the place, as far as they are known without a gap."""
        along_y = self.along.value == "along y"
        lines = result.shown[:3, :, x] if along_y else result.shown[:3, y]
        at = y if along_y else x
        gaps = np.flatnonzero(np.isnan(lines[0]))
        first = int(gaps[gaps < at].max(initial=-1)) + 1
        end = int(gaps[gaps >= at].min(initial=lines.shape[1]))
        image = result.image
        name = f"{'y' if along_y else 'x'} ({image.unit if image.pixel_size else 'px'})"
        known = end - first >= 2
        self.profile.figure.layout.visibility = "visible" if known else "hidden"  # its place is kept
        if not known:
            return
        places = (image.along_y if along_y else image.along_x)(np.arange(first, end))
        self.profile.show(places, lines[:, first:end], COMPONENT_COLORS[:3], (name, "strain (%)"))

    def _draw_score(self) -> None:
        with self._drawing:
            self.truth_score.value = ""
            if self.truth.value and self._shown is not None:
                try:
                    errors = self._shown.errors()
                except ValueError as error:
                    self.truth_score.value = title("", f"{error}")
                    return
                words = ", ".join(
                    f"{kind.name} {kind.scale * error:.2g}{' %' if kind.unit == '%' else kind.unit}"
                    for kind, error in zip(KINDS, errors, strict=True)
                )
                missed = 1 - float(self._shown.maps.trusted[self._shown.compared].mean())
                if missed > 0:
                    words += f"; {percent(missed)} of the pixels there were not measured"
                self.truth_score.value = title("", f"Error against the truth, away from its borders: {words}")


def _table(values: NDArray[Any]) -> Html:
    """Values (4,) at a place."""
    rows = "".join(
        f'<tr><td><b style="color:{color}">■</b> {as_html(kind.name)}</td>'
        f"<td>{_number(value, kind.unit) if np.isfinite(value) else 'not measured here'}</td></tr>"
        for kind, value, color in zip(KINDS, values.tolist(), COMPONENT_COLORS, strict=False)
    )
    return Html(f'<table class="atomstat-readout">{rows}</table>')


def _number(value: float, unit: str) -> str:
    return f"{round(value, 2) + 0.0:+.2f}{' %' if unit == '%' else unit}".replace("-", "−")  # never −0.00
