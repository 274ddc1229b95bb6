"""One thread of BLAS for what is analysed: the same numbers in every panel, script and served app."""

from contextlib import ContextDecorator
from threading import Lock, local
from typing import Any

import scipy.linalg  # noqa: F401  # which brings a BLAS of its own: it is to be there when the libraries are looked for
from threadpoolctl import ThreadpoolController


class OneThread(ContextDecorator):
    """Limits BLAS to one thread while anything is inside.

    Sums that several threads share are rounded otherwise, and an iteration that ends at a tolerance makes more of
    that: a script would not give the numbers that were seen. Matrices here are small, so that nothing is lost.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._limited: dict[str, tuple[Any, int]] = {}  # libraries by their files, and the threads that they had
        self._own = local()

    def __enter__(self) -> "OneThread":
        # Libraries are looked for each time (3 ms), since modules that bring their own may have come since.
        found = ThreadpoolController().select(user_api="blas").lib_controllers
        own = [(library, library.num_threads) for library in found if _counts_by_thread(library)]
        self._own.limited = [*getattr(self._own, "limited", []), own]
        with self._lock:
            # Panels compute side by side: the first one in sets the limit, the last one out lifts it.
            self._inside += 1
            shared = [library for library in found if not _counts_by_thread(library)]
            for library in shared:
                self._limited.setdefault(library.filepath, (library, library.num_threads))
            for library in found:
                _give(library, 1)
        return self

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._inside -= 1
            lifted = self._own.limited.pop()
            if self._inside == 0:
                lifted += self._limited.values()
                self._limited = {}
            for library, threads in lifted:
                _give(library, threads)


def _counts_by_thread(library: Any) -> bool:
    """Whether each thread has its own limit, where otherwise there is one for the process."""
    return bool(library.internal_api == "openblas" and library.threading_layer == "openmp")


def _give(library: Any, threads: int) -> None:
    """Let a library have so many threads.

    threadpoolctl 3.8 lets only that thread of ours do this which did it first, and ignores all others without a word.
    """
    released = getattr(library, "clear_controlling_thread", lambda force: None)
    released(force=True)
    library.set_num_threads(threads)
    released(force=True)


one_thread = OneThread()
