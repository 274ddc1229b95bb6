"""What the served app keeps to itself: code, files, and the kernels of others."""

import http.client
import json
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from serving import Served, serving
from websockets.sync.client import connect

# What the messages that a page may send to its kernel are not.
REFUSED = {
    "shell": ["execute_request", "inspect_request", "complete_request", "history_request", "is_complete_request"],
    "control": ["execute_request", "debug_request", "interrupt_request", "create_subshell_request"],
    "stdin": ["input_reply"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "data"
    folder.mkdir()
    (folder.parent / "secret.txt").write_text("nobody reads this")
    (folder / "notes.txt").write_text("nobody reads this")
    return folder


@pytest.fixture(scope="module")
def app(folder: Path) -> Iterator[Served]:
    with serving("--data", str(folder), "--port", "0") as served:
        yield served


@pytest.fixture(scope="module")
def kernel(app: Served) -> str:
    with urllib.request.urlopen(app.address, timeout=60) as page:
        return page.read().decode().partition('"kernelId": "')[2].partition('"')[0]


def ask(app: Served, path: str, method: str = "GET", body: str | None = None) -> tuple[int, str]:
    """Ask for a path as it is, which clients with manners would clean first."""
    connection = http.client.HTTPConnection(urlsplit(app.address).netloc, timeout=60)
    connection.request(method, path, body)
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, text


@pytest.mark.parametrize("channel", REFUSED)
def test_page_cannot_run_code(app: Served, kernel: str, channel: str, tmp_path: Path) -> None:
    code = f"open({str(tmp_path / 'ran')!r}, 'w')"
    address = app.address.replace("http", "ws", 1) + f"api/kernels/{kernel}/channels"
    with connect(address, max_size=None) as socket:

        def send(kind: str, on: str) -> str:
            number = uuid.uuid4().hex
            header = {"msg_id": number, "msg_type": kind, "session": "s", "username": "", "version": "5.4", "date": ""}
            content = {"code": code, "silent": False, "cursor_pos": 0, "detail_level": 1, "value": code,
                       "hist_access_type": "tail", "n": 100, "raw": True, "output": True, "seq": 1, "type": "request",
                       "command": "evaluate", "arguments": {"expression": code}}  # fmt: skip
            message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": on}
            socket.send(json.dumps(message))
            return number

        refused = {send(kind, channel) for kind in REFUSED[channel]}
        last = send("kernel_info_request", "control" if channel == "control" else "shell")
        answered = set()
        while last not in answered:  # messages of a channel are handled in their order
            answered.add(json.loads(socket.recv(timeout=60))["parent_header"].get("msg_id"))
    assert not refused & answered
    assert not (tmp_path / "ran").exists()


def test_notebook_source_is_not_served(app: Served, kernel: str) -> None:
    source = "from atomstat_widgets import"
    paths = [
        *(
            "/",
            "/atomstat.ipynb",
            "/voila/files/atomstat.ipynb",
            "/voila/files/voila.json",
            "/voila/render/atomstat.ipynb",
        ),
        *("/api/contents/atomstat.ipynb", "/voila/api/contents/atomstat.ipynb", "/files/atomstat.ipynb", "/tree"),
        *("/nbconvert/script/atomstat.ipynb", "/voila/tree", "/api/sessions", "/api/terminals", "/api/kernelspecs"),
        *("/api/status", "/voila/static/../../atomstat.ipynb", f"/api/kernels/{kernel}"),
    ]
    for path in paths:
        status, text = ask(app, path)
        assert source not in text, path
        assert status in {302, 403, 404} or path in {"/", f"/api/kernels/{kernel}"}, (path, status)


def test_no_other_kernel_is_listed_or_started(app: Served, kernel: str) -> None:
    assert ask(app, "/api/kernels")[0] in {302, 404}
    assert ask(app, "/api/kernels", "POST", "{}")[0] in {403, 404, 405}
    for action in ("interrupt", "restart"):
        assert ask(app, f"/api/kernels/{kernel}/{action}", "POST", "")[0] in {403, 404, 405}
    # Other sites' forms have no token.
    assert ask(app, f"/api/kernels/{kernel}", "DELETE")[0] == 403
    assert ask(app, f"/voila/api/shutdown/{kernel}", "POST", "")[0] == 403
    assert ask(app, f"/api/kernels/{kernel}")[0] == 200


@pytest.mark.parametrize(
    "route",
    [
        "/voila/static/", "/voila/templates/atomstat/static/", "/voila/templates/", "/voila/labextensions/",
        "/voila/labextensions/bqplot/static/", "/voila/api/themes/", "/voila/files/", "/static/", "/files/", "/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("up", ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "....//", "%252e%252e%252f"])
def test_no_route_leads_to_other_files(app: Served, folder: Path, route: str, up: str) -> None:
    for target in (folder.parent / "secret.txt", folder / "notes.txt", Path("/etc/passwd")):
        for way in (up * 15 + str(target)[1:], str(target), f"/{target}"):
            status, text = ask(app, route + way)
            assert status != 200, (route, way)
            assert "nobody reads this" not in text
            assert "root:" not in text


def test_errors_show_no_traceback(app: Served) -> None:
    for path in (
        "/voila/templates/x/y/z",
        "/voila/templates/atomstat",
        "/voila/templates//",
        "/%00",
        "/voila/static/%00x",
        "/voila/api/shutdown/x",
    ):
        status, text = ask(app, path)
        assert status >= 302, path
        assert "Traceback" not in text, path
        assert ".py" not in text, path


@pytest.mark.parametrize(
    "path",
    [
        *("/voila/render/x", "/voila/render/atomstat.ipynb", "/voila/render/%00", "/voila/render/../atomstat.ipynb"),
        *("/voila/tree", "/voila/tree/x", "/nbextensions/%00x", "/nbextensions/x/y.js", "/static/%00x"),
        *("/voila/static/", "/voila/labextensions/%00x", "/voila/templates/atomstat/static/%00x"),
        "/x/%00",
    ],
)
def test_what_there_is_not_is_not_found_and_logs_no_traceback(app: Served, path: str) -> None:
    status, text = ask(app, path)
    assert status == 404
    assert "Traceback" not in text
    assert "Traceback" not in app.said()
