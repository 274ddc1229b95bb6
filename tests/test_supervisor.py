"""The process above the server: when it starts another, and when it waits before that."""

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from atomstat_widgets.serving import supervisor
from atomstat_widgets.serving.line import Chosen, Started
from atomstat_widgets.serving.supervisor import CONTEXT, PAUSE, Supervisor

READY = Started("", "", 0, "token", b"secret")


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[socket.socket, socket.socket]]:
    """What wakes the supervisor and what signals write to."""
    monkeypatch.setattr(supervisor, "_reap_orphans", lambda server: None)  # this process has other children
    woken, waker = socket.socketpair()
    with woken, waker:
        yield woken, waker


def restarts(woken: socket.socket, told_first: list[Started], exitcode: int = -11) -> bool:
    """Whether another takes the place of a server that told something and died."""
    above = Supervisor(Chosen(None, False, None, 0), Path(), lambda started: None)
    above._started = READY  # there was one before
    server = SimpleNamespace(pid=0, exitcode=exitcode, kill=lambda: None, join=lambda: None)
    told, tells = CONTEXT.Pipe()
    with told:
        for one in told_first:
            tells.send(one)
        tells.close()
        return above._watch(server, told, woken)


def waits(monkeypatch: pytest.MonkeyPatch, waker: socket.socket | None = None) -> list[float]:
    """Seconds of the pauses, none of which is waited for; in them a signal comes, where there is a waker."""
    pauses, wait = [], supervisor.wait

    def at_once(ends: list[Any], timeout: float) -> list[Any]:
        if len(ends) == 1:
            pauses.append(timeout)
            if waker is not None:
                waker.send(b"\0")
        return wait(ends, timeout=0)

    monkeypatch.setattr(supervisor, "wait", at_once)
    return pauses


def test_one_that_dies_before_it_is_ready_is_followed_after_a_pause(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = waits(monkeypatch)
    assert restarts(ends[0], [])
    assert pauses == [PAUSE]


def test_a_signal_ends_the_pause_and_all(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = waits(monkeypatch, ends[1])
    assert not restarts(ends[0], [])
    assert pauses == [PAUSE]


def test_one_that_was_ready_is_followed_at_once(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = waits(monkeypatch)
    assert restarts(ends[0], [READY])
    assert pauses == []


def test_one_that_was_asked_to_end_is_followed_by_none(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = waits(monkeypatch)
    assert not restarts(ends[0], [], exitcode=0)
    assert pauses == []
