"""Controls: each has a visible label, a tooltip, limits, and a trait of the model that it follows."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import ipywidgets
from traitlets import Any as AnyTrait
from traitlets import Bunch, Float, HasTraits, TraitError, Unicode, dlink, observe

from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.reactive.own_changes import OwnChanges
from atomstat_widgets.reactive.parameter import help_of, label_of
from atomstat_widgets.views.html import Html, as_html

WIDTH = "238px"
ECHO = 1.5  # seconds in which a page may send back what it was told to show, before it is told another value
LABEL = {"description_width": "82px"}


class NumberSlider(ipywidgets.FloatSlider):
    """Slider of a number that is shown times a scale, such as a length in pixels that is shown in nm.

    Parameters
    ----------
    label, tooltip : str
    low, high, step : number
        With a whole step the number is whole.
    width : str

    Attributes
    ----------
    number, low, high : number
        As they are, where `value`, `min` and `max` are as they are shown.
    scale : float
    """

    number = AnyTrait()
    low = AnyTrait()
    high = AnyTrait()
    scale = Float(1.0)
    min: float
    max: float

    def __init__(self, label: str, tooltip: str, low: float, high: float, step: float, width: str = WIDTH) -> None:
        self._step = step
        self._showing, self._told = OwnChanges(), 0.0
        super().__init__(
            min=low, max=high, step=step, value=low, number=low, low=low, high=high, description=label, tooltip=tooltip,
            style=LABEL, layout=ipywidgets.Layout(width=width),
        )  # fmt: skip
        self._show()

    @property
    def whole(self) -> bool:
        """Whether the number is a whole one."""
        return isinstance(self._step, int)

    def in_units(self, units: HasTraits) -> "NumberSlider":
        """Show the number, which is a length in pixels, in the unit chosen."""
        dlink((units, "scale"), (self, "scale"))
        return self

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
        """State for the page, its format first and the value last.

        The page takes them one by one: it clips a value to the limits it has, and sends that back.
        """
        state = super().get_state(key, drop_defaults)
        return dict(sorted(state.items(), key=lambda item: (item[0] != "readout_format", item[0] == "value")))

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the page says.

        A value beyond the limits was chosen before the page heard of a change of these, in another unit for example: it
        is told again what to show.
        """
        value = sync_data.get("value", self.value)
        slack = 0.01 * self.step  # for what rounding does
        if not self.min - slack <= value <= self.max + slack:
            sync_data = {name: said for name, said in sync_data.items() if name != "value"}
            self.send_state("value")
        super().set_state(sync_data)

    @observe("number", "low", "high", "scale")
    def _show(self, _change: Bunch | None = None) -> None:
        drawn = None
        while drawn != (drawn := (self.number, self.low, self.high, self.scale)):  # another thread may change them
            self._show_once(*drawn)

    def _show_once(self, number: float, low: float, high: float, scale: float) -> None:
        shown, low, high = (one * scale for one in (number, low, high))
        # Decimals by which two steps can be told apart; of whole numbers as they are, none.
        decimals = next((n for n in range(6) if self._step * scale * 10**n > 0.95), 6)
        with self._showing, self.hold_sync():
            self.min, self.max = min(self.min, low), max(self.max, high)  # room for the value, whatever it was
            self.step, self.readout_format = self._step * scale, f".{decimals}f"
            self._told = shown
            self.value = shown
            self.min, self.max = low, high

    @observe("value")
    def _take_value(self, change: Bunch) -> None:
        # What it was told to show the page sends back too, rounded to its steps.
        if self._showing or abs(change.new - self._told) < 0.5 * self.step:
            return
        number = change.new / self.scale
        self.number = round(number) if self.whole else round(number, 9)


def linked(
    model: AnalysisModel,
    name: str,
    control: HasTraits,
    trait: str = "value",
    *,
    shown: Callable[[Any], Any] = lambda value: value,
    chosen: Callable[[Any], Any] = lambda value: value,
) -> Callable[[], None]:
    """Let a control and a trait of a model follow each other.

    The control shows what the model makes of a choice, which may be another value, or the old one: why a choice is
    refused is said in the model's `error`.

    Parameters
    ----------
    model : AnalysisModel
    name : str
        Of its trait.
    control : HasTraits
    trait : str
        Of the control.
    shown, chosen : callable
        Make the control's value of the model's, and the reverse.

    Returns
    -------
    callable
        Shows the value of the model again, where `shown` depends on something else, too.
    """
    own = OwnChanges()

    def show(_change: Bunch | None = None) -> None:
        with own, suppress(TraitError):  # that the control has no such choice is no reason to refuse it
            setattr(control, trait, shown(getattr(model, name)))

    def choose(change: Bunch) -> None:
        if not own:
            try:
                setattr(model, name, chosen(change.new))
            finally:
                show()

    show()
    model.observe(show, name)
    control.observe(model.guard(choose), trait)
    return show


def slider(model: AnalysisModel, name: str, low: float, high: float, step: float = 1) -> NumberSlider:
    """Slider that is linked both ways to a number; a value assigned beyond its end moves the end."""
    widget = NumberSlider(label_of(model, name), help_of(model, name), low, max(high, getattr(model, name)), step)
    widget.number = getattr(model, name)

    def make_room(change: Bunch) -> None:
        widget.high = max(widget.high, change.new)

    model.observe(make_room, name)  # before it is shown
    linked(model, name, widget, "number")
    return widget


