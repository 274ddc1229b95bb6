"""The unmixing panel: a spectrum image, its component spectra and abundance maps, live."""

from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np

from atomstat_widgets.analyses.unmixing.controls import UnmixingControls
from atomstat_widgets.analyses.unmixing.model import FEWEST_CHANNELS, UnmixingModel
from atomstat_widgets.analyses.unmixing.naming import Naming
from atomstat_widgets.analyses.unmixing.result import UnmixingResult
from atomstat_widgets.data import Cube, cubes
from atomstat_widgets.panels.controls import LABEL, WIDTH, Explained, dropdown, heading, title
from atomstat_widgets.panels.image_panel import NO_OVERLAY
from atomstat_widgets.panels.panel import Panel, column, name_figure, row
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS
from atomstat_widgets.stat import match_components
from atomstat_widgets.views.colorbar import ColorBar
from atomstat_widgets.views.colors import (
    DIVERGING_MAPS,
    INK,
    SEQUENTIAL_MAPS,
    rgb,
    to_bytes,
)
from atomstat_widgets.views.curve import CountCurve
from atomstat_widgets.views.html import Html, as_html
from atomstat_widgets.views.limits import amount_limits
from atomstat_widgets.views.rounding import percent
from atomstat_widgets.views.spectra import SpectraView
from atomstat_widgets.views.tiles import TileGrid

RESIDUAL = -1  # overlay
DATA = "#9a9a9a"
DOSES = (100, 300, 1000, 3000, 10000)


