"""The unmixing panel as people meet it: spectra, maps and pixels of a spectrum image, with brushes, clicks and keys."""

import re
from collections.abc import Iterator

import pytest
from interactions import (
    SECOND,
    drag,
    picture,
    pixels,
    press,
    slider,
    status,
    titles,
    view,
    wait_for_another_picture,
)
from playwright.sync_api import Page, expect


@pytest.fixture
def unmixing(page: Page, voila_server: str) -> Iterator[Page]:
    page.goto(voila_server)
    expect(status(page)).to_contain_text("2,304 windows, 3 components", timeout=60 * SECOND)
    page.get_by_role("button", name="Unmixing").click()
    expect(status(page)).to_contain_text("4,096 spectra of 200 channels, 3 components", timeout=30 * SECOND)
    expect(view(page, "curve").locator(".dot")).to_have_count(9)
    yield page
    expect(page.locator(".atomstat-error")).to_have_count(0)


def lines(page: Page, name: str) -> list[str]:
    """What is drawn in a view of spectra, a line each."""
    return view(page, name).locator("path.line").evaluate_all("paths => paths.map(path => path.getAttribute('d'))")


def test_the_first_sight(unmixing: Page) -> None:
    page = unmixing
    assert len(titles(page, "maps")) == 3
    expect(page.get_by_text("Oxide layers 64 × 64 px, 0.5 nm/px, 200 channels")).to_be_visible()
    expect(view(page, "sample")).to_contain_text("5 nm")
    for name in ("mean", "components", "pixel"):
        expect(view(page, name)).to_contain_text("energy (eV)")
    expect(page.get_by_text("Pixel y 16.0, x 16.0 nm: grey data, fit, parts")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.evaluate("document.documentElement.scrollHeight") <= 800


def test_sliders_and_methods_redraw(unmixing: Page) -> None:
    page = unmixing
    for label in ("Components", "Bin pixels", "Bin channels"):
        before = picture(page, "maps")
        press(page, label, "ArrowRight")
        wait_for_another_picture(page, "maps", before)
        expect(page.locator(".atomstat-stale")).to_have_count(0)
    expect(status(page)).to_contain_text("1,024 spectra of 100 channels, 4 components")
    for method, said in (("PCA", "4 components"), ("ICA", "4 components"), ("GMM", "4 classes"), ("NMF", "4 compo")):
        before = picture(page, "maps")
        page.get_by_role("button", name=method, exact=True).click()
        wait_for_another_picture(page, "maps", before)
        expect(status(page)).to_contain_text(said)


def test_brushes_choose_energies_and_pixels(unmixing: Page) -> None:
    page = unmixing
    everything = page.get_by_role("button", name="All energies")
    expect(everything).to_be_disabled()
    box = view(page, "mean").bounding_box()
    y = box["y"] + 40
    drag(page, [(box["x"] + 100, y), (box["x"] + 300, y), (box["x"] + 400, y)])
    expect(status(page)).to_contain_text(re.compile(r"4,096 spectra of 1[0-9]{2} channels"))
    everything.click()
    expect(status(page)).to_contain_text("4,096 spectra of 200 channels")
    page.get_by_role("button", name="Mask").click()
    view(page, "sample").locator("rect.overlay").wait_for(state="attached")  # the box can be drawn
    image = view(page, "sample").locator("image").first.bounding_box()
    x, y, width, height = (image[name] for name in ("x", "y", "width", "height"))
    drag(page, [(x + 0.25 * width, y + 0.25 * height), (x + 0.5 * width, y + 0.5 * height),
                (x + 0.75 * width, y + 0.75 * height)])  # fmt: skip
    expect(status(page)).to_contain_text(re.compile(r"spectra of 200 channels.*pixels are masked or hold NaN"))
    used = int(re.search(r"([\d,]+) spectra", status(page).inner_text())[1].replace(",", ""))
    assert 31**2 <= used <= 34**2
    page.get_by_role("button", name="All pixels").click()
    expect(status(page)).to_contain_text("4,096 spectra of 200 channels")


def test_clicks_on_a_pixel_a_component_and_the_curve(unmixing: Page) -> None:
    page = unmixing
    before = lines(page, "pixel")
    box = view(page, "sample").locator("image").first.bounding_box()
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 0.1 * box["height"])
    expect(page.get_by_text(re.compile(r"Pixel y (2\.5|3\.0), x (28\.5|29\.0) nm: grey data"))).to_be_visible()
    assert lines(page, "pixel") != before
    sample = pixels(page, "sample")
    tiles = view(page, "maps").locator("image").first.bounding_box()
    page.mouse.click(tiles["x"] + 0.9 * tiles["width"], tiles["y"] + 0.4 * tiles["height"])
    expect(page.get_by_role("button", name="3", exact=True)).to_have_class(re.compile("mod-active"))
    assert pixels(page, "sample") != sample
    view(page, "curve").locator(".dot").nth(4).click()
    expect(status(page)).to_contain_text("5 components")
    expect(slider(page, "Components")).to_contain_text("5")


