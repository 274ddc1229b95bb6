"""Serve a notebook of apps/ as a teacher does: Voila, in that folder, on a port of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

APPS = Path(__file__).resolve().parents[2] / "apps"


@contextmanager
def notebook_served(name: str) -> Iterator[str]:
    """Start ``voila NAME.ipynb`` and give its address."""
    with server("voila", f"{name}.ipynb", "--no-browser", "--port={port}") as address:
        yield address


@contextmanager
def server(module: str, *arguments: str) -> Iterator[str]:
    """Start a server of Jupyter in apps/, wait until it answers, and end it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", module, *(one.format(port=port) for one in arguments)]
    address = f"http://127.0.0.1:{port}/"
    with subprocess.Popen(
        command, cwd=APPS, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL,
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
            process.terminate()
            process.wait(20)
