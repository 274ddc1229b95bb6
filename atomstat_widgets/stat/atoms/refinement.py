"""Positions of atoms to a fraction of a pixel, each from the patch that is its own."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import wraps

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.stat.binning import binned

ITERATIONS = 8
SETTLED = 1e-3  # pixels: an atom that moves no farther makes no more steps
# Refined at a time: more patches and their five derivatives would leave every cache, of fewer the calls take longest.
PIXELS_AT_A_TIME = 50_000
ENOUGH = 4.5  # pixels: radius of a patch
THREADS = 2

Floats = NDArray[np.float64]
Float32 = NDArray[np.float32]
Blank = NDArray[np.bool_] | None
Refine = Callable[..., Floats]


def _in_blocks(refine: Refine) -> Refine:
    """Refine some atoms at a time; those that are wide in binned pixels, which tell as much."""

    @wraps(refine)
    def refined(pixels: Float32, points: Floats, spacing: float, blank: Blank = None) -> Floats:
        factor = max(1, math.floor(_radius(spacing) / ENOUGH))
        if factor > 1:
            pixels = binned(pixels, factor)
            blank = None if blank is None else binned(blank.astype(np.float32), factor) > 0
        starts = np.rint((points - (factor - 1) / 2) / factor).clip(0, np.array(pixels.shape) - 1)
        block = math.ceil(PIXELS_AT_A_TIME / (math.pi * _radius(spacing / factor) ** 2))
        blocks = [starts[n : n + block] for n in range(0, len(starts), block)]
        threads = min(THREADS, len(blocks))
        with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
            work = map if pool is None else pool.map
            parts = list(work(lambda block: refine(pixels, block, spacing / factor, blank), blocks))
        found = np.concatenate([np.empty((0, 2)), *parts])
        moved = (found != starts).any(axis=1, keepdims=True)
        return np.where(moved, factor * found + (factor - 1) / 2, points)

    return refined


def _patches(pixels: Float32, points: Floats, radius: float, blank: Blank = None) -> tuple[Floats, Floats, Floats]:
    """Discs around points: offsets (2, m), values (n, m) and weights (n, m), which are 0 where there are no data."""
    reach = math.floor(radius)
    offsets = np.indices((2 * reach + 1, 2 * reach + 1)).reshape(2, -1) - reach
    offsets = offsets[:, np.hypot(*offsets) <= radius]
    height, width = pixels.shape
    rows, columns = points.astype(np.intp).T
    middle = (rows * width + columns)[:, None]
    at = middle + offsets[0] * width + offsets[1]
    inside = np.ones(at.shape, bool)
    rim = np.flatnonzero((rows < reach) | (rows >= height - reach) | (columns < reach) | (columns >= width - reach))
    beyond_y, beyond_x = rows[rim, None] + offsets[0], columns[rim, None] + offsets[1]
    inside[rim] = (beyond_y >= 0) & (beyond_y < height) & (beyond_x >= 0) & (beyond_x < width)
    at[rim] = np.where(inside[rim], at[rim], middle[rim])
    values = pixels.ravel()[at]
    if blank is not None:
        inside &= ~blank.ravel()[at]
    return offsets.astype(np.float64), values.astype(np.float64), inside.astype(np.float64)


def _radius(spacing: float) -> float:
    """Radius of the patch that is the atom's own, with at least the 3 x 3 pixels that tell a position."""
    return max(1.5, 0.45 * spacing)


