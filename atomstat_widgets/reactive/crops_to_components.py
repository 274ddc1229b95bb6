"""From crops to components or classes: the stages that domains and trajectories share."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.brief import brief
from atomstat_widgets.reactive.image_model import RANK
from atomstat_widgets.reactive.mixtures import mixture_of, principal_scores
from atomstat_widgets.stat import (
    Crops,
    Decomposition,
    LowRank,
    factorize,
)
from atomstat_widgets.stat.atoms.preparation import fading
from atomstat_widgets.stat.blocks import compute, in_blocks, split_like
from atomstat_widgets.stat.image import normalize_around_gaps
from atomstat_widgets.stat.progress import Progress

BLOCK_ROWS = 4096
NEIGHBOURS = 1.25  # of the distance of neighbours: how far a crop reaches by default, so that these are in it


@dataclass(frozen=True)
class _Changed:
    """Rows times a weight for each column, and plus a number, made when they are read."""

    rows: Any
    weights: NDArray[np.float32] | float = 1.0
    plus: float = 0.0

    dtype = np.dtype(np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        height, width = self.rows.shape
        return height, width

    def __getitem__(self, rows: slice) -> NDArray[np.float32]:
        return np.asarray(self.rows[rows] * self.weights + self.plus)


@brief
@dataclass(frozen=True)
class Factor:
    """Crops, what was subtracted from them, and the factor of what was left, whose pixels have weights."""

    crops: Crops
    base: NDArray[Any]
    low_rank: LowRank
    weights: NDArray[np.float32] | float = 1.0


@brief
@dataclass(frozen=True)
class Components:
    """Components and loadings; of GMM also the class of each crop, from 0 on, and the BIC."""

    decomposition: Decomposition
    labels: NDArray[np.intp] | None = None
    bic: float | None = None


def gray_of(image: ArrayLike, dark: bool) -> NDArray[np.float32]:
    """Pixels, grey, from 0 to 1, in which atoms are bright: those of an image with `dark` ones are turned over.

    Gaps, which are NaN, have the median of the others.
    """
    gray, _ = normalize_around_gaps(image)
    return 1 - gray if dark else gray


def factor_of(crops: Crops, centred: bool, progress: Progress) -> Factor:
    """Factorize the deviations from the mean crop, or all that the crops have above their lowest value."""
    if centred:
        low_rank = factorize(crops.matrix, RANK, center=True, progress=progress)
        return Factor(crops, low_rank.mean.astype(np.float32), low_rank)
    # NMF takes no negative values: count from the lowest of all crops, which is 0 where nothing was normalised.
    if in_blocks(crops.matrix):
        blocks: Any = crops.matrix
        lowest = float(compute([blocks.min()])[0])
        low_rank = factorize(blocks - np.float32(lowest), RANK, progress=progress)
        return Factor(crops, np.full(crops.matrix.shape[1], lowest, np.float32), low_rank)
    lowest = min(float(crops.matrix[rows].min()) for rows in row_blocks(crops))
    low_rank = factorize(_Changed(crops.matrix, plus=-lowest), RANK, progress=progress)
    return Factor(crops, np.full(crops.matrix.shape[1], lowest, np.float32), low_rank)


def faded_factor_of(crops: Crops, progress: Progress) -> Factor:
    """Factorize the deviations from the mean crop, of which those at the atom count more than those far from it."""
    weights = np.repeat(fading(crops.shape[0]).ravel(), crops.shape[2])
    matrix: Any = crops.matrix
    rows = matrix * weights if in_blocks(matrix) else _Changed(matrix, weights)
    low_rank = factorize(rows, RANK, center=True, progress=progress)
    return Factor(crops, (low_rank.mean / weights).astype(np.float32), low_rank, weights)


def classes_of(factor: Factor, n_classes: int, dimensions: int) -> Components:
    """Sort the crops into classes, by a Gaussian mixture of their first principal scores, or of their pixels."""
    scores = gmm_input(factor, dimensions)
    classes = mixture_of(scores, n_classes)
    labels = classes.labels - 1
    deviations = sums_by_class(factor.crops, labels, n_classes) / np.maximum(classes.counts, 1)[:, None]
    deviations -= factor.base
    deviations[classes.counts == 0] = 0
    between = float(classes.counts @ np.sum((deviations * factor.weights).astype(float) ** 2, axis=1))
    error = np.sqrt(max(0.0, 1 - between / factor.low_rank.total))
    decomposition = Decomposition(deviations, classes.probabilities, error, 0, classes.converged)
    return Components(decomposition, labels, classes.bic)


def gmm_input(factor: Factor, dimensions: int) -> NDArray[Any]:
    """Principal scores (crops, dimensions), or for 0 the pixels, which are many."""
    if dimensions == 0:
        return np.asarray(factor.crops.matrix[:])
    return principal_scores(factor.low_rank, dimensions)


def sums_by_class(crops: Crops, labels: NDArray[np.intp], n_classes: int) -> NDArray[Any]:
    """Sum of the crops of each class, (classes, features)."""
    members = (labels == np.arange(n_classes)[:, None]).astype(np.float32)
    if in_blocks(crops.matrix):
        return np.asarray(compute([split_like(members.T, crops.matrix).T @ crops.matrix])[0])
    sums = np.zeros((n_classes, crops.matrix.shape[1]), np.float32)
    for rows in row_blocks(crops):
        sums += members[:, rows] @ crops.matrix[rows]
    return sums


def row_blocks(crops: Crops) -> list[slice]:
    """Slices of crops, since all may not fit in memory."""
    return [slice(first, first + BLOCK_ROWS) for first in range(0, len(crops), BLOCK_ROWS)]
