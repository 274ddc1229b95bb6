"""The sliding-FFT panel: windows, their spectra, components and loading maps, live."""

from collections.abc import Sequence
from typing import Any

import ipywidgets
import numpy as np

from atomstat_widgets.analyses.sliding_fft.lattice import LatticeChoice
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.sliding_fft.result import SlidingFFTResult
from atomstat_widgets.panels.alternatives import Alternatives
from atomstat_widgets.panels.controls import (
    AutomaticSlider,
    Explained,
    checkbox,
    dropdown,
    heading,
    linked,
    switch,
    title,
)
from atomstat_widgets.panels.image_panel import ALL, NO_OVERLAY, ImagePanel
from atomstat_widgets.panels.panel import column, name_figure
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS
from atomstat_widgets.stat.windows.grid import SMALLEST_WINDOW
from atomstat_widgets.stat.windows.lattice_window import LARGEST_ZOOM
from atomstat_widgets.views.colorbar import ColorBar
from atomstat_widgets.views.colors import COMPONENT_COLORS, COMPONENT_RGB, MARKER, SEQUENTIAL_MAPS, rgb, to_bytes
from atomstat_widgets.views.curve import CountCurve
from atomstat_widgets.views.limits import amount_limits, own_limits
from atomstat_widgets.views.mixture import MixtureBars
from atomstat_widgets.views.rounding import percent, round_length
from atomstat_widgets.views.tiles import TileAxis, TileGrid

LARGEST_SLIDER_WINDOW, LARGEST_SLIDER_STEP = 512, 64


