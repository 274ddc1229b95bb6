"""Run the app as its users do: in a process of its own, on a port of its own."""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil


@dataclass(frozen=True)
class Served:
    address: str
    process: subprocess.Popen[str]
    errors: IO[str]

    def said(self) -> str:
        """What it wrote to standard error."""
        self.errors.seek(0)
        return self.errors.read()

    def kernels(self) -> list[psutil.Process]:
        """Processes of kernels: each leads a session of its own, as the helpers of the server do not."""
        below = psutil.Process(self.process.pid).children(recursive=True)
        return [one for one in below if os.getsid(one.pid) == one.pid]

    def server(self) -> psutil.Process:
        """The process that answers, below the one that watches it."""
        (server,) = [
            one for one in psutil.Process(self.process.pid).children() if "--multiprocessing-fork" in one.cmdline()
        ]
        return server


@contextmanager
def serving(*arguments: str, command: tuple[str, ...] | None = None, cwd: Path | None = None) -> Iterator[Served]:
    """Start ``atomstat ARGUMENTS --no-browser``, wait for the address it prints, end it afterwards."""
    command = command or (sys.executable, "-m", "atomstat_widgets")
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [*command, *arguments, "--no-browser"], cwd=cwd, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        give_up = threading.Timer(60, process.kill)
        give_up.start()
        line = process.stdout.readline()
        give_up.cancel()
        try:
            address = re.search(r"http://127\.0\.0\.1:\d+/\S*", line)
            if address is None:
                errors.seek(0)
                raise AssertionError(f"no address in {line!r}\n{errors.read()}")
            yield Served(address[0], process, errors)
        finally:
            assert ended(process), "the server did not end"


def ended(process: subprocess.Popen[Any]) -> bool:
    """End a process; whether it ended of itself. Else it is killed with all below it: to wait may take for ever."""
    below = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        for one in below:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        return False
    return True


def kernel_of(html: str) -> str:
    """Id of the kernel of a page."""
    return html.partition('"kernelId": "')[2].partition('"')[0]


def socket_of(address: str, kernel: str) -> str:
    """Address of the socket of a kernel."""
    return address.replace("http", "ws", 1) + f"api/kernels/{kernel}/channels"


def in_a_loop(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a loop of its own, in a thread of its own: tests of pages leave one running in theirs."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
