"""Have a file read by a process of its own, which ends in an answer, in words, or in its death, and never in ours.

It may take so much memory and time, sees no other file, see `sight`, and can be ended at any moment.
"""

import json
import mmap
import os
import time
import weakref
from collections.abc import Callable
from math import prod
from multiprocessing.connection import Connection
from operator import index
from pathlib import Path
from threading import Lock
from typing import Any, Literal, overload

import numpy as np

from atomstat_widgets.data.cube import Cube
from atomstat_widgets.data.guarded.memory import memory_left
from atomstat_widgets.data.guarded.sight import Beside
from atomstat_widgets.data.guarded.warm import Reader, new_reader, seal
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.movie import Movie
from atomstat_widgets.data.read_error import ReadError, in_words
from atomstat_widgets.data.source import loaded_from

SECONDS = 60.0  # for each request
WAIT_SECONDS = 0.3  # between the calls that tell how long it takes
_LONGEST_ANSWER = 2**26  # bytes, without arrays
_LONGEST_SENTENCE = 400  # characters
_KINDS = {"image": Image, "movie": Movie, "cube": Cube}


class Cancelled(ReadError):
    """The reader was ended by who asked."""


class Opening:
    """One file, or one folder of images, that is being read.

    Parameters
    ----------
    path : path
    beside : {'stem', 'folder'}
        Which other files belong to it, see `sight`.
    seconds : float
        After which a request that is not answered ends the reader.
    on_wait : callable, optional
        Called with the seconds that a request has taken, several times a second.
    """

    def __init__(
        self, path: Path, *, beside: Beside = "stem", seconds: float = SECONDS,
        on_wait: Callable[[float], None] | None = None,
    ) -> None:  # fmt: skip
        self.path = path
        self._beside = beside
        self.seconds = seconds
        self._on_wait = on_wait
        self._reader: Reader | None = None
        self._cancelled = False
        self._asking = Lock()

    def signals(self, *, several: bool = False) -> dict[str, str]:
        """Signals of the file, see `loading.signals_by_name`, or only where there are several to choose from."""
        with self._asking:
            answer = self._request("signals", several=several)[0]["signals"]
        return {str(name): str(words) for name, words in answer.items()}

    @overload
    def load(self, kind: Literal["image"], signal: int | str | None = None) -> Image: ...
    @overload
    def load(self, kind: Literal["movie"], signal: int | str | None = None) -> Movie: ...
    @overload
    def load(self, kind: Literal["cube"], signal: int | str | None = None) -> Cube: ...
    @overload
    def load(self, kind: str | None = None, signal: int | str | None = None) -> Image | Movie | Cube: ...
    def load(self, kind: str | None = None, signal: int | str | None = None) -> Image | Movie | Cube:
        """What the file holds, see `load`. A movie that is not in memory goes on asking for its frames.

        Raises
        ------
        ReadError
            The file cannot be read, or its reader ended, took too much memory or too long.
        """
        with self._asking:
            try:
                answer, arrays = self._request("open", kind=kind, signal=signal)
            except Exception:
                self.end()
                raise
        try:
            if kind in _KINDS and kind != answer["is"]:  # the output of a network may be of more kinds
                raise ValueError(f"{answer['is']} for {kind}")
            fields = {**answer["fields"], **dict(zip(answer["arrays"], arrays, strict=True))}
            if "served" in fields:
                shape, dtype = fields.pop("served")
                fields["frames"] = Frames(self, kind, signal, tuple(map(int, shape)), np.dtype(str(dtype)))
            else:
                self.end()
            for name in fields.keys() & {"numbers", "energies"}:
                fields[name] = np.array(fields[name])
            fields["offset"] = tuple(fields["offset"])
            data: Image | Movie | Cube = _KINDS[answer["is"]](
                **fields, source=loaded_from(self.path, kind=kind, signal=signal)
            )
            return data
        except (KeyError, TypeError, ValueError) as error:
            self.end()
            raise self._without_answer(error) from error

    def frame(self, index: int, kind: str | None, signal: int | str | None) -> np.ndarray:
        """One frame of a movie; a reader that ended meanwhile is followed by another, which opens the file again."""
        with self._asking:
            if self._reader is None:
                self._request("open", kind=kind, signal=signal)
            _, (frame,) = self._request("frame", index=index)
            return frame.copy()  # the next one comes to the same place

    def describe_wait(self, seconds: float) -> str:
        """How long a request takes, in words."""
        return f"Opening {self.path.name}: {seconds:.0f} s, of at most {self.seconds:.0f} s"

    def cancel(self) -> None:
        """End the reader; who waits for its answer is told, and who asks later too."""
        self._cancelled = True
        if (reader := self._reader) is not None:
            reader.kill()

    def end(self) -> None:
        """End the reader, after its answer; arrays stay."""
        reader, self._reader = self._reader, None
        if reader is not None:
            _close(reader)

    def _request(self, do: str, **request: Any) -> tuple[dict[str, Any], list[np.ndarray]]:
        if self._reader is None:
            try:
                self._reader = new_reader()
            except OSError as error:
                raise ReadError(f"{self.path.name} is not read: {error}") from error
            weakref.finalize(self, _close, self._reader)
        asked = {
            "do": do, "path": str(self.path.absolute()), "beside": self._beside, "seconds": self.seconds,
            "memory": memory_left(), **request,
        }  # fmt: skip
        try:
            if self._cancelled:
                raise EOFError
            self._reader.channel.send_bytes(json.dumps(asked, default=index).encode())
            self._wait(self._reader.channel)
            answer = json.loads(self._reader.channel.recv_bytes(_LONGEST_ANSWER))
            error_said = answer.get("error")
            arrays = [] if error_said else _take_arrays(answer["places"], self._reader)
        except Exception as error:  # whatever a reader that was taken over may answer
            self.end()
            raise self._without_answer(error) from error
        if error_said:
            raise (MemoryError if answer.get("memory") else ReadError)(self._sentence(error_said))
        return answer, arrays

    def _sentence(self, said: Any) -> str:
        """What a reader said as one line that names the file and no folder."""
        words = in_words(said).replace(f"{self.path.absolute().parent}{os.sep}", "")
        words = words if self.path.name in words else f"{self.path.name}: {words}"
        return words if len(words) <= _LONGEST_SENTENCE else f"{words[: _LONGEST_SENTENCE - 1]}…"

    def _wait(self, channel: Connection) -> None:
        began = time.monotonic()
        while (waited := time.monotonic() - began) < self.seconds:
            if channel.poll(min(WAIT_SECONDS, self.seconds - waited)):
                return
            if self._on_wait is not None:
                self._on_wait(time.monotonic() - began)
        raise TimeoutError

    def _without_answer(self, error: Exception) -> Exception:
        name = self.path.name
        if self._cancelled:
            return Cancelled(f"{name}: cancelled")
        if isinstance(error, TimeoutError):
            return ReadError(f"{name} is not read: it took longer than {self.seconds:.0f} s")
        if isinstance(error, EOFError | ConnectionError):
            return ReadError(f"{name} is not read: its reader crashed; the file is damaged, or not what its name says")
        if isinstance(error, MemoryError):
            return MemoryError(f"{name} needs more memory than there is")
        return ReadError(self._sentence(f"{name} is not read: the answer of its reader makes no sense ({error})"))


