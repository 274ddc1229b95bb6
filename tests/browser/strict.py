"""A strict page: it may not complain, nor ask anything of another machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page


@contextmanager
def strict_page(context: BrowserContext) -> Iterator[Page]:
    """Open a page; what it did that it may not do fails at the end."""
    problems: list[str] = []

    def local(url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in {"data", "blob"} or parts.hostname == "127.0.0.1"

    context.on("request", lambda request: local(request.url) or problems.append(f"request to {request.url}"))
    context.on("weberror", lambda error: problems.append(f"page error: {error.error}"))
    context.on("console", lambda said: said.type == "error" and problems.append(f"console error: {said.text}"))
    page = context.new_page()
    page.on("websocket", lambda socket: local(socket.url) or problems.append(f"socket to {socket.url}"))
    yield page
    assert not problems, "\n".join(problems)
