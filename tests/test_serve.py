"""The server: its address, who it answers, how it ends."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from serving import Served, serving

from atomstat_widgets.serve import ThisPython, serve


def get(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with serving("--port", "0") as served:
        yield served


def test_page_is_served_to_this_machine_only(app: Served) -> None:
    status, html = get(app.address)
    assert status == 200
    assert "<title>atomstat</title>" in html
    assert '"kernelId"' in html
    assert get(app.address, Host="elsewhere.example")[0] == 403
    assert get(app.address + "voila/files/voila.json")[0] == 403
    process = psutil.Process(app.process.pid)
    listening = [entry.laddr.ip for entry in process.net_connections() if entry.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]


def test_closed_page_ends_its_kernel(app: Served) -> None:
    """The page says so without the token against cross-site requests, which Voila never gave it."""
    html = get(app.address)[1]
    kernel = html.partition('"kernelId": "')[2].partition('"')[0]
    urllib.request.urlopen(app.address + f"voila/api/shutdown/{kernel}", data=b"", timeout=20).close()
    assert get(app.address + f"api/kernels/{kernel}")[0] == 404


def test_taken_port_gives_the_next_free_one(app: Served) -> None:
    port = urlsplit(app.address).port
    with serving("--port", str(port)) as served:
        assert urlsplit(served.address).port != port
        assert get(served.address + "voila/static/voila.js")[0] == 200


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_server_and_kernels(end: signal.Signals) -> None:
    with serving("--port", "0") as served:
        process = psutil.Process(served.process.pid)
        while not (kernels := process.children(recursive=True)):  # one is kept ready
            time.sleep(0.05)
        process.send_signal(end)
        assert process.wait(20) == 0
        assert not psutil.wait_procs(kernels, timeout=5)[1]


def test_temporary_folder_too_long_for_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)  # what this process keeps of it, restored afterwards
    with serving("--port", "0") as served:
        assert get(served.address)[0] == 200


def test_missing_file_is_an_error_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such file or folder: .*absent\.tif"):
        serve(str(tmp_path / "absent.tif"))
    command = [sys.executable, "-m", "atomstat_widgets", "absent.tif", "--no-browser"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "absent.tif" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_kernel_is_this_python_whatever_the_machine_calls_python3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "kernels" / "python3"
    other.mkdir(parents=True)
    (other / "kernel.json").write_text('{"argv": ["/elsewhere/python"], "display_name": "3", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert ThisPython().get_kernel_spec("python3").argv[0] == sys.executable
