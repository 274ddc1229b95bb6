"""Serve the app, on this machine or to a class, until it is stopped."""

import os
import sys
import threading
import warnings
import webbrowser
from pathlib import Path

from atomstat_widgets.serving.line import Chosen, Started
from atomstat_widgets.serving.supervisor import Supervisor
from atomstat_widgets.serving.temporary import server_folder


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
        When there is no such `port`.
    OSError
        When it cannot be served there, with the reason; also where `ip` would answer other machines without being
        public.
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

    if not 0 <= port <= 65535:
        raise ValueError(f"ports are from 0 to 65535, not {port}")

    # What a library warns of is no failure of the page, however the user has it in programs of their own.
    os.environ.pop("PYTHONWARNINGS", None)
    sys.warnoptions.clear()  # which the server would be started with
    warnings.simplefilter("ignore")

    def announce(started: Started) -> None:
        sys.stdout.write(f"atomstat is ready at {started.shown} (Ctrl+C stops it)\n")
        sys.stdout.flush()
        if open_browser:
            # Some browsers return only when they are closed.
            threading.Thread(target=webbrowser.open, args=(started.address,), daemon=True).start()

    with server_folder() as temporary:
        Supervisor(Chosen(notebook, public, ip, port), temporary, announce).run()
