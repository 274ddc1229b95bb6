"""Square pieces of images around atoms."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from atomstat_widgets.arguments import number_of, progress_of, switch_of, whole_of
from atomstat_widgets.points import points_of, require_by_frame, require_classes
from atomstat_widgets.renamed import renamed
from atomstat_widgets.stat.atoms import preparation
from atomstat_widgets.stat.atoms.atoms import find_atoms
from atomstat_widgets.stat.atoms.brightness import (
    CROP,
    NONE,
    Normalization,
    normalization_of,
    normalize_frames,
    settled,
)
from atomstat_widgets.stat.atoms.cutting import Crops, as_stack, cut_around, no_crop_left
from atomstat_widgets.stat.blocks import in_blocks
from atomstat_widgets.stat.frame_numbers import by_frame_number
from atomstat_widgets.stat.progress import Progress, unreported
from atomstat_widgets.stat.some_of import some_of

Floats = NDArray[np.float64]

Positions = ArrayLike | Mapping[Any, ArrayLike]
"""Points (n, 2) or (n, 3) of one image, rows y and columns x first, then class; or such an array for each frame."""

# Farthest that a position is moved to its atom, in pixels: off by 4 along rows and columns, and an atom's top is seen
# from all sides. But never so far that a neighbour, at 1, could be mistaken for it.
REACH = 6.0
REACH_OF_DISTANCE = 0.4
MEMORY_BUDGET = 2**30
GUESSES = 5  # frames from which the distance of neighbours is guessed


@renamed(normalise="normalize")
def extract_crops(
    images: ArrayLike,
    positions: Positions,
    window: int | None = None,
    *,
    atom_class: float | None = None,
    recentre: bool = False,
    between_pixels: bool = False,
    normalize: Normalization | bool = NONE,
    smooth: float = 0.0,
    memory_budget: int = MEMORY_BUDGET,
    progress: Progress = unreported,
) -> Crops:
    """Cut squares around atoms out of one image or a stack.

    Parameters
    ----------
    images : array, (height, width) or (frames, height, width, channels)
        Rows are y, columns are x. Pixels that are NaN or infinite are missing. Of dask or Zarr they are read some
        whole frames at a time, wherever dask is configured to compute.
    positions : array, or mapping of frame number to array
        Of one image: (n, 2) or (n, 3), row and column in pixels and, if given, class. Of a stack: a mapping to such
        arrays, whose keys are frame numbers (int, or str of one); frames may be missing. A table, as a structured array
        or a DataFrame is, may have its columns in any order: row or y, column or x, and class.
    window : int, optional
        Side of the squares, in pixels; by default twice the median distance of nearest neighbours, which are those in
        the images, first channel, where no frame has two positions. The square around a position starts
        ``window // 2`` before the pixel nearest to it.
    atom_class : float, optional
        Only atoms of this class.
    recentre : bool
        Move positions by `recentre_positions` first, and cut between pixels.
    between_pixels : bool
        Cut squares that start ``window // 2`` before the position itself, interpolated by a cubic. So every atom is
        exactly on pixel ``(window // 2, window // 2)`` of its crop, which is the middle one where the window is odd.
        A crop reads 1 pixel before and 2 after it too, none of which may be missing, but may be past the border.
    normalize : {"none", "frame", "crop"}
        "frame": give each frame, over all channels, a median of 0 and a distance of 1 from its dark pixels to its
        bright ones, so that neither its gain nor its offset counts, and bright atoms stay brighter than dim ones;
        frames that are flat but for a few atoms do not tell their gain, and keep it. "crop": give each crop, over all
        channels, mean 0 and variance 1, so that shapes count, not heights; a constant one is 0.
        True is "crop", False is "none".
    smooth : float
        Standard deviation, in pixels, of a Gaussian under which crops, but not atoms' centres, are looked at. Missing
        pixels stay missing, and no others do.
    memory_budget : int
        Bytes of crops to keep. If there are more, ``Crops.matrix`` is cut on demand, block by block.
    progress : callable
        Called with the fraction done of the look at images of dask or Zarr; an exception it raises stops it.

    Returns
    -------
    Crops
        Frame by frame, in the order of the positions.

    Raises
    ------
    TypeError, ValueError
        The images or positions do not have one of these shapes or are no real numbers, a frame is not in the stack, a
        position is not finite, a class is not whole, no atom is of the class, the window is smaller than 1 or larger
        than the image, `normalize` is another word, `smooth` is negative or longer than the image, or no crop is left.

    Examples
    --------
    >>> from atomstat_widgets import samples, stat
    >>> image = samples.graphene().array
    >>> atoms = stat.find_atoms(image)
    >>> crops = stat.extract_crops(image, atoms.positions, 16, recentre=True)
    >>> crops.images.shape[1:], crops.matrix.shape[1]
    ((16, 16, 1), 256)
    """
    progress_of(progress)
    recentre, between_pixels = switch_of(recentre, "recentre"), switch_of(between_pixels, "between_pixels")
    normalize = normalization_of(normalize)
    memory_budget = whole_of(memory_budget, "memory_budget", minimum=0)
    lazy = in_blocks(images)
    stack = _stack_of_blocks(images) if lazy else as_stack(images)
    by_frame = positions_by_frame(positions, len(stack))
    if atom_class is not None:
        atom_class = number_of(atom_class, "atom_class")
    if atom_class is not None and not any(len(_of_class(points, atom_class)) for points in by_frame.values()):
        raise ValueError(f"none of {sum(map(len, by_frame.values()))} atoms is of class {atom_class:g}")
    if window is None:
        window = _automatic_window([_of_class(points, atom_class)[:, :2] for points in by_frame.values()], stack)
        window = min(window, max(1, min(stack.shape[1:3]) // 2))  # a larger one has room around few atoms
    window, smooth = window_of(window, stack.shape[1:3]), smooth_of(smooth, stack.shape[1:3])
    if recentre:
        by_frame = _recentred(stack, by_frame)

    chosen = {frame: _of_class(points, atom_class)[:, :2] for frame, points in by_frame.items()}
    frames, points = _joined(chosen)
    places = np.unique(frames).tolist()
    how = settled(
        normalize, lambda place: preparation.smooth_images(as_stack(stack[place : place + 1]), smooth)[0], places
    )
    if lazy:
        from atomstat_widgets.stat.atoms.block_crops import crops_of_blocks

        return crops_of_blocks(
            stack,
            frames,
            points,
            window,
            between_pixels=between_pixels or recentre,
            normalize=how,
            smooth=smooth,
            progress=progress,
        )
    stack = normalize_frames(preparation.smooth_images(stack, smooth), how)
    cut, kept = cut_around(
        stack, frames, points, window, between_pixels=between_pixels or recentre, normalize=normalize == CROP
    )
    if len(kept) == 0:
        raise no_crop_left(len(points))
    return Crops(
        cut[:] if cut.nbytes <= memory_budget else cut,
        (window, window, stack.shape[-1]),
        points[kept],
        frames[kept],
        len(points) - len(kept),
        kept,
    )


def window_of(window: Any, sides: tuple[int, ...]) -> int:
    """Side of a square that an image, of these sides, holds."""
    words = f"between 1 and {min(sides)}, the image's shorter side"
    return whole_of(window, "the window", minimum=1, maximum=min(sides), words=words)


def smooth_of(smooth: Any, sides: tuple[int, ...]) -> float:
    """Standard deviation of a Gaussian over an image of these sides; 0 where it reaches no other pixel."""
    words = "a standard deviation in pixels, not negative, and not longer than the image"
    sigma = number_of(smooth, "smooth", minimum=0, maximum=max(sides), words=words)
    return sigma if sigma >= preparation.NARROWEST else 0.0


@overload
def recentre_positions(images: ArrayLike, positions: Mapping[Any, ArrayLike]) -> dict[int, Floats]: ...
@overload
def recentre_positions(images: ArrayLike, positions: Positions) -> Floats | dict[int, Floats]: ...
def recentre_positions(images: ArrayLike, positions: Positions) -> Floats | dict[int, Floats]:
    """Move positions to the centres of their atoms.

    Parameters
    ----------
    images, positions
        As for `extract_crops`.

    Returns
    -------
    array, or dict of frame number to array
        As the positions were given, classes included.

    Raises
    ------
    TypeError, ValueError
        The images or positions do not have one of these shapes or are no real numbers, a frame is not in the stack, a
        position is not finite, or a class is not whole.

    Notes
    -----
    An atom is found up to 6 pixels away, or up to 0.4 of the median distance of nearest neighbours where that is
    less. Atoms of one class are taken to look alike, over all images.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> y, x = np.mgrid[:21, :21]
    >>> image = np.exp(-((y - 10.3) ** 2 + (x - 9.6) ** 2) / 8)
    >>> stat.recentre_positions(image, [[10.0, 10.0]]).round(1)
    array([[10.3,  9.6]])
    """
    stack = _stack_of_blocks(images) if in_blocks(images) else as_stack(images)
    moved = _recentred(stack, positions_by_frame(positions, len(stack)))
    return moved if isinstance(positions, Mapping) else moved[0]


def _stack_of_blocks(images: Any) -> Any:
    from atomstat_widgets.stat.atoms.block_crops import stack_of_blocks

    return stack_of_blocks(images)


def _recentred(stack: Any, by_frame: dict[int, Floats]) -> dict[int, Floats]:
    over = preparation.at_once(stack)
    if in_blocks(stack):
        from atomstat_widgets.stat.atoms.block_crops import over_frames

        over = over_frames(stack)
    distances = neighbour_distances(by_frame.values())
    reach = min(REACH, REACH_OF_DISTANCE * float(np.median(distances))) if len(distances) else REACH
    frames, points = _joined({frame: points[:, :2] for frame, points in by_frame.items()})
    classes = np.concatenate([classes_of(points) for points in by_frame.values()])
    for one in np.unique(classes):
        alike = classes == one
        points[alike] = preparation.recentre(stack.shape[1:3], over, frames[alike], points[alike], reach)
    parts = np.split(points, np.cumsum([len(given) for given in by_frame.values()])[:-1])
    return {
        frame: np.hstack([moved, given[:, 2:]]) for (frame, given), moved in zip(by_frame.items(), parts, strict=True)
    }


def _joined(by_frame: dict[int, Floats]) -> tuple[NDArray[np.intp], Floats]:
    """Frame numbers (n,) and positions (n, 2) of all atoms."""
    frames = np.repeat(np.fromiter(by_frame, np.intp), [len(points) for points in by_frame.values()])
    return frames, np.concatenate([np.empty((0, 2)), *by_frame.values()])


def positions_by_frame(positions: Positions, n_frames: int) -> dict[int, Floats]:
    """Positions as arrays by frame number, frames in order."""
    if not isinstance(positions, Mapping):
        if n_frames > 1:
            raise ValueError(f"for {n_frames} images positions are a mapping of frame number to array")
        positions = {0: positions}
    arrays = {}
    for frame, points in by_frame_number(positions.items()).items():
        if frame >= n_frames:
            raise ValueError(f"positions are given for frame {frame}, the images have frames 0 to {n_frames - 1}")
        arrays[frame] = points_of(points, f"positions of frame {frame}", most=3)
    require_classes(arrays)
    return arrays


def _of_class(points: Floats, atom_class: float | None) -> Floats:
    return points if atom_class is None else points[classes_of(points) == atom_class]


def classes_of(points: Floats) -> Floats:
    """Class of each atom; atoms without class are of class 0."""
    return points[:, 2] if points.shape[1] == 3 else np.zeros(len(points))


def _automatic_window(arrays: Iterable[Floats], stack: Any) -> int:
    distances = neighbour_distances(arrays)
    if len(distances) == 0:  # one atom a frame is followed; it has neighbours all the same
        distances = _spacings_in(stack)
    if len(distances) == 0:
        raise ValueError("the window cannot be chosen by the distance of neighbours: no frame has two atoms")
    return max(2, 2 * round(float(np.median(distances))))


def _spacings_in(stack: Any) -> Floats:
    """Distance of neighbours in some of the frames, where there are any."""
    spacings = []
    for place in some_of(len(stack), GUESSES).tolist():
        with suppress(ValueError):  # the other frames may tell
            atoms = find_atoms(np.asarray(stack[place, :, :, 0]))
            if len(atoms.positions) > 1:
                spacings.append(atoms.spacing)
    return np.array(spacings)


def neighbour_distances(arrays: Iterable[ArrayLike]) -> Floats:
    """Distance from each atom to the nearest in its frame, where there is one.

    Parameters
    ----------
    arrays : iterable of array, (n, 2) or more columns
        Row and column of the atoms of each frame.

    Raises
    ------
    TypeError, ValueError
        These are no such arrays, or hold NaN or infinity.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.neighbour_distances([[[0, 0], [0, 3], [0, 7]]])
    array([3., 3., 4.])
    """
    require_by_frame(arrays, "arrays")
    frames = (points_of(points, f"arrays: points of frame {frame}")[:, :2] for frame, points in enumerate(arrays))
    distances = [np.asarray(KDTree(points).query(points, k=[2])[0])[:, 0] for points in frames if len(points) > 1]
    return np.concatenate([np.empty(0), *distances])
