"""The domains panel as people meet it: atoms, scores and classes, with lasso, brush, clicks and keys."""

import re
from collections.abc import Iterator

import pytest
from interactions import (
    SECOND,
    drag,
    picture,
    pixels,
    press,
    settled_text,
    slider,
    status,
    titles,
    view,
    wait_for_another_picture,
)
from playwright.sync_api import Page, expect


@pytest.fixture
def domains(page: Page, voila_server: str) -> Iterator[Page]:
    page.goto(voila_server)
    expect(status(page)).to_contain_text("2,304 windows, 3 components", timeout=60 * SECOND)
    page.get_by_role("button", name="Domains").click()
    expect(status(page)).to_contain_text("atoms (200 more at the border), 4 components in", timeout=30 * SECOND)
    expect(view(page, "curve").locator(".dot")).to_have_count(9)
    yield page
    expect(page.locator(".atomstat-error")).to_have_count(0)


def test_the_first_sight(domains: Page) -> None:
    assert len(titles(domains, "components")) == 4
    expect(domains.get_by_text("Distortion domains 512 × 512 px, 0.04 nm/px")).to_be_visible()
    expect(view(domains, "sample")).to_contain_text("5 nm")
    expect(view(domains, "scores")).to_contain_text("component 1")
    expect(view(domains, "histogram")).to_contain_text("loading 1")
    assert domains.evaluate("document.documentElement.scrollWidth") <= 1280


def test_every_slider_moves_by_keyboard_and_redraws(domains: Page) -> None:
    for label in ("Window", "Smooth", "Spacing", "Strength", "Components"):
        before = picture(domains, "components")
        press(domains, label, "ArrowRight")
        wait_for_another_picture(domains, "components", before)
        expect(domains.locator(".atomstat-stale")).to_have_count(0)
    expect(status(domains)).to_contain_text("5 components")
    assert len(titles(domains, "components")) == 5


def test_a_window_set_by_hand_can_be_automatic_again(domains: Page) -> None:
    window = slider(domains, "Window")
    expect(window).to_contain_text("20")
    press(domains, "Window", "ArrowRight", "ArrowRight")
    expect(window).to_contain_text("22")
    automatic = domains.get_by_title("Window: let it be chosen from the image")
    expect(automatic).not_to_have_class(re.compile("mod-active"))
    automatic.click()
    expect(window).to_contain_text("20")
    expect(automatic).to_have_class(re.compile("mod-active"))


def test_every_method(domains: Page) -> None:
    for method, said in (
        ("ICA", "4 components"),
        ("NMF", "4 components"),
        ("GMM", "4 classes"),
        ("PCA", "4 components"),
    ):
        before = picture(domains, "components")
        domains.get_by_role("button", name=method, exact=True).click()
        wait_for_another_picture(domains, "components", before)
        expect(status(domains)).to_contain_text(said)
        assert len(titles(domains, "components")) == 4
        first = domains.get_by_role("button", name="All" if method in ("NMF", "GMM") else "1", exact=True)
        expect(first).to_have_class(re.compile("mod-active"))


def test_a_lasso_round_scores_lights_the_atoms_up(domains: Page) -> None:
    before = {name: picture(domains, name) for name in ("scores", "means")}
    sample = pixels(domains, "sample")
    box = view(domains, "scores").locator("image").first.bounding_box()
    left, top = box["x"], box["y"]
    right, bottom = left + 0.45 * box["width"], top + box["height"]
    drag(domains, [(left + 2, top + 2), (right, top + 2), (right, bottom - 2), (left + 2, bottom - 2)])
    told = domains.get_by_text(re.compile(r"^Mean crop [\d,]+ selected"))
    expect(told).to_be_visible()
    # the left half of the scores is one of the two kinds of domains
    assert 800 < int(re.search(r"[\d,]+", told.inner_text())[0].replace(",", "")) < 1600
    for name, old in before.items():
        wait_for_another_picture(domains, name, old)
    assert pixels(domains, "sample") != sample
    domains.get_by_role("checkbox", name="True domains").last.check()
    expect(domains.get_by_text("of the selection")).to_be_visible()
    score = float(re.search(r"(\d\.\d\d) \(adjusted", domains.locator(".atomstat-controls:visible").inner_text())[1])
    assert score > 0.85
    # a second lasso replaces the first
    drag(domains, [(left + 2, top + 2), (left + 60, top + 2), (left + 60, bottom - 2), (left + 2, bottom - 2)])
    expect(domains.get_by_text(told.inner_text())).to_have_count(0)
    domains.get_by_role("button", name="Clear selection").click()
    expect(domains.get_by_text("Mean crop nothing selected")).to_be_visible()
    expect(domains.get_by_role("button", name="Clear selection")).to_be_disabled()


