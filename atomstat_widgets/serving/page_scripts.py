"""The scripts of a page in one file: what the first page asks for one by one, those after it get at once.

Voila's page is made of a hundred scripts, and asks for some only when others have come. Which they are depends on the
versions of a dozen packages, so the server learns it from what pages ask for.

Those of anywidget are in it from the start: they import the module that a widget is, as a ``blob:``, and a browser lets
only a script do so that has the number of its page, which this file has. So no policy needs to allow blobs.
"""

import gzip
import re
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any

from jupyter_core.paths import jupyter_path
from jupyter_server.base.handlers import FileFindHandler
from tornado.ioloop import IOLoop
from tornado.web import RequestHandler, StaticFileHandler
from voila.static_file_handler import MultiStaticFileHandler

ROUTE = "voila/scripts.js"

# Webpack's chunks, which say what they hold and run nothing; they can come in any order, before they are asked for.
CHUNK = re.compile(rb"""\(self(\.\w+|\["\w+"\]) ?= ?self\1 ?\|\| ?\[\]\)\.push\(""")
BEGINNING = 500  # bytes in which a file says that it is one, after its comments


class PageScripts:
    """Those that pages asked for, joined.

    Parameters
    ----------
    first : iterable of Path
        Those that are in it before.

    Attributes
    ----------
    paths : list of Path
        What is in it.
    """

    def __init__(self, first: Iterable[Path] = ()) -> None:
        self.paths: list[Path] = []
        self._joined: tuple[list[Path], bytes] = [], gzip.compress(b"")
        self._joining = Lock()  # pages that come at once wait for one to be made, and make none themselves
        for path in first:
            self.add(path)

    def add(self, path: Path) -> None:
        """Take one in, if it is a chunk."""
        if path.suffix != ".js" or path in self.paths:
            return
        with path.open("rb") as file:
            if CHUNK.search(file.read(BEGINNING)):
                self.paths.append(path)

    def join(self) -> bytes:
        """All of them, compressed."""
        with self._joining:
            paths = self.paths.copy()
            if paths != self._joined[0]:
                # In a function each: some are in strict mode, which is for all of a script otherwise.
                text = b"".join(b"(()=>{%b\n})();\n" % path.read_bytes() for path in paths)
                self._joined = paths, gzip.compress(text, 6)
            return self._joined[1]


class PageScriptsHandler(RequestHandler):
    """Gives them to a page, which keeps them until there are others."""

    async def get(self) -> None:
        """Join them beside the server's work: it takes a part of a second."""
        text = await IOLoop.current().run_in_executor(None, self.settings["page_scripts"].join)
        self.set_header("Content-Type", "text/javascript")
        self.set_header("Cache-Control", "no-cache")  # asks whether there are others
        self.set_header("Vary", "Accept-Encoding")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(text)
        else:
            self.finish(gzip.decompress(text))


class Learned(StaticFileHandler):
    """For handlers of files: tells which it gave."""

    def on_finish(self) -> None:
        """Tell, now that it was given."""
        super().on_finish()
        if self.get_status() == 200:
            self.settings["page_scripts"].add(Path(str(self.absolute_path)))


class VoilaScriptsHandler(Learned, MultiStaticFileHandler):
    """Those of Voila."""


class ExtensionScriptsHandler(Learned, FileFindHandler):
    """Those of the packages whose widgets are shown."""


def scripts_of(extension: str) -> list[Path]:
    """Scripts of an extension of JupyterLab, where it is installed."""
    return sorted(
        path for folder in jupyter_path("labextensions") for path in Path(folder, extension).glob("static/*.js")
    )


def tell_page(page_config: dict[str, Any], base_url: str, **_others: Any) -> dict[str, Any]:
    """Tell the template where they are: Voila's hook."""
    return {**page_config, "pageScripts": base_url + ROUTE}
