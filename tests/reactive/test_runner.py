import ctypes
import threading
import time

import pytest

from atomstat_widgets.reactive import runner as module
from atomstat_widgets.reactive.runner import Cancelled, Runner, has_kernel

TIMEOUT = 60


class Work:
    """Work that says when it began, goes on when it is told, and writes down what became of it."""

    def __init__(self):
        self.began = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.done = []
        self.cancelled = []

    def __call__(self, request, run):
        self.began.release()
        assert self.go_on.acquire(timeout=TIMEOUT)
        try:
            run(0.5)
        except Cancelled:
            self.cancelled.append(request)
            raise
        self.done.append(request)


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def fractions():
    return []


@pytest.fixture
def runner(work, fractions):
    return Runner(work, fractions.append, threaded=True)


def test_of_many_requests_the_latest_is_run(runner, work):
    for request in range(5):
        runner.submit(request)
        if request == 0:
            assert work.began.acquire(timeout=TIMEOUT)
    work.go_on.release(5)
    assert runner.wait(TIMEOUT)
    assert work.done == [0, 4]  # the first was young and is shown; 1 to 3 never began


def test_an_old_run_gives_way_to_a_newer_request(runner, work, monkeypatch):
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.0)
    runner.submit("old")
    assert work.began.acquire(timeout=TIMEOUT)
    runner.submit("new")
    work.go_on.release(2)
    assert runner.wait(TIMEOUT)
    assert (work.cancelled, work.done) == (["old"], ["new"])


def test_a_young_run_does_not(runner, work, monkeypatch):
    monkeypatch.setattr(module, "GRACE_SECONDS", 1e6)
    runner.submit("young")
    assert work.began.acquire(timeout=TIMEOUT)
    runner.submit("new")
    work.go_on.release(2)
    assert runner.wait(TIMEOUT)
    assert (work.cancelled, work.done) == ([], ["young", "new"])


def test_cancel_stops_the_run_and_forgets_the_request(runner, work):
    runner.submit("running")
    assert work.began.acquire(timeout=TIMEOUT)
    runner.submit("waiting")
    runner.cancel()
    work.go_on.release(2)
    assert runner.wait(TIMEOUT)
    assert (work.cancelled, work.done) == (["running"], [])


def test_after_a_cancel_it_runs_again(runner, work):
    runner.cancel()
    runner.submit("later")
    work.go_on.release()
    assert runner.wait(TIMEOUT)
    assert work.done == ["later"]


def test_progress_is_reported(runner, work, fractions):
    runner.submit("request")
    work.go_on.release()
    assert runner.wait(TIMEOUT)
    assert fractions == [0.5]


def test_wait_says_when_the_time_is_up(runner, work):
    runner.submit("request")
    assert not runner.wait(0.01)
    work.go_on.release()
    assert runner.wait(TIMEOUT)


def test_without_thread_submit_returns_when_it_is_done():
    done = []
    runner = Runner(lambda request, run: done.append((request, threading.current_thread())), print, threaded=False)
    runner.submit(1)
    runner.submit(2)
    assert done == [(1, threading.main_thread()), (2, threading.main_thread())]
    assert runner.wait(0)


def test_without_thread_a_request_from_within_runs_afterwards():
    done = []

    def work(request, run):
        if request < 3:
            runner.submit(request + 1)
        done.append(request)

    runner = Runner(work, print, threaded=False)
    runner.submit(1)
    assert done == [1, 2, 3]


def test_a_failure_is_logged_and_the_next_request_runs(caplog):
    done = []

    def work(request, run):
        if request == "bad":
            raise ZeroDivisionError("nobody caught this")
        done.append(request)

    runner = Runner(work, print, threaded=True)
    for request in ("bad", "good"):
        runner.submit(request)
        assert runner.wait(TIMEOUT)
    assert done == ["good"]
    assert "nobody caught this" in caplog.text


def killed(thread):
    """Raise SystemExit in a thread, as whoever ends it from outside does."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))


def test_a_killed_worker_is_followed_by_another(caplog):
    workers, done = [], []

    def work(request, run):
        workers.append(threading.current_thread())
        end = time.monotonic() + TIMEOUT
        while request == "endless" and time.monotonic() < end:
            time.sleep(0.001)
        done.append(request)

    runner = Runner(work, lambda fraction: None, threaded=True)
    for request in ("waiting while it is killed", "after it was killed"):
        runner.submit("endless")
        while len(workers) == len(done):
            time.sleep(0.001)
        if request.startswith("waiting"):
            runner.submit(request)
        killed(workers.pop())
        runner.wait(TIMEOUT)
        if request.startswith("after"):
            runner.submit(request)
            runner.wait(TIMEOUT)
        assert done.pop() == request
        workers.clear()
    assert "a run was killed" in caplog.text


def test_an_interrupt_without_thread_is_for_the_caller_and_the_next_request_runs():
    done = []

    def work(request, run):
        if request == "interrupted":
            raise KeyboardInterrupt
        done.append(request)

    runner = Runner(work, lambda fraction: None, threaded=False)
    with pytest.raises(KeyboardInterrupt):
        runner.submit("interrupted")
    runner.submit("next")
    assert done == ["next"]


def test_yields_at_once_to_a_newer_request_when_asked_to():
    outcome = []

    def work(request, run):
        if request == "first":
            runner.submit("second")
            run(0.1)  # young: goes on
            with pytest.raises(Cancelled):
                run.yield_to_newer(0.1)
        outcome.append(request)

    runner = Runner(work, lambda fraction: None, threaded=False)
    runner.submit("first")
    assert outcome == ["first", "second"]


def test_no_thread_is_left_when_there_is_nothing_to_do(runner, work):
    runner.submit("request")
    work.go_on.release()
    assert runner.wait(TIMEOUT)
    for thread in threading.enumerate():
        if thread.name == "atomstat-runner":
            thread.join(TIMEOUT)
            assert not thread.is_alive()


def test_there_is_no_kernel_here():
    assert not has_kernel()


@pytest.mark.parametrize("end", ["submit", "cancel"])
def test_a_pause_ends_at_once_for_a_newer_request_and_when_it_is_cancelled(end, monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", TIMEOUT)
    began, seen = threading.Semaphore(0), []

    def work(request, run):
        began.release()
        if request == "old":
            run.pause()
        seen.append(request)

    runner = Runner(work, [].append, threaded=True)
    runner.submit("old")
    assert began.acquire(timeout=TIMEOUT)
    runner.submit("new") if end == "submit" else runner.cancel()
    assert runner.wait(TIMEOUT / 2)
    assert seen == (["new"] if end == "submit" else [])


def test_what_is_added_begins_after_a_pause(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.2)
    began = time.monotonic()
    runner = Runner(lambda _request, run: run.pause(), [].append, threaded=True)
    runner.submit("one")
    assert runner.wait(TIMEOUT)
    assert time.monotonic() - began >= 0.2


def test_nobody_waits_without_a_thread(monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", TIMEOUT)
    seen = []

    def work(request, run):
        run.pause()
        seen.append(request)

    began = time.monotonic()
    Runner(work, [].append, threaded=False).submit("one")
    assert seen == ["one"]
    assert time.monotonic() - began < TIMEOUT
