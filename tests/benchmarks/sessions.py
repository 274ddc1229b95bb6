"""What a session costs: memory of its kernel when it is idle, when sliders were moved, and when all panels were opened.

    python tests/benchmarks/sessions.py

RSS counts what is shared with other processes, PSS shares it out, so that the sum of PSS is what the machine needs. The
kernels of `atomstat serve` are forked from one process and share what they imported; one started as everywhere else, by
its command, is measured beside them.
"""

import subprocess
import sys

import psutil
from endurance import MOVES, PANELS, interactive, kernel_of, moved, status
from playwright.sync_api import expect, sync_playwright
from chromium import LAUNCH_ARGUMENTS, find  # on the path by `endurance`
from interactions import SECOND
from serving import serving

IDLE, AFTER_SAMPLE = 200, 350  # MB of RSS

# What the cell of the app does, in a kernel that was not forked.
ALONE = """
import psutil
import ipykernel.kernelapp
from atomstat_widgets import App
app = App()
this = psutil.Process()
print(this.memory_info().rss, this.memory_full_info().pss, sum(this.cpu_times()[:2]))
"""


def report(when: str, rss: float, pss: float, bound: float | None = None) -> bool:
    met = bound is None or rss / 1e6 <= bound
    verdict = "" if bound is None else f"   RSS <= {bound} MB: {'met' if met else 'NOT MET'}"
    print(f"{when:<52}{rss / 1e6:>5.0f} MB RSS{pss / 1e6:>5.0f} MB PSS{verdict}", flush=True)
    return met


def of(kernel: psutil.Process) -> tuple[float, float]:
    memory = kernel.memory_full_info()
    return memory.rss, memory.pss


def main() -> int:
    with serving("--port", "0") as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=LAUNCH_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(served.address)
        interactive(page)
        page.wait_for_timeout(5 * SECOND)  # for the next kernel to be ready
        kernel = kernel_of(page, served)
        (ready,) = [one for one in served.kernels() if one != kernel]
        met = [
            report("idle: app shown, default sample computed", *of(ready), IDLE),
            report("its sliders moved", *of(kernel), AFTER_SAMPLE),
        ]
        for label, key in MOVES * 5:
            moved(page, label, key)
        met.append(report(f"and {5 * len(MOVES)} moves later", *of(kernel), AFTER_SAMPLE))
        for name in PANELS:
            page.get_by_role("button", name=name, exact=True).click()
            expect(status(page)).to_contain_text(" in ", timeout=60 * SECOND)
            page.wait_for_timeout(3 * SECOND)  # for what is computed after a result
            report(f"{name} opened too", *of(kernel))
        report("the server", *of(served.server()))
        report("the process above it", *of(psutil.Process(served.process.pid)))
        browser.close()
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    rss, pss, seconds = map(float, done.stdout.split())
    report(f"not forked, {seconds:.1f} s of processor time", rss, pss, AFTER_SAMPLE)
    return not all(met)


if __name__ == "__main__":
    sys.exit(main())
