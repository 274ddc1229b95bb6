"""What the page's scripts do, in JupyterLab and Notebook: keys in pictures, files, the end of the session."""

import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest
from interactions import SECOND, picture, status, view, wait_for_another_picture
from notebooks import APPS, server
from playwright.sync_api import Browser, expect
from test_open_page import drop, upload

from atomstat_widgets.data import samples


@pytest.mark.slow
@pytest.mark.parametrize(("module", "path"), [("jupyterlab", "lab/tree"), ("notebook", "notebooks")])
def test_the_app_has_all_that_its_own_page_has(browser: Browser, tmp_path: Path, module: str, path: str) -> None:
    shutil.copy(APPS / "atomstat.ipynb", tmp_path)  # it saves by itself what is opened
    page = browser.new_page(viewport={"width": 1500, "height": 1000})  # not the strict one: both have their own errors
    with server(
        module, "--no-browser", "--allow-root", "--ip=127.0.0.1", "--ServerApp.port={port}",
        "--IdentityProvider.token=", "--LabApp.news_url=", "--LabApp.extension_manager=readonly",
        f"--ServerApp.root_dir={tmp_path}",
    ) as address:  # fmt: skip
        page.goto(f"{address}{path}/atomstat.ipynb")
        idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        idle.first.wait_for(timeout=120 * SECOND)
        page.wait_for_timeout(3 * SECOND)  # JupyterLab says so before it would run a cell
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Shift+Enter")
        expect(status(page)).to_contain_text("3 components in", timeout=120 * SECOND)

        before = picture(page, "window")
        expect(view(page, "sample")).to_have_attribute("tabindex", "0")
        view(page, "sample").focus()
        for key in ["Shift+ArrowLeft"] * 3 + ["ArrowDown"] * 3 + ["Enter"]:
            page.keyboard.press(key)
        wait_for_another_picture(page, "window", before)
        expect(view(page, "sample")).to_be_focused()

        np.save(tmp_path / "mine.npy", samples.grains(shape=(100, 140)).array)
        drop(page, tmp_path / "mine.npy")
        expect(page.get_by_text("mine.npy is shown.")).to_be_visible(timeout=30 * SECOND)
        np.save(tmp_path / "large.npy", np.tile(np.random.default_rng(0).random((64, 64)), (30, 30)))  # 29 MB
        upload(page, tmp_path / "large.npy")
        expect(page.get_by_text("large.npy is shown.")).to_be_visible(timeout=60 * SECOND)

        for process in psutil.Process().children(recursive=True):
            if "ipykernel_launcher" in " ".join(process.cmdline()):
                process.kill()
        expect(page.locator(".atomstat-ended")).to_contain_text("Run its cell again", timeout=60 * SECOND)
    page.close()
