"""What the domains panel says of images without atoms, and with dark ones."""

from pathlib import Path

import numpy as np
import pytest
from interactions import SECOND, status
from playwright.sync_api import Page, expect

from atomstat_widgets.data import samples


def upload(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a file").click()
    chooser.value.set_files(path)
    expect(page.get_by_text(f"{path.name} is shown.")).to_be_visible(timeout=30 * SECOND)


@pytest.mark.slow
def test_noise_is_said_and_dark_atoms_are_found_and_said(page: Page, voila_server: str, tmp_path: Path) -> None:
    noise, dark = tmp_path / "noise.npy", tmp_path / "dark.npy"
    np.save(noise, np.random.default_rng(0).normal(size=(128, 128)).astype(np.float32))
    np.save(dark, -samples.graphene(shape=(192, 192)).array)
    page.goto(voila_server)
    expect(status(page)).to_contain_text("components in", timeout=60 * SECOND)
    page.get_by_role("button", name="Domains").click()
    expect(status(page)).to_contain_text("4 components in", timeout=30 * SECOND)

    page.get_by_role("button", name="Open").click()
    upload(page, noise)
    expect(status(page)).to_contain_text("No atoms stand out of the noise", timeout=30 * SECOND)
    upload(page, dark)
    expect(status(page)).to_contain_text("Atoms are dark: the image was negated", timeout=30 * SECOND)
    expect(status(page)).to_contain_text("4 components in")
    expect(page.get_by_role("checkbox", name="Dark atoms")).to_be_checked()
    page.get_by_role("checkbox", name="Dark atoms").uncheck()
    expect(status(page)).to_contain_text("dark atoms need the check mark", timeout=30 * SECOND)
    page.get_by_role("checkbox", name="Dark atoms").check()
    expect(status(page)).to_contain_text("4 components in", timeout=30 * SECOND)
    expect(page.locator(".atomstat-error")).to_have_count(0)
