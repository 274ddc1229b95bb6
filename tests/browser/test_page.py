"""The app as people meet it: real Voila, real Chromium, keyboard and mouse."""

import re
from pathlib import Path

import numpy as np
import pytest
from interactions import SECOND, picture, pixels, press, slider, status, titles, wait_for_another_picture
from playwright.sync_api import Page, expect
from serving import serving


@pytest.fixture
def app(page: Page, voila_server: str) -> Page:
    page.goto(voila_server)
    expect(page.locator(".atomstat-status")).to_contain_text("2,304 windows, 3 components", timeout=60 * SECOND)
    expect(page.locator(".atomstat-curve circle, .atomstat-curve .dot")).not_to_have_count(0)
    return page


def test_the_first_sight(app: Page) -> None:
    assert len(titles(app, "spectra")) == len(titles(app, "maps")) == 3
    expect(app.locator(".atomstat-sample")).to_contain_text("2 nm")
    expect(app.locator(".atomstat-sample")).to_contain_text("x (nm)")
    expect(app.locator(".atomstat-spectra")).to_contain_text("kx (1/nm)")
    expect(app.get_by_text("512 × 512 px, 0.028 nm/px")).to_be_visible()
    # nothing sticks out of the window
    assert app.evaluate("document.documentElement.scrollWidth") <= 1280


def test_the_slider_moved_by_keyboard_changes_the_pixels(app: Page) -> None:
    before, address = pixels(app, "spectra"), picture(app, "spectra")
    press(app, "Components", "ArrowRight")
    expect(status(app)).to_contain_text("2,304 windows, 4 components")
    expect(slider(app, "Components")).to_contain_text("4")
    wait_for_another_picture(app, "spectra", address)
    assert pixels(app, "spectra") != before
    assert len(titles(app, "spectra")) == 4


def test_every_slider_gives_another_picture(app: Page) -> None:
    for label, key, said in (
        ("Zoom", "ArrowRight", "2,304 windows"),
        ("Height", "ArrowRight", "2,209 windows"),
        ("Width", "ArrowLeft", "2,304 windows"),
        ("Step", "ArrowRight", "1,849 windows"),
    ):
        address = picture(app, "spectra")
        press(app, label, key)
        wait_for_another_picture(app, "spectra", address)
        expect(status(app)).to_contain_text(said)


def test_square_windows_can_be_unlocked(app: Page) -> None:
    press(app, "Width", "ArrowRight")
    expect(slider(app, "Height")).to_contain_text("43")
    app.get_by_label("Square window").uncheck()
    press(app, "Width", "ArrowRight")
    expect(slider(app, "Width")).to_contain_text("44")
    expect(slider(app, "Height")).to_contain_text("43")


def test_quick_keys_end_on_the_last_value(app: Page) -> None:
    press(app, "Components", *["ArrowRight"] * 4, *["ArrowLeft"] * 6, "ArrowRight")
    expect(status(app)).to_contain_text("2,304 windows, 2 components")
    expect(app.locator(".atomstat-stale")).to_have_count(0)
    expect(app.locator(".atomstat-spectra text", has_text=" · ")).to_have_count(2)
    expect(app.locator(".atomstat-maps text", has_text=" · ")).to_have_count(2)


def test_a_click_on_a_component_lays_its_map_over_the_image(app: Page) -> None:
    before = pixels(app, "sample")
    box = app.locator(".atomstat-maps image").bounding_box()
    app.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.3)
    expect(app.get_by_role("button", name="1", exact=True)).to_have_class(re.compile("mod-active"))
    assert pixels(app, "sample") != before


def test_a_click_on_the_image_looks_at_the_window_there(app: Page) -> None:
    before = picture(app, "window")
    box = app.locator(".atomstat-sample image").first.bounding_box()
    app.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.9)
    wait_for_another_picture(app, "window", before)
    at = re.search(r"y ([\d.]+), x ([\d.]+)", app.get_by_text(re.compile(r"^Window y ")).inner_text())
    assert abs(float(at[1]) / 0.028 - 0.9 * 512) < 16
    assert abs(float(at[2]) / 0.028 - 0.8 * 512) < 16


def test_a_click_on_the_curve_sets_the_count(app: Page) -> None:
    points = app.locator(".atomstat-curve .dot")
    app.wait_for_function("() => document.querySelectorAll('.atomstat-curve .dot').length >= 9")
    points.nth(5).click()
    expect(status(app)).to_contain_text("6 components")
    expect(slider(app, "Components")).to_contain_text("6")


