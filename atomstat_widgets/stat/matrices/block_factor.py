"""The factor of a matrix that is larger than memory, block of rows by block of rows, in two passes over the data.

Where columns are few the first sums the Gram matrix, whose leading eigenvectors are nearly the right singular vectors;
where they are many that sum would be larger than the data, and it sums the Gram matrix times random vectors. The second
projects the rows onto these.
"""

from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.stat import blocks
from atomstat_widgets.stat.matrices.low_rank import BLOCK_ROWS, LowRank, leading_eigenvectors, orthonormal, round_off
from atomstat_widgets.stat.matrices.moments import Floats, Moments, Standard, moments_and_products
from atomstat_widgets.stat.progress import Progress

# Up to here the Gram matrix, exact to the tail (2e-6 of the last of 24 singular values). Above, its product with random
# vectors, whose cost does not grow with the square of the columns: 6e-6 off in the 8 that stand out of a flat tail of
# noise (2,145 columns), 16 % within that. dask's compressed SVD is 2e-2 off in as many passes; with more it is exact in
# the 8, but reads the data 4 or 6 times, or keeps them in memory. See tests/benchmarks/scaling.py.
GRAM_COLUMNS = 2500
OVERSAMPLING = 50


def factorize_blocks(
    x: Any, rank: int, weights: NDArray[np.float64], center: bool, seed: int, progress: Progress
) -> LowRank:
    """Factor of a matrix in blocks; see `factorize`, which checks what it is given."""
    import dask

    x = blocks.as_rows(x)
    rows, columns = x.shape
    dtype = np.dtype(x.dtype if x.dtype in (np.float32, np.float64) else np.float64)
    parts = x.to_delayed().ravel().tolist()
    scale, rank = np.sqrt(weights), min(rank, rows, columns)
    vectors = None
    if columns > GRAM_COLUMNS:
        count = min(rank + OVERSAMPLING, rows, columns)
        vectors = scale[:, None] * np.random.default_rng(seed).standard_normal((columns, count))

    of_part, shared = dask.delayed(_of_part), dask.delayed(vectors)
    filled = [part for part, height in zip(parts, x.chunks[0], strict=True) if height]
    moments = blocks.add_up([of_part(part, dtype, center, shared) for part in filled], _add)
    (found,) = blocks.compute([moments], lambda done: progress(done / 2))
    total, standard = found.total(weights), found.standard(dtype)
    if vectors is None:
        right = leading_eigenvectors(found.products * scale[:, None] * scale, rank)
    else:
        right = orthonormal(scale[:, None] * found.products)

    column_scale, exponent = standard.scale(weights)
    basis = column_scale[:, None] * right.astype(dtype)
    offset = standard.rest @ basis
    projected, shared = dask.delayed(_project), dask.delayed(standard)
    # The rows' coordinates, each block's as q r; the r of all together tell the rotation to the singular vectors.
    pairs = [projected(part, shared, basis, offset) for part in parts]
    whole = 0 < rows * right.shape[1] * dtype.itemsize <= blocks.MEMORY_BUDGET
    tasks = pairs if whole else [pair[1] for pair in pairs]
    done = blocks.compute(tasks, lambda fraction: progress((1 + fraction) / 2))
    outer, r = np.linalg.qr(np.concatenate([pair[1] for pair in done] if whole else done))
    left, s, vt = np.linalg.svd(r)
    turn = (outer @ left[:, :rank]).astype(dtype)
    heights = np.minimum(x.chunks[0], right.shape[1])
    turns = np.split(turn, np.cumsum(heights)[:-1])
    if whole:
        u: Any = np.concatenate([q @ own for (q, _), own in zip(done, turns, strict=True)])
    else:
        times = dask.delayed(np.matmul)
        left_parts = [times(pair[0], own) for pair, own in zip(pairs, turns, strict=True)]
        u = blocks.stack_delayed(left_parts, [(height, rank) for height in x.chunks[0]], dtype)
    return round_off(u, np.ldexp(s, exponent), vt @ right.T, weights, total, found.mean)


def _of_part(part: NDArray[Any], dtype: Any, center: bool, vectors: Floats | None) -> Moments:
    rows = (np.asarray(part[first : first + BLOCK_ROWS], dtype) for first in range(0, len(part), BLOCK_ROWS))
    return reduce(add, (moments_and_products(block, vectors, center=center) for block in rows))


def _add(parts: list[Moments]) -> Moments:
    return reduce(add, parts)


def _project(
    part: NDArray[Any], standard: Standard, basis: NDArray[Any], offset: NDArray[Any]
) -> tuple[NDArray[Any], Floats]:
    """Coordinates of rows as q and r."""
    q, r = np.linalg.qr((standard.deviations(part) @ basis - offset).astype(np.float64))
    return q.astype(basis.dtype), r
