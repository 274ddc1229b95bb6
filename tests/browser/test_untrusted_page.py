"""What others wrote, in names, metadata and links, is text on the page and never more."""

from pathlib import Path

import numpy as np
import pytest
from interactions import SECOND, status
from playwright.sync_api import Page, expect
from rsciio.hspy import file_writer
from serving import serving

from atomstat_widgets.data import cubes, samples
from atomstat_widgets.reactive.session import as_address

SCRIPT = "<img src=x onerror=window.ran=1>"
MOVED = "<svg onload=window.ran=1>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("untrusted") / "data"
    folder.mkdir()
    np.save(folder / f"{SCRIPT}.npy", samples.grains(shape=(96, 96)).array)
    (folder / "hangs.dens").write_text("\n")
    np.save(folder.parent / "secret.npy", samples.grains(shape=(96, 96)).array)
    cube = cubes.oxides(shape=(12, 12), channels=40).array
    axes = [
        {"name": name, "size": size, "scale": 1.0, "offset": 0.0, "units": SCRIPT, "navigate": navigate}
        for name, size, navigate in ((MOVED, 12, True), ("x", 12, True), (SCRIPT, 40, False))
    ]
    general = {"General": {"title": SCRIPT, "authors": SCRIPT}, "Signal": {"quantity": SCRIPT, "signal_type": ""}}
    signal = {"data": cube, "axes": axes, "metadata": general, "original_metadata": {SCRIPT: SCRIPT}}
    signal |= {"attributes": {"_lazy": False}, "tmp_parameters": {}, "package_info": {}}
    signal |= {"learning_results": {}, "models": {}}
    file_writer(str(folder / "cube.hspy"), signal)
    return folder


def nothing_ran(page: Page) -> None:
    page.wait_for_timeout(0.5 * SECOND)  # a picture that is not there fails to load
    assert page.evaluate("window.ran") is None


@pytest.mark.slow
def test_script_in_names_and_metadata_is_text(page: Page, folder: Path) -> None:
    with serving("--data", str(folder), "--port", "0") as served:
        page.goto(served.address)
        expect(status(page)).to_contain_text("2,304 windows", timeout=60 * SECOND)
        page.get_by_role("button", name="Open").click()
        page.get_by_label("File").select_option(f"{SCRIPT}.npy")
        expect(page.get_by_text(f"{SCRIPT}.npy is shown.")).to_be_visible()
        nothing_ran(page)
        page.get_by_label("File").select_option("cube.hspy")
        expect(status(page)).to_contain_text("3 components in", timeout=30 * SECOND)
        page.get_by_label("Name").fill(SCRIPT)
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"■ {SCRIPT}")).to_be_visible()
        for bar in ("History", "Export", "Session"):
            page.locator("button:visible", has_text=bar).click()
        nothing_ran(page)


@pytest.mark.slow
def test_link_of_another_opens_no_file_and_runs_nothing(page: Page, folder: Path) -> None:
    with serving("--data", str(folder), "--port", "0") as served:
        panels = {name: {"data": "../secret.npy", "parameters": {SCRIPT: 1}} for name in ("Sliding FFT", SCRIPT)}
        page.goto(f"{served.address}?state={as_address({'tab': 'Sliding FFT', 'panels': panels})}")
        told = page.get_by_role("alert").filter(has_text="Of the session")
        expect(told).to_contain_text("../secret.npy is not here", timeout=60 * SECOND)
        expect(told).to_contain_text(f"there is no panel {SCRIPT}")
        expect(status(page)).to_contain_text("2,304 windows")
        nothing_ran(page)


@pytest.mark.slow
def test_link_to_a_file_that_hangs_leaves_the_page_live(page: Page, folder: Path) -> None:
    with serving("--data", str(folder), "--port", "0") as served:
        panel = {"data": "hangs.dens", "source": {"source": "hangs.dens"}, "parameters": {}}
        state = {"tab": "Sliding FFT", "panels": {"Sliding FFT": panel}}
        page.goto(f"{served.address}?state={as_address(state)}")
        told = page.get_by_text("Opening hangs.dens: ")
        expect(told).to_be_visible(timeout=60 * SECOND)
        page.get_by_label("Data").select_option("Sample: Moiré")
        expect(told).not_to_be_visible()
        expect(page.locator(".atomstat-title:visible", has_text="Moiré")).to_be_visible()
