"""Kernels forked from one process that has imported everything: they start in no time, and share its memory.

Importing takes most of the time a kernel takes to start, and most of its memory. Only Linux: elsewhere system libraries
do not bear being forked.
"""

import multiprocessing
import os
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from atomstat_widgets.serving.kernel import run_forked

CAN_FORK = sys.platform == "linux"
CONTEXT: Any = multiprocessing.get_context("forkserver") if CAN_FORK else None
PRELOADED = [
    *("ipykernel.kernelapp", "matplotlib.cm", "matplotlib.font_manager"),
    *("atomstat_widgets.serving.kernel", "atomstat_widgets.serving.in_words", "atomstat_widgets.app"),
    "atomstat_widgets.data.readers.all_readers",
]


def preload() -> None:
    """Start the process that kernels are forked from; it imports while this one goes on."""
    from multiprocessing.forkserver import ensure_running

    CONTEXT.set_forkserver_preload(PRELOADED)
    ensure_running()


class ForkedProvisioner(LocalProvisioner):
    """Launches kernels for Jupyter, which finds it by the name ``atomstat-forked``."""

    parent: Any  # the manager of the kernel
    process: Any  # one of those below
    life: Connection  # of the process above the server, with which kernels end

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Prepare the launch, or learn of a kernel that is running where it is to be talked to."""
        if "running" not in kwargs:
            return await super().pre_launch(**kwargs)
        self.parent.load_connection_file()
        self.connection_info = self.parent.get_connection_info()
        return {**kwargs, "cmd": []}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a kernel, of whose command the arguments of the module count, or take one that is ``running``."""
        self.cwd = kwargs.get("cwd") or str(Path.cwd())
        if "running" in kwargs:
            self.process = RunningProcess(kwargs["running"])
        else:
            # Voila's names of variables are of an enumeration: to be told of them, the kernel would import Voila.
            environment = {str.__str__(name): value for name, value in kwargs["env"].items()}
            self.process = ForkedProcess(cmd[3:], environment, self.cwd, self.life)
        self.pid = self.pgid = self.process.pid  # it leads a group, in which are the processes that it starts
        return self.connection_info


class ForkedProcess:
    """What a provisioner asks of `subprocess.Popen`, of a process that was forked."""

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], environment: dict[str, str], folder: str, life: Connection) -> None:
        given = (arguments, environment, folder, life)
        self._process: BaseProcess = CONTEXT.Process(target=run_forked, args=given, daemon=True)
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Wait until it has ended, and return the exit code."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.pid is not None and self.poll() is None:
            os.kill(self.pid, number)


class RunningProcess:
    """The same, of one that was forked for a server before this. Nobody is left to tell its exit code: it is 1."""

    stdin = stdout = stderr = None

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.pid = process.pid

    def poll(self) -> int | None:
        """Exit code, or None while it runs."""
        with suppress(psutil.NoSuchProcess):
            if self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE:
                return None
        return 1

    def wait(self) -> int | None:
        """Wait until it has ended, and return the exit code."""
        with suppress(psutil.TimeoutExpired):
            self._process.wait(10)
        return 1

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        with suppress(psutil.NoSuchProcess):
            self._process.send_signal(number)
