"""Readers without their warnings and log lines, in the thread that reads and in no other."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from atomstat_widgets.unwarned import unwarned

# What tifffile said while this thread is quiet; None where it is not.
_said: ContextVar[list[str] | None] = ContextVar("said", default=None)


def _keep(record: logging.LogRecord) -> bool:
    """Keep a line that is logged by a thread that is quiet, and let others pass."""
    said = _said.get()
    if said is None:
        return True
    said.append(record.getMessage())
    return False


class _Silenced:
    """A logger of which, with all below it, nothing is heard while any thread is inside."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)
        self._lock, self._inside, self._level = Lock(), 0, logging.NOTSET

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._level = self._logger.level
                self._logger.setLevel(logging.CRITICAL + 1)
            self._inside += 1

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._logger.setLevel(self._level)


_rsciio = _Silenced("rsciio")


@contextmanager
def quiet() -> Iterator[list[str]]:
    """Keep the readers' warnings and log lines off the notebook: what matters to the reader becomes a ReadError.

    Gives the list of what tifffile says meanwhile, which goes on with what is left of a damaged file.
    """
    logging.getLogger("tifffile").addFilter(_keep)  # once, however often it is added
    said: list[str] = []
    token = _said.set(said)
    try:
        with unwarned(), _rsciio:
            yield said
    finally:
        _said.reset(token)
