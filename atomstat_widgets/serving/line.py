"""What the server and the process above it tell each other."""

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import reduction
from multiprocessing.connection import Connection
from threading import Thread


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
    sockets: int  # how many follow, at which it listens
    token: str
    cookie_secret: bytes


@dataclass(frozen=True)
class Line:
    """The way from a server to the process above it."""

    told: Connection
    life: Connection  # ends with the process above

    def ready(self, started: Started, sockets: list[socket.socket]) -> None:
        """Tell what it is, and hand on where it listens."""
        self.told.send(started)
        for one in sockets:
            reduction.send_handle(self.told, one.fileno(), os.getppid())

    def goes_on(self) -> None:
        """Tell that it answers."""
        with suppress(OSError):  # nobody listens any more: it is about to be ended
            self.told.send(None)

    def failed(self, error: Exception) -> None:
        """Tell why it could not start."""
        self.told.send(str(error))


def end_with(life: Connection) -> None:
    """End this process with the one above the server, also where that was killed and could end none."""

    def watch() -> None:
        with suppress(EOFError, OSError):
            life.recv()
        os._exit(1)

    Thread(target=watch, daemon=True).start()
