"""Fixtures of all tests."""

import os
from pathlib import Path

# As in the served app, and before numpy is imported: on two cores that do other things too, threads of BLAS wait
# for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data files, which are not part of the project."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data beside the checkout")
    return folder
