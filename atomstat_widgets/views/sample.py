"""The picture of the sample, and what is laid over it."""

from collections.abc import Callable
from typing import Any

import bqplot
import numpy as np
from numpy.typing import NDArray
from traitlets import Bunch

from atomstat_widgets.views.colors import MARKER, lookup_table, to_bytes
from atomstat_widgets.views.figure import make_axis, make_figure
from atomstat_widgets.views.layer import ImageLayer
from atomstat_widgets.views.png import indexed_png, rgba_png
from atomstat_widgets.views.points import Trails, points_png
from atomstat_widgets.views.rounding import round_length, round_ticks

MARGIN = {"top": 4, "bottom": 40, "left": 50, "right": 6}
LARGEST_PICTURE = 1024  # pixels a side that are sent to the page; more than the screen shows
POINTS_PICTURE = 800  # pixels along the longer side of the picture of atoms
SMALLEST_RADIUS = 2.0  # of an atom in that picture
RING = 4.0  # thickness of a ring in it


class SampleView:
    """An image with true proportions, an overlay, an outline, the clicked window and a scale bar.

    Row 0 is on top. The axes are in physical units where the pixel size is known, and in pixels where not.

    Parameters
    ----------
    side : int
        Of the square area of the picture, in screen pixels.
    on_click : callable
        Called with (y, x), in pixels of the image.
    """

    def __init__(self, side: int, on_click: Callable[[float, float], None]) -> None:
        self.scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale(reverse=True)}
        self.base = ImageLayer(self.scales, pixelated=False)
        self.overlay = ImageLayer(self.scales)
        self.outline = ImageLayer(self.scales)
        self.window = bqplot.Lines(
            x=[0, 0], y=[0, 0], scales=self.scales, colors=[MARKER], stroke_width=2, visible=False
        )
        self.line = bqplot.Lines(
            x=[0, 0], y=[0, 0], scales=self.scales, colors=[MARKER], stroke_width=2, marker="cross", visible=False
        )
        self.length = bqplot.Lines(
            x=[0, 0], y=[0, 0], scales=self.scales, colors=[MARKER], stroke_width=3, visible=False
        )
        self.ends = bqplot.Scatter(
            x=[0, 0], y=[0, 0], scales=self.scales, colors=[MARKER], marker="rectangle", default_size=90,
            restrict_x=True, visible=False,
        )  # fmt: skip
        self.place = bqplot.Lines(
            x=[0], y=[0], scales=self.scales, colors=[MARKER], marker="cross", marker_size=90, visible=False
        )
        self._bar_ground = bqplot.Lines(
            x=[0, 0], y=[0, 0], scales=self.scales, colors=["black"], fill="inside", fill_colors=["black"],
            fill_opacities=[0.6], stroke_width=0,
        )  # fmt: skip
        self.bar = bqplot.Lines(x=[0, 0], y=[0, 0], scales=self.scales, colors=["white"], stroke_width=4)
        self.bar_label = bqplot.Label(
            x=[0], y=[0], text=[""], scales=self.scales, colors=["white"], align="middle", default_size=13,
            font_weight="bold", y_offset=-7,
        )  # fmt: skip
        self.axes = [
            make_axis(self.scales["x"], grid_lines="none", tick_values=[0], label_offset="28px"),
            make_axis(self.scales["y"], vertical=True, grid_lines="none", tick_values=[0], label_offset="38px"),
        ]
        layers = (self.base, self.overlay, self.outline)
        self.figure = make_figure(
            side + MARGIN["left"] + MARGIN["right"],
            side + MARGIN["top"] + MARGIN["bottom"],
            MARGIN,
            [
                *(layer.mark for layer in layers),
                self.window,
                self.line,
                self.length,
                self.ends,
                self.place,
                self._bar_ground,
                self.bar,
                self.bar_label,
            ],
            self.axes,
            toolbar=True,
        )
        self._on_click = on_click
        for layer in layers:  # the topmost one under the pointer gets the click
            layer.mark.on_element_click(self.take_click)
        self._pixel, self._offset = 1.0, (0.0, 0.0)
        self._shape = (1, 1)

    def set_geometry(
        self,
        shape: tuple[int, int],
        pixel_size: float | None,
        unit: str,
        offset: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Set height and width of the image in pixels and, where it is known, the edge of a pixel, and its first."""
        self._shape, self._pixel, self._offset = shape, pixel_size or 1.0, offset
        self.look_at(None, 0)
        for name, axis, length, first in zip("yx", self.axes[::-1], shape, offset, strict=True):
            axis.label = f"{name} ({unit if pixel_size else 'px'})"
            axis.tick_values = round_ticks(first, first + (length - 1) * self._pixel, 3)
        self._show_scale_bar(unit if pixel_size else None)
        self.window.visible = self.place.visible = self.length.visible = self.ends.visible = False

    def look_at(self, place: tuple[float, float] | None, half: float) -> None:
        """Show what is within `half` a side around a place (y, x), in pixels of the image, or with none all of it."""
        if place is None:
            height, width = self._shape
            place, half = ((height - 1) / 2, (width - 1) / 2), max(self._shape) / 2
        for name, middle, first in zip("yx", place, self._offset, strict=True):
            with self.scales[name].hold_sync():
                self.scales[name].min, self.scales[name].max = (
                    first + (middle - half) * self._pixel,
                    first + (middle + half) * self._pixel,
                )

    def brush(self, on_brush: Callable[[tuple[float, float], tuple[float, float]], None] | None) -> None:
        """Let a box be drawn, whose ends along y and along x, in pixels of the image, `on_brush` is called with."""
        if on_brush is None:
            self.figure.interaction = None
            return
        selector = bqplot.interacts.BrushSelector(x_scale=self.scales["x"], y_scale=self.scales["y"], color=MARKER)

        def take_box(change: Bunch) -> None:
            corners = np.asarray(selector.selected, float) if selector.selected is not None else np.empty(0)
            if not change.new and corners.size == 4:
                (x0, y0), (x1, y1) = (corners.reshape(2, 2) - self._offset[::-1]) / self._pixel
                on_brush((min(y0, y1), max(y0, y1)), (min(x0, x1), max(x0, x1)))

        selector.observe(take_box, "brushing")
        self.figure.interaction = selector

    def show_line(self, places: list[tuple[float, float]]) -> None:
        """Draw a line through places (y, x), in pixels of the image; none takes it away."""
        with self.line.hold_sync():
            if places:
                self.line.y, self.line.x = (np.array(places) * self._pixel + self._offset).T
            self.line.visible = bool(places)

    def show_length(self, middle: tuple[float, float] | None, length: float) -> None:
        """Draw a level line of a length around its middle (y, x), in pixels of the image; none takes it away."""
        if middle is not None:
            y, x = middle
            (left, right), (level, _) = self._extent((y, y), (x - length / 2, x + length / 2))
        for mark in (self.length, self.ends):
            with mark.hold_sync():
                if middle is not None:
                    mark.x, mark.y = [left, right], [level, level]
                mark.visible = middle is not None

    def drag_length(self, on_length: Callable[[float], None]) -> None:
        """Let the ends of that line be dragged: `on_length` is called with its new length, in pixels of the image."""

        def take_end(_mark: Any, content: dict[str, Any]) -> None:
            middle = float(np.mean(self.length.x))
            on_length(2 * abs(float(content["point"]["x"]) - middle) / self._pixel)

        self.ends.enable_move = True
        self.ends.on_drag_end(take_end)

    def show_place(self, y: float, x: float) -> None:
        """Mark a place, in pixels of the image."""
        with self.place.hold_sync():
            self.place.y, self.place.x = (
                [at * self._pixel + first] for at, first in zip((y, x), self._offset, strict=True)
            )
            self.place.visible = True

    def hide_window(self) -> None:
        """Take the window away."""
        self.window.visible = False

    def show_image(self, pixels: NDArray[Any], low: float, high: float, color_map: str) -> None:
        """Show the image (height, width), from `low` to `high` of the colour map."""
        every = -(-max(pixels.shape) // LARGEST_PICTURE)
        if every > 1:  # means of blocks, not every n-th pixel, which would show false lattices
            height, width = (length - length % every for length in pixels.shape)
            pixels = pixels[:height, :width].reshape(height // every, every, width // every, every).mean(axis=(1, 3))
        self.base.show(indexed_png(to_bytes(pixels, low, high), lookup_table(color_map)), *self._extent(*self._whole()))

    def show_overlay(
        self, pixels: NDArray[np.uint8], centers: tuple[NDArray[Any], NDArray[Any]], step: tuple[int, int]
    ) -> None:
        """Lay a map (ny, nx, 4) over the image.

        Parameters
        ----------
        pixels : array, (ny, nx, 4)
            Red, green, blue and alpha.
        centers : pair of arrays, (ny,) and (nx,)
            Where the pixels of the map have their centres, in pixels of the image.
        step : (int, int)
            Distance between them, along y and x.
        """
        (top, bottom), (left, right) = (
            (at[0] - stride / 2, at[-1] + stride / 2) for at, stride in zip(centers, step, strict=True)
        )
        self.overlay.show(rgba_png(pixels), *self._extent((top, bottom), (left, right)))

    def show_atoms(
        self,
        positions: NDArray[Any],
        levels: NDArray[Any],
        colors: NDArray[np.uint8],
        radius: float,
        lit: NDArray[np.bool_] | None,
        opacity: float,
        *,
        rings: bool = False,
        trails: Trails | None = None,
    ) -> None:
        """Lay atoms over the image.

        Parameters
        ----------
        positions : array, (n, 2)
            Row and column of each, in pixels of the image.
        radius : float
            Of their discs, in pixels of the image.
        levels, colors, lit, opacity
            As for `points_png`.
        rings : bool
            Circles that leave the atoms to be seen.
        trails : Trails, optional
            Lines below the atoms, in pixels of the image.
        """
        self.overlay.show(
            self._points_png(
                positions, levels, colors, radius, lit=lit, opacity=opacity, ring=RING if rings else None, trails=trails
            ),
            *self._extent(*self._whole()),
        )

    def show_dots(self, positions: NDArray[Any], color: tuple[int, int, int], radius: float) -> None:
        """Draw dots at positions (n, 2), of a radius in pixels of the image, in place of an outline."""
        colors = np.array([color], np.uint8)
        png = self._points_png(positions, np.zeros(len(positions), np.intp), colors, radius)
        self.outline.show(png, *self._extent(*self._whole()))

    def _points_png(
        self,
        positions: NDArray[Any],
        levels: NDArray[Any],
        colors: NDArray[np.uint8],
        radius: float,
        *,
        trails: Trails | None = None,
        **options: Any,
    ) -> bytes:
        """Picture of points and lines whose places and radius are in pixels of the image."""
        scale = POINTS_PICTURE / max(self._shape)
        shape = round(self._shape[0] * scale), round(self._shape[1] * scale)
        if trails is not None:
            trails = trails._replace(ends=(trails.ends + 0.5) * scale - 0.5)
        return points_png(
            shape, (positions + 0.5) * scale - 0.5, levels, colors, radius=max(SMALLEST_RADIUS, radius * scale),
            trails=trails, **options,
        )  # fmt: skip

    def clear_overlay(self) -> None:
        """Take the overlay away."""
        self.overlay.clear()

    def show_outline(self, labels: NDArray[Any] | None) -> None:
        """Draw the borders between equal labels (height, width), or none."""
        if labels is None:
            self.outline.clear()
            return
        border = np.zeros(labels.shape, bool)
        for axis in (0, 1):
            changes = np.diff(labels, axis=axis) != 0
            for shift in (-1, 0, 1):
                border |= np.roll(np.pad(changes, [(0, axis == 0), (0, axis == 1)]), shift, axis=axis)
        pixels = np.zeros((*labels.shape, 4), np.uint8)
        pixels[border] = 255
        self.outline.show(rgba_png(pixels), *self._extent(*self._whole()))

    def show_window(self, corner: tuple[int, int], size: tuple[int, int]) -> None:
        """Draw a window from its first (row, column) and size (rows, columns)."""
        (left, right), (top, bottom) = self._extent(
            *((at - 0.5, at + n - 0.5) for at, n in zip(corner, size, strict=True))
        )
        with self.window.hold_sync():
            self.window.x = [left, right, right, left, left]
            self.window.y = [top, top, bottom, bottom, top]
            self.window.visible = True

    def _whole(self) -> tuple[tuple[float, float], tuple[float, float]]:
        height, width = self._shape
        return (-0.5, height - 0.5), (-0.5, width - 0.5)

    def _extent(
        self, y: tuple[float, float], x: tuple[float, float]
    ) -> tuple[tuple[float, float], tuple[float, float]]:
        """Give x and y in units of the axes, from y and x in pixels."""
        top, left = self._offset
        return (
            (left + x[0] * self._pixel, left + x[1] * self._pixel),
            (top + y[0] * self._pixel, top + y[1] * self._pixel),
        )

    def _show_scale_bar(self, unit: str | None) -> None:
        self.bar.visible = self._bar_ground.visible = self.bar_label.visible = unit is not None
        if unit is None:
            return
        span = max(self._shape) * self._pixel
        length = round_length(span / 4)
        height = self._shape[0] * self._pixel
        left = self._offset[1] + 0.04 * span
        # An image much wider than high has little room below: stay inside of it.
        bottom = self._offset[0] + height - min(0.04 * span, 0.3 * height)
        with self.bar.hold_sync():
            self.bar.x, self.bar.y = [left, left + length], [bottom, bottom]
        with self.bar_label.hold_sync():
            self.bar_label.x, self.bar_label.y = [left + length / 2], [bottom]
            self.bar_label.text = [f"{length:g} {unit}"]
        edge = 0.02 * span
        with self._bar_ground.hold_sync():
            self._bar_ground.x = [left - edge, left + length + edge, left + length + edge, left - edge]
            self._bar_ground.y = [bottom + edge, bottom + edge, bottom - 3 * edge, bottom - 3 * edge]

    def take_click(self, _mark: Any, event: dict[str, Any]) -> None:
        """Tell of a click in the page."""
        (top, left), clicked = self._offset, event["data"]
        self._on_click((clicked["click_y"] - top) / self._pixel, (clicked["click_x"] - left) / self._pixel)
