import numpy as np
import pytest

from atomstat_widgets.analyses.domains.crop_window import choose_window
from atomstat_widgets.stat import find_lattice

y, x = np.mgrid[:160, :160]
LATTICE = find_lattice(np.cos(2 * np.pi * y / 16) + np.cos(2 * np.pi * x / 16))  # an atom each 16 px
NONE = find_lattice(np.random.default_rng(0).random((160, 160)))


def grid(spacing):
    return spacing * np.indices((8, 8)).reshape(2, -1).T.astype(float) + 20


@pytest.mark.parametrize(
    ("positions", "lattice", "window"),
    [
        (grid(16), LATTICE, 40),  # 2.5 x 16
        (grid(12), LATTICE, 30),  # a second atom in the cell
        (grid(3), LATTICE, 20),  # no closer than 8
        (grid(17), NONE, 42),
        ([[80.0, 80.0]], LATTICE, 40),
        ([[80.0, 80.0]], NONE, 100),  # a quarter of the side
        ([[80.0, 80.0], [80.0, 150.0]], LATTICE, 18),  # 9 px from the border
        ([[80.0, 5.0], [80.0, 40.0], [80.0, 60.0]], LATTICE, 40),
        ([[0.0, 0.0]], LATTICE, 2),
        ([[-5.0, 300.0]], NONE, 2),
    ],
)
def test_windows_by_hand(positions, lattice, window):
    assert LATTICE
    assert not NONE
    assert choose_window(np.array(positions, float), lattice, (160, 160)) == window
