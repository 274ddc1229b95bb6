"""What is given for one track, or for each of several."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import whole_array_of

Integers = NDArray[np.intp]


def tracks_of(given: Any, name: str, axes: int = 1) -> list[Any]:
    """Arrays of each track; one array with so many axes is that of one track."""
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable) or getattr(given, "ndim", 1) == 0:
        kind = "whole numbers (n,)" if axes == 1 else "numbers in rows"
        raise TypeError(f"{name} are {kind}, or such an array for each track, got {type(given).__name__}")
    if axes > 1:
        return [given] if _axes(given) == axes else list(given)
    tracks = given if isinstance(given, np.ndarray) else list(given)
    one = len(tracks) and not isinstance(tracks[0], (list, tuple)) and np.ndim(tracks[0]) == 0
    return [tracks] if one else list(tracks)


def _axes(given: Any) -> int:
    """How many axes there are, as far as the first of each tells."""
    axes = 0
    while not hasattr(given, "ndim") and isinstance(given, (list, tuple)):
        if len(given) == 0:
            return 0
        axes, given = axes + 1, given[0]
    return axes + int(getattr(given, "ndim", 0))


def frames_of(frames: Any, lengths: list[int], what: str = "states") -> list[Integers]:
    """Frame numbers of each track, increasing; by default without gaps.

    Raises
    ------
    TypeError, ValueError
        They are no whole numbers, do not increase, or are not as many as there are points.
    """
    if frames is None:
        return [np.arange(length) for length in lengths]
    times = [
        whole_array_of(track, f"frames of track {number}") for number, track in enumerate(tracks_of(frames, "frames"))
    ]
    if [len(time) for time in times] != lengths:
        raise ValueError(f"each track has as many frames as {what}")
    for number, time in enumerate(times):
        if (np.diff(time) <= 0).any():
            raise ValueError(f"frames of track {number} do not increase")
    return times
