"""The kernels of a server: each of this Python, with a folder of its own, and for as long as there is a page for it."""

import asyncio
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import IOLoop
from tornado.web import HTTPError
from traitlets import Integer

from atomstat_widgets.serving.frames import Allowance
from atomstat_widgets.serving.temporary import SHOWN, session_environment

KERNEL = "python3"  # by which name notebooks ask for it


def write_kernelspec(folder: Path, *, forked: bool) -> Path:
    """Write what Jupyter has to know of the one kernel, the running interpreter, and give the folder to look in.

    Parameters
    ----------
    folder : Path
        Where to put it.
    forked : bool
        Whether it is forked, see `forked`.
    """
    spec = {
        "argv": [sys.executable, "-m", "atomstat_widgets.serving.kernel", "-f", "{connection_file}"],
        "display_name": "Python 3",
        "language": "python",
        "metadata": {"kernel_provisioner": {"provisioner_name": "atomstat-forked"}} if forked else {},
    }
    path = folder / "kernels" / KERNEL / "kernel.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(spec))
    return path.parents[1]


class Kernels(AsyncMappingKernelManager):
    """Ends kernels at once, hands out none that is dead, and keeps none whose page is gone.

    They hold nothing to save, and one that is asked to end in the middle of a cell prints a traceback.
    """

    parent: Any  # the server
    cull_unseen_timeout = Integer(120, config=True, help="Seconds that a kernel waits for its page to come up.")
    reload_timeout = Integer(
        60, config=True, help="Seconds after which a session without a page makes room, where there is no other."
    )

    def __init__(self, **kwargs: Any) -> None:
        self.starters: dict[str, asyncio.Task[Any]] = {}
        self.allowances: dict[str, Allowance] = {}
        self._alone_since: dict[str, float] = {}
        self._shown: set[str] = set()
        super().__init__(**kwargs)

    # --- sessions

    def sessions(self) -> list[str]:
        """Kernels of visitors, those that are being started too: all but those that Voila keeps ready."""
        ready = [one for pool in getattr(self, "_pools", {}).values() for one in pool]
        return [kernel_id for kernel_id, starter in self.starters.items() if starter not in ready]

    async def make_room(self, most: int) -> bool:
        """Tell whether there is room for a session; one that has had no page for a while makes some.

        Parameters
        ----------
        most : int
            Number of sessions.
        """
        sessions = self.sessions()
        # Those that are ready wait for a page from now on: the next page gets one of them.
        self._alone_since.update({one: self._now() for one in self._alone_since if one not in sessions})
        if len(sessions) < most:
            return True
        alone = {one: self._alone_since[one] for one in sessions if one in self._alone_since}
        if not alone or self._seconds_alone(first := min(alone, key=alone.__getitem__)) < self.reload_timeout:
            return False
        del self._alone_since[first]
        await self.shutdown_kernel(first)
        return True

    def folder(self, kernel_id: str) -> Path:
        """Of a session."""
        folder: Path = self.parent.folder
        return folder / kernel_id

    # --- begin

    async def start_kernel(
        self, *, kernel_id: str | None = None, env: dict[str, str] | None = None, **kwargs: Any
    ) -> str:
        """Start a kernel in a folder of its own."""
        kernel_id = kernel_id or self.new_kernel_id()
        if starter := asyncio.current_task():
            self.starters[kernel_id] = starter
        self.allowances[kernel_id] = Allowance()
        env = {**(env or {}), **session_environment(self.folder(kernel_id))}
        try:
            await super().start_kernel(kernel_id=kernel_id, env=env, **kwargs)
        except BaseException:
            self._forget(kernel_id)
            raise
        self._alone_since[kernel_id] = self._now()
        return kernel_id

    async def take_over(self) -> None:
        """Go on with the kernels whose page outlived the server before this, and remove what is left of others."""
        for folder in [path for path in self.parent.folder.iterdir() if _is_session(path)]:
            try:
                process = psutil.Process(json.loads((folder / SHOWN).read_text()))
                if not (self.parent.can_fork and process.is_running() and process.status() != psutil.STATUS_ZOMBIE):
                    raise ProcessLookupError
                await self.start_kernel(kernel_id=folder.name, kernel_name=KERNEL, running=process)
                self._shown.add(folder.name)
            except (OSError, ValueError, psutil.Error):
                shutil.rmtree(folder, ignore_errors=True)

    # --- pages come and go

    def notify_connect(self, kernel_id: str) -> None:
        """Note that a page has it, also for the server after this one."""
        super().notify_connect(kernel_id)
        self._alone_since.pop(kernel_id, None)
        if kernel_id in self and kernel_id not in self._shown:
            self._shown.add(kernel_id)
            provisioner: Any = self.get_kernel(kernel_id).provisioner
            (self.folder(kernel_id) / SHOWN).write_text(json.dumps(provisioner.pid))

    def notify_disconnect(self, kernel_id: str) -> None:
        """Note since when no page has it."""
        super().notify_disconnect(kernel_id)
        if kernel_id in self and not self.kernel_model(kernel_id)["connections"]:
            self._alone_since[kernel_id] = self._now()

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel without a page, also one that is busy, which it may be for ever."""
        timeout = self.cull_idle_timeout if kernel_id in self._shown else self.cull_unseen_timeout
        if self._seconds_alone(kernel_id) > timeout:
            await self.shutdown_kernel(kernel_id)
        else:
            await super().cull_kernel_if_idle(kernel_id)

    # --- end

    async def shutdown_kernel(self, kernel_id: str, now: bool = True, restart: bool = False) -> None:
        """End one kernel."""
        await super().shutdown_kernel(kernel_id, now=True, restart=restart)

    async def shutdown_all(self, now: bool = True) -> None:
        """End all kernels, after those that are just being started: only then can they be ended."""
        await asyncio.gather(*self._pending_kernels.values(), return_exceptions=True)
        with suppress(HTTPError):  # one that ended by itself meanwhile
            await super().shutdown_all(now=True)

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that ended, among those that Voila keeps ready too, and remove its folder."""
        for pool in getattr(self, "_pools", {}).values():
            for one in list(_started(pool)):
                if one.result()["kernel_id"] == kernel_id:
                    pool.remove(one)
        self._forget(kernel_id)
        return super().remove_kernel(kernel_id)

    def _forget(self, kernel_id: str) -> None:
        self._shown.discard(kernel_id)
        for known in (self.starters, self.allowances, self._alone_since):
            known.pop(kernel_id, None)
        # Beside the server's work: uploads are large.
        IOLoop.current().run_in_executor(None, shutil.rmtree, self.folder(kernel_id), True)

    def _seconds_alone(self, kernel_id: str) -> float:
        return self._now() - self._alone_since.get(kernel_id, self._now())

    @staticmethod
    def _now() -> float:
        return IOLoop.current().time()


def _started(pool: list[asyncio.Task[Any]]) -> Iterator[asyncio.Task[Any]]:
    return (one for one in pool if one.done() and not one.cancelled() and one.exception() is None)


def _is_session(path: Path) -> bool:
    """Whether a folder is one: they have the names of kernels, which have four hyphens."""
    return path.is_dir() and path.name.count("-") == 4
