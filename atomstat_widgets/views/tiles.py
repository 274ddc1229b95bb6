"""A grid of small pictures, one a component, in a figure of fixed size."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any, NamedTuple

import bqplot
import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.views.colors import COMPONENT_COLORS, INK, lookup_table, to_bytes
from atomstat_widgets.views.figure import make_figure
from atomstat_widgets.views.layer import ImageLayer
from atomstat_widgets.views.png import indexed_png

TITLE = 21  # pixels above a tile
GAP = 7
EDGE = 2
NAME_LEFT, LETTER, TICKS_BELOW = 18, 6, 36  # left of the grid: an axis' name, and each letter of its ticks
DENSITY = 2  # picture pixels per screen pixel, for sharp edges on fine screens
BLANK = 255  # the index between tiles, transparent


class TileAxis(NamedTuple):
    """What is written along an axis of each tile: its name, and texts at places from 0 to 1."""

    name: str
    ticks: Sequence[tuple[float, str]]


class TileGrid:
    """Pictures side by side, framed in the colours of their components; a click on one selects it.

    All tiles are one picture in one figure: one message and one decoding for any number of them.

    Parameters
    ----------
    width, height : int
        Of the figure, in screen pixels.
    on_select : callable
        Called with the number of a tile that was clicked.
    axes : bool
        Leave room for ticks beside and below the grid, and for the names of the axes, see `show`.
    colors : sequence of str
        Of the tiles.
    """

    def __init__(
        self,
        width: int,
        height: int,
        on_select: Callable[[int], None],
        *,
        axes: bool = False,
        colors: Sequence[str] = COMPONENT_COLORS,
    ) -> None:
        self._colors = colors
        self._left, self._room = 0, TICKS_BELOW if axes else 0
        self._size = (height - 2 * EDGE, width - 2 * EDGE)
        # Figure coordinates are screen pixels.
        self.scales = {
            "x": bqplot.LinearScale(min=0, max=self._size[1]),
            "y": bqplot.LinearScale(min=0, max=self._size[0], reverse=True),
        }
        self.picture = ImageLayer(self.scales)
        self.frames = self._lines(2)
        self.selection = self._lines(5)
        # The colour stands beside the title, not in it: pale letters would be hard to read.
        self._marks = self._labels(default_size=14, align="start")
        self.titles = self._labels(default_size=12, font_weight="bold", colors=[INK], align="start")
        # Ticks are labels, not an axis: the texts of an axis are lost when it changes twice in quick succession.
        self.x_ticks = self._labels(default_size=11, colors=[INK], align="middle")
        self.y_ticks = self._labels(default_size=11, colors=[INK], align="end")
        self.x_name = self._labels(default_size=12, colors=[INK], align="middle")
        self.y_name = self._labels(default_size=12, colors=[INK], align="middle", rotate_angle=-90)
        self.figure = make_figure(
            width,
            height,
            dict.fromkeys(("top", "bottom", "left", "right"), EDGE),
            [
                *(self.picture.mark, self.frames, self.selection, self._marks, self.titles),
                *(self.x_ticks, self.y_ticks, self.x_name, self.y_name),
            ],
        )
        self._on_select = on_select
        self.boxes: NDArray[np.int_] = np.empty((0, 4), int)
        self.picture.mark.on_element_click(self.take_click)

    def show(
        self,
        pictures: NDArray[Any],
        titles: Sequence[str],
        limits: NDArray[Any],
        color_map: str,
        axes: Sequence[TileAxis] = (),
        aspect: float | None = None,
    ) -> None:
        """Show pictures.

        Parameters
        ----------
        pictures : array, (k, rows, columns)
            One a tile; NaN is transparent.
        titles : sequence of str
            Above each.
        limits : array, (k, 2)
            Numbers at the lower and upper end of the colour map, for each picture.
        color_map : str
            Of matplotlib.
        axes : pair of TileAxis, optional
            What to write along x and along y.
        aspect : float, optional
            Height of a tile over its width; by default so that pixels are square.
        """
        if axes:
            self._left = NAME_LEFT + LETTER * max(len(text) for _, text in axes[1].ticks)
        self.boxes = self._place(len(pictures), aspect or pictures.shape[1] / pictures.shape[2])
        height, width = (DENSITY * length for length in self._size)
        canvas = np.full((height, width), BLANK, np.uint8)
        for picture, (low, high), box in zip(pictures, limits, self.boxes, strict=True):
            left, top, right, bottom = DENSITY * box
            rows = np.arange(bottom - top) * picture.shape[0] // (bottom - top)
            columns = np.arange(right - left) * picture.shape[1] // (right - left)
            # 254 colours and not 256: the index above them is the gap between tiles
            tile = picture[np.ix_(rows, columns)]
            known = np.isfinite(tile)
            indices = np.minimum(to_bytes(np.where(known, tile, low), low, high), BLANK - 1)
            canvas[top:bottom, left:right] = np.where(known, indices, BLANK)
        alpha = np.full(256, 255, np.uint8)
        alpha[BLANK] = 0
        self.picture.show(indexed_png(canvas, lookup_table(color_map), alpha), (0, self._size[1]), (0, self._size[0]))
        colors = list(self._colors[: len(pictures)])
        _frame(self.frames, self.boxes, colors)
        self._marks.colors = colors
        left, above = self.boxes[:, 0], self.boxes[:, 1] - 9
        _write(self._marks, left, above, ["■" if title else "" for title in titles])
        _write(self.titles, left + 15, above, titles)
        if axes:
            self._show_axes(*axes)

    def select(self, number: int | None) -> None:
        """Mark one tile, or with a number that none has, none."""
        if number is None or not 0 <= number < len(self.boxes):
            self.selection.visible = False
        else:
            _frame(self.selection, self.boxes[number : number + 1], [self._colors[number]])
            self.selection.visible = True

    def _lines(self, width: int) -> bqplot.Lines:
        return bqplot.Lines(x=[[0, 0]], y=[[0, 0]], scales=self.scales, stroke_width=width, visible=width == 2)

    def _labels(self, **style: Any) -> bqplot.Label:
        return bqplot.Label(x=[0], y=[0], text=[""], scales=self.scales, **{"font_weight": "normal", **style})

    def _show_axes(self, x: TileAxis, y: TileAxis) -> None:
        """Write along x below the last tile of each column, along y to the left of the first column."""
        (left, top), (right, bottom) = self.boxes[:, :2].min(axis=0), self.boxes[:, 2:].max(axis=0)
        columns, rows = (np.unique(self.boxes[:, [near, near + 2]], axis=0).tolist() for near in (0, 1))
        at, texts = _repeat(x.ticks, columns)
        ends = [self.boxes[self.boxes[:, 0] == first, 3].max() for first, _ in columns]
        _write(self.x_ticks, at, np.repeat(ends, len(x.ticks)) + 9, texts)
        at, texts = _repeat(y.ticks, rows)
        _write(self.y_ticks, [left - 5] * len(at), at, texts)
        _write(self.x_name, [(left + right) / 2], [bottom + 25], [x.name])
        _write(self.y_name, [8], [(top + bottom) / 2], [y.name])

    def _place(self, count: int, aspect: float) -> NDArray[np.int_]:
        """Left, top, right, bottom of each tile: the number of columns that makes the tiles largest."""
        height, width = self._size[0] - self._room, self._size[1] - self._left
        sizes = []
        for columns in range(1, count + 1):
            slot_width = width // columns - GAP
            slot_height = height // ceil(count / columns) - GAP - TITLE
            sizes.append((min(slot_width, slot_height / aspect), -columns))
        tile_width, columns = max(sizes)
        columns, tile_width, tile_height = -columns, int(tile_width), int(tile_width * aspect)
        row, column = np.divmod(np.arange(count), columns)
        left = column * (tile_width + GAP) + GAP // 2 + self._left
        top = row * (tile_height + GAP + TITLE) + TITLE
        return np.stack([left, top, left + tile_width, top + tile_height], axis=1)

    def take_click(self, _mark: Any, event: dict[str, Any]) -> None:
        """Tell of a click in the page."""
        x, y = event["data"]["click_x"], event["data"]["click_y"]
        left, top, right, bottom = self.boxes.T
        hit = np.flatnonzero((left <= x) & (x < right) & (top - TITLE <= y) & (y < bottom))
        if len(hit):
            self._on_select(int(hit[0]))


def _frame(lines: bqplot.Lines, boxes: NDArray[np.int_], colors: list[str]) -> None:
    left, top, right, bottom = boxes.T
    with lines.hold_sync():
        lines.x = np.stack([left, right, right, left, left], axis=1)
        lines.y = np.stack([top, top, bottom, bottom, top], axis=1)
        lines.colors = colors


def _repeat(ticks: Sequence[tuple[float, str]], tiles: list[list[int]]) -> tuple[list[float], list[str]]:
    """Places and texts of ticks in every tile from low to high."""
    marks = [(low + where * (high - low), text) for low, high in tiles for where, text in ticks]
    return [at for at, _ in marks], [text for _, text in marks]


def _write(labels: bqplot.Label, x: Any, y: Any, text: Sequence[str]) -> None:
    with labels.hold_sync():
        labels.x, labels.y, labels.text = np.asarray(x, float), np.asarray(y, float), list(text)
