"""Session: all panels' settings as a link and as a file, and back."""

import os
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from urllib.parse import parse_qs

import ipywidgets

from atomstat_widgets.panels.export_bar import download_link
from atomstat_widgets.reactive.session import as_address, as_json, from_address, from_json


class SessionBar(ipywidgets.HBox):
    """A link that opens the same view, the session as a file, and a place to open one; hidden until asked for.

    Parameters
    ----------
    state : callable
        Gives the session as it is.
    restore : callable
        Called with a session that is to be shown.
    say : callable
        Called with an error.

    Attributes
    ----------
    switch : ToggleButton
        To be shown somewhere; it opens and closes the bar.
    """

    def __init__(
        self,
        state: Callable[[], dict[str, Any]],
        restore: Callable[[Mapping[str, Any]], None],
        say: Callable[[Exception], None],
    ) -> None:
        self._state, self._restore, self._say = state, restore, say
        self.switch = ipywidgets.ToggleButton(
            description="Session", icon="link", tooltip="Keep or share all settings, or open those that were kept",
            layout=ipywidgets.Layout(width="100px"),
        )  # fmt: skip
        self.links = ipywidgets.HTML()
        self.upload = ipywidgets.FileUpload(
            accept=".json", description="Open a session", tooltip="Open the settings of a session file",
            layout=ipywidgets.Layout(width="160px"),
        )  # fmt: skip
        self._row = ipywidgets.HBox([self.links, self.upload], layout=ipywidgets.Layout(display="none"))
        self._row.add_class("atomstat-session")
        super().__init__([self._row])
        self.switch.observe(lambda change: self._open(change.new), "value")
        self.upload.observe(self._take_upload, "value")

    def open_address(self, query: str) -> None:
        """Show the session that the query of the page's address has, if it has one."""
        for text in parse_qs(query.removeprefix("?")).get("state", [])[:1]:
            self._take(from_address, text)

    def refresh(self) -> None:
        """Write the links anew, if they are shown."""
        if self.switch.value:
            self._open(True)

    def _open(self, wanted: bool) -> None:
        if wanted:
            state = self._state()
            parts = [download_link({"session.json": as_json(state).encode()}, "session")]
            if "VOILA_PREHEAT" in os.environ:  # in a notebook the address is that of the notebook
                link = escape(as_address(state))
                parts.insert(0, f'<a href="?state={link}" target="_blank">Link to this view</a>')
            self.links.value = " · ".join(parts)
        self._row.layout.display = None if wanted else "none"

    def _take_upload(self, _change: Any) -> None:
        for file in self.upload.value:
            self._take(from_json, bytes(file["content"]))
        self.upload.unobserve(self._take_upload, "value")
        self.upload.value = ()  # so that the same file can be opened again
        self.upload.observe(self._take_upload, "value")

    def _take(self, read: Callable[[Any], dict[str, Any]], text: Any) -> None:
        try:
            self._restore(read(text))
        except Exception as error:  # words in the header, whatever it was
            self._say(error)
