"""Fixtures of all tests."""

from pathlib import Path

import pytest
import scipy.linalg  # noqa: F401  # and numpy: the libraries of both are to be limited
from threadpoolctl import threadpool_limits

# On two cores that do other things too, threads of BLAS wait for each other. (Its variable comes too late here:
# some plugin of pytest imports numpy first.)
threadpool_limits(1, user_api="blas")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data files, which are not part of the project."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data beside the checkout")
    return folder
