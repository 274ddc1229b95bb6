"""One worker thread, and one rule: the latest request wins."""

import logging
import sys
import time
from collections.abc import Callable
from threading import Condition, Thread
from typing import Any

logger = logging.getLogger(__name__)

# A run that is stale is let finish while it is younger than this: that is what keeps pictures coming while a
# slider is dragged (measured: 10-19 pictures in a 2.3 s drag, against none when a new value always cancels).
GRACE_SECONDS = 0.3


# For so long nothing is added to what is shown: who moves a slider by steps moves it again within that time, and should
# not wait until that work can be stopped (measured: 80 ms on average in a movie of 30,000 atoms, 160 at most).
PAUSE_SECONDS = 1.0


class Cancelled(Exception):
    """A run was stopped at one of its checkpoints: it is stale, or the user said so."""


class Run:
    """What a running computation may ask and tell: call it with the fraction done, often.

    Parameters
    ----------
    runner : Runner
    report : callable
        Told the fraction done.
    """

    def __init__(self, runner: "Runner", report: Callable[[float], object]) -> None:
        self._runner = runner
        self._report = report
        self._began = time.monotonic()
        self.cancelled = False

    @property
    def stale(self) -> bool:
        """Whether a newer request is waiting."""
        return self._runner.pending

    def __call__(self, fraction: float) -> None:
        """Report progress. Raises `Cancelled` when the run is not wanted any more."""
        if self.cancelled or (self.stale and time.monotonic() - self._began > GRACE_SECONDS):
            raise Cancelled
        self._report(fraction)

    def yield_to_newer(self, fraction: float) -> None:
        """Stop at once for a newer request: for work that is done after the result was shown."""
        if self.cancelled or self.stale:
            raise Cancelled

    def pause(self) -> None:
        """Wait before such work, and stop at once for a newer request."""
        self._runner.wait_for_newer(self, PAUSE_SECONDS)
        self.yield_to_newer(0)


class Runner:
    """Runs one request at a time; of those that arrive meanwhile only the last is kept.

    Parameters
    ----------
    work : callable
        ``work(request, run)``; it may raise `Cancelled`, and tells the user of every other exception itself.
    report : callable
        Told the fraction done.
    threaded : bool
        Run in a worker thread. Otherwise `submit` returns when the work is done.
    """

    def __init__(self, work: Callable[[Any, Run], None], report: Callable[[float], object], *, threaded: bool) -> None:
        self._work = work
        self._report = report
        self.threaded = threaded
        self._condition = Condition()
        self._waiting: list[Any] = []  # at most one request
        self._current: Run | None = None

    @property
    def pending(self) -> bool:
        """Whether a request is waiting for the current one to end."""
        return bool(self._waiting)

    def submit(self, request: Any) -> None:
        """Ask for a run with this request, in place of one that still waits."""
        with self._condition:
            self._waiting[:] = [request]
            if self._current is not None:
                self._condition.notify_all()
                return
            self._current = Run(self, self._report)
        if self.threaded:
            # A thread a burst: it ends when nothing is left to do, so that no panel is kept alive by its worker.
            Thread(target=self._drain, name="atomstat-runner", daemon=True).start()
        else:
            self._drain()

    def cancel(self) -> None:
        """Stop the current run at its next checkpoint and forget a waiting request."""
        with self._condition:
            self._waiting.clear()
            if self._current is not None:
                self._current.cancelled = True
                self._condition.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs and nothing waits; whether that happened in time (in seconds)."""
        with self._condition:
            return self._condition.wait_for(lambda: self._current is None, timeout)

    def wait_for_newer(self, run: Run, timeout: float) -> None:
        """In a worker thread, wait until a newer request comes, or `run` is cancelled, at most so long (in seconds)."""
        if self.threaded:
            with self._condition:
                self._condition.wait_for(lambda: self.pending or run.cancelled, timeout)

    def _drain(self) -> None:
        while True:
            with self._condition:
                if not self._waiting:
                    self._current = None
                    self._condition.notify_all()
                    return
                request = self._waiting.pop()
                run = self._current = Run(self, self._report)
            try:
                self._work(request, run)
            except Cancelled:
                pass
            except Exception:  # the next request must run all the same
                logger.exception("a run failed without saying so")
            except BaseException:  # somebody kills the thread or, without one, interrupts
                if not self.threaded:
                    with self._condition:
                        self._current = None
                        self._condition.notify_all()
                    raise
                logger.exception("a run was killed")


def has_kernel() -> bool:
    """Whether this is a Jupyter kernel, with a page that waits for messages."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None
