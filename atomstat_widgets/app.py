"""The app: the header with the choice of analysis and data, and the panel below it."""

import os
from collections.abc import Mapping
from typing import Any

import ipywidgets

from atomstat_widgets.data import Cube, Image, Movie, load
from atomstat_widgets.data.readers.reopening import describe_source
from atomstat_widgets.panels.background import in_background
from atomstat_widgets.panels.closing import close_all_in
from atomstat_widgets.panels.controls import Explained, dropdown
from atomstat_widgets.panels.open_bar import OpenBar
from atomstat_widgets.panels.page import Page
from atomstat_widgets.panels.panel import Panel
from atomstat_widgets.panels.reading import Reading
from atomstat_widgets.panels.session_bar import SessionBar
from atomstat_widgets.panels.style import style_sheet
from atomstat_widgets.reactive.own_changes import OwnChanges
from atomstat_widgets.reactive.registry import analyses, samples_of
from atomstat_widgets.reactive.session import parameters_of, set_parameters
from atomstat_widgets.views.html import alert, as_html

# How the command line names the user's file, and how to take it, to the notebook it serves.
FILE_VARIABLE, KIND_VARIABLE, SIGNAL_VARIABLE = "ATOMSTAT_FILE", "ATOMSTAT_KIND", "ATOMSTAT_SIGNAL"


TABS = {one.title: one for one in analyses().values()}


