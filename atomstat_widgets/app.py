"""The app: the header with the choice of analysis and data, and the panel below it."""

import os
from collections.abc import Mapping
from typing import Any

import ipywidgets

from atomstat_widgets.arguments import instance_of
from atomstat_widgets.data import Cube, Image, Movie, load
from atomstat_widgets.data.readers.reopening import describe_source
from atomstat_widgets.panels.background import in_background
from atomstat_widgets.panels.closing import close_all_in
from atomstat_widgets.panels.controls import Explained, dropdown
from atomstat_widgets.panels.offered import PREFIX, Offered, kind_of_data
from atomstat_widgets.panels.open_bar import OpenBar
from atomstat_widgets.panels.page import Page
from atomstat_widgets.panels.panel import Panel
from atomstat_widgets.panels.reading import Reading
from atomstat_widgets.panels.session_bar import SessionBar
from atomstat_widgets.panels.style import style_sheet
from atomstat_widgets.reactive.failures import in_words
from atomstat_widgets.reactive.own_changes import OwnChanges
from atomstat_widgets.reactive.registry import analyses
from atomstat_widgets.reactive.session import parameters_of, set_parameters
from atomstat_widgets.views.html import alert, as_html

# How the command line names the user's file, and how to take it, to the notebook it serves.
FILE_VARIABLE, KIND_VARIABLE, SIGNAL_VARIABLE = "ATOMSTAT_FILE", "ATOMSTAT_KIND", "ATOMSTAT_SIGNAL"


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
    offered : Offered
        The data that can be chosen.
    open_bar : OpenBar
    session_bar : SessionBar
    notice : HTML
        What went wrong, in words.
    """

    children: tuple[ipywidgets.Widget, ...]

    def __init__(self, data: Any = None) -> None:
        self.notice = ipywidgets.HTML()
        self.panels: dict[str, Panel] = {}
        self._reading: Reading | None = None  # of a session that is to be shown
        self._analyses = {one.title: one for one in analyses().values()}
        self.offered = Offered()
        first = next(iter(self._analyses))
        given = data if data is not None else os.environ.get(FILE_VARIABLE)
        if given is not None:
            try:
                shown = load(data) if data is not None else load(given, **choice_of_environment())
                self.offered.add(shown)
                first = self._first_for(kind_of_data(shown))
            except (ValueError, TypeError) as error:
                self._say(error)
        self.tabs = ipywidgets.ToggleButtons(
            options=list(self._analyses), value=first, style={"button_width": "auto"},
            tooltips=[one.purpose for one in self._analyses.values()],
        )  # fmt: skip
        labels = self.offered.labels[self._analyses[first].kind]
        self.choice = dropdown(labels, None, "Data", "What to analyse, in every panel for it")
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
        self._show_first_tab()
        self.page.observe(lambda change: self.session_bar.open_address(change.new), "address")
        self.tabs.observe(lambda change: self._take_tab(change.old), "value")
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
        name = self.tabs.value if self._analyses[self.tabs.value].kind == kind else self._first_for(kind)
        if name in self.panels:
            setattr(self.panels[name].model, kind, data)  # refused before anything is changed
        else:
            self._make(name, data)
        self.offered.add(data)
        self.tabs.value = name

    def state(self) -> dict[str, Any]:
        """Settings of all panels that were opened, as `restore` takes them and JSON knows them.

        Of a panel whose settings cannot be told, the header says why.
        """
        panels = {}
        for name in self.panels:
            try:
                panels[name] = self._state_of(name)
            except Exception as error:  # of an analysis of another package: the others are kept
                self._say(ValueError(f"{name} is in no session: {in_words(error)}"))
        return {"tab": self.tabs.value, "panels": panels}

    def _state_of(self, name: str) -> dict[str, Any]:
        """Settings of a panel."""
        kind, model = self._analyses[name].kind, self.panels[name].model
        shown = getattr(model, kind)
        return {
            "data": self.offered.label_of(kind, shown) or shown.name,
            "source": describe_source(shown.source, self.open_bar.folder),
            "parameters": parameters_of(model),
        }

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
        here = {
            name: self._here(self._analyses[name].kind, one) for name, one in panels.items() if name in self._analyses
        }
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

    def _here(self, kind: str, state: Mapping[str, Any]) -> Image | Movie | Cube | Exception | None:
        """Data of a session that are here: with this label, and from the same source; or why they cannot be made."""
        label, source = state.get("data"), state.get("source")
        if label in self.offered.labels[kind]:
            try:
                datum = self.offered.find(kind, label)
            except Exception as error:  # of a sample that an analysis brings
                return error
            if source in (None, describe_source(datum.source, self.open_bar.folder)):
                return datum
        return None

    def _restore(self, state: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        """Show a session with these data, by panel."""
        panels, shown = state["panels"], state.get("tab")
        problems = [f"there is no panel {name}" for name in panels if name not in self._analyses]
        for name in [one for one in self._analyses if one in panels and one != shown] + [shown]:
            if name not in list(self._analyses):  # which may be anything, not only what a dict can look up
                problems.append(f"there is no panel {name}")
            elif name in panels:
                problems += [f"{name}: {problem}" for problem in self._restore_panel(name, panels[name], data[name])]
        self._say(ValueError("Of the session: " + "; ".join(problems)) if problems else None)

    def _restore_panel(self, name: str, state: Mapping[str, Any], data: Any) -> list[str]:
        """Show a panel with these data and settings; the problems."""
        try:
            self._require_panel(name)
        except Exception as error:  # of an analysis of another package: the others are shown
            return [in_words(error)]
        self.tabs.value = name
        problems = self._restore_data(self._analyses[name].kind, state.get("data"), data)
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
            known = self.offered.label_of(kind, data)
            if known is None:
                self.show(data)
            else:
                self.choice.value = known
        except Exception as error:
            return [f"{label} cannot be opened ({in_words(error)}), {self.choice.value} is shown"]
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
        self.notice.value = alert(in_words(error)) if error else ""

    def _tell(self, words: str) -> None:
        self.notice.value = as_html(words)

    def _take_tab(self, before: str) -> None:
        """Show the tab that was chosen, or go back to the one before where its panel fails."""
        self._give_up()
        try:
            self._show_tab()
        except Exception as error:  # of an analysis of another package, whatever it is: the others go on
            failed, self.tabs.value = self.tabs.value, before
            self._say(ValueError(f"{failed} cannot be shown: {in_words(error)}"))

    def _show_first_tab(self) -> None:
        """Show the tab that is chosen or, where its panel fails, the first whose panel does not."""
        for name in (self.tabs.value, *self._analyses):
            self.tabs.value = name
            try:
                self._show_tab()
                return
            except Exception as error:
                self._say(ValueError(f"{name} cannot be shown: {in_words(error)}"))

    def _show_tab(self) -> None:
        name = self.tabs.value
        kind = self._analyses[name].kind
        label = self._require_panel(name)
        # Never two at once. Hidden, not taken away: its figures keep their sizes.
        for other in self.panels.keys() - {name}:
            self.panels[other].layout.display = "none"
        if self.panel not in self.children:
            self.children = (*self.children, self.panel)
        self.panel.layout.display = None
        if kind in self.offered.chosen:
            try:
                self._give(label)
            except Exception as error:  # the panel goes on with what it has
                self._say(error)
                label = self.offered.label_of(kind, getattr(self.panel.model, kind)) or label
        self._list(kind, label)
        self.session_bar.refresh()

    def _require_panel(self, name: str) -> str:
        """Build a panel that was never shown, and give the label of what it is to show.

        It is built on its own sample if what was chosen is not for it.
        """
        analysis = self._analyses[name]
        own = PREFIX + analysis.sample
        label = self.offered.chosen.get(analysis.kind, own)
        if name in self.panels:
            return label
        try:
            self._make(name, self.offered.find(analysis.kind, label))
        except Exception as error:
            if label == own:
                raise
            self._make(name, self.offered.find(analysis.kind, own))
            self._say(error)
            return own
        return label

    def _make(self, name: str, data: Image | Movie | Cube) -> None:
        panel = instance_of(self._analyses[name].load("panel")(data), f"the panel of {name}", Panel)
        panel.model.observe(lambda _change: self.session_bar.refresh(), "result")
        panel.model.observe(self._guarded(self._follow), panel.model.kind)
        self.panels[name] = panel

    def _first_for(self, kind: str) -> str:
        """Title of the first analysis for data of a kind."""
        return next(name for name, one in self._analyses.items() if one.kind == kind)

    def _follow(self) -> None:
        """Let the list show what the panel shows, whoever gave it."""
        kind = self._analyses[self.tabs.value].kind
        shown = getattr(self.panel.model, kind)
        label = self.offered.label_of(kind, shown)
        if label is None:
            self.offered.add(shown)
        else:
            self.offered.chosen[kind] = label
        self._list(kind, label or shown.name)

    def _list(self, kind: str, label: str) -> None:
        """Let the list offer the data of a kind, and show which are chosen; it follows the panel, not the reverse."""
        with self._switching:
            self.choice.options = self.offered.labels[kind]
            self.choice.value = label

    def _take_choice(self) -> None:
        if not self._switching:
            self._give_up()
            self.offered.chosen[self._analyses[self.tabs.value].kind] = self.choice.value
            self._give(self.choice.value)

    def _give(self, label: str) -> None:
        """Let the panel that is shown show this."""
        kind = self._analyses[self.tabs.value].kind
        datum = self.offered.find(kind, label)
        if getattr(self.panel.model, kind) is not datum:
            self.notice.value = ""
            setattr(self.panel.model, kind, datum)


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
    first = next(one for one in analyses().values() if one.kind == kind_of_data(data))
    shown: Panel = first.load("panel")(data, **parameters)
    return shown


def choice_of_environment() -> dict[str, Any]:
    """How the command line says to take the file, as arguments of `load`."""
    return {"kind": os.environ.get(KIND_VARIABLE), "signal": os.environ.get(SIGNAL_VARIABLE)}
