"""The server: its address, who it answers, how it ends."""

import gzip
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from serving import Served, serving
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from atomstat_widgets.serving.kernels import write_kernelspec
from atomstat_widgets.serving.start import serve

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.alone


def get(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def kernel_of(html: str) -> str:
    return html.partition('"kernelId": "')[2].partition('"')[0]


def cookies_of(url: str) -> dict[str, str]:
    """Header that a browser sends after it had the page."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies := CookieJar()))
    browser.open(url).close()
    return {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)}


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with serving("--port", "0") as served:
        yield served


@pytest.fixture(scope="module")
def public() -> Iterator[Served]:
    """Served with `--public`, though to this machine only, as behind a proxy."""
    with serving("serve", "--public", "--ip", "127.0.0.1", "--port", "0") as served:
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


def test_scripts_that_were_asked_for_come_in_one_file(app: Served) -> None:
    address = app.address + "voila/scripts.js"
    name = min((Path(sys.prefix) / "share/jupyter/voila/templates/base/static").glob("[0-9]*.voila.js")).name
    chunk = get(app.address + "voila/static/" + name)[1]
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})) as answer:
        assert (answer.headers["Content-Encoding"], answer.headers["Content-Type"]) == ("gzip", "text/javascript")
        known = answer.headers["ETag"]
        assert chunk in gzip.decompress(answer.read()).decode()
    assert chunk in get(address)[1]  # for who cannot unpack it
    assert get(address, **{"Accept-Encoding": "gzip", "If-None-Match": known})[0] == 304


def test_closed_page_ends_its_kernel(app: Served) -> None:
    """The page says so with the token against cross-site requests, which it has as a cookie."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies := CookieJar()))
    with browser.open(app.address) as page:
        kernel = kernel_of(page.read().decode())
    (token,) = [cookie.value for cookie in cookies if cookie.name == "_xsrf"]
    shutdown = app.address + f"voila/api/shutdown/{kernel}"
    assert get(app.address + f"api/kernels/{kernel}")[0] == 200
    with pytest.raises(urllib.error.HTTPError, match="403"):
        browser.open(shutdown, data=b"")
    browser.open(shutdown, data=f"_xsrf={token}".encode()).close()
    assert get(app.address + f"api/kernels/{kernel}")[0] == 404


def test_public_page_needs_the_token(public: Served) -> None:
    address, token = public.address.split("?token=")
    status, login = get(address)
    assert (status, "<title>atomstat: token</title>" in login, "kernelId" in login) == (200, True, False)
    assert "<title>atomstat: token</title>" in get(address + "?token=" + token[::-1])[1]
    status, html = get(public.address)
    assert (status, "<title>atomstat</title>" in html) == (200, True)
    kernel = kernel_of(html)
    assert get(f"{address}api/kernels/{kernel}")[0] == 403
    assert get(f"{address}api/kernels/{kernel}?token={token}")[0] == 200


def test_websocket_needs_it_too(public: Served) -> None:
    address, token = public.address.split("?token=")
    kernel = kernel_of(get(public.address)[1])
    channels = address.replace("http", "ws", 1) + f"api/kernels/{kernel}/channels"
    with pytest.raises(InvalidStatus, match="403"):
        connect(channels)
    with connect(f"{channels}?token={token}") as socket:
        socket.ping().wait(10)
    with pytest.raises(InvalidStatus, match="403"):  # nor is another site's page let in by the cookie
        connect(channels, origin="http://elsewhere.example", additional_headers=cookies_of(public.address))


def test_form_takes_the_token_and_leaves_the_password_alone(public: Served) -> None:
    address, token = public.address.split("?token=")
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies := CookieJar()))
    browser.open(address).close()
    (xsrf,) = [cookie.value for cookie in cookies if cookie.name == "_xsrf"]
    form = f"_xsrf={xsrf}&password={token}&new_password=mine".encode()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        browser.open(address + "login", data=form.replace(token.encode(), b"wrong"))
    with browser.open(address + "login", data=form) as page:
        assert "<title>atomstat</title>" in page.read().decode()
    assert get(public.address)[0] == 200  # by the token, as before


def test_public_server_keeps_four_kernels_ready_and_limits_them(public: Served) -> None:
    until(lambda: len(public.kernels()) >= 4)
    assert {kernel.environ()["ATOMSTAT_MEMORY"] for kernel in public.kernels()} == {"1000"}
    assert {kernel.environ()["OPENBLAS_NUM_THREADS"] for kernel in public.kernels()} == {"1"}
    until(lambda: {kernel.nice() for kernel in public.kernels()} == {5})  # after the server
    if hasattr(psutil, "RLIMIT_DATA"):
        until(lambda: {kernel.rlimit(psutil.RLIMIT_DATA)[0] for kernel in public.kernels()} == {1_000_000_000})


def test_public_server_is_reached_by_any_name(public: Served) -> None:
    assert get(public.address, Host="class.example")[0] == 200


def test_other_machines_need_a_token() -> None:
    command = [sys.executable, "-m", "atomstat_widgets", "serve", "--ip", "0.0.0.0", "--no-browser"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert "atomstat: 0.0.0.0 answers other machines, and that needs a token: add --public\n" in ended.stderr


@pytest.mark.slow
def test_settings_of_the_deployer_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "atomstat_widgets" / "public"
    own.mkdir(parents=True)
    (own / "voila.json").write_text('{"Voila": {"ip": "127.0.0.1", "base_url": "/statistics/"}}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_TOKEN", "known")
    with serving("serve", "--public", "--port", "0") as served:
        assert served.address.endswith("/statistics/?token=...")  # a token that is known is not printed
        assert "kernelId" in get(served.address.replace("...", "known"))[1]


@pytest.mark.slow
def test_a_notebook_in_place_of_the_app() -> None:
    with serving("serve", str(ROOT / "apps" / "lesson_window.ipynb"), "--port", "0") as served:
        status, html = get(served.address)
        assert (status, "What a window size does" in html) == (200, True)
        assert "from atomstat_widgets import" not in html
    with pytest.raises(FileNotFoundError, match=r"no such notebook: absent\.ipynb"):
        serve(notebook="absent.ipynb")


@pytest.mark.slow
def test_taken_port_gives_the_next_free_one(app: Served) -> None:
    port = urlsplit(app.address).port
    with serving("--port", str(port)) as served:
        assert urlsplit(served.address).port != port
        assert get(served.address + "voila/static/voila.js")[0] == 200


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_server_and_kernels(end: signal.Signals) -> None:
    with serving("--port", "0") as served:
        process = psutil.Process(served.process.pid)
        until(lambda: len(served.kernels()) == 1)  # one is kept ready
        kernels = process.children(recursive=True)
        process.send_signal(end)
        assert process.wait(20) == 0
        assert not psutil.wait_procs(kernels, timeout=5)[1]


@pytest.mark.slow
def test_kernels_end_with_a_server_that_is_killed() -> None:
    with serving("--port", "0") as served:
        process = psutil.Process(served.process.pid)
        get(served.address)  # of which the kernel starts, beside the one that is kept ready
        until(lambda: len(served.kernels()) == 2)
        children = process.children(recursive=True)
        process.kill()
        assert not psutil.wait_procs(children, timeout=20)[1]


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
    specs = KernelSpecManager(kernel_dirs=[str(write_kernelspec(tmp_path / "server", forked=False))])
    assert specs.get_kernel_spec("python3").argv[0] == sys.executable
