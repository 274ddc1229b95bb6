"""Simulated lattices whose strain is known at every pixel."""

from typing import NamedTuple

import numpy as np

from atomstat_widgets.data.samples.simulation import Simulation, lattice_vectors, strain_matrix

# Distance of columns in pixels, angle of the lattice and between its vectors in degrees, width of a column in pixels.
LATTICES = {
    "square": (10.0, 0.0, 90.0, 1.8),
    "square, turned": (8.0, 25.0, 90.0, 1.5),
    "oblique": (9.0, 10.0, 75.0, 1.7),
    "hexagonal": (9.6, 13.0, 60.0, 1.8),
}


class Strained(NamedTuple):
    """Image (height, width), true exx, eyy, exy and rotation (4, height, width), and where they can be compared."""

    image: np.ndarray
    truth: np.ndarray
    smooth: np.ndarray  # (height, width), distance in pixels from where the truth jumps


def boundary(lattice, strain, *, noise=0.0, seed=0, shape=(448, 320), axis=0) -> Strained:
    """A film above (or, along axis 1, on the left) on a substrate whose lattice it does not fit."""
    spacing, angle, opening, width = LATTICES[lattice]
    simulation = Simulation(shape, 1.0, noise, seed, width=width)
    basis = lattice_vectors(spacing, angle, opening)
    wall = 0.45 * shape[axis]
    substrate = simulation.lattice(basis, simulation.rng.random(2) @ basis)
    film_basis = basis @ strain_matrix(*strain).T
    film = simulation.lattice(film_basis, simulation.rng.random(2) @ film_basis)
    points = np.concatenate([film[film[:, axis] < wall], substrate[substrate[:, axis] >= wall]])
    place = np.indices(shape)[axis]
    truth = np.where(place < wall, np.array(strain)[:, None, None], 0.0)
    return Strained(simulation.exposure(points), truth, np.abs(place - wall))


def gradient(lattice, slope, *, noise=0.0, seed=0, shape=(320, 384)) -> Strained:
    """A lattice that is stretched along x by 1 + `slope` X at what is X (px) from the left border without it.

    The truth is against the lattice at the middle of the image.
    """
    spacing, angle, opening, width = LATTICES[lattice]
    simulation = Simulation(shape, 1.0, noise, seed, width=width)
    basis = lattice_vectors(spacing, angle, opening)
    points = simulation.lattice(basis, simulation.rng.random(2) @ basis, beyond=20)
    y, x = points.T
    points = np.stack([y, x + slope * x**2 / 2], axis=1)
    # at x = X + slope X^2 / 2 the lattice is stretched by 1 + slope X
    truth = np.zeros((4, *shape))
    stretch = np.sqrt(1 + 2 * slope * np.arange(shape[1]))
    truth[0] = stretch / np.sqrt(1 + slope * (shape[1] - 1)) - 1
    return Strained(simulation.exposure(points), truth, np.full(shape, np.inf))


def homogeneous(lattice, strain, *, noise=0.0, seed=0, shape=(320, 320)) -> tuple[Strained, np.ndarray]:
    """A lattice that is the same everywhere, and the reflections (2, 2) of what it was before it was strained."""
    spacing, angle, opening, width = LATTICES[lattice]
    simulation = Simulation(shape, 1.0, noise, seed, width=width)
    basis = lattice_vectors(spacing, angle, opening)
    strained_basis = basis @ strain_matrix(*strain).T
    points = simulation.lattice(strained_basis, simulation.rng.random(2) @ strained_basis)
    truth = np.broadcast_to(np.array(strain)[:, None, None], (4, *shape))
    return Strained(simulation.exposure(points), truth, np.full(shape, np.inf)), np.linalg.inv(basis).T


def errors(maps, waves, strained: Strained) -> np.ndarray:
    """Root mean square errors (4,) of exx, eyy, exy and rotation, away from borders and from where the truth jumps."""
    compared = maps.trusted & (strained.smooth > 4 * waves.sigma)
    off = maps.stack[:, compared] - strained.truth[:, compared]
    return np.sqrt((off.astype(float) ** 2).mean(axis=1))
