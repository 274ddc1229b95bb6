"""Defects of several atoms, and sites that are empty or weak."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from atomstat_widgets.stat import find_atoms, find_defect_size, find_vacancies, merge_atoms

SHAPE = (128, 128)
TRIANGLE = 12.0 * np.stack([np.sin(np.radians([90, 210, 330])), np.cos(np.radians([90, 210, 330]))], axis=1)


def turned(points, degrees):
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return points @ np.array([[cos, -sin], [sin, cos]])


def square_lattice(count=9, distance=10.0):
    return distance * np.stack(np.meshgrid(np.arange(count), np.arange(count), indexing="ij"), -1).reshape(-1, 2)


def turning(frames=20, centre=(60.0, 64.0), seed=0):
    rng = np.random.default_rng(seed)
    return [turned(TRIANGLE, 60 * (place % 2)) + centre + 0.2 * rng.standard_normal((3, 2)) for place in range(frames)]


def test_atoms_are_merged_as_by_hand():
    objects = merge_atoms([[[0, 0], [0, 10], [0, 2], [0, 4], [9, 10]], np.empty((0, 2)), [[5, 5]]], 2)
    np.testing.assert_allclose(objects.positions[0], [[0, 2], [0, 10], [9, 10]])
    np.testing.assert_array_equal(objects.members[0], [0, 1, 0, 0, 2])
    np.testing.assert_array_equal(objects.counts[0], [3, 1, 1])
    assert objects.positions[1].shape == (0, 2)
    np.testing.assert_allclose(objects.positions[2], [[5, 5]])
    assert objects.reach == 2  # of the object of three


def test_single_atoms_reach_nowhere():
    assert merge_atoms([[[0, 0], [0, 10]]], 2).reach == 0


@pytest.mark.parametrize("seed", range(3))
def test_objects_are_the_clusters_of_single_linkage(seed):
    points = np.random.default_rng(seed).uniform(0, 100, (60, 2))
    members = merge_atoms([points], 9.0).members[0]
    clusters = fcluster(linkage(points, "single"), 9.0, "distance")
    assert np.array_equal(members[:, None] == members, clusters[:, None] == clusters)


@given(st.permutations(range(12)), st.floats(-50, 50), st.floats(-50, 50))
def test_neither_order_nor_shift_matters_to_objects(order, y, x):
    points = np.random.default_rng(5).uniform(0, 40, (12, 2))
    objects, other = merge_atoms([points], 8.0), merge_atoms([points[list(order)] + (y, x)], 8.0)
    one, two = (np.sort(found.positions[0] @ [1, 1j]) for found in (objects, other))
    np.testing.assert_allclose(two, one + y + 1j * x, atol=1e-9)
    assert np.array_equal(np.sort(objects.counts[0]), np.sort(other.counts[0]))


@given(st.permutations(range(3)), st.lists(st.floats(-20, 20), min_size=2, max_size=2))
def test_neither_order_nor_shift_matters_to_the_size(order, shift):
    frames = turning()
    found = find_defect_size(frames, SHAPE)
    other = find_defect_size([points[list(order)] + shift for points in frames], SHAPE)
    assert other.turning == found.turning
    assert other.size == pytest.approx(found.size)


def test_three_atoms_that_turn_are_one_object():
    found = find_defect_size(turning(), SHAPE)
    assert found.turning
    assert found.fewest == 3
    assert 12 * np.sqrt(3) < found.size < 2 * 12 * np.sqrt(3) + 1


def test_three_atoms_that_rest_do_not_turn():
    rng = np.random.default_rng(1)
    found = find_defect_size([TRIANGLE + 60 + rng.uniform(-9, 9, 2) for _ in range(20)], SHAPE)
    assert not found.turning


def test_two_molecules_are_two_objects():
    frames = [
        np.concatenate([one, two]) for one, two in zip(turning(), turning(centre=(190, 180), seed=1), strict=True)
    ]
    found = find_defect_size(frames, (256, 256))
    assert found.turning
    assert all(len(points) == 2 for points in merge_atoms(frames, found.size).positions)


def test_a_missing_or_a_false_atom_costs_nothing():
    frames = turning()
    frames[3], frames[7], frames[11] = frames[3][:2], np.vstack([frames[7], [[5, 5]]]), np.empty((0, 2))
    assert find_defect_size(frames, SHAPE).size == pytest.approx(find_defect_size(turning(), SHAPE).size, rel=0.05)


def test_atoms_that_meet_for_some_frames_are_no_object():
    here = np.array([40.0, 64.0])
    frames = [np.add(here, [[0, 0], [max(8.0, 6 * abs(place - 10)), 0]]) for place in range(20)]
    assert find_defect_size(frames, SHAPE) is None


def test_atoms_that_each_go_their_way_are_no_object():
    rng = np.random.default_rng(3)
    walks = rng.uniform(50, 80, 2) + np.cumsum(rng.standard_normal((20, 4, 2)) * 4, axis=0)
    assert find_defect_size(list(walks), (512, 512)) is None


def test_a_lattice_is_no_defect():
    points = square_lattice()
    assert find_defect_size([points + place for place in range(5)], (100, 100)) is None


def test_one_atom_or_none_is_no_defect():
    assert find_defect_size([[[3, 4]], [[3, 5]]], SHAPE) is None
    assert find_defect_size([np.empty((0, 2))], SHAPE) is None
    assert find_defect_size([], SHAPE) is None


@pytest.mark.parametrize(
    ("positions", "size"), [([[[0, 0]]], -1), ([[[0, np.nan]]], 3), ([[[0]]], 3), ([[[0, 0]]], np.inf)]
)
def test_bad_input_to_merge_is_named(positions, size):
    with pytest.raises(ValueError, match=r"size|positions of frame 0"):
        merge_atoms(positions, size)


def test_an_empty_site_is_found_where_it_is():
    atoms = square_lattice()
    np.testing.assert_allclose(find_vacancies(np.delete(atoms, [40, 60], axis=0), [[10, 0], [0, 10]]), atoms[[40, 60]])


def test_nothing_lacks_in_a_whole_lattice():
    atoms = square_lattice()
    assert len(find_vacancies(atoms, [[10, 0], [0, 10]], np.ones(len(atoms)))) == 0


def test_few_atoms_have_no_sites():
    assert find_vacancies([[0, 0], [0, 10]], [[10, 0], [0, 10]]).shape == (0, 2)


def test_a_weak_atom_is_found():
    atoms, strengths = square_lattice(), np.full(81, 9.0)
    strengths[40] = 5.0
    np.testing.assert_allclose(find_vacancies(atoms, [[10, 0], [0, 10]], strengths), atoms[[40]])
    with pytest.raises(ValueError, match="80 atoms"):
        find_vacancies(atoms, [[10, 0], [0, 10]], strengths[1:])


@given(st.permutations(range(80)), st.floats(-30, 30))
def test_neither_order_nor_shift_matters_to_vacancies(order, shift):
    atoms = np.delete(square_lattice(), 40, axis=0)
    np.testing.assert_allclose(find_vacancies(atoms[list(order)] + shift, [[10, 0], [0, 10]]), [[40 + shift] * 2])


@pytest.mark.parametrize("seed", range(2))
def test_vacancies_and_weak_atoms_of_an_image(hard_scenes, seed):
    rng = np.random.default_rng(seed)
    points = hard_scenes.honeycomb(192, 12.0, rng.uniform(0, 60), rng.uniform(0, 12, 2))
    inner = np.flatnonzero(np.all(np.abs(points - 96) < 60, axis=1))
    changed = rng.choice(inner, 4, replace=False)
    heights = np.ones(len(points))
    heights[changed] = [0, 0, 0.45, 0.45]
    image = hard_scenes.draw(192, points, heights, 3.0) + 0.15 * rng.standard_normal((192, 192))
    atoms = find_atoms(image)
    sites = find_vacancies(atoms.positions, atoms.lattice.vectors, atoms.strengths)
    distances = np.linalg.norm(sites[:, None] - points[changed], axis=2)
    assert len(sites) == 4
    assert np.all(distances.min(axis=0) < 1.5)


def test_vectors_in_one_line_tell_no_sites():
    with pytest.raises(ValueError, match="vectors point in two directions, got"):
        find_vacancies(np.zeros((3, 2)), [[9, 9], [18, 18]])
