"""The strain panel as people meet it: reflections and a reference by the mouse, and numbers where it clicks."""

import re
from collections.abc import Iterator

import pytest
from interactions import SECOND, drag, picture, press, slider, status, view, wait_for_another_picture
from playwright.sync_api import Page, expect


@pytest.fixture
def strain(page: Page, voila_server: str) -> Iterator[Page]:
    page.goto(voila_server)
    expect(status(page)).to_contain_text("2,304 windows, 3 components", timeout=60 * SECOND)
    page.get_by_role("button", name="Strain", exact=True).click()
    expect(status(page)).to_contain_text("Strain of 100% of the image", timeout=30 * SECOND)
    yield page
    expect(page.locator(".atomstat-error")).to_have_count(0)


def readout(page: Page) -> dict[str, float]:
    text = page.locator(".atomstat-readout:visible").inner_text().replace("−", "-")
    return {name: float(value) for name, value in re.findall(r"(\w+)\s+([-+][\d.]+)", text)}


def click_in(page: Page, name: str, y: float, x: float) -> None:
    box = view(page, name).locator("image").first.bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def test_the_first_sight(strain: Page) -> None:
    expect(strain.get_by_text("Strained layer 512 × 512 px, 0.028 nm/px")).to_be_visible()
    for words in ("exx (%)", "eyy (%)", "exy (%)", "rotation (°)"):
        expect(view(strain, "maps")).to_contain_text(words)
    expect(view(strain, "spectrum")).to_contain_text("kx (1/nm)")
    expect(strain.get_by_text("g1: 0.2674 nm at −4.0°")).to_be_visible()
    assert strain.evaluate("document.documentElement.scrollWidth") <= 1280
    for name in ("sample", "spectrum", "maps"):
        expect(view(strain, name)).to_have_attribute("role", "application")
    expect(view(strain, "profile")).to_have_attribute("role", "img")


def test_a_click_on_the_layer_reads_its_strain(strain: Page) -> None:
    click_in(strain, "sample", 0.2, 0.4)
    expect(strain.get_by_text(re.compile(r"^Strain at y 2\.\d+, x 5\.\d+ nm"))).to_be_visible()
    found = readout(strain)
    assert found["exx"] == pytest.approx(1, abs=0.2)
    assert found["eyy"] == pytest.approx(3, abs=0.2)
    assert found["rotation"] == pytest.approx(0.5, abs=0.2)


def test_a_box_round_the_layer_makes_it_the_reference(strain: Page) -> None:
    before = picture(strain, "maps")
    strain.get_by_role("button", name="Reference", exact=True).click()
    strain.locator(".atomstat-sample:visible .brushintsel, .atomstat-sample:visible .overlay").first.wait_for()
    box = view(strain, "sample").locator("image").first.bounding_box()
    drag(
        strain,
        [
            (box["x"] + at_x * box["width"], box["y"] + at_y * box["height"])
            for at_y, at_x in ((0.1, 0.2), (0.2, 0.5), (0.3, 0.8))
        ],
    )
    wait_for_another_picture(strain, "maps", before)
    click_in(strain, "sample", 0.8, 0.5)
    expect(strain.locator(".atomstat-readout:visible")).to_contain_text(re.compile(r"eyy\s*−2\.\d"))
    automatic = strain.get_by_title("Reference: where the lattice varies least")
    expect(automatic).not_to_have_class(re.compile("mod-active"))
    automatic.click()
    expect(strain.locator(".atomstat-readout:visible")).to_contain_text(re.compile(r"eyy\s*[−+]0\.\d"))


def test_reflections_by_clicks_and_the_resolution_by_keys(strain: Page) -> None:
    before = strain.locator(".atomstat-caption", has_text="g1:").inner_text()
    # g1 + g2, which is at 45 degrees from the middle, on the side where both point
    middle = view(strain, "spectrum").locator("image").first.bounding_box()
    names = view(strain, "spectrum").locator("text", has_text=re.compile("^g[12]$"))
    expect(names).to_have_count(2)
    center = middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2
    rings = [one.bounding_box() for one in view(strain, "spectrum").locator(".curve path.line").all()[:2]]
    places = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in rings]
    strain.mouse.click(*(sum(one[axis] for one in places) - center[axis] for axis in (0, 1)))
    expect(strain.locator(".atomstat-caption", has_text="g1:")).not_to_have_text(before)
    expect(strain.get_by_text(re.compile(r"g1: 0\.20\d* nm"))).to_be_visible()
    press(strain, "Resolution", "ArrowLeft", "ArrowLeft")
    expect(strain.get_by_title("Resolution: let it be chosen from the image")).not_to_have_class(
        re.compile("mod-active")
    )
    expect(slider(strain, "Resolution")).to_be_visible()
    expect(strain.locator(".atomstat-stale")).to_have_count(0)
