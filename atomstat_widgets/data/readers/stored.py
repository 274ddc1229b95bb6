"""Arrays that lie in a file as they are, of which a part is read when it is asked for.

Nothing is mapped: a file that somebody cuts meanwhile, as one that is still being written, would end the process that
shows a map of it.
"""

import os
import weakref
from math import prod
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from atomstat_widgets.data.read_error import ReadError


class StoredArray:
    """An array in a file, in C order.

    Parameters
    ----------
    path : path
    start : int
        Bytes before the first value.
    shape : tuple of int
    dtype : numpy.dtype

    Raises
    ------
    ReadError
        The file is shorter than that.
    """

    def __init__(self, path: Path, start: int, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self.shape, self.dtype = tuple(map(int, shape)), np.dtype(dtype)
        self._name, self._start = path.name, start
        self._file = path.open("rb", buffering=0)
        self._lock = Lock()  # the player and the worker read from the one place of the file
        weakref.finalize(self, self._file.close)
        self._row = self.dtype.itemsize * prod(self.shape[1:])  # bytes of a frame or, of an image, a row
        if os.fstat(self._file.fileno()).st_size < start + self._row * self.shape[0]:
            self._file.close()
            raise self._too_short()

    def __getitem__(self, key: Any) -> np.ndarray:
        """Read one frame by its place, or a part by slices."""
        first, *rest = key if isinstance(key, tuple) else (key,)
        if not isinstance(first, slice):
            return self._part_of(range(self.shape[0])[first], rest)
        parts = [self._part_of(row, rest) for row in range(*first.indices(self.shape[0]))]
        return np.array(parts, self.dtype) if parts else np.empty((0, *self.shape[1:]), self.dtype)[:, *rest]

    def __len__(self) -> int:
        """Number of frames."""
        return self.shape[0]

    def _part_of(self, row: int, rest: list[Any]) -> np.ndarray:
        start = self._start + row * self._row
        if len(self.shape) == 2 and rest and isinstance(rest[0], slice) and rest[0].step in (None, 1):
            begin, end, _ = rest[0].indices(self.shape[1])  # of an image: no more of a row than is asked for
            return self._read(start + begin * self.dtype.itemsize, (max(0, end - begin),))
        return np.asarray(self._read(start, self.shape[1:])[tuple(rest)])

    def _read(self, start: int, shape: tuple[int, ...]) -> np.ndarray:
        values = np.empty(shape, self.dtype)
        memory, done = memoryview(values.reshape(-1).view(np.uint8).data), 0
        with self._lock:
            self._file.seek(start)
            while done < len(memory):
                got = self._file.readinto(memory[done:])
                if not got:
                    raise self._too_short()
                done += got
        return values

    def _too_short(self) -> ReadError:
        return ReadError(f"{self._name} is truncated: it ends before the last of its {self.shape[0]} frames")
