"""What is in doubt about atoms that were found, in words."""

import numpy as np
from scipy.spatial import KDTree

from atomstat_widgets.stat.lattice.lattice import Lattice
from atomstat_widgets.stat.lattice.tiles import Floats, Tiles

APART = 1.6  # times the spacing: a guess that most distances are beyond
FEWEST_SITES = 0.5  # of the cells of a lattice that hold an atom
UNCERTAIN = 0.9
MANY = 0.5  # of the atoms
NONE = "No atoms stand out of the noise."
FEW = 6  # atoms of which no share is told


def doubt_of(
    positions: Floats, certainties: Floats, spacing: float, given: bool, lattice: Lattice, tiles: Tiles, area: float
) -> str:
    """Doubts about atoms (n, 2) with their certainties (n,) in sentences, empty where there are none.

    The `spacing` was `given`, or else guessed. The `lattice` was found in `tiles` of an image with an `area` of pixels.
    """
    doubts = []
    if len(positions) == 0:
        return "A lattice stands out, but no bright atoms: they may be dark." if lattice else NONE
    if not lattice and not given:
        doubts.append(
            f"No lattice stands out of the noise: the scale of the atoms and their spacing of {spacing:.3g} px are "
            "guesses. Set the spacing."
        )
    elif not given and len(positions) >= FEW:
        distance = float(np.median(KDTree(positions).query(positions, k=[2])[0]))
        if distance > APART * spacing:
            doubts.append(
                f"The spacing of {spacing:.3g} px is a guess, and half of the atoms are {distance:.3g} px and more "
                "from the next. Set the spacing."
            )
    if lattice and len(lattice.vectors) < 2:
        doubts.append("Planes in one direction only stand out of the noise: atoms along them may be none.")
    cells = _cells(lattice, tiles, area)
    if cells and len(positions) < FEWEST_SITES * cells:
        doubts.append(
            f"The lattice has about {cells:,.0f} cells here, and only {len(positions):,} atoms were found. "
            "Lower the strength, or set the spacing."
        )
    if len(positions) >= FEW and np.mean(certainties < UNCERTAIN) > MANY:
        doubts.append("Most of the atoms are hardly above the noise. Raise the strength, or smooth or bin the image.")
    return " ".join(doubts)


def _cells(lattice: Lattice, tiles: Tiles, area: float) -> float:
    """Cells of the lattice in the part of the image in which it shows."""
    if len(lattice.vectors) < 2:
        return 0.0
    at = np.rint(lattice.frequencies[0] * tiles.side).astype(np.intp)
    row, column = at if at[1] >= 0 else -at
    power = tiles.power[:, row % tiles.side, column] - tiles.ground[:, tiles.rings[row % tiles.side, column]]
    # A lattice that is in a part of a tile has the square of that share of its power.
    shares = np.sqrt(np.maximum(power, 0))
    shares = np.minimum(shares / max(float(np.quantile(shares, 0.9)), np.finfo(np.float32).tiny), 1)
    return float(shares.mean()) * area / abs(float(np.linalg.det(lattice.vectors)))
