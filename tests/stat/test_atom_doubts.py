"""What is said to be in doubt about atoms: what is missing, and what can be done that helps."""

import numpy as np
import pytest
from test_atoms import columns

from atomstat_widgets.stat import find_atoms
from atomstat_widgets.stat.atoms.doubts import doubt_of
from atomstat_widgets.stat.atoms.faint import faint_between
from atomstat_widgets.stat.lattice.lattice import Lattice

SQUARE = np.array([[0.0, 12.0], [12.0, 0.0]])


def grid(side=192, first=8.0, step=12.0):
    at = np.arange(first, side - first + 1, step)
    return np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).reshape(-1, 2)


def perovskite(faint, noise, seed=0, side=192):
    """Bright corners, and faint atoms in the middle of each cell."""
    bright = grid(side, 8, 16)
    points = np.concatenate([bright, bright[(bright < side - 16).all(axis=1)] + 8])
    heights = np.where(np.arange(len(points)) < len(bright), 1.0, faint)
    noise = noise * np.random.default_rng(seed).standard_normal((side, side))
    return columns(points, heights, 2.4, (side, side)) + noise


def square_lattice(periods=100.0):
    frequencies = np.array([[0, 1 / 12], [1 / 12, 0]])
    longest = periods * 12 / 3
    return Lattice(frequencies, np.full(2, 5.0), np.full(2, 0.5), SQUARE, np.empty((0, 0)), longest=longest)


def doubt(points, strength=20.0, lattice=None, **options):
    strengths = np.full(len(points), strength)
    certainties = np.ones(len(points))
    return doubt_of(points, strengths, certainties, 12.0, False, lattice or square_lattice(), **options)


def test_nothing_is_in_doubt_about_a_whole_lattice():
    assert doubt(grid()) == ""


def test_no_two_sentences_contradict_each_other():
    some = grid()[np.random.default_rng(0).random(len(grid())) < 0.6]
    strong, weak = doubt(some), doubt(some, strength=4.0)
    assert "many may be missing. Lower the strength, or set the spacing." in strong
    assert "many may be missing. Set the spacing." in weak
    assert weak.endswith("Most of the atoms are hardly above the noise, and some may be noise.")
    assert doubt(grid(), strength=4.0) == (
        "Most of the atoms are hardly above the noise, and some may be noise: raise the strength."
    )
    both = doubt(grid(), strength=4.0, faint=True)
    assert "raise" not in both
    assert "lower" not in both


def test_poisson_noise_beside_faint_atoms(hard_scenes):
    image, _ = hard_scenes.clean_honeycomb(side=256, seed=101)
    counts = np.random.default_rng(0).poisson(image.clip(0) + 0.3).astype(float)
    words = find_atoms(counts).doubt
    assert "hardly above the noise" in words
    assert "strength" not in words
    assert words.lower().count("set the spacing") == 1


def test_what_has_no_data_is_not_missing():
    points = grid()
    y, x = np.indices((192, 192))
    blank = (y // 30 + x // 30) % 2 == 0
    seen = points[~blank[tuple(np.rint(points).astype(int).T)]]
    assert "may be missing" in doubt(seen)
    assert doubt(seen, blank=blank) == ""


def test_atoms_of_a_honeycomb_on_the_lattice_of_its_second_order_are_not_missing():
    vectors = 12 * np.array([[0.0, 1.0], [np.sqrt(3) / 2, 0.5]])
    steps = np.stack(np.meshgrid(range(-20, 20), range(-20, 20), indexing="ij"), axis=-1).reshape(-1, 2)
    honeycomb = steps[(steps[:, 0] - steps[:, 1]) % 3 != 0] @ vectors
    lattice = Lattice(np.linalg.inv(vectors).T, np.full(2, 5.0), np.full(2, 0.5), vectors, np.empty((0, 0)))
    assert doubt(honeycomb, lattice=lattice) == ""
    some = honeycomb[np.random.default_rng(0).random(len(honeycomb)) < 0.6]
    assert "many may be missing" in doubt(some, lattice=lattice)


@pytest.mark.parametrize(("rows", "said"), [(120, True), (4000, False)])
def test_a_long_strip_has_planes_enough(rows, said):
    points = np.stack(np.meshgrid(np.arange(6, rows, 12.0), np.arange(6, 72, 12.0), indexing="ij"), -1).reshape(-1, 2)
    assert ("so small that only 6 planes" in doubt(points, lattice=square_lattice(6))) == said


@pytest.mark.parametrize(("faint", "noise", "said"), [(0, 0.1, False), (0.2, 0.15, True), (0.6, 0.1, False)])
def test_a_faint_sublattice_that_is_missing_as_a_whole_is_a_doubt(faint, noise, said):
    words = find_atoms(perovskite(faint, noise)).doubt
    assert words == ("Faint atoms between those that were found may be missing: lower the strength." if said else "")


def test_places_that_are_bright_in_every_cell():
    points, white = grid(), np.random.default_rng(0).standard_normal((192, 192)).astype(np.float32)
    inner = points[(points < 180).all(axis=1)]
    between = columns(inner + 6, np.ones(len(inner)), 2.0, (192, 192)).astype(np.float32)
    assert not faint_between(points, SQUARE, 12.0, white, 1.0, None)
    assert faint_between(points, SQUARE, 12.0, white + 2 * between, 1.0, None)
    assert not faint_between(points, SQUARE, 12.0, white + 2 * between, 1.0, np.ones((192, 192), bool))
    assert not faint_between(points, np.empty((0, 2)), 12.0, white + 2 * between, 1.0, None)
