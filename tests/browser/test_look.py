"""The look of the app: in the light, in the dark, by keys alone, on a phone and on a projector."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from interactions import SECOND, picture, slider, status, view, wait_for_another_picture
from looks import cut, overlaps, pale_words, places, unnamed
from playwright.sync_api import Page, expect

BRIGHTNESS = """() => {
  const parts = getComputedStyle(document.querySelector("#rendered_cells")).backgroundColor.match(/\\d+/g).slice(0, 3);
  return parts.reduce((sum, part) => sum + Number(part), 0) / 765;
}"""
READY = {
    "Sliding FFT": "2,304 windows, 3 components in",
    "Domains": "atoms (200 more at the border), 4 components in",
    "Trajectories": "16 of 16 tracks long enough",
    "Unmixing": "3 components in",
}


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    return {**browser_context_args, **getattr(request, "param", {})}


def sized(width: int, height: int, **options: Any) -> pytest.MarkDecorator:
    """Let the browser have this size and these options."""
    arguments = {"viewport": {"width": width, "height": height}, **options}
    return pytest.mark.parametrize("browser_context_args", [arguments], indirect=True)


@pytest.fixture
def app(page: Page, voila_server: str) -> Iterator[Page]:
    page.goto(voila_server)
    expect(status(page)).to_contain_text("2,304 windows, 3 components in", timeout=60 * SECOND)
    expect(view(page, "curve").locator(".dot")).to_have_count(9)
    yield page
    expect(page.locator(".atomstat-error")).to_have_count(0)


def tabs(page: Page) -> Iterator[str]:
    """Go from one panel to the next."""
    for tab, said in READY.items():
        page.get_by_role("button", name=tab, exact=True).click()
        expect(status(page)).to_contain_text(said, timeout=30 * SECOND)
        if tab == "Trajectories":
            view(page, "matrix").get_by_role("button").nth(1).click()
        else:
            expect(view(page, "curve").locator(".dot")).to_have_count(9)
        page.mouse.move(0, 0)  # a button below the pointer has another colour
        page.wait_for_timeout(0.5 * SECOND)
        yield tab


@pytest.mark.slow
def test_every_panel_is_read_easily_by_all_and_nothing_overlaps(app: Page) -> None:
    tools = [app.get_by_role("button", name=tool).locator("visible=true") for tool in ("Units", "History", "Export")]
    for name in ("Open", "Session"):
        app.get_by_role("button", name=name).click()
    for tab in tabs(app):
        for tool in tools:
            tool.click()
        for scheme in ("dark", "light"):
            app.emulate_media(color_scheme=scheme)
            expect(app.locator("body")).to_have_attribute("data-jp-theme-light", str(scheme == "light").lower())
            assert (app.evaluate(BRIGHTNESS) > 0.5) == (scheme == "light")
            words, pale = pale_words(app)
            assert words > 60, (tab, scheme)
            assert not pale, (tab, scheme)
        assert not overlaps(app), tab
        assert not cut(app), tab
        count, nameless = unnamed(app)
        assert count > 30, tab
        assert not nameless, tab
        for tool in tools:
            tool.click()


@pytest.mark.slow
def test_what_the_keys_reach_is_seen(app: Page) -> None:
    app.get_by_role("button", name="Trajectories", exact=True).click()
    for name in ("Play or pause the movie", "Stop the movie", "Repeat the movie"):
        expect(app.get_by_role("button", name=name).locator("visible=true")).to_have_count(1)
    expect(app.get_by_role("slider", name="rmax").locator("visible=true")).to_have_count(1)
    expect(app.get_by_role("slider", name="Contrast, upper end").locator("visible=true")).to_have_count(1)
    # Whatever has the focus is outlined, in a colour that is seen.
    app.get_by_role("button", name="Sliding FFT", exact=True).focus()
    for _ in range(40):
        app.keyboard.press("Tab")
        outline = app.evaluate(
            "() => { const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);"
            "return [outlineStyle, parseFloat(outlineWidth), document.activeElement.outerHTML.slice(0, 200)]; }"
        )
        assert outline[0] != "none", outline
        assert outline[1] >= 1, outline


@pytest.mark.slow
def test_the_movie_is_played_by_keys(app: Page) -> None:
    app.get_by_role("button", name="Trajectories", exact=True).click()
    expect(status(app)).to_contain_text("16 of 16 tracks long enough", timeout=30 * SECOND)
    play = app.get_by_role("button", name="Play or pause the movie").locator("visible=true")
    play.press("Enter")
    expect(app.get_by_text(re.compile(r"frame [5-9]$"))).to_be_visible()
    play.press("Enter")


def test_pictures_are_clicked_and_brushed_by_keys(app: Page) -> None:
    before = picture(app, "window")
    expect(view(app, "sample")).to_have_attribute("tabindex", "0")
    view(app, "sample").focus()
    for key in ["Shift+ArrowLeft"] * 3 + ["ArrowUp"] * 3 + ["Enter"]:
        app.keyboard.press(key)
    wait_for_another_picture(app, "window", before)
    # From the middle of the figure: 96 px to the left, 24 px up; there are 400 for 512 of the image.
    y, x = re.search(r"y ([\d.]+), x ([\d.]+)", app.get_by_text(re.compile(r"^Window y ")).inner_text()).groups()
    box = view(app, "sample").bounding_box()
    picture_box = view(app, "sample").locator("image").first.bounding_box()
    middle = (box["x"] + box["width"] / 2 - picture_box["x"], box["y"] + box["height"] / 2 - picture_box["y"])
    scale = 512 / picture_box["width"]
    assert abs(float(x) / 0.028 - scale * (middle[0] - 96)) < 12
    assert abs(float(y) / 0.028 - scale * (middle[1] - 24)) < 12
    app.keyboard.press("Tab")
    expect(app.locator(".atomstat-cross")).to_have_count(0)

    app.get_by_role("button", name="Unmixing", exact=True).click()
    expect(status(app)).to_contain_text("4,096 spectra of 200 channels", timeout=30 * SECOND)
    expect(view(app, "mean")).to_have_attribute("tabindex", "0")
    view(app, "mean").focus()
    for key in ["Shift+ArrowLeft"] * 3 + ["Space"] + ["Shift+ArrowRight"] * 6 + ["Space"]:
        app.keyboard.press(key)
    expect(status(app)).to_contain_text(re.compile(r"4,096 spectra of (8\d|9\d) channels"))


@pytest.mark.slow
def test_the_figure_for_a_paper_is_seen_to_its_end(app: Page) -> None:
    app.get_by_role("button", name="Export").click()
    app.get_by_role("button", name="Show figure").click()
    # It has its size only some time after it is there.
    app.wait_for_function(
        "() => document.querySelector('.jupyter-matplotlib')?.offsetHeight > 500", timeout=30 * SECOND
    )
    app.wait_for_timeout(2 * SECOND)
    assert not cut(app)
    app.emulate_media(color_scheme="dark")
    assert not pale_words(app)[1]


@pytest.mark.slow
def test_nothing_jumps(app: Page) -> None:
    before = places(app)
    slider(app, "Components").locator(".noUi-handle").press("ArrowRight")
    expect(status(app)).to_contain_text("4 components in")
    app.get_by_label("True domains").check()
    expect(app.get_by_text("adjusted Rand index")).to_be_visible()
    slider(app, "Step").locator(".noUi-handle").press("ArrowRight")
    expect(status(app)).to_contain_text("1,849 windows")
    # One more component has one more button, and that moves the button after it.
    moved = [one for one in places(app) if one not in before]
    assert len(moved) <= 2, moved


@sized(390, 844, has_touch=True)
@pytest.mark.slow
def test_on_a_phone_all_is_below_one_another(app: Page) -> None:
    for tab in tabs(app):
        assert not overlaps(app), tab
        top = [
            app.locator(f".atomstat-{part}:visible").first.bounding_box()["y"]
            for part in ("status", "sample", "controls", "right")
        ]
        assert top == sorted(top), tab
        assert app.evaluate("document.querySelector('#rendered_cells').scrollWidth") <= 390
        box = view(app, "sample").locator("image").first.bounding_box()
        assert box["width"] > 280
        sides = app.locator(".atomstat-sample:visible image").first.evaluate(
            "(image) => [image.getBBox().width, image.getBBox().height]"
        )
        assert sides[0] == pytest.approx(sides[1], rel=0.01), tab  # both images and maps are square


@pytest.mark.slow
@sized(1920, 1080)
def test_on_a_projector_all_is_larger_and_clicks_find_their_place(app: Page) -> None:
    expect(view(app, "status")).to_be_in_viewport(ratio=1)
    app.wait_for_function("() => document.querySelector('.atomstat-sample').getBoundingClientRect().width > 600")
    box = view(app, "sample").locator("image").first.bounding_box()
    before = picture(app, "window")
    app.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.9)
    wait_for_another_picture(app, "window", before)
    at = re.search(r"y ([\d.]+), x ([\d.]+)", app.get_by_text(re.compile(r"^Window y ")).inner_text())
    assert abs(float(at[1]) / 0.028 - 0.9 * 512) < 16
    assert abs(float(at[2]) / 0.028 - 0.8 * 512) < 16
    for tab in tabs(app):
        assert not overlaps(app), tab
        expect(view(app, "status")).to_be_in_viewport(ratio=1)
