"""Real pages in a real browser, and strict: a page may not complain, nor ask anything of another machine."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from chromium import LAUNCH_ARGUMENTS, find
from playwright.sync_api import BrowserContext, Page
from serving import serving


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": find(), "args": LAUNCH_ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1280, "height": 800}}


@pytest.fixture(scope="session")
def voila_server() -> Iterator[str]:
    """Address of the app, served on its embedded sample."""
    with serving("--port", "0") as served:
        yield served.address


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
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
