"""Write tests/stat/atomai_process_fft.npz: what AtomAI 0.8.1 makes of a small image.

Run in AtomAI's own environment (see ../shared/bench/atomai_stat_only.py for what to install there):

    PYTHONPATH=../shared/bench python tests/benchmarks/atomai_reference.py
"""

from pathlib import Path

import atomai.stat as peer
import atomai_stat_only  # noqa: F401  (makes the next import work without AtomAI's training stack)
import numpy as np

CASES = {  # window, step, interpolation factor, zoom factor, hamming filter
    "default": (32, 16, 2, 2, True),
    "whole_spectrum": (16, 16, 1, 1, False),
    "odd_window": (15, 20, 3, 2, True),
}


def main() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:64, :48]
    image = (np.cos(y / 1.7) * np.cos(x / 2.3 + y / 9) + 0.3 * rng.standard_normal((64, 48))).astype(np.float32)
    stored = {"image": image}
    for name, (window, step, interpolation, zoom, hamming) in CASES.items():
        analysis = peer.SlidingFFTNMF(window, window, step, step, interpolation, zoom, hamming)
        stored[name] = analysis.process_fft(analysis.make_windows(image)).astype(np.float32)
        stored[f"{name}_settings"] = np.array([window, step, interpolation, zoom, hamming])
    np.savez_compressed(Path(__file__).resolve().parents[1] / "stat" / "atomai_process_fft.npz", **stored)


if __name__ == "__main__":
    main()
