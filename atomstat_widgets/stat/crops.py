"""Square pieces of images around atoms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

Positions = ArrayLike | Mapping[Any, ArrayLike]
"""Points (n, 2) or (n, 3) of one image, rows y and columns x first, then class; or such an array for each frame."""


@dataclass(frozen=True)
class Crops:
    """Crops around atoms, and where they come from.

    Attributes
    ----------
    images : array, (crops, side, side, channels), float32
    positions : array, (crops, 2)
        Row and column of each atom, in pixels of its image.
    frames : array, (crops,)
        Number of the image that each is from.
    left_out : int
        Atoms without a crop: it would leave the image, or holds NaN.
    """

    images: NDArray[np.float32]
    positions: NDArray[np.float64]
    frames: NDArray[np.intp]
    left_out: int

    @property
    def matrix(self) -> NDArray[np.float32]:
        """One crop a row, (crops, side * side * channels)."""
        return self.images.reshape(len(self.images), -1)


def extract_crops(
    images: NDArray[Any], positions: Positions, window: int | None = None, *, atom_class: float | None = None
) -> Crops:
    """Cut squares around atoms out of one image or a stack.

    Parameters
    ----------
    images : array, (height, width) or (frames, height, width, channels)
        Rows are y, columns are x.
    positions : array, or mapping of frame number to array
        Of one image: (n, 2) or (n, 3), row and column in pixels and, if given, class. Of a stack: a mapping to such
        arrays, whose keys are frame numbers (int, or str of one); frames may be missing.
    window : int, optional
        Side of the squares, in pixels; by default twice the median distance of nearest neighbours. The square around
        a position starts ``window // 2`` before the pixel nearest to it.
    atom_class : float, optional
        Only atoms of this class.

    Returns
    -------
    Crops
        Frame by frame, in the order of the positions.

    Raises
    ------
    ValueError
        The images or positions do not have one of these shapes, a frame is not in the stack, a position is not
        finite, the window is smaller than 1 or larger than the image, or no crop is left.
    """
    stack = np.asarray(images, np.float32)
    if stack.ndim == 2:
        stack = stack[None, :, :, None]
    if stack.ndim != 4 or stack.size == 0:
        raise ValueError(
            f"images have shape (height, width) or (frames, height, width, channels), got {np.shape(images)}"
        )
    by_frame = {frame: _of_class(points, atom_class) for frame, points in _by_frame(positions, len(stack)).items()}
    if window is None:
        window = _automatic_window(by_frame)
    if not 1 <= window <= min(stack.shape[1:3]):
        raise ValueError(f"the window is between 1 and {min(stack.shape[1:3])}, the image's shorter side, got {window}")

    pieces, kept, frames, asked = [], [], [], 0
    for frame, points in by_frame.items():
        asked += len(points)
        corners = np.rint(points).astype(np.intp) - window // 2
        inside = ((corners >= 0) & (corners + window <= stack.shape[1:3])).all(axis=1)
        rows, columns = corners[inside].T
        # Fancy indexing into all windows of the frame copies just those asked for: (crops, channels, side, side).
        found = sliding_window_view(stack[frame], (window, window), axis=(0, 1))[rows, columns]
        whole = ~np.isnan(found).any(axis=(1, 2, 3))
        pieces.append(np.moveaxis(found[whole], 1, -1))
        kept.append(points[inside][whole])
        frames.append(np.full(int(whole.sum()), frame, np.intp))
    left = sum(map(len, pieces))
    if left == 0:
        raise ValueError(f"no crop is left of {asked} atoms: each would leave the image, or holds NaN")
    return Crops(np.concatenate(pieces), np.concatenate(kept), np.concatenate(frames), asked - left)


def _by_frame(positions: Positions, n_frames: int) -> dict[int, NDArray[np.float64]]:
    """Positions as arrays by frame number, frames in order."""
    if not isinstance(positions, Mapping):
        if n_frames > 1:
            raise ValueError(f"for {n_frames} images positions are a mapping of frame number to array")
        positions = {0: positions}
    arrays = {}
    for key, points in positions.items():
        try:
            frame = int(key)
        except (TypeError, ValueError):
            raise ValueError(f"the key {key!r} of the positions is no frame number") from None
        if not 0 <= frame < n_frames:
            raise ValueError(f"positions are given for frame {frame}, the images have frames 0 to {n_frames - 1}")
        array = np.asarray(points, np.float64)
        if array.size == 0:
            array = array.reshape(0, 3)
        if array.ndim != 2 or array.shape[1] not in (2, 3):
            raise ValueError(f"positions of frame {frame} have shape (n, 2) or (n, 3), got {array.shape}")
        bad = ~np.isfinite(array).all(axis=1)
        if bad.any():
            raise ValueError(
                f"{bad.sum()} of {len(array)} positions of frame {frame} are not finite, the first is number "
                f"{np.flatnonzero(bad)[0]}"
            )
        arrays[frame] = array
    return dict(sorted(arrays.items()))


def _of_class(points: NDArray[np.float64], atom_class: float | None) -> NDArray[np.float64]:
    """Row and column of the atoms of a class; atoms without class are of class 0."""
    if atom_class is not None:
        classes = points[:, 2] if points.shape[1] == 3 else np.zeros(len(points))
        points = points[classes == atom_class]
    return points[:, :2]


def _automatic_window(by_frame: dict[int, NDArray[np.float64]]) -> int:
    distances = [
        np.asarray(KDTree(points).query(points, k=[2])[0])[:, 0] for points in by_frame.values() if len(points) > 1
    ]
    if not distances:
        raise ValueError("the window cannot be chosen by the distance of neighbours: no frame has two atoms")
    return max(2, 2 * round(float(np.median(np.concatenate(distances)))))
