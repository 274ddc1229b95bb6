"""Serve the app, on this machine or to a class, until it is stopped."""

import logging
import os
import signal as process_signals
import socket
import sys
import threading
import webbrowser
from pathlib import Path

from tornado.ioloop import IOLoop

from atomstat_widgets.server import Server, apps_notebook, configuration

HOST = "127.0.0.1"


def serve(
    path: str | None = None,
    *,
    notebook: str | None = None,
    kind: str | None = None,
    signal: str | None = None,
    folder: str | None = None,
    public: bool = False,
    ip: str | None = None,
    port: int = 8866,
    open_browser: bool = True,
) -> None:
    """Serve the app until Ctrl+C or SIGTERM.

    Parameters
    ----------
    path : str, optional
        What to open; the embedded samples when left out. It reaches the kernel as ``ATOMSTAT_FILE``.
    notebook : str, optional
        What to serve in place of the app, such as a lesson.
    kind, signal : str, optional
        How to take it, see `data.load`. They reach the kernel as ``ATOMSTAT_KIND`` and ``ATOMSTAT_SIGNAL``.
    folder : str, optional
        Folder whose files can be opened in the page. It reaches the kernel as ``ATOMSTAT_DATA``.
    public : bool, default: False
        Answer other machines, with the settings of ``public/voila.json``: whoever comes needs the token that is
        printed, or that of ``JUPYTER_TOKEN``.
    ip : str, optional
        Address to listen on. By default 127.0.0.1 or, if public, all of this machine.
    port : int, default: 8866
        Port; when it is taken, the next free one. 0 takes any.
    open_browser : bool, default: True
        Open the page in the default browser.

    Raises
    ------
    FileNotFoundError
        When there is no file or folder at `path`, no file at `notebook`, or no folder at `folder`.
    ValueError
        When `ip` would answer other machines without being public.
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

    if notebook is not None and not Path(notebook).is_file():
        raise FileNotFoundError(f"no such notebook: {notebook}")

    app = Server(
        notebook_path=str(apps_notebook() if notebook is None else Path(notebook).resolve()),
        config_file_paths=configuration(public),
        port=port or _any_port(),
        open_browser=False,
        log_level=logging.ERROR,  # its warnings are routine: a kernel culled, a notebook not signed
    )
    app.initialize([])
    if ip is not None:
        app.ip = ip
    # Ctrl+C stops the loop, as Voila has it for SIGTERM, and not in the middle of whatever runs.
    process_signals.signal(process_signals.SIGINT, process_signals.getsignal(process_signals.SIGTERM))
    logging.getLogger("tornado").setLevel(logging.ERROR)

    def announce() -> None:
        sys.stdout.write(f"atomstat is ready at {app.display_url} (Ctrl+C stops it)\n")
        sys.stdout.flush()
        if open_browser:
            token = app.identity_provider.token
            address = f"http://{HOST}:{app.port}{app.base_url}" + (f"?token={token}" if token else "")
            # Some browsers return only when they are closed.
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    # Voila settles the port and then runs this loop: its first callback finds the server listening.
    IOLoop.current().add_callback(announce)
    app.start()


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]
