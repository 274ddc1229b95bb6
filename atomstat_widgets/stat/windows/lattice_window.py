"""Which window shows the lattice of an image, and how much of its spectrum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import instance_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.lattice import Lattice
from atomstat_widgets.stat.windows._sliding_fft import Band
from atomstat_widgets.stat.windows.grid import SMALLEST_WINDOW, WindowGrid, automatic_window

STRONG = 0.1  # of the energy of the strongest spot: what a window must show
# Longest strong periods in a window. Fewer do not tell two lattices of much the same period apart, more blur borders.
FEWEST, MOST = 3.0, 5.0
MARGIN = 1.3  # times as far as the farthest strong spot goes what is kept of the spectrum
LARGEST_ZOOM = 8
STEPS = 4  # of a window in its side
# Windows along the shorter side, for maps whose borders are right: of any components, and of two that are much alike.
FEWEST_BESIDE, FEWEST_OF_ALIKE = 4.7, 7.0
ALIKE = 0.8  # cosine: two lattices are, whose periods differ by a tenth
ROUNDING = 0.03
ENOUGH = 8  # windows and features at least: components that can be asked for


@brief
@dataclass(frozen=True)
class WindowChoice:
    """Window that suits an image.

    Attributes
    ----------
    window : int
        Side of the square window, in pixels.
    step : int
        Pixels between windows: a quarter of the window.
    zoom : int
        The centre ``1 / zoom`` of the frequencies shows the strong spots.
    """

    window: int
    step: int
    zoom: int


def choose_window(lattice: Lattice, image_shape: tuple[int, int]) -> WindowChoice:
    """Choose the window of a sliding FFT by the lattice of the image.

    Parameters
    ----------
    lattice : Lattice
        See `find_lattice`; in pixels.
    image_shape : (int, int)
        Height and width of the image, in pixels.

    Returns
    -------
    WindowChoice
        The window has an eighth of the image's shorter side, but at least 3 and at most 5 of the longest strong
        period; 5 where planes in one direction stand out. Without a lattice it follows `automatic_window`, and the
        zoom is 2. It is smaller where not eight windows would fit the image.

    Raises
    ------
    TypeError, ValueError
        These are no lattice and no shape of an image that a window fits.

    Notes
    -----
    Strong is what has a tenth of the energy of the strongest spot. AtomAI's ``SlidingFFTNMF`` knows the side only.

    Examples
    --------
    >>> from atomstat_widgets import samples, stat
    >>> image = samples.grains(shape=(512, 512)).array
    >>> stat.choose_window(stat.find_lattice(image), image.shape)
    WindowChoice(window=42, step=10, zoom=3)
    """
    instance_of(lattice, "lattice", Lattice)
    side = min(WindowGrid(image_shape, SMALLEST_WINDOW, 1).image_shape)
    window, zoom = automatic_window(side), 2
    if lattice:
        periods = strong_periods(lattice)
        # Of planes in one direction the others, which do not stand out, may be farther apart.
        fewest = FEWEST if len(lattice.vectors) == 2 else MOST
        window = round(float(np.clip(side / 8, fewest * periods.max(), MOST * periods.max())))
        zoom = int(np.clip(periods.min() / (2 * MARGIN), 1, LARGEST_ZOOM))
        window = min(max(window, SMALLEST_WINDOW), side)
    while window > SMALLEST_WINDOW and WindowGrid(image_shape, window, max(1, window // STEPS)).count < ENOUGH:
        window = max(SMALLEST_WINDOW, round(0.8 * window))
    while zoom > 1 and Band.of_window((window, window), zoom).n_features < ENOUGH:
        zoom -= 1
    return WindowChoice(window, max(1, window // STEPS), zoom)


def strong_periods(lattice: Lattice) -> NDArray[np.float64]:
    """Distances of planes in pixels, (n,), of the spots that have a tenth of the strongest's energy."""
    return np.asarray((lattice.spacings / lattice.pixel_size)[lattice.energies >= STRONG * lattice.energies.max()])


def doubt_of_window(lattice: Lattice, grid: WindowGrid, likeness: float | None, *, guessed: bool) -> str:
    """What is in doubt about maps of windows, in a sentence without its full stop; empty where nothing is.

    Parameters
    ----------
    lattice : Lattice
    grid : WindowGrid
    likeness : float, optional
        Largest cosine between two of the components; None where the maps have no border.
    guessed : bool
        Whether nobody set the window, or chose spots for it to follow.
    """
    window = min(grid.window)
    if not lattice:
        if not guessed:
            return ""
        return (
            f"Without a lattice a window of {window} px is a guess: set one that holds at least three periods of what "
            "repeats"
        )
    longest = float(strong_periods(lattice).max())
    if window < (1 - ROUNDING) * FEWEST * longest:
        return f"A window of {window} px holds only {window / longest:.1f} periods of the lattice: enlarge it"
    fit = min(grid.image_shape) / window
    few, uncertain = f"Only {fit:.1f} windows fit beside each other", f"are uncertain by up to {window // 4} px"
    if fit < FEWEST_BESIDE:
        return f"{few}: " + (
            "areas that differ may be missed" if likeness is None else f"borders between components {uncertain}"
        )
    if fit < FEWEST_OF_ALIKE and (likeness or 0) > ALIKE:
        return f"{few}, and two components are much alike: borders between components {uncertain}"
    if len(lattice.vectors) == 0:
        return "Planes in one direction only stand out of the noise: the window may be too small for others"
    return ""
