"""Open data in the page: a file of the data folder, or one that is uploaded."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import ipywidgets

from atomstat_widgets.data import Cube, Image, Movie
from atomstat_widgets.data.guarded.opening import Opening
from atomstat_widgets.data.readers.loading import KINDS, by_blocks, load_of_folder
from atomstat_widgets.data.readers.reopening import inside, is_inside
from atomstat_widgets.data.source import Source
from atomstat_widgets.panels.background import in_background
from atomstat_widgets.panels.controls import Explained
from atomstat_widgets.panels.page import MOST_BYTES
from atomstat_widgets.panels.uploads import Uploads
from atomstat_widgets.reactive.failures import in_words
from atomstat_widgets.views.html import alert, as_html

FOLDER_VARIABLE = "ATOMSTAT_DATA"  # how the command line names the folder of data to the notebook it serves
MOST_FILES = 500  # that the list shows
NOT_SAID = ""  # in place of None: a list does not show an option of that value once it is chosen


class OpenBar(ipywidgets.HBox):
    """Choice of a file and of what it is taken for; hidden until `switch` is pressed.

    Parameters
    ----------
    show : callable
        Called with the Image, Movie or Cube that was opened.

    Attributes
    ----------
    switch : ToggleButton
        To be shown somewhere; it opens and closes the bar.
    folder : path or None
        The data folder.
    """

    def __init__(self, show: Callable[[Image | Movie | Cube], None]) -> None:
        self._show = show
        self._several: Path | None = None  # the file whose signals can be chosen
        named = os.environ.get(FOLDER_VARIABLE)
        self.folder = None if named is None else Path(named)
        self._opening: Opening | None = None
        self.uploads = Uploads()
        self.switch = ipywidgets.ToggleButton(
            description="Open", icon="folder-open", tooltip="Open a file of your own", layout={"width": "90px"}
        )
        self.switch.add_class("atomstat-opener")
        self.kind = ipywidgets.Dropdown(
            options=[("what it looks like", NOT_SAID), *((words, kind) for kind, words in KINDS.items())],
            description="Take it as", tooltip="An array of three axes looks like a stack of images",
            style={"description_width": "70px"}, layout=ipywidgets.Layout(width="230px"),
        )  # fmt: skip
        self.file = ipywidgets.Dropdown(
            options=[("", NOT_SAID)], description="File", tooltip="A file of the data folder",
            style={"description_width": "36px"},
            layout=ipywidgets.Layout(width="320px", display=None if self.folder else "none"),
        )  # fmt: skip
        self.signal = ipywidgets.Dropdown(
            options=[("", NOT_SAID)], description="Signal", tooltip="Which of the signals of the file to show",
            style={"description_width": "48px"}, layout=ipywidgets.Layout(width="320px", display="none"),
        )  # fmt: skip
        # The page asks for the file, and sends it; see `page`.
        upload = ipywidgets.Button(
            description="Upload a file", icon="upload",
            tooltip=f"A file of up to {MOST_BYTES / 1e6:.0f} MB from your computer",
            layout=ipywidgets.Layout(width="150px", flex="0 0 auto"),
        )  # fmt: skip
        upload.add_class("atomstat-upload")
        self.cancel = ipywidgets.Button(
            description="Cancel", icon="stop", tooltip="Give up opening the file",
            layout=ipywidgets.Layout(width="90px", flex="0 0 auto", display="none"),
        )  # fmt: skip
        self.words = ipywidgets.HTML(layout=ipywidgets.Layout(flex="1 1 300px"))
        self.words.add_class("atomstat-opening")
        lists = [Explained(one) for one in (self.kind, self.file, self.signal)]
        for one in lists:
            one.layout.flex = "0 0 auto"
        # Words that find no place beside the controls go below them.
        super().__init__(
            [*lists, upload, self.cancel, self.words],
            layout=ipywidgets.Layout(display="none", flex_flow="row wrap"),
        )
        self.add_class("atomstat-session")
        self.switch.observe(lambda change: self._open(change.new), "value")
        self.file.observe(lambda change: self._take(self._of_folder), "value")
        self.signal.observe(lambda change: self._take(lambda: self._several), "value")
        self.cancel.on_click(lambda _button: self._give_up())

    def receive(self, told: Mapping[str, Any], content: bytes) -> None:
        """Take a message of a file that is uploaded, see `Uploads.take`, and open the file when it is whole."""
        try:
            come = self.uploads.take(told, content)
        except Exception as error:  # words in the bar, whatever it was
            self.switch.value = True
            self._say(error, None)
            return
        if isinstance(come, Path):
            self._take(lambda: come)
        elif come is not None:
            if not come:
                self._stop()
                self.switch.value = True
            progress = f": {come:.0%}" if come else "…"
            self.words.value = f"Uploading {as_html(self.uploads.name)}{progress}"
            self.cancel.layout.display = None

    def _open(self, wanted: bool) -> None:
        if wanted:
            self.words.value = f"Uploads have up to {MOST_BYTES / 1e6:.0f} MB; a file can be dropped on the page."
            if self.folder:
                self.file.options = [("", NOT_SAID), *((name, name) for name in files_of(self.folder))]
        self.layout.display = None if wanted else "none"

    def _take(self, find: Callable[[], Path | None]) -> None:
        """Open a file, in place of one that is still being opened."""
        try:
            path = find()
        except Exception as error:  # words in the bar, whatever it was
            self._say(error, None)
            return
        if path is None:
            return
        self._stop()
        again = path == self._several
        kind, signal = self.kind.value or None, (self.signal.value or None) if again else None
        opening = self._opening = Opening(path, on_wait=lambda seconds: self._tell(opening, seconds))
        self.words.value = f"Opening {as_html(path.name)}…"
        self.cancel.layout.display = None

        offered: dict[str, str] = {}

        def work() -> Image | Movie | Cube:
            if by_blocks(path):  # by whoever computes, when asked for
                return load_of_folder(path, kind, signal)
            if not again:
                offered.update(opening.signals(several=True))
            data: Image | Movie | Cube = opening.load(kind, signal)
            return data

        in_background(work, lambda data, error: self._take_opened(opening, None if again else offered, data, error))

    def _tell(self, opening: Opening, seconds: float) -> None:
        if opening is self._opening and seconds > 1:
            self.words.value = as_html(opening.describe_wait(seconds))

    def _give_up(self) -> None:
        """Give up the file that is being sent or opened."""
        if self._opening is None:
            self.uploads.stop()
            self.words.value = f"{as_html(self.uploads.name)}: cancelled"
        self._stop()

    def _stop(self) -> None:
        """Give up what is being opened."""
        opening, self._opening = self._opening, None
        self.cancel.layout.display = "none"
        if opening is not None:
            opening.cancel()
            self.words.value = f"{as_html(opening.path.name)}: cancelled"
            if opening.path != self._several:  # of which another signal may be wanted
                self.uploads.forget(opening.path)

    def _take_opened(
        self, opening: Opening, signals: dict[str, str] | None, data: Any, error: Exception | None
    ) -> None:  # fmt: skip
        """Show what came of it; what cannot be is said in the bar, and nothing else changes."""
        if opening is not self._opening:  # given up
            return
        self._opening, path = None, opening.path
        self.cancel.layout.display = "none"
        try:
            if signals is not None:  # first: without a choice there may be nothing to show
                self._offer_signals(path, signals)
            if error is not None:
                raise error
            self._show_data(data, path)
        except Exception as problem:
            self._say(problem, path)
            if self._several != path:
                self.uploads.forget(path)

    def _say(self, error: Exception, path: Path | None) -> None:
        said = in_words(error)
        if path is not None:
            said = said.replace(f"{path.parent}{os.sep}", "")  # readers' own words
        self.words.value = alert(f"{said}.")

    def _of_folder(self) -> Path | None:
        return inside(self.folder, self.file.value) if self.file.value and self.folder is not None else None

    def _offer_signals(self, path: Path, signals: dict[str, str]) -> None:
        """Let one of several signals of a file be chosen."""
        self._several = None
        self.signal.options = [("the first that fits", NOT_SAID), *((words, name) for name, words in signals.items())]
        self._several = path if signals else None
        self.signal.layout.display = None if signals else "none"

    def _show_data(self, data: Image | Movie | Cube, path: Path) -> None:
        if self.uploads.holds(path):
            # A script that is exported will find the file under the name that it has where it is.
            arguments = {} if data.source is None else data.source.arguments
            data = replace(data, source=Source("load", {**arguments, "source": path.name}))
            if self._several != path and not isinstance(data, Movie):  # which is read from its file frame by frame
                self.uploads.forget(path)
        self._show(data)
        self.words.value = f"{as_html(data.name)} is shown."


def files_of(folder: Path) -> list[str]:
    """Names of what is in a folder, files first; without what is hidden, and links that lead out of it."""
    found = [path for path in folder.iterdir() if not path.name.startswith(".") and is_inside(folder, path)]
    return [path.name for path in sorted(found, key=lambda path: (path.is_dir(), path.name))[:MOST_FILES]]
