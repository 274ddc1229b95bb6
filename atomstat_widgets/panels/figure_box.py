"""The figure for a paper, on the page: enlarged, shifted, resized, as it will be written."""

from typing import Any

import ipywidgets
from traitlets import Bunch

from atomstat_widgets.reactive.results import figure_of

MILLIMETRES = 25.4
NARROWEST, WIDEST = 85, 240  # mm: one column of a journal, and what still fits on a page of the app


class FigureBox(ipywidgets.VBox):
    """Figure of a result in an ipympl canvas, hidden while there is none.

    Attributes
    ----------
    figure : matplotlib.figure.Figure or None
        As it is shown, with what the user did to it.
    """

    def __init__(self) -> None:
        self.figure: Any = None
        self._canvas: Any = None
        self.figure_width = ipywidgets.IntSlider(
            min=NARROWEST, max=WIDEST, description="Width (mm)", continuous_update=False,
            tooltip="Width of the figure; a journal's column has about 85 mm, two have 180",
            style={"description_width": "80px"}, layout=ipywidgets.Layout(width="300px"),
        )  # fmt: skip
        self.text = ipywidgets.FloatSlider(
            value=1, min=0.5, max=2, step=0.1, description="Text", readout_format=".1f", continuous_update=False,
            tooltip="Size of all letters: 1 is 8 points for titles and 7 for numbers",
            style={"description_width": "40px"}, layout=ipywidgets.Layout(width="260px"),
        )  # fmt: skip
        caption = ipywidgets.HTML(
            '<div class="atomstat-caption">Figure files are written as it stands here. Enlarge and shift with the '
            "buttons at its side; its lower right corner changes its height and width.</div>"
        )
        self.place = ipywidgets.Box(layout=ipywidgets.Layout(overflow="auto"))
        super().__init__(
            [ipywidgets.HBox([self.figure_width, self.text]), caption, self.place],
            layout=ipywidgets.Layout(display="none"),
        )
        self.figure_width.observe(self._resize, "value")
        self.text.observe(self._rescale_text, "value")

    def show(self, result: Any, **look: Any) -> None:
        """Compose the figure of a result, see `figure_of`, and show it."""
        # Not for every session: with matplotlib it takes a second and 40 MB.
        from ipympl.backend_nbagg import Canvas, FigureManager

        self.clear()
        figure = figure_of(result, **look)
        self.figure_width.value = round(figure.get_figwidth() * MILLIMETRES)
        self.text.value = 1.0
        canvas = Canvas(figure)
        FigureManager(canvas, 0)  # which gives it the toolbar
        canvas.header_visible, canvas.toolbar_visible = False, True
        self.place.children = [canvas]
        self.figure, self._canvas = figure, canvas
        self.layout.display = None

    def clear(self) -> None:
        """Show no figure."""
        self.layout.display = "none"
        self.place.children = []
        if self._canvas is not None:
            self._canvas.toolbar.close()
            self._canvas.close()
        self.figure = self._canvas = None

    def _resize(self, change: Bunch) -> None:
        if self.figure is not None:
            self.figure.set_figwidth(change.new / MILLIMETRES)
            self._canvas.draw_idle()

    def _rescale_text(self, change: Bunch) -> None:
        if self.figure is not None:
            from matplotlib.text import Text

            for text in self.figure.findobj(Text):
                text.set_fontsize(text.get_fontsize() * change.new / change.old)
            self._canvas.draw_idle()
