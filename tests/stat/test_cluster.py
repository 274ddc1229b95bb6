"""Analyses on worker processes give the numbers of memory, whatever becomes of a worker."""

import os
import signal
import subprocess
import sys
import threading
import time

import dask.array as da
import numpy as np
import pytest
from cluster import cluster, computations, made, slowly
from stat_data import assert_same_up_to_sign, cube_of, movie_of, rows_of_low_rank

from atomstat_widgets import stat
from atomstat_widgets.__main__ import main
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.data import Cube, sampling
from atomstat_widgets.stat import blocks

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.fixture(scope="module")
def workers():
    with cluster(2) as one:
        yield one


def test_analyses_are_those_in_memory(workers) -> None:
    image = np.random.default_rng(0).normal(size=(120, 90))
    found, expected = (
        stat.factorize(one.features, 20, weights=one.weights, center=True)
        for one in (stat.sliding_fft(chosen, 16, 4) for chosen in (da.from_array(image, chunks=(50, 40)), image))
    )
    assert_same_up_to_sign(found.vt[:3], expected.vt[:3])
    assert_same_up_to_sign(found.u.T[:3], expected.u.T[:3])

    cube = cube_of()
    for method in ("nmf", "pca", "ica", "gmm"):
        ours, theirs = (
            stat.SpectralUnmixer(method, 3).fit(one)[0] for one in (da.from_array(cube, chunks=(5, 4, 6)), cube)
        )
        assert_same_up_to_sign(ours, theirs)

    movie, positions = movie_of()
    blocked = da.from_array(movie, chunks=(2, 30, 30))
    tracks, others = (stat.link(stat.find_movie_atoms(one, spacing=9).positions, 3) for one in (blocked, movie))
    for ours, theirs in zip(tracks.ids, others.ids, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    crops, expected_crops = (
        stat.extract_crops(one[..., None], positions, 8, recentre=True) for one in (blocked, movie)
    )
    np.testing.assert_allclose(crops.images, expected_crops.images, atol=1e-5)


def test_progress_comes_from_the_scheduler_and_stops_it(workers) -> None:
    x = da.from_array(rows_of_low_rank(), chunks=(10, 40)).map_blocks(slowly, 0.2, dtype=np.float32)
    fractions: list[float] = []
    stat.factorize(x, 4, progress=fractions.append)
    assert fractions == sorted(fractions)
    assert len(set(fractions)) > 3

    def stop(fraction: float) -> None:
        if fraction > 0.1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        stat.factorize(x + 1, 4, progress=stop)
    deadline = time.monotonic() + 60
    while any(workers.client.processing().values()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(workers.client.processing().values())


def test_worker_killed_on_the_way_changes_nothing(workers, monkeypatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 5 * 40 * 4)
    x = rows_of_low_rank()
    expected = stat.factorize(da.from_array(x, chunks=(5, 40)), 12)
    killed = []

    def kill(fraction: float) -> None:
        if fraction > 0.2 and not killed:
            killed.append(next(iter(workers.client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    slow = da.from_array(x, chunks=(5, 40)).map_blocks(slowly, 0.1, dtype=np.float32)
    found = stat.factorize(slow, 12, progress=kill)
    assert killed
    np.testing.assert_allclose(found.s[:4], expected.s[:4], rtol=1e-5)
    assert_same_up_to_sign(found.vt[:4], expected.vt[:4])
    assert_same_up_to_sign(found.u.T[:4], expected.u.T[:4])
    workers.client.wait_for_workers(2, timeout=60)


def test_movie_larger_than_the_workers_memory_goes_through() -> None:
    """4.2 GB of frames made on the fly, for a worker that may have 750 MB, of which it fills up to 430."""
    frames, side = 4000, 512
    with cluster(1, "750MB") as one:
        assert frames * side**2 * 4 > 5 * next(iter(one.client.scheduler_info()["workers"].values()))["memory_limit"]
        movie = da.map_blocks(made, side, chunks=((10,) * (frames // 10), side, side), dtype=np.float32)
        crops = stat.extract_crops(movie[..., None], {n: [[100, 100], [300, 200.0]] for n in range(frames)}, 16)
        low_rank = stat.factorize(crops.matrix, 3, center=True)
        assert len(crops) == 2 * frames
        few = stat.factorize(crops.matrix[:40].compute(), 3, center=True)
        np.testing.assert_allclose(np.abs(few.vt[0] @ low_rank.vt[0]), 1, atol=1e-3)
        assert len(one.client.scheduler_info()["workers"]) == 1


@pytest.fixture
def full_worker():
    with cluster(1, "75MB") as one:  # with its libraries it has more than four fifths of that
        yield one


def test_workers_that_are_full_and_wait_are_told_of(full_worker, monkeypatch) -> None:
    monkeypatch.setattr(blocks, "PATIENCE", 3.0)
    x = da.from_array(rows_of_low_rank(), chunks=(10, 40))
    with pytest.raises(MemoryError, match="memory of every worker is full, and all of them wait: make the blocks"):
        stat.factorize(x, 4)


def test_command_line_computes_on_the_scheduler(workers, tmp_path, capsys) -> None:
    np.save(tmp_path / "cube.npy", cube_of(channels=20))
    out = ["--out", str(tmp_path / "out"), "--formats", "npz"]
    before = tasks_done(workers)
    assert main(["run", "unmix", str(tmp_path / "cube.npy"), *out, "--scheduler", workers.address]) == 0, (
        capsys.readouterr()
    )
    assert tasks_done(workers) > before
    assert len(list((tmp_path / "out").glob("*.npz"))) == 1


def test_interrupted_command_line_cancels(workers, tmp_path) -> None:
    np.save(tmp_path / "cube.npy", np.random.default_rng(0).random((500, 200, 100)))
    options = ["--out", str(tmp_path / "out"), "--scheduler", workers.address, "--method", "PCA"]
    command = [sys.executable, "-m", "atomstat_widgets", "run", "unmix", str(tmp_path / "cube.npy"), *options]
    computing = workers.client.run(os.getpid).values()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        for one in computing:  # else all may be done before it is interrupted
            os.kill(one, signal.SIGSTOP)
        try:
            deadline = time.monotonic() + 60
            while not any(workers.client.processing().values()) and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
        finally:
            for one in computing:
                os.kill(one, signal.SIGCONT)
        assert process.stderr.read().rstrip().endswith("atomstat: cancelled")
    deadline = time.monotonic() + 60
    while any(workers.client.processing().values()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(workers.client.processing().values())


def tasks_done(workers) -> int:
    """Number of computations that the scheduler has had."""
    return workers.client.run_on_scheduler(computations)


def test_lost_scheduler_is_said_and_the_last_result_stays(monkeypatch) -> None:
    monkeypatch.setattr(sampling, "SAMPLE_BYTES", 10_000)
    with cluster(1) as one:
        cube = da.from_array(cube_of(40, 30), chunks=(4, 30, 15)).map_blocks(slowly, 0.5, dtype=float)
        model = UnmixingModel(Cube(cube))
        shown = model.result
        timer = threading.Timer(1, one.scheduler.kill)
        timer.start()
        model.run_on_all()
        timer.join()
        assert shown is not None
        assert model.result is shown
        assert not model.on_all
        assert model.error.startswith("the scheduler at tcp://127.0.0.1:")
        assert model.status == "Failed: the last good result is shown"


def test_lost_scheduler_is_said() -> None:
    with cluster(1) as one:
        x = da.from_array(rows_of_low_rank(), chunks=(10, 40)).map_blocks(slowly, 1, dtype=np.float32)
        timer = threading.Timer(2, one.scheduler.kill)
        timer.start()
        with pytest.raises(ConnectionError, match=r"the scheduler at tcp://127.0.0.1:\d+ was lost"):
            stat.factorize(x.rechunk({0: 10}), 4)
        timer.join()
