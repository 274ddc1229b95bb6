"""One visitor does what they can against the server; another is answered meanwhile."""

import asyncio
import http.client
import itertools
import random
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import numpy as np
import pytest
from made_frames import V1, crafted, message, near, parts_of, v1
from serving import Served, kernel_of, serving, socket_of
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_sync

from atomstat_widgets.frames import BadFrame, check_frame

FRAMES = 10_000
TOGETHER = 5  # times two sockets at once


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with serving("--port", "0") as served:
        yield served


@pytest.fixture(scope="module")
def kernel(app: Served) -> str:
    return open_page(app)


def open_page(app: Served) -> str:
    with urllib.request.urlopen(app.address, timeout=60) as page:
        return kernel_of(page.read().decode())


@contextmanager
def another_is_answered(app: Served) -> Iterator[None]:
    """Check that somebody else, who asks for one thing after the other, is answered within a second, throughout.

    The machine may be late by itself: of how late this thread is woken is taken off.
    """
    mine = open_page(app)
    ended, waits = threading.Event(), []

    def ask() -> None:
        while not ended.is_set():
            for path in (f"/api/kernels/{mine}", "/voila/static/voila.js"):
                slept = time.perf_counter()
                time.sleep(0.05)
                began = time.perf_counter()
                connection = http.client.HTTPConnection(urlsplit(app.address).netloc, timeout=60)
                connection.request("GET", path)
                assert connection.getresponse().read()
                connection.close()
                waits.append(time.perf_counter() - began - (began - slept - 0.05))

    other = threading.Thread(target=ask)
    other.start()
    try:
        yield
        time.sleep(1)
    finally:
        ended.set()
        other.join()
    assert len(waits) > 5
    assert np.quantile(waits, 0.99) < 1, max(waits)
    assert max(waits) < 3


def is_refused(protocol: str | None, frame: str | bytes) -> bool:
    try:
        check_frame(frame, protocol)
    except BadFrame:
        return True
    return False


async def throw(address: str, protocol: str | None, frames: list[str | bytes]) -> list[str]:
    """Send all of them, on another socket after each that is refused, and give the words with which that was done."""
    reasons, left = [], iter(frames)
    frame = next(left, None)
    while frame is not None:
        async with connect(address, subprotocols=protocol and [protocol], max_size=None) as socket:
            while frame is not None:
                await socket.send(frame)
                refused = is_refused(protocol, frame)
                frame = next(left, None)
                if refused:
                    await asyncio.wait_for(socket.wait_closed(), 60)
                    reasons.append(socket.close_reason)
                    break
    return reasons


@pytest.mark.slow
def test_ten_thousand_frames(app: Served, kernel: str) -> None:
    frames = [*crafted().values(), *itertools.islice(near(random.Random(1)), FRAMES - len(crafted()))]
    refused = sum(is_refused(*one) for one in frames)
    address = socket_of(app.address, kernel)

    async def all_of_them() -> list[list[str]]:
        return await asyncio.gather(
            *(
                throw(address, protocol, [frame for spoken, frame in frames[start::TOGETHER] if spoken == protocol])
                for start in range(TOGETHER)
                for protocol in (V1, None)
            )
        )

    with another_is_answered(app):
        reasons = list(itertools.chain(*asyncio.run(all_of_them())))
    assert FRAMES > len(reasons) == refused > FRAMES / 2
    assert all(reasons)  # each in words


@pytest.mark.parametrize("name", ["counts to 2^63", "legacy: 4 GB"])
def test_the_frames_that_stopped_all(app: Served, name: str) -> None:
    protocol, frame = crafted()[name]
    with (
        another_is_answered(app),
        connect_sync(socket_of(app.address, open_page(app)), subprotocols=protocol and [protocol]) as socket,
    ):
        socket.send(frame)
        with pytest.raises(ConnectionClosed):
            list(socket)
    assert (socket.close_code, "parts" in socket.close_reason) == (1008, True)


def test_a_flood_of_good_messages_is_cut(app: Served, kernel: str) -> None:
    good = v1(parts_of(message()))
    with another_is_answered(app), connect_sync(socket_of(app.address, kernel), subprotocols=[V1]) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            send_all(socket.send, itertools.repeat(good, 100_000))
        assert "too much at once" in closed.value.rcvd.reason


def send_all(send: Callable[[bytes], None], pieces: Iterable[bytes], pause: float = 0) -> None:
    for piece in pieces:
        send(piece)
        time.sleep(pause)


@contextmanager
def plain_socket(app: Served) -> Iterator[socket.socket]:
    where = urlsplit(app.address)
    with socket.create_connection((where.hostname, where.port), timeout=90) as plain:
        yield plain


def test_requests_are_small(app: Served) -> None:
    with another_is_answered(app):
        with plain_socket(app) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n")
            assert plain.recv(100) in (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with plain_socket(app) as plain:
            plain.sendall(b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n")
            assert plain.recv(100) in (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with plain_socket(app) as plain:
            plain.sendall(b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n")
            with pytest.raises(OSError, match=r"reset|pipe"):
                send_all(plain.sendall, itertools.repeat(b"4000\r\n" + b"x" * 0x4000 + b"\r\n", 10_000))


@pytest.mark.slow
def test_requests_come_at_once(app: Served) -> None:
    """A second of silence after every letter keeps a connection for a minute, and no longer."""
    with another_is_answered(app), plain_socket(app) as plain:
        began = time.monotonic()
        with pytest.raises(OSError, match=r"reset|pipe"):
            send_all(plain.sendall, [b"GET / HTTP/1.1\r\nX: ", *[b"x"] * 300], pause=1)
        assert time.monotonic() - began < 90


def test_server_takes_little_memory_after_all_this(app: Served) -> None:
    assert app.server().memory_info().rss < 400e6
