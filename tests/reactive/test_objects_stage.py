"""What is followed: atoms, defects of several as one object, empty sites, or positions as they were given."""

import numpy as np
import pytest

from atomstat_widgets.analyses.trajectories.drift import Drift, remove
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.trajectories.second_look import look_again
from atomstat_widgets.analyses.trajectories.stages import Chosen, automatic_rmax
from atomstat_widgets.data import Movie
from atomstat_widgets.stat import Atoms, find_atoms, merge_atoms
from atomstat_widgets.stat.progress import unreported


def counts_of(numbers, states):
    table = np.zeros((2, 2), int)
    for now in np.flatnonzero(np.diff(numbers) == 1):
        table[states[now], states[now + 1]] += 1
    return table


def is_same(counts, true):
    return np.array_equal(counts, true) or np.array_equal(counts[::-1, ::-1], true)


def turning_trimer(hard_scenes, seed, **options):
    frames, numbers, centres, states = hard_scenes.turning_trimer(seed=seed, **options)
    return Movie(frames, "trimer", numbers=numbers), centres, counts_of(numbers, states)


@pytest.fixture(scope="module")
def trimer(hard_scenes):
    movie, centres, true = turning_trimer(hard_scenes, 3, frames=40)
    return TrajectoriesModel(movie), centres, true


def test_a_trimer_is_one_track_with_exact_counts(trimer):
    model, centres, true = trimer
    result = model.result
    assert len(result.tracks) == 1
    assert is_same(result.matrix.counts, true)
    assert np.abs(np.concatenate(result.chosen.positions) - centres).max() < 1
    assert "40 objects of 3 atoms" in model.status
    assert "Defects of 3 atoms are followed as one object each" in result.remark


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_every_trimer_is_one_track_with_exact_counts(hard_scenes, seed):
    movie, _, true = turning_trimer(hard_scenes, seed)
    result = TrajectoriesModel(movie).result
    assert len(result.tracks) == 1
    assert is_same(result.matrix.counts, true)


def test_atoms_are_followed_where_that_is_asked_for(trimer):
    model = trimer[0]
    model.objects = "atoms"
    assert sum(len(points) for points in model.result.chosen.positions) == 120
    assert "120 bright atoms" in model.status
    model.objects = "automatic"
    model.defect_size = 3.0
    assert "objects of 1 atom" in model.status
    model.defect_size = None


def test_dopants_at_rest_stay_atoms(hard_scenes):
    frames = hard_scenes.drifting_movie(drift=0.1, frames=8, defects=3, side=192, seed=1)[0]
    model = TrajectoriesModel(Movie(frames, "dopants"))
    assert model.result.chosen.defects is None
    assert "24 bright atoms" in model.status
    model.objects = "defects"
    assert model.result.chosen.defects is not None


def test_given_positions_are_followed_as_they_are():
    rng = np.random.default_rng(0)
    ring = 10 * np.array([[0, 1], [0.87, -0.5], [-0.87, -0.5]])
    atoms = {place: (-1) ** place * ring + 32 for place in range(12)}
    movie = Movie(rng.normal(size=(12, 64, 64)), "given", atoms=atoms)
    model = TrajectoriesModel(movie)
    assert "36 atoms" in model.status
    model.objects = "defects"
    assert "12 objects of 3 atoms" in model.status
    assert len(model.result.tracks) == 1


def vacancy_movie(hard_scenes, frames=6):
    rng = np.random.default_rng(4)
    sheet = hard_scenes.honeycomb(144, 12.0, 15.0, (1.0, 2.0))
    place = int(np.linalg.norm(sheet - 70, axis=1).argmin())
    near = np.argsort(np.linalg.norm(sheet - sheet[place], axis=1))[:2]
    pictures, places = [], []
    for frame in range(frames):
        heights = np.ones(len(sheet))
        heights[near[frame % 2]] = 0
        pictures.append(hard_scenes.draw(144, sheet, heights, 3.0) + 0.1 * rng.standard_normal((144, 144)))
        places.append(sheet[near[frame % 2]])
    return Movie(np.array(pictures, np.float32), "vacancy"), np.array(places)


def test_a_vacancy_is_an_object(hard_scenes):
    movie, places = vacancy_movie(hard_scenes)
    model = TrajectoriesModel(movie, objects="defects", rmax=16.0)
    assert [len(points) for points in model.result.chosen.positions] == [1] * len(places)
    assert np.abs(np.concatenate(model.result.chosen.positions) - places).max() < 1
    assert len(model.result.tracks) == 1
    assert "6 empty or weak sites" in model.status


