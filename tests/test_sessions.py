"""Sessions: how many there are, when they end, what they leave behind, what becomes of them when the server hangs."""

import json
import os
import shutil
import signal
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import psutil
import pytest
from made_frames import message
from serving import in_a_loop, kernel_of, serving, socket_of
from websockets.sync.client import connect

from atomstat_widgets.serving import temporary
from atomstat_widgets.serving.kernels import Kernels
from atomstat_widgets.serving.server import possible_sessions

pytestmark = pytest.mark.alone

BUSY = "import time\nwhile True:\n    pass"


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=90) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def talk(address: str, kernel: str) -> None:
    """Be a page for a moment: ask the kernel, and have its answer."""
    with connect(socket_of(address, kernel), max_size=None, open_timeout=60) as socket:
        socket.send(json.dumps(message()))
        while json.loads(socket.recv(timeout=60))["msg_type"] != "kernel_info_reply":
            pass


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Temporary folder of the servers of a test; a short one, so that kernels are forked."""
    place = Path(tempfile.mkdtemp(prefix="t"))
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, dict[str, int]]], None]:
    """Settings of a deployer, before those of the project."""

    def put(chosen: dict[str, dict[str, int]]) -> None:
        folder = tmp_path / "atomstat_widgets"
        folder.mkdir()
        (folder / "voila.json").write_text(json.dumps(chosen))
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))

    return put


def process_of(folder: Path) -> psutil.Process:
    """Process of a kernel that a page had."""
    return psutil.Process(json.loads((folder / temporary.SHOWN).read_text()))


def folders(place: Path) -> list[Path]:
    """Of sessions."""
    return [path for path in place.glob("atomstat-*/*") if path.is_dir() and path.name.count("-") == 4]


@pytest.mark.slow
def test_what_a_session_wrote_goes_with_it_and_that_of_a_killed_server_with_the_next(place: Path) -> None:
    (place / "atomstat-of-a-notebook").mkdir()
    with serving("--port", "0") as served:
        kernel = kernel_of(get(served.address)[1])
        talk(served.address, kernel)
        until(lambda: len(folders(place)) == 2)
        (folder,) = place.glob(f"atomstat-*/{kernel}")
        assert (folder / "ipython").is_dir()
        (folder / "upload.npy").write_text("large")
        process_of(folder).kill()
        until(lambda: not folder.exists())
        family = psutil.Process(served.process.pid).children(recursive=True)
        served.process.kill()
        psutil.wait_procs(family, timeout=20)
    assert folder.parent.exists()
    with serving("--port", "0"), temporary.server_folder() as mine:
        assert not folder.parent.exists()
        assert (mine / temporary.LOCK).exists()
        assert len(list(place.iterdir())) == 3  # of the two that run, and of what is no server
    assert [path.name for path in place.iterdir()] == ["atomstat-of-a-notebook"]


@pytest.mark.skipif(os.name == "nt", reason="no links without rights")
def test_links_are_not_followed(place: Path) -> None:
    (place / "others").mkdir()
    (place / "others" / temporary.LOCK).touch()
    (place / "atomstat-x").symlink_to(place / "others")
    with temporary.server_folder():
        assert (place / "others" / temporary.LOCK).exists()


@pytest.mark.slow
def test_busy_for_ever_and_without_a_page(tmp_path: Path, settings: Callable[..., None]) -> None:
    settings({"Kernels": {"cull_unseen_timeout": 1}, "MappingKernelManager": {"cull_interval": 1}})
    cells = [nbformat.v4.new_code_cell(BUSY)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "busy.ipynb")
    with serving(str(tmp_path / "busy.ipynb"), "--port", "0") as served:
        until(lambda: len(served.kernels()) == 1)
        (kernel,) = served.kernels()
        with urllib.request.urlopen(served.address, timeout=60) as page:
            assert "<title>busy</title>" in page.read(3000).decode()
        until(lambda: not kernel.is_running())


@pytest.mark.slow
def test_full_is_said_and_those_without_a_page_make_room_and_are_ended(settings: Callable[..., None]) -> None:
    settings(
        {
            "Server": {"most_sessions": 2},
            "Kernels": {"reload_timeout": 5},
            "MappingKernelManager": {"cull_idle_timeout": 2, "cull_interval": 1},
        }
    )
    with serving("--port", "0") as served:
        until(lambda: len(served.kernels()) == 1)  # which is kept ready, and no visitor
        first, second = (kernel_of(get(served.address)[1]) for _ in range(2))
        with connect(socket_of(served.address, first), max_size=None):
            with pytest.raises(urllib.error.HTTPError) as full:
                urllib.request.urlopen(served.address, timeout=60)
            assert (full.value.code, full.value.headers["Retry-After"]) == (503, "60")
            assert "Try again in a minute" in full.value.read().decode()
            full.value.close()
            assert get(served.address + "voila/static/voila.js")[0] == 200  # for those who are in
            until(lambda: get(served.address)[0] == 200)  # in place of the second, which nobody shows
            assert get(f"{served.address}api/kernels/{first}")[0] == 200
            assert get(f"{served.address}api/kernels/{second}")[0] == 404
            time.sleep(3)  # longer than a session is kept without a page
            assert get(f"{served.address}api/kernels/{first}")[0] == 200
        assert len(served.kernels()) <= 3
        until(lambda: get(f"{served.address}api/kernels/{first}")[0] == 404)


def test_possible_sessions() -> None:
    assert possible_sessions(10**9) == 1
    assert possible_sessions(0) == possible_sessions(1000) >= possible_sessions(2000) >= 1


def test_a_kernel_that_was_kept_ready_waits_for_its_page_from_when_it_is_handed_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, ended = 0.0, []

    async def shutdown(kernel_id: str) -> None:
        ended.append(kernel_id)

    async def keep(_kernels: Kernels, _kernel_id: str) -> None:
        """Be Jupyter, which ends what is idle."""

    kernels = Kernels()
    monkeypatch.setattr(kernels, "_now", lambda: now)
    monkeypatch.setattr(kernels, "shutdown_kernel", shutdown)
    monkeypatch.setattr(Kernels.__base__, "cull_kernel_if_idle", keep)
    # In place of the tasks that start them, names.
    kernels.starters.update(visited="first", ready="second")
    kernels._alone_since.update(visited=0.0, ready=0.0)
    kernels._pools = {"app": ["second"]}

    assert kernels.sessions() == ["visited"]
    now = 1000.0
    assert in_a_loop(kernels.make_room(2))
    kernels._pools = {"app": []}  # it is handed out
    in_a_loop(kernels.cull_kernel_if_idle("ready"))
    assert ended == []
    in_a_loop(kernels.cull_kernel_if_idle("visited"))
    assert ended == ["visited"]
    now += kernels.reload_timeout
    assert in_a_loop(kernels.make_room(2)) is True  # the one that was alone for longest makes it
    assert ended == ["visited", "visited"]
    now += kernels.cull_unseen_timeout
    in_a_loop(kernels.cull_kernel_if_idle("ready"))
    assert ended == ["visited", "visited", "ready"]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal")
def test_a_server_that_hangs_is_replaced_and_sessions_go_on() -> None:
    with serving("serve", "--public", "--ip", "127.0.0.1", "--port", "0") as served:
        address, token = served.address.split("?")
        kernel = kernel_of(get(served.address)[1])
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        browser.open(served.address).close()
        with connect(f"{socket_of(address, kernel)}?{token}", max_size=None):
            pass
        unseen = kernel_of(get(served.address)[1])
        before = served.server()
        before.suspend()
        # It is waited for, and not refused.
        assert get(f"{address}api/kernels/{kernel}?{token}")[0] == 200
        assert served.server() != before
        with connect(f"{socket_of(address, kernel)}?{token}", max_size=None) as socket:
            socket.send(json.dumps(message()))
            while json.loads(socket.recv(timeout=60))["msg_type"] != "kernel_info_reply":
                pass
        assert get(f"{address}api/kernels/{unseen}?{token}")[0] == 404
        with browser.open(address) as page:  # its cookie is good too
            assert "kernelId" in page.read().decode()
        assert "the server did not answer" in served.said()
        (folder,) = Path(tempfile.gettempdir()).glob(f"atomstat-*/{kernel}")
        process_of(folder).kill()  # of which the new server is not the parent
        until(lambda: get(f"{address}api/kernels/{kernel}?{token}")[0] == 404)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no such signal")
def test_a_server_that_is_killed_is_replaced_and_one_that_hangs_ends_when_it_is_asked_to(place: Path) -> None:
    with serving("--port", "0") as served:
        kernel = kernel_of(get(served.address)[1])
        talk(served.address, kernel)
        served.server().kill()
        assert "kernelId" in get(served.address)[1]
        talk(served.address, kernel)
        above = psutil.Process(served.process.pid)
        family = above.children(recursive=True)
        served.server().suspend()
        above.terminate()
        assert above.wait(20) == 0
        assert not psutil.wait_procs(family, timeout=5)[1]
    assert list(place.iterdir()) == []
