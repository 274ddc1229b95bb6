"""Movies whose shifts are known."""

import numpy as np


def lattice_points(side, spacing, rng):
    """Sites of a hexagonal lattice that is larger than a picture, seen anywhere."""
    at = np.arange(-2 * side // spacing, 3 * side // spacing)
    angle = rng.uniform(0, np.pi / 3)
    vectors = spacing * np.array([[np.sin(a), np.cos(a)] for a in (angle, angle + np.pi / 3)])
    return np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).reshape(-1, 2) @ vectors + rng.uniform(0, spacing, 2)


def draw(side, points, width):
    """Gaussians at sub-pixel places."""
    near = points[np.all((points > -4 * width) & (points < side + 4 * width), axis=1)]
    rows, columns = (np.exp(-((np.arange(side) - at[:, None]) ** 2) / (2 * width**2)) for at in near.T)
    return rows.T @ columns


def periodic_movie(frames=20, side=64, spacing=16, drift=0.1, noise=0.15, seed=0):
    """A perfect lattice that wanders by `drift` spacings a frame. Gives frames and shifts (frames, 2)."""
    rng = np.random.default_rng(seed)
    points = lattice_points(side, spacing, rng)
    steps = np.vstack([np.zeros(2), drift * spacing * rng.standard_normal((frames - 1, 2))])
    shifts = np.clip(np.cumsum(steps, axis=0), -side, side)
    movie = [draw(side, points + shift, 0.2 * spacing) + noise * rng.standard_normal((side, side)) for shift in shifts]
    return np.array(movie, np.float32), shifts


class Repeated:
    """A long movie that is not in memory: some frames, forwards and backwards, as often as it takes."""

    def __init__(self, frames, count):
        self.frames, self.count = frames, count

    def __len__(self):
        return self.count

    def __getitem__(self, place):
        at = place % (2 * len(self.frames) - 2)
        return self.frames[min(at, 2 * len(self.frames) - 2 - at)]
