"""The sliding-FFT panel: windows, their spectra, components and loading maps, live."""

from collections.abc import Callable
from html import escape
from threading import RLock
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray
from traitlets import HasTraits, link

from atomstat_widgets.panels.controls import LABEL, WIDTH, Explained, checkbox, dropdown, heading, slider, title
from atomstat_widgets.panels.status import StatusLine
from atomstat_widgets.panels.style import style_sheet
from atomstat_widgets.reactive.sliding_fft import MAX_COMPONENTS, SlidingFFTModel, SlidingFFTResult
from atomstat_widgets.stat import normalize_image
from atomstat_widgets.stat.windows import SMALLEST_WINDOW
from atomstat_widgets.views.colorbar import ColorBar
from atomstat_widgets.views.colors import COMPONENT_COLORS, MARKER, SEQUENTIAL_MAPS, rgb, to_bytes
from atomstat_widgets.views.curve import ErrorCurve
from atomstat_widgets.views.mixture import MixtureBars
from atomstat_widgets.views.rounding import round_length
from atomstat_widgets.views.sample import SampleView
from atomstat_widgets.views.tiles import TileAxis, TileGrid

LARGEST_SLIDER_WINDOW, LARGEST_SLIDER_STEP = 512, 64
ALL = -1  # overlay: every window in the colours of its mixture


