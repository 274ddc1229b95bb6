"""What a process does that reads one file for another: it takes limits, looks at that file only, and answers.

Its answers are words and arrays, whatever the file holds: the other process runs nothing that comes from here. A
request and an answer are JSON each; arrays lie in shared memory, one after the other.
"""

import importlib
import json
import mmap
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from math import ceil
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import dask
import numpy as np

from atomstat_widgets.data.cube import Cube
from atomstat_widgets.data.guarded.memory import take_no_more
from atomstat_widgets.data.guarded.sight import Refused, Sight
from atomstat_widgets.data.guarded.warm import fork_readers
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.movie import Movie
from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.data.readers.images import is_mapped
from atomstat_widgets.data.readers.loading import in_process, several_signals, signals_here

ALIGNMENT = 64
_LONGEST = 2000  # characters of an error
_MOST_VALUES = 100_000  # of an array among what else a file tells
_NAMES = {Image: "image", Movie: "movie", Cube: "cube"}
_LARGE = ("array", "frames", "channels")  # fields that are arrays of the size of the data


def answer(channel: Connection, store: int | None) -> None:
    """Answer the requests that come by a channel until it is closed.

    Parameters
    ----------
    channel : Connection
    store : int or None
        Descriptor of the shared memory for arrays; without one they follow an answer by the channel.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    dask.config.set(scheduler=dask.get)  # no threads, and no search for a cluster, whose library takes long
    frames: list[Any] = []  # of the movie that was opened
    sight: Sight | None = None
    while True:
        try:
            request = json.loads(channel.recv_bytes())
        except (EOFError, OSError):
            return
        _end_after(request["seconds"])
        try:
            if sight is None:
                take_no_more(request["memory"])
                sight = Sight(Path(request["path"]), beside=request["beside"])
                sight.narrow()
            said, arrays = _DONE[request["do"]](request, frames)
        except BaseException as error:
            said, arrays = {"error": _words(error), "memory": isinstance(error, MemoryError)}, []
        _give(said, arrays, channel, store)
        _end_after(None)


def _signals(request: Mapping[str, Any], _frames: list[Any]) -> tuple[dict[str, Any], list[np.ndarray]]:
    find = several_signals if request["several"] else signals_here
    return {"signals": find(Path(request["path"]))}, []


def _open(request: Mapping[str, Any], frames: list[Any]) -> tuple[dict[str, Any], list[np.ndarray]]:
    data = in_process(Path(request["path"]), request["kind"], request["signal"])
    frames[:] = []
    fields: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for name in (
        "name",
        "pixel_size",
        "unit",
        "offset",
        "metadata",
        "numbers",
        "remark",
        "energies",
        "energy_unit",
        *_LARGE,
    ):
        value = getattr(data, name, None)
        if name == "frames" and value is not None and (not isinstance(value, np.ndarray) or is_mapped(value)):
            frames.append(value)
            fields["served"] = [list(map(int, value.shape)), np.dtype(value.dtype).str]
        elif name in _LARGE and value is not None:
            arrays[name] = np.asarray(value)
        elif value is not None:
            fields[name] = plain(value)
    return {"is": _NAMES[type(data)], "fields": fields, "arrays": list(arrays)}, list(arrays.values())


def _frame(request: Mapping[str, Any], frames: list[Any]) -> tuple[dict[str, Any], list[np.ndarray]]:
    return {}, [np.asarray(frames[0][request["index"]])]


_DONE: Mapping[str, Callable[..., tuple[dict[str, Any], list[np.ndarray]]]] = {
    "signals": _signals, "open": _open, "frame": _frame,
}  # fmt: skip


def plain(value: Any) -> Any:
    """Value in types that JSON knows: what it has none for becomes words."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist()) if value.size <= _MOST_VALUES else f"{value.dtype} of shape {value.shape}"
    if isinstance(value, list | tuple | set):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _end_after(seconds: float | None) -> None:
    """Be killed after so many seconds, even in the middle of a library's loop; the other process asks no sooner."""
    if hasattr(signal, "alarm"):
        signal.alarm(0 if seconds is None else ceil(seconds) + 1)


def _words(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Refused):
            return str(cause)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, MemoryError):
        return f"it needs more memory than there is: {error}" if str(error) else "it needs more memory than there is"
    words = str(error) if isinstance(error, ReadError | ValueError | TypeError) else ""
    return (words or f"it cannot be read: {type(error).__name__}: {error}")[:_LONGEST]


def _give(said: dict[str, Any], arrays: list[np.ndarray], channel: Connection, store: int | None) -> None:
    places, end = list[dict[str, Any]](), 0
    for array in arrays:
        places.append({"dtype": array.dtype.str, "shape": array.shape, "start": end})
        end += ceil(array.nbytes / ALIGNMENT) * ALIGNMENT
    try:
        if store is not None and end > os.fstat(store).st_size:
            os.ftruncate(store, end)
        if store is not None and end:
            with mmap.mmap(store, end) as memory:
                for array, place in zip(arrays, places, strict=True):
                    shared = np.ndarray(array.shape, array.dtype, memory, place["start"])
                    shared[...] = array
                    del shared  # the memory is closed when nothing shows it
    except (OSError, MemoryError) as error:
        said, arrays, places = {"error": f"it needs more memory than there is: {error}", "memory": True}, [], []
    channel.send_bytes(json.dumps({**said, "places": places}).encode())
    if store is None:
        for array in arrays:
            channel.send_bytes(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


if __name__ == "__main__":
    importlib.import_module("atomstat_widgets.data.readers.all_readers")
    fork_readers(socket.socket(fileno=int(sys.argv[1])), answer)
