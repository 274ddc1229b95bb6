"""Spectra out of a spectrum image of dask or Zarr, some rows of pixels at a time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.stat import blocks
from atomstat_widgets.stat.progress import Progress
from atomstat_widgets.stat.spectra.spectra_of import (
    Spectra,
    bin_spectra,
    channel_centres,
    no_pixel_left,
    no_zeros,
    poisson_scales,
)


@dataclass(frozen=True)
class _Facts:
    """What has to be known of all spectra before they can be scaled."""

    used: list[NDArray[np.bool_]]  # of each part, whose rows of pixels follow on each other
    negative: int
    lowest: float


def spectra_of_blocks(
    data: Any,
    used: NDArray[np.bool_],
    first: int,
    bins: tuple[int, ...],
    normalize: bool,
    weighting: str | None,
    negative: str,
    progress: Progress,
) -> Spectra:
    """Spectra whose matrix is an array of dask; see `take_spectra`, which checks what it is given.

    Parameters
    ----------
    data : dask.array.Array, (height, width, channels)
        Only the channels in the range, from `first` on.
    used : array of bool, (height, width)
        The mask.

    Notes
    -----
    The image is read once for which pixels can be used and the lowest value, once more where spectra are normalised or
    weighted, and then whenever the matrix is.
    """
    import dask

    dtype = np.dtype(data.dtype if data.dtype == np.float64 else np.float32)
    height, width, channels = data.shape
    rows = max(1, blocks.BLOCK_BYTES // (width * channels * dtype.itemsize * bins[0])) * bins[0]
    whole = height // bins[0] * bins[0]
    parts_of_cube = data[:whole].rechunk({0: rows, 1: -1, 2: -1}).to_delayed().ravel().tolist()
    values = [
        dask.delayed(_values, nout=2)(part, used[number * rows : min((number + 1) * rows, whole)], bins, dtype)
        for number, part in enumerate(parts_of_cube)
    ]

    looks = 2 if normalize or weighting else 1
    found = blocks.compute([dask.delayed(_facts)(*one) for one in values], lambda done: progress(done / looks))
    facts = _all_facts(found)
    if not any(part.any() for part in facts.used):
        raise no_pixel_left()
    shift = -facts.lowest if negative == "shift" and facts.negative else 0.0
    # Parts without any pixel would be blocks of no rows.
    moved = [
        (dask.delayed(_shift)(one[0], negative == "clip", shift), int(part.sum()))
        for one, part in zip(values, facts.used, strict=True)
        if part.any()
    ]
    count, kept = sum(number for _, number in moved), channels // bins[2]
    row_scale, column_scale = np.ones(count, dtype), np.ones(kept, dtype)
    if normalize or weighting:
        tasks = [dask.delayed(_sums)(part, normalize) for part, _ in moved]
        sums = blocks.compute(tasks, lambda done: progress((1 + done) / looks))
        if normalize:
            row_scale = np.concatenate([one[0] for one in sums])
        if weighting == "poisson":
            means = np.concatenate([one[1] for one in sums]), np.sum([one[2] for one in sums], axis=0) / count
            row_scale, column_scale = poisson_scales(means[0].astype(dtype), means[1].astype(dtype), row_scale)
    ends = np.cumsum([number for _, number in moved])[:-1]
    parts = [
        dask.delayed(_scale)(part, scale, column_scale)
        for (part, _), scale in zip(moved, np.split(row_scale, ends), strict=True)
    ]
    pixels = np.concatenate(facts.used)
    return Spectra(
        blocks.stack_delayed(parts, [(number, kept) for _, number in moved], dtype), row_scale, column_scale,
        np.flatnonzero(pixels), (pixels.shape[0], pixels.shape[1]), channel_centres(first, bins[2], kept), shift,
        facts.negative, facts.lowest,
    )  # fmt: skip


def _values(
    data: NDArray[Any], used: NDArray[np.bool_], bins: tuple[int, ...], dtype: Any
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Spectra (n, channels) of the pixels that can be used, and which these are, after binning."""
    data = data.astype(dtype)
    data, used = bin_spectra(data, used & np.isfinite(data).all(axis=2), bins)
    return data[used], used


def _facts(values: NDArray[Any], used: NDArray[np.bool_]) -> _Facts:
    return _Facts([used], int((values < 0).sum()), float(values.min(initial=np.inf)))


def _all_facts(parts: list[_Facts]) -> _Facts:
    used = [one for part in parts for one in part.used]
    return _Facts(used, sum(part.negative for part in parts), min(part.lowest for part in parts))


def _shift(values: NDArray[Any], clip: bool, shift: float) -> NDArray[Any]:
    return np.asarray((np.maximum(values, values.dtype.type(0)) if clip else values) + values.dtype.type(shift))


def _sums(values: NDArray[Any], normalize: bool) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.float64]]:
    """Scale and scaled mean of each spectrum, and the sum of the scaled spectra."""
    scale = no_zeros(np.abs(values).sum(axis=1)) if normalize else np.ones(len(values), values.dtype)
    return scale, values.mean(axis=1) / scale, (values / scale[:, None]).sum(axis=0, dtype=np.float64)


def _scale(values: NDArray[Any], row_scale: NDArray[Any], column_scale: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(values / row_scale[:, None] / column_scale)
