"""What a session may take of the machine's memory, where that is shared, and which files would take more."""

import contextlib
import os
from pathlib import Path
from typing import Any

resource: Any = None
with contextlib.suppress(ImportError):  # on Windows
    import resource

VARIABLE = "ATOMSTAT_MEMORY"  # how the server names the memory of a session, in MB, to its kernel

_KB = 1024

_given: int | None = None  # to a process that takes no more, and cannot ask any longer how much it has


def session_memory() -> int | None:
    """Bytes that this session may take, or None where that is not limited."""
    megabytes = os.environ.get(VARIABLE)
    return int(megabytes) * 1_000_000 if megabytes else None


def limit_memory() -> None:
    """Let this process take no more than `session_memory`: what would, raises a MemoryError.

    It does nothing where the system has no such limit (Windows) or does not heed it (macOS).
    """
    most = session_memory()
    if most is not None:
        _limit(most)


def take_no_more(left: int | None) -> None:
    """Let this process take no more than so many bytes besides those it has, nor write a larger file."""
    global _given
    _given = left
    if left is not None:
        _limit(left + (_told("/proc/self/status", "VmData") or 0))
        if resource is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (left, left))
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def memory_left() -> int | None:
    """Bytes that this process can still take, of its limit and of what the machine has; None where neither is known."""
    if _given is not None:
        return _given
    lefts = []
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0] if resource is not None else -1
    taken = _told("/proc/self/status", "VmData")
    if limit >= 0 and taken is not None:  # -1 is no limit
        lefts.append(max(0, limit - taken))
    available = _told("/proc/meminfo", "MemAvailable")
    if available is not None:
        lefts.append(available)
    return min(lefts, default=None)


def _limit(most: int) -> None:
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _told(path: str, name: str) -> int | None:
    """Bytes that Linux tells under a name."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:  # another system
        return None
    return next((int(line.split()[1]) * _KB for line in lines if line.startswith(f"{name}:")), None)
