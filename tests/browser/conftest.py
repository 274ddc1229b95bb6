"""Real pages in a real browser."""

from collections.abc import Iterator
from typing import Any

import pytest
from chromium import LAUNCH_ARGUMENTS, find
from playwright.sync_api import BrowserContext, Page
from serving import serving
from strict import strict_page


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
    with strict_page(context) as page:
        yield page
