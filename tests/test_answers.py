"""What the answers of the server say to a browser, and what they keep to themselves."""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from http.cookiejar import CookieJar
from pathlib import Path

import nbformat
import pytest
from made_frames import message
from serving import Served, kernel_of, serving, socket_of
from websockets.sync.client import connect

FILES = (
    "voila/scripts.js",
    "voila/static/voila.js",
    "voila/labextensions/bqplot/package.json",
    "voila/templates/atomstat/static/voila.js",
    "voila/api/themes/@jupyterlab/theme-light-extension/index.css",
    "voila/files/atomstat.ipynb",
)

# Of which everything fails that a page may ask for.
FAILING = """
import warnings
import ipywidgets
from IPython.display import display

def fail(*_):
    raise ValueError("secret")

button, number = ipywidgets.Button(), ipywidgets.IntText()
button.on_click(fail)
number.observe(fail, "value")
warnings.warn("secret")
display(button, number)
"""


class Unredirected(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def ask(url: str, **headers: str) -> tuple[int, Message, str]:
    try:
        opener = urllib.request.build_opener(Unredirected)
        with opener.open(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            return answer.status, answer.headers, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode(errors="replace")


@pytest.fixture(scope="module")
def public() -> Iterator[Served]:
    with serving("serve", "--public", "--ip", "127.0.0.1", "--port", "0") as served:
        yield served


@pytest.fixture(scope="module")
def address(public: Served) -> str:
    return public.address.split("?")[0]


@pytest.fixture(scope="module")
def token(public: Served) -> str:
    return public.address.split("?")[1]


def test_page_runs_its_own_scripts_only(public: Served) -> None:
    (_, first, html), (_, second, _) = ask(public.address), ask(public.address)
    policy = dict(part.split(maxsplit=1) for part in first["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == "'none'"
    assert policy["frame-ancestors"] == policy["connect-src"] == "'self'"
    own, nonce = policy["script-src"].split()
    assert (own, nonce[:7]) == ("'self'", "'nonce-")
    scripts = re.findall("<script[^>]*>", html)
    assert len(scripts) > 5
    assert all(f'nonce="{nonce[7:-1]}"' in script for script in scripts)
    assert first["Content-Security-Policy"] != second["Content-Security-Policy"]  # new with every page


@pytest.mark.parametrize("path", ["", "login", "logout", "voila/static/voila.js", "voila/static/none", "api/kernels/x"])
@pytest.mark.parametrize("known", [True, False])
def test_every_answer_is_safe(address: str, token: str, path: str, known: bool) -> None:
    _, headers, _ = ask(address + path + (f"?{token}" if known else ""))
    assert "'unsafe-eval'" not in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Server"] is None
    for cookie in headers.get_all("Set-Cookie") or []:
        assert "SameSite=Lax" in cookie or "expires=" in cookie


def test_login_sets_two_cookies_that_other_sites_cannot_use(public: Served) -> None:
    cookies = ask(public.address)[1].get_all("Set-Cookie")
    assert {cookie.split("=")[0].split("-")[0] for cookie in cookies} == {"_xsrf", "username"}
    assert all("SameSite=Lax" in cookie for cookie in cookies)


@pytest.mark.parametrize("path", FILES)
def test_files_are_for_those_who_came_in(address: str, token: str, path: str) -> None:
    status, headers, text = ask(address + path)
    assert status == 403
    assert headers["ETag"] is None
    assert "token" not in text
    assert ask(f"{address}{path}?{token}")[0] in ((403,) if "files" in path else (200, 404))


def test_login_page_needs_no_file(address: str) -> None:
    html = ask(address + "login")[2]
    assert "Token" in html
    assert not re.findall(r'(?:src|href)="(?!data:)', html)


def test_query_of_a_page_is_not_told(public: Served, address: str) -> None:
    """A token is in it, and Voila has a route that tells it without one."""
    kernel = kernel_of(ask(public.address)[2])
    assert ask(f"{address}voila/query/{kernel}", Upgrade="websocket", Connection="Upgrade")[0] == 302


def test_logout(public: Served, address: str) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    browser.open(public.address).close()
    assert "kernelId" in browser.open(address).read().decode()
    with browser.open(address + "logout") as page:
        assert "Logged out." in page.read().decode()
    assert "kernelId" not in browser.open(address).read().decode()


def test_what_is_not_found_is_no_failure(public: Served, address: str, token: str) -> None:
    none = "00000000-0000-0000-0000-000000000000"
    for path in (f"api/kernels/{none}", "voila/static/none.js", "voila/templates/x", "voila/templates/x/y/z", "none"):
        status, _, text = ask(f"{address}{path}?{token}")
        assert status in (302, 403, 404), path
        assert "cdn" not in text
    assert public.said() == ""


def test_prefix_has_a_login_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "atomstat_widgets" / "public"
    own.mkdir(parents=True)
    (own / "voila.json").write_text('{"Voila": {"ip": "127.0.0.1", "base_url": "/statistics/"}}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    with serving("serve", "--public", "--port", "0") as served:
        address = served.address.split("?")[0]
        assert "<title>atomstat: token</title>" in ask(address + "login")[2]
        status, headers, _ = ask(address.replace("/statistics/", "/elsewhere"))
        assert status == 404
        assert headers["Content-Security-Policy"]
        assert served.said() == ""


def test_failures_of_widgets_are_told_in_words(tmp_path: Path) -> None:
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FAILING)]), tmp_path / "failing.ipynb")
    with serving(str(tmp_path / "failing.ipynb"), "--port", "0") as served:
        html = ask(served.address)[2]
        assert "secret" not in html
        with connect(socket_of(served.address, kernel_of(html)), max_size=None, open_timeout=60) as socket:
            heard = []

            def hear(kind: str) -> dict:
                while True:
                    text = socket.recv(timeout=60)
                    heard.append(text if isinstance(text, str) else text.decode(errors="replace"))
                    if isinstance(text, str) and (told := json.loads(text))["msg_type"] == kind:
                        return told["content"]

            socket.send(json.dumps(message("comm_info_request")))
            comms = hear("comm_info_reply")["comms"]
            for comm in comms:
                for data in (
                    {"method": "custom", "content": {"event": "click"}},
                    {"method": "update", "state": {"value": 5}},
                    {"method": "update", "state": {"value": []}},
                    {"method": "nonsense"},
                    {},
                ):
                    socket.send(json.dumps(message("comm_msg", content={"comm_id": comm, "data": data})))
            socket.send(json.dumps(message("comm_open", content={"comm_id": "1", "target_name": "", "data": {}})))
            socket.send(json.dumps(message("comm_info_request")))
            hear("comm_info_reply")
        assert any("Something went wrong" in text for text in heard)
        assert not [text for text in heard if "secret" in text or "Traceback" in text or "ipywidgets/" in text]
        end = time.monotonic() + 20
        while "ValueError: secret" not in served.said():  # for who runs it
            assert time.monotonic() < end
