"""The server: Voila, with its kernels ended at once, forms protected, and a token for whoever is not on this machine.

It is configured by ``voila.json``, beside the notebooks, and for the public by ``public/voila.json`` over that. What
the settings are for:

- A kernel whose page went without asking is ended after ten minutes, busy or not; much less ends some that still wait
  for a busy browser.
- Kernels have 15 s to answer a socket that is opened: so long it stays in memory after it was closed, and thousands of
  them would make collections of garbage last a second.
- The output of the cell is waited for, however busy the machine is: after the usual four seconds a page would be empty.
- A kernel that died is not started again: it would know nothing of the page, which says instead that it is over.
- Kernels talk over ``ipc`` where there is any, as two kernels started at once can pick the same TCP port.
- Kernels are kept ready, so that pages do not wait for imports: one here, several where a class arrives at once.
- A page's scripts come in one file once one page has asked for them.
- Other Jupyter extensions of the environment, other themes and templates and any files stay out of the page.
"""

import asyncio
import errno
import gc
import ipaddress
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import jinja2
import psutil
from jupyter_core.paths import jupyter_path
from jupyter_server.utils import url_path_join
from tornado.httpserver import HTTPServer
from tornado.ioloop import PeriodicCallback
from tornado.netutil import bind_sockets
from tornado.web import Application
from traitlets import Integer
from voila.app import Voila

from atomstat_widgets.data.guarded.memory import VARIABLE as MEMORY_VARIABLE
from atomstat_widgets.serving import forked, handlers, page_scripts
from atomstat_widgets.serving.kernels import KERNEL, Kernels, write_kernelspec
from atomstat_widgets.serving.line import Chosen, Line, Started, end_with

HOST = "127.0.0.1"

# The path of an ipc socket may have 103 characters on macOS, 107 on Linux, and the names in this folder take 50.
LONGEST_FOLDER = 53

THREADS_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

USUAL_MEMORY = 1000  # MB of a session where it is not limited
# Of that, what a session with all panels opened takes (243 MB measured): few take all they may, and not at once.
USUAL_SHARE = 0.25

# A request is small, and comes at once: what is large comes by the websocket.
LIMITS = {
    "max_header_size": 16_384,
    "max_body_size": 65_536,
    "body_timeout": 30,
    "idle_connection_timeout": 60,  # for headers, and between two requests
}


