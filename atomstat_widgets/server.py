"""The server: Voila, with its kernels ended at once, forms protected, and a token for whoever is not on this machine.

It is configured by ``voila.json``, beside the notebooks, and for the public by ``public/voila.json`` over that. What
the settings are for:

- A kernel whose page went without asking is ended after ten idle minutes; much less ends some that still wait for a
  busy browser.
- Uploads up to 64 MiB get through the websocket; above its limit the page reconnects and says nothing.
- The output of the cell is waited for, however busy the machine is: after the usual four seconds a page would be empty.
- A kernel that died is not started again: it would know nothing of the page, which says instead that it is over.
- Kernels talk over ``ipc`` where there is any, as two kernels started at once can pick the same TCP port.
- Kernels are kept ready, so that pages do not wait for imports: one here, several where a class arrives at once.
- A page's scripts come in one file once one page has asked for them.
- Other Jupyter extensions of the environment, other themes and templates and any files stay out of the page.
"""

import asyncio
import ipaddress
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_core.paths import jupyter_path
from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.utils import url_path_join
from traitlets import Integer
from voila.app import Voila
from voila.static_file_handler import MultiStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler

from atomstat_widgets import forked, page_scripts
from atomstat_widgets.data.memory import VARIABLE as MEMORY_VARIABLE

# The path of an ipc socket may have 103 characters on macOS, 107 on Linux, and the names below this folder take 65.
LONGEST_FOLDER = 38

THREADS_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class ThisPython(KernelSpecManager):
    """Knows one kernel, ``python3``, and it is the running interpreter, whatever the machine calls so elsewhere."""

    def _kernel_dirs_default(self) -> list[str]:
        return []

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Of the one kernel, which keeps within the memory of a session."""
        spec = super().get_kernel_spec(kernel_name)
        spec.argv = [sys.executable, "-m", "atomstat_widgets.kernel", "-f", "{connection_file}"]
        if can_fork():
            spec.metadata["kernel_provisioner"] = {"provisioner_name": "atomstat-forked"}
        return spec


class Kernels(AsyncMappingKernelManager):
    """Ends kernels at once, and hands out none that is dead.

    They hold nothing to save, and one that is asked to end in the middle of a cell prints a traceback.
    """

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that died, among those that Voila keeps ready too."""
        for pool in getattr(self, "_pools", {}).values():
            started = [one for one in pool if one.done() and not one.cancelled() and one.exception() is None]
            for one in started:
                if one.result()["kernel_id"] == kernel_id:
                    pool.remove(one)
        return super().remove_kernel(kernel_id)

    async def shutdown_kernel(self, kernel_id: str, now: bool = True, restart: bool = False) -> None:
        """End one kernel."""
        await super().shutdown_kernel(kernel_id, now=True, restart=restart)

    async def shutdown_all(self, now: bool = True) -> None:
        """End all kernels, after those that are just being started: only then can they be ended."""
        await asyncio.gather(*self._pending_kernels.values(), return_exceptions=True)
        await super().shutdown_all(now=True)


class Page(TornadoVoilaHandler):
    """Gives the page the token against cross-site requests, with which it asks to end its kernel when it is closed."""

    async def prepare(self) -> None:
        """Set the cookie; `xsrf_token` does so when it is read."""
        await super().prepare()
        self.xsrf_token  # noqa: B018


# In place of Voila's: each does a little more.
OWN_HANDLERS = {
    TornadoVoilaHandler: Page,
    MultiStaticFileHandler: page_scripts.VoilaScriptsHandler,
    FileFindHandler: page_scripts.ExtensionScriptsHandler,
}


class Server(Voila):
    """Voila for the app, on this machine or, with a token, for others."""

    threads_per_session = Integer(1, config=True, help="Threads of BLAS and OpenMP a kernel.")
    memory_per_session = Integer(0, config=True, help="MB that a kernel may take; 0 does not limit it.")

    def initialize(self, argv: Sequence[str] | None = None) -> None:
        """Read the settings."""
        self.config.VoilaConfiguration.kernel_spec_manager_class = ThisPython
        self.config.VoilaConfiguration.multi_kernel_manager_class = Kernels
        self.config.VoilaConfiguration.page_config_hook = page_scripts.tell_page
        super().initialize(argv)
        if not has_room_for_sockets():
            self.config.KernelManager.transport = "tcp"
        # Matrices are small, and threads of several kernels wait for each other.
        for variable in THREADS_VARIABLES:
            os.environ.setdefault(variable, str(self.threads_per_session))
        if self.memory_per_session:
            os.environ.setdefault(MEMORY_VARIABLE, str(self.memory_per_session))
        if can_fork():
            forked.preload()

    @property
    def is_local(self) -> bool:
        """Whether nobody but this machine is answered."""
        try:
            return ipaddress.ip_address(self.ip).is_loopback
        except ValueError:
            return self.ip == "localhost"

    def init_settings(self) -> dict[str, Any]:
        """Settings of the web application.

        Raises
        ------
        ValueError
            Other machines would be answered without a token.
        """
        settings = super().init_settings()
        asks = self.identity_provider.auth_enabled
        if not (asks or self.is_local):
            raise ValueError(f"{self.ip} answers other machines, and that needs a token: add --public")
        pages = settings["jinja2_env"]
        pages.loader = jinja2.ChoiceLoader([jinja2.FileSystemLoader(public_folders()), pages.loader])
        # Names of other machines are what a page elsewhere could reach this one by. With a token it gains nothing.
        return {**settings, "allow_remote_access": asks, "page_scripts": page_scripts.PageScripts()}

    def init_handlers(self) -> list[Any]:
        """Routes, of Voila, and of the scripts in one file."""
        return [
            (url_path_join(self.server_url, page_scripts.ROUTE), page_scripts.PageScriptsHandler),
            *(
                (route, OWN_HANDLERS.get(handler, handler), *arguments)
                for route, handler, *arguments in super().init_handlers()
            ),
        ]

    def stop(self) -> None:
        """End kernels on the loop that started them, then remove what Voila made for them.

        Voila ends them on another loop, which cannot wait for a start.
        """
        self.ioloop.run_sync(self.kernel_manager.shutdown_all)
        super().stop()


def has_room_for_sockets() -> bool:
    """Whether processes of this machine can talk over sockets in the temporary folder."""
    return sys.platform != "win32" and len(tempfile.gettempdir()) <= LONGEST_FOLDER


def can_fork() -> bool:
    """Whether kernels are forked, which needs such a socket too."""
    return forked.CONTEXT is not None and has_room_for_sockets()


def apps_notebook() -> Path:
    """Find the installed notebook of the app, which has the configuration beside it.

    Raises
    ------
    FileNotFoundError
        It is not installed.
    """
    for folder in jupyter_path("atomstat_widgets"):
        path = Path(folder, "atomstat.ipynb")
        if path.is_file():
            return path
    raise FileNotFoundError("the app's notebook is not installed; reinstall atomstat-widgets")


def public_folders() -> list[str]:
    """Folders of what is for the public only, the first before all others: of every place Jupyter looks at for data."""
    return jupyter_path("atomstat_widgets", "public")


def configuration(public: bool) -> list[str]:
    """Folders of ``voila.json``, the first before all others."""
    return [*(public_folders() if public else []), *jupyter_path("atomstat_widgets")]
