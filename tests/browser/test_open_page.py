"""Files that are opened in the page: chosen, dropped, too large, several signals in one."""

from pathlib import Path

import numpy as np
from interactions import status
from playwright.sync_api import Page, expect

from atomstat_widgets.data import samples


def open_app(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("button", name="Open")).to_be_visible(timeout=60_000)


def upload(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Upload a file").click()
    chooser.value.set_files(path)


def test_a_file_is_uploaded_and_what_is_too_large_is_not(page: Page, voila_server: str, tmp_path: Path):
    open_app(page, voila_server)
    page.get_by_role("button", name="Open").click()
    np.save(tmp_path / "large.npy", np.zeros((3000, 3000)))
    upload(page, tmp_path / "large.npy")
    expect(page.get_by_role("alert")).to_have_text("large.npy has 73 MB, uploads have up to 60 MB.")
    (tmp_path / "text.tif").write_text("no picture")
    upload(page, tmp_path / "text.tif")
    expect(page.get_by_role("alert")).to_contain_text("text.tif is truncated, damaged or of a kind that cannot be read")
    np.save(tmp_path / "mine.npy", samples.grains(shape=(100, 140)).array)
    upload(page, tmp_path / "mine.npy")
    expect(page.get_by_text("mine.npy is shown.")).to_be_visible()
    expect(status(page)).to_contain_text("3 components in")
    expect(page.get_by_text("100 × 140 px")).to_be_visible()


def drop(page: Page, path: Path) -> None:
    """Drop a file on the page, as dragging it there from a folder does."""
    dragged = page.evaluate_handle(
        """([name, values]) => {
            const dragged = new DataTransfer();
            dragged.items.add(new File([new Uint8Array(values)], name));
            return dragged;
        }""",
        [path.name, list(path.read_bytes())],
    )
    target = page.locator(".atomstat-sample:visible")
    for event in ("dragenter", "dragover", "drop"):
        target.dispatch_event(event, {"dataTransfer": dragged})


def test_a_file_is_dropped_on_the_page(page: Page, voila_server: str, tmp_path: Path):
    open_app(page, voila_server)
    expect(status(page)).to_contain_text("3 components in")
    np.save(tmp_path / "mine.npy", samples.grains(shape=(100, 140)).array)
    drop(page, tmp_path / "mine.npy")
    expect(page.get_by_text("mine.npy is shown.")).to_be_visible()
    expect(page.get_by_text("100 × 140 px")).to_be_visible()
    (tmp_path / "text.tif").write_text("no picture")
    drop(page, tmp_path / "text.tif")
    expect(page.get_by_role("alert")).to_contain_text("text.tif is truncated, damaged or of a kind that cannot be read")
    expect(page.get_by_text("100 × 140 px")).to_be_visible()


def test_one_of_several_signals_is_chosen(page: Page, voila_server: str, tmp_path: Path):
    open_app(page, voila_server)
    page.get_by_role("button", name="Open").click()
    grains = samples.grains(shape=(100, 140)).array
    np.savez(tmp_path / "two.npz", tall=grains.T, wide=grains)
    upload(page, tmp_path / "two.npz")
    expect(page.get_by_role("alert")).to_have_text(
        "two.npz: choose an array by its name; it has tall (140, 100), wide (100, 140)."
    )
    page.get_by_label("Signal").select_option("tall: float32 of shape (140, 100)")
    expect(page.get_by_text("two.npz is shown.")).to_be_visible()
    expect(page.get_by_text("140 × 100 px")).to_be_visible()


def hear_opening(page: Page) -> list[str]:
    """Begin to note what the page says of a file that comes; what it said is added as it does."""
    said: list[str] = []
    page.expose_function("heard", lambda words: said.append(words))  # no built-in function can be one
    page.evaluate(
        """() => {
            const words = document.querySelector(".atomstat-opening");
            new MutationObserver(() => heard(words.textContent)).observe(words, {childList: true, subtree: true});
        }"""
    )
    return said


def test_the_progress_of_an_upload_is_said(page: Page, voila_server: str, tmp_path: Path):
    open_app(page, voila_server)
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text("Uploads have up to 60 MB")).to_be_visible()
    said = hear_opening(page)
    rng = np.random.default_rng(0)
    np.save(tmp_path / "large.npy", np.tile(rng.random((64, 64)), (30, 30)))  # 29 MB
    upload(page, tmp_path / "large.npy")
    expect(page.get_by_text("large.npy is shown.")).to_be_visible(timeout=30_000)
    assert said[0] == "Uploading large.npy…"
    assert "Opening large.npy…" in said
