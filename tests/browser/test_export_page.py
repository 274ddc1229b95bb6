"""What can be taken away from the page, and the links by which a view is opened again."""

import io
import json
import re

import numpy as np
from interactions import press, settled_text, slider, status
from playwright.sync_api import Page, expect

from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.data import cubes, samples
from atomstat_widgets.reactive.results import numbers_of


def open_app(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("button", name="Export")).to_be_visible(timeout=60_000)


def download(page: Page, form: str) -> tuple[str, bytes]:
    """Name and contents of the file of a format, of the panel that is shown."""
    page.locator(".atomstat-export select:visible").first.select_option(form)
    page.get_by_role("button", name="Prepare file").and_(page.locator(":visible")).click()
    ending = form.removesuffix(")").replace("(", " ").split()[-1]
    link = page.locator(f'.atomstat-export a[download$=".{ending}"]:visible')  # not that of the file before
    expect(link).to_be_visible()
    with page.expect_download() as started:
        link.click()
    return started.value.suggested_filename, started.value.path().read_bytes()


def test_numbers_and_figures_are_downloaded(page: Page, voila_server: str):
    open_app(page, voila_server)
    press(page, "Components", "ArrowLeft")
    expect(status(page)).to_contain_text("2 components in")
    page.get_by_role("button", name="Export").click()
    name, content = download(page, "Numbers (NumPy npz)")
    assert name == "Three_grains_sliding_fft.npz"
    expected = numbers_of(SlidingFFTModel.analyse(samples.grains(), n_components=2)).arrays
    with np.load(io.BytesIO(content)) as stored:
        assert stored["components"].shape == expected["components"].shape
        np.testing.assert_array_equal(np.sort(stored["loadings"].ravel()), np.sort(expected["loadings"].ravel()))
    name, content = download(page, "Figure (png)")
    assert (name, content[:4]) == ("Three_grains_sliding_fft.png", b"\x89PNG")
    press(page, "Components", "ArrowLeft")  # the link goes with the result
    expect(page.locator(".atomstat-export a:visible")).to_have_count(0)


def test_of_another_panel_too(page: Page, voila_server: str):
    open_app(page, voila_server)
    page.get_by_role("button", name="Unmixing").click()
    export = page.get_by_role("button", name="Export").and_(page.locator(":visible"))
    expect(page.get_by_text("spectra of 200 channels")).to_be_visible(timeout=30_000)
    export.click()
    name, content = download(page, "Tables (csv)")
    assert name == "Oxide_layers_unmix_spectra.csv"
    found = np.genfromtxt(io.BytesIO(content), delimiter=",", skip_header=1)
    expected = UnmixingModel.analyse(cubes.oxides()).unmixing.components
    np.testing.assert_allclose(found[:, 1:-1].T, expected, rtol=1e-6)


def test_a_link_opens_the_same_view(page: Page, voila_server: str):
    open_app(page, voila_server)
    press(page, "Components", "ArrowLeft")
    expect(status(page)).to_contain_text("2 components in")
    page.get_by_role("button", name="Unmixing").click()
    page.get_by_role("button", name="PCA").and_(page.locator(":visible")).click()
    expect(page.locator(".atomstat-status:visible")).to_contain_text("3 components in")
    page.get_by_role("button", name="Session").click()
    link = page.get_by_role("link", name="Link to this view")
    expect(link).to_be_visible()
    address = link.get_attribute("href")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download session.json").click()
    assert set(json.loads(started.value.path().read_text())["panels"]) == {"Sliding FFT", "Unmixing"}
    open_app(page, voila_server.rstrip("/") + "/" + address)
    expect(page.get_by_role("button", name="PCA").and_(page.locator(":visible"))).to_have_attribute(
        "class", re.compile("mod-active")
    )
    page.get_by_role("button", name="Sliding FFT").click()
    expect(slider(page, "Components")).to_contain_text("2")


def test_a_damaged_link_is_said(page: Page, voila_server: str):
    open_app(page, voila_server.rstrip("/") + "/?state=%3Cscript%3E")
    expect(page.get_by_role("alert")).to_contain_text("the state in the address is damaged")
    assert "components in" in settled_text(status(page))


def test_the_figure_is_shown_and_written_as_adjusted(page: Page, voila_server: str):
    open_app(page, voila_server)
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Show figure").click()
    canvas = page.locator(".jupyter-matplotlib-canvas-div canvas:visible").first
    expect(canvas).to_be_visible(timeout=20_000)
    page.wait_for_function(
        """() => {
            const canvas = document.querySelector(".jupyter-matplotlib-canvas-div canvas");
            const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            return pixels.some(value => value > 0 && value < 255);
        }"""
    )
    wide = canvas.bounding_box()["width"]
    press(page, "Width (mm)", *["ArrowLeft"] * 20)
    expect(slider(page, "Width (mm)").locator(".widget-readout")).to_have_text("160")
    page.wait_for_function(
        "wide => document.querySelector('.jupyter-matplotlib-canvas-div canvas').getBoundingClientRect().width < wide",
        arg=wide - 50,
    )
    _, content = download(page, "Figure (png)")
    width = int.from_bytes(content[16:20], "big")
    assert abs(width - 160 / 25.4 * 300) < 3
    press(page, "Components", "ArrowLeft")  # the figure goes with the result
    expect(canvas).to_be_hidden()
