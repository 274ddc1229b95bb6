"""The temporary folder of a server, in it one of each session, and nothing of them left behind.

What a kernel writes goes below the folder of its session: uploads, the profile of IPython, whatever a library puts
where temporary files are. The folder goes with its kernel, and with the server the folder of all. A server that was
killed removes nothing; the next one to start does, by the lock that ends with the process that held it.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

if sys.platform != "win32":  # which has other locks; there nothing is left but by who was killed, and stays
    import fcntl

VARIABLE = "ATOMSTAT_TEMPORARY"  # how a kernel is told the folder of its session

PREFIX = "atomstat-"
LOCK = "server.lock"
SHOWN = "shown.json"  # in the folder of a session whose kernel a page has: the process of that


@contextmanager
def server_folder() -> Iterator[Path]:
    """Make the folder of a server, and remove it afterwards; remove those of servers that are gone."""
    _remove_left_behind()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        with (folder / LOCK).open("w") as file:
            _lock(file)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def session_environment(folder: Path) -> dict[str, str]:
    """Make the folder of a session, and name it to all that write on their own in the process of its kernel."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return {VARIABLE: str(folder), "TMPDIR": str(folder), "IPYTHONDIR": str(folder / "ipython")}


def _remove_left_behind() -> None:
    if sys.platform == "win32":
        return
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        with suppress(OSError):  # of another user, or locked: in use
            if path.parent.is_symlink() or path.parent.stat().st_uid != os.getuid():
                continue
            with path.open("w") as file:
                _lock(file)
                shutil.rmtree(path.parent, ignore_errors=True)


def _lock(file: IO[str]) -> None:
    if sys.platform != "win32":
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
