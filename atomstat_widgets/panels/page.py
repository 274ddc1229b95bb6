"""What happens in the page itself: files dropped on it, its address, keys in pictures, the end of its session."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import anywidget
import ipywidgets
from traitlets import Bool, Float, Int, Unicode

SCRIPTS = ("pictures.js", "upload.js", "ended.js", "page.js")  # the last uses the others
MOST_BYTES = 60_000_000  # of an upload


@cache
def script() -> str:
    """The scripts, as one module."""
    folder = files("atomstat_widgets.panels").joinpath("scripts")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS)


class Page(anywidget.AnyWidget):
    """Widget that carries the scripts into the page and takes no room there.

    Parameters
    ----------
    on_upload : callable, optional
        Called with each message of a file that comes, see `uploads`, and its bytes. Without it no files are taken.

    Attributes
    ----------
    address : str
        Query of the page's address, once there is a page.
    scale : float
        How much larger figures are to be drawn; all else on the page is enlarged by its style.
    """

    _esm = script()
    address = Unicode().tag(sync=True)
    scale = Float(1.0).tag(sync=True)
    whole = Bool().tag(sync=True)  # whether it is for the app, and not for one panel
    largest = Int(MOST_BYTES).tag(sync=True)

    def __init__(self, on_upload: Callable[[dict[str, Any], bytes], None] | None = None) -> None:
        super().__init__(whole=on_upload is not None, layout=ipywidgets.Layout(display="none"))
        if on_upload is not None:
            self.on_msg(lambda _page, told, buffers: on_upload(told, b"".join(buffers)))
