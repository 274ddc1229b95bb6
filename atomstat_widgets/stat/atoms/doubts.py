"""What is in doubt about atoms that were found, in words."""

import math

import numpy as np
from scipy.spatial import KDTree

from atomstat_widgets.stat.atoms.refinement import Blank
from atomstat_widgets.stat.atoms.sites import between
from atomstat_widgets.stat.lattice.lattice import ENOUGH_PLANES, Lattice
from atomstat_widgets.stat.lattice.tiles import Floats

APART = 1.6  # times the spacing: a guess that most distances are beyond
FEWEST_SITES = 0.85  # of the places a lattice vector away from atoms that hold another; whole ones have 0.92 and more
NEAR = 0.3  # spacings from such a place
LOOKED_AT = 300  # atoms at most; more would tell no more
AROUND, PART = 16, 0.25  # atoms that are looked at together, and the share of the image in which the lattice is
UNCERTAIN = 0.9
MANY = 0.5  # of the atoms
FAINT = 4.2  # median strength of atoms of which more than one in a hundred is below the noise
LARGE = 4 * ENOUGH_PLANES**2  # planes along the one side times those along the other: so many tell a lattice well
FARTHER = 1.25  # vectors from an atom: what is cut by a place without data is not missing
ALIKE = 1.1  # times as long as another: equal
SET_IT = "Set the spacing."
NONE = "No atoms stand out of the noise."
UNEVEN, TAIL = 1.6, 0.1  # times as far are some of the nearest neighbours as others, and the share that may be
MANY_NEIGHBOURS = 50  # of whom that is told
ENOUGH_NEIGHBOURS = 5000  # whose distances are looked at
FEW = 6  # atoms of which no share is told


def doubt_of(
    positions: Floats,
    strengths: Floats,
    certainties: Floats,
    spacing: float,
    given: bool,
    lattice: Lattice,
    blank: Blank = None,
    faint: bool = False,
) -> str:
    """Doubts about atoms (n, 2) with their strengths and certainties (n,) in sentences, empty where there are none.

    The `spacing` was `given`, or else guessed; the image has no data where it is `blank`, and is bright at some
    place between them, too, where `faint`.
    """
    doubts = []
    if len(positions) == 0:
        return "A lattice stands out of the noise, but no atoms do." if lattice else NONE
    if not lattice and not given:
        doubts.append(
            f"{lattice.words}: the scale of the atoms and their spacing of {spacing:.3g} px are guesses. {SET_IT}"
        )
    elif not given and len(positions) >= FEW:
        distance = float(np.median(to_nearest(positions)))
        if distance > APART * spacing:
            doubts.append(
                f"The spacing of {spacing:.3g} px is a guess, and half of the atoms are {distance:.3g} px and more "
                f"from the next. {SET_IT}"
            )
    if lattice and len(lattice.vectors) < 2:
        doubts.append("Planes in one direction only stand out of the noise: atoms along them may be none.")
    if lattice.coarse and np.prod(np.ptp(positions, axis=0)) < LARGE * lattice.spacings[0] ** 2:
        doubts.append(
            f"The image is so small that only {lattice.periods:.0f} planes of the lattice fit in it: noise, or what "
            "the border cuts, may pass for atoms, and atoms may be missing. Take a larger part of the sample."
        )
    many = np.median(strengths) < FAINT or np.mean(certainties < UNCERTAIN) > MANY
    hardly = len(positions) >= FEW and many
    filled = 0.0
    for vectors in _possible(lattice.vectors):
        if filled < FEWEST_SITES:
            filled = max(filled, _filled(positions, vectors, spacing, blank))
    if filled < FEWEST_SITES:
        ways = [] if hardly else ["lower the strength"]
        ways += [] if SET_IT in " ".join(doubts) else ["set the spacing"]
        doubts.append(
            f"Only {filled:.0%} of the places a lattice vector away from an atom hold another: many may be missing."
        )
        if ways:
            doubts.append(f"{', or '.join(ways).capitalize()}.")
    elif faint:
        advice = "" if hardly else ": lower the strength"
        doubts.append(f"Faint atoms between those that were found may be missing{advice}.")
    if filled >= FEWEST_SITES and len(lattice.vectors) == 2 and len(positions) >= MANY_NEIGHBOURS:
        near, far = np.quantile(to_nearest(positions), [TAIL, 1 - TAIL])
        if far > UNEVEN * near:
            doubts.append(
                f"Neighbours are {near:.3g} to {far:.3g} px apart, more than one lattice explains: where two sheets "
                "lie on each other, atoms that blend count as one, or none."
            )
    if hardly:
        # Where atoms are missing, too, a higher strength is as wrong as a lower one.
        advice = "" if filled < FEWEST_SITES or faint else ": raise the strength"
        doubts.append(f"Most of the atoms are hardly above the noise, and some may be noise{advice}.")
    return " ".join(doubts)


def to_nearest(points: Floats) -> Floats:
    """Distances of points (n, 2), or of many of them, from the nearest other."""
    some = points[:: math.ceil(len(points) / ENOUGH_NEIGHBOURS)]
    return np.asarray(KDTree(points).query(some, k=[2])[0])


def _possible(vectors: Floats) -> list[Floats]:
    """The vectors, and of equal ones at 60 degrees those of a honeycomb whose rings have their middle on the lattice.

    Its spots of the first order are weaker, and may not be found.
    """
    if len(vectors) < 2:
        return [vectors]
    one, other = vectors
    across = other - one if one @ other > 0 else other + one
    sides = np.linalg.norm([one, other, across], axis=1)
    if sides.max() > ALIKE * sides.min():
        return [vectors]
    return [vectors, np.stack([one + other, one - across] if one @ other > 0 else [other - one, one + across])]


def _filled(positions: Floats, vectors: Floats, spacing: float, blank: Blank) -> float:
    """Share of the places a lattice vector away from atoms that hold another, in the part of the image with the most.

    Other grains have other vectors. It is 1 where no vectors are known.
    """
    if len(vectors) < 2:
        return 1.0
    steps = np.stack([*vectors, *-vectors])
    tree = KDTree(positions)
    some = positions[:: math.ceil(len(positions) / LOOKED_AT)]
    around = tree.query(some, k=[*range(1, 1 + min(AROUND, len(positions)))])[1]
    asked, at = np.unique(around, return_inverse=True)
    places = positions[asked][:, None] + steps
    near = NEAR * min(spacing, float(np.linalg.norm(vectors[0])))
    inside = between(places[..., 0], places[..., 1], positions)
    if blank is not None:
        for far in (places, positions[asked][:, None] + FARTHER * steps):
            y, x = np.rint(far).astype(np.intp).clip(0, np.array(blank.shape) - 1).transpose(2, 0, 1)
            inside &= ~blank[y, x]
    found = inside & np.isfinite(tree.query(places, distance_upper_bound=near)[0])
    shares = found.sum(axis=1)[at].sum(axis=1) / np.maximum(inside.sum(axis=1)[at].sum(axis=1), 1)
    return float(np.quantile(shares, 1 - PART))
