"""Lengths in the unit of the data, and calibration by a line, in the page."""

from interactions import press, slider, status, view
from playwright.sync_api import Page, expect

NUMBERS = "Height", "Width", "Step"


def readouts(page: Page) -> list[str]:
    return [slider(page, name).locator(".widget-readout").inner_text() for name in NUMBERS]


def test_a_unit_is_chosen_and_a_line_calibrates(page: Page, voila_server: str):
    page.goto(voila_server)
    expect(slider(page, "Components")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Units").click()
    for unit, expected in (("nm", ["1.18", "1.18", "0.28"]), ("px", ["42", "42", "10"])) * 2:
        page.get_by_role("button", name=unit, exact=True).click()
        expect(slider(page, "Height").locator(".widget-readout")).to_have_text(expected[0])
        page.wait_for_timeout(1000)  # for what the page may send back
        assert readouts(page) == expected
    expect(status(page)).to_contain_text("2,304 windows")
    page.get_by_role("button", name="nm", exact=True).click()
    expect(slider(page, "Step").locator(".widget-readout")).to_have_text("0.28")
    press(page, "Step", "ArrowLeft")
    expect(status(page)).to_contain_text("2,809 windows")
    expect(slider(page, "Step").locator(".widget-readout")).to_have_text("0.25")

    page.get_by_role("button", name="Draw a line").click()
    picture = view(page, "sample").locator("image").first.bounding_box()
    expect(page.get_by_text("Click one end of a known length.")).to_be_visible()
    for share in (0.25, 0.75):
        page.mouse.click(picture["x"] + share * picture["width"], picture["y"] + picture["height"] / 2)
        page.wait_for_timeout(500)
    told = page.get_by_text("The line has ")
    expect(told).to_be_visible()
    length = float(told.inner_text().split()[3])
    assert abs(length - 256) < 2  # the mouse stands on whole pixels of the screen
    page.get_by_role("spinbutton").fill("25.6")
    page.get_by_role("button", name="Set pixel size").click()
    expect(page.get_by_text(f"512 × 512 px, {25.6 / length:.3g} nm/px")).to_be_visible()
    expect(status(page)).to_contain_text("2,809 windows")
    expect(slider(page, "Height").locator(".widget-readout")).to_have_text("4.2")
