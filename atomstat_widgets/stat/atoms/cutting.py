"""Squares cut out of stacks of images."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, instance_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.atoms import preparation
from atomstat_widgets.stat.blocks import in_blocks
from atomstat_widgets.stat.matrices.low_rank import Rows

Floats = NDArray[np.float64]


@brief
@dataclass(frozen=True)
class CropsOnDemand:
    """One crop a row, cut when rows are asked for by a slice.

    Attributes
    ----------
    source : array, (frames, height, width, channels)
        Images that the crops are cut from, continued past their borders where crops start between pixels. They must
        not change.
    starts : array, (crops, 3)
        Frame, row and column of the pixel at which each crop starts, or which is the last before.
    fractions : array, (crops, 2), or None
        How far after that pixel, along rows and columns; None where crops are cut at pixels.
    side : int
    normalize : bool
    """

    source: NDArray[np.float32]
    starts: NDArray[np.intp]
    fractions: Floats | None
    side: int
    normalize: bool

    dtype = np.dtype(np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """Crops, and pixels of each."""
        return len(self.starts), self.side**2 * self.source.shape[-1]

    @property
    def nbytes(self) -> int:
        """Memory that all crops would take."""
        return math.prod(self.shape) * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, rows: slice) -> NDArray[np.float32]:
        starts = self.starts[rows]
        if self.fractions is None:
            crops = preparation.cut_at_pixels(self.source, starts, self.side)
        else:
            crops = preparation.cut_between_pixels(self.source, starts, self.fractions[rows], self.side)
        matrix = crops.reshape(len(starts), self.shape[1])
        return preparation.normalize_rows(matrix) if self.normalize else matrix


@brief
@dataclass(frozen=True)
class Crops:
    """Crops around atoms, and where they come from.

    Attributes
    ----------
    matrix : array or what gives one by slices of rows, (crops, side * side * channels), float32
        One crop a row. Where all would not fit in the memory budget they are cut anew for each slice of rows. Of
        images of dask or Zarr they are an array of dask.
    shape : (int, int, int)
        Of each crop: side, side, channels.
    positions : array, (crops, 2)
        Row and column of each atom, in pixels of its image; moved to its centre, if that was asked for.
    frames : array, (crops,)
        Number of the image that each is from.
    left_out : int
        Atoms without a crop: it would leave the image, or holds NaN or infinite values.
    numbers : array of int, (crops,)
        Which of the atoms (of the class, if one was asked for) they are, counted frame after frame.
    """

    matrix: Rows
    shape: tuple[int, int, int]
    positions: Floats
    frames: NDArray[np.intp]
    left_out: int
    numbers: NDArray[np.intp]

    @property
    def images(self) -> NDArray[np.float32]:
        """All crops, (crops, side, side, channels), whatever memory they take; a part of them is ``self[a:b]``.

        Of images of dask or Zarr they are an array of dask.
        """
        matrix: Any = self.matrix
        return matrix.reshape(-1, *self.shape) if in_blocks(matrix) else self[:]

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, crops: slice) -> NDArray[np.float32]:
        instance_of(crops, "crops", slice)
        return np.asarray(self.matrix[crops], np.float32).reshape(-1, *self.shape)


def cut_around(
    stack: NDArray[np.float32],
    frames: NDArray[np.intp],
    points: Floats,
    window: int,
    *,
    between_pixels: bool,
    normalize: bool,
) -> tuple[CropsOnDemand, NDArray[np.intp]]:
    """Squares around points (n, 2) of frames (n,) of a stack, and the numbers of those that are whole."""
    inside, corners = inside_image(points, stack.shape[1:3], window, between_pixels=between_pixels)
    pixels = np.floor(corners[inside]).astype(np.intp)
    starts = np.column_stack([frames[inside], pixels])
    fractions: Floats = corners[inside] - pixels
    reads = window
    if between_pixels:
        stack, reads = preparation.pad_for_cubic(stack), window + preparation.BEFORE + preparation.AFTER
    whole = _without_missing(stack, starts, reads)
    cut = CropsOnDemand(stack, starts[whole], fractions[whole] if between_pixels else None, window, normalize)
    return cut, inside[whole]


def inside_image(
    points: Floats, sides: tuple[int, ...], window: int, *, between_pixels: bool
) -> tuple[NDArray[np.intp], Floats]:
    """Numbers of the points (n, 2) whose squares are inside an image, and the corners (n, 2) of all squares."""
    corners: Floats = (points if between_pixels else np.rint(points)) - window // 2
    return np.flatnonzero(((corners >= 0) & (corners <= np.array(sides) - window)).all(axis=1)), corners


def no_crop_left(count: int) -> ValueError:
    """Error of so many atoms of which none has a crop."""
    return ValueError(f"no crop is left of {count} atoms: each would leave the image, or holds NaN")


def as_stack(images: ArrayLike) -> NDArray[np.float32]:
    """Images (frames, height, width, channels), NaN where pixels are missing."""
    stack: NDArray[np.float32] = array_of(images, "images", dtype=np.float32)
    if stack.ndim == 2:
        stack = stack[None, :, :, None]
    check_shape(stack, np.shape(images))
    infinite = np.isinf(stack)
    return np.where(infinite, np.float32(np.nan), stack) if infinite.any() else stack


def check_shape(stack: Any, given: tuple[int, ...]) -> None:
    """Refuse what is no stack of images (frames, height, width, channels); the shape given may have been another."""
    if stack.ndim != 4 or stack.size == 0:
        raise ValueError(f"images have shape (height, width) or (frames, height, width, channels), got {given}")


def _without_missing(stack: NDArray[np.float32], starts: NDArray[np.intp], side: int) -> NDArray[np.bool_]:
    """Which squares, starting at (frame, row, column) (n, 3), hold no NaN."""
    whole = np.ones(len(starts), bool)
    for frame in np.unique(starts[:, 0]):
        missing = np.isnan(stack[frame]).any(axis=-1)
        if missing.any():
            counts = np.pad(missing.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))  # in the rectangle up to each
            of_frame = starts[:, 0] == frame
            row, column = starts[of_frame, 1:].T
            below, right = row + side, column + side
            inside = counts[below, right] - counts[row, right] - counts[below, column] + counts[row, column]
            whole[of_frame] = inside == 0
    return whole
