"""Linking beside AtomAI 0.8.1 and trackpy: times, and how many links are right, in one run.

    python tests/benchmarks/tracking.py --atomai-python PATH/bin/python --trackpy-python PATH/bin/python

Each has an environment of its own, named by its Python; ../shared/bench/atomai_stat_only.py says what to install for
AtomAI, trackpy comes by pip. All are given the same simulated Brownian atoms.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import median_time

import numpy as np

from atomstat_widgets.stat import link
import itertools

SHIM = Path(__file__).resolve().parents[3] / "shared" / "bench"
ATOMAI = """
import sys, time
sys.path.insert(0, sys.argv[1])
import numpy as np
import atomai_stat_only
import atomai.stat as peer
movie = np.load(sys.argv[2])
frames, atoms, _ = movie.shape
coordinates = {k: np.column_stack([points, np.zeros(atoms)]) for k, points in enumerate(movie)}
local = peer.imlocal.__new__(peer.imlocal)
local.imgstack_com = movie.reshape(-1, 2)
local.imgstack_frames = np.repeat(np.arange(frames), atoms)
start = time.perf_counter()
found = local.get_all_trajectories(rmax=float(sys.argv[3]))
elapsed = time.perf_counter() - start
right = total = 0
for atom, (flow, at) in enumerate(zip(found["trajectories"], found["frames"])):
    who = np.array([np.flatnonzero((movie[frame] == place[:2]).all(axis=1))[0] for frame, place in zip(at, flow)])
    right += np.count_nonzero((np.diff(who) == 0) & (np.diff(at) == 1))
    total += frames - 1
print(elapsed, right / total)
"""
TRACKPY = """
import sys, time
import numpy as np
import trackpy
trackpy.quiet()
movie = np.load(sys.argv[1])
frames, atoms, _ = movie.shape
start = time.perf_counter()
ids = [numbers for _, numbers in trackpy.link_iter(list(movie), search_range=float(sys.argv[2]))]
elapsed = time.perf_counter() - start
print(elapsed, np.mean([np.equal(a, b).mean() for a, b in zip(ids, ids[1:])]))
"""


LATTICE = np.stack(np.mgrid[:6, :6], axis=-1).reshape(-1, 2) * 10.0


def brownian(atoms: int, frames: int, box: float, step: float, seed: int = 0) -> np.ndarray:
    """Positions (frames, atoms, 2) of free atoms that start anywhere in a box."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, step, (frames - 1, atoms, 2))
    return np.cumsum(np.concatenate([rng.random((1, atoms, 2)) * box, steps]), axis=0)


def right_links(ids: list[np.ndarray]) -> float:
    """Share of the links from frame to frame that join a point with itself: points keep their order."""
    return float(np.mean([first == second for first, second in itertools.pairwise(ids)]))


def peer(python: str, program: str, movie: np.ndarray, *arguments: str) -> tuple[float, float]:
    """Seconds and share of right links, as another program prints them."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/movie.npy"
        np.save(path, movie)
        before = [str(SHIM)] if program is ATOMAI else []
        command = [python, "-c", program, *before, path, *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, right = map(float, done.stdout.split()[-2:])
    return seconds, right


def row(what: str, other: tuple[float, float] | None, seconds: float, right: float, bound: float | None) -> None:
    theirs = f"{other[0]:>8.2f} s {other[1]:>8.2%}" if other else f"{'':>19}"
    verdict = ""
    if other and bound:
        ratio = other[0] / seconds
        verdict = f"{ratio:.1f} x   >= {bound:g} x: {'met' if ratio >= bound else 'NOT MET'}"
    print(f"{what:<36}{theirs}{seconds:>9.2f} s {right:>8.2%}   {verdict}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--atomai-python", required=True, help="python of an environment with atomai 0.8.1")
    parser.add_argument("--trackpy-python", required=True, help="python of an environment with trackpy")
    arguments = parser.parse_args()
    print(f"{'':<36}{'another':>10}{'right':>9}{'ours':>11}{'right':>9}   bound")

    few = brownian(100, 1000, 1024, 2)
    seconds = median_time(lambda: link(list(few), 10))
    right = right_links(link(list(few), 10).ids)
    row("AtomAI: 100 x 1000, rmax 10", peer(arguments.atomai_python, ATOMAI, few, "10"), seconds, right, 20)
    print(f"{'':<36}links right: {right:.3%}   >= 99.8 %: {'met' if right >= 0.998 else 'NOT MET'}")
    many = brownian(3000, 200, 1000, 1)
    seconds = median_time(lambda: link(list(many), 4), 3)
    right = right_links(link(list(many), 4).ids)
    row("trackpy: 3000 x 200, rmax 4", peer(arguments.trackpy_python, TRACKPY, many, "4"), seconds, right, 5)

    flow = LATTICE + np.arange(10)[:, None, None] * np.array([0, 6])
    start = time.perf_counter()
    tracks = link(list(flow), 5, predict=True)
    right = right_links(tracks.ids)
    row("a lattice flows by 0.6 of its spacing", None, time.perf_counter() - start, right, None)
    print(f"{'':<36}{len(tracks)} tracks of 36: {'met' if (len(tracks), right) == (36, 1) else 'NOT MET'}")

    sizes, times = [], []
    for frames in (10, 100, 1000):
        movie = list(brownian(1000, frames, 1000, 1))
        start = time.perf_counter()
        tracks = link(movie, 5)
        times.append(time.perf_counter() - start)
        sizes.append(1000 * frames)
        row(f"{sizes[-1]:,} points", None, times[-1], right_links(tracks.ids), None)
    exponent = np.polyfit(np.log(sizes), np.log(times), 1)[0]
    print(f"{'':<36}time grows with the number of points to the power of {exponent:.2f}")
    spacing = 1000 / np.sqrt(1000)
    movie = list(brownian(1000, 10, 1000, 1))
    start = time.perf_counter()
    tracks = link(movie, 10 * spacing)
    row("1000 x 10, rmax 10 x the spacing", None, time.perf_counter() - start, right_links(tracks.ids), None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
