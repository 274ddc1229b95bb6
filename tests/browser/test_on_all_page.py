"""Data larger than memory as people meet them: a sample at once, live, and all of them on demand."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import zarr
from interactions import SECOND, press, status
from playwright.sync_api import Page, expect
from serving import serving

from atomstat_widgets.data import cubes

pytestmark = pytest.mark.slow
SHAPE = (320, 280, 400)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app, served on a spectrum image of 287 MB."""
    path: Path = tmp_path_factory.mktemp("data") / "large.zarr"
    pattern = np.tile(cubes.oxides(shape=(40, 40), channels=SHAPE[2]).array.astype(np.float64), (8, 7, 1))
    stored = zarr.create_array(path, shape=SHAPE, chunks=(40, 280, 400), dtype=np.float64)
    stored[:] = pattern
    with serving(str(path), "--kind", "cube", "--port", "0") as served:
        yield served.address


def test_sample_first_then_all_then_the_sample_again(page: Page, server: str) -> None:
    page.goto(server, timeout=120 * SECOND)
    expect(status(page)).to_contain_text("22,400 spectra of 400 channels, 3 components", timeout=90 * SECOND)
    bar = page.locator(".atomstat-on-all:visible")
    expect(bar).to_contain_text("Sample: every 2nd pixel along y and x, 160 × 140 of 320 × 280.")
    press(page, "Components", "ArrowLeft")
    expect(status(page)).to_contain_text("22,400 spectra of 400 channels, 2 components", timeout=30 * SECOND)

    bar.get_by_role("button", name="Run on all").click()
    cancel = status(page).get_by_role("button", name="Cancel")
    expect(cancel).to_be_enabled()
    cancel.click()
    expect(status(page)).to_contain_text("Cancelled: the last good result is shown", timeout=30 * SECOND)
    expect(bar).to_contain_text("Sample: every 2nd pixel")

    bar.get_by_role("button", name="Run on all").click()
    expect(status(page)).to_contain_text("89,600 spectra of 400 channels, 2 components", timeout=120 * SECOND)
    expect(bar).to_contain_text("All data are shown.")
    expect(page.get_by_text("large.zarr 320 × 280 px, 400 channels")).to_be_visible()
    expect(page.locator(".atomstat-error")).to_have_count(0)

    press(page, "Components", "ArrowRight")
    expect(status(page)).to_contain_text("22,400 spectra of 400 channels, 3 components", timeout=30 * SECOND)
    expect(bar).to_contain_text("Sample: every 2nd pixel")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