def test_names_and_colours_stay_through_reruns(unmixing: Page) -> None:
    page = unmixing
    page.get_by_label("Name").fill("Manganese")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Component spectra ■ Manganese ■ 2 ■ 3")).to_be_visible()
    press(page, "Components", "ArrowRight")
    expect(page.get_by_text("■ Manganese ■ 2 ■ 3 ■ 4")).to_be_visible()
    assert any("Manganese" in text for text in titles(page, "maps"))


def test_the_truth_and_what_finds_it(unmixing: Page) -> None:
    page = unmixing
    page.get_by_role("checkbox", name="True spectra").check()
    told = page.get_by_text(re.compile("^mean angle"))
    expect(told).to_be_visible()

    def angle() -> float:
        return float(re.search(r"angle ([\d.]+)°", told.inner_text())[1])

    plain = angle()
    before = picture(page, "maps")
    page.get_by_label("Start from").select_option("N-FINDR")
    wait_for_another_picture(page, "maps", before)
    expect(page.locator(".atomstat-stale")).to_have_count(0)
    assert angle() < plain / 2
    press(page, "Dose", "ArrowLeft")  # fewer counts: farther from the truth
    expect(told).to_be_visible()
    expect(status(page)).to_contain_text("3 components in")


def test_what_goes_together_with_nothing_is_out_of_reach(unmixing: Page) -> None:
    page = unmixing
    page.get_by_label("Loss").select_option("Kullback-Leibler")
    expect(status(page)).to_contain_text("3 components in")
    expect(page.get_by_role("checkbox", name="Abundances sum to 1")).to_be_disabled()
    page.get_by_role("button", name="PCA").click()
    expect(page.get_by_label("Start from")).to_be_disabled()


def test_every_control_tells_what_it_does(unmixing: Page) -> None:
    labels = [
        *(
            "Bin pixels",
            "Bin channels",
            "Normalize",
            "Weighting",
            "All energies",
            "All pixels",
            "NMF",
            "PCA",
            "ICA",
            "GMM",
        ),
        *("Components", "Loss", "Start from", "Smooth", "Abundances sum to 1", "Component", "Name", "Colour", "Maps"),
        *("Contrast", "Dose", "True spectra", "Mask", "Residual", "Opacity", "Data"),
    ]
    for label in labels:
        told = [
            one.evaluate(
                """words => {
                    const {x, y, width, height} = words.getBoundingClientRect();
                    const titled = document.elementFromPoint(x + width / 2, y + height / 2).closest("[title]");
                    return titled === null ? "" : titled.title;
                }"""
            )
            for one in unmixing.get_by_text(label, exact=True).all()
            if one.is_visible()
        ]
        assert max(map(len, told)) > len(label) + 10, (label, told)
