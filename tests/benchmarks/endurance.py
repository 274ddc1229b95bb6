"""A long session: does it hold its memory, and what becomes of it when something is interrupted or killed?

    python tests/benchmarks/endurance.py [--moves 1000] [--cycles 50]

One page of the served app: slider moves, each waited for, and turns through all panels; the memory (RSS) of its kernel
is that after the first tenth, and at the end. In a process of its own: panels opened and closed, as a notebook does
when a cell is run again. Then what happens to runs: the kernel is interrupted, the page loaded anew in the middle of
one, the kernel killed.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from itertools import cycle, islice
from pathlib import Path

import psutil
from playwright.sync_api import Page, expect, sync_playwright

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "browser")]
from chromium import LAUNCH_ARGUMENTS, find
from interactions import SECOND, picture, press, status, wait_for_another_picture
from serving import Served, serving

MOST_GROWTH = 5  # per cent
WARM_UP = 10  # one part in so many
# Each with what its line of status counts: the line of the panel before is there until the next one is shown.
PANELS = {"Domains": "atoms", "Trajectories": "tracks", "Unmixing": "spectra", "Sliding FFT": "windows"}
# To and fro, so that every move gives another picture.
MOVES = [("Components", "ArrowRight"), ("Height", "ArrowRight"), ("Step", "ArrowRight"),
         ("Components", "ArrowLeft"), ("Height", "ArrowLeft"), ("Step", "ArrowLeft")]  # fmt: skip

OPEN_AND_CLOSE = """
import gc, sys
import psutil
from atomstat_widgets import DomainsPanel, SlidingFFTPanel, TrajectoriesPanel, UnmixingPanel, cubes, movies, samples
data = [(SlidingFFTPanel, samples.grains()), (DomainsPanel, samples.graphene()),
        (TrajectoriesPanel, movies.hopping_dopants(frames=30)), (UnmixingPanel, cubes.oxides())]
sizes = []
for number in range(int(sys.argv[1])):
    for panel, datum in data:
        panel(datum).close()
    gc.collect()
    sizes.append(psutil.Process().memory_info().rss)
print(sizes[len(sizes) // 10 - 1], sizes[-1])
"""


def interactive(page: Page) -> None:
    expect(status(page)).to_contain_text("3 components", timeout=120 * SECOND)
    page.locator(".atomstat-spectra image").first.wait_for()


def kernel_of(page: Page, served: Served) -> psutil.Process:
    """Find the kernel that works for a page, by the names of the sockets that it listens at."""
    identity = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId")
    for kernel in served.kernels():
        if any(identity in one.laddr for one in kernel.net_connections("unix")):
            return kernel
    raise AssertionError(f"no process of the server is kernel {identity}")


def moved(page: Page, label: str, key: str) -> None:
    before = picture(page, "spectra")
    press(page, label, key)
    wait_for_another_picture(page, "spectra", before)


def grown(what: str, before: float, after: float) -> bool:
    """Print the growth of memory, and tell whether it is within bounds."""
    growth = 100 * (after / before - 1)
    met = growth < MOST_GROWTH
    print(
        f"{what:<44}{before / 1e6:>6.0f} MB, then {after / 1e6:.0f} MB: {growth:+.1f} % "
        f"(< {MOST_GROWTH} %: {'met' if met else 'NOT MET'})",
        flush=True,
    )
    return met


def said(what: str, words: str, met: bool) -> bool:
    print(f"{what:<44}{words}{'' if met else ': NOT MET'}", flush=True)
    return met


def warm_up(count: int) -> int:
    """How many of so many turns come before memory is to hold."""
    return max(count // WARM_UP, 1)


def moves(page: Page, kernel: psutil.Process, count: int) -> bool:
    began = time.monotonic()
    before = 0
    for number, (label, key) in enumerate(islice(cycle(MOVES), count)):
        moved(page, label, key)
        if number + 1 == warm_up(count):
            before = kernel.memory_info().rss
    took = time.monotonic() - began
    return grown(f"{count:,} slider moves, {1000 * took / count:.0f} ms each", before, kernel.memory_info().rss)


def turns(page: Page, kernel: psutil.Process, count: int) -> bool:
    before = 0
    for number in range(count):
        for name, counted in PANELS.items():
            page.get_by_role("button", name=name, exact=True).click()
            expect(status(page)).to_contain_text(re.compile(f"{counted}.* in "), timeout=60 * SECOND)
            if number < warm_up(count):
                page.wait_for_timeout(2 * SECOND)  # for what is computed after a result
        if number + 1 == warm_up(count):
            before = kernel.memory_info().rss
    return grown(f"{count} turns through the panels of a page", before, kernel.memory_info().rss)


def panels(count: int) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", OPEN_AND_CLOSE, str(count)], capture_output=True, text=True, check=True
    )
    return grown(f"{count} times every panel opened and closed", *map(int, done.stdout.split()))


def interrupted(page: Page, kernel: psutil.Process) -> bool:
    """Interrupt the kernel in runs, and in the middle of a message."""
    for label, key in MOVES:
        press(page, label, key)
        time.sleep(0.03)
        os.kill(kernel.pid, signal.SIGINT)
    page.wait_for_timeout(2 * SECOND)
    try:
        moved(page, "Components", "ArrowRight")
        moved(page, "Components", "ArrowLeft")
    except Exception as error:  # of whatever kind: it did not recover
        return said("kernel interrupted six times", str(error).partition("\n")[0], False)
    return said("kernel interrupted six times", "the session goes on", True)


def reloaded(page: Page, kernel: psutil.Process) -> bool:
    press(page, "Step", "Home")  # runs some seconds
    page.wait_for_timeout(300)
    page.reload()
    interactive(page)
    moved(page, "Components", "ArrowRight")
    deadline = time.monotonic() + 20
    while kernel.is_running() and time.monotonic() < deadline:
        time.sleep(0.1)
    ended = not kernel.is_running()
    return said("page reloaded in the middle of a run", f"a new session, the old kernel ended: {ended}", ended)


def killed(page: Page, kernel: psutil.Process) -> bool:
    kernel.kill()
    try:
        words = page.get_by_role("alert").filter(has_text="Reload").inner_text(timeout=20 * SECOND)
        page.get_by_role("button", name="Reload").click()
        interactive(page)
        moved(page, "Components", "ArrowRight")
    except Exception as error:
        return said("kernel killed", str(error).partition("\n")[0], False)
    return said("kernel killed", f"{words.splitlines()[0]!r}, and so it does", True)


def session(count: int, cycles: int) -> list[bool]:
    """Go through a session; whether each of its bounds is met."""
    with serving("--port", "0") as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=LAUNCH_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(60 * SECOND)
        # Where a turn fails, what the browser complained of says why.
        page.on("console", lambda said: said.type == "error" and print("console:", said.text, flush=True))
        page.on("pageerror", lambda error: print("page error:", error, flush=True))
        page.goto(served.address)
        interactive(page)
        kernel = kernel_of(page, served)
        met = [
            moves(page, kernel, count),
            turns(page, kernel, cycles),
            interrupted(page, kernel),
            reloaded(page, kernel),
        ]
        met.append(killed(page, kernel_of(page, served)))
        browser.close()
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--moves", type=int, default=1000)
    parser.add_argument("--cycles", type=int, default=50)
    chosen = parser.parse_args()
    return not all([*session(chosen.moves, chosen.cycles), panels(chosen.cycles)])


if __name__ == "__main__":
    sys.exit(main())
