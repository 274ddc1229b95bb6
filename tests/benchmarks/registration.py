"""Registration of movies beside its bounds: steps that are right or named, their error, time and memory.

    python tests/benchmarks/registration.py [--seeds 10]     (needs ../shared)

A step is wrong from half a spacing on. What misses its bound ends in "<<<".
"""

import argparse
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from timing import median_time  # noqa: F401  # sets the threads of BLAS

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from registered import Repeated, periodic_movie
from truth import hard_scenes

from atomstat_widgets.stat import register

ERROR = 0.1  # pixels, the largest of a step
SECONDS, MEGABYTES = 10.0, 2.0  # of 1,000 frames of 512 x 512, of processor time; of 200 frames beyond those of 20


def movies(seeds: range) -> Iterator[tuple[str, float, bool, np.ndarray, np.ndarray]]:
    """Name, spacing, whether each step has to be right, frames and shifts."""
    make = hard_scenes()
    for seed in seeds:
        for drift in (0.0, 0.1, 0.3, 0.6, 1.0):
            frames, _, _, shifts = make.drifting_movie(drift=drift, seed=seed)
            yield f"drifting_movie {drift}", 16.0, True, frames, shifts
        frames, _, centres, _ = make.turning_trimer(seed=seed)
        yield "turning_trimer", 22.5, False, frames, centres
        for side in (64, 128):
            for drift in (0.0, 0.1, 0.3, 0.6):
                frames, shifts = periodic_movie(side=side, drift=drift, seed=seed)
                yield f"periodic, {side} px, {drift}", 16.0, False, frames, shifts


def steps(seeds: range) -> None:
    found: dict[str, list[tuple[int, int, int, int, float]]] = {}
    exact = {}
    for name, spacing, right, frames, shifts in movies(seeds):
        result = register(frames)
        errors = np.linalg.norm(result.steps - np.diff(shifts, axis=0), axis=1)
        wrong = errors > spacing / 2
        named = np.isin(np.arange(1, len(frames)), list(result.doubtful))
        line = len(errors), wrong.sum(), (wrong & ~named).sum(), named.sum(), errors[~wrong].max(initial=0)
        found.setdefault(name, []).append(line)
        exact[name] = right
    print(f"{'movie':<24}{'steps':>7}{'wrong':>7}{'unnamed':>9}{'doubtful':>10}{'error px':>10}")
    for name, lines in found.items():
        count, wrong, unnamed, doubtful, _ = np.sum(lines, axis=0).astype(int)
        error = max(line[-1] for line in lines)
        miss = unnamed or (exact[name] and (wrong or doubtful or error > ERROR))
        print(f"{name:<24}{count:>7}{wrong:>7}{unnamed:>9}{doubtful:>10}{error:>10.3f}{'  <<<' if miss else ''}")


def speed() -> None:
    frames, _, _, _ = hard_scenes().drifting_movie(frames=12, side=512)
    peaks = []
    for count in (20, 200):
        tracemalloc.start()
        register(Repeated(frames, count))
        peaks.append(tracemalloc.get_traced_memory()[1] / 2**20)
        tracemalloc.stop()
    began, wall = time.process_time(), time.perf_counter()
    register(Repeated(frames, 1000))
    seconds, wall = time.process_time() - began, time.perf_counter() - wall
    miss = "" if seconds <= SECONDS and peaks[1] - peaks[0] <= MEGABYTES else "  <<<"
    print(f"\n1,000 frames of 512 x 512: {seconds:.1f} s of one processor ({wall:.1f} s by the clock); 20 frames take")
    print(f"{peaks[0]:.1f} MB, 200 frames {peaks[1]:.1f} MB; wanted {SECONDS:.0f} s, {MEGABYTES:.0f} MB more{miss}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    steps(range(parser.parse_args().seeds))
    speed()


if __name__ == "__main__":
    main()
