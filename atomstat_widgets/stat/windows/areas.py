"""Areas of a map, in each of which one component is the strongest, and how many components have such an area."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from atomstat_widgets.brief import brief
from atomstat_widgets.stat.matrices._nmf import nmf
from atomstat_widgets.stat.matrices.low_rank import LowRank
from atomstat_widgets.stat.progress import Progress, unreported
from atomstat_widgets.stat.windows.grid import WindowGrid

# Of the sum of squares: of several lattices, each explains that at least. Of one, a second component has 0.1 to 0.55 %,
# since where the planes lie in a window changes its spectrum, too.
EXPLAINS = 0.006
# White noise in very many windows is 2.2 to 3.2 times the share of one feature, by window and taper, which make the
# noise of neighbouring frequencies alike.
ALIKE_BY_TAPER = 3.5
# Times what noise explains, over the share of windows in the smallest area: two lattices with less than that had ragged
# maps, with more than 6 smooth ones.
FAINT = 5.0


@brief
@dataclass(frozen=True)
class Advice:
    """How many components suit a map.

    Attributes
    ----------
    n_components : int
    narrow : bool
        Whether one more would explain enough, but is nowhere as wide as a window.
    faint : bool
        Whether the last of them explains hardly more than noise would, for the windows that it has.
    """

    n_components: int
    narrow: bool
    faint: bool = False


def advise_components(low_rank: LowRank, grid: WindowGrid, most: int, progress: Progress = unreported) -> Advice:
    """Count the components that have an area of their own.

    Parameters
    ----------
    low_rank : LowRank
        Of the spectra of the windows.
    grid : WindowGrid
        Where these are.
    most : int
        That may be advised.
    progress : callable
        Called with the fraction done at most; an exception it raises stops the computation.

    Returns
    -------
    Advice
        The largest number up to which each component explains its share of the sum of squares, more of it than one of
        noise would, and none has a thin area. Of two lattices beside each other, a third component is their border.

    Notes
    -----
    Of noise, the leading component explains ``(1 / sqrt(n) + 1 / sqrt(p))**2`` of n rows of p numbers [1]_; n are the
    windows that fit in the image without an overlap. That holds for independent numbers; neighbouring frequencies of
    tapered windows are not, so that it is at least 3.5 / p, however many windows there are.

    References
    ----------
    .. [1] Johnstone, Ann. Stat. 29, 295 (2001).
    """
    of_noise = _explained_of_noise(low_rank, grid)
    number, error, faint = 1, nmf(low_rank, 1).reconstruction_error, False
    for more in range(2, most + 1):
        progress(number / most)
        found = nmf(low_rank, more)
        explained, noise = error**2 - found.reconstruction_error**2, of_noise * error**2
        if explained < max(EXPLAINS, noise):
            break
        if has_thin_area(found.strongest, more, grid):
            return Advice(number, True, faint)
        smallest = np.bincount(found.strongest).min() / grid.count
        number, error, faint = more, found.reconstruction_error, explained < FAINT * noise * smallest
    return Advice(number, False, faint)


def _explained_of_noise(low_rank: LowRank, grid: WindowGrid) -> float:
    """Share of the sum of squares of white noise that one component explains."""
    windows, features = np.prod(np.divide(grid.image_shape, grid.window)), np.count_nonzero(low_rank.weights)
    return float(max((windows**-0.5 + features**-0.5) ** 2, ALIKE_BY_TAPER / features))


def has_thin_area(strongest: NDArray[np.intp], n_components: int, grid: WindowGrid) -> bool:
    """Whether a component is nowhere the strongest over the width of a window.

    A window on the border of two areas holds both, and one as wide as that can be nothing but their border.

    Parameters
    ----------
    strongest : array, (windows,)
        Number of the strongest component of each window, from 0.
    n_components : int
        How many there are.
    grid : WindowGrid
        Where the windows are.
    """
    areas = strongest.reshape(grid.shape)
    steps = np.divide(grid.step, grid.window)  # of a window
    for number in range(n_components):
        # Beyond the rim of the image an area may go on, so that a place there counts for both sides. Where windows do
        # not overlap, a border is one of them wide.
        inside = areas == number
        width = 2 * ndimage.distance_transform_edt(inside, steps).max() - steps.max()
        if not inside.all() and width < max(1.0, 1.5 * steps.max()):
            return True
    return False


def likeness_of(components: NDArray[np.floating], weights: NDArray[np.float64]) -> float:
    """Largest cosine between two of the components (k, features), with weights of the features; 0 of one component."""
    rows = components * np.sqrt(weights)
    lengths = np.linalg.norm(rows, axis=1)
    cosines = np.triu(rows @ rows.T, 1) / np.maximum(np.outer(lengths, lengths), np.finfo(rows.dtype).tiny)
    return float(cosines.max())


def has_border(strongest: NDArray[np.intp]) -> bool:
    """Whether more than one component is the strongest anywhere, given its number in each window."""
    return bool(np.any(strongest != strongest[0]))
