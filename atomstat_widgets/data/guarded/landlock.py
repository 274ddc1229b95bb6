"""Let a process see nothing but the files it needs, by Linux's Landlock, where the kernel has it.

The calls are those of landlock(7): C libraries have no functions for them yet.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # numbers of the system calls, on every processor
_TELL_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38  # of prctl

READ_FILE, READ_FOLDER = 1 << 2, 1 << 3
# How many of the rights to use files, to use the network, and to reach other processes each version knows.
_RIGHTS = {1: (13, 0, 0), 2: (14, 0, 0), 3: (15, 0, 0), 4: (15, 2, 0), 5: (16, 2, 0), 6: (16, 2, 2)}


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def version() -> int:
    """Version of Landlock that the kernel has; 0 where it has none."""
    if sys.platform != "linux":
        return 0
    return max(0, _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_TELL_VERSION)))


def see_only(readable: Iterable[Path], listed: Iterable[Path] = ()) -> bool:
    """Take from this process, for good, every file but some, and the network, where Landlock is there.

    What is open stays open. Call it before there are threads: it holds for the one that calls it and what comes of it.

    Parameters
    ----------
    readable : iterable of path
        Files that may be read, and folders with all that is in them; those that do not exist are passed over.
    listed : iterable of path
        Folders in and below which names may be listed, but no file read.

    Returns
    -------
    bool
        Whether it was done.
    """
    known = version()
    if not known:
        return False
    rights = [(1 << count) - 1 for count in _RIGHTS[min(known, max(_RIGHTS))]]
    ruleset = _Ruleset(*rights)
    size = 8 * (1 if known < 4 else 2 if known < 6 else 3)  # older kernels refuse what they do not know
    rules = _call(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), ctypes.c_uint32(0))
    if rules < 0:
        return False
    try:
        for path in readable:
            _allow(rules, path, READ_FILE | READ_FOLDER if path.is_dir() else READ_FILE)
        for path in listed:
            _allow(rules, path, READ_FOLDER)
        libc = ctypes.CDLL(None, use_errno=True)
        one, nothing = ctypes.c_ulong(1), ctypes.c_ulong(0)
        if libc.prctl(_NO_NEW_PRIVILEGES, one, nothing, nothing, nothing) != 0:
            return False
        return _call(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0)) == 0
    finally:
        os.close(rules)


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not on this machine
        return
    try:
        rule = _PathBeneath(rights, opened)
        _call(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(opened)


def _call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return int(libc.syscall(ctypes.c_long(number), *arguments))
