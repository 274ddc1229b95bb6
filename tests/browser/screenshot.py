"""Take the pictures of the app that the README shows.

python tests/browser/screenshot.py
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from chromium import LAUNCH_ARGUMENTS, find
from interactions import SECOND, press, status, view
from serving import serving


def sliding_fft(page: Page) -> None:
    expect(status(page)).to_contain_text("841 windows", timeout=60 * SECOND)
    expect(view(page, "curve").locator(".dot")).to_have_count(9)
    page.get_by_role("checkbox", name="True domains").check()
    expect(page.get_by_text("adjusted Rand index")).to_be_visible()


def domains(page: Page) -> None:
    page.get_by_label("Data").select_option("Sample: Doped graphene")
    page.get_by_role("button", name="Domains").click()
    expect(status(page)).to_contain_text("4 components in", timeout=30 * SECOND)
    page.get_by_role("button", name="GMM").click()
    press(page, "Components", "ArrowLeft")
    expect(status(page)).to_contain_text("3 classes in")
    expect(view(page, "curve").locator(".dot")).to_have_count(9)


def trajectories(page: Page) -> None:
    page.get_by_role("button", name="Trajectories").click()
    expect(status(page)).to_contain_text("tracks long enough", timeout=30 * SECOND)
    page.get_by_role("checkbox", name="True atoms").check()
    view(page, "matrix").get_by_role("button").nth(1).click()
    press(page, "Frame", *["ArrowRight"] * 20)


def unmixing(page: Page) -> None:
    page.get_by_role("button", name="Unmixing").click()
    expect(status(page)).to_contain_text("3 components in", timeout=30 * SECOND)
    page.get_by_label("Start").select_option("N-FINDR")
    press(page, "Smooth", "ArrowRight", "ArrowRight")
    page.get_by_role("checkbox", name="True spectra").check()
    expect(view(page, "curve").locator(".dot")).to_have_count(9)


def main() -> None:
    with serving("--port", "0") as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=LAUNCH_ARGUMENTS)
        for prepare in (sliding_fft, domains, trajectories, unmixing):
            page = browser.new_page(viewport={"width": 1280, "height": 780})
            page.goto(served.address)
            prepare(page)
            page.wait_for_timeout(SECOND)
            page.screenshot(path=ROOT / "apps" / f"{prepare.__name__}.png")
        browser.close()


if __name__ == "__main__":
    main()
