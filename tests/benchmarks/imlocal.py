"""Local image analysis beside AtomAI 0.8.1: times and errors, in one run.

    python tests/benchmarks/imlocal.py --atomai-python PATH/bin/python

AtomAI has an environment of its own, named by its Python; ../shared/bench/atomai_stat_only.py says what to install
there. Both are given the same 2,833 crops of 32 x 32 x 3 from one 1024 x 1024 output. "Cold" makes the factor, "warm"
reads it. Each is the median of a few runs; BLAS has one thread on both sides.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import median_time

import numpy as np

from atomstat_widgets.stat import gmm, pca
from atomstat_widgets.stat import imlocal

SIDE, CROPS, WINDOW, COMPONENTS = 1024, 2833, 32, 4
SHIM = Path(__file__).resolve().parents[3] / "shared" / "bench"

PEER = """
import statistics, sys, time, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
import numpy as np
import atomai_stat_only
import atomai.stat as peer

folder, window, k = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
local = peer.imlocal(np.load(f"{folder}/output.npy"), {0: np.load(f"{folder}/positions.npy")}, window, 0)
def timed(call, repeats=3):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return statistics.median(times), result
scree = timed(lambda: local.pca_scree_plot(plot_results=False))[0]
pca = timed(lambda: local.pca(k))[0]
ica = timed(lambda: local.ica(k))[0]
nmf, (components, loadings, _) = timed(lambda: local.nmf(k))
mixture = timed(lambda: local.gmm(k), 1)[0]
matrix = local.imgstack.reshape(len(local.imgstack), -1).astype(float)
error = np.linalg.norm(matrix - loadings @ components.reshape(k, -1)) / np.linalg.norm(matrix)
np.savez(f"{folder}/peer.npz", scree=scree, pca=pca, ica=ica, nmf=nmf, gmm=mixture, error=error, crops=len(matrix))
"""


def network_output() -> tuple[np.ndarray, np.ndarray]:
    """Like the output of a network: columns in channels 0 and 1 by class, background in 2; and the columns' places."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[20:1004:18, 20:1004:18]
    positions = np.stack([y.ravel(), x.ravel()], axis=1)[:CROPS] + rng.normal(0, 1.0, (CROPS, 2))
    kinds = (positions[:, 0] + 200 * np.sin(positions[:, 1] / 150) > SIDE / 2).astype(int)
    output = np.zeros((1, SIDE, SIDE, 3), np.float32)
    offsets = np.arange(-10, 11)
    for (row, column), kind in zip(positions, kinds, strict=True):
        rows, columns = np.rint([row, column]).astype(int)[:, None] + offsets
        profile = [
            np.exp(-((at - middle) ** 2) / (2 * (2.5 + kind) ** 2)) for at, middle in ((rows, row), (columns, column))
        ]
        output[0, rows[:, None], columns, kind] += np.outer(*profile)
    output[..., 2] = np.maximum(0, 1 - output.sum(axis=-1))
    output += 0.05 * rng.random(output.shape, dtype=np.float32)
    return output, np.column_stack([positions, np.zeros(CROPS)])


def row(name: str, atomai: float | None, ours: float, bound: float | None) -> None:
    left = "" if atomai is None else f"{atomai:.3f} s"
    ratio = "" if atomai is None else f"{atomai / ours:.1f} x"
    verdict = "" if bound is None else f">= {bound:g} x: {'met' if atomai / ours >= bound else 'NOT MET'}"
    print(f"{name:<34}{left:>12}{ours:>10.3f} s{ratio:>12}   {verdict}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--atomai-python", required=True, help="python of an environment with atomai 0.8.1")
    python = parser.parse_args().atomai_python
    output, positions = network_output()
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/output.npy", output)
        np.save(f"{folder}/positions.npy", positions)
        subprocess.run([python, "-c", PEER, str(SHIM), folder, str(WINDOW), str(COMPONENTS)], check=True)
        peer = {name: float(value) for name, value in np.load(f"{folder}/peer.npz").items()}

    local = imlocal(output, {0: positions}, WINDOW, 0)
    local.ica(2)  # imports

    def cold(method: str) -> float:
        def call() -> None:
            local._factors.clear()
            getattr(local, method)(COMPONENTS)

        return median_time(call)

    def warm(method: str) -> float:
        return median_time(lambda: getattr(local, method)(COMPONENTS))

    print(
        f"{len(local.imgstack)} crops of {'x'.join(map(str, local.imgstack.shape[1:]))} (AtomAI: {peer['crops']:.0f})"
    )
    print(f"{'':<34}{'AtomAI':>12}{'ours':>12}{'':>12}   bound")
    row("crops", None, median_time(lambda: local.extract_subimages_()), None)
    row("scree", peer["scree"], median_time(lambda: local.pca_scree_plot(plot_results=False), 3), 7)
    for method, cold_bound, warm_bound in (("pca", None, None), ("ica", 6, 200), ("nmf", 1, 8)):
        row(f"{method}, cold", peer[method], cold(method), cold_bound)
        row(f"{method}, warm", peer[method], warm(method), warm_bound)
    row("gmm diag, on pixels", peer["gmm"], median_time(lambda: local.gmm(COMPONENTS), 1), 1)
    scores = pca(local._factor(8, center=True), 8).loadings
    row("gmm diag, on 8 components", peer["gmm"], median_time(lambda: gmm(scores, COMPONENTS, seed=1)), 5)
    for method in ("pca", "ica", "nmf"):
        slowest = 1000 * max(median_time(lambda m=method, k=k: getattr(local, m)(k), 3) for k in range(1, 9))
        verdict = "met" if slowest <= 50 else "NOT MET"
        print(f"another count, {method}, slowest of 1 to 8: {slowest:.0f} ms   <= 50 ms: {verdict}")
    components, loadings, _ = local.nmf(COMPONENTS)
    matrix = local.matrix.astype(float)  # a norm summed in single precision is 2e-4 off
    error = np.linalg.norm(matrix - loadings @ components.reshape(COMPONENTS, -1)) / np.linalg.norm(matrix)
    verdict = "met" if error <= peer["error"] else "NOT MET"
    print(f"nmf error: {error:.6f}, AtomAI {peer['error']:.6f}   no higher: {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
