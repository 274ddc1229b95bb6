"""One thread of BLAS for what is analysed: the same numbers in every panel, script and served app."""

from contextlib import ContextDecorator
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController


class OneThread(ContextDecorator):
    """Limits BLAS to one thread, in the whole process, while anything is inside.

    Sums that several threads share are rounded otherwise, and an iteration that ends at a tolerance makes more of
    that: a script would not give the numbers that were seen. Matrices here are small, so that nothing is lost.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._limit: Any = None

    def __enter__(self) -> "OneThread":
        with self._lock:
            # Panels compute side by side: the first one in sets the limit, the last one out lifts it. Libraries are
            # looked for each time (3 ms), since modules that bring their own may have come since.
            if self._inside == 0:
                self._limit = ThreadpoolController().limit(limits=1, user_api="blas")
            self._inside += 1
        return self

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._limit.restore_original_limits()


one_thread = OneThread()
