"""Serve the app on this machine: Voila with the packaged notebook, template and configuration.

They are installed as Jupyter data, where Voila looks for templates anyway. The settings stand in ``voila.json``:

- Only this machine is answered (``ip``, ``allow_remote_access``). That is what makes it safe to do without the
  cross-site token (``disable_check_xsrf``), which Voila's pages lack when they ask to end their kernel on closing.
- A kernel whose page went without asking is ended after ten idle minutes; much less ends some that still wait for a
  busy browser.
- Uploads up to 64 MiB get through the websocket; above its limit the page reconnects and says nothing.
- Kernels talk over ``ipc`` where there is any, as two kernels started at once can pick the same TCP port.
- One kernel is kept ready, so that the first page does not wait for imports.
- Other Jupyter extensions of the environment, other themes and templates and any files stay out of the page.
"""

import asyncio
import logging
import os
import signal as process_signals
import socket
import sys
import tempfile
import threading
import webbrowser
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core.paths import jupyter_path
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import IOLoop
from voila.app import Voila

HOST = "127.0.0.1"

# The path of an ipc socket may have 103 characters on macOS, 107 on Linux, and the names below this folder take 65.
LONGEST_FOLDER = 38


class ThisPython(KernelSpecManager):
    """Knows one kernel, ``python3``, and it is the running interpreter, whatever the machine calls so elsewhere."""

    def _kernel_dirs_default(self) -> list[str]:
        return []


class Kernels(AsyncMappingKernelManager):
    """Ends kernels at once.

    They hold nothing to save, and one that is asked to end in the middle of a cell prints a traceback.
    """

    async def shutdown_kernel(self, kernel_id: str, now: bool = True, restart: bool = False) -> None:
        """End one kernel."""
        await super().shutdown_kernel(kernel_id, now=True, restart=restart)

    async def shutdown_all(self, now: bool = True) -> None:
        """End all kernels, after those that are just being started: only then can they be ended."""
        await asyncio.gather(*self._pending_kernels.values(), return_exceptions=True)
        await super().shutdown_all(now=True)


class Server(Voila):
    """Ends its kernels on the loop that started them; Voila does it on another, which cannot wait for a start."""

    def stop(self) -> None:
        """End kernels, then remove what Voila made for them."""
        self.ioloop.run_sync(self.kernel_manager.shutdown_all)
        super().stop()


def serve(
    path: str | None = None,
    *,
    kind: str | None = None,
    signal: str | None = None,
    folder: str | None = None,
    port: int = 8866,
    open_browser: bool = True,
) -> None:
    """Serve the app until Ctrl+C or SIGTERM.

    Parameters
    ----------
    path : str, optional
        What to open; the embedded samples when left out. It reaches the kernel as ``ATOMSTAT_FILE``.
    kind, signal : str, optional
        How to take it, see `data.load`. They reach the kernel as ``ATOMSTAT_KIND`` and ``ATOMSTAT_SIGNAL``.
    folder : str, optional
        Folder whose files can be opened in the page. It reaches the kernel as ``ATOMSTAT_DATA``.
    port : int, default: 8866
        Port on 127.0.0.1; when it is taken, the next free one. 0 takes any.
    open_browser : bool, default: True
        Open the page in the default browser.

    Raises
    ------
    FileNotFoundError
        When there is neither a file nor a folder at `path`, or no folder at `folder`.
    """
    if path is not None:
        if not Path(path).exists():
            raise FileNotFoundError(f"no such file or folder: {path}")
        os.environ["ATOMSTAT_FILE"] = str(Path(path).resolve())
        os.environ.update({f"ATOMSTAT_{name}": given for name, given in (("KIND", kind), ("SIGNAL", signal)) if given})

    if folder is not None:
        if not Path(folder).is_dir():
            raise FileNotFoundError(f"no such folder: {folder}")
        os.environ["ATOMSTAT_DATA"] = str(Path(folder).resolve())

    # One thread of BLAS a kernel: its matrices are small, and threads of several kernels wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    notebook = _notebook()
    app = Server(
        notebook_path=str(notebook),
        config_file_paths=[str(notebook.parent)],
        port=port or _any_port(),
        open_browser=False,
        log_level=logging.ERROR,  # its warnings are routine: a kernel culled, a notebook not signed
    )
    app.config.VoilaConfiguration.kernel_spec_manager_class = ThisPython
    app.config.VoilaConfiguration.multi_kernel_manager_class = Kernels
    app.initialize([])
    # Ctrl+C stops the loop, as Voila has it for SIGTERM, and not in the middle of whatever runs.
    process_signals.signal(process_signals.SIGINT, process_signals.getsignal(process_signals.SIGTERM))
    logging.getLogger("tornado").setLevel(logging.ERROR)
    if sys.platform == "win32" or len(tempfile.gettempdir()) > LONGEST_FOLDER:
        app.config.KernelManager.transport = "tcp"

    def announce() -> None:
        address = f"http://{HOST}:{app.port}/"
        sys.stdout.write(f"atomstat is ready at {address} (Ctrl+C stops it)\n")
        sys.stdout.flush()
        if open_browser:
            # Some browsers return only when they are closed.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    # Voila settles the port and then runs this loop: its first callback finds the server listening.
    IOLoop.current().add_callback(announce)
    app.start()


def _notebook() -> Path:
    """Find the installed notebook, which has the configuration beside it."""
    for folder in jupyter_path("atomstat_widgets"):
        notebook = Path(folder, "atomstat.ipynb")
        if notebook.is_file():
            return notebook
    raise FileNotFoundError("the app's notebook is not installed; reinstall atomstat-widgets")


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