def test_a_brush_over_the_histogram_selects(domains: Page) -> None:
    box = view(domains, "histogram").locator("image").first.bounding_box()
    middle = box["y"] + box["height"] / 2
    drag(domains, [(box["x"] + 0.6 * box["width"], middle), (box["x"] + box["width"] - 2, middle)])
    told = domains.get_by_text(re.compile(r"^Mean crop [\d,]+ selected"))
    expect(told).to_be_visible()
    assert 800 < int(re.search(r"[\d,]+", settled_text(told))[0].replace(",", "")) < 1600


def test_clicks_on_an_atom_a_component_and_the_curve(domains: Page) -> None:
    before = picture(domains, "crop")
    box = view(domains, "sample").locator("image").first.bounding_box()
    domains.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
    wait_for_another_picture(domains, "crop", before)
    at = re.search(r"y ([\d.]+), x ([\d.]+)", domains.get_by_text(re.compile(r"^Atom y ")).inner_text())
    assert abs(float(at[1]) / 0.04 - 0.75 * 512) < 8
    assert abs(float(at[2]) / 0.04 - 0.25 * 512) < 8

    before = picture(domains, "histogram")
    box = view(domains, "components").locator("image").first.bounding_box()
    domains.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.75 * box["height"])
    wait_for_another_picture(domains, "histogram", before)
    expect(view(domains, "histogram")).to_contain_text("loading 4")
    view(domains, "curve").locator(".dot").nth(1).click()
    expect(status(domains)).to_contain_text("2 components")
    expect(slider(domains, "Components")).to_contain_text("2")


def test_classes_of_graphene_and_their_truth(domains: Page) -> None:
    domains.get_by_label("Data").select_option("Sample: Doped graphene")
    expect(domains.get_by_text("Doped graphene 512 × 512 px")).to_be_visible()
    domains.get_by_role("button", name="GMM").click()
    expect(status(domains)).to_contain_text("4 classes")
    press(domains, "Classes", "ArrowLeft")
    expect(status(domains)).to_contain_text("3 classes")
    sample = pixels(domains, "sample")
    domains.get_by_role("checkbox", name="True domains").last.check()
    expect(domains.locator(".atomstat-controls:visible")).to_contain_text("adjusted Rand index")
    expect(domains.locator(".atomstat-controls:visible")).to_contain_text("of the classes")
    score = float(re.search(r"(\d\.\d\d) \(adjusted", domains.locator(".atomstat-controls:visible").inner_text())[1])
    assert score > 0.9
    assert pixels(domains, "sample") != sample
    # what was chosen is shown in the other tab too
    domains.get_by_role("button", name="Sliding FFT").click()
    expect(view(domains, "spectra")).to_be_visible()
    expect(domains.get_by_text("Doped graphene 512 × 512 px").first).to_be_visible()
    expect(status(domains)).to_contain_text("windows")


def test_what_cannot_be_found_is_said_in_words_and_the_pictures_stay(domains: Page) -> None:
    press(domains, "Strength", "End")
    expect(status(domains)).to_contain_text("no atoms were found: lower the strength, or set the spacing")
    expect(status(domains)).to_contain_text("Not up to date")
    assert len(titles(domains, "components")) == 4
    domains.get_by_title("Strength: let it be chosen from the image").click()
    expect(status(domains)).to_contain_text("4 components in")


def test_every_control_tells_what_it_does(domains: Page) -> None:
    labels = [
        *("Spacing", "Strength", "Class", "Window", "Channel", "Recentre", "Normalize", "Smooth", "Components"),
        *("GMM on", "Image", "Maps", "Contrast", "True domains", "Opacity", "Data", "PCA", "ICA", "NMF", "GMM"),
    ]
    for label in labels:
        words = [one for one in domains.get_by_text(label, exact=True).all() if one.is_visible()]
        told = words[0].evaluate(
            """words => {
                const {x, y, width, height} = words.getBoundingClientRect();
                return document.elementFromPoint(x + width / 2, y + height / 2).closest("[title]").title;
            }"""
        )
        assert len(told) > len(label) + 10, (label, told)