def test_atoms_are_followed_and_an_empty_site_is_told_of(hard_scenes):
    model = TrajectoriesModel(vacancy_movie(hard_scenes)[0])
    assert not model.result.chosen.vacant
    assert model.result.remark.startswith(
        "The lattice of most frames has a site that is empty or weak: set Objects to Defects to follow such sites"
    )
    model.objects = "atoms"  # asked for
    assert "empty or weak" not in model.result.remark


def test_empty_sites_go_from_one_place_to_the_next():
    every = np.array([[50.0, 50], [50, 60], [90, 90]])  # two of them are as near as such a site goes
    defects = merge_atoms([every], 0.0)
    chosen = Chosen(Movie(np.zeros((1, 99, 99), np.float32), "sites"), [every], 10.0, False, 10.0, defects, vacant=True)
    assert automatic_rmax(chosen) == 12.5


def test_bright_atoms_far_from_each_other_are_no_defect(hard_scenes):
    rng = np.random.default_rng(2)
    sheet = hard_scenes.honeycomb(160, 12.0, 15.0, (1.0, 2.0))
    bright = [int(np.linalg.norm(sheet - place, axis=1).argmin()) for place in ([40, 50], [80, 80], [110, 40])]
    heights = np.ones(len(sheet))
    heights[bright] = 3
    frame = hard_scenes.draw(160, sheet, heights, 3.0)
    model = TrajectoriesModel(Movie(frame + 0.05 * rng.standard_normal((4, 160, 160)).astype(np.float32), "dopants"))
    model.objects = "defects"
    assert model.result.chosen.guessed
    assert [len(points) for points in model.result.chosen.positions] == [3] * 4


def test_a_lattice_without_defects_says_so(hard_scenes):
    image = hard_scenes.clean_honeycomb(side=128, noise=0.1)[0]
    model = TrajectoriesModel(Movie(np.stack([image] * 3), "lattice"))
    assert model.result.chosen.defects is None
    model.objects = "defects"
    assert "there are no defects" in model.error


PAIR = np.array([[0.0, -2], [0, 2]])


def chosen_pairs(*frames):
    """Objects of two atoms around centres (n, 2) of each frame."""
    defects = merge_atoms([(np.array(centres)[:, None] + PAIR).reshape(-1, 2) for centres in frames], 5.0)
    movie = Movie(np.zeros((len(frames), 99, 99), np.float32), "pairs")
    return Chosen(movie, defects.positions, 4.0, False, 40.0, defects)


def test_objects_that_tell_their_links_settle_a_doubtful_frame():
    shifts = np.array([[0.0, 0], [1, 0], [41, 0], [41, 0]])  # by a whole distance, which makes one of the other
    places = [[20, 20], [60, 20]], [[21, 20], [61, 20]], [[23, 20], [63, 20]], [[23, 20], [63, 20]]
    still = remove(None, chosen_pairs(*places), Drift(shifts, {2: "another step fits as well"}), unreported)
    assert still.drift.doubtful == {}
    np.testing.assert_allclose(still.drift.shifts[:, 0], [0, 1, 3, 3])


@pytest.mark.parametrize("later", [[[42, 20]], [[42, 20], [82, 20]]])
def test_objects_that_do_not_tell_their_links_leave_it_in_doubt(later):
    doubtful = {1: "another step fits as well"}
    still = remove(None, chosen_pairs([[20, 20], [60, 20]], later), Drift(np.zeros((2, 2)), doubtful), unreported)
    assert still.drift.doubtful == doubtful


def test_single_atoms_leave_a_doubtful_frame_in_doubt():
    movie = Movie(np.zeros((2, 99, 99), np.float32), "one")
    chosen = Chosen(movie, [np.array([[20.0, 20]])] * 2, 4.0, False, 40.0)
    assert remove(None, chosen, Drift(np.zeros((2, 2)), {1: "why"}), unreported).drift.doubtful == {1: "why"}


def test_a_frame_whose_lattice_was_missed_is_looked_at_again(hard_scenes):
    image = hard_scenes.clean_honeycomb(side=128, noise=0.1)[0]
    atoms = find_atoms(image)
    missed = find_atoms(hard_scenes.draw(128, [[40.0, 40], [40, 49], [80, 90]], 1.0, 3.0), spacing=atoms.spacing)
    assert len(missed.lattice.vectors) == 0
    nothing = Atoms(np.empty((0, 2)), np.empty(0), atoms.spacing)
    frames, seen, read = [atoms, missed, atoms, nothing], set(), []
    look_again(frames, lambda place: read.append(place) or image, None, seen, unreported)
    assert read == [1]
    assert len(frames[1].positions) == pytest.approx(len(atoms.positions), rel=0.02)
    frames[1] = missed
    look_again(frames, lambda place: read.append(place) or image, None, seen, unreported)
    assert read == [1]  # once is enough
