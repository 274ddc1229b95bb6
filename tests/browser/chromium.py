"""The Chromium of the browser tests: find one, or as a script install one when there is none."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
APT_PACKAGES = ("chromium", "fonts-dejavu-core")

# Prints where playwright keeps its own; in a process of its own, as playwright runs once a thread.
PLAYWRIGHT_PATH = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""

# Not as root without the first; the others keep it from asking machines elsewhere.
LAUNCH_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> str | None:
    """Path of a Chromium that runs: the machine's, else the one playwright installed."""
    for name in NAMES:
        path = shutil.which(name)
        if path and _runs(path):
            return path
    own = subprocess.run([sys.executable, "-c", PLAYWRIGHT_PATH], capture_output=True, text=True).stdout.strip()
    return own if own and _runs(own) else None


def install() -> str | None:
    """Install a Chromium by playwright, else by apt, and find it."""
    playwright = [sys.executable, "-m", "playwright"]
    apt = _apt()
    if _succeeds([*playwright, "install", "chromium"]):
        if path := find():
            return path
        # It is there and lacks system libraries.
        if apt and _succeeds([*playwright, "install-deps", "chromium"]) and (path := find()):
            return path
    if apt:
        _succeeds([*apt, "update"])
        _succeeds([*apt, "install", "-y", "--no-install-recommends", *APT_PACKAGES])
    return find()


def _runs(path: str) -> bool:
    """Tell a browser from a placeholder that only says what to install, or one that lacks libraries."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _apt() -> list[str] | None:
    """Command that runs apt-get as root without asking, if this machine has it."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    return None


def _succeeds(command: list[str]) -> bool:
    print("$", *command, flush=True)
    return subprocess.run(command, stdin=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    chromium = find() or install()
    if chromium is None:
        sys.exit(
            "No Chromium for the browser tests, and none could be installed by playwright or apt-get. "
            f"Put one on the PATH ({', '.join(NAMES)}) and run this again."
        )
    print("Chromium:", chromium)
