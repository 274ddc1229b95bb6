"""The trajectories panel as people meet it: a movie that plays, tracks, states in time and transitions."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from interactions import (
    SECOND,
    picture,
    pixels,
    press,
    slider,
    status,
    titles,
    view,
    wait_for_another_picture,
)
from playwright.sync_api import Browser, Locator, Page, expect
from serving import serving
from strict import strict_page

from atomstat_widgets import movies

WHOLE_MOVIE = 30 * SECOND  # to look at each of its frames again, on a slow machine


@contextmanager
def opened(page: Page, server: str) -> Iterator[Page]:
    page.goto(server)
    expect(status(page)).to_contain_text("2,304 windows, 3 components", timeout=60 * SECOND)
    page.get_by_role("button", name="Trajectories").click()
    expect(status(page)).to_contain_text("1,536 bright atoms in 96 frames, 16 of 16 tracks", timeout=WHOLE_MOVIE)
    yield page
    expect(page.locator(".atomstat-error")).to_have_count(0)


@pytest.fixture
def trajectories(page: Page, voila_server: str) -> Iterator[Page]:
    with opened(page, voila_server) as trajectories:
        yield trajectories


@pytest.fixture(scope="module")
def looked_at(browser: Browser, browser_context_args: dict[str, Any], voila_server: str) -> Iterator[Page]:
    """The same, opened once for the tests that change nothing on it."""
    with (
        closing(browser.new_context(**browser_context_args)) as context,
        strict_page(context) as page,
        opened(page, voila_server) as trajectories,
    ):
        yield trajectories


def frame(page: Page) -> int:
    return int(re.search(r"frame (\d+)", page.get_by_text(re.compile("^Hopping dopants 224")).inner_text())[1])


def cells(page: Page) -> Locator:
    return view(page, "matrix").get_by_role("button")


def test_the_first_sight(looked_at: Page) -> None:
    page = looked_at
    assert len(titles(page, "centroids")) == 2
    expect(page.get_by_text("Hopping dopants 224 × 224 px, 0.0203 nm/px, frame 0")).to_be_visible()
    expect(view(page, "sample")).to_contain_text("1 nm")
    expect(cells(page)).to_have_count(4)
    expect(view(page, "graph").locator("circle")).to_have_count(2)
    expect(view(page, "strip")).to_contain_text("frame")
    expect(page.get_by_text("States in time 16 tracks")).to_be_visible()
    expect(page.get_by_text("10⁻⁴ nm²/frame")).to_be_visible()
    expect(slider(page, "rmax")).to_contain_text("18.5")
    expect(page.get_by_title("rmax: let it be chosen from the image")).to_have_class(re.compile("mod-active"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.evaluate("document.documentElement.scrollHeight") <= 800


def test_rows_of_the_matrix_add_up_and_its_cells_tell_their_intervals(looked_at: Page) -> None:
    texts = [float(text) for text in cells(looked_at).all_inner_texts()]
    assert sum(texts[:2]) == pytest.approx(1, abs=0.011)
    assert sum(texts[2:]) == pytest.approx(1, abs=0.011)
    for cell in cells(looked_at).all():
        told = cell.get_attribute("title")
        found = re.fullmatch(
            r"\d → \d: (0\.\d+), with 95 % probability between (0\.\d+) and (0\.\d+); \d+ of \d+ transitions", told
        )
        value, low, high = map(float, found.groups())
        assert low < value < high


def test_the_movie_plays_and_is_scrubbed_by_keys(trajectories: Page) -> None:
    page = trajectories
    before = picture(page, "sample")
    press(page, "Frame", "ArrowRight", "ArrowRight", "ArrowRight")
    wait_for_another_picture(page, "sample", before)
    expect(page.get_by_text("px, frame 3")).to_be_visible()
    play = page.locator(".widget-play:visible button").first
    play.click()
    page.wait_for_function("() => /px, frame (1\\d|[2-9]\\d)/.test(document.body.innerText)", timeout=20 * SECOND)
    play.click()
    stopped = frame(page)
    page.wait_for_timeout(SECOND)
    assert frame(page) <= stopped + 1
    press(page, "Frame", "End")
    expect(page.get_by_text("px, frame 99")).to_be_visible()


def test_a_frame_that_is_missing_is_said_to_be(trajectories: Page) -> None:
    missing = min(set(range(100)) - set(movies.hopping_dopants().numbers.tolist()))
    press(trajectories, "Frame", *["ArrowRight"] * missing)
    expect(trajectories.get_by_text(f"frame {missing} was not recorded")).to_be_visible()


def test_sliders_redraw_what_depends_on_them(trajectories: Page) -> None:
    page = trajectories
    for label, changed in (
        ("rmax", "strip"), ("Memory", "strip"), ("States", "centroids"), ("Window", "centroids"), ("Spacing", "strip"),
    ):  # fmt: skip
        before = picture(page, changed)
        press(page, label, "ArrowRight")
        wait_for_another_picture(page, changed, before)
        expect(page.locator(".atomstat-stale")).to_have_count(0, timeout=WHOLE_MOVIE)
    expect(cells(page)).to_have_count(9)
    lagged = cells(page).first.inner_text()
    press(page, "Lag", "ArrowRight", "ArrowRight", "ArrowRight")
    expect(page.get_by_text("from row to column, in 4 frames")).to_be_visible()
    expect(cells(page).first).not_to_have_text(lagged)
    press(page, "Min length", "End", "ArrowRight")
    expect(slider(page, "Min length")).to_contain_text("96")
    expect(page.locator(".atomstat-stale")).to_have_count(0)


def test_memory_joins_tracks_over_missing_frames(trajectories: Page) -> None:
    press(trajectories, "Memory", "ArrowLeft")
    expect(status(trajectories)).to_contain_text("80 of 80 tracks")
    press(trajectories, "Memory", "ArrowRight")
    expect(status(trajectories)).to_contain_text("16 of 16 tracks")


def test_the_size_of_a_defect_is_set_by_the_line_in_the_picture(trajectories: Page) -> None:
    page = trajectories
    page.get_by_label("Objects").select_option("Defects")
    expect(status(page)).to_contain_text("are one object, a guess")
    ends = view(page, "sample").locator(".object_grp path.dot")
    expect(ends).to_have_count(2)

    def length() -> float:
        left, right = (end.bounding_box()["x"] for end in ends.all())
        return right - left

    before, box = length(), ends.last.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 12, y + 12, steps=4)
    page.mouse.up()
    expect(page.get_by_title("Defect size: let it be chosen from the image")).not_to_have_class(
        re.compile("mod-active")
    )
    expect(status(page)).not_to_contain_text("a guess", timeout=WHOLE_MOVIE)
    assert length() == pytest.approx(before + 24, abs=2)  # at both ends


def test_a_track_is_selected_in_the_picture_and_in_the_strip(trajectories: Page) -> None:
    page = trajectories
    dopant = movies.hopping_dopants().truth.positions[0][3]
    box = view(page, "sample").locator("image").first.bounding_box()
    y, x = (dopant + 0.5) / 224
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    chosen = page.get_by_text(re.compile(r"States in time track \d+: 96 points in frames 0 to 99"))
    expect(chosen).to_be_visible()
    by_picture = chosen.inner_text()
    page.get_by_role("button", name="Clear selection").click()
    expect(page.get_by_text("States in time 16 tracks")).to_be_visible()
    strip = view(page, "strip").locator("image").first.bounding_box()
    row = int(re.search(r"track (\d+)", by_picture)[1])
    page.mouse.click(strip["x"] + 0.505 * strip["width"], strip["y"] + (row - 0.5) / 16 * strip["height"])
    expect(page.get_by_text(by_picture)).to_be_visible()
    expect(page.get_by_text("px, frame 50")).to_be_visible()
    press(page, "rmax", "ArrowLeft")  # it stays selected
    expect(page.locator(".atomstat-stale")).to_have_count(0)
    expect(page.get_by_text(by_picture)).to_be_visible()
    before = pixels(page, "sample")
    page.get_by_role("checkbox", name="Zoom in on the track").check()
    page.wait_for_timeout(SECOND)
    assert pixels(page, "sample") != before


def test_a_cell_of_the_matrix_leads_to_the_frames(trajectories: Page) -> None:
    page = trajectories
    expect(page.get_by_text("click a cell of the matrix")).to_be_visible()
    cells(page).nth(1).click()
    first = page.get_by_text(re.compile(r"^1 → 2 1 of \d+, track \d+$"))
    expect(first).to_be_visible()
    before = frame(page)
    expect(view(page, "occurrence")).to_contain_text(f"frame {before + 1}")
    crops = picture(page, "occurrence")
    page.get_by_title("The occurrence after this one").click()
    expect(page.get_by_text(re.compile(r"^1 → 2 2 of \d+"))).to_be_visible()
    wait_for_another_picture(page, "occurrence", crops)
    page.get_by_title("The occurrence before this one").click()
    expect(first).to_be_visible()
    assert frame(page) == before


def test_the_truth_and_the_score(trajectories: Page) -> None:
    page = trajectories
    before = pixels(page, "sample")
    page.get_by_role("checkbox", name="True atoms").check()
    expect(page.get_by_text("100.0% of 1,456 true links found")).to_be_visible()
    expect(page.get_by_text("4 of 4 true probabilities")).to_be_visible()
    assert pixels(page, "sample") != before
    press(page, "rmax", "Home")  # shorter than a hop: tracks break, and links are lost
    expect(page.get_by_text("100.0% of 1,456 true links found")).to_have_count(0)


def test_what_cannot_be_found_is_said_in_words_and_the_pictures_stay(trajectories: Page) -> None:
    press(trajectories, "Strength", "End")
    none = "no atoms were found: lower the strength, or set the spacing"
    expect(status(trajectories)).to_contain_text(none, timeout=WHOLE_MOVIE)
    expect(status(trajectories)).to_contain_text("Not up to date")
    assert len(titles(trajectories, "centroids")) == 2
    trajectories.get_by_title("Strength: let it be chosen from the image").click()
    expect(status(trajectories)).to_contain_text("16 of 16 tracks", timeout=WHOLE_MOVIE)


def test_every_control_tells_what_it_does(looked_at: Page) -> None:
    labels = [
        *("Spacing", "Strength", "Follow", "Window", "States", "Normalize", "Dark atoms", "rmax", "Memory", "Lag"),
        *("Min length", "Image", "Contrast", "Trail", "Zoom in on the track", "True atoms", "Opacity", "Data", "Frame"),
    ]
    for label in labels:
        words = [one for one in looked_at.get_by_text(label, exact=True).all() if one.is_visible()]
        told = words[0].evaluate(
            """words => {
                const {x, y, width, height} = words.getBoundingClientRect();
                return document.elementFromPoint(x + width / 2, y + height / 2).closest("[title]").title;
            }"""
        )
        assert len(told) > len(label) + 10, (label, told)


@pytest.mark.slow
def test_a_long_movie_of_the_users_is_there_at_once_and_then_complete(page: Page, tmp_path) -> None:
    movie = movies.hopping_dopants(frames=300, missing=0)
    np.save(tmp_path / "long.npy", movie.frames)
    with serving(str(tmp_path / "long.npy"), "--port", "0") as served:
        page.goto(served.address)
        expect(page.get_by_text("long.npy 224 × 224 px, frame 0")).to_be_visible(timeout=60 * SECOND)
        expect(status(page)).to_contain_text("of 300 frames")  # of which a few were looked at
        expect(status(page)).to_contain_text("bright atoms in 300 frames", timeout=60 * SECOND)
        expect(page.get_by_text("First impression")).to_have_count(0)
        expect(page.locator(".atomstat-error")).to_have_count(0)


@pytest.mark.slow
def test_frames_that_stay_in_their_files(page: Page, tmp_path: Path) -> None:
    movie = movies.hopping_dopants(frames=12, missing=0, shape=(128, 128))
    (tmp_path / "film").mkdir()
    for number, image in enumerate(movie.frames):
        np.save(tmp_path / "film" / f"{number}.npy", image)
    with serving("--data", str(tmp_path), "--port", "0") as served:
        page.goto(served.address)
        expect(status(page)).to_contain_text("2,304 windows", timeout=60 * SECOND)
        page.get_by_role("button", name="Open").click()
        page.get_by_label("File").select_option("film")
        expect(status(page)).to_contain_text("in 12 frames", timeout=60 * SECOND)
        expect(page.get_by_text("film 128 × 128 px, frame 0")).to_be_visible()
        first = picture(page, "sample")
        press(page, "Frame", *["ArrowRight"] * 5)
        expect(page.get_by_text("film 128 × 128 px, frame 5")).to_be_visible()
        wait_for_another_picture(page, "sample", first)
        page.get_by_role("button", name="Sliding FFT").click()
        page.get_by_role("button", name="Trajectories").click()
        press(page, "Frame", "End")
        expect(page.get_by_text("film 128 × 128 px, frame 11")).to_be_visible()
        expect(page.locator(".is-stale")).to_have_count(0)
