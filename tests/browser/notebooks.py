"""Serve a notebook of apps/: by Voila, as a teacher does, or in JupyterLab and Notebook, where a user runs it.

JupyterLab and Notebook are those of the Python that runs the tests (``python -m jupyterlab``), and find the scripts of
widgets below its ``share/jupyter``. The extra ``test`` installs both; without them the tests of them are skipped.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import Page
from serving import ended

APPS = Path(__file__).resolve().parents[2] / "apps"
PLACES = {"jupyterlab": "lab/tree", "notebook": "notebooks"}  # where each has the page of a notebook


@contextmanager
def notebook_served(name: str) -> Iterator[str]:
    """Start ``voila NAME.ipynb`` and give its address."""
    with server("voila", f"{name}.ipynb", "--no-browser", "--port={port}") as address:
        yield address


@contextmanager
def notebook_in(module: str, name: str, folder: Path) -> Iterator[str]:
    """Start JupyterLab or Notebook on a copy of a notebook, which they save by themselves, and give its address.

    Settings and open tabs of the user are left out, and stay as they are.
    """
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed; it comes with the extra test")
    work, own = folder / "work", folder / "own"
    work.mkdir()
    shutil.copy(APPS / f"{name}.ipynb", work)
    with server(
        module, "--no-browser", "--allow-root", "--ip=127.0.0.1", "--ServerApp.port={port}",
        "--IdentityProvider.token=", "--LabApp.news_url=", "--LabApp.extension_manager=readonly",
        cwd=work, JUPYTER_CONFIG_DIR=str(own), JUPYTER_DATA_DIR=str(own),
    ) as address:  # fmt: skip
        yield f"{address}{PLACES[module]}/{name}.ipynb"


def run_all(page: Page) -> None:
    """Run all cells, as soon as the notebook is there."""
    page.locator(".jp-CodeCell .cm-content").first.wait_for(timeout=120_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


@contextmanager
def server(module: str, *arguments: str, cwd: Path = APPS, **environment: str) -> Iterator[str]:
    """Start a server of Jupyter, wait until it answers, and end it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", module, *(one.format(port=port) for one in arguments)]
    address = f"http://127.0.0.1:{port}/"
    with subprocess.Popen(
        command, cwd=cwd, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"} | environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            for _ in range(300):
                assert process.poll() is None, f"{module} ended"
                try:
                    urllib.request.urlopen(f"{address}no-such-page", timeout=60)
                except urllib.error.HTTPError:
                    break
                except OSError:
                    time.sleep(0.2)
            yield address
        finally:
            ended(process)  # JupyterLab at times does not of itself
