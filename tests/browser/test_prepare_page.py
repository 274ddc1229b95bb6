"""An image that has to be prepared, in the page."""

from pathlib import Path

import numpy as np
import pytest
from interactions import status
from playwright.sync_api import Page, expect

from atomstat_widgets import samples


def uneven_scan() -> np.ndarray:
    """A sample whose rows are shifted, on a background that rises, with a border without data."""
    image = np.asarray(samples.graphene(shape=(256, 256)).array)
    rng = np.random.default_rng(3)
    image = np.stack([np.roll(row, shift) for row, shift in zip(image, rng.integers(-1, 2, 256), strict=True)])
    image += 6 * np.arange(256) / 256
    image[:10] = -9
    return image


@pytest.mark.slow
def test_what_was_removed_is_said_seen_and_switched_off(page: Page, voila_server: str, tmp_path: Path):
    np.save(tmp_path / "uneven.npy", uneven_scan())
    page.goto(voila_server)
    expect(status(page)).to_contain_text("windows", timeout=60_000)
    prepare = page.get_by_role("button", name="Prepare").first
    prepare.click()
    expect(page.get_by_text("Nothing had to be removed.")).to_be_visible()
    page.get_by_role("button", name="Open").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a file").click()
    chooser.value.set_files(tmp_path / "uneven.npy")
    for words in ("10 rows at the top", "Rows were moved by up to", "A background of"):
        expect(status(page)).to_contain_text(words, timeout=30_000)
    for caption in ("Background, dark to bright", "Shifts of the rows", "Without data, black"):
        expect(page.get_by_text(caption)).to_be_visible()
    page.get_by_role("button", name="off", exact=True).first.click()
    expect(page.get_by_text("Background, dark to bright")).to_be_hidden()
    expect(status(page)).not_to_contain_text("A background of")
    prepare.click()
    expect(page.get_by_text("Without data, black")).to_be_hidden()
