"""Take the picture of the app that the README shows.

python tests/browser/screenshot.py apps/screenshot.png
"""

import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from chromium import LAUNCH_ARGUMENTS, find
from serving import serving


def main(path: str) -> None:
    with serving("--port", "0") as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=LAUNCH_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 680})
        page.goto(served.address)
        expect(page.locator(".atomstat-status")).to_contain_text("841 windows", timeout=60_000)
        expect(page.locator(".atomstat-curve .dot")).to_have_count(9)
        page.get_by_label("True domains").check()
        expect(page.get_by_text("adjusted Rand index")).to_be_visible()
        page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
