"""Areas of maps: which are thin, and how many components have one."""

import numpy as np
import pytest

from atomstat_widgets.stat import WindowGrid, factorize, sliding_fft
from atomstat_widgets.stat.windows.areas import Advice, advise_components, has_border, has_thin_area, likeness_of

GRID = WindowGrid((70, 94), 16, 4)  # windows of 4 steps, 14 rows of 20


def stripes(*widths):
    """Areas of so many steps beside each other."""
    return np.tile(np.repeat(np.arange(len(widths)), widths), (GRID.shape[0], 1)).ravel()


def spectra(areas, noise=0.02, seed=0):
    """Factor of spectra of 60 frequencies, of which each area has 8 to itself and 8 are everywhere."""
    rng = np.random.default_rng(seed)
    own = np.kron(np.eye(areas.max() + 2), np.ones(8))
    rows = 0.5 * own[-1] + own[areas]
    return factorize(np.pad(rows, ((0, 0), (0, 60 - own.shape[1]))) + noise * rng.random((len(rows), 60)), 20)


@pytest.mark.parametrize(
    ("widths", "thin"),
    [
        ((20,), False),
        ((10, 10), False),
        ((8, 4, 8), True),  # places 1, 2, 2 and 1 steps from the others: 2 * 2 - 1 of the 4 steps of a window
        ((8, 5, 7), False),
        ((2, 18), True),
        ((3, 17), False),  # it may go on beyond the rim
    ],
)
def test_thin_is_what_is_narrower_than_a_window(widths, thin):
    assert has_thin_area(stripes(*widths), len(widths), GRID) is thin


def test_the_widest_place_counts():
    areas = stripes(8, 2, 10).reshape(GRID.shape)
    areas[2:8, 8:14] = 1
    assert not has_thin_area(areas.ravel(), 3, GRID)


def test_a_component_that_is_nowhere_the_strongest_is_thin():
    assert has_thin_area(stripes(10, 10), 3, GRID)


def test_steps_as_long_as_a_window():
    grid = WindowGrid((64, 64), 16, 16)
    areas = np.zeros((4, 4), int)
    areas[1, 2] = 1
    assert has_thin_area(areas.ravel(), 2, grid)  # one window may lie on a border
    areas[:3, 1:] = 1
    assert not has_thin_area(areas.ravel(), 2, grid)


def test_windows_of_two_sides():
    grid = WindowGrid((76, 76), (8, 32), (2, 8))
    areas = np.zeros(grid.shape, int)
    areas[10:15, :] = 1  # 5 of the 4 steps of a window
    assert not has_thin_area(areas.ravel(), 2, grid)
    areas = np.zeros(grid.shape, int)
    areas[:, 1:4] = 1
    assert has_thin_area(areas.ravel(), 2, grid)


def test_borders():
    assert has_border(stripes(10, 10))
    assert not has_border(stripes(20))


def test_likeness_is_the_largest_cosine():
    components = np.array([[1.0, 0, 0], [0, 3, 0], [1, 1, 1]])
    assert likeness_of(components, np.ones(3)) == pytest.approx(3**-0.5)
    assert likeness_of(components, np.array([4.0, 0, 1])) == pytest.approx(0.8**0.5)
    assert likeness_of(components[:1], np.ones(3)) == 0


@pytest.mark.parametrize("widths", [(20,), (10, 10), (6, 6, 8), (5, 5, 5, 5)])
def test_as_many_components_as_areas(widths):
    assert advise_components(spectra(stripes(*widths)), GRID, 8) == Advice(len(widths), False)


def test_what_is_narrow_is_said():
    assert advise_components(spectra(stripes(9, 2, 9)), GRID, 8) == Advice(2, True)
    spots = np.zeros(GRID.shape, int)
    spots[::5, ::5] = 1
    assert advise_components(spectra(spots.ravel()), GRID, 8) == Advice(1, True)


def test_no_more_than_are_wanted():
    assert advise_components(spectra(stripes(5, 5, 5, 5)), GRID, 2) == Advice(2, False)


@pytest.mark.parametrize("shape", [(16, 20), (26, 26), (70, 94)])
def test_noise_is_one_component(shape):
    grid = WindowGrid(shape, 16, 4)
    rows = np.random.default_rng(1).random((grid.count, 60))
    assert advise_components(factorize(rows, min(20, grid.count)), grid, min(8, grid.count)) == Advice(1, False)


@pytest.mark.parametrize(("shape", "window"), [((12_000, 16), 16), ((9, 8_000), 8), ((8_000, 5), 4), ((200, 200), 8)])
def test_noise_in_many_small_windows_is_one_component(shape, window):
    """Of tapered windows with few frequencies, whose noise is alike in neighbours."""
    noise = np.random.default_rng(2).standard_normal(shape)
    spectra = sliding_fft(noise, window, window // 4, zoom=min(2, window // 4), scale=None)
    low_rank = factorize(spectra.features, 15, weights=spectra.weights)
    assert advise_components(low_rank, spectra.grid, 8) == Advice(1, False)


def test_components_that_hardly_stand_out_are_faint():
    wide = stripes(10, 10)
    assert [advise_components(spectra(wide, noise), GRID, 8) for noise in (0.5, 2.0, 20.0)] == [
        Advice(2, False), Advice(2, False, True), Advice(1, False),
    ]  # fmt: skip


def test_progress_grows():
    fractions = []
    advise_components(spectra(stripes(6, 6, 8)), GRID, 8, fractions.append)
    assert fractions == [1 / 8, 2 / 8, 3 / 8]
