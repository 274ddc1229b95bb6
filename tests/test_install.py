"""What is built installs into a fresh environment and serves the app there: from the wheel, and as Binder does."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from serving import serving

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


def run(*command: str | Path, **options) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=120) as answer:
        assert answer.status == 200
        return answer.read().decode()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fresh environment with the wheel and Binder's pins, resolved together: so they fit its own requirements."""
    folder = tmp_path_factory.mktemp("install")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    run(sys.executable, "-m", "venv", folder / "venv")
    run(folder / "venv/bin/pip", "install", "--quiet", "-r", ROOT / "binder/requirements.txt", wheel)
    run(folder / "venv/bin/pip", "check")
    return folder / "venv"


def test_wheel_serves_the_app(environment: Path, tmp_path: Path) -> None:
    with serving("--port", "0", command=(str(environment / "bin/atomstat"),), cwd=tmp_path) as served:
        assert_app(get(served.address))


def test_wheel_is_typed(environment: Path) -> None:
    (marker,) = environment.glob("lib/*/site-packages/atomstat_widgets/py.typed")
    assert marker.is_file()


def test_binder_serves_the_app(environment: Path) -> None:
    # Not pytest's folder: below the home are sockets, and their paths may not be longer than 107 characters.
    with tempfile.TemporaryDirectory() as home:
        variables = os.environ | {"HOME": home, "PATH": f"{environment / 'bin'}:{os.environ['PATH']}"}
        run(ROOT / "binder/postBuild", cwd=ROOT, env=variables)
        with jupyter_server(environment, variables) as address:
            assert_app(get(f"{address}/voila/render/apps/atomstat.ipynb"))
            assert '"appName": "JupyterLab"' in get(f"{address}/lab/tree/apps")
            (kernel,) = [
                one for one in psutil.Process().children(recursive=True) if "ipykernel_launcher" in one.cmdline()
            ]
            assert kernel.environ()["OPENBLAS_NUM_THREADS"] == "1"  # by apps/jupyter_server_config.py


@contextmanager
def jupyter_server(environment: Path, variables: dict[str, str]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [environment / "bin/jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=ROOT, env=variables, stderr=subprocess.DEVNULL) as process:
        try:
            until_answered(f"{address}/api", process)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def until_answered(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "the server ended"
        try:
            get(url)
        except urllib.error.URLError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"no answer from {url}")


def assert_app(html: str) -> None:
    """The page of our template, with a kernel, whose cell showed a widget."""
    assert "<title>atomstat</title>" in html
    assert '"kernelId"' in html
    assert "application/vnd.jupyter.widget-view+json" in html
    assert "cdn" not in html.lower()