class App(ipywidgets.VBox):
    """All panels under one header, each built when it is first shown.

    Parameters
    ----------
    data : Image, Movie, Cube, array or path, optional
        What to show, see `load`, in the first panel for its kind. By default the file that ``atomstat FILE`` was given,
        or each panel's own sample.

    Attributes
    ----------
    panel : Panel
        The panel that is shown.
    panels : dict of str to Panel
        Those that were shown, by the titles of their analyses.
    tabs : ToggleButtons
        Which analysis is shown, by its title.
    choice : Dropdown
        Which data are shown, by their label.
    open_bar : OpenBar
    session_bar : SessionBar
    notice : HTML
        What went wrong, in words.
    """

    children: tuple[ipywidgets.Widget, ...]

    def __init__(self, data: Any = None) -> None:
        self.notice = ipywidgets.HTML()
        self._data: dict[tuple[str, str], Image | Movie | Cube] = {}  # by kind and label
        self.panels: dict[str, Panel] = {}
        self.chosen: dict[str, str] = {}  # by the user, for all panels of a kind
        self._reading: Reading | None = None  # of a session that is to be shown
        self._samples: dict[str, dict[str, Any]] = {one.kind: samples_of(one.kind) for one in TABS.values()}
        self._labels = {kind: [f"Sample: {name}" for name in offered] for kind, offered in self._samples.items()}
        first = next(iter(TABS))
        given = data if data is not None else os.environ.get(FILE_VARIABLE)
        if given is not None:
            try:
                shown = load(data) if data is not None else load(given, **choice_of_environment())
                self._offer(shown)
                first = first_for(kind_of_data(shown))
            except (ValueError, TypeError) as error:
                self._say(error)
        self.tabs = ipywidgets.ToggleButtons(
            options=list(TABS), value=first, tooltips=[tab.purpose for tab in TABS.values()],
            style={"button_width": "auto"},
        )  # fmt: skip
        self.choice = dropdown(self._labels[TABS[first].kind], None, "Data", "What to analyse, in every panel for it")
        self.choice.layout.width = "340px"
        self.open_bar = OpenBar(self.show)
        self.session_bar = SessionBar(self.state, self.restore, self._say)
        header = ipywidgets.HBox(
            [ipywidgets.HTML('<div class="atomstat-name">atomstat</div>'), self.tabs, Explained(self.choice),
             self.open_bar.switch, self.session_bar.switch, self.notice]
        )  # fmt: skip
        header.add_class("atomstat-header")
        self.page = Page(self.open_bar.receive)
        super().__init__([style_sheet(), self.page, header, self.open_bar, self.session_bar])
        self.add_class("atomstat")
        self._switching = OwnChanges()
        self._show_tab()
        self.page.observe(lambda change: self.session_bar.open_address(change.new), "address")
        self.tabs.observe(self._guarded(self._take_tab), "value")
        self.choice.observe(self._guarded(self._take_choice), "value")

    @property
    def panel(self) -> Panel:
        """The panel that is shown."""
        return self.panels[self.tabs.value]

    def __repr__(self) -> str:
        return f"{type(self).__name__} with {self.panel!r}"

    def close(self) -> None:
        """Take the app off every page and let go of its memory; runs are cancelled."""
        if self.comm is not None:
            self._give_up()
            for panel in self.panels.values():
                panel.close()
            close_all_in(self)

    def show(self, data: Image | Movie | Cube) -> None:
        """Show data in the panel that is open or, where that is for another kind, in the first one for it.

        Raises
        ------
        ValueError, TypeError
            The panel cannot analyse them; it goes on with what it has.
        """
        self._give_up()
        kind = kind_of_data(data)
        name = self.tabs.value if TABS[self.tabs.value].kind == kind else first_for(kind)
        if name in self.panels:
            setattr(self.panels[name].model, kind, data)  # refused before anything is changed
        else:
            self._make(name, data)
        self._offer(data)
        self.tabs.value = name

    def _offer(self, data: Image | Movie | Cube) -> None:
        """Put data first in the list of their kind, and choose them."""
        kind = kind_of_data(data)
        if data.name not in self._labels[kind]:
            self._labels[kind] = [data.name, *self._labels[kind]]
        self.chosen[kind], self._data[kind, data.name] = data.name, data

    def state(self) -> dict[str, Any]:
        """Settings of all panels that were opened, as `restore` takes them and JSON knows them."""
        panels = {}
        for name, panel in self.panels.items():
            shown = getattr(panel.model, TABS[name].kind)
            panels[name] = {
                "data": self._label(TABS[name].kind, shown) or shown.name,
                "source": describe_source(shown.source, self.open_bar.folder),
                "parameters": parameters_of(panel.model),
            }
        return {"tab": self.tabs.value, "panels": panels}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Show what `state` gave; what of it cannot be shown is said in the header, and stays as it is.

        Data that are not here are read first, beside the page. What is chosen meanwhile wins: then all stays as it is.

        Raises
        ------
        ValueError
            It has no panels.
        """
        panels = state.get("panels")
        if not isinstance(panels, dict) or not all(isinstance(one, dict) for one in panels.values()):
            raise ValueError("the session has no panels")
        self._give_up()
        here = {name: self._here(TABS[name].kind, one) for name, one in panels.items() if name in TABS}
        sources = {name: panels[name].get("source") for name, data in here.items() if data is None}
        sources = {name: source for name, source in sources.items() if source is not None}
        if not sources:
            self._restore(state, here)
            return
        folder, reading = self.open_bar.folder, Reading(self._tell)
        self._reading = reading
        self._tell("Opening the data of the session…")

        def go_on(read: Any, error: Exception | None) -> None:
            if reading is not self._reading:  # given up
                return
            self._reading = None
            try:
                if error is not None:
                    raise error
                self._restore(state, here | read)
            except Exception as problem:  # words in the header, whatever it was
                self._say(problem)

        in_background(lambda: reading.read(sources, folder), go_on)

    def _give_up(self) -> None:
        """Let no session that is still being read take the place of what is wanted now."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.give_up()
            self.notice.value = ""

    def _here(self, kind: str, state: Mapping[str, Any]) -> Image | Movie | Cube | None:
        """Data of a session that are here: with this label, and from the same source."""
        label, source = state.get("data"), state.get("source")
        if label in self._labels[kind]:
            datum = self.find_data(kind, label)
            if source in (None, describe_source(datum.source, self.open_bar.folder)):
                return datum
        return None

    def _restore(self, state: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        """Show a session with these data, by panel."""
        panels, shown = state["panels"], state.get("tab")
        problems = [f"there is no panel {name}" for name in panels if name not in TABS]
        for name in [one for one in TABS if one in panels and one != shown] + [shown]:
            if name not in list(TABS):  # which may be anything, not only what a dict can look up
                problems.append(f"there is no panel {name}")
            elif name in panels:
                problems += [f"{name}: {problem}" for problem in self._restore_panel(name, panels[name], data[name])]
        self._say(ValueError("Of the session: " + "; ".join(problems)) if problems else None)

    def _restore_panel(self, name: str, state: Mapping[str, Any], data: Any) -> list[str]:
        """Show a panel with these data and settings; the problems."""
        self.tabs.value = name
        problems = self._restore_data(TABS[name].kind, state.get("data"), data)
        parameters = state.get("parameters")
        if not isinstance(parameters, dict):
            return [*problems, "it has no parameters"]
        return problems + set_parameters(self.panel.model, parameters)

    def _restore_data(self, kind: str, label: Any, data: Any) -> list[str]:
        """Show the data of a session, None where they are not here, or say why they could not be read."""
        if data is None:
            return [f"{label} is not here, {self.choice.value} is shown"]
        try:
            if isinstance(data, Exception):
                raise data
            if kind_of_data(data) != kind:
                raise ValueError(f"it is a {kind_of_data(data)}")
            known = self._label(kind, data)
            if known is None:
                self.show(data)
            else:
                self.choice.value = known
        except (ValueError, TypeError, MemoryError, OSError) as error:
            return [f"{label} cannot be opened ({error}), {self.choice.value} is shown"]
        return []

    def _guarded(self, call: Any) -> Any:
        """Make a callback that says in the header what went wrong; nobody would see it elsewhere."""

        def guarded(_change: Any) -> None:
            try:
                call()
            except Exception as error:
                self._say(error)

        return guarded

    def _say(self, error: Exception | None) -> None:
        self.notice.value = alert(error) if error else ""

    def _tell(self, words: str) -> None:
        self.notice.value = as_html(words)

    def _take_tab(self) -> None:
        self._give_up()
        self._show_tab()

    def _show_tab(self) -> None:
        name = self.tabs.value
        kind = TABS[name].kind
        chosen = self.chosen.get(kind)
        label = chosen or f"Sample: {TABS[name].sample}"
        if name not in self.panels:
            label = self._build(name, label)
        # Never two at once. Hidden, not taken away: its figures keep their sizes.
        for other in self.panels.keys() - {name}:
            self.panels[other].layout.display = "none"
        if self.panel not in self.children:
            self.children = (*self.children, self.panel)
        self.panel.layout.display = None
        if chosen is not None:
            try:
                self._give(label)
            except (ValueError, TypeError) as error:  # the panel goes on with what it has
                self._say(error)
                label = self._label(kind, getattr(self.panel.model, kind)) or label
        self._list(kind, label)
        self.session_bar.refresh()

    def _build(self, name: str, label: str) -> str:
        """Build a panel, on its own sample if what was chosen is not for it, and give the label of what it shows."""
        tab = TABS[name]
        try:
            self._make(name, self.find_data(tab.kind, label))
        except (ValueError, TypeError) as error:
            self._say(error)
            label = f"Sample: {tab.sample}"
            self._make(name, self.find_data(tab.kind, label))
        return label

    def _make(self, name: str, data: Image | Movie | Cube) -> None:
        self.panels[name] = panel = TABS[name].load("panel")(data)
        panel.model.observe(lambda _change: self.session_bar.refresh(), "result")
        panel.model.observe(self._guarded(self._follow), panel.model.kind)

    def _follow(self) -> None:
        """Let the list show what the panel shows, whoever gave it."""
        kind = TABS[self.tabs.value].kind
        shown = getattr(self.panel.model, kind)
        label = self._label(kind, shown)
        if label is None:
            self._offer(shown)
        else:
            self.chosen[kind] = label
        self._list(kind, label or shown.name)

    def _list(self, kind: str, label: str) -> None:
        """Let the list offer the data of a kind, and show which are chosen; it follows the panel, not the reverse."""
        with self._switching:
            self.choice.options = self._labels[kind]
            self.choice.value = label

    def _take_choice(self) -> None:
        if not self._switching:
            self._give_up()
            self.chosen[TABS[self.tabs.value].kind] = self.choice.value
            self._give(self.choice.value)

    def _give(self, label: str) -> None:
        """Let the panel that is shown show this."""
        kind = TABS[self.tabs.value].kind
        datum = self.find_data(kind, label)
        if getattr(self.panel.model, kind) is not datum:
            self.notice.value = ""
            setattr(self.panel.model, kind, datum)

    def find_data(self, kind: str, label: str) -> Image | Movie | Cube:
        """Find data of a kind by their label; a sample is made when it is first asked for."""
        if (kind, label) not in self._data:
            self._data[kind, label] = self._samples[kind][label.removeprefix("Sample: ")]()
        return self._data[kind, label]

    def _label(self, kind: str, datum: Image | Movie | Cube) -> str | None:
        """Label of data in the list, if they are in it."""
        return next((label for (of, label), one in self._data.items() if of == kind and one is datum), None)


def panel(source: Any, **parameters: Any) -> Panel:
    """Show what a source holds in the first panel for its kind.

    Images are shown by the `SlidingFFTPanel`, movies by the `TrajectoriesPanel`, spectrum images by the
    `UnmixingPanel`.

    Parameters
    ----------
    source : path, array, HyperSpy signal, xarray.DataArray, Image, Movie or Cube
        See `load`; what it is to be taken for is said there: ``panel(load(file, kind="cube"))``.
    **parameters
        Of the panel's model.

    Raises
    ------
    ValueError, TypeError
        It cannot be read or analysed; the message says why.
    """
    data = load(source)
    shown: Panel = TABS[first_for(kind_of_data(data))].load("panel")(data, **parameters)
    return shown


def first_for(kind: str) -> str:
    """Name of the first tab for data of a kind."""
    return next(name for name, tab in TABS.items() if tab.kind == kind)


def kind_of_data(data: Image | Movie | Cube) -> str:
    """Kind of data, by the name that models and tabs have for it."""
    return {Cube: "cube", Movie: "movie"}.get(type(data), "image")


def choice_of_environment() -> dict[str, Any]:
    """How the command line says to take the file, as arguments of `load`."""
    return {"kind": os.environ.get(KIND_VARIABLE), "signal": os.environ.get(SIGNAL_VARIABLE)}
