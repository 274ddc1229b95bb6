"""What it takes that a file is read by a process of its own, and whether the page stays live while one is.

    python tests/benchmarks/opening.py

Files of 16 MB, read in the process and apart by turns. Then, in headless Chromium against the served app, a file whose
reader never ends is opened, and a slider moved meanwhile: the time from the key press to the result's words.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import tifffile
from playwright.sync_api import expect, sync_playwright

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "browser")]
from chromium import LAUNCH_ARGUMENTS, find
from interactions import press, slider
from serving import serving

from atomstat_widgets.data import load

REPEATS = 21
MOST_ADDED, MOST_WAITED = 150, 300  # ms


def write_files(folder: Path) -> list[Path]:
    image = np.random.default_rng(0).random((2048, 1024))
    np.save(folder / "image.npy", image)
    np.save(folder / "movie.npy", image.reshape(32, 256, 256))
    tifffile.imwrite(folder / "image.tif", image.astype(np.float32).repeat(2, axis=0))
    with h5py.File(folder / "image.h5", "w") as file:
        file["image"] = image
    return sorted(folder.iterdir())


def seconds(path: Path, trusted: bool) -> float:
    began = time.perf_counter()
    data = load(path, trusted=trusted)
    data[0] if path.stem == "movie" else data.array[::64].sum()
    return time.perf_counter() - began


def added(path: Path) -> float:
    """Print what a process of its own adds, in ms."""
    for trusted in (True, False):
        seconds(path, trusted)
    here, apart = np.median([[seconds(path, True), seconds(path, False)] for _ in range(REPEATS)], axis=0) * 1000
    print(f"{path.name:10} {here:6.0f} ms in the process {apart:6.0f} ms apart {apart - here:6.0f} ms more", flush=True)
    return apart - here


def waited(folder: Path) -> float:
    """Print the time from a key press to a result while a file is being opened, in ms."""
    (folder / "blank.dens").write_text("\n")
    with (
        serving("--port", "0", "--data", str(folder)) as served,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=find(), args=LAUNCH_ARGUMENTS) as browser,
    ):
        page = browser.new_page()
        page.goto(served.address)
        expect(slider(page, "Components")).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Open").click()
        page.locator("select:visible", has=page.get_by_text("blank.dens")).select_option("blank.dens")
        expect(page.get_by_text("of at most 60 s")).to_be_visible(timeout=20_000)
        times = []
        status = page.locator(".atomstat-status:visible")
        for key in ["ArrowRight", "ArrowLeft"] * 5:
            before = status.inner_text()
            began = time.perf_counter()
            press(page, "Components", key)
            page.wait_for_function(
                "before => [...document.querySelectorAll('.atomstat-status')].some("
                "one => one.offsetParent && one.innerText !== before && / in /.test(one.innerText))",
                arg=before, polling=10,
            )  # fmt: skip
            times.append(1000 * (time.perf_counter() - began))
        assert page.get_by_text("of at most 60 s").is_visible()
        page.get_by_role("button", name="Cancel").filter(visible=True).first.click()
        expect(page.get_by_text("blank.dens: cancelled")).to_be_visible()
    print(f"a slider while a file is opened: {statistics.median(times):.0f} ms, longest {max(times):.0f} ms")
    return statistics.median(times)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        most = max(added(path) for path in write_files(Path(folder)))
        wait = waited(Path(folder))
    met = most <= MOST_ADDED and wait <= MOST_WAITED
    print(f"bounds: {MOST_ADDED} ms more, {MOST_WAITED} ms for a slider: {'met' if met else 'NOT MET'}")
    return not met


if __name__ == "__main__":
    sys.exit(main())
