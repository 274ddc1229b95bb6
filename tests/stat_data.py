"""Small data with something in them, for tests of the analysis."""

import numpy as np


def rows_of_low_rank(rows: int = 90, columns: int = 40) -> np.ndarray:
    rng = np.random.default_rng(rows)
    patterns = rng.standard_normal((rows, 4)) * [8, 4, 2, 1] @ rng.standard_normal((4, columns))
    return (1 + patterns + 0.01 * rng.random((rows, columns))).astype(np.float32)


def cube_of(height: int = 12, width: int = 10, channels: int = 15) -> np.ndarray:
    """Counts of three substances, in float64."""
    rng = np.random.default_rng(1)
    spectra = rng.random((3, channels)) ** 4
    amounts = rng.dirichlet([0.3] * 3, (height, width))
    return rng.poisson(200 * amounts @ spectra).astype(float)


def movie_of(frames: int = 6, side: int = 48) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Frames of round atoms on a lattice, and where they are."""
    rng = np.random.default_rng(2)
    sites = np.stack(np.meshgrid(np.arange(6, side, 9), np.arange(6, side, 9), indexing="ij"), axis=-1).reshape(-1, 2)
    y, x = np.indices((side, side))
    pictures, positions = [], {}
    for number in range(frames):
        points = sites + rng.uniform(-0.5, 0.5, sites.shape)
        heights = rng.choice([1.0, 1.5], len(points))
        distances = (y - points[:, :1, None]) ** 2 + (x - points[:, 1:, None]) ** 2
        picture = (heights[:, None, None] * np.exp(-distances / (2 * 1.8**2))).sum(axis=0)
        pictures.append(picture + rng.normal(0, 0.02, picture.shape))
        positions[number] = points
    return np.array(pictures), positions


def assert_same_up_to_sign(found: np.ndarray, expected: np.ndarray) -> None:
    """Rows of two matrices, to 1e-5 of the length of each."""
    found, expected = np.asarray(found), np.asarray(expected)
    signs = np.where((found * expected).sum(axis=1) < 0, -1, 1)[:, None]
    assert (np.linalg.norm(signs * found - expected, axis=1) <= 1e-5 * np.linalg.norm(expected, axis=1)).all()
