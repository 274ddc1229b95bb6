"""The process above the server: it starts it, watches it from outside, starts another in its place, and ends it all.

A server that hangs can neither tell so nor be asked to end. So it is a process of its own, which says every second that
it goes on. Of one that does not, the listening sockets stay open here: who comes meanwhile waits, and is answered by
the next one, at the same address and with the same token.
"""

import ctypes
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from threading import Thread

import psutil

SILENCE = 20  # s without a word after which a server is ended
PATIENCE = 5  # s in which it may end by itself when it is asked to
CONTEXT = multiprocessing.get_context("spawn")

PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Chosen:
    """What is to be served, and how; see `serve`."""

    notebook: str | None
    public: bool
    ip: str | None
    port: int


@dataclass(frozen=True)
class Started:
    """What a server tells when it is ready, and the one after it is given."""

    shown: str  # its address, in words for people
    address: str  # its address on this machine
    sockets: list[socket.socket]
    token: str
    cookie_secret: bytes


@dataclass(frozen=True)
class Line:
    """The way from a server to the process above it."""

    told: Connection  # Started, why it could not start, or True: it goes on
    life: Connection  # ends with the process above


def supervise(chosen: Chosen, folder: Path, announce: Callable[[Started], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Parameters
    ----------
    chosen : Chosen
        What to serve.
    folder : Path
        Temporary folder of the server and of its sessions.
    announce : callable
        Called when the first server is ready.

    Raises
    ------
    OSError
        The server cannot start; the message says why.
    """
    woken = _wake_by_signals()
    life, mine = CONTEXT.Pipe(duplex=False)
    _keep_orphans()
    started = None
    server = None
    try:
        while True:
            told, tells = CONTEXT.Pipe(duplex=False)
            server = CONTEXT.Process(target=_serve, args=(chosen, folder, Line(tells, life), started))
            server.start()
            tells.close()
            up, silent = False, 0
            # Counted, not timed: a machine that slept, or a stop by Ctrl+Z, is one silence.
            while silent < SILENCE:
                ready = wait([woken, told], timeout=1)
                if woken in ready:
                    return
                silent = 0 if ready or not up else silent + 1
                _reap_orphans(server.pid)
                if not ready:
                    continue
                try:
                    heard = told.recv()
                except (EOFError, OSError):  # it is gone
                    break
                if isinstance(heard, str):
                    raise OSError(heard)
                if isinstance(heard, Started):
                    if started is None:
                        announce(heard)
                    up, started = True, heard
            server.kill()
            server.join()
            if started is None or server.exitcode == 0:
                raise OSError("the server ended before it was ready" if started is None else "the server was ended")
            sys.stderr.write("atomstat: the server did not answer and is started again\n")
    finally:
        _end(server, mine)


def end_with(life: Connection) -> None:
    """End this process with the one above the server, also where that was killed and could end none."""

    def watch() -> None:
        with suppress(EOFError, OSError):
            life.recv()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _serve(chosen: Chosen, folder: Path, line: Line, before: Started | None) -> None:
    from atomstat_widgets.server import run  # not in the process above, which stays small

    run(chosen, folder, line, before)


def _wake_by_signals() -> socket.socket:
    """Give a socket that can be read once a signal to end came: waiting for it cannot miss one."""
    woken, waker = socket.socketpair()
    waker.setblocking(False)

    def wake(*_: object) -> None:
        with suppress(OSError):
            waker.send(b"\0")

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, wake)
    return woken


def _end(server: multiprocessing.process.BaseProcess | None, life: Connection) -> None:
    """End the server, in order if it can, and then whatever is left below this process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if server is not None and server.pid is not None:
        server.terminate()
        server.join(PATIENCE)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    life.close()


def _keep_orphans() -> None:
    """Be the parent of kernels whose server is gone, so that they can be ended with the rest."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap_orphans(server: int) -> None:
    """Let go of kernels that ended after their server."""
    if not hasattr(os, "waitid"):
        return
    with suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid != server:
            os.waitpid(ended.si_pid, os.WNOHANG)
