"""Spectral unmixing beside scikit-learn and HyperSpy: times and errors against the truth, in one run.

    python tests/benchmarks/unmixing.py --hyperspy-python PATH/bin/python

HyperSpy has an environment of its own, named by its Python: ``pip install hyperspy scikit-learn``. All are given the
same two cubes of known endmembers, from ../shared/data. Errors are relative Frobenius errors; angles are mean
spectral angles to the true endmembers, best matched; RMSE is that of the abundances as shares.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

from timing import median_time

import numpy as np
from scipy.io import loadmat
from scipy.optimize import linear_sum_assignment
from sklearn.decomposition import NMF

from atomstat_widgets.stat import factorize, take_spectra, unmix_nmf
from atomstat_widgets.stat import nmf

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SEEDS = 10
HYPERSPY = """
import sys, time, logging
import numpy as np
import hyperspy.api as hs
import sklearn.decomposition  # not to be timed
hs.set_log_level("ERROR")
cube, k = np.load(sys.argv[1]), int(sys.argv[2])
signal = hs.signals.Signal1D(cube)
start = time.perf_counter()
signal.decomposition(algorithm="NMF", output_dimension=k, print_info=False)
cold = time.perf_counter() - start
start = time.perf_counter()
signal.decomposition(algorithm="NMF", output_dimension=k + 1, print_info=False)
again = time.perf_counter() - start
signal.decomposition(algorithm="NMF", output_dimension=k, print_info=False)
results = signal.learning_results
np.savez(sys.argv[3], components=results.factors.T, loadings=results.loadings, times=[cold, again])
"""


def cubes() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Spectra (height, width, channels), true endmembers (k, channels) and abundances (n, k)."""
    eels = np.load(DATA / "cube-eels-with-truth" / "oxide_interface_d1000.npz")
    toy = loadmat(DATA / "cube-toy-with-truth" / "toy_image.mat")
    shares = eels["abundances"].reshape(len(eels["endmembers"]), -1).T
    return {
        "EELS": (eels["cube"].astype(np.float64), eels["endmembers"], shares),
        "toy": (toy["I"].astype(np.float64), toy["R_gt"], toy["A_gt"].reshape(-1, len(toy["R_gt"]))),
    }


def score(
    cube: np.ndarray, components: np.ndarray, loadings: np.ndarray, truth: np.ndarray, shares: np.ndarray
) -> tuple[float, float, float]:
    """Relative error, angle in degrees and RMSE of the abundances."""
    rows = cube.reshape(len(loadings), -1)
    error = float(np.linalg.norm(rows - loadings @ components) / np.linalg.norm(rows))
    units = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in (truth, components)]
    angles = np.degrees(np.arccos(np.clip(units[0] @ units[1].T, -1, 1)))
    own, partner = linear_sum_assignment(angles)
    amounts = (loadings * components.sum(axis=1))[:, partner]
    amounts = amounts / np.maximum(amounts.sum(axis=1, keepdims=True), 1e-12)
    return error, float(angles[own, partner].mean()), float(np.sqrt(np.mean((amounts - shares) ** 2)))


def best_of_seeds(cube: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Best of scikit-learn's factors by their error, and seconds for all."""
    rows = cube.reshape(-1, cube.shape[2])
    start = time.perf_counter()
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some starts do not converge
        for seed in range(SEEDS):
            model = NMF(k, init="random", random_state=seed, max_iter=500)
            loadings = model.fit_transform(rows)
            found.append((model.reconstruction_err_, seed, model.components_, loadings))
    _, _, components, loadings = min(found, key=lambda one: one[:2])
    return components, loadings, time.perf_counter() - start


def by_hyperspy(python: str, cube: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, float, float]:
    """HyperSpy's factors, seconds for them and for another count."""
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/cube.npy", cube)
        subprocess.run(
            [python, "-W", "ignore", "-c", HYPERSPY, f"{folder}/cube.npy", str(k), f"{folder}/found.npz"], check=True
        )
        with np.load(f"{folder}/found.npz") as found:
            return found["components"], found["loadings"], *found["times"].tolist()


def row(what: str, seconds: float, scores: tuple[float, float, float], verdict: str = "") -> None:
    error, angle, rmse = scores
    print(f"{what:<44}{seconds:>9.3f} s{error:>11.6f}{angle:>8.2f}°{rmse:>9.4f}   {verdict}", flush=True)


def verdict(met: bool, bound: str) -> str:
    return f"{bound}: {'met' if met else 'NOT MET'}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hyperspy-python", required=True, help="python of an environment with hyperspy")
    arguments = parser.parse_args()
    print(f"{'':<44}{'time':>11}{'error':>11}{'angle':>9}{'RMSE':>9}   bound")
    for name, (cube, truth, shares) in cubes().items():
        k = len(truth)
        print(f"{name}, {cube.shape}, {k} components")

        def cold(cube: np.ndarray = cube, k: int = k):
            spectra = take_spectra(cube)
            low_rank = factorize(spectra.matrix, 24)
            return spectra, low_rank, unmix_nmf(spectra, low_rank, k)

        components, loadings, seconds = best_of_seeds(cube, k)
        theirs = score(cube, components, loadings, truth, shares)
        row(f"scikit-learn NMF, best of {SEEDS} seeds", seconds, theirs)
        components, loadings, peer, peer_again = by_hyperspy(arguments.hyperspy_python, cube, k)
        peers = score(cube, components, loadings, truth, shares)
        row("HyperSpy decomposition NMF", peer, peers)
        spectra, low_rank, found = cold()
        seconds = median_time(cold)
        ours = score(cube, found.components, found.decomposition.loadings, truth, shares)
        above = ours[0] / min(theirs[0], peers[0]) - 1
        met = verdict(peer / seconds >= 3, f"{peer / seconds:.1f} x HyperSpy >= 3 x")
        row(
            "ours, cold",
            seconds,
            ours,
            f"{met}; {verdict(above <= 0, f'error {above:+.1e} beside the lower of theirs, <= 0')}",
        )
        again = median_time(partial(nmf, low_rank, k + 1))
        print(f"{'ours, another count':<44}{again:>9.3f} s{'':>29}   "
              + verdict(peer_again / again >= 10, f"{peer_again / again:.1f} x HyperSpy >= 10 x"))  # fmt: skip
        for smooth in (1, 2):
            start = time.perf_counter()
            pure = unmix_nmf(spectra, low_rank, k, start_from="nfindr", smooth=smooth)
            seconds = time.perf_counter() - start
            row(
                f"ours, start_from='nfindr', smooth={smooth}", seconds,
                score(cube, pure.components, pure.decomposition.loadings, truth, shares),
            )  # fmt: skip
    cube = np.random.default_rng(0).poisson(20 * np.random.default_rng(1).random((100, 100, 4)) @ (
        np.random.default_rng(2).random((4, 200)))).astype(np.float32)  # fmt: skip
    low_rank = factorize(take_spectra(cube).matrix, 24)
    slowest = max((median_time(partial(nmf, low_rank, k)), k) for k in range(1, 9))
    print(f"another count, 100 x 100 x 200, slowest: {slowest[1]}: {1000 * slowest[0]:.0f} ms   "
          + verdict(slowest[0] <= 0.1, "<= 100 ms"))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
