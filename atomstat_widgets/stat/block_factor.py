"""The factor of a matrix that is larger than memory, block of rows by block of rows, in two passes over the data.

Where columns are few the first sums the Gram matrix, whose leading eigenvectors are nearly the right singular vectors;
where they are many that sum would be larger than the data, and it sums the Gram matrix times random vectors. The second
projects the rows onto these.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.stat import blocks
from atomstat_widgets.stat.factor import (
    BLOCK_ROWS,
    LowRank,
    leading_eigenvectors,
    not_finite,
    nothing_to_factorize,
)
from atomstat_widgets.stat.progress import Progress

# Up to here the Gram matrix, exact to the tail (2e-6 of the last of 24 singular values). Above, its product with random
# vectors, whose cost does not grow with the square of the columns: 6e-6 off in the 8 that stand out of a flat tail of
# noise (2,145 columns), 16 % within that. dask's compressed SVD is 2e-2 off in as many passes; with more it is exact in
# the 8, but reads the data 4 or 6 times, or keeps them in memory. See tests/benchmarks/scaling.py.
GRAM_COLUMNS = 2500
OVERSAMPLING = 50


@dataclass(frozen=True)
class _Moments:
    """Of rows: how many values are not finite, sums (columns,) and sums of squares, Gram matrix times some vectors."""

    bad: int
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]
    gram: NDArray[np.float64]


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

    moments, shared = dask.delayed(_moments), dask.delayed(vectors)
    (found,) = blocks.computed(
        [blocks.summed([moments(part, dtype, shared) for part in parts], _added)], lambda done: progress(done / 2)
    )
    if found.bad:
        raise not_finite(found.bad, x.shape)
    mean = found.sums / rows if center else np.zeros(columns)
    uncentred = float(found.squares @ weights)
    total = float((found.squares - rows * mean**2) @ weights)
    if total <= 1e-14 * uncentred:  # what rounding leaves of zero
        raise nothing_to_factorize(center)

    if vectors is None:
        gram = (found.gram - rows * np.outer(mean, mean)) * scale[:, None] * scale
        right = leading_eigenvectors(gram, rank)
    else:
        right = np.linalg.qr(scale[:, None] * (found.gram - rows * np.outer(mean, mean @ vectors)))[0]

    basis = (scale[:, None] * right).astype(dtype)
    offset = (mean @ basis).astype(dtype)
    projected = dask.delayed(_projected)
    # The rows' coordinates, each block's as q r; the r of all together tell the rotation to the singular vectors.
    pairs = [projected(part, basis, offset) for part in parts]
    whole = 0 < rows * right.shape[1] * dtype.itemsize <= blocks.MEMORY_BUDGET
    tasks = pairs if whole else [pair[1] for pair in pairs]
    done = blocks.computed(tasks, lambda fraction: progress((1 + fraction) / 2))
    outer, r = np.linalg.qr(np.concatenate([pair[1] for pair in done] if whole else done))
    left, s, right_small = np.linalg.svd(r)
    turn = (outer @ left)[:, :rank]
    heights = np.minimum(x.chunks[0], right.shape[1])
    turns = np.split(turn, np.cumsum(heights)[:-1])
    if whole:
        u: Any = np.concatenate([q @ own for (q, _), own in zip(done, turns, strict=True)])
    else:
        times = dask.delayed(np.matmul)
        left_parts = [times(pair[0], own) for pair, own in zip(pairs, turns, strict=True)]
        u = blocks.stacked(left_parts, [(height, rank) for height in x.chunks[0]], dtype)
    return LowRank(u, s[:rank], (right_small @ right.T.astype(dtype))[:rank], weights, total, mean)


def _moments(block: NDArray[Any], dtype: Any, vectors: NDArray[np.float64] | None) -> _Moments:
    columns = block.shape[1]
    bad, sums, squares = 0, np.zeros(columns), np.zeros(columns)
    gram = np.zeros((columns, columns if vectors is None else vectors.shape[1]))
    for first in range(0, len(block), BLOCK_ROWS):
        part = np.asarray(block[first : first + BLOCK_ROWS], dtype)
        with np.errstate(invalid="ignore", over="ignore"):
            # Products in the precision of the data, summed in float64.
            gram += part.T @ (part if vectors is None else part @ vectors.astype(dtype))
            of_part = np.einsum("ij,ij->j", part, part, dtype=np.float64)
            sums += part.sum(axis=0, dtype=np.float64)
        if not np.isfinite(of_part).all():
            bad += int((~np.isfinite(part)).sum())
        squares += of_part
    return _Moments(bad, sums, squares, gram)


def _added(parts: list[_Moments]) -> _Moments:
    return _Moments(
        sum(part.bad for part in parts),
        np.sum([part.sums for part in parts], axis=0),
        np.sum([part.squares for part in parts], axis=0),
        np.sum([part.gram for part in parts], axis=0),
    )


def _projected(block: NDArray[Any], basis: NDArray[Any], offset: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Coordinates of rows as q and r."""
    q, r = np.linalg.qr(np.asarray(block, basis.dtype) @ basis - offset)
    return q, r
