"""A file that the page sends, as its script does."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from atomstat_widgets import App

NUMBERS = count()


def messages(name: str, content: bytes, piece: int = 1_000_000) -> Iterator[tuple[dict[str, Any], bytes]]:
    """What the page tells of a file: that it comes, and then its pieces."""
    number = next(NUMBERS)
    yield {"upload": number, "name": name, "size": len(content)}, b""
    for start in range(0, len(content), piece):
        yield {"upload": number, "start": start}, content[start : start + piece]


def send(app: App, name: str, content: bytes) -> None:
    """Upload a file to the app."""
    for told, part in messages(name, content):
        app.open_bar.receive(told, part)
