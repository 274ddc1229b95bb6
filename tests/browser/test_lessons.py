"""The notebooks of apps/ as students meet them: served by Voila, and in JupyterLab and Notebook."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from interactions import SECOND, status, view
from looks import overlaps, pale_words, unnamed
from notebooks import PLACES, notebook_in, notebook_served, run_all
from playwright.sync_api import BrowserContext, Page, expect

LOCAL = re.compile(r"http://127\.0\.0\.1:|data:|blob:")
PANELS = {
    "sliding_fft": "2,304 windows, 3 components in",
    "domains": "4 components in",
    "trajectories": "16 of 16 tracks long enough",
    "unmixing": "3 components in",
}
# What the status says first, a wrong answer, the right one, and what the truth says of it in the panel.
LESSONS = {
    "lesson_window": ("3 components in", "12 × 12 px", "48 × 48 px", r"0\.9\d \(adjusted Rand index\)"),
    "lesson_components": ("2 components in", "2 components", "3 components", r"mean angle 9\.\d°"),
    "lesson_rmax": ("long enough", "rmax = 40 px", "rmax = 15 px", r"98\.\d% of 2,798 true links found"),
}


def answer(page: Page, name: str) -> None:
    """Go through a lesson by keys: a wrong answer, then the right one."""
    first, wrong, right, truth = LESSONS[name]
    expect(status(page)).to_contain_text(first, timeout=60 * SECOND)
    check = page.get_by_role("button", name="Check the answer")
    expect(check).to_be_disabled()
    page.get_by_role("radio", name=wrong).press("Space")
    expect(check).to_be_enabled(timeout=30 * SECOND)
    check.press("Enter")
    expect(page.get_by_text(f"Not quite. Closest to the truth: {right}.")).to_be_visible(timeout=60 * SECOND)
    page.get_by_role("radio", name=right).press("Space")
    check.press("Enter")
    expect(page.get_by_text(f"Right: {right}.")).to_be_visible(timeout=60 * SECOND)
    expect(page.get_by_text(re.compile(truth))).to_be_visible()
    expect(page.locator(".atomstat-error")).to_have_count(0)


@pytest.mark.slow
def test_a_lesson_is_read_and_answered(page: Page) -> None:
    with notebook_served("lesson_window") as address:
        page.goto(address)
        expect(page.get_by_role("heading", name="What a window size does")).to_be_visible(timeout=60 * SECOND)
        answer(page, "lesson_window")
        page.wait_for_timeout(0.5 * SECOND)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(scheme == "light").lower())
            words, pale = pale_words(page)
            assert words > 80
            assert not pale
        assert not overlaps(page)
        assert not unnamed(page)[1]
        assert "SlidingFFTPanel" not in page.content()  # no source


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in LESSONS if name != "lesson_window"])
def test_the_other_lessons_are_answered(page: Page, name: str) -> None:
    with notebook_served(name) as address:
        page.goto(address)
        answer(page, name)
        assert not overlaps(page)
        assert not pale_words(page)[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", PANELS)
def test_a_notebook_of_one_panel_is_served(page: Page, name: str) -> None:
    with notebook_served(name) as address:
        page.goto(address)
        expect(status(page)).to_contain_text(PANELS[name], timeout=60 * SECOND)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert not overlaps(page)


@pytest.fixture(params=PLACES)
def opened(context: BrowserContext, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A lesson in JupyterLab or Notebook, which have errors of their own, but may ask no other machine either."""
    elsewhere: list[str] = []
    context.on("request", lambda one: LOCAL.match(one.url) or elsewhere.append(one.url))
    page = context.new_page()
    with notebook_in(request.param, "lesson_window", tmp_path) as address:
        page.goto(address)
        yield page
    assert not elsewhere


@pytest.mark.slow
def test_a_lesson_runs_in_jupyterlab_and_notebook(opened: Page) -> None:
    expect(opened.get_by_role("heading", name="What a window size does")).to_be_visible(timeout=120 * SECOND)
    run_all(opened)
    expect(view(opened, "curve")).to_be_visible(timeout=120 * SECOND)
    answer(opened, "lesson_window")
