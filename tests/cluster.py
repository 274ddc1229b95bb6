"""A scheduler of dask and its workers, as processes of their own on the loopback address."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Client

LOCAL = ("--host", "127.0.0.1", "--no-dashboard")


@dataclass
class Cluster:
    """A running scheduler, its address and its workers."""

    client: Client
    scheduler: subprocess.Popen
    workers: list[subprocess.Popen] = field(default_factory=list)

    @property
    def address(self) -> str:
        return self.client.scheduler.address


@contextmanager
def cluster(workers: int, memory: str = "1GB") -> Iterator[Cluster]:
    """Start a scheduler and so many workers of one thread and so much memory each; end them afterwards."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {
        **os.environ, **one_thread,
        # What a worker gives back to the system after each block it has to ask for again, which takes long; what it
        # keeps counts as its memory, and above four fifths of its limit it waits, for ever if it cannot free any.
        "MALLOC_TRIM_THRESHOLD_": str(2**24), "MALLOC_MMAP_THRESHOLD_": str(2**24),
        "PYTHONPATH": str(Path(__file__).parent),  # for what is below
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "scheduler.json")

        def start(command: str, *options: str) -> subprocess.Popen:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", command, *LOCAL, "--scheduler-file", str(file), *options],
                cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

        processes = [start("scheduler", "--port", "0")]
        try:
            while not file.exists():
                time.sleep(0.05)
            options = ("--nthreads", "1", "--memory-limit", memory, "--local-directory", folder)
            processes += [start("worker", *options) for _ in range(workers)]
            with Client(scheduler_file=str(file), timeout="60s") as client:
                client.wait_for_workers(workers, timeout=120)
                yield Cluster(client, processes[0], processes[1:])
        finally:
            for process in reversed(processes):  # a worker ends the process that computes for it
                process.terminate()
            for process in processes:
                process.wait(30)


def slowly(block: np.ndarray, seconds: float) -> np.ndarray:
    time.sleep(seconds)
    return block


def made(side: int, block_info=None) -> np.ndarray:
    """Frames whose brightness goes up and down, with noise."""
    (first, last), *_ = block_info[None]["array-location"]
    rng = np.random.default_rng(first)
    ground = np.sin(np.arange(first, last))[:, None, None]
    return (ground + 0.1 * rng.random((last - first, side, side), np.float32)).astype(np.float32)


def striped(block_info: dict | None = None) -> np.ndarray:
    """A block of the large image."""
    (top, bottom), (left, right) = block_info[None]["array-location"]
    rng = np.random.default_rng(top + left)
    stripes = np.sin(np.arange(top, bottom)[:, None] / 3 + np.arange(left, right) / 5)
    return (stripes + rng.random((bottom - top, right - left))).astype(np.float32)


def computations(dask_scheduler: Any = None) -> int:
    """How many computations the scheduler has had."""
    return len(dask_scheduler.computations)


def lattice(side: int, block_info: dict | None = None) -> np.ndarray:
    """Frames of a square lattice of atoms, 12 pixels apart, that moves, with noise."""
    (first, last), *_ = block_info[None]["array-location"]
    rng = np.random.default_rng(first)
    along = np.cos(2 * np.pi * (np.arange(side) + rng.random((last - first, 1))) / 12).astype(np.float32)
    frames = along[:, :, None] + along[:, None, :]
    return frames + 0.3 * rng.random(frames.shape, np.float32)
