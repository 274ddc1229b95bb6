"""Sliding FFT + NMF beside AtomAI 0.8.1: times, errors and memory, in one run.

    python tests/benchmarks/sliding_fft.py --atomai-python PATH/bin/python

AtomAI has an environment of its own, named by its Python; ../shared/bench/atomai_stat_only.py says what to install
there. Both are given the same 1024 x 1024 image, window 64, step 8, 4 components. AtomAI runs once, since it takes
minutes; ours is the median of several runs. BLAS has one thread here, as it has in the served app.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import median_time

import numpy as np

from atomstat_widgets.data import samples
from atomstat_widgets.stat import SlidingFFTNMF, factorize, zoom_spectra
from atomstat_widgets.stat import nmf
from atomstat_widgets.stat import sliding_fft

SIDE, WINDOW, STEP, COMPONENTS = 1024, 64, 8, 4
SHIM = Path(__file__).resolve().parents[3] / "shared" / "bench"

PEER = """
import contextlib, io, sys, time
sys.path.insert(0, sys.argv[1])
import atomai_stat_only
import atomai.stat as peer
import numpy as np

folder, size, step, k = sys.argv[2], *map(int, sys.argv[3:6])
image = np.load(f"{folder}/image.npy")
analysis = peer.SlidingFFTNMF(size, size, step, step, components=k)
with contextlib.redirect_stdout(io.StringIO()):
    start = time.perf_counter()
    features = analysis.process_fft(analysis.make_windows(image))
    middle = time.perf_counter()
    components, abundances = analysis.run_nmf(features)
    end = time.perf_counter()
np.savez(f"{folder}/peer.npz", components=components, abundances=abundances, times=[middle - start, end - middle])
np.save(f"{folder}/features.npy", features)
"""

MEMORY = """
import resource
import numpy as np
from atomstat_widgets import stat
image = np.random.default_rng(0).random((4096, 4096), dtype=np.float32)
stat.SlidingFFTNMF(64, 64, 16, 16).analyze_image(image)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def relative_error(features: np.ndarray, loadings: np.ndarray, components: np.ndarray) -> float:
    return float(np.linalg.norm(features - loadings @ components) / np.linalg.norm(features))


def row(name: str, atomai: str, ours: str, value: str, bound: str, met: bool) -> None:
    print(f"{name:<46}{atomai:>12}{ours:>12}{value:>12}   {bound:<12}{'met' if met else 'NOT MET'}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--atomai-python", required=True, help="python of an environment with atomai 0.8.1")
    python = parser.parse_args().atomai_python

    image = samples.grains(shape=(SIDE, SIDE)).array
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/image.npy", image)
        sizes = [str(number) for number in (WINDOW, STEP, COMPONENTS)]
        subprocess.run([python, "-W", "ignore", "-c", PEER, str(SHIM), folder, *sizes], check=True)
        peer = np.load(f"{folder}/peer.npz")
        features = np.load(f"{folder}/features.npy").astype(np.float32)
    peer_fft, peer_nmf = peer["times"]

    rank = COMPONENTS + 16
    spectra = sliding_fft(image, WINDOW, STEP, keep_mean=True)  # as AtomAI
    low_rank = factorize(spectra.features, rank, weights=spectra.weights)
    fft = median_time(lambda: sliding_fft(image, WINDOW, STEP))
    factor = median_time(lambda: factorize(spectra.features, rank, weights=spectra.weights))
    four = median_time(lambda: nmf(low_rank, COMPONENTS))
    others = {k: median_time(lambda k=k: nmf(low_rank, k), 3) for k in range(1, 9)}
    slowest = max(others, key=others.get)
    analysis = SlidingFFTNMF(WINDOW, WINDOW, STEP, STEP, components=COMPONENTS)
    whole = median_time(lambda: analysis.analyze_image(image), 3)

    flat = features.reshape(len(features), -1)
    enlarged = zoom_spectra(spectra.unfold(spectra.features), 2).reshape(flat.shape)
    difference = float(np.abs(enlarged - flat).max())
    peer_error = relative_error(
        flat, peer["abundances"].reshape(-1, COMPONENTS), peer["components"].reshape(COMPONENTS, -1)
    )
    components, abundances = analysis.analyze_image(image)
    error = relative_error(flat, abundances.reshape(COMPONENTS, -1).T, components.reshape(COMPONENTS, -1))
    peak = int(subprocess.run([sys.executable, "-c", MEMORY], check=True, capture_output=True, text=True).stdout) / 1e6

    print(f"{SIDE} x {SIDE} image, window {WINDOW}, step {STEP}: {spectra.grid.count} windows, {COMPONENTS} components")
    print(f"{'':<46}{'AtomAI':>12}{'ours':>12}{'':>12}   bound")
    ratio = peer_fft / fft
    row("windows + FFT", f"{peer_fft:.2f} s", f"{fft:.3f} s", f"{ratio:.0f} x", ">= 30 x", ratio >= 30)
    row("factor", "", f"{factor:.3f} s", "", "", True)
    row("NMF", f"{peer_nmf:.1f} s", f"{four:.3f} s", f"{peer_nmf / four:.0f} x", "", True)
    ratio = (peer_fft + peer_nmf) / whole
    row(
        "whole chain (analyze_image)",
        f"{peer_fft + peer_nmf:.1f} s",
        f"{whole:.3f} s",
        f"{ratio:.0f} x",
        ">= 80 x",
        ratio >= 80,
    )
    share = others[slowest] / peer_nmf
    row(
        f"another count from the factor (slowest: {slowest})",
        "",
        f"{others[slowest]:.3f} s",
        f"{share:.2%}",
        "<= 1 %",
        share <= 0.01,
    )
    row(
        "relative error on AtomAI's features",
        f"{peer_error:.6f}",
        f"{error:.6f}",
        f"{error / peer_error:.5f}",
        "<= 1.001",
        error <= 1.001 * peer_error,
    )
    row("largest difference of features", "", f"{difference:.1e}", "", "<= 1e-4", difference <= 1e-4)
    row("peak memory, 4096 x 4096, window 64, step 16", "", f"{peak:.2f} GB", "", "< 2.5 GB", peak < 2.5)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"(numpy {np.__version__}; this program's own peak memory, with AtomAI's features in it: {own:.2f} GB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
