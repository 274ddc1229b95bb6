"""Controls: each has a visible label, a tooltip, limits, and a trait of the model that it follows."""

from collections.abc import Sequence
from typing import Any

import ipywidgets
from traitlets import Bunch, HasTraits, Unicode, dlink, link

WIDTH = "238px"
LABEL = {"description_width": "82px"}


def slider(model: HasTraits, name: str, label: str, tooltip: str, low: int, high: int) -> ipywidgets.IntSlider:
    """Slider that is linked both ways to a whole-number trait; a value assigned beyond its end moves the end."""
    widget = ipywidgets.IntSlider(
        value=getattr(model, name), min=low, max=max(high, getattr(model, name)), description=label, tooltip=tooltip,
        style=LABEL, layout=ipywidgets.Layout(width=WIDTH),
    )  # fmt: skip

    def make_room(change: Bunch) -> None:
        widget.max = max(widget.max, change.new)

    model.observe(make_room, name)  # before the link: a slider clips its value, and the link would clip the model's
    link((model, name), (widget, "value"))
    return widget


def checkbox(label: str, tooltip: str, *, value: bool = False) -> ipywidgets.Checkbox:
    """Check box; show it `Explained`."""
    return ipywidgets.Checkbox(
        value=value, description=label, tooltip=tooltip, indent=False, layout=ipywidgets.Layout(width=WIDTH)
    )


def dropdown(options: Sequence[Any], value: Any, label: str, tooltip: str) -> ipywidgets.Dropdown:
    """Drop-down list; show it `Explained`."""
    return ipywidgets.Dropdown(
        options=options, value=value, description=label, tooltip=tooltip, style=LABEL,
        layout=ipywidgets.Layout(width=WIDTH),
    )  # fmt: skip


class Explained(ipywidgets.Box):
    """A control whose tooltip is seen: of check boxes and lists the page shows none, so the box around them has it."""

    description = Unicode("").tag(sync=True)  # the page asks every widget with a tooltip for it, and boxes have none

    def __init__(self, control: ipywidgets.DOMWidget) -> None:
        super().__init__([control])
        dlink((control, "tooltip"), (self, "tooltip"))
        self.add_class("atomstat-explained")


def heading(text: str) -> ipywidgets.HTML:
    """Heading of a group of controls."""
    return ipywidgets.HTML(f"<h4>{text}</h4>")


def title(text: str, remark: str = "") -> str:
    """HTML of the title of a view, with a quieter remark."""
    return f'<div class="atomstat-title">{text} <small>{remark}</small></div>'
