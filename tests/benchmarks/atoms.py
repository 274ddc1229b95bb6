"""Atoms found, beside scikit-image's peak_local_max: scores on images whose atoms are known, and the time.

    python tests/benchmarks/atoms.py        (needs scikit-image and ../shared/data)

Real scans are stood in for by ../shared/data/stem-simulated-with-positions: multislice images with scan jitter
("clean") and noise ("noisy"). peak_local_max is told the true spacing (the median distance to the nearest neighbour):
min_distance is half of it, after a Gaussian of an eighth of it, without a threshold, its default. "best" is its
best score with hindsight, over four smoothings, five thresholds, and with and without its border rule.
"""

import sys
from itertools import product
from pathlib import Path

from timing import median_time

import numpy as np
from scipy import ndimage
from skimage.feature import peak_local_max

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "stat"))
from test_atoms import lattice_image, multislice, nearest_distance, score

from atomstat_widgets.stat.atoms.atoms import find_atoms

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def peaks(image: np.ndarray, spacing: float, smoothing: float, threshold: float | None, border: bool) -> np.ndarray:
    smooth = ndimage.gaussian_filter(image, smoothing)
    distance = max(1, round(spacing / 2))
    return peak_local_max(smooth, min_distance=distance, threshold_rel=threshold, exclude_border=border).astype(float)


def main() -> None:
    print("own lattices, 256 x 256, spacing 9.6 px, columns of 1.8 px; atoms half a spacing inside the border")
    print(f"{'lattice':<22}{'noise':>6}{'guess':>8}{'recall':>8}{'precision':>11}{'error px':>10}")
    for opening, faint, noise in product((60, 90), (1.0, 0.5), (0.05, 0.1, 0.2, 0.3)):
        image, truth = lattice_image(opening=opening, faint=faint, noise=noise)
        atoms = find_atoms(image)
        _, recall, precision, error = score(atoms.positions, truth, 9.6 / 4, inside=(image.shape, 4.8))
        name = ("hexagonal" if opening == 60 else "square") + (", heights 1|0.5" if faint < 1 else "")
        print(f"{name:<22}{noise:>6.2f}{atoms.spacing:>8.2f}{recall:>8.3f}{precision:>11.3f}{error:>10.3f}")

    print("\nmultislice, a find is right within a quarter of the true spacing; errors include the scan's distortion")
    print(f"{'file':<22}{'atoms':>6}{'true':>7}{'guess':>7}{'F1':>8}{'recall':>8}{'precis.':>9}{'error':>7}", end="")
    print(f"{'F1 told spacing':>17}{'F1 centroid':>13}{'| peak_local_max F1':>21}{'best':>7}")
    for file, kind in product(sorted((DATA / "stem-simulated-with-positions").glob("*.h5")), ("clean", "noisy")):
        image, truth = multislice(file, kind)
        spacing = float(np.median(nearest_distance(truth)))
        atoms = find_atoms(image)
        f1, recall, precision, error = score(atoms.positions, truth, spacing / 4)
        told = score(find_atoms(image, spacing=spacing).positions, truth, spacing / 4)[0]
        centroid = score(find_atoms(image, refine="centroid").positions, truth, spacing / 4)[0]
        peer = score(peaks(image, spacing, spacing / 8, None, True), truth, spacing / 4)[0]
        grid = product((1, spacing / 8, spacing / 6, spacing / 4), (None, 0.05, 0.1, 0.2, 0.3), (True, False))
        best = max(score(peaks(image, spacing, *setting), truth, spacing / 4)[0] for setting in grid)
        name = f"{file.stem} {kind}"
        print(f"{name:<22}{len(truth):>6}{spacing:>7.1f}{atoms.spacing:>7.1f}{f1:>8.3f}{recall:>8.3f}", end="")
        print(f"{precision:>9.3f}{error:>7.2f}{told:>17.3f}{centroid:>13.3f}{peer:>21.3f}{best:>7.3f}")
        if f1 < peer:
            print("    LOWER than peak_local_max")

    image, truth = lattice_image(opening=60, faint=1.0, noise=0.1, side=1024, spacing=11.0, width=2.1)
    for refine in ("gaussian", "centroid"):
        atoms = find_atoms(image, refine=refine)
        seconds = median_time(lambda refine=refine: find_atoms(image, refine=refine))
        print(f"\n1024 x 1024, {len(atoms.positions)} atoms, {refine}: {seconds:.2f} s (median of 5)")


if __name__ == "__main__":
    main()
