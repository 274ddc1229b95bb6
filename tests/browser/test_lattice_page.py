"""The lattice in the sliding-FFT panel as people meet it: a click on a spot leaves it out, another takes it back."""

import re

import pytest
from interactions import SECOND, settled_text, status, view
from playwright.sync_api import Page, expect


@pytest.mark.slow
def test_a_click_leaves_a_spot_out_and_another_takes_it_back(page: Page, voila_server: str) -> None:
    page.goto(voila_server)
    expect(status(page)).to_contain_text("Lattice planes 0.234 nm apart, at 10°, 50° and 170°.", timeout=60 * SECOND)
    page.get_by_role("button", name="Lattice", exact=True).click()
    caption = page.get_by_text(re.compile(r"^\d+ of \d+ spots used"))
    count = int(re.match(r"(\d+) of \1 ", settled_text(caption))[1])
    rings = view(page, "lattice").locator(".curve path.line")
    expect(rings).to_have_count(2 * count)  # each at its place and at that of its mirror
    expect(view(page, "lattice")).to_contain_text("0.234")
    # The strongest is the first, and here at its mirror's place.
    box = rings.nth(count).bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(*middle)
    expect(status(page)).to_contain_text("Lattice planes 0.234 nm apart, at 10°, 50° and 70°.")
    expect(caption).to_contain_text(f"{count - 1} of {count} spots used")
    automatic = page.get_by_title("Spots: all that were found")
    expect(automatic).not_to_have_class(re.compile("mod-active"))
    page.mouse.click(*middle)
    expect(status(page)).to_contain_text("at 10°, 50° and 170°.")
    expect(automatic).to_have_class(re.compile("mod-active"))
    page.get_by_role("button", name="Component spectra", exact=True).click()
    expect(view(page, "spectra").locator("image")).to_be_visible()
    expect(page.locator(".atomstat-error")).to_have_count(0)
