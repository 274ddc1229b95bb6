"""A class on one machine: browsers that open the served app one after another, and each move three sliders.

    python tests/benchmarks/classroom.py [--students 30] [--seconds 60]

Students arrive evenly over so many seconds at one `atomstat serve --public`, each with a browser context of its own, so
that none has anything in its cache. Interactive is a page when its first result is drawn and its sliders are there; a
slider's latency is that of `latency.py`, from a key press to the frame with the new component grid. The browsers run
here too, which those of a class with computers of its own do not: they leave the processors to the server where both
want them, and how much time of them either took is told.
"""

import argparse
import asyncio
import os
import sys
import time
from dataclasses import dataclass, field

import numpy as np
import psutil
from latency import WATCH
from playwright.async_api import Browser, Page, async_playwright, expect
from chromium import LAUNCH_ARGUMENTS, find  # on the path by `latency`
from serving import Served, serving

SLIDERS = ("Components", "Height", "Step")
PATIENCE = 120_000  # ms until a student gives up
BROWSERS_NICENESS = 15
GRID = ".atomstat-spectra"


@dataclass
class Visit:
    interactive: float = 0.0  # seconds
    latencies: list[float] = field(default_factory=list)  # ms, of the sliders
    failure: str = ""


async def visit(browser: Browser, address: str, after: float) -> Visit:
    """Open the page, move the sliders; what went wrong is noted, as a student would only see that it did."""
    told = Visit()
    await asyncio.sleep(after)
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    began = time.monotonic()
    try:
        await page.goto(address, timeout=PATIENCE)
        await page.locator(f"{GRID} image").first.wait_for()
        await page.locator(".widget-hslider .noUi-handle").first.wait_for()
        await expect(page.locator(".atomstat-stale")).to_have_count(0, timeout=PATIENCE)
        told.interactive = time.monotonic() - began
        await page.evaluate(WATCH, GRID)
        for label in SLIDERS:
            told.latencies.append(await moved(page, label))
    except Exception as error:  # of whatever kind: the class goes on
        told.failure = str(error).partition("\n")[0]
    if complaints and not told.failure:
        told.failure = complaints[0]
    return told


async def moved(page: Page, label: str) -> float:
    """Press a key on a slider; ms until the new component grid is drawn."""
    slider = page.locator(".widget-hslider:visible", has=page.get_by_text(label, exact=True))
    await slider.locator(".noUi-handle").focus()
    await page.keyboard.press("ArrowRight")
    await page.wait_for_function("() => watch.first > watch.event", polling=50)
    return await page.evaluate("watch.first - watch.event")


def processor_time(processes: list[psutil.Process]) -> float:
    """Seconds of user and system time of processes, those that ended and were waited for included."""
    seconds = 0.0
    for process in processes:
        times = process.cpu_times()
        seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


def family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def spread(values: list[float], unit: str, digits: int) -> str:
    if not values:
        return "none"
    p50, p95 = np.percentile(values, (50, 95))
    return f"p50 {p50:.{digits}f} {unit}, p95 {p95:.{digits}f} {unit}"


async def lesson(served: Served, students: int, seconds: float) -> int:
    """Give the lesson, print what it was like, and return how many failed."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find(), args=LAUNCH_ARGUMENTS)
        arrivals = np.arange(students) * seconds / students
        began = time.monotonic()
        visits = await asyncio.gather(*(visit(browser, served.address, after) for after in arrivals))
        took = time.monotonic() - began
        processes = family(served.process.pid)
        browsers = [one for one in family(psutil.Process().pid)[1:] if one not in processes]
        of_server, of_browsers = processor_time(processes), processor_time(browsers)
        kernels = [one.memory_full_info() for one in served.kernels()]
        await browser.close()
    failures = [one.failure for one in visits if one.failure]
    arrived = [one.interactive for one in visits if one.interactive]
    print(f"{students} students over {seconds:.0f} s on {psutil.cpu_count()} cores, {took:.0f} s in all")
    print(f"  interactive      {spread(arrived, 's', 1)}, longest {max(arrived, default=0):.1f} s")
    for number, label in enumerate(SLIDERS):
        moves = [one.latencies[number] for one in visits if len(one.latencies) > number]
        print(f"  {label:<16} {spread(moves, 'ms', 0)}")
    for name in ("rss", "pss"):
        sizes = [getattr(one, name) / 1e6 for one in kernels]
        print(f"  {name.upper()} a kernel     {spread(sizes, 'MB', 0)}, {sum(sizes):.0f} MB in {len(sizes)} kernels")
    print(f"  processor time   server {of_server / students:.1f} s, browser {of_browsers / students:.1f} s a student")
    print(f"  failures         {len(failures)}", *failures[:5], sep="\n    " if failures else "")
    return len(failures)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60)
    chosen = parser.parse_args()
    with serving("serve", "--public", "--ip", "127.0.0.1", "--port", "0") as served:
        time.sleep(10)  # the teacher is there first
        os.nice(BROWSERS_NICENESS)
        return asyncio.run(lesson(served, chosen.students, chosen.seconds)) > 0


if __name__ == "__main__":
    sys.exit(main())