class Server(Voila):
    """Voila for the app, on this machine or, with a token, for others."""

    threads_per_session = Integer(1, config=True, help="Threads of BLAS and OpenMP a kernel.")
    memory_per_session = Integer(0, config=True, help="MB that a kernel may take; 0 does not limit it.")
    most_sessions = Integer(
        0, config=True, help="Sessions, above which a visitor is asked to come back; 0 takes it from the memory."
    )

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        super().__init__(**settings)

    def initialize(self, argv: Sequence[str] | None = None) -> None:
        """Read the settings."""
        self.config.KernelSpecManager.allowed_kernelspecs = {KERNEL}
        self.config.VoilaConfiguration.multi_kernel_manager_class = Kernels
        self.identity_provider_class = handlers.Identities
        self.config.VoilaConfiguration.page_config_hook = page_scripts.tell_page
        self.config.NotebookNotary.data_dir = str(self.folder)  # not the user's, which perhaps cannot be written
        self.config.NotebookNotary.db_file = ":memory:"
        super().initialize(argv)
        self.connection_dir = str(self.folder)
        if not self.has_room_for_sockets:
            self.config.KernelManager.transport = "tcp"
        # Matrices are small, and threads of several kernels wait for each other.
        for variable in THREADS_VARIABLES:
            os.environ.setdefault(variable, str(self.threads_per_session))
        if self.memory_per_session:
            os.environ.setdefault(MEMORY_VARIABLE, str(self.memory_per_session))
        if self.can_fork:
            forked.preload()

    @property
    def has_room_for_sockets(self) -> bool:
        """Whether processes of this machine can talk over sockets in the temporary folder."""
        return sys.platform != "win32" and len(str(self.folder)) <= LONGEST_FOLDER

    @property
    def can_fork(self) -> bool:
        """Whether kernels are forked, which needs such a socket too."""
        return forked.CAN_FORK and self.has_room_for_sockets

    @property
    def is_local(self) -> bool:
        """Whether nobody but this machine is answered."""
        try:
            return ipaddress.ip_address(self.ip).is_loopback
        except ValueError:
            return str(self.ip) == "localhost"

    def init_settings(self) -> dict[str, Any]:
        """Settings of the web application.

        Raises
        ------
        ValueError
            Other machines would be answered without a token.
        """
        settings = super().init_settings()
        # No others, whatever the machine has elsewhere by the same name.
        self.kernel_spec_manager.kernel_dirs = [str(write_kernelspec(self.folder, forked=self.can_fork))]
        # Strict ones would not come with a link from elsewhere, and whoever has come in would be asked for the token.
        self.identity_provider.cookie_options = {"samesite": "Lax", **self.identity_provider.cookie_options}
        asks = self.identity_provider.auth_enabled
        if not (asks or self.is_local):
            raise ValueError(f"{self.ip} answers other machines, and that needs a token: add --public")
        pages = settings["jinja2_env"]
        pages.loader = jinja2.ChoiceLoader(
            [jinja2.FileSystemLoader([*public_folders(), *self.template_paths[:1]]), pages.loader]
        )
        return {
            **settings,
            # Names of other machines are what a page elsewhere could reach this one by. With a token it gains nothing.
            "allow_remote_access": asks,
            "page_scripts": page_scripts.PageScripts(page_scripts.scripts_of("anywidget")),
            "most_sessions": self.most_sessions or possible_sessions(self.memory_per_session),
            "transforms": [handlers.SafeHeaders],
            "headers": {"Content-Security-Policy": handlers.ANY_POLICY},
            "default_handler_class": handlers.NotFound,
            "xsrf_cookie_kwargs": {"samesite": "Lax", "path": self.base_url},
        }

    def init_handlers(self) -> list[Any]:
        """Routes, of Voila, and of the scripts in one file."""
        scripts = url_path_join(self.server_url, page_scripts.ROUTE)
        return [(scripts, handlers.PageScriptsHandler), *handlers.own_handlers(super().init_handlers())]

    async def serve(self, line: Line, sockets: list[socket.socket]) -> None:
        """Answer until SIGTERM.

        Parameters
        ----------
        line : Line
            Where to tell that it is ready, and then every second that it goes on.
        sockets : list of socket
            Where a server before this one listened; empty for the first.
        """
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(stopped.set))
        try:
            fresh = [] if sockets else self._bind()
            self.port = (sockets or fresh)[0].getsockname()[1]
            self.app = Application(**self.init_settings())
            self.app.settings.update(self.tornado_settings)
            self.app.add_handlers(".*$", self.init_handlers())
            try:
                await self.kernel_manager.take_over()
                gc.freeze()  # what is there now stays: to look through it again and again would stop all for a moment
                HTTPServer(self.app, **LIMITS).add_sockets(sockets or fresh)
                token = self.identity_provider.token
                address = f"http://{HOST}:{self.port}{self.base_url}" + (f"?token={token}" if token else "")
                line.ready(Started(self.display_url, address, len(fresh), token, self.cookie_secret), fresh)
                goes_on = PeriodicCallback(line.goes_on, 1000)
                goes_on.start()
                await stopped.wait()
            finally:
                await self.kernel_manager.shutdown_all()
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the loop, which it was for, ends

    def _bind(self) -> list[socket.socket]:
        """Listen at the first port that is free."""
        for port in range(self.port, min(self.port + self.port_retries, 65535) + 1):
            try:
                return bind_sockets(port, self.ip)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise OSError(f"cannot listen at {self.ip}, port {port}: {error.strerror}") from error
        raise OSError(f"the ports from {self.port} to {port} are all taken")


def run(chosen: Chosen, folder: Path, line: Line, before: Started | None, sockets: list[socket.socket]) -> None:
    """Be a server; see `supervisor.Supervisor`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the process above, which asks to end
    end_with(line.life)
    forked.ForkedProvisioner.life = line.life
    # The process that kernels are forked from reads the list of fonts, and makes it where there is none.
    os.environ |= {"TMPDIR": str(folder), "MPLCONFIGDIR": str(folder / "matplotlib")}
    tempfile.tempdir = None
    _allow_many_files()
    logging.getLogger("tornado").setLevel(logging.ERROR)
    try:
        app = Server(
            folder,
            notebook_path=str(apps_notebook() if chosen.notebook is None else Path(chosen.notebook).resolve()),
            config_file_paths=configuration(chosen.public),
            port=chosen.port,
            open_browser=False,
            log_level=logging.ERROR,  # its warnings are routine: a kernel culled, a notebook not signed
        )
        app.initialize([])
        if chosen.ip is not None:
            app.ip = chosen.ip
        if before is not None:
            app.token, app.cookie_secret = before.token, before.cookie_secret
        asyncio.run(app.serve(line, sockets))
    except (ValueError, OSError) as error:
        line.failed(error)


def possible_sessions(memory_per_session: int) -> int:
    """How many sessions this machine has the memory for, at least one.

    Parameters
    ----------
    memory_per_session : int
        MB that each may take; 0 where that is not limited.
    """
    return max(1, int(_memory() / 1e6 / (USUAL_SHARE * (memory_per_session or USUAL_MEMORY))))


def _memory() -> int:
    """Bytes that this machine has, or the container that it is."""
    sizes: list[int] = [psutil.virtual_memory().total]
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            sizes.append(int(Path(path).read_text()))
    return min(sizes)


def _allow_many_files() -> None:
    """Let this process open as many files as the system allows: a session takes twenty, and a page some more."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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
