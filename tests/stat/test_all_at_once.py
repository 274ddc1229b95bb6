"""What is computed of all atoms, frequencies or pixels at once, beside the same computed one by one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from atomstat_widgets.stat.atoms.faint import _taken
from atomstat_widgets.stat.atoms.maxima import find_maxima
from atomstat_widgets.stat.atoms.refinement import _solved
from atomstat_widgets.stat.atoms.sites import ENOUGH, NEAR, ROUNDS, on_sites
from atomstat_widgets.stat.blemishes import _of_the_edge
from atomstat_widgets.stat.lattice.basis import reduced
from atomstat_widgets.stat.lattice.lattice import Lattice
from atomstat_widgets.stat.lattice.tiles import FEW, make_tiles
from atomstat_widgets.stat.quantiles import quantile_of

seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)
RECTANGLE = np.array([[0.0, 5.0], [7.0, 0.0]])


@given(arrays(np.float32, st.integers(1, 40), elements=st.floats(-9, 9, width=32)), st.sampled_from([0, 0.5, 0.9, 1]))
def test_a_quantile(values, share):
    assert quantile_of(values, share) == pytest.approx(np.quantile(values.astype(float), share), abs=1e-6)


def test_the_ground_of_a_ring_is_its_quantile():
    tiles = make_tiles(np.random.default_rng(0).random((48, 40), dtype=np.float32), 32)
    for ring in (1, FEW, FEW + 1, int(tiles.rings.max())):
        share = 0.5 if ring > FEW else 0.25
        expected = np.quantile(tiles.power[:, tiles.rings == ring], share, axis=1) / -math.log(1 - share)
        np.testing.assert_allclose(tiles.ground[:, ring], expected, rtol=1e-5)


def test_beside_spots_the_ground_is_the_median_of_what_is_left_of_a_ring():
    tiles = make_tiles(np.random.default_rng(1).random((32, 32), dtype=np.float32), 32)
    spot = np.array([8, 5]) / 32  # on ring 9, whose ground it raises
    fy, fx = np.fft.fftfreq(32, 1 / 32)[:, None], np.arange(17)
    left = (np.hypot(fy - 8, fx - 5) > 3.5) & (np.hypot(fy + 8, fx + 5) > 3.5) & (tiles.rings == 9)
    median = np.median(tiles.power[0][left]) / math.log(2)
    ground = tiles.ground_beside(spot[None])[0][tiles.rings == 9] / (1 + tiles.streaks[tiles.rings == 9])
    np.testing.assert_allclose(ground, min(median, tiles.ground[0, 9]), rtol=1e-5)


@given(seeds)
def test_maxima_are_the_highest_of_nine(rng):
    response = rng.integers(-3, 6, rng.integers(1, 12, 2)).astype(np.float32)  # with many equal neighbours
    points, heights = find_maxima(response, 0)
    highest = (response == ndimage.maximum_filter(response, 3, mode="nearest")) & (response > 0)
    assert {tuple(one) for one in points.astype(int).tolist()} == {tuple(one) for one in np.argwhere(highest).tolist()}
    assert (np.diff(heights) <= 0).all()


@given(seeds)
def test_sites_tell_of_the_same_atoms_as_round_by_round(rng):
    y, x = np.mgrid[:6, :6]
    points = y.reshape(-1, 1) * RECTANGLE[1] + x.reshape(-1, 1) * RECTANGLE[0] + rng.normal(0, 0.6, (36, 2))
    strengths, certain = rng.uniform(1, 4, 36), rng.random(36) < 0.4
    found = certain.copy()
    one, other = RECTANGLE
    steps = [sign * step for sign in (1, -1) for step in (one, other, one - other, one + other)]
    for _ in range(ROUNDS):
        near = [np.linalg.norm(points[:, None] + step - points[found], axis=2) < NEAR * 5 for step in steps]
        votes = sum(one.any(axis=1) for one in near)
        found = found | (votes >= np.where(strengths >= ENOUGH[2], 2, np.where(strengths >= ENOUGH[3], 3, 9)))
    np.testing.assert_array_equal(on_sites(points, strengths, certain, RECTANGLE, 5.0), found)


@given(seeds)
def test_places_are_taken_where_a_position_is_near(rng):
    positions = rng.uniform(0, 40, (30, 2))
    offsets = np.vstack([np.zeros(2), rng.uniform(0, 8, (20, 2))])
    places = positions[::3, None] + offsets
    near = (np.linalg.norm(places[:, :, None] - positions, axis=3) < 2).any(axis=2)
    np.testing.assert_array_equal(_taken(positions[::3], offsets, positions, 2.0), near)


@given(seeds)
def test_lattices_are_reduced_together_as_each_alone(rng):
    vectors = rng.integers(-9, 10, (12, 2, 2)).astype(float)
    vectors = vectors[np.abs(np.linalg.det(vectors)) > 0.5]  # whole numbers: 0 but for rounding is 0
    for one, alone in zip(reduced(vectors), vectors, strict=True):
        np.testing.assert_array_equal(one, reduced(alone))


@given(seeds)
def test_normal_equations(rng):
    rows = rng.standard_normal((9, 5, 12))
    normal, right = rows @ rows.swapaxes(1, 2), rng.standard_normal((9, 5, 1))
    expected = np.linalg.solve(normal + 1e-6 * normal * np.eye(5), right)[:, :, 0]
    np.testing.assert_allclose(_solved(normal, right), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("shape", [(5, 4), (2, 3), (1, 4), (3, 1)])
def test_the_edge_has_each_of_its_pixels_once(shape):
    edge = np.ones(shape, int)
    edge[1:-1, 1:-1] = 0
    counted = np.zeros(shape, int)
    np.add.at(counted, tuple(_of_the_edge(shape).T), 1)
    np.testing.assert_array_equal(counted, edge)


def test_a_direction_that_is_180_degrees_but_for_rounding_is_0():
    nothing = np.empty((0, 2))
    spots = np.array([[-1e-9, 0.1], [1e-9, 0.1], [-0.1, 0.1]])
    lattice = Lattice(spots, np.ones(3), np.ones(3), nothing, np.empty((0, 0), np.float32))
    np.testing.assert_allclose(lattice.directions, [0, 0, 135], atol=1e-4)
