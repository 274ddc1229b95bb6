"""Earlier runs in the page: going back to one, and two side by side."""

from interactions import press, slider, status
from playwright.sync_api import Page, expect


def test_back_to_an_earlier_run_and_two_compared(page: Page, voila_server: str):
    page.goto(voila_server)
    expect(slider(page, "Components")).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1100)  # what is replaced within a second counts as passed through
    press(page, "Components", "ArrowLeft")
    expect(status(page)).to_contain_text("2 components in")
    page.get_by_role("button", name="History").click()
    rows = page.locator(".atomstat-history .widget-hbox:visible", has=page.get_by_role("button", name="Restore"))
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("components 2 · error ")
    expect(page.get_by_role("button", name="Restore 2")).to_be_disabled()

    page.get_by_role("button", name="Compare 1").click()
    page.get_by_role("button", name="Compare 2").click()
    figures = page.locator(".atomstat-history img:visible")
    expect(figures).to_have_count(2, timeout=20_000)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.atomstat-history img')].every(picture => picture.naturalWidth > 500)"
    )

    page.get_by_role("button", name="Restore 1").click()
    expect(status(page)).to_contain_text("3 components in")
    expect(slider(page, "Components").locator(".widget-readout")).to_have_text("3")
    expect(page.get_by_role("button", name="Restore 1")).to_be_disabled()
    expect(figures).to_have_count(2)
