"""What the page's scripts do in JupyterLab and Notebook: files, keys in pictures, the address, the end of the session."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from interactions import SECOND, end_kernel, picture, status, view, wait_for_another_picture
from looks import scrolled
from notebooks import PLACES, notebook_in, run_all
from playwright.sync_api import Browser, Page, expect
from test_open_page import drop, hear_opening, upload

from atomstat_widgets.data import samples
from atomstat_widgets.reactive.session import as_address

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("module", PLACES)]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Not the strict one: both have errors of their own."""
    with browser.new_context(viewport={"width": 1500, "height": 1000}) as context:
        yield context.new_page()


def click_by_keys(page: Page) -> None:
    """Choose another window with the cross, and see it."""
    before = picture(page, "window")
    expect(view(page, "sample")).to_have_attribute("tabindex", "0")
    view(page, "sample").focus()
    for key in ["Shift+ArrowLeft"] * 3 + ["ArrowDown"] * 3 + ["Enter"]:
        page.keyboard.press(key)
    wait_for_another_picture(page, "window", before)
    expect(view(page, "sample")).to_be_focused()


def test_the_app_takes_files_keys_and_its_address(page: Page, tmp_path: Path, module: str) -> None:
    panels = {"Sliding FFT": {"data": "Sample: Three grains", "parameters": {"n_components": 3}}}
    with notebook_in(module, "atomstat", tmp_path) as address:
        page.goto(f"{address}?state={as_address({'tab': 'Sliding FFT', 'panels': panels})}")
        run_all(page)
        expect(status(page)).to_contain_text("3 components in", timeout=120 * SECOND)
        assert not scrolled(page)
        click_by_keys(page)

        np.save(tmp_path / "mine.npy", samples.grains(shape=(100, 140)).array)
        drop(page, tmp_path / "mine.npy")
        expect(page.get_by_text("mine.npy is shown.")).to_be_visible(timeout=30 * SECOND)
        said = hear_opening(page)
        np.save(tmp_path / "large.npy", np.tile(np.random.default_rng(0).random((64, 64)), (30, 30)))  # 29 MB
        upload(page, tmp_path / "large.npy")
        expect(page.get_by_text("large.npy is shown.")).to_be_visible(timeout=60 * SECOND)
        assert any(re.fullmatch(r"Uploading large\.npy: \d+%", words) for words in said), said

        for process in psutil.Process().children(recursive=True):
            if "ipykernel_launcher" in " ".join(process.cmdline()):
                process.kill()
        ended = page.get_by_role("alert").filter(has_text="This session has ended: its kernel stopped")
        expect(ended).to_contain_text("Run its cell again", timeout=60 * SECOND)


def test_a_panel_takes_keys_and_tells_that_its_kernel_was_ended(page: Page, tmp_path: Path, module: str) -> None:
    with notebook_in(module, "sliding_fft", tmp_path) as address:
        page.goto(address)
        run_all(page)
        expect(status(page)).to_contain_text("4 components in", timeout=120 * SECOND)
        assert not scrolled(page)
        click_by_keys(page)
        (kernel,) = page.evaluate("async () => (await fetch('/api/kernels')).json()")
        end_kernel(page, kernel["id"])
        ended = page.get_by_role("alert").filter(has_text="This session has ended: its kernel")
        expect(ended).to_contain_text("Run its cell again", timeout=60 * SECOND)
