"""Basis of a lattice from its spots."""

import math
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STRONGEST = 8  # spots among which the two are looked for that span the others
COLLINEAR = float(np.sin(np.deg2rad(15)))  # sine of the angle from which on two spots tell of two directions
TOLERANCE = 0.06  # of the shorter of two reciprocal vectors: how far a spot is from a node of theirs at most
MOST_TURNS = 100  # each makes the vectors shorter by far
HIGHEST = 4  # order of a spot
SQUARE = 1e-3  # of its length: a vector that is off by no more is along an axis, or at a right angle to another


def basis_of(frequencies: Floats, energies: Floats) -> Floats:
    """Shortest two vectors of the lattice whose spots are given.

    Parameters
    ----------
    frequencies : array, (n, 2)
        Spots (fy, fx), in periods per unit of length.
    energies : array, (n,)
        How much each counts.

    Returns
    -------
    array, (2, 2) or (0, 2)
        Vectors (y, x), the shorter first, at an angle of 60 to 90 degrees; none where all spots are in one line.

    Notes
    -----
    Of all pairs of strong spots, and of their half sums as in a centred cell, that pair is taken whose integer
    combinations explain the most energy, less a tenth for each of doubled density. All spots it explains then settle
    it, by weighted least squares.
    """
    strong = frequencies[np.argsort(-energies, kind="stable")[:STRONGEST]]
    best, pair = 0.0, None
    for one, other in combinations(strong, 2):
        area = abs(one[0] * other[1] - one[1] * other[0])
        if area <= COLLINEAR * np.linalg.norm(one) * np.linalg.norm(other):
            continue
        for candidate in (np.stack([one, other]), np.stack([one + other, one - other]) / 2):
            short = reduced(candidate)
            orders, near = _indexed(frequencies, short)
            # A finer mesh of nodes catches more by chance: its area is what it pays.
            worth = float(np.sum(energies[near])) * abs(np.linalg.det(short)) ** 0.25
            if worth > best:
                best, pair = worth, short
    if pair is None:
        return np.empty((0, 2))
    orders, near = _indexed(frequencies, pair)
    if np.linalg.matrix_rank(orders[near]) < 2:  # what it explains is in one line
        return reduced(np.asarray(np.linalg.inv(pair).T, np.float64))
    weights = np.sqrt(energies[near])[:, None]
    fitted = np.linalg.lstsq(orders[near] * weights, frequencies[near] * weights, rcond=None)[0]
    return reduced(np.linalg.inv(fitted).T)


def reduced(vectors: Floats) -> Floats:
    """Shortest two vectors of a plane lattice (Lagrange and Gauss), the second at 60 to 90 degrees to the first."""
    one, other = sorted(np.asarray(vectors, np.float64), key=np.linalg.norm)
    for _ in range(MOST_TURNS):
        turns = round(float(one @ other / (one @ one)))
        if turns == 0:
            break
        one, other = sorted((one, other - turns * one), key=np.linalg.norm)
    one = _turned(one)
    along = float(one @ other)
    square = abs(along) <= SQUARE * float(one @ one)  # then both directions of the other are as good
    return np.stack([one, _turned(other) if square else math.copysign(1, along) * other])


def _turned(vector: Floats) -> Floats:
    """Of a vector and its opposite the one that points right, or down."""
    x = 0.0 if abs(vector[1]) <= SQUARE * np.linalg.norm(vector) else vector[1]
    return vector if (x, vector[0]) > (0, 0) else -vector


def _indexed(frequencies: Floats, pair: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Orders (n, 2) of spots in a pair's lattice, and which of them are near enough to a node."""
    orders = np.rint(frequencies @ np.linalg.inv(pair))
    off = np.linalg.norm(frequencies - orders @ pair, axis=1)
    near = (off <= TOLERANCE * np.linalg.norm(pair, axis=1).min()) & (np.abs(orders).max(axis=1) <= HIGHEST)
    return orders, near & orders.any(axis=1)
