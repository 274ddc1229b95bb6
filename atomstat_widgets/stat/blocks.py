"""Data that come in blocks, as dask or Zarr arrays: larger than memory, computed wherever dask is configured to.

That is the active ``distributed.Client``, if there is one, or what ``dask.config`` says. Nothing here imports dask
before it is given such an array.
"""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from atomstat_widgets.arguments import array_of
from atomstat_widgets.arguments import in_blocks as in_blocks
from atomstat_widgets.stat.progress import Progress, unreported

# Of one block: several fit into a small worker, and each is worth the overhead of a task.
BLOCK_BYTES = 2**26
# What is held in one piece: more stays in blocks, or is refused where a method needs all of it at once.
MEMORY_BUDGET = 2**32
FAN = 8  # sums that are added up at a time
POLL = 0.1  # seconds
SMALLER = "make the blocks of the data smaller, or the workers' memory larger"
PATIENCE = 60.0  # seconds without a task done, after which the workers are asked whether all of them wait


def frames_of(movie: Any) -> Any:
    """Check that this is an array of frames, or gives one frame by ``movie[number]``, and has any."""
    if hasattr(movie, "shape"):
        movie = array_of(movie, "movie", "(frames, height, width)", "(frames, height, width, colours)", stored=True)
    elif not (hasattr(movie, "__len__") and hasattr(movie, "__getitem__")) or isinstance(movie, (str, bytes, dict)):
        raise TypeError(f"movie is an array, or what gives frames by their number, got {type(movie).__name__}")
    if len(movie) == 0:
        raise ValueError("the movie has no frames")
    return movie


def as_dask(array: Any) -> Any:
    """Array of dask or Zarr as one of dask."""
    import dask.array as da

    return array if isinstance(array, da.Array) else da.from_zarr(array)


def as_rows(matrix: Any) -> Any:
    """Matrix as an array of dask whose blocks are whole rows, neither many nor few of them."""
    matrix = as_dask(matrix)
    rows = max(1, BLOCK_BYTES // (matrix.shape[1] * matrix.dtype.itemsize))
    heights = matrix.chunks[0]
    if len(matrix.chunks[1]) > 1 or max(heights) > 2 * rows or len(heights) > 4 * -(-matrix.shape[0] // rows):
        return matrix.rechunk({0: rows, 1: -1})
    return matrix


def row_slices(matrix: Any) -> list[slice]:
    """Which rows each block of a matrix holds."""
    ends = np.cumsum([0, *matrix.chunks[0]]).tolist()
    return [slice(first, last) for first, last in pairwise(ends)]


def stack_delayed(parts: Sequence[Any], shapes: Sequence[tuple[int, ...]], dtype: Any) -> Any:
    """Delayed arrays below each other, as one array of dask."""
    import dask.array as da

    blocks = [da.from_delayed(part, shape, dtype) for part, shape in zip(parts, shapes, strict=True)]
    return da.concatenate(blocks)


def split_like(array: Any, matrix: Any) -> Any:
    """Array with as many rows as a matrix, in the same blocks of rows, if that is in blocks."""
    if not in_blocks(matrix) or in_blocks(array):
        return array
    import dask.array as da

    return da.from_array(array, chunks=(matrix.chunks[0], *((side,) for side in array.shape[1:])))


def take_into_memory(array: Any, what: str, progress: Progress = unreported) -> Any:
    """Array in one piece, for methods that look at all of it again and again.

    Raises
    ------
    TypeError, ValueError
        It is too large for that, or no array of real numbers.
    """
    array = array_of(array, what, stored=in_blocks(array))
    if not in_blocks(array):
        return array
    if array.nbytes > MEMORY_BUDGET:
        raise ValueError(
            f"{what} are needed in one piece here, and have {array.nbytes / 1e9:.1f} GB; the limit is "
            f"{MEMORY_BUDGET / 1e9:.1f} GB"
        )
    return compute([as_dask(array)], progress)[0]


def add_up(parts: Sequence[Any], add: Callable[[list[Any]], Any]) -> Any:
    """Delayed sum of delayed parts, a few at a time, so that none has to wait in memory for all the others."""
    import dask

    parts, add = list(parts), dask.delayed(add)
    while len(parts) > 1:
        parts = [add(parts[first : first + FAN]) for first in range(0, len(parts), FAN)]
    return parts[0]


def compute(tasks: Sequence[Any], progress: Progress = unreported) -> list[Any]:
    """Compute delayed values or arrays of dask together, so that what they share is computed once.

    Parameters
    ----------
    tasks : sequence of Delayed or dask.array.Array
    progress : callable
        Called with the fraction of the scheduler's tasks that are done; an exception it raises cancels them all.

    Raises
    ------
    ConnectionError
        The scheduler of the active client was lost.
    MemoryError
        A task ended several workers, or the memory of each is full, so that none goes on.
    """
    import dask
    from dask.base import get_scheduler

    # Of an active client the scheduler is its method `get`.
    client = getattr(get_scheduler(collections=list(tasks)), "__self__", None)
    if client is not None and hasattr(client, "gather"):
        return _compute_by(client, list(tasks), progress)
    return list(dask.compute(*tasks, callbacks=_report_to(progress)))


def _report_to(progress: Progress) -> list[Any]:
    """Callbacks by which dask's schedulers on this machine report to `progress`, which may stop them by an exception.

    To be given to the one call: what dask is told of callbacks otherwise holds for the whole process. Those that the
    caller has told it of, such as a bar of progress, go on.
    """
    from dask.callbacks import Callback

    def report(_key: Any, _result: Any, _graph: Any, state: Any, _worker: Any) -> None:
        done = len(state["finished"])
        progress(done / (done + sum(len(state[name]) for name in ("ready", "waiting", "running"))))

    return [*Callback.active, (None, None, None, report, None)]  # of start, its state, and before, after a task, finish


def _compute_by(client: Any, tasks: list[Any], progress: Progress) -> list[Any]:
    """Compute on a cluster, as its scheduler tells how far it is."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker, wait
    from distributed.comm import CommClosedError
    from distributed.diagnostics.progressbar import ProgressBar

    class Bar(ProgressBar):
        fraction = 0.0

        def _draw_bar(self, remaining: int, all: int, **_: Any) -> None:
            self.fraction = 1 - remaining / all if all else 0.0

    address = client.scheduler.address
    futures = client.compute(tasks)
    fraction, went_on = 0.0, time.monotonic()
    try:
        bar = Bar(futures, address)
        client.loop.add_callback(bar.listen)
        while not all(future.done() for future in futures):
            try:
                wait(futures, timeout=POLL)
            except TimeoutError:
                progress(bar.fraction)
            if bar.fraction != fraction:
                fraction, went_on = bar.fraction, time.monotonic()
            elif time.monotonic() - went_on > PATIENCE:
                workers = client.scheduler_info()["workers"].values()
                if workers and all(one["status"] == "paused" for one in workers):
                    raise MemoryError(f"the memory of every worker is full, and all of them wait: {SMALLER}")
                went_on = time.monotonic()
            if any(future.status == "error" for future in futures):
                break
        return list(client.gather(futures))
    except (CancelledError, CommClosedError, OSError) as error:
        if client.status == "running" and not isinstance(error, CancelledError):
            raise
        raise ConnectionError(f"the scheduler at {address} was lost; start it, connect again and repeat") from error
    except KilledWorker as error:
        raise MemoryError(
            f"a part of the data ended several workers, most likely for want of memory: {SMALLER} ({error})"
        ) from error
    finally:
        if client.status == "running":
            client.cancel(futures)
