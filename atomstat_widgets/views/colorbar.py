"""What a colour means."""

import ipywidgets

from atomstat_widgets.views.colors import lookup_table
from atomstat_widgets.views.html import as_html


class ColorBar(ipywidgets.HTML):
    """A strip of colours with a number, or a word, at either end."""

    def show(self, stops: list[str], low: str, high: str, label: str = "") -> None:
        """Show CSS colours from left to right, what their ends stand for, and what it is all about."""
        self.value = (
            f'<div class="atomstat-bar"><span>{as_html(label)}</span><span>{as_html(low)}</span>'
            f'<i style="background:linear-gradient(to right,{",".join(stops)})"></i><span>{as_html(high)}</span></div>'
        )

    def show_map(self, name: str, low: str, high: str, label: str = "") -> None:
        """Show one of matplotlib's colour maps."""
        stops = [f"rgb({red},{green},{blue})" for red, green, blue in lookup_table(name)[::17].tolist()]
        self.show(stops, low, high, label)
