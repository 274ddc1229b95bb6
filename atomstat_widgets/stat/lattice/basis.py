"""Basis of a lattice from its spots."""

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
    one, other = (strong[list(at)] for at in np.triu_indices(len(strong), 1))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    apart = np.abs(_cross(one, other)) > COLLINEAR * lengths
    if not apart.any():
        return np.empty((0, 2))
    one, other = one[apart], other[apart]
    pairs = np.stack([np.stack([one, other], 1), np.stack([one + other, one - other], 1) / 2], 1).reshape(-1, 2, 2)
    pairs = reduced(pairs)
    _, near = _indexed(frequencies, pairs)
    # A finer mesh of nodes catches more by chance: its area is what it pays.
    worth = (near @ energies) * np.abs(_cross(*pairs.swapaxes(0, 1))) ** 0.25
    if worth.max() <= 0:
        return np.empty((0, 2))
    pair = pairs[worth.argmax()]
    orders, near = _indexed(frequencies, pair)
    if np.linalg.matrix_rank(orders[near]) < 2:  # what it explains is in one line
        return reduced(np.asarray(np.linalg.inv(pair).T, np.float64))
    weights = np.sqrt(energies[near])[:, None]
    fitted = np.linalg.lstsq(orders[near] * weights, frequencies[near] * weights, rcond=None)[0]
    return reduced(np.linalg.inv(fitted).T)


def reduced(vectors: Floats) -> Floats:
    """Shortest two vectors of plane lattices (Lagrange and Gauss), the second at 60 to 90 degrees to the first.

    Of one lattice (2, 2) or of several (..., 2, 2).
    """
    one, other = _by_length(*np.moveaxis(np.asarray(vectors, np.float64), -2, 0))
    for _ in range(MOST_TURNS):
        turns = np.rint(_dot(one, other) / _dot(one, one))
        if not turns.any():
            break
        one, other = _by_length(one, other - turns[..., None] * one)
    one = _turned(one)
    along = _dot(one, other)[..., None]
    square = np.abs(along) <= SQUARE * _dot(one, one)[..., None]  # then both directions of the other are as good
    return np.stack([one, np.where(square, _turned(other), np.copysign(1, along) * other)], axis=-2)


def _dot(one: Floats, other: Floats) -> Floats:
    return np.asarray(np.sum(one * other, axis=-1))


def _cross(one: Floats, other: Floats) -> Floats:
    return one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]


def _by_length(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Of two vectors (..., 2) the shorter, and the longer."""
    in_order = (_dot(one, one) <= _dot(other, other))[..., None]
    return np.where(in_order, one, other), np.where(in_order, other, one)


def _turned(vectors: Floats) -> Floats:
    """Of vectors (..., 2) and their opposites those that point right, or down."""
    y, x = np.moveaxis(vectors, -1, 0)
    x = np.where(np.abs(x) <= SQUARE * np.linalg.norm(vectors, axis=-1), 0.0, x)
    return np.where(((x > 0) | ((x == 0) & (y > 0)))[..., None], vectors, -vectors)


def _indexed(frequencies: Floats, pairs: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Orders (..., n, 2) of spots (n, 2) in the lattices of pairs (..., 2, 2), and which are near enough to a node."""
    orders = np.rint(frequencies @ np.linalg.inv(pairs))
    off = np.linalg.norm(frequencies - orders @ pairs, axis=-1)
    near = off <= TOLERANCE * np.linalg.norm(pairs, axis=-1).min(axis=-1)[..., None]
    near &= np.abs(orders).max(axis=-1) <= HIGHEST
    return orders, near & orders.any(axis=-1)