class Frames:
    """Frames of a movie that a reader reads when they are asked for.

    Attributes
    ----------
    shape : tuple of int
        (frames, height, width) or (frames, height, width, 3 | 4).
    dtype : numpy.dtype
    """

    def __init__(
        self, opening: Opening, kind: str | None, signal: int | str | None, shape: tuple[int, ...], dtype: np.dtype
    ) -> None:
        self._opening, self._kind, self._signal = opening, kind, signal
        self.shape, self.dtype = shape, dtype

    def __len__(self) -> int:
        """Number of frames."""
        return self.shape[0]

    def __getitem__(self, index: int) -> np.ndarray:
        place = range(len(self))[index]
        frame = self._opening.frame(place, self._kind, self._signal)
        if (frame.shape, frame.dtype) != (self.shape[1:], self.dtype):
            raise ReadError(f"{self._opening.path.name} is another file now: its frame {index} has shape {frame.shape}")
        return frame


def _close(reader: Reader) -> None:
    reader.kill()
    reader.close()


def _take_arrays(places: list[dict[str, Any]], reader: Reader) -> list[np.ndarray]:
    """Arrays of an answer: those in shared memory as they lie there, writable, a page copied when it is written."""
    kinds = [(np.dtype(str(one["dtype"])), tuple(map(int, one["shape"])), int(one["start"])) for one in places]
    sizes = [dtype.itemsize * prod(shape) for dtype, shape, _ in kinds]
    if any(dtype.kind not in "buif" or min(shape, default=0) < 0 or start < 0 for dtype, shape, start in kinds):
        raise ValueError("arrays of no numbers")
    if reader.store is None:
        contents = [np.frombuffer(reader.channel.recv_bytes(size), np.uint8) for size in sizes]
        return [content.view(dtype).reshape(shape) for content, (dtype, shape, _) in zip(contents, kinds, strict=True)]
    if not sum(sizes):
        return [np.empty(shape, dtype) for dtype, shape, _ in kinds]
    seal(reader.store)
    # Beyond its end, or against the memory of this process, it is refused here.
    memory = mmap.mmap(reader.store, max(start + size for (*_, start), size in zip(kinds, sizes, strict=True)),
                       access=mmap.ACCESS_COPY)  # fmt: skip
    return [np.ndarray(shape, dtype, memory, start) for dtype, shape, start in kinds]