class SlidingFFTPanel(ipywidgets.VBox):
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

    def __init__(self, image: Any, **parameters: Any) -> None:
        self.model = SlidingFFTModel(image, **parameters)
        # Results are drawn by the worker, clicks by the kernel's own thread.
        self._drawing = RLock()
        self._clicked = (0.0, 0.0)
        self._make_controls()
        self._make_views()
        # On a narrow page, or in a notebook, the right part goes below the picture.
        views = ipywidgets.HBox([self._middle, self._right], layout={"flex_flow": "row wrap"})
        super().__init__([style_sheet(), ipywidgets.HBox([self._controls, views]), self._status])
        self.add_class("atomstat")
        self._image_changed()
        for names, draw in (
            ("image", self._image_changed),
            ("n_components", self._offer_overlays),
            ("result", self._draw_result),
            ("errors", self._draw_errors),
            ("stale", self._mark_stale),
        ):
            self._on(self.model, names, draw)

    def _on(self, widget: HasTraits, name: str, draw: Callable[[], None]) -> None:
        """Draw when a trait changes; what goes wrong then is said in the status line."""
        widget.observe(self.model.guard(lambda change: draw()), name)

    # --- what it is made of

    def _make_controls(self) -> None:
        model = self.model
        # The upper ends of these three follow the image.
        self._window_y = slider(
            model, "window_y", "Height", "Rows of the sliding window, in pixels", SMALLEST_WINDOW, SMALLEST_WINDOW
        )
        self._window_x = slider(
            model, "window_x", "Width", "Columns of the sliding window, in pixels", SMALLEST_WINDOW, SMALLEST_WINDOW
        )
        self._step = slider(model, "step", "Step", "Pixels from one window to the next, along both axes", 1, 1)
        self._linked = checkbox("Square window", "Keep height and width of the window equal")
        link((model, "window_linked"), (self._linked, "value"))
        self._zoom = slider(
            model, "zoom", "Zoom", "Keep the central 1/zoom of the frequencies: the larger, the fewer", 1, 8
        )
        self._hamming = checkbox("Hamming taper", "Fade the windows out at their edges, against streaks in the spectra")
        link((model, "hamming"), (self._hamming, "value"))
        self._n_components = slider(model, "n_components", "Components", "Number of NMF components", 1, MAX_COMPONENTS)
        self._image_map = dropdown(SEQUENTIAL_MAPS, "gray", "Image", "Colour map of the image")
        self._picture_map = dropdown(
            SEQUENTIAL_MAPS, "viridis", "Maps", "Colour map of the component spectra and the loading maps"
        )
        self._contrast = ipywidgets.FloatRangeSlider(
            value=(0.5, 99.5), min=0, max=100, step=0.5, description="Contrast", readout_format=".1f", style=LABEL,
            tooltip="Darkest and brightest shown grey, as percentiles of the pixels",
            layout=ipywidgets.Layout(width=WIDTH),
        )  # fmt: skip
        self._contrast.add_class("atomstat-range")
        self._truth = checkbox("True domains", "")
        self._truth_score = ipywidgets.HTML()
        for control in (self._image_map, self._contrast):
            self._on(control, "value", self._draw_image)
        self._on(self._picture_map, "value", self._draw_result)
        self._on(self._truth, "value", self._draw_truth)
        self._controls = ipywidgets.VBox(
            [
                heading("Windows (px)"), self._window_y, self._window_x, Explained(self._linked), self._step,
                heading("Spectra"), self._zoom, Explained(self._hamming),
                heading("NMF"), self._n_components,
                heading("Display"), Explained(self._image_map), Explained(self._picture_map), self._contrast,
                Explained(self._truth), self._truth_score,
            ],
            layout=ipywidgets.Layout(width="252px", flex="0 0 auto"),
        )  # fmt: skip
        self._controls.add_class("atomstat-controls")

    def _make_views(self) -> None:
        guard = self.model.guard
        self._sample = SampleView(400, guard(self._window_clicked))
        self._spectra = TileGrid(276, 326, guard(self._component_clicked), axes=True)
        self._maps = TileGrid(234, 284, guard(self._component_clicked))
        self._spectrum = TileGrid(154, 176, lambda number: None, colors=(MARKER,))
        self._mixture = MixtureBars(166, 190)
        self._curve = ErrorCurve(190, 190, MAX_COMPONENTS, guard(self._count_clicked))
        self._overlay = ipywidgets.ToggleButtons(
            options=[("None", None)], style={"button_width": "auto"}, layout=ipywidgets.Layout(width="auto")
        )
        self._offer_overlays()
        self._overlay.value = ALL
        self._opacity = ipywidgets.FloatSlider(
            value=0.5, min=0, max=1, step=0.05, description="Opacity", readout_format=".2f",
            tooltip="Opacity of the loading map over the image", style={"description_width": "56px"},
            layout=ipywidgets.Layout(width="230px"),
        )  # fmt: skip
        self._on(self._overlay, "value", self._draw_overlay)
        self._on(self._opacity, "value", self._draw_overlay)
        self._overlay_bar, self._spectra_bar, self._maps_bar = (
            ColorBar(layout=ipywidgets.Layout(width="220px")) for _ in range(3)
        )
        self._sample_title, self._window_title = ipywidgets.HTML(), ipywidgets.HTML()
        self._status = StatusLine(self.model)
        for view, name in (
            (self._sample, "sample"),
            (self._spectra, "spectra"),
            (self._maps, "maps"),
            (self._spectrum, "window"),
            (self._mixture, "mixture"),
            (self._curve, "curve"),
        ):
            view.figure.add_class(f"atomstat-{name}")
        self._middle = ipywidgets.VBox(
            [
                self._sample_title,
                self._sample.figure,
                ipywidgets.HBox([ipywidgets.Label("Overlay"), self._overlay]),
                ipywidgets.HBox([self._opacity, self._overlay_bar]),
                ipywidgets.HTML(
                    '<div class="atomstat-caption">Click the image for the window there, a component for its map.</div>'
                ),
            ],
            layout=ipywidgets.Layout(flex="0 0 auto", padding="0 0 0 8px", width="466px"),
        )
        self._right = ipywidgets.VBox(
            [
                ipywidgets.HBox(
                    [
                        ipywidgets.VBox(
                            [
                                ipywidgets.HTML(title("Component spectra", "log(1 + |FFT|)")),
                                self._spectra.figure,
                                self._spectra_bar,
                            ]
                        ),
                        ipywidgets.VBox(
                            [
                                ipywidgets.HTML(title("Loading maps")),
                                self._maps.figure,
                                self._maps_bar,
                            ]
                        ),
                    ]
                ),
                ipywidgets.HBox(
                    [
                        ipywidgets.VBox([self._window_title, self._spectrum.figure]),
                        ipywidgets.VBox([ipywidgets.HTML(title("Its mixture")), self._mixture.figure]),
                        ipywidgets.VBox([ipywidgets.HTML(title("Error", "dashed: SVD limit")), self._curve.figure]),
                    ]
                ),
            ],
            layout=ipywidgets.Layout(flex="0 0 auto", padding="0 0 0 8px"),
        )

    # --- what the user does

    def _component_clicked(self, number: int) -> None:
        self._overlay.value = number

    def _window_clicked(self, y: float, x: float) -> None:
        self._clicked = y, x
        self._draw_window()

    def _count_clicked(self, count: int) -> None:
        self.model.n_components = count

    def _offer_overlays(self) -> None:
        """One button a component; the choice stays where it still exists."""
        numbers = range(self.model.n_components)
        chosen = self._overlay.value
        with self._overlay.hold_sync():
            self._overlay.options = [("All", ALL), *((str(number + 1), number) for number in numbers), ("None", None)]
            self._overlay.tooltips = [
                "Every window in the mixed colours of its components",
                *(f"Loading map of component {number + 1}" for number in numbers),
                "The image alone",
            ]
            self._overlay.value = chosen if chosen is None or chosen in numbers else ALL

    # --- what is drawn

    def _image_changed(self) -> None:
        with self._drawing:
            image, (height, width) = self.model.image, self.model.sides
            self._pixels = normalize_image(image.array)
            self._clicked = height / 2, width / 2
            for control, side, largest in (
                (self._window_y, height, LARGEST_SLIDER_WINDOW),
                (self._window_x, width, LARGEST_SLIDER_WINDOW),
                (self._step, min(height, width), LARGEST_SLIDER_STEP),
            ):
                control.max = max(min(side, largest), control.value)
            self._sample.set_geometry((height, width), image.pixel_size, image.unit)
            scale = f", {image.pixel_size:.3g} {image.unit}/px" if image.pixel_size else ""
            self._sample_title.value = title(escape(image.name), f"{height} × {width} px{scale}")
            known = image.truth is not None
            self._truth.disabled, self._truth.value = not known, known and self._truth.value
            self._truth.tooltip = (
                "Outline the domains that the sample was made with, and compare"
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

    @property
    def _shown(self) -> SlidingFFTResult | None:
        """The result, unless there is none yet of the image."""
        result = self.model.result
        return result if result is not None and result.image is self.model.image else None

    def _draw_result(self) -> None:
        """Draw all that shows the result; while there is none of this image yet, that of the last stays."""
        with self._drawing:
            if self._shown is not None:
                self._draw_components()
                self._draw_overlay()
                self._draw_window()
                self._draw_errors()
                self._draw_score()

    def _draw_components(self) -> None:
        with self._drawing:
            result: SlidingFFTResult = self.model.result
            energies = result.decomposition.energies
            self._spectra.show(
                result.components,
                [f"{j} · {share:.0%}" for j, share in enumerate(energies / energies.sum(), start=1)],
                _ranges(result.components),
                self._picture_map.value,
                [self._frequency_axis("kx", 1), self._frequency_axis("ky", 0)],
                aspect=1,  # whatever the window: the frequencies go equally far along x and y
            )
            maps = result.loading_maps
            limits = np.stack([np.zeros(len(maps)), maps.max(axis=(1, 2))], axis=1)
            self._maps.show(
                maps, [f"{j} · {high:.3g}" for j, (_, high) in enumerate(limits, start=1)], limits,
                self._picture_map.value,
            )  # fmt: skip
            self._spectra_bar.show_map(self._picture_map.value, "lowest", "highest of each")
            self._maps_bar.show_map(self._picture_map.value, "0", "number above")

    def _frequency_axis(self, name: str, axis: int) -> TileAxis:
        """Give zero and a round frequency to either side of it, where they are in a tile."""
        result: SlidingFFTResult = self.model.result
        half, size = result.spectra.band.half[axis], result.spectra.grid.window[axis]
        length = size * (result.image.pixel_size or 1.0)
        mark = round_length(max(half - 1, 0.5) / length)
        ticks = [((half + 0.5 + at * length) / (2 * half), f"{at:g}".replace("-", "−")) for at in (-mark, 0, mark)]
        return TileAxis(f"{name} (1/{result.image.unit if result.image.pixel_size else 'px'})", ticks)

    def _draw_overlay(self) -> None:
        with self._drawing:
            result, chosen = self._shown, self._overlay.value
            if result is None:
                return
            maps = result.loading_maps
            self._spectra.select(chosen if chosen != ALL else None)
            self._maps.select(chosen if chosen != ALL else None)
            if chosen is None or chosen >= len(maps):
                self._sample.clear_overlay()
                self._overlay_bar.value = ""
                return
            pixels = np.empty((*maps.shape[1:], 4), np.uint8)
            if chosen == ALL:
                maps = result.relative_maps
                shares = maps / np.maximum(maps.sum(axis=0), np.finfo(maps.dtype).tiny)
                colors = np.array([rgb(color) for color in COMPONENT_COLORS[: len(maps)]])
                pixels[..., :3] = np.tensordot(shares, colors, axes=(0, 0)).round()
                pixels[..., 3] = round(255 * self._opacity.value)
                self._overlay_bar.value = title("", "colours mixed by loading")
            else:
                high = maps[chosen].max()
                pixels[..., :3] = rgb(COMPONENT_COLORS[chosen])
                pixels[..., 3] = (to_bytes(maps[chosen], 0, high) * self._opacity.value).round()
                self._overlay_bar.show(["transparent", COMPONENT_COLORS[chosen]], "0", f"{high:.3g}")
            self._sample.show_overlay(pixels, result.spectra.grid.axes, result.spectra.grid.step)

    def _draw_window(self) -> None:
        with self._drawing:
            result = self._shown
            if result is None:
                return
            grid = result.spectra.grid
            window = int(grid.nearest(*self._clicked))
            spectrum = result.spectrum(window)[None]
            y, x = grid.centers[window]
            self._window_title.value = title("Window", f"y {y:g}, x {x:g}")
            self._sample.show_window(grid.corners[window], grid.window)
            self._spectrum.show(spectrum, [""], _ranges(spectrum), self._picture_map.value, aspect=1)
            self._mixture.show(result.share(window))

    def _draw_errors(self) -> None:
        with self._drawing:
            result = self._shown
            if result is None:
                return
            count = result.decomposition.n_components
            errors = {**self.model.errors, count: result.decomposition.reconstruction_error}
            bound = result.low_rank.smallest_error(np.arange(1, min(MAX_COMPONENTS, result.low_rank.rank) + 1))
            self._curve.show(errors, bound, count)

    def _draw_truth(self) -> None:
        """Outline the true domains, which are the image's; only the score changes with the result."""
        with self._drawing:
            self._sample.show_outline(self.model.image.truth if self._truth.value else None)
            self._draw_score()

    def _draw_score(self) -> None:
        with self._drawing:
            result = self._shown
            self._truth_score.value = (
                title("", f"agreement of the strongest component:<br>{result.agreement():.2f} "
                "(adjusted Rand index, 1 is perfect)") if self._truth.value and result is not None else ""
            )  # fmt: skip

    def _mark_stale(self) -> None:
        for part in (self._middle, self._right):
            (part.add_class if self.model.stale else part.remove_class)("is-stale")


def _ranges(pictures: NDArray[Any]) -> NDArray[Any]:
    return np.stack([pictures.min(axis=(1, 2)), pictures.max(axis=(1, 2))], axis=1)
