"""A small matrix as a heat map of buttons: numbers on the cells, more when the pointer is over one, keys reach them."""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
from numpy.typing import NDArray

from atomstat_widgets.views.colors import COMPONENT_COLORS, letters_on, lookup_table, to_bytes

HEADER = 26  # pixels above the cells and to their left


class MatrixView:
    """Cells in colours from 0 to 1, rows and columns named by the colours of their components.

    Parameters
    ----------
    side : int
        Of the square that it takes, in screen pixels.
    on_click : callable
        Called with row and column of a cell that was clicked.
    """

    def __init__(self, side: int, on_click: Callable[[int, int], None]) -> None:
        self._side, self._on_click = side, on_click
        self.cells: list[list[ipywidgets.Button]] = []
        self._chosen: ipywidgets.Button | None = None
        self.figure = ipywidgets.VBox(layout=ipywidgets.Layout(width=f"{side}px", height=f"{side}px"))

    def show(self, values: NDArray[Any], texts: Sequence[Sequence[str]], tooltips: Sequence[Sequence[str]]) -> None:
        """Show a matrix.

        Parameters
        ----------
        values : array, (k, k)
            From 0 to 1.
        texts, tooltips : (k, k) of str
            On each cell, and beside it when the pointer is over it.
        """
        if len(values) != len(self.cells):
            self._build(len(values))
        colors = lookup_table("viridis")[to_bytes(values, 0, 1)]
        for cells, *rows in zip(self.cells, colors, texts, tooltips, strict=True):
            for cell, color, text, tooltip in zip(cells, *rows, strict=True):
                with cell.hold_sync():
                    cell.description, cell.tooltip = text, tooltip
                with cell.style.hold_sync():
                    cell.style.button_color = "rgb({},{},{})".format(*color.tolist())
                    cell.style.text_color = letters_on(color)

    def choose(self, place: tuple[int, int] | None) -> None:
        """Mark one cell, or none."""
        if self._chosen is not None:
            self._chosen.remove_class("atomstat-chosen")
        self._chosen = None if place is None else self.cells[place[0]][place[1]]
        if self._chosen is not None:
            self._chosen.add_class("atomstat-chosen")

    def _build(self, count: int) -> None:
        self._chosen = None
        size = (self._side - HEADER) // count
        layout = {"width": f"{size}px", "height": f"{size}px", "margin": "0", "padding": "0"}
        style = {"font_size": f"{min(15, max(9, size // 4))}px"}

        def cell(row: int, column: int) -> ipywidgets.Button:
            button = ipywidgets.Button(layout=layout, style=style)
            button.on_click(lambda _button: self._on_click(row, column))
            return button

        self.cells = [[cell(row, column) for column in range(count)] for row in range(count)]
        header = [_name("", HEADER), *(_name(_badge(number), size) for number in range(count))]
        self.figure.children = [
            ipywidgets.HBox(header, layout=ipywidgets.Layout(height=f"{HEADER - 4}px")),
            *(
                ipywidgets.HBox([_name(_badge(number), HEADER), *cells], layout=ipywidgets.Layout(align_items="center"))
                for number, cells in enumerate(self.cells)
            ),
        ]


def _badge(number: int) -> str:
    return f'<b style="color:{COMPONENT_COLORS[number]}">■</b> {number + 1}'


def _name(text: str, width: int) -> ipywidgets.HTML:
    return ipywidgets.HTML(
        f'<div style="text-align:center;font-size:12px;line-height:20px">{text}</div>',
        layout=ipywidgets.Layout(width=f"{width}px", margin="0"),
    )