@_in_blocks
def fit_gaussian(pixels: Float32, points: Floats, spacing: float, blank: Blank = None) -> Floats:
    """Positions (n, 2) of the Gaussians fitted around maxima (n, 2): Gauss-Newton for all atoms at once."""
    patches = _patches(pixels, points, _radius(spacing), blank)
    # In half the memory: what single precision loses is far below a thousandth of a pixel.
    level = patches[1].mean(axis=1, keepdims=True)
    (dy, dx), values, weights = (one.astype(np.float32) for one in (patches[0], patches[1] - level, patches[2]))
    ground = np.min(values, axis=1, initial=np.inf, where=weights > 0)
    # Amplitude, y, x, ground, and the logarithm of the width, which so stays positive.
    height = np.max(values, axis=1, initial=-np.inf, where=weights > 0) - ground
    start = math.log(spacing / 5)
    zeros = np.zeros_like(height)
    p = np.stack([height, zeros, zeros, ground, np.full_like(height, start)], axis=1).astype(np.float64)
    limit = np.array([np.inf, 0.5, 0.5, np.inf, 0.3])  # one step: curbs those who start far from a peak
    moving = np.arange(len(values))
    jacobian = np.empty((len(values), 5, values.shape[1]), np.float32)
    jacobian[:, 3] = weights
    with np.errstate(all="ignore"):  # those who diverge are told by their values
        for _ in range(ITERATIONS):
            amplitude, y, x, ground, log_width = p[moving].T[:, :, None].astype(np.float32)
            v, u, width2 = dy - y, dx - x, np.exp(2 * log_width)
            squares = v**2 + u**2
            profile = np.exp(squares / (-2 * width2), out=jacobian[:, 0])
            profile *= weights
            slope = profile * (amplitude / width2)
            for number, factor in ((1, v), (2, u), (4, squares)):
                np.multiply(slope, factor, out=jacobian[:, number])
            residual = (values - ground) * weights - amplitude * profile
            normal, right = jacobian @ jacobian.swapaxes(1, 2), jacobian @ residual[:, :, None]
            step = np.nan_to_num(np.clip(_solved(normal, right), -limit, limit))
            p[moving] += step
            left = np.abs(step[:, 1:3]).max(axis=1) >= SETTLED
            if not left.any():
                break
            if not left.all():
                moving, values, weights, jacobian = moving[left], values[left], weights[left], jacobian[: left.sum()]
                jacobian[:, 3] = weights
    peak = (p[:, 0] > 0) & (np.abs(p[:, 4] - start) < math.log(4))
    return near(points, p[:, 1:3], spacing, peak)


def _solved(normal: Float32, right: Float32) -> Floats:
    """Solutions (n, k) of many small systems of normal equations (n, k, k) with their right sides (n, k, 1).

    Elimination in all systems at once takes half the time of one system after the other.
    """
    systems, count, _ = normal.shape
    rows = np.empty((count, count + 1, systems))  # so that what is alike of all systems is side by side
    rows[:, :count], rows[:, count:] = normal.transpose(1, 2, 0), right.transpose(1, 2, 0)
    # A trace of Marquardt's damping keeps the few patches solvable that show no peak at all.
    for at in range(count):
        rows[at, at] *= 1 + 1e-6
        rows[at, at] += 1e-12
    for at in range(count):  # the diagonal of normal equations stays above 0, so that none has to be exchanged
        rows[at, at + 1 :] /= rows[at, at]
        rows[at + 1 :, at + 1 :] -= rows[at + 1 :, at, None] * rows[at, at + 1 :]
    solutions = rows[:, count]
    for at in range(count - 1, 0, -1):
        solutions[:at] -= rows[:at, at] * solutions[at]
    return solutions.T


@_in_blocks
def move_to_centroid(pixels: Float32, points: Floats, spacing: float, blank: Blank = None) -> Floats:
    """Positions (n, 2) of the centres of mass, under a Gaussian weight that follows them, from maxima (n, 2) on."""
    offsets, values, weights = _patches(pixels, points, _radius(spacing), blank)
    values = (values - np.min(values, axis=1, initial=np.inf, where=weights > 0)[:, None]) * weights
    moved = np.zeros_like(points)
    for _ in range(ITERATIONS):
        squares = np.sum((offsets[:, None] - moved.T[:, :, None]) ** 2, axis=0)
        mass = values * np.exp(-squares / (2 * (spacing / 5) ** 2))
        centre = mass @ offsets.T / np.maximum(mass.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        # A Gaussian under a Gaussian weight of like width has its centre half-way: twice the step arrives.
        moved += 2 * (centre - moved)
    return near(points, moved, spacing, np.ones(len(points), bool))


def near(points: Floats, moved: Floats, spacing: float, valid: NDArray[np.bool_]) -> Floats:
    """Points moved, but for those that are not valid or left the maximum's neighbourhood."""
    valid = valid & (np.hypot(*moved.T) <= max(1.5, spacing / 4))
    return np.asarray(points + np.where(valid[:, None], moved, 0.0))
