"""Crops out of images of dask or Zarr, some frames at a time, each of them whole."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.stat import blocks
from atomstat_widgets.stat.atoms import preparation
from atomstat_widgets.stat.atoms.brightness import CROP, normalize_frames
from atomstat_widgets.stat.atoms.cutting import (
    Crops,
    CropsOnDemand,
    as_stack,
    check_shape,
    cut_around,
    inside_image,
    no_crop_left,
)
from atomstat_widgets.stat.progress import Progress

Floats = NDArray[np.float64]


def stack_of_blocks(images: Any) -> Any:
    """Images of dask or Zarr as (frames, height, width, channels), in blocks of whole frames."""
    stack = blocks.as_dask(images)
    if stack.ndim == 2:
        stack = stack[None, :, :, None]
    check_shape(stack, images.shape)
    return stack.rechunk({1: -1, 2: -1, 3: -1})


def over_frames(stack: Any) -> preparation.Over:
    """How `preparation.recentre` looks at the atoms of a stack in blocks: some frames at a time."""
    import dask

    def over(call: Callable[..., Any], pixels: NDArray[np.intp], *rest: NDArray[Any]) -> list[Any]:
        shared = dask.delayed(call)
        return blocks.compute(
            [
                dask.delayed(_called)(shared, block, first, pixels[part], *(one[part] for one in rest))
                for first, block, part in _parts(stack, pixels[:, 0], 0)
            ]
        )

    return over


def crops_of_blocks(
    stack: Any,
    frames: NDArray[np.intp],
    points: Floats,
    window: int,
    *,
    between_pixels: bool,
    normalize: str,
    smooth: float,
    progress: Progress,
) -> Crops:
    """Crops around points (n, 2) of frames (n,), whose matrix is an array of dask; see `extract_crops`.

    Frames are read once for which crops are whole (not where pixels are whole numbers, of which none is missing), and
    then whenever the matrix is.
    """
    import dask

    channels = stack.shape[-1]
    options = {"between_pixels": between_pixels, "normalize": normalize, "smooth": smooth}
    parts = _parts(stack, frames, window**2 * channels * 4)
    arguments = [(block, frames[part] - first, points[part], window) for first, block, part in parts]
    if stack.dtype.kind in "bui":
        sides = stack.shape[1:3]
        kept = [inside_image(points[part], sides, window, between_pixels=between_pixels)[0] for _, _, part in parts]
    else:
        kept = blocks.compute([dask.delayed(_kept)(*one, **options) for one in arguments], progress)
    which = np.concatenate(
        [np.empty(0, np.intp), *(part.start + one for (_, _, part), one in zip(parts, kept, strict=True))]
    )
    if len(which) == 0:
        raise no_crop_left(len(points))
    features = window**2 * channels
    full = [(one, len(own)) for one, own in zip(arguments, kept, strict=True) if len(own)]
    matrix = blocks.stack_delayed(
        [dask.delayed(_crops)(*one, **options) for one, _ in full], [(count, features) for _, count in full], np.float32
    )
    shape = window, window, channels
    return Crops(matrix, shape, points[which], frames[which], len(points) - len(which), which)


def _parts(stack: Any, frames: NDArray[np.intp], bytes_each: int) -> list[tuple[int, Any, slice]]:
    """First frame of each block of frames, the block, and which of the atoms, in order of their frames, are in it.

    Blocks are as large as images and crops, of so many bytes each, allow; those without atoms are left out.
    """
    most = max(stack.nbytes // len(stack), int(np.bincount(frames, minlength=1).max()) * bytes_each)
    together = max(1, blocks.BLOCK_BYTES // most)
    parts = []
    for number, block in enumerate(stack.rechunk({0: together}).to_delayed().ravel().tolist()):
        start, end = np.searchsorted(frames, [number * together, (number + 1) * together]).tolist()
        if end > start:
            parts.append((number * together, block, slice(start, end)))
    return parts


def _called(
    call: Callable[..., Any], stack: NDArray[Any], first: int, pixels: NDArray[np.intp], *rest: NDArray[Any]
) -> Any:
    return call(as_stack(stack), pixels - [first, 0, 0], *rest)


def _cut(
    stack: NDArray[Any],
    frames: NDArray[np.intp],
    points: Floats,
    window: int,
    *,
    between_pixels: bool,
    normalize: str,
    smooth: float,
) -> tuple[CropsOnDemand, NDArray[np.intp]]:
    images = normalize_frames(preparation.smooth_images(as_stack(stack), smooth), normalize)
    return cut_around(images, frames, points, window, between_pixels=between_pixels, normalize=normalize == CROP)


def _kept(*arguments: Any, **options: Any) -> NDArray[np.intp]:
    return _cut(*arguments, **options)[1]


def _crops(*arguments: Any, **options: Any) -> NDArray[np.float32]:
    return _cut(*arguments, **options)[0][:]
