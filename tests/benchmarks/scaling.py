"""Data in blocks on a scheduler of dask: which factor is better, memory, speed-up, and what they mean for a cluster.

    python tests/benchmarks/scaling.py [factor] [memory] [speed]

Workers are processes of one thread on the loopback address; blocks are made on the fly, so that no disk is measured.
"""

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import timing  # noqa: F401  # before numpy

sys.path.append(str(Path(__file__).parents[1]))

import dask
import dask.array as da
import numpy as np
from distributed import get_task_stream
from cluster import cluster, lattice, made, striped

from atomstat_widgets import stat
from atomstat_widgets.stat.matrices import block_factor
from atomstat_widgets.stat import blocks

SIDE = 512
GIGABYTE = 1e9


def factor() -> None:
    """Which factor: time, error of the singular values against LAPACK, and passes over the data."""
    print("columns  factor                   time   error of the first 8  of all 24   passes")
    for rows, columns in ((20_000, 256), (20_000, 1035), (12_000, 2145), (8_000, 4160)):
        rng = np.random.default_rng(0)
        x = rng.random((rows, 8)) @ rng.random((8, columns)) + 0.3 * rng.random((rows, columns))
        x = x.astype(np.float32)
        double = x.astype(float)
        gram = double.T @ double if columns <= rows else double @ double.T
        exact = np.sqrt(np.linalg.eigvalsh(gram)[:-25:-1])
        read: list[int] = []

        def counted(block: np.ndarray, read: list[int] = read) -> np.ndarray:
            read.append(len(block))
            return block

        blocked = da.from_array(x, chunks=(2000, columns)).map_blocks(counted, dtype=x.dtype, meta=x[:0])

        def ours(limit: int, blocked: da.Array = blocked) -> np.ndarray:
            block_factor.GRAM_COLUMNS = limit
            return stat.factorize(blocked, 24).s

        def theirs(powers: int, blocked: da.Array = blocked) -> np.ndarray:
            # Computing at each use, which does not keep the matrix in memory.
            return da.linalg.svd_compressed(blocked, 24, n_power_iter=powers, iterator="QR", compute=True)[1].compute()

        for name, call, argument in (
            ("Gram matrix", ours, 10**6), ("Gram x random vectors", ours, 0),
            *((f"dask's, {powers} iterations", theirs, powers) for powers in (0, 1, 2)),
        ):  # fmt: skip
            read.clear()
            with dask.config.set(scheduler="synchronous"):
                began = time.perf_counter()
                error = np.abs(call(argument) / exact - 1)
                seconds = time.perf_counter() - began
            print(
                f"{columns:7,}  {name:22s} {seconds:6.2f} s {error[:8].max():20.1e} {error.max():11.1e}"
                f" {sum(read) / rows:8.0f}"
            )


def movie(frames: int, make: Callable[..., np.ndarray] = made) -> da.Array:
    """Movie in blocks of ten frames."""
    return da.map_blocks(make, SIDE, chunks=((10,) * (frames // 10), SIDE, SIDE), dtype=np.float32)


def crops_factor(frames: int) -> stat.LowRank:
    """Factor of nine crops a frame."""
    grid = np.stack(np.meshgrid(*[[100, 250, 400]] * 2), axis=-1).reshape(-1, 2)
    crops = stat.extract_crops(movie(frames)[..., None], dict.fromkeys(range(frames), grid), 24)
    return stat.factorize(crops.matrix, 24, center=True)


def peak() -> float:
    """Largest memory that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def memory() -> None:
    """Peak memory of a worker for a movie, and for one twice as long."""
    limit = 500
    for frames in (1300, 2600):
        size = frames * SIDE**2 * 4 / 1e6
        with cluster(1, f"{limit}MB") as one:
            began = time.perf_counter()
            crops_factor(frames)
            seconds = time.perf_counter() - began
            (worker,) = one.client.run(peak).values()
        print(
            f"{frames:,} frames, {size:,.0f} MB ({size / limit:.1f} x the worker's limit of {limit} MB): "
            f"peak of the worker {worker:.0f} MB, of this process {peak():.0f} MB, {seconds:.0f} s"
        )


def image(side: int) -> da.Array:
    """Large image of noise on stripes, in blocks of 8 MB."""
    return da.map_blocks(striped, chunks=((side // 4,) * 4, (side // 4,) * 4), dtype=np.float32)


def spectra_factor(pixels: da.Array | np.ndarray) -> stat.LowRank:
    """Sliding FFT and factor."""
    spectra = stat.sliding_fft(pixels, 64, 16)
    return stat.factorize(spectra.features, 24, weights=spectra.weights)


def found(frames: da.Array | np.ndarray) -> stat.Tracks:
    """Atoms of a movie, linked."""
    return stat.link(stat.find_movie_atoms(frames, spacing=12).positions, 4)


def speed() -> None:
    """Two workers against one, the time that is not the analysis', and what the rate means for large data."""
    blocks.BLOCK_BYTES = 2**24
    for name, lazy, call in (
        ("sliding FFT + factor of an image", image(4096), spectra_factor),
        ("atoms + tracks of a movie", movie(120, lattice), found),
    ):
        size = lazy.nbytes / GIGABYTE
        with dask.config.set(scheduler="synchronous"):
            whole = np.asarray(lazy)
        began = time.perf_counter(), time.process_time()
        call(whole)
        alone, alone_busy = time.perf_counter() - began[0], time.process_time() - began[1]
        walls, busy, shares = [], [], []
        for workers in (1, 2):
            with cluster(workers, "2GB") as one:
                one.client.run(imported)
                call(lazy[:256] if lazy.ndim == 2 else lazy[:10])  # code and buffers
                before = sum(one.client.run(time.process_time).values())
                with get_task_stream(one.client) as stream:
                    began_at = time.perf_counter()
                    call(lazy)
                    walls.append(time.perf_counter() - began_at)
                busy.append(sum(one.client.run(time.process_time).values()) - before)
                steps = [step for task in stream.data for step in task["startstops"] if step["action"] == "compute"]
                shares.append(1 - sum(step["stop"] - step["start"] for step in steps) / walls[-1] / workers)
        rate = size / busy[1]
        print(f"{name}, {size:.2f} GB, wall (and processor) time:")
        print(
            f"  in memory {alone:.1f} s ({alone_busy:.1f} s), 1 worker {walls[0]:.1f} s ({busy[0]:.1f} s), 2 workers "
            f"{walls[1]:.1f} s ({busy[1]:.1f} s); speed-up {walls[0] / walls[1]:.2f}"
        )
        print(f"  share of the workers' time outside the analysis: {shares[0]:.0%} of 1, {shares[1]:.0%} of 2 workers")
        print(f"  {1000 * rate:.1f} MB a second of processor time. If reading keeps up and the cores are busy:")
        for cores, what in ((8, "laptop of 8"), (64, "workstation of 64"), (1000, "cluster of 1,000")):
            times = f"100 GB in {in_words(100 / rate / cores)}, 10 TB in {in_words(10_000 / rate / cores)}"
            print(f"  {what} cores: {times}")


def imported() -> None:
    """Import what workers need, before anything is timed."""
    import atomstat_widgets.stat  # noqa: F401


def in_words(seconds: float) -> str:
    """Readable time."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


if __name__ == "__main__":
    for part in sys.argv[1:] or ("factor", "memory", "speed"):
        {"factor": factor, "memory": memory, "speed": speed}[part]()
