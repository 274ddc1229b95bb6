"""Images in which few atoms fit, islands of data, much dirt, and two sheets on each other."""

import numpy as np
import pytest
from test_atoms import columns, score

from atomstat_widgets.stat import find_atoms, find_lattice, prepare_image

SIDE = 64


def few_atoms(spacing, opening, noise, seed):
    """A lattice of wide atoms in 64 x 64 pixels, and their places, also outside."""
    rng = np.random.default_rng(seed)
    turn = rng.uniform(0, 60)
    angles = np.radians([turn, turn + opening])
    basis = spacing * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    points = np.mgrid[-9:9, -9:9].reshape(2, -1).T @ basis + SIDE / 2 + rng.uniform(0, spacing, 2)
    points = points[((points > -spacing) & (points < SIDE + spacing)).all(axis=1)]
    image = columns(points, np.ones(len(points)), 0.22 * spacing, (SIDE, SIDE))
    return image + noise * rng.standard_normal(image.shape), points


@pytest.mark.parametrize("noise", [0, 0.1, 0.2])
@pytest.mark.parametrize("opening", [60, 90])
@pytest.mark.parametrize("spacing", [12, 16, 20, 24])
def test_few_large_atoms(spacing, opening, noise):
    for seed in range(3):
        image, truth = few_atoms(spacing, opening, noise, seed)
        atoms = find_atoms(image)
        _, recall, precision, _ = score(atoms.positions, truth, spacing / 3, inside=(image.shape, 0.3 * spacing))
        assert (recall, precision) == (1, 1)
        assert "The image is so small" in atoms.doubt or "are guesses" in atoms.doubt


@pytest.mark.parametrize("noise", [0, 0.1, 0.2])
@pytest.mark.parametrize("turn", [0, 20, 40])
def test_nine_atoms(turn, noise):
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    truth = 16.0 * (np.mgrid[-1:2, -1:2].reshape(2, -1).T @ turned) + SIDE / 2
    image = columns(truth, np.ones(9), 3.5, (SIDE, SIDE))
    found = find_atoms(image + noise * np.random.default_rng(turn).standard_normal(image.shape)).positions
    _, recall, precision, _ = score(found, truth, 4)
    assert recall == 1
    assert precision >= 0.9


def test_a_ring_of_six_atoms():
    angles = np.radians(10 + 60 * np.arange(6))
    truth = SIDE / 2 + 12 * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    atoms = find_atoms(columns(truth, np.ones(6), 3.0, (SIDE, SIDE)))
    assert score(atoms.positions, truth, 3)[1:3] == (1, 1)
    assert "are guesses" in atoms.doubt


def test_a_lattice_of_few_periods_is_coarse():
    y, x = np.mgrid[:96, :96]
    for period, periods in ((8, 12), (16, 6)):
        lattice = find_lattice(
            np.cos(2 * np.pi * y / period) + np.cos(2 * np.pi * x / period), pixel_size=0.1, unit="nm"
        )
        assert lattice.periods == pytest.approx(periods, rel=0.02)
        assert lattice.coarse == (periods < 8)
    nothing = find_lattice(np.random.default_rng(0).random((64, 64)))
    assert not nothing.coarse
    assert nothing.periods == np.inf


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_islands_of_data(hard_scenes, seed):
    rng = np.random.default_rng(seed)
    image, truth = hard_scenes.clean_honeycomb(seed=seed)
    y, x = np.mgrid[:256, :256]
    islands = np.zeros(image.shape, bool)
    for _ in range(4):
        middle, radius = rng.uniform(40, 216, 2), rng.uniform(20, 40)
        islands |= np.hypot(y - middle[0], x - middle[1]) < radius
    atoms = find_atoms(prepare_image(np.where(islands, image, np.nan)).image).positions
    seen = truth[islands[tuple(np.rint(truth).astype(int).T)]]
    _, recall, precision, _ = score(atoms, seen, 3)
    assert recall >= 0.9  # some are cut by the shore
    assert precision >= 0.97


@pytest.mark.parametrize("seed", [1, 4])
@pytest.mark.parametrize("dirt", [4, 8])
def test_dirt_on_a_third_of_a_sheet(hard_scenes, dirt, seed):
    image, truth, covered = hard_scenes.dirty_honeycomb(side=384, covered=0.33, dirt=dirt, seed=seed)
    found = find_atoms(image).positions
    found = found[~covered[tuple(np.rint(found).astype(int).clip(0, 383).T)]]
    _, recall, precision, _ = score(found, truth, 8 / 3)
    assert min(recall, precision) >= 0.99


@pytest.mark.parametrize("turn", [2, 5])
def test_two_sheets_on_each_other_are_a_doubt(hard_scenes, turn):
    points = [hard_scenes.honeycomb(256, 9, 10 + angle, (2.0, 3.0)) for angle in (0, turn)]
    image = hard_scenes.draw(256, np.concatenate(points), 1.0, 2.5)
    assert "where two sheets lie on each other" in find_atoms(image).doubt


@pytest.mark.parametrize("seed", range(4))
def test_noise_beside_strong_atoms_is_none(hard_scenes, seed):
    """Half of the image is vacuum, and the atoms are a hundred times above the noise."""
    image, truth = hard_scenes.on_background("vacuum", side=256, noise=0.02, seed=seed)
    assert score(find_atoms(image).positions, truth, 3)[1:3] == (1, 1)


def test_faint_atoms_are_a_doubt(hard_scenes):
    image, _ = hard_scenes.clean_honeycomb(side=256, noise=0.55, seed=1)
    assert "hardly above the noise" in find_atoms(image).doubt
