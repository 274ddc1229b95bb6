"""Processes that read files, each for one: forked from a process that has imported what readers need.

Where this process was told to (a served kernel does so while it has no threads), it forks that warm process from
itself; elsewhere on Linux a new interpreter becomes one, when the first file is to be read. Other systems do not bear
being forked: there every reader is a new interpreter.
"""

import atexit
import ctypes
import gc
import importlib
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import Lock

from atomstat_widgets.brief import brief

Answer = Callable[[Connection, int | None], None]

ANSWERING = "atomstat_widgets.data.readers.answering"  # the module that a new interpreter runs
START_SECONDS = 60.0  # in which a new interpreter has imported what readers need
_DEATH_SIGNAL = 1  # of prctl: the signal that a process gets when the one that forked it is gone
_FEW_THREADS = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

_control: socket.socket | None = None  # to the warm process
_lock = Lock()


@brief
@dataclass(frozen=True)
class Reader:
    """A process that reads one file.

    Attributes
    ----------
    channel : Connection
        For requests and answers.
    store : int or None
        Descriptor of shared memory for large answers, which come by the channel where there is none.
    kill : callable
        Ends the process, whatever it does; may be called again.
    """

    channel: Connection
    store: int | None
    kill: Callable[[], None]

    def close(self) -> None:
        """Let go of what was shared with it; arrays that show the store keep it."""
        if not self.channel.closed:
            self.channel.close()
            if self.store is not None:
                os.close(self.store)


def new_reader() -> Reader:
    """Start a process that reads a file.

    Raises
    ------
    OSError
        None can be started.
    """
    return _fork() if sys.platform == "linux" else _spawn()


def seal(store: int) -> None:
    """Let nobody cut shared memory any more: what is gone under a map would end the process that shows it."""
    import fcntl  # not on every system

    fcntl.fcntl(store, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)


def keep_warm(answer: Answer) -> None:
    """Fork the warm process from this one, which has imported what readers need and has no threads yet."""
    global _control
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        try:
            ours.close()
            for stream in range(3):  # what C libraries say of a damaged file is nobody's business
                os.dup2(os.open(os.devnull, os.O_RDWR), stream)
            fork_readers(theirs, answer)
        finally:
            os._exit(0)
    theirs.close()
    _control = ours


def fork_readers(control: socket.socket, answer: Answer) -> None:
    """Be the warm process: fork a reader for each channel that comes, until the one that sends them is gone."""
    _close_all_but(control.fileno())
    gc.freeze()  # what is there now stays: a reader that looked through it for garbage would copy all of it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the one that waits, and it cancels
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended readers leave nothing behind
    while True:
        word, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if not word:
            return
        if os.fork() == 0:
            control.close()
            channel, store = descriptors
            _read(channel, store, answer)
        for descriptor in descriptors:
            os.close(descriptor)


def _read(channel: int, store: int, answer: Answer) -> None:
    """Be a reader."""
    try:
        _end_with(os.getppid())
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        socket.send_fds(socket.socket(fileno=os.dup(channel)), [b"."], [os.pidfd_open(os.getpid())])
        answer(Connection(channel), store)
    finally:
        os._exit(0)


def _end_with(parent: int) -> None:
    """Be killed when the parent is gone."""
    ctypes.CDLL(None).prctl(ctypes.c_int(_DEATH_SIGNAL), ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(0)


def _close_all_but(descriptor: int) -> None:
    """Close what was inherited: it would keep sockets and pipes of others open."""
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 2**16 else 2**16)


def _spawn() -> Reader:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return Reader(ours, None, process.kill)


def _answer(channel: Connection) -> None:
    importlib.import_module(ANSWERING).answer(channel, None)


def _fork() -> Reader:
    ours, theirs = socket.socketpair()
    store = os.memfd_create("atomstat", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    ours.settimeout(START_SECONDS)
    try:
        with theirs:
            _send([theirs.fileno(), store])
        _, (process,), _, _ = socket.recv_fds(ours, 1, 1)
    except (OSError, ValueError) as error:
        ours.close()
        os.close(store)
        raise OSError("no process can be started that reads a file") from error
    ours.settimeout(None)
    ended = Lock()

    def kill() -> None:
        if ended.acquire(blocking=False):
            try:
                signal.pidfd_send_signal(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
            finally:
                os.close(process)

    return Reader(Connection(ours.detach()), store, kill)


def _send(descriptors: list[int]) -> None:
    """Send a reader's channel and store to the warm process, which is started where there is none."""
    global _control
    with _lock:
        for _ in range(2):
            _control = _control or _start()
            try:
                socket.send_fds(_control, [b"."], descriptors)
                return
            except OSError:  # it is gone
                _control.close()
                _control = None
    raise OSError("the process that readers are forked from ends at once")


def _start() -> socket.socket:
    ours, theirs = socket.socketpair()
    with theirs:
        warm = subprocess.Popen(
            [sys.executable, "-P", "-m", ANSWERING, str(theirs.fileno())], pass_fds=[theirs.fileno()], cwd="/",
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, **_FEW_THREADS},
        )  # fmt: skip

    def end() -> None:
        ours.close()
        warm.kill()
        warm.wait()

    atexit.register(end)
    return ours
