"""What a process that reads one file may see: that file, those that belong to it, and what Python itself needs."""

import os
import site
import sys
import sysconfig
from pathlib import Path
from typing import Any, Literal

import numpy as np

from atomstat_widgets.data.guarded.landlock import see_only

Beside = Literal["stem", "folder"]

_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/etc/ld.so.cache", "/etc/localtime", "/proc/cpuinfo",
            "/proc/meminfo", "/sys/devices/system/cpu")  # fmt: skip
# What readers have no reason to do, as `sys.addaudithook` names it.
_NEVER = {
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.kill",
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.chown", "shutil.rmtree",
    "shutil.move", "socket.connect", "socket.bind", "urllib.Request", "webbrowser.open",
}  # fmt: skip


class Refused(PermissionError):
    """A reader asked for what it may not have; libraries may go on without it."""


class Sight:
    """Files that a reader may open.

    Parameters
    ----------
    path : path
        What it was given: a file, or a folder with all that is in it.
    beside : {'stem', 'folder'}
        Which others belong to a file, as some formats have several: those of the folder whose names go on from that of
        the file without its extension, or all of the folder.
    """

    def __init__(self, path: Path, *, beside: Beside) -> None:
        self._path, path = path, path.resolve()
        self._folder = path if path.is_dir() else path.parent
        self._files = {path} if beside == "stem" or path.is_dir() else {path.parent}
        if beside == "stem" and path.is_file():
            same = (one for one in path.parent.iterdir() if belongs(one, path))
            self._files.update(one.resolve() for one in same if one.resolve().parent == path.parent)
        self._needed = {Path(place).resolve() for place in (*_of_python(), *_SYSTEM, *_DEVICES) if place}

    def narrow(self) -> None:
        """Let this process see no more than that, for good."""
        _keep_no_code()
        see_only([*self._files, *self._needed], [self._folder])
        sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _NEVER:
            self._refuse(f"its reader asked for {event}, which no reader may do")
        if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        asked = Path(os.path.realpath(os.fsdecode(arguments[0])))
        if not {asked, *asked.parents} & (self._files | self._needed):
            self._refuse(f"it points to another file, {asked.name}, which is not opened")
        if arguments[2] & (os.O_WRONLY | os.O_RDWR) and asked != Path(os.devnull):
            self._refuse(f"its reader asked to write {asked.name}, which no reader may do")

    def _refuse(self, why: str) -> None:
        raise Refused(f"{self._path.name} is not read: {why}")


def belongs(other: Path, path: Path) -> bool:
    """Whether a file is another part of what a file holds, by its name."""
    rest = other.stem.removeprefix(path.stem)
    return other != path and other.stem.startswith(path.stem) and rest[:1] in ("", "_") and other.is_file()


def _keep_no_code() -> None:
    """Let Numba, with which some readers are compiled, neither keep what it compiled in a folder nor look for one."""
    if (caching := sys.modules.get("numba.core.caching")) is not None:
        kept = caching.Cache.load_overload

        def load_overload(*asked: Any) -> Any:
            try:
                return kept(*asked)
            except OSError:  # it is in a folder of the user's, which is out of sight
                return None

        caching.Cache.load_overload, caching.Cache.save_overload = load_overload, lambda *_: None
        sys.modules["numba.core.dispatcher"].Dispatcher.enable_caching = lambda _: None


def _of_python() -> list[str]:
    """Folders in which Python finds what it imports; not all of its prefix, where settings with passwords may be."""
    paths = sysconfig.get_paths()
    return [
        *(paths[name] for name in ("purelib", "platlib", "stdlib", "platstdlib")), str(Path(sys.prefix, "lib")),
        str(Path(sys.base_prefix, "lib")), *site.getsitepackages(), site.getusersitepackages(),
        str(Path(np.__file__).parents[1]), str(Path(__file__).parents[1]),
    ]  # fmt: skip
