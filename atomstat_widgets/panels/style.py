"""The look of every panel, the same in a notebook and under Voila."""

from functools import cache
from importlib.resources import files

import ipywidgets


@cache
def css() -> str:
    """Rules of `style.css`."""
    return files("atomstat_widgets.panels").joinpath("style.css").read_text(encoding="utf-8")


def style_sheet() -> ipywidgets.HTML:
    """Make a widget that carries the style into the page and takes no room there."""
    return ipywidgets.HTML(f"<style>{css()}</style>", layout=ipywidgets.Layout(display="none"))
