"""Steps of rounding on a shallow slope: periodic, but no lattice."""

import numpy as np
import pytest
from test_atoms import columns

from atomstat_widgets.stat import find_atoms, find_lattice
from atomstat_widgets.stat.rounding import level_of, without_rounding


def slope(side, rise, degrees):
    y, x = np.mgrid[:side, :side] / side
    return 100 + rise * (np.cos(np.radians(degrees)) * x + np.sin(np.radians(degrees)) * y)


def curved(side, rise):
    y, x = np.mgrid[:side, :side] / side
    return rise * (y + 0.3 * x + 0.5 * np.sin(4 * x))


@pytest.mark.parametrize(
    "surface",
    [
        slope(64, 20, 0),
        slope(64, 60, 20),
        slope(128, 7, 0),
        slope(128, 60, 45),
        slope(256, 20, 45),
        slope(256, 60, 20),
        curved(128, 10),
        curved(256, 10),
    ],
)
def test_steps_of_rounding_are_no_lattice_and_have_no_atoms(surface):
    image = np.rint(surface)
    assert find_lattice(image).words == "No lattice stands out of the noise"
    assert find_atoms(image).doubt == "No atoms stand out of the noise."


def test_a_rounded_slope_is_made_a_slope():
    surface = slope(96, 6, 30)
    smooth = without_rounding(np.rint(surface).astype(np.float32), 1.0)
    assert np.abs(smooth - np.rint(surface)).max() <= 0.5
    assert np.std(smooth - surface) < 0.05  # rounding has 0.29


@pytest.mark.parametrize("levels", [3, 5, 200])
def test_atoms_of_few_levels_are_found(levels):
    points = np.stack(np.mgrid[8:128:12, 8:128:12], axis=-1).reshape(-1, 2) + 0.3
    atoms = find_atoms(np.rint(levels * columns(points, np.ones(len(points)), 2.8, (128, 128))))
    assert (len(atoms.positions), atoms.doubt) == (100, "")


@pytest.mark.parametrize("mean", [0.02, 0.1, 1, 5])
def test_counts_are_not_rounded(mean):
    assert level_of(np.random.default_rng(0).poisson(mean, (256, 256)).astype(np.float32)) == 0


def test_a_surface_of_floats_has_no_lattice():
    """What single precision leaves of a slope is no lattice."""
    for degrees in (0, 20, 45):
        assert not find_lattice(slope(256, 60, degrees))
