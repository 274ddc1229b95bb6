"""Kernels forked from one process that has imported everything: they start in no time, and share its memory.

Importing takes most of the time a kernel takes to start, and most of its memory. Only Linux: elsewhere system libraries
do not bear being forked.
"""

import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from atomstat_widgets.kernel import run_forked

CONTEXT = multiprocessing.get_context("forkserver") if sys.platform == "linux" else None
PRELOADED = ["ipykernel.kernelapp", "matplotlib.cm", "atomstat_widgets.kernel", "atomstat_widgets.panels.app"]


def preload() -> None:
    """Start the process that kernels are forked from; it imports while this one goes on."""
    from multiprocessing.forkserver import ensure_running

    CONTEXT.set_forkserver_preload(PRELOADED)
    ensure_running()


class ForkedProvisioner(LocalProvisioner):
    """Launches kernels for Jupyter, which finds it by the name ``atomstat-forked``."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Fork a kernel; of its command the arguments of the module count."""
        self.cwd = kwargs.get("cwd") or str(Path.cwd())
        # Voila's names of variables are of an enumeration: to be told of them, the kernel would have to import Voila.
        environment = {str.__str__(name): value for name, value in kwargs["env"].items()}
        self.process = ForkedProcess(cmd[3:], environment, self.cwd)
        self.pid = self.process.pid
        return self.connection_info


class ForkedProcess:
    """What a provisioner asks of `subprocess.Popen`, of a process that was forked."""

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], environment: dict[str, str], folder: str) -> None:
        self._process = CONTEXT.Process(target=run_forked, args=(arguments, environment, folder), daemon=True)
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
        if self.poll() is None:
            os.kill(self.pid, number)
