"""Positions of atoms that overlap: all Gaussians of an image fitted together."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import cg
from scipy.spatial import KDTree

from atomstat_widgets.stat.atoms.refinement import Blank, Float32, Floats, fit_gaussian, near

STEPS = 12
REACH = 3.6  # times the width: how far a Gaussian is drawn
OVERLAP = 5.0  # times the width: how far apart two may be to know of each other
PITCH = 4.0  # times the spacing: the distance of the nodes of the ground
FARTHEST = 0.5  # pixels that an atom moves in one step
SETTLED = 1e-3  # pixels: a step that moves no atom farther is the last
DAMPING = 1e-4  # of the diagonal: keeps what no pixel tells, as an atom on a border without data
BLOCK = 4096  # atoms whose patches are looked at at a time


def fit_together(pixels: Float32, points: Floats, spacing: float, blank: Blank = None) -> Floats:
    """Positions (n, 2) of Gaussians of one width on a smooth ground, all fitted to the image together [1]_.

    Least squares by Gauss and Newton. The normal equations are sparse, since only neighbours overlap, and known in
    closed form: they are integrals of products of Gaussians. The ground is linear between nodes four spacings apart.

    References
    ----------
    .. [1] De Backer, van den Bos, Van den Broek, Sijbers & Van Aert, Ultramicroscopy 171, 104 (2016): StatSTEM.
    """
    if len(points) == 0:
        return points
    start = fit_gaussian(pixels, points, spacing, blank)
    positions, log_width = start.copy(), math.log(spacing / 4.5)
    seen = np.ones(pixels.shape, np.float32) if blank is None else (~blank).astype(np.float32)
    ground = _Ground(pixels.shape, PITCH * spacing, spacing)
    heights = np.zeros(len(points))
    nodes = np.full(ground.count, float(np.median(pixels)))
    for step in range(STEPS):
        width = math.exp(log_width)
        drawn = _Drawn(positions, width, pixels.shape)
        residual = (pixels - drawn.image(heights) - ground.image(nodes)) * seen
        if step == 0:  # the problem is linear in these: a step without the others is a good start of the next
            scaled = np.zeros_like(heights)
        else:
            scaled = heights
        gradients = drawn.gradients(residual)
        right = np.concatenate([gradients[:, 0], gradients[:, 1], gradients[:, 2], ground.gradient(residual)])
        normal, border, corner = _normal_equations(positions, scaled, width, ground)
        of_width = float(scaled @ gradients[:, 3])
        if step == 0:
            keep = np.r_[np.arange(len(heights)), np.arange(3 * len(heights), len(right))]
            solved = np.zeros_like(right)
            solved[keep] = _solve(normal[keep][:, keep], right[keep])
            change = 0.0
        else:
            solved, response = _solve(normal, right), _solve(normal, border)
            change = (of_width - float(border @ solved)) / max(corner - float(border @ response), DAMPING * corner)
            change = float(np.clip(change, -0.2, 0.2))
            solved -= change * response
        of_heights, *moves, of_nodes = np.split(solved, np.arange(1, 4) * len(heights))
        # Positions are solved for times the height, which keeps the equations alike.
        safe = np.where(heights > 0, heights, np.inf)
        move = np.clip(np.stack(moves, axis=1) / safe[:, None], -FARTHEST, FARTHEST)
        heights, nodes = heights + of_heights, nodes + of_nodes
        positions = positions + move
        log_width += change
        if step > 1 and np.abs(move).max() < SETTLED and abs(change) < SETTLED:
            break
    return near(start, positions - start, spacing, heights > 0)


def _solve(matrix: Any, right: Floats) -> Floats:
    """Solve symmetric positive equations by conjugate gradients, their diagonal scaled to 1."""
    scale = 1 / np.sqrt(matrix.diagonal())
    scaled = sparse.diags_array(scale) @ matrix @ sparse.diags_array(scale)
    solved, _ = cg(scaled, right * scale, rtol=1e-5, maxiter=500)
    return np.asarray(solved * scale)


class _Drawn:
    """Gaussians of one width at places of an image, as factors along y and x."""

    def __init__(self, positions: Floats, width: float, shape: tuple[int, ...]) -> None:
        self.width, self.shape = width, shape
        reach = math.ceil(REACH * width)
        nearest = np.rint(positions).astype(np.intp)
        self.at = nearest[:, :, None] + np.arange(-reach, reach + 1)  # (n, 2, m), rows and columns
        self.off = self.at - positions[:, :, None]
        self.inside = (self.at >= 0) & (self.at < np.array(shape)[:, None])
        self.profile = np.exp(-(self.off**2) / (2 * width**2)) * self.inside
        self.at = self.at.clip(0, np.array(shape)[:, None] - 1)

    def image(self, heights: Floats) -> Float32:
        """Sum of the Gaussians, (height, width)."""
        n, _, m = self.at.shape
        starts = np.arange(n + 1) * m
        factors = [
            sparse.csr_array((self.profile[:, axis].ravel(), self.at[:, axis].ravel(), starts), (n, self.shape[axis]))
            for axis in (0, 1)
        ]
        product = factors[0].T @ (sparse.diags_array(heights) @ factors[1])
        return np.asarray(product.toarray(), np.float32)

    def gradients(self, residual: Float32) -> Floats:
        """Sums over the pixels of the residual times each Gaussian's slope, (n, 4).

        Those by height, and, divided by the height, by y, by x, and by the logarithm of the width.
        """
        parts = []
        for first in range(0, len(self.at), BLOCK):
            these = slice(first, first + BLOCK)
            y, x = self.at[these, 0], self.at[these, 1]
            patches = residual[y[:, :, None], x[:, None, :]].astype(np.float64)
            (gy, gx), (v, u) = (np.moveaxis(one[these], 1, 0) for one in (self.profile, self.off))
            along_x = np.stack([gx, gx * u, gx * u**2], axis=-1)
            rows = patches @ along_x
            along_y = np.stack([gy, gy * v, gy * v**2], axis=1)
            moments = along_y @ rows  # by the power of v, by that of u
            square = self.width**2
            parts.append(
                np.stack(
                    [
                        moments[:, 0, 0],
                        moments[:, 1, 0] / square,
                        moments[:, 0, 1] / square,
                        (moments[:, 2, 0] + moments[:, 0, 2]) / square,
                    ],
                    axis=1,
                )
            )
        return np.concatenate(parts)


class _Ground:
    """A ground that is linear between nodes on a grid, which reaches beyond the image."""

    def __init__(self, shape: tuple[int, ...], pitch: float, margin: float) -> None:
        self.shape, self.margin = shape, math.ceil(2 * margin)
        self.firsts, self.pitches, self.counts = [], [], []
        for side in shape:
            length = side - 1 + 2 * self.margin
            count = max(2, 1 + round(length / pitch))
            self.firsts.append(-self.margin)
            self.counts.append(count)
            self.pitches.append(length / (count - 1))
        self.hats = [self._hats(axis, np.arange(side)) for axis, side in enumerate(shape)]
        grams = []
        for axis, side in enumerate(shape):
            beyond = self._hats(axis, np.arange(-self.margin, side + self.margin))
            grams.append(sparse.csr_array(beyond.T @ beyond))
        self.gram = sparse.kron(grams[0], grams[1], format="csr")

    @property
    def count(self) -> int:
        """Number of nodes."""
        return self.counts[0] * self.counts[1]

    def _weights(self, axis: int, at: Floats) -> tuple[NDArray[np.intp], Floats]:
        """Number of the node before each place along an axis, and how far on to the next the place is."""
        place = np.clip((at - self.firsts[axis]) / self.pitches[axis], 0, self.counts[axis] - 1)
        before = np.minimum(place.astype(np.intp), self.counts[axis] - 2)
        return before, place - before

    def _hats(self, axis: int, at: NDArray[Any]) -> Floats:
        before, on = self._weights(axis, at.astype(np.float64))
        hats = np.zeros((len(at), self.counts[axis]))
        hats[np.arange(len(at)), before] = 1 - on
        hats[np.arange(len(at)), before + 1] = on
        return hats

    def image(self, nodes: Floats) -> Float32:
        """Ground with values at its nodes."""
        return np.asarray(self.hats[0] @ nodes.reshape(self.counts) @ self.hats[1].T, np.float32)

    def gradient(self, residual: Float32) -> Floats:
        """Sums of the residual under the hat of each node."""
        return np.asarray(self.hats[0].T @ residual @ self.hats[1], np.float64).ravel()

    def at(self, positions: Floats) -> tuple[Any, Any, Any]:
        """Hats at places, and their slopes along y and x, as sparse arrays (n, nodes)."""
        (row, v), (column, u) = (self._weights(axis, positions[:, axis]) for axis in (0, 1))
        nodes = np.stack([(row + i) * self.counts[1] + column + j for i in (0, 1) for j in (0, 1)], axis=1)
        ys, xs = (1 - v, v), (1 - u, u)
        slope_y, slope_x = (-1 / self.pitches[0], 1 / self.pitches[0]), (-1 / self.pitches[1], 1 / self.pitches[1])
        ones = np.ones_like(v)
        hats = np.stack([ys[i] * xs[j] for i in (0, 1) for j in (0, 1)], axis=1)
        by_y = np.stack([slope_y[i] * xs[j] for i in (0, 1) for j in (0, 1)], axis=1)
        by_x = np.stack([ys[i] * slope_x[j] * ones for i in (0, 1) for j in (0, 1)], axis=1)
        starts = np.arange(len(v) + 1) * 4
        hats, by_y, by_x = (
            sparse.csr_array((one.ravel(), nodes.ravel(), starts), (len(v), self.count)) for one in (hats, by_y, by_x)
        )
        return hats, by_y, by_x


def _normal_equations(positions: Floats, heights: Floats, width: float, ground: _Ground) -> tuple[Any, Floats, float]:
    """Matrix of heights, y and x times the height, and nodes; its border of the width; the corner of the width.

    Over the whole plane, and so for an atom at the border of the image too: there the steps are too small, not wrong.
    """
    n, square = len(positions), width**2
    pairs = KDTree(positions).query_pairs(OVERLAP * width, output_type="ndarray")
    i = np.concatenate([pairs[:, 0], pairs[:, 1], np.arange(n)])
    j = np.concatenate([pairs[:, 1], pairs[:, 0], np.arange(n)])
    dy, dx = (positions[j] - positions[i]).T
    t = (dy**2 + dx**2) / (4 * square)
    product = math.pi * square * np.exp(-t)  # integral of one Gaussian times the other

    def block(values: Floats) -> Any:
        return sparse.csr_array((values, (i, j)), (n, n))

    hh = block(product)
    hy, hx = (block(-d / (2 * square) * product) for d in (dy, dx))
    yy, xx = (block((1 / (2 * square) - d**2 / (4 * square**2)) * product) for d in (dy, dx))
    yx = block(-dy * dx / (4 * square**2) * product)
    area = 2 * math.pi * square
    hats, by_y, by_x = (area * one for one in ground.at(positions))
    matrix = sparse.block_array(
        [[hh, hy, hx, hats], [hy.T, yy, yx, by_y], [hx.T, yx.T, xx, by_x], [hats.T, by_y.T, by_x.T, ground.gram]],
        format="csr",
    )
    matrix = matrix + sparse.diags_array(DAMPING * matrix.diagonal())

    def under(values: Floats) -> Floats:
        return np.bincount(i, values * product * heights[j], n)

    border = np.concatenate(
        [under(t + 1), under(dy * t / (2 * square)), under(dx * t / (2 * square)), 2 * (hats.T @ heights)]
    )
    return matrix, border, float(heights @ under(t**2 + 2)) or 1.0

