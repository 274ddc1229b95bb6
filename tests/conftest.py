"""Fixtures of all tests."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import scipy.linalg  # noqa: F401  # and numpy: the libraries of both are to be limited
from threadpoolctl import threadpool_limits

# On two cores that do other things too, threads of BLAS wait for each other. (Its variable comes too late here:
# some plugin of pytest imports numpy first.)
threadpool_limits(1, user_api="blas")


@pytest.fixture(scope="session")
def hard_scenes() -> ModuleType:
    """Scenes that look as real data do, each with its truth, which are not part of the project."""
    file = Path(__file__).parents[2] / "shared" / "scenes" / "hard_scenes.py"
    if not file.is_file():
        pytest.skip("no ../shared/scenes beside the checkout")
    spec = importlib.util.spec_from_file_location("hard_scenes", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data files, which are not part of the project."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data beside the checkout")
    return folder
