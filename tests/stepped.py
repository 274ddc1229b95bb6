"""Threads that are stepped by hand, so that a test of two of them goes one way only."""

import queue
from concurrent.futures import Future
from threading import Thread

TIMEOUT = 20  # seconds, of what takes milliseconds unless it hangs


class Stepped:
    """A thread that does what it is given, one thing after the other."""

    def __init__(self):
        self._tasks = queue.SimpleQueue()
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def begin(self, call, *args):
        """Have something done, and do not wait for it."""
        future = Future()
        self._tasks.put((future, call, args))
        return future

    def do(self, call, *args):
        """Have something done, and give what it returns."""
        return self.begin(call, *args).result(TIMEOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self._tasks.put(None)
        self._thread.join(TIMEOUT)

    def _work(self):
        while (task := self._tasks.get()) is not None:
            future, call, args = task
            try:
                future.set_result(call(*args))
            except BaseException as error:
                future.set_exception(error)
