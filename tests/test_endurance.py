"""A session holds its memory, and outlives what happens to it."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent / "benchmarks" / "endurance.py"

pytestmark = pytest.mark.alone


@pytest.mark.slow
def test_a_long_session() -> None:
    command = [sys.executable, PROGRAM, "--moves", "200", "--cycles", "20"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("met)") == 3
    assert "the session goes on" in done.stdout
    assert "Reload to begin a new one" in done.stdout
