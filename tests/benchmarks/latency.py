"""Time from a key press on a slider to new pixels, in headless Chromium against the served app.

    python tests/benchmarks/latency.py

The default 512 x 512 sample of sliding FFT, and a crystal of 3,025 atoms for the domains. Both clocks are the page's:
from the key's event to the frame after the last picture of the component grid has been decoded ("grid"), and after the
last change of any picture or curve ("all views").
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "browser")]
from chromium import LAUNCH_ARGUMENTS, find
from serving import serving

from atomstat_widgets import samples

QUIET = 500  # ms without a change: everything is on the screen
MOVES = 40
# Each panel's component grid, and its sliders: how far to go and back, and the bounds of p50 and p95 in ms.
PANELS = {
    "Sliding FFT": ("spectra", [("Components", 4, 150, 300), ("Height", 10, 400, None), ("Step", 8, 400, None)]),
    "Domains": ("components", [("Components", 4, 150, 300), ("Window", 10, 400, None)]),
}
WATCH = """
() => {
  const w = window.watch = {key: 0, grid: 0, all: 0, changes: 0};
  addEventListener("keydown", () => { w.key = performance.now(); w.grid = w.all = 0; w.changes = 0; }, true);
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
      w.changes += 1;
      if (target.tagName.toLowerCase() === "image") {
        const grid = target.closest(".atomstat-spectra, .atomstat-components") !== null;
        seen(target, (time) => { w.all = Math.max(w.all, time); if (grid) w.grid = time; });
      } else {
        painted((time) => { w.all = Math.max(w.all, time); });
      }
    }
  }).observe(
    document.querySelector(".atomstat"), {subtree: true, childList: true, attributes: true, characterData: true}
  );
}
"""


def moves(page: Page, label: str, keys: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Press keys on the slider with this label, one at a time; latencies in ms."""
    handle = page.locator(".widget-hslider:visible", has=page.get_by_text(label, exact=True)).locator(".noUi-handle")
    handle.focus()
    grid, everything = [], []
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_function(
            f"() => watch.grid > watch.key && performance.now() - watch.all > {QUIET}", timeout=30_000, polling=50
        )
        key_time, grid_time, all_time = page.evaluate("[watch.key, watch.grid, watch.all]")
        grid.append(grid_time - key_time)
        everything.append(all_time - key_time)
    return np.array(grid), np.array(everything)


def back_and_forth(count: int, reach: int) -> list[str]:
    keys = ["ArrowRight"] * reach + ["ArrowLeft"] * reach
    return (keys * (count // len(keys) + 1))[:count]


def measure(page: Page, address: str, panel: str) -> None:
    grid, sliders = PANELS[panel]
    page.goto(address)
    page.get_by_role("button", name=panel).click()
    page.locator(f".atomstat-{grid} image").first.wait_for(timeout=60_000)
    page.wait_for_timeout(3000)
    page.evaluate(WATCH)
    for label, reach, p50, p95 in sliders:
        first, everything = moves(page, label, back_and_forth(MOVES, reach))
        met = np.median(first) <= p50 and (p95 is None or np.percentile(first, 95) <= p95)
        bound = f"p50 <= {p50} ms" + (f", p95 <= {p95} ms" if p95 else "")
        print(
            f"{panel:<13}{label:<12}{len(first):>6}{np.median(first):>7.0f} ms{np.percentile(first, 95):>5.0f} ms"
            f"{np.median(everything):>12.0f} ms{np.percentile(everything, 95):>5.0f} ms   {bound}: "
            f"{'met' if met else 'NOT MET'}",
            flush=True,
        )


def main() -> int:
    names = f"{'panel':<13}{'slider':<12}{'moves':>6}{'grid p50':>10}{'p95':>8}{'all views p50':>15}{'p95':>8}"
    print(f"{names}   bound (grid)")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        crystal = Path(folder) / "crystal.npy"
        np.save(crystal, samples.ferroelectric(shape=(552, 552)).array)
        browser = playwright.chromium.launch(executable_path=find(), args=LAUNCH_ARGUMENTS)
        for panel, data in (("Sliding FFT", []), ("Domains", [str(crystal)])):
            with serving(*data, "--port", "0") as served:
                measure(browser.new_page(viewport={"width": 1280, "height": 800}), served.address, panel)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
