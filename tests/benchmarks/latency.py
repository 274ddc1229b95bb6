"""Time from a key press on a slider, or a click, to new pixels, in headless Chromium against the served app.

    python tests/benchmarks/latency.py

The default 512 x 512 sample of sliding FFT, crystals of 3,025 and 30,276 atoms for the domains, a movie of 300 frames
with 100 atoms for the trajectories, the sample of 64 x 64 x 200 for unmixing. The clocks are the page's: from the
event to the frame after the last picture of the component grid (after a choice of overlay that of the sample, of
trajectories the strip of states) has been decoded, and after the last change of any picture or curve ("all views").
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "browser")]
from chromium import LAUNCH_ARGUMENTS, find
from serving import serving

from atomstat_widgets import samples
from atomstat_widgets.data.samples.simulation import Simulation

QUIET = 500  # ms without a change: everything is on the screen
MOVES = 40
# Each panel's component grid, and its sliders: how far to go and back, and the bounds of p50 and p95 in ms.
PANELS = {
    "Sliding FFT": (
        ".atomstat-spectra",
        [("Components", 4, 150, 300), ("Height", 10, 400, None), ("Step", 8, 400, None)],
    ),
    "Domains": (".atomstat-components", [("Components", 4, 150, 300), ("Window", 10, 400, None)]),
    # New tracks are seen in the strip of states, atom by atom.
    "Trajectories": (
        ".atomstat-strip",
        [("rmax", 10, 150, None), ("States", 3, None, None)],
    ),
    "Unmixing": (".atomstat-maps", [("Components", 4, 150, None), ("Bin pixels", 1, None, None)]),
}
# Where people look first: the component grid after a slider, the picture of the sample after a choice of overlay.
WATCH = """
(first) => {
  const w = window.watch = {event: 0, first: 0, all: 0};
  const begin = () => { w.event = performance.now(); w.first = w.all = 0; };
  for (const name of ["keydown", "click"]) addEventListener(name, begin, true);
  const painted = (done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  const seen = (image, done) => {
    const copy = new Image();
    copy.src = image.getAttribute("href") || image.getAttributeNS("http://www.w3.org/1999/xlink", "href");
    copy.decode().then(() => painted(done), () => painted(done));
  };
  new MutationObserver((records) => {
    for (const record of records) {
      const target = record.target.nodeType === 1 ? record.target : record.target.parentElement;
      if (!target || !target.closest(".bqplot")) continue;
      if (target.tagName.toLowerCase() === "image") {
        const is_first = target.closest(first) !== null;
        seen(target, (time) => { w.all = Math.max(w.all, time); if (is_first) w.first = time; });
      } else {
        painted((time) => { w.all = Math.max(w.all, time); });
      }
    }
  }).observe(
    document.querySelector(".atomstat"), {subtree: true, childList: true, attributes: true, characterData: true}
  );
}
"""


def latencies(page: Page, actions: list[Callable[[], None]]) -> tuple[np.ndarray, np.ndarray]:
    """Do one thing at a time; ms from its event to the view that counts, and to the last change of any."""
    first, everything = [], []
    for act in actions:
        act()
        page.wait_for_function(
            f"() => watch.first > watch.event && performance.now() - watch.all > {QUIET}", timeout=30_000, polling=50
        )
        event_time, first_time, all_time = page.evaluate("[watch.event, watch.first, watch.all]")
        first.append(first_time - event_time)
        everything.append(all_time - event_time)
    return np.array(first), np.array(everything)


def keys_on(page: Page, label: str, reach: int) -> list[Callable[[], None]]:
    """Move the slider with this label by keys, back and forth."""
    handle = page.locator(".widget-hslider:visible", has=page.get_by_text(label, exact=True)).locator(".noUi-handle")
    handle.focus()
    keys = ["ArrowRight"] * reach + ["ArrowLeft"] * reach
    return [partial(page.keyboard.press, key) for key in (keys * (MOVES // len(keys) + 1))[:MOVES]]


def overlays_on(page: Page) -> list[Callable[[], None]]:
    """Colour the atoms by another component."""
    buttons = [page.get_by_role("button", name=name, exact=True) for name in ("2", "1")]
    return [button.click for button in buttons * (MOVES // 2)]


def report(panel: str, what: str, timed: tuple[np.ndarray, np.ndarray], p50: float | None, p95: float | None) -> None:
    first, everything = timed
    verdict = ""
    if p50 is not None:
        met = np.median(first) <= p50 and (p95 is None or np.percentile(first, 95) <= p95)
        verdict = f"p50 <= {p50} ms" + (f", p95 <= {p95} ms" if p95 else "") + (": met" if met else ": NOT MET")
    print(
        f"{panel:<13}{what:<24}{len(first):>6}{np.median(first):>7.0f} ms{np.percentile(first, 95):>5.0f} ms"
        f"{np.median(everything):>12.0f} ms{np.percentile(everything, 95):>5.0f} ms   {verdict}",
        flush=True,
    )


@contextmanager
def opened(browser: Browser, panel: str, first: str, *data: str) -> Iterator[Page]:
    """Show a panel in a page of its own, and watch it."""
    with serving(*data, "--port", "0") as served:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(served.address)
        page.get_by_role("button", name=panel).click(timeout=60_000)
        page.locator(f"{first} image").first.wait_for(timeout=60_000)
        expect(page.locator(".atomstat-stale:visible")).to_have_count(0, timeout=60_000)
        page.wait_for_timeout(3000)  # what the page has still to send back of the sliders is no move of them
        page.evaluate(WATCH, first)
        yield page
        page.close()


def wandering_atoms(path: str) -> None:
    """Write a movie of 300 frames in which 100 atoms wander, each about its place in a square lattice."""
    simulation = Simulation((256, 256), 0.04, 0.05, 0, width=0.08)
    places = 24.0 * (np.stack(np.mgrid[:10, :10], axis=-1).reshape(-1, 2) + 0.8)
    offsets = np.zeros_like(places)
    frames = []
    for _ in range(300):
        offsets = 0.9 * offsets + 1.5 * simulation.rng.standard_normal(places.shape)
        frames.append(simulation.exposure(places + offsets))
    np.save(path, np.stack(frames))


def main() -> int:
    names = f"{'panel':<13}{'what is moved':<24}{'times':>6}{'p50':>10}{'p95':>8}{'all views p50':>15}{'p95':>8}"
    print(f"{names}   bound")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        crystals = {}
        for side in (552, 1740):
            crystals[side] = str(Path(folder) / f"{side}.npy")
            np.save(crystals[side], samples.ferroelectric(shape=(side, side)).array)
        movie = str(Path(folder) / "movie.npy")
        wandering_atoms(movie)
        data = {"Sliding FFT": [], "Domains": [crystals[552]], "Trajectories": [movie], "Unmixing": []}
        browser = playwright.chromium.launch(executable_path=find(), args=LAUNCH_ARGUMENTS)
        for panel, (grid, sliders) in PANELS.items():
            with opened(browser, panel, grid, *data[panel]) as page:
                for label, reach, p50, p95 in sliders:
                    report(panel, label, latencies(page, keys_on(page, label, reach)), p50, p95)
        for side, atoms in ((552, 3025), (1740, 30276)):
            with opened(browser, "Domains", ".atomstat-sample", crystals[side]) as page:
                report("Domains", f"overlay, {atoms:,} atoms", latencies(page, overlays_on(page)), None, None)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
