"""Positions of atoms that overlap: all Gaussians of an image fitted together."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special
from scipy.sparse.linalg import cg
from scipy.spatial import KDTree

from atomstat_widgets.stat.atoms.refinement import Blank, Float32, Floats, fit_gaussian, near

STEPS = 12
REACH = 3.6  # times the width: how far a Gaussian is drawn
OVERLAP = 5.0  # times the width: how far apart two may be to know of each other
PITCH = 4.0  # times the spacing: the distance of the nodes of the ground
FARTHEST = 0.5  # pixels that an atom moves in one step
SETTLED, MOST = 3e-3, 0.99  # pixels, and of the moves: a step of which so many are no longer is the last
DAMPING = 1e-4  # of the diagonal: keeps what no pixel tells, as an atom on a border without data
BLOCK = 4096  # atoms whose patches are looked at at a time
NODES = 3  # of the ground along an axis, whose hats a Gaussian may meet


def fit_together(pixels: Float32, points: Floats, spacing: float, blank: Blank = None) -> Floats:
    """Positions (n, 2) of Gaussians of one width on a smooth ground, all fitted to the image together [1]_.

    Least squares by Gauss and Newton. The normal equations are sparse, since only neighbours overlap: they are
    integrals of products of Gaussians, and solved by conjugate gradients, so the time goes with the number of atoms.
    The ground is linear between nodes four spacings apart.

    References
    ----------
    .. [1] De Backer, van den Bos, Van den Broek, Sijbers & Van Aert, Ultramicroscopy 171, 104 (2016): StatSTEM.
    """
    if len(points) == 0:
        return points
    start = fit_gaussian(pixels, points, spacing, blank)
    positions, log_width = start.copy(), math.log(spacing / 4.5)
    seen = np.ones(pixels.shape, np.float32) if blank is None else (~blank).astype(np.float32)
    ground = _Ground(pixels.shape, PITCH * spacing)
    heights = np.zeros(len(points))
    nodes = np.full(ground.count, float(np.median(pixels)))
    for step in range(STEPS):
        width = math.exp(log_width)
        drawn = _Drawn(positions, width, pixels.shape)
        residual = (pixels - drawn.image(heights) - ground.image(nodes)) * seen
        gradients = drawn.gradients(residual)
        right = np.concatenate([gradients[:, 0], gradients[:, 1], gradients[:, 2], ground.gradient(residual)])
        normal, border, corner = _normal_equations(drawn, heights, ground)
        of_width = float(heights @ gradients[:, 3])
        if step == 0:  # heights and ground alone, in which the problem is linear, start the others well
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
        # A few that stand for nothing jump to and fro for ever.
        if step > 1 and float(np.quantile(np.abs(move), MOST)) < SETTLED and abs(change) < SETTLED:
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
        self.positions, self.width, self.shape = positions, width, shape
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

    def products(self, i: NDArray[np.intp], j: NDArray[np.intp]) -> Floats:
        """Integrals along each axis of one profile times another, and times powers of both offsets, (2, 3, 3, pairs).

        In the area of the pixels. The product of two Gaussians of one width is one that is narrower by the root of 2,
        half-way between them. Of those that are half a pixel wide or more, an integral is the sum over the pixels.
        """
        first, other = self.positions[i].T, self.positions[j].T
        middle, half = (first + other) / 2, (other - first) / 2
        ends = np.array(self.shape)[:, None] - 0.5
        moments = _moments(-0.5 - middle, ends - middle, self.width / math.sqrt(2))
        moments *= np.exp(-((half / self.width) ** 2))
        m0, m1, m2, m3, m4 = moments
        a = half  # offsets are t + a and t - a of the middle's offset t
        aa = a * a
        return np.moveaxis(
            np.array(
                [
                    [m0, m1 - a * m0, m2 - 2 * a * m1 + aa * m0],
                    [m1 + a * m0, m2 - aa * m0, m3 - a * m2 - aa * m1 + a * aa * m0],
                    [
                        m2 + 2 * a * m1 + aa * m0,
                        m3 + a * m2 - aa * m1 - a * aa * m0,
                        m4 - 2 * aa * m2 + aa * aa * m0,
                    ],
                ]
            ),
            2,
            0,
        )


def _moments(first: Floats, last: Floats, width: float) -> Floats:
    """Integrals of a Gaussian of height 1 times the powers 0 to 4 of the offset from its middle, (5, ...)."""
    low, high = (np.exp(-((end / width) ** 2) / 2) for end in (first, last))
    between = special.erf(last / (math.sqrt(2) * width)) - special.erf(first / (math.sqrt(2) * width))
    moments = np.empty((5, *between.shape))
    moments[0] = math.sqrt(math.pi / 2) * width * between
    moments[1] = width**2 * (low - high)
    for power in (2, 3, 4):  # by parts
        low, high = low * first, high * last
        moments[power] = width**2 * ((power - 1) * moments[power - 2] + low - high)
    return moments


class _Ground:
    """A ground that is linear between nodes on a grid over the image."""

    def __init__(self, shape: tuple[int, ...], pitch: float) -> None:
        self.hats = [_hats(side, max(2, 1 + round((side - 1) / pitch))) for side in shape]
        self.counts = [one.shape[1] for one in self.hats]
        grams = [sparse.csr_array(one.T @ one) for one in self.hats]
        self.gram = sparse.kron(*grams, format="csr")

    @property
    def count(self) -> int:
        """Number of nodes."""
        return int(self.counts[0] * self.counts[1])

    def image(self, nodes: Floats) -> Float32:
        """Ground with values at its nodes."""
        return np.asarray(self.hats[0] @ nodes.reshape(self.counts) @ self.hats[1].T, np.float32)

    def gradient(self, residual: Float32) -> Floats:
        """Sums of the residual under the hat of each node."""
        return np.asarray(self.hats[0].T @ residual @ self.hats[1], np.float64).ravel()

    def under(self, drawn: _Drawn) -> list[Any]:
        """Sums of hats times Gaussians of height 1 and times their slopes, as sparse arrays (n, nodes).

        The slopes are those by y, by x, and by the logarithm of the width.
        """
        numbers, sums = [], []
        for axis, hats in enumerate(self.hats):
            firsts = np.argmax(hats[drawn.at[:, axis, 0]] > 0, axis=1)
            near = firsts[:, None] + np.arange(NODES)
            real = near < self.counts[axis]
            near = near.clip(0, self.counts[axis] - 1)
            here = hats[drawn.at[:, axis, :, None], near[:, None, :]] * real[:, None, :]
            numbers.append(near)
            powers = drawn.off[:, axis, None] ** np.arange(3)[:, None] * drawn.profile[:, axis, None]
            sums.append(np.moveaxis(powers @ here, 1, 0))
        nodes = (numbers[0][:, :, None] * self.counts[1] + numbers[1][:, None, :]).ravel()
        starts = np.arange(len(drawn.at) + 1) * NODES**2
        y, x = sums

        def spread(a: int, b: int) -> Any:
            values = (y[a][:, :, None] * x[b][:, None, :]).ravel()
            return sparse.csr_array((values, nodes, starts), (len(drawn.at), self.count))

        square = drawn.width**2
        return [spread(0, 0), spread(1, 0) / square, spread(0, 1) / square, (spread(2, 0) + spread(0, 2)) / square]


def _hats(side: int, count: int) -> Floats:
    """Hats (side, count) of nodes that lie evenly from the first pixel to the last."""
    place = np.arange(side) * ((count - 1) / (side - 1))
    return np.asarray(np.maximum(1 - np.abs(place[:, None] - np.arange(count)), 0))


def _normal_equations(drawn: _Drawn, heights: Floats, ground: _Ground) -> tuple[Any, Floats, float]:
    """Matrix of heights, y and x times the height, and nodes; its border of the width; the corner of the width.

    The integral of a product of two Gaussians is one along y times one along x.
    """
    n, square = len(heights), drawn.width**2
    pairs = KDTree(drawn.positions).query_pairs(OVERLAP * drawn.width, output_type="ndarray")
    i = np.concatenate([pairs[:, 0], pairs[:, 1], np.arange(n)])
    j = np.concatenate([pairs[:, 1], pairs[:, 0], np.arange(n)])
    y, x = drawn.products(i, j)  # by axis, power of the offset from i, that from j, pair

    def block(values: Floats) -> Any:
        return sparse.csr_array((values, (i, j)), (n, n))

    hh = block(y[0, 0] * x[0, 0])
    hy, hx = block(y[0, 1] * x[0, 0] / square), block(y[0, 0] * x[0, 1] / square)
    yy, xx = block(y[1, 1] * x[0, 0] / square**2), block(y[0, 0] * x[1, 1] / square**2)
    yx = block(y[1, 0] * x[0, 1] / square**2)
    hats, by_y, by_x, by_width = ground.under(drawn)
    matrix = sparse.block_array(
        [[hh, hy, hx, hats], [hy.T, yy, yx, by_y], [hx.T, yx.T, xx, by_x], [hats.T, by_y.T, by_x.T, ground.gram]],
        format="csr",
    )
    matrix = matrix + sparse.diags_array(DAMPING * matrix.diagonal() + np.finfo(np.float32).tiny)

    def with_width(values: Floats) -> Floats:
        return np.asarray(np.bincount(i, values * heights[j], n), np.float64)

    border = np.concatenate(
        [
            with_width(y[0, 2] * x[0, 0] + y[0, 0] * x[0, 2]) / square,
            with_width(y[1, 2] * x[0, 0] + y[1, 0] * x[0, 2]) / square**2,
            with_width(y[0, 2] * x[1, 0] + y[0, 0] * x[1, 2]) / square**2,
            by_width.T @ heights,
        ]
    )
    both = y[2, 2] * x[0, 0] + y[2, 0] * x[0, 2] + y[0, 2] * x[2, 0] + y[0, 0] * x[2, 2]
    return matrix, border, float(heights @ with_width(both)) / square**2