def automatic_button(tooltip: str) -> ipywidgets.ToggleButton:
    """Button that is down while the model chooses a value itself."""
    return ipywidgets.ToggleButton(
        value=True, description="auto", tooltip=tooltip,
        layout=ipywidgets.Layout(width="35px", height="22px", padding="0"),
    )  # fmt: skip


def automatic_switch(model: AnalysisModel, name: str, what: str) -> ipywidgets.ToggleButton:
    """Button that is down while the model chooses; pressed, it lets it choose again.

    Another choice is made elsewhere, such as in the pictures, not by the button.

    Parameters
    ----------
    model : AnalysisModel
    name : str
        Of a trait that is None while the model chooses.
    what : str
        What it chooses then.
    """
    button = automatic_button(f"{label_of(model, name)}: {what}")

    def follow(_change: Bunch | None = None) -> None:
        button.value = getattr(model, name) is None

    def pressed(change: Bunch) -> None:
        if change.new:
            setattr(model, name, None)
        else:
            follow()

    follow()
    model.observe(follow, name)
    button.observe(model.guard(pressed), "value")
    return button


class AutomaticSlider(ipywidgets.HBox):
    """Slider of a number that the model can choose itself, where its trait is None; a button says which of both.

    Parameters
    ----------
    model : AnalysisModel
    name : str
        Of a trait that is a number or None.
    low, high, step : number
        Of the slider; with a whole step the number is whole.
    """

    def __init__(self, model: AnalysisModel, name: str, low: float, high: float, step: float = 1) -> None:
        self._model, self._name, self._step = model, name, step
        self._shown, self._replaced = low, [(0.0, low)]  # what was shown before, and until when
        self._showing = OwnChanges()
        label = label_of(model, name)
        self.slider = NumberSlider(label, help_of(model, name), low, high, step, "201px")
        self.automatic = automatic_button(f"{label}: let it be chosen from the image")
        super().__init__([self.slider, self.automatic])
        self.slider.observe(model.guard(self._take_value), "number")
        self.automatic.observe(model.guard(self._take_press), "value")
        model.observe(self._take_trait, name)
        self._follow(getattr(model, name))

    def show(self, value: float) -> None:
        """Show the number that was chosen automatically."""
        slider, step = self.slider, self._step
        if getattr(self._model, self._name) is not None or slider.number != self._shown:
            return  # the user chooses another at this moment, and the page may not be told of this one
        slider.high = max(slider.high, value)
        value = slider.low + round((value - slider.low) / step) * step
        now = time.monotonic()
        self._replaced = [(when, old) for when, old in self._replaced if now - when < ECHO] + [(now, self._shown)]
        self._shown = value
        with self._showing:
            slider.number = value

    def in_units(self, units: HasTraits) -> "AutomaticSlider":
        """Show the number, which is a length in pixels, in the unit chosen."""
        self.slider.in_units(units)
        return self

    def disable(self, why: str) -> None:
        """Take the control out of use, or with no reason into use again."""
        self.slider.disabled = self.automatic.disabled = bool(why)
        self.slider.tooltip = why or help_of(self._model, self._name)

    def _take_value(self, change: Bunch) -> None:
        if self._showing:
            return
        # What is shown comes back from the page too, rounded by it, and maybe late, after another value was shown:
        # that is nobody's wish.
        now, close = time.monotonic(), self._step / 2
        late = any(abs(change.new - old) < close and now - when < ECHO for when, old in self._replaced)
        if self.automatic.value and abs(change.new - self._shown) < close:
            return
        if self.automatic.value and late:
            self.slider.number = self._shown
        else:
            self._choose(change.new)

    def _take_press(self, change: Bunch) -> None:
        if not self._showing:
            self._choose(None if change.new else self.slider.number)

    def _choose(self, value: float | None) -> None:
        try:
            setattr(self._model, self._name, value)
        finally:
            self._follow(getattr(self._model, self._name))

    def _take_trait(self, change: Bunch) -> None:
        self._follow(change.new)

    def _follow(self, value: float | None) -> None:
        with self._showing:  # the model has it already
            if value is not None:
                self.slider.low, self.slider.high = min(self.slider.low, value), max(self.slider.high, value)
                self._shown = value
            self.slider.number = self._shown
            self.automatic.value = value is None


def switch(model: AnalysisModel, name: str) -> ipywidgets.Checkbox:
    """Check box that is linked both ways to a truth; show it `Explained`."""
    widget = checkbox(label_of(model, name), help_of(model, name))
    linked(model, name, widget)
    return widget


def choice(model: AnalysisModel, name: str, options: Sequence[tuple[str, Any]]) -> ipywidgets.Dropdown:
    """Drop-down list that is linked both ways to one of several values, each with a name; show it `Explained`."""
    widget = dropdown(options, getattr(model, name), label_of(model, name), help_of(model, name))
    linked(model, name, widget)
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


def heading_html(text: str, unit: str = "") -> Html:
    """Heading of a group of controls, with a unit in brackets."""
    return Html(f"<h4>{as_html(text)}{f' <span>({as_html(unit)})</span>' if unit else ''}</h4>")


def heading(text: str, units: HasTraits | None = None, other: str = "") -> ipywidgets.HTML:
    """Heading of a group of controls, with the unit of lengths where there are any, and other units."""
    widget = ipywidgets.HTML(heading_html(text))
    if units is not None:
        dlink((units, "unit"), (widget, "value"), lambda unit: heading_html(text, unit + other))
    return widget


def title(text: str, remark: str = "") -> Html:
    """Title of a view, with a quieter remark; either is text, or HTML that says so."""
    return Html(f'<div class="atomstat-title">{as_html(text)} <small>{as_html(remark)}</small></div>')
