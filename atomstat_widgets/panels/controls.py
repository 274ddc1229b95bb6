"""Controls: each has a visible label, a tooltip, limits, and a trait of the model that it follows."""

import time
from collections.abc import Sequence
from typing import Any

import ipywidgets
from traitlets import Bunch, HasTraits, Unicode, dlink, link

WIDTH = "238px"
ECHO = 1.5  # seconds in which a page may send back what it was told to show, before it is told another value
LABEL = {"description_width": "82px"}


def slider(
    model: HasTraits, name: str, label: str, tooltip: str, low: float, high: float, step: float = 1
) -> ipywidgets.IntSlider | ipywidgets.FloatSlider:
    """Slider that is linked both ways to a number; a value assigned beyond its end moves the end."""
    widget = _unlinked(label, tooltip, low, max(high, getattr(model, name)), step, WIDTH)
    widget.value = getattr(model, name)

    def make_room(change: Bunch) -> None:
        widget.max = max(widget.max, change.new)

    model.observe(make_room, name)  # before the link: a slider clips its value, and the link would clip the model's
    link((model, name), (widget, "value"))
    return widget


def _unlinked(
    label: str, tooltip: str, low: float, high: float, step: float, width: str
) -> ipywidgets.IntSlider | ipywidgets.FloatSlider:
    """Slider of whole numbers where the step is one."""
    whole = isinstance(step, int)
    kind, readout = (ipywidgets.IntSlider, "d") if whole else (ipywidgets.FloatSlider, ".1f")
    return kind(
        min=low, max=high, step=step, description=label, tooltip=tooltip, readout_format=readout, style=LABEL,
        layout=ipywidgets.Layout(width=width),
    )  # fmt: skip


class AutomaticSlider(ipywidgets.HBox):
    """Slider of a number that the model can choose itself, where its trait is None; a button says which of both.

    Parameters
    ----------
    model : HasTraits
    name : str
        Of a trait that is a number or None.
    label, tooltip : str
    low, high, step : number
        Of the slider; with a whole step the number is whole.
    """

    def __init__(
        self, model: HasTraits, name: str, label: str, tooltip: str, low: float, high: float, step: float = 1
    ) -> None:
        self._model, self._name, self._tooltip = model, name, tooltip
        self._shown, self._replaced = low, [(0.0, low)]  # what was shown before, and until when
        self.slider = _unlinked(label, tooltip, low, high, step, "201px")
        self.automatic = ipywidgets.ToggleButton(
            value=True, description="auto", tooltip=f"{label}: let it be chosen from the image",
            layout=ipywidgets.Layout(width="35px", height="22px", padding="0"),
        )  # fmt: skip
        super().__init__([self.slider, self.automatic])
        self.slider.observe(self._moved, "value")
        self.automatic.observe(self._pressed, "value")
        model.observe(self._followed, name)
        self._follow(getattr(model, name))

    def show(self, value: float) -> None:
        """Show the number that was chosen automatically."""
        slider = self.slider
        slider.max = max(slider.max, value)
        value = slider.min + round((value - slider.min) / slider.step) * slider.step
        now = time.monotonic()
        self._replaced = [(when, old) for when, old in self._replaced if now - when < ECHO] + [(now, self._shown)]
        self._shown = value
        slider.value = value

    def disable(self, why: str) -> None:
        """Take the control out of use, or with no reason into use again."""
        self.slider.disabled = self.automatic.disabled = bool(why)
        self.slider.tooltip = why or self._tooltip

    def _moved(self, change: Bunch) -> None:
        # What is shown comes back from the page too, rounded by it, and maybe late, after another value was shown:
        # that is nobody's wish.
        now, close = time.monotonic(), self.slider.step / 2
        late = any(abs(change.new - old) < close and now - when < ECHO for when, old in self._replaced)
        if self.automatic.value and abs(change.new - self._shown) < close:
            return
        if self.automatic.value and late:
            self.slider.value = self._shown
        else:
            setattr(self._model, self._name, change.new)

    def _pressed(self, change: Bunch) -> None:
        setattr(self._model, self._name, None if change.new else self.slider.value)

    def _followed(self, change: Bunch) -> None:
        self._follow(change.new)

    def _follow(self, value: float | None) -> None:
        if value is not None:
            self.slider.min, self.slider.max = min(self.slider.min, value), max(self.slider.max, value)
            self.slider.value = value
        self.automatic.value = value is None


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
