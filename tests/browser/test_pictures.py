"""The pictures of README and guide show the app as it is."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from screenshot import ROOT, SHOTS

APPS = ROOT / "apps"
PAGES = [ROOT / "README.md", *(APPS / "guide").glob("*.md")]


def test_the_guide_shows_every_picture() -> None:
    shown = {name for page in PAGES for name in re.findall(r"\]\((?:apps|\.\.)/(\w+)\.png\)", page.read_text())}
    assert shown == SHOTS.keys() == {one.stem for one in APPS.glob("*.png")}
    for name, shot in SHOTS.items():
        with Image.open(APPS / f"{name}.png") as picture:
            assert picture.size == shot.size


def coarse(path: Path) -> np.ndarray:
    """Picture in blocks of 16 px: what a number in it says makes no difference."""
    with Image.open(path) as picture:
        width, height = picture.size
        return np.asarray(picture.convert("RGB").resize((width // 16, height // 16), Image.Resampling.BOX), float)


@pytest.mark.slow
def test_pictures_are_fresh(tmp_path: Path) -> None:
    # In a process of its own, as playwright runs once a thread.
    subprocess.run([sys.executable, ROOT / "tests/browser/screenshot.py", tmp_path], check=True, timeout=600)
    for name in SHOTS:
        differences = np.abs(coarse(tmp_path / f"{name}.png") - coarse(APPS / f"{name}.png")).max(axis=2)
        assert np.mean(differences > 24) < 0.02, f"{name}.png: run tests/browser/screenshot.py"
