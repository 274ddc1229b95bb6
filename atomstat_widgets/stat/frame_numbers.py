"""Frame numbers, as keys of what is given by frame."""

from collections.abc import Iterable
from typing import Any

from atomstat_widgets.arguments import LARGEST


def by_frame_number(pairs: Iterable[tuple[Any, Any]]) -> dict[int, Any]:
    """Give what is there for each frame by its number, in the order of the frames.

    Parameters
    ----------
    pairs : iterable of (key, value)
        As of the items of a mapping. Keys are whole numbers, or texts of one, as JSON and npz files have them.

    Raises
    ------
    ValueError
        A key is no whole number, or negative, or two keys mean the same frame.
    """
    found: dict[int, Any] = {}
    for key, value in pairs:
        try:
            frame = int(key)
            whole = (isinstance(key, str) or frame == key) and frame <= LARGEST
        except (TypeError, ValueError, OverflowError):
            whole = False
        if not whole:
            raise ValueError(f"the key {key!r} of the positions is no frame number")
        if frame < 0 or frame in found:
            raise ValueError(f"in the positions, frame {frame} is {'negative' if frame < 0 else 'there twice'}")
        found[frame] = value
    return dict(sorted(found.items()))