def test_the_truth_can_be_laid_over(app: Page) -> None:
    app.get_by_label("True domains").check()
    expect(app.get_by_text("adjusted Rand index")).to_be_visible()
    score = float(re.search(r"(\d\.\d\d) \(adjusted", app.locator(".atomstat-controls").inner_text())[1])
    assert score > 0.8


def test_another_sample(app: Page) -> None:
    before = pixels(app, "sample")
    app.get_by_label("Data").select_option("Sample: Square | hexagonal")
    expect(app.get_by_text("Square | hexagonal 512 × 512 px")).to_be_visible()
    expect(app.locator(".atomstat-stale")).to_have_count(0)
    assert pixels(app, "sample") != before


def test_an_impossible_setting_is_said_in_words_and_the_pictures_stay(app: Page) -> None:
    press(app, "Components", "ArrowRight")
    press(app, "Step", "End")
    expect(status(app)).to_contain_text("64 windows, 4 components in")
    press(app, "Height", "End")
    expect(status(app)).to_contain_text("4 components need at least 4 windows, and 1 fit the image")
    expect(status(app)).to_contain_text("Not up to date")
    assert len(titles(app, "spectra")) == 4
    press(app, "Height", "Home")
    expect(app.locator(".atomstat-error")).to_have_count(0)


def test_every_control_is_reached_by_the_tab_key(app: Page) -> None:
    app.get_by_label("Data").focus()
    reached = set()
    for _ in range(50):
        app.keyboard.press("Tab")
        reached.add(app.evaluate("() => document.activeElement.closest('.jupyter-widgets')?.innerText.trim()"))
    reached = {text.splitlines()[0] for text in reached if text}
    assert {
        "Height",
        "Width",
        "Square window",
        "Step",
        "Zoom",
        "Hamming taper",
        "Components",
        "Contrast",
        "Opacity",
    } <= reached


def test_the_users_file_is_shown(page: Page, tmp_path: Path) -> None:
    np.save(tmp_path / "mine.npy", np.random.default_rng(0).random((90, 200)))
    with serving(str(tmp_path / "mine.npy"), "--port", "0") as served:
        page.goto(served.address)
        expect(page.get_by_text("mine.npy 90 × 200 px")).to_be_visible(timeout=60 * SECOND)
        expect(page.locator(".atomstat-sample")).to_contain_text("x (px)")


def test_a_file_that_cannot_be_analysed_is_said_above_a_sample(page: Page, tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.ones((90, 200)))
    with serving(str(tmp_path / "flat.npy"), "--port", "0") as served:
        page.goto(served.address)
        expect(page.get_by_text("all 18000 pixels of the image are equal")).to_be_visible(timeout=60 * SECOND)
        expect(status(page)).to_contain_text("2,304 windows")


def test_a_long_run_shows_a_first_impression_and_can_be_cancelled(app: Page) -> None:
    before = picture(app, "maps")
    press(app, "Step", "Home")  # 221,841 windows
    expect(status(app)).to_contain_text("First impression with larger steps", timeout=30 * SECOND)
    expect(status(app)).to_contain_text("Computing…")
    wait_for_another_picture(app, "maps", before)
    app.get_by_role("button", name="Cancel").click()
    expect(status(app)).to_contain_text("Cancelled: the last good result is shown", timeout=30 * SECOND)
    expect(status(app)).to_contain_text("Not up to date")
    expect(app.get_by_role("button", name="Cancel")).to_be_disabled()
    press(app, "Step", "End")
    expect(status(app)).to_contain_text("64 windows, 3 components in", timeout=30 * SECOND)
    expect(app.locator(".atomstat-stale")).to_have_count(0)


def test_every_control_tells_what_it_does(app: Page) -> None:
    labels = [
        *("Height", "Width", "Square window", "Step", "Zoom", "Hamming taper", "Components"),
        *("Image", "Maps", "Contrast", "True domains", "Opacity", "Data"),
    ]
    for label in labels:
        # what a pointer on the words, or on the control beside them, would show
        told = app.get_by_text(label, exact=True).first.evaluate(
            """words => {
                const {x, y, width, height} = words.getBoundingClientRect();
                return document.elementFromPoint(x + width / 2, y + height / 2).closest("[title]").title;
            }"""
        )
        assert len(told) > len(label) + 10, (label, told)