class SlidingFFTPanel(ImagePanel):
    """Sliding FFT + NMF of an image, with controls.

    Parameters
    ----------
    image : Image, array or path
        What to analyse, see `load`; rows are y, columns are x.
    **parameters
        Traits of `SlidingFFTModel`, such as ``n_components=6``.

    Attributes
    ----------
    model : SlidingFFTModel
        Parameters, result and state: ``panel.model.n_components = 6`` moves the slider.

    Raises
    ------
    TypeError, ValueError
        The image cannot be read or analysed; the message says why.
    """

    model: SlidingFFTModel

    def __init__(self, image: Any, **parameters: Any) -> None:
        self.chosen_place = (0.0, 0.0)
        super().__init__(
            SlidingFFTModel(image, **parameters), "Click the image for the window there, a component for its map."
        )
        self._on(self.model, "errors", self._draw_errors)

    # --- what it is made of

    def _make_controls(self) -> Sequence[ipywidgets.Widget]:
        model = self.model
        # The upper ends of these three follow the image.
        self.window_y, self.window_x = (
            AutomaticSlider(model, name, SMALLEST_WINDOW, SMALLEST_WINDOW).in_units(self.units)
            for name in ("window_y", "window_x")
        )
        self.step = AutomaticSlider(model, "step", 1, 1).in_units(self.units)
        self.window_linked = checkbox("Square window", "Keep height and width of the window equal")
        linked(model, "window_linked", self.window_linked)
        self.zoom = AutomaticSlider(model, "zoom", 1, LARGEST_ZOOM)
        self.hamming = switch(model, "hamming")
        self.n_components = AutomaticSlider(model, "n_components", 1, MAX_COMPONENTS)
        return [
            heading("Windows", self.units), self.window_y, self.window_x, Explained(self.window_linked), self.step,
            heading("Spectra"), self.zoom, Explained(self.hamming),
            heading("NMF"), self.n_components,
        ]  # fmt: skip

    def _make_display_controls(self) -> Sequence[ipywidgets.Widget]:
        self.picture_map = dropdown(
            SEQUENTIAL_MAPS, "viridis", "Maps", "Colour map of the component spectra and the loading maps"
        )
        self._on(self.picture_map, "value", self._draw_result)
        return [Explained(self.picture_map)]

    def _make_views(self) -> Sequence[ipywidgets.Widget]:
        guard = self.model.guard
        self.spectra = TileGrid(276, 314, guard(self.choose_component), axes=True)
        self.maps = TileGrid(234, 284, guard(self.choose_component))
        self.spectrum = TileGrid(172, 190, lambda number: None, colors=(MARKER,))
        self.mixture = MixtureBars(158, 190)
        self.curve = CountCurve(182, 190, MAX_COMPONENTS, guard(self.choose_count))
        self.lattice = LatticeChoice(self.model, 224)
        name_figure(self.lattice, "lattice", clicked=True)
        self.spectra_bar, self.maps_bar = (ColorBar(layout=ipywidgets.Layout(width="220px")) for _ in range(2))
        self.window_title = ipywidgets.HTML(layout=ipywidgets.Layout(width="182px"))
        spectra = [name_figure(self.spectra, "spectra", clicked=True), self.spectra_bar]
        return [
            ipywidgets.HBox(
                [
                    Alternatives(
                        [
                            ("Component spectra", "log(1 + |FFT| / (8 medians of |FFT|)) of each component", spectra),
                            ("Lattice", "The spots of the lattice that window and zoom follow", self.lattice.widgets),
                        ]
                    ),
                    column(title("Loading maps"), name_figure(self.maps, "maps", clicked=True), self.maps_bar),
                ]
            ),
            ipywidgets.HBox(
                [
                    column(self.window_title, name_figure(self.spectrum, "window")),
                    column(title("Its mixture"), name_figure(self.mixture, "mixture")),
                    column(title("Error", "dashed: SVD limit"), name_figure(self.curve, "curve", clicked=True)),
                ]
            ),
        ]

    # --- what the user does

    def choose_component(self, number: int) -> None:
        """Show a component over the image, by its index."""
        self.overlay.value = number

    def choose_place(self, y: float, x: float) -> None:
        """Show the window nearest to a place, in pixels."""
        self.chosen_place = y, x
        self._draw_window()

    def choose_count(self, count: int) -> None:
        """Take a number of components."""
        self.model.n_components = count

    def _offer_overlays(self) -> None:
        """One button a component of the result."""
        result = self._shown
        count = 0 if result is None else result.decomposition.n_components
        self._set_overlays(
            [
                ("All", ALL, "Every window in the mixed colours of its components"),
                *((str(n), n - 1, f"Loading map of component {n}") for n in range(1, count + 1)),
                ("None", NO_OVERLAY, "The image alone"),
            ]
        )

    # --- what is drawn

    def _take_image(self) -> None:
        height, width = self.model.sides
        self.chosen_place = height / 2, width / 2
        for control, side, largest in (
            (self.window_y, height, LARGEST_SLIDER_WINDOW),
            (self.window_x, width, LARGEST_SLIDER_WINDOW),
            (self.step, min(height, width), LARGEST_SLIDER_STEP),
        ):
            control.slider.high = max(min(side, largest), control.slider.number)

    def _draw_shown(self) -> None:
        self._show_automatic(self._shown)
        self.lattice.show(self._shown)
        with self._quietly():
            self._offer_overlays()
        self._draw_components(self._shown)
        self._draw_overlay()
        self._draw_window()
        self._draw_errors()

    def _show_automatic(self, result: SlidingFFTResult) -> None:
        """Show the numbers that were chosen from the image."""
        for name, value in result.settings.items():
            control: AutomaticSlider = getattr(self, name)
            if result.parameters[name] is None and not result.coarse:
                control.show(value)

    def _draw_components(self, result: SlidingFFTResult) -> None:
        with self._drawing:
            self.spectra.show(
                result.components,
                [f"{j} · {percent(share)}" for j, share in enumerate(result.shares, start=1)],
                own_limits(result.components),
                self.picture_map.value,
                [_frequency_axis(result, "kx", 1), _frequency_axis(result, "ky", 0)],
                aspect=1,  # whatever the window: the frequencies go equally far along x and y
            )
            maps = result.loading_maps
            limits = amount_limits(maps)
            self.maps.show(
                maps, [f"{j} · {high:.3g}" for j, (_, high) in enumerate(limits, start=1)], limits,
                self.picture_map.value,
            )  # fmt: skip
            self.spectra_bar.show_map(self.picture_map.value, "lowest", "highest of each")
            self.maps_bar.show_map(self.picture_map.value, "0", "number above")

    def _draw_overlay(self) -> None:
        with self._drawing:
            result, chosen = self._shown, self.overlay.value
            if result is None:
                return
            maps = result.loading_maps
            self.spectra.select(chosen)
            self.maps.select(chosen)
            if chosen == NO_OVERLAY or chosen >= len(maps):
                self.sample.clear_overlay()
                self.overlay_bar.value = ""
                return
            pixels = np.empty((*maps.shape[1:], 4), np.uint8)
            if chosen == ALL:
                maps = result.relative_maps
                shares = maps / np.maximum(maps.sum(axis=0), np.finfo(maps.dtype).tiny)
                colors = COMPONENT_RGB[: len(maps)]
                pixels[..., :3] = np.tensordot(shares, colors, axes=(0, 0)).round()
                pixels[..., 3] = round(255 * self.opacity.value)
                self.overlay_bar.value = title("", "colours mixed by relative loading")
            else:
                high = amount_limits(maps)[chosen, 1]
                pixels[..., :3] = rgb(COMPONENT_COLORS[chosen])
                pixels[..., 3] = (to_bytes(maps[chosen], 0, high) * self.opacity.value).round()
                self.overlay_bar.show(["transparent", COMPONENT_COLORS[chosen]], "0", f"{high:.3g}")
            self.sample.show_overlay(pixels, result.spectra.grid.axes, result.spectra.grid.step)

    def _draw_window(self) -> None:
        with self._drawing:
            result = self._shown
            if result is None:
                return
            grid = result.spectra.grid
            window = int(grid.nearest(*self.chosen_place))
            spectrum = result.spectrum(window)[None]
            y, x = grid.centers[window]
            self.window_title.value = title("Window", self._place(y, x))
            self.sample.show_window(grid.corners[window], grid.window)
            self.spectrum.show(spectrum, [""], own_limits(spectrum), self.picture_map.value, aspect=1)
            self.mixture.show(result.share(window))

    def _draw_errors(self) -> None:
        with self._drawing:
            result = self._shown
            if result is None:
                return
            count = result.decomposition.n_components
            errors = {**self.model.errors, count: result.decomposition.reconstruction_error}
            percent = {at: 100 * error for at, error in errors.items()}
            bound = result.low_rank.smallest_error(np.arange(1, min(MAX_COMPONENTS, result.low_rank.rank) + 1))
            self.curve.show(percent, count, "error (%)", bound=100 * bound)

    def _agreement(self) -> tuple[float, str]:
        return self._shown.agreement(), "the strongest component"


def _frequency_axis(result: SlidingFFTResult, name: str, axis: int) -> TileAxis:
    """Give zero and a round frequency to either side of it, where they are in a tile."""
    half, size = result.spectra.band.half[axis], result.spectra.grid.window[axis]
    length = size * (result.image.pixel_size or 1.0)
    mark = round_length(max(half - 1, 0.5) / length)
    ticks = [((half + 0.5 + at * length) / (2 * half), f"{at:g}".replace("-", "−")) for at in (-mark, 0, mark)]
    return TileAxis(f"{name} (1/{result.image.unit if result.image.pixel_size else 'px'})", ticks)