class UnmixingPanel(Panel):
    """Spectral unmixing of a spectrum image, with controls.

    Parameters
    ----------
    cube : Cube, array or path
        What to analyse, see `load_cube`; rows are y, columns are x.
    **parameters
        Traits of `UnmixingModel`, such as ``n_components=4``.

    Attributes
    ----------
    model : UnmixingModel
        Parameters, result and state: ``panel.model.n_components = 4`` moves the slider.
    naming : Naming
        What the components are called, with their colours: ``panel.naming.name.value = "Ti"``.
    names : list of str
        What the components are called; they keep their names, and their colours, through reruns.

    Raises
    ------
    TypeError, ValueError
        The cube cannot be read or analysed; the message says why.
    """

    has_lengths = False

    model: UnmixingModel

    def __init__(self, cube: Any, **parameters: Any) -> None:
        self._pixel = (0, 0)
        super().__init__(UnmixingModel(cube, **parameters))
        self._show_new_cube()
        self._on(self.model, "cube", self._show_new_cube)
        self._on(self.model, "advice", self._draw_curve)

    @property
    def names(self) -> list[str]:
        """What the components are called."""
        return self.naming.names

    # --- what it is made of

    def _make_left(self) -> Sequence[ipywidgets.Widget]:
        self.controls = UnmixingControls(self.model)
        self.naming = Naming(self._draw_result, self.model.guard)
        self.picture_map = dropdown(SEQUENTIAL_MAPS, "viridis", "Maps", "")
        self.dose = ipywidgets.SelectionSlider(
            options=DOSES, value=1000, description="Dose", style=LABEL, layout=ipywidgets.Layout(width=WIDTH),
            tooltip="Mean number of counts in a pixel of the simulated sample",
        )  # fmt: skip
        self.truth.description = "True spectra"
        self.truth_score.layout.min_height = "42px"
        self._on(self.picture_map, "value", self._draw_result)
        self._on(self.dose, "value", self._simulate)
        return [
            *self.controls.widgets,
            *self.naming.widgets,
            heading("Display"), Explained(self.picture_map), self.contrast, self.dose, Explained(self.truth),
            self.truth_score,
        ]  # fmt: skip

    def _make_middle(self) -> Sequence[ipywidgets.Widget]:
        self.mask_button = ipywidgets.ToggleButton(
            description="Mask", tooltip="Draw a box round the pixels to use", layout=ipywidgets.Layout(width="70px")
        )
        self._on(self.mask_button, "value", self._toggle_brush)
        self.opacity.layout.width = "200px"
        return [
            self.sample_title,
            self.sample.figure,
            row(ipywidgets.Label("Overlay"), self.overlay, self.mask_button),
            row(self.opacity, self.overlay_bar),
            ipywidgets.HTML(
                '<div class="atomstat-caption">Click a pixel for its spectrum, a map to see it over the image. '
                "Brush the mean spectrum to use only some energies.</div>"
            ),
        ]

    def _make_views(self) -> Sequence[ipywidgets.Widget]:
        guard = self.model.guard
        self.mean = SpectraView(500, 104, guard(self.choose_range))
        self.spectra = SpectraView(500, 150)
        self.maps = TileGrid(356, 176, guard(self.choose_component), colors=self.naming.colors)
        self.residual = TileGrid(140, 176, lambda number: setattr(self.overlay, "value", RESIDUAL), colors=(DATA,))
        self.pixel_view = SpectraView(320, 150)
        self.curve = CountCurve(176, 150, MAX_COMPONENTS, guard(self.choose_count))
        self.maps_bar = ColorBar(layout=ipywidgets.Layout(width="220px"))
        self.spectra_title, self.maps_title, self.pixel_title, self.curve_title = (ipywidgets.HTML() for _ in range(4))
        return [
            column(title("Mean spectrum", "brush the energies to use"), name_figure(self.mean, "mean", clicked=True)),
            column(self.spectra_title, name_figure(self.spectra, "components")),
            ipywidgets.HBox(
                [
                    column(self.maps_title, name_figure(self.maps, "maps", clicked=True)),
                    column(title("Residual"), name_figure(self.residual, "residual", clicked=True)),
                ]
            ),
            ipywidgets.HBox(
                [
                    column(self.pixel_title, name_figure(self.pixel_view, "pixel")),
                    column(self.curve_title, name_figure(self.curve, "curve", clicked=True)),
                ]
            ),
        ]

    # --- what the user does

    def choose_component(self, number: int) -> None:
        """Show a component over the image, by its index."""
        self.overlay.value = number
        self.naming.which.value = number + 1

    def choose_count(self, count: int) -> None:
        """Take a number of components."""
        self.model.n_components = count

    def choose_place(self, y: float, x: float) -> None:
        """Show the spectrum of a pixel."""
        height, width = self.model.cube.sides
        self._pixel = min(max(round(y), 0), height - 1), min(max(round(x), 0), width - 1)
        self._draw_pixel()

    def choose_range(self, low: float, high: float) -> None:
        """Take a range of the signal axis, in its unit."""
        axis = self.model.cube.axis
        # What is too narrow for spectra, or lies beyond the ends, is what is next to it.
        first = min(int(np.searchsorted(axis, low)), len(axis) - FEWEST_CHANNELS)
        last = max(int(np.searchsorted(axis, high, side="right")), first + FEWEST_CHANNELS)
        self.mean.clear_brush()
        self.model.signal_range = (first, last)

    def _toggle_brush(self) -> None:
        self.sample.brush(self.model.guard(self.choose_mask) if self.mask_button.value else None)

    def choose_mask(self, y: tuple[float, float], x: tuple[float, float]) -> None:
        """Use the pixels of a box alone, by its ends along y and along x, in pixels."""
        rows, columns = (np.arange(side) for side in self.model.cube.sides)
        used = ((rows >= y[0]) & (rows <= y[1]))[:, None] & ((columns >= x[0]) & (columns <= x[1]))
        self.mask_button.value = False
        if used.any():
            self.model.mask = used

    def _simulate(self) -> None:
        self.model.cube = cubes.oxides(dose=float(self.dose.value))

    def give_look(self) -> dict[str, Any]:
        """Give the names and colours of the components, as the page shows them."""
        return {"names": self.names, "colors": self.naming.colors}

    # --- what is drawn

    @property
    def _shown(self) -> UnmixingResult | None:
        """The result, unless there is none yet of the cube."""
        result = self.model.result
        return result if result is not None and result.cube is self.model.cube else None

    def _show_new_cube(self) -> None:
        with self._drawing:
            cube: Cube = self.model.cube
            height, width = cube.sides
            self._pixel = height // 2, width // 2
            self.controls.take_cube(cube)
            self.sample.set_geometry(cube.sides, cube.pixel_size, cube.unit, cube.offset)
            scale = f", {cube.pixel_size:.3g} {cube.unit}/px" if cube.pixel_size else ""
            self.sample_title.value = title(cube.name, f"{height} × {width} px{scale}, {cube.array.shape[2]} channels")
            self._offer_truth(
                cube.truth is not None,
                "Show the spectra that the sample was made of, dashed, and compare",
                "Only simulated samples come with their true spectra",
            )
            self.dose.disabled = cube.truth is None
            self.sample.clear_overlay()
            self._survey = np.nan_to_num(np.asarray(cube.array.sum(axis=2, dtype=np.float64))).astype(np.float32)
            self._draw_image()
            self._draw_result()

    def _draw_image(self) -> None:
        with self._drawing:
            low, high = np.percentile(self._survey, self.contrast.value)
            self.sample.show_image(self._survey, low, high, self.image_map.value)

    def _draw_result(self) -> None:
        """Draw the result; while there is none of this cube yet, that of the last stays."""
        with self._drawing:
            result = self._shown
            if result is None:
                return
            self._offer(result)
            self._draw_maps(result)
            self._draw_spectra(result)
            self._draw_overlay()
            self._draw_mean()
            self._draw_pixel()
            self._draw_curve()
            self._draw_score()

    def _offer(self, result: UnmixingResult) -> None:
        """One button and one name a component of the result."""
        count, words = result.unmixing.decomposition.n_components, result.method.words
        with self._quietly():
            chosen = self.overlay.value
            options = [*((str(n), n - 1) for n in range(1, count + 1)), ("Residual", RESIDUAL), ("None", NO_OVERLAY)]
            tooltips = [
                *(f"{words.amount_of(n).capitalize()} over the image" for n in range(1, count + 1)),
                "What is not explained, over the image", "The image alone",
            ]  # fmt: skip
            if list(self.overlay.options) != options or list(self.overlay.tooltips) != tooltips:
                self.overlay.options, self.overlay.tooltips = options, tooltips
                self.overlay.value = chosen if chosen in [value for _, value in options] else 0
            self.picture_map.options = DIVERGING_MAPS if result.signed else SEQUENTIAL_MAPS
            self.picture_map.value = self.picture_map.value or self.picture_map.options[1]
            self.picture_map.tooltip = f"Colour map of the {words.amount} maps"
        self.maps_title.value = title(f"{words.amount.capitalize()} maps", "with shares of the sum of squares")
        self.naming.offer(count, words)

    def _draw_maps(self, result: UnmixingResult) -> None:
        unmixing = result.unmixing
        maps = np.moveaxis(unmixing.abundance_maps, -1, 0)
        titles = [f"{self.names[n]} · {percent(share)}" for n, share in enumerate(unmixing.shares)]
        self.maps.show(np.nan_to_num(maps), titles, amount_limits(maps, result.signed), self.picture_map.value)
        residual = unmixing.residual_map[None]
        self.residual.show(np.nan_to_num(residual), [f"max {np.nanmax(residual):.3g}"], amount_limits(residual), "gray")

    def _axis_name(self) -> str:
        cube = self.model.cube
        return f"energy ({cube.energy_unit})" if cube.energies is not None else "channel"

    def _draw_spectra(self, result: UnmixingResult) -> None:
        unmixing = result.unmixing
        components, dashed, truth = unmixing.components, None, self.model.cube.truth
        if not result.signed:
            components = components / np.maximum(np.abs(components).max(axis=1, keepdims=True), 1e-30)
        if self.truth.value and truth is not None:
            channels = np.arange(truth.endmembers.shape[1])
            dashed = np.array([np.interp(unmixing.spectra.channels, channels, one) for one in truth.endmembers])
            dashed = dashed / dashed.max(axis=1, keepdims=True)
            dashed = dashed[match_components(components, dashed)] if len(dashed) >= len(components) else dashed
        colors, words = self.naming.colors[: len(components)], result.method.words
        self.spectra.show(
            result.energies, components, colors if dashed is None else [*colors, *[DATA] * len(dashed)][: max(
                len(components), len(dashed))], (self._axis_name(), words.picture if result.signed else "of highest"),
            dashed=dashed,
        )  # fmt: skip
        badges = " ".join(
            f'<b style="color:{color}">■</b> {as_html(name)}' for color, name in zip(colors, self.names, strict=False)
        )
        self.spectra_title.value = title(f"{words.picture.capitalize()} spectra", Html(badges))

    def _draw_overlay(self) -> None:
        with self._drawing:
            result, chosen = self._shown, self.overlay.value
            if result is None:
                return
            unmixing = result.unmixing
            count = unmixing.decomposition.n_components
            self.maps.select(chosen)
            self.overlay_bar.value = ""
            if chosen == NO_OVERLAY or chosen >= count:
                self.sample.clear_overlay()
                return
            values = unmixing.residual_map if chosen == RESIDUAL else unmixing.abundance_maps[..., chosen]
            color = DATA if chosen == RESIDUAL else self.naming.colors[chosen]
            high = float(amount_limits(np.abs(values)[None])[0, 1])
            pixels = np.empty((*values.shape, 4), np.uint8)
            pixels[..., :3] = rgb(color)
            pixels[..., 3] = (to_bytes(np.nan_to_num(np.abs(values)), 0, high) * self.opacity.value).round()
            self.sample.show_overlay(pixels, result.map_axes, result.parameters["bins"])
            self.overlay_bar.show(["transparent", color], "0", f"{high:.3g}")

    def _draw_mean(self) -> None:
        cube, ends = self.model.cube, self.model.signal_range
        with np.errstate(invalid="ignore"):
            mean = np.asarray(np.nanmean(cube.array.reshape(-1, cube.array.shape[2]), axis=0))[None]
        used = None if ends is None else (float(cube.axis[ends[0]]), float(cube.axis[ends[1] - 1]))
        self.mean.show(cube.axis, np.nan_to_num(mean), [INK], (self._axis_name(), "mean"), used=used)

    def _draw_pixel(self) -> None:
        """Spectrum of the clicked pixel, its fit, and the parts of this."""
        with self._drawing:
            result = self._shown
            if result is None:
                return
            unmixing, (y, x) = result.unmixing, self._pixel
            bins = result.parameters["bins"]
            row, column_ = y // bins[0], x // bins[1]
            # At the ends pixels may be left over, which are in no bin.
            inside = row < unmixing.spectra.map_shape[0] and column_ < unmixing.spectra.map_shape[1]
            found = np.flatnonzero(unmixing.spectra.pixels == row * unmixing.spectra.map_shape[1] + column_)
            self.sample.show_window((row * bins[0], column_ * bins[1]), bins)
            if not inside or len(found) == 0:
                self.pixel_title.value = title("Pixel", f"{self._place(y, x)} is not used")
                self.pixel_view.figure.layout.visibility = "hidden"
                return
            self.pixel_view.figure.layout.visibility = "visible"
            number = int(found[0])
            loadings = unmixing.decomposition.loadings[number]
            parts = loadings[:, None] * unmixing.components
            spectrum = np.asarray(unmixing.spectra.values[number])
            self.pixel_title.value = title("Pixel", f"{self._place(y, x)}: grey data, fit, parts")
            self.pixel_view.show(
                result.energies, np.stack([spectrum, *parts, unmixing.fit(number)]),
                [DATA, *self.naming.colors[: len(parts)], INK], (self._axis_name(), "intensity"),
            )  # fmt: skip

    def _draw_curve(self) -> None:
        with self._drawing:
            result = self._shown
            if result is None:
                return
            curve = result.method.curves[0]
            values = curve.values(result, self.model.advice)
            self.curve_title.value = title(curve.title)
            self.curve.show(
                values, result.parameters["n_components"], curve.label, advised=curve.advise_for(result, values),
                counted=result.method.words.parts,
            )  # fmt: skip

    def _draw_truth(self) -> None:
        with self._drawing:
            result = self._shown
            if result is not None:
                self._draw_spectra(result)
                self._draw_score()

    def _draw_score(self) -> None:
        with self._drawing:
            self.truth_score.value = ""
            result = self._shown
            if self.truth.value and result is not None and result.cube.truth is not None:
                try:
                    angle, rmse = result.score()
                    self.truth_score.value = title("", f"mean angle {angle:.1f}°, abundances ± {rmse:.3f}")
                except ValueError as error:
                    self.truth_score.value = title("", str(error))
