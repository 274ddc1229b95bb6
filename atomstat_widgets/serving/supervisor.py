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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import reduction
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

from atomstat_widgets.serving.line import Chosen, Line, Started

SILENCE = 20  # s without a word after which a server is ended
START = 120  # s in which it has to be ready
PAUSE = 5  # s before another is started in the place of one that never was ready: it may end as soon
PATIENCE = 5  # s in which it may end by itself when it is asked to
CONTEXT = multiprocessing.get_context("spawn")

PR_SET_CHILD_SUBREAPER = 36


class Supervisor:
    """Starts servers, one after the other.

    Parameters
    ----------
    chosen : Chosen
        What to serve.
    folder : Path
        Temporary folder of the servers and of their sessions.
    announce : callable
        Called when the first server is ready.
    """

    def __init__(self, chosen: Chosen, folder: Path, announce: Callable[[Started], None]) -> None:
        self._chosen, self._folder, self._announce = chosen, folder, announce
        self._started: Started | None = None
        self._sockets: list[socket.socket] = []
        self._server: BaseProcess | None = None

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM.

        Raises
        ------
        OSError
            The server cannot start; the message says why.
        """
        _keep_orphans()
        life, mine = CONTEXT.Pipe(duplex=False)
        with _signals_to_end() as woken, life, mine:
            try:
                while self._watch(*self._start(life), woken):
                    sys.stderr.write("atomstat: the server did not answer, and is started again\n")
            finally:
                self._end()

    def _start(self, life: Connection) -> tuple[BaseProcess, Connection]:
        """Start a server, in the place of one before it if there was any, and give it with the line to it."""
        told, tells = CONTEXT.Pipe()
        given = (self._chosen, self._folder, Line(tells, life), self._started, self._sockets)
        self._server = server = CONTEXT.Process(target=_serve, args=given)
        server.start()
        tells.close()  # so that the line ends with the server
        return server, told

    def _watch(self, server: BaseProcess, told: Connection, woken: socket.socket) -> bool:
        """Listen to a server, and tell whether another has to take its place, or all is to end."""
        up, silent = False, 0
        # Counted, not timed: a machine that slept, or a stop by Ctrl+Z, is one silence.
        while silent < (SILENCE if up else START):
            ready = wait([woken, told], timeout=1)
            if woken in ready:
                return False
            silent = 0 if ready else silent + 1
            _reap_orphans(server.pid)
            if ready:
                try:
                    up = self._hear(told) or up
                except EOFError:
                    break
        server.kill()
        server.join()
        if self._started is None:
            raise OSError("the server ended before it was ready")
        if server.exitcode == 0:  # it was asked to end, itself
            return False
        return up or not wait([woken], timeout=PAUSE)

    def _hear(self, told: Connection) -> bool:
        """Take what a server tells, and tell whether it is that it is ready."""
        heard = told.recv()
        if isinstance(heard, str):
            raise OSError(heard)
        if not isinstance(heard, Started):
            return False
        if self._started is None:
            self._announce(heard)
        self._started = heard
        self._sockets += [socket.socket(fileno=reduction.recv_handle(told)) for _ in range(heard.sockets)]
        return True

    def _end(self) -> None:
        """End the server, in order if it can, and then whatever is left below this process."""
        if self._server is not None and self._server.pid is not None:
            self._server.terminate()
            self._server.join(PATIENCE)
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for one in self._sockets:
            one.close()


def _serve(chosen: Chosen, folder: Path, line: Line, before: Started | None, sockets: list[socket.socket]) -> None:
    from atomstat_widgets.serving.server import run  # not in the process above, which stays small

    run(chosen, folder, line, before, sockets)


@contextmanager
def _signals_to_end() -> Iterator[socket.socket]:
    """Give a socket that can be read once a signal to end came: waiting for it cannot miss one."""
    woken, waker = socket.socketpair()
    waker.setblocking(False)

    def wake(*_: object) -> None:
        with suppress(OSError):  # it was woken often enough
            waker.send(b"\0")

    before = {number: signal.signal(number, wake) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with woken, waker:
            yield woken
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _keep_orphans() -> None:
    """Be the parent of kernels whose server is gone, so that they can be ended with the rest."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _reap_orphans(server: int | None) -> None:
    """Let go of kernels that ended after their server."""
    if not hasattr(os, "waitid"):
        return
    with suppress(ChildProcessError):
        while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid != server:
            os.waitpid(ended.si_pid, os.WNOHANG)
