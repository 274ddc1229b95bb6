"""The default size of crops: so large that an atom and its neighbours in the lattice are in its crop."""

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.reactive.crops_to_components import NEIGHBOURS
from atomstat_widgets.stat import Lattice, neighbour_distances

SMALLEST = 2  # pixels
NEAREST = 0.5  # of the shortest vector of a lattice: closer neighbours are columns of one pair, or no atoms


def choose_window(positions: NDArray[np.float64], lattice: Lattice, sides: tuple[int, int]) -> int:
    """Side of the crops (px) around atoms.

    Parameters
    ----------
    positions : array, (n, 2)
        Row and column of the atoms in pixels, at least one.
    lattice : Lattice
        Of the image, in pixels.
    sides : (int, int)
        Height and width of the image in pixels.

    Returns
    -------
    int
        Two and a half times the distance of neighbours. That is the median distance to the nearest atom, within what
        the lattice allows: no more than its shortest vector, which is where an atom has a neighbour even if it was
        not found, and no less than half of it. Never so large that more than half of the atoms have no room for a crop.
    """
    distances = neighbour_distances([positions])
    shortest = float(np.linalg.norm(lattice.vectors[0])) if len(lattice.vectors) else None
    if len(distances):
        distance = float(np.median(distances))
        if shortest is not None:
            distance = min(max(distance, NEAREST * shortest), shortest)
    else:
        distance = shortest or min(sides) / 4
    to_border = np.minimum(positions, np.array(sides) - 1 - positions).min(axis=1)
    room = 2 * int(np.quantile(to_border, 0.5, method="lower"))
    return max(SMALLEST, min(2 * round(NEIGHBOURS * distance), room, min(sides)))
