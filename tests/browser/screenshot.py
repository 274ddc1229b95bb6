"""Take the pictures of the app that README and guide show.

python tests/browser/screenshot.py [FOLDER]
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from chromium import LAUNCH_ARGUMENTS, find
from interactions import SECOND, press, slider, status, view
from notebooks import notebook_served
from serving import serving

LAPTOP, PROJECTOR, PHONE = (1280, 800), (1920, 1080), (390, 844)


def sliding_fft(page: Page) -> None:
    expect(status(page)).to_contain_text("2,304 windows", timeout=60 * SECOND)
    expect(view(page, "curve").locator(".dot")).to_have_count(9)
    page.get_by_role("checkbox", name="True domains").check()
    expect(page.get_by_text("adjusted Rand index")).to_be_visible()


def domains(page: Page) -> None:
    page.get_by_label("Data").select_option("Sample: Doped graphene", timeout=60 * SECOND)
    page.get_by_role("button", name="Domains").click()
    expect(status(page)).to_contain_text("4 components in", timeout=30 * SECOND)
    page.get_by_role("button", name="GMM").click()
    press(page, "Classes", "ArrowLeft")
    expect(status(page)).to_contain_text("3 classes in")
    expect(view(page, "curve").locator(".dot")).to_have_count(9)


def trajectories(page: Page) -> None:
    page.get_by_role("button", name="Trajectories").click(timeout=60 * SECOND)
    expect(status(page)).to_contain_text("tracks long enough", timeout=30 * SECOND)
    page.get_by_role("checkbox", name="True atoms").check()
    view(page, "matrix").get_by_role("button").nth(1).click()
    expect(page.get_by_text("1 of 148, track 1")).to_be_visible()
    press(page, "Frame", *["ArrowRight"] * 20)
    expect(page.get_by_text(", frame 35")).to_be_visible()


def unmixing(page: Page) -> None:
    page.get_by_role("button", name="Unmixing").click(timeout=60 * SECOND)
    expect(status(page)).to_contain_text("3 components in", timeout=30 * SECOND)
    page.get_by_label("Start from").select_option("N-FINDR")
    expect(slider(page, "Smooth").locator(".noUi-target")).not_to_have_attribute("disabled", re.compile(".*"))
    press(page, "Smooth", "ArrowRight", "ArrowRight")
    expect(slider(page, "Smooth")).to_contain_text("2.0")
    page.get_by_role("checkbox", name="True spectra").check()
    expect(view(page, "curve").locator(".dot")).to_have_count(9)


def lesson(page: Page) -> None:
    expect(status(page)).to_contain_text("3 components in", timeout=60 * SECOND)
    page.get_by_role("radio", name="48 × 48 px").check()
    page.get_by_role("button", name="Check the answer").click()
    expect(page.get_by_text("Right: 48 × 48 px.")).to_be_visible(timeout=30 * SECOND)
    expect(view(page, "curve").locator(".dot")).to_have_count(9)


class Shot(NamedTuple):
    """A picture: what is done before, the size of the window, light or dark, and the notebook if not the app."""

    prepare: Callable[[Page], None]
    size: tuple[int, int] = LAPTOP
    scheme: str = "light"
    notebook: str = ""


SHOTS = {
    "sliding_fft": Shot(sliding_fft),
    "domains": Shot(domains),
    "trajectories": Shot(trajectories),
    "unmixing": Shot(unmixing),
    "dark": Shot(trajectories, scheme="dark"),
    "projector": Shot(unmixing, PROJECTOR),
    "phone": Shot(sliding_fft, PHONE),
    "lesson": Shot(lesson, (1280, 1400), notebook="lesson_window"),
}


@contextmanager
def address(notebook: str) -> Iterator[str]:
    if notebook:
        with notebook_served(notebook) as served:
            yield served
    else:
        with serving("--port", "0") as app:
            yield app.address


def take(folder: Path) -> None:
    """Write the pictures into a folder."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=LAUNCH_ARGUMENTS)
        for notebook in sorted({shot.notebook for shot in SHOTS.values()}):
            with address(notebook) as served:
                for name, shot in SHOTS.items():
                    if shot.notebook != notebook:
                        continue
                    width, height = shot.size
                    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=shot.scheme)
                    page.goto(served)
                    shot.prepare(page)
                    page.evaluate(
                        "document.activeElement.blur(); document.querySelector('#rendered_cells').scrollTop = 0"
                    )
                    page.mouse.move(0, 0)
                    page.wait_for_timeout(2 * SECOND)
                    page.screenshot(path=folder / f"{name}.png")
                    page.close()
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "apps")
