"""Drift between atoms and links: what is linked, counted and said of movies whose drift is known."""

import dask.array as da
import numpy as np
import pytest
from registered import draw
from traitlets import TraitError

from atomstat_widgets.analyses.trajectories.drift import Drift, agree, measure, remove, track
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.trajectories.stages import Chosen, Found
from atomstat_widgets.data import Movie, movies
from atomstat_widgets.reactive.recipe import recipe_of
from atomstat_widgets.reactive.results import numbers_of
from atomstat_widgets.stat.progress import unreported

SIDE, SPACING = 176, 16.0
SHIFTS = np.array([[0, 0], [9.5, -3], [2, 8], [-7.25, 9], [1.5, 1], [8, -9.75], [0, 0], [-5, 6.5]])


def drifting(shifts=SHIFTS, seed=0, other=None):
    """Frames of a square lattice whose atoms differ in height, one of them of another place, and its sites (n, 2)."""
    rng = np.random.default_rng(seed)
    sites = np.stack(np.meshgrid(*[np.arange(-32.0, 210, SPACING)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    sites += rng.normal(0, 0.4, sites.shape)
    heights = rng.uniform(0.8, 1.3, len(sites))
    frames = []
    for number, shift in enumerate(shifts):
        at = sites + shift if number != other else rng.uniform(-16, SIDE + 16, sites.shape)
        frames.append(sum(h * draw(SIDE, point[None], 3.0) for h, point in zip(heights, at, strict=True)))
    return np.array(frames) + rng.normal(0, 0.03, (len(shifts), SIDE, SIDE)), sites


@pytest.fixture(scope="module")
def film():
    return Movie(drifting()[0].astype(np.float32), "drifting", 0.1, "nm", np.array([0, 1, 2, 4, 5, 6, 7, 8]))


@pytest.fixture(scope="module")
def result(film):
    return TrajectoriesModel(film).result


def wrong_links(result, sites, shifts):
    """Links between points that are not of one site, and all links."""
    wrong = count = 0
    of_site = [
        np.linalg.norm(points[:, None] - shift - sites, axis=2).argmin(axis=1)
        for points, shift in zip(result.links.positions, shifts, strict=True)
    ]
    for before, after, now, later in zip(of_site, of_site[1:], result.links.ids, result.links.ids[1:], strict=False):
        _, first, second = np.intersect1d(now, later, return_indices=True)
        wrong, count = wrong + int(np.sum(before[first] != after[second])), count + len(first)
    return wrong, count


def test_atoms_are_linked_where_the_sample_is_still(film, result):
    np.testing.assert_allclose(result.drift.shifts, SHIFTS, atol=0.15)
    assert not result.drift.doubtful
    assert "Drift of up to 12.6 px removed" in result.remark
    sites = drifting()[1]
    wrong, count = wrong_links(result, sites, SHIFTS)
    assert (wrong, count > 100) == (0, True)
    assert wrong_links(TrajectoriesModel(film, drift="off").result, sites, SHIFTS)[0] > 100
    assert np.median(result.nearest) < 0.3


def test_positions_are_given_in_both_frames_of_reference(film, result):
    tables = numbers_of(result).tables
    tracks, drift = tables["tracks"], tables["drift"]
    places = np.searchsorted(film.frame_numbers, tracks["frame"])
    for axis, name in enumerate("yx"):
        np.testing.assert_allclose(
            tracks[f"{name} (px)"] - tracks[f"still {name} (px)"], result.drift.shifts[places, axis]
        )
        np.testing.assert_allclose(drift[f"{name} (nm)"], 0.1 * result.drift.shifts[:, axis])
    whole = np.array([len(at) == len(film) for at, _ in map(result.still.track, range(len(result.tracks)))])
    spread = [result.still.track(number)[1].std(axis=0).max() for number in np.flatnonzero(whole)]
    assert np.median(spread) < 0.1
    np.testing.assert_array_equal(drift["frame"], film.frame_numbers)
    assert drift["in doubt"].sum() == 0


def test_shifts_that_are_given(film):
    model = TrajectoriesModel(film, drift=SHIFTS)
    np.testing.assert_array_equal(model.result.drift.shifts, SHIFTS)  # and not refined
    assert "drift that is given" in model.result.remark
    again = recipe_of(model.result).parameters["drift"]
    assert again == SHIFTS.tolist()
    model.movie = movies.hopping_dopants(frames=5, missing=0, shape=(128, 128))
    assert model.drift == "automatic"
    for bad in ("on", SHIFTS[:3], [[1, 2, 3]] * 5, np.full((5, 2), np.nan), 3):
        with pytest.raises(TraitError, match="drift"):
            model.drift = bad


def test_no_step_is_counted_across_a_doubtful_frame():
    frames, _ = drifting(other=4)
    result = TrajectoriesModel(frames).result
    assert {4, 5} <= set(result.drift.doubtful)
    for number in range(len(result.links)):
        at = result.links.track(number)[0]
        assert not any(at.min() < doubtful <= at.max() for doubtful in (4, 5))
    assert "The drift of 2 frames is in doubt (4, 5), no step into them is counted; of frame 4:" in result.remark
    kept = [place for place in range(8) if place != 4]
    for part in (kept[:4], kept[4:]):
        np.testing.assert_allclose(np.diff(result.drift.shifts[part], axis=0), np.diff(SHIFTS[part], axis=0), atol=0.2)
    numbers = numbers_of(result).tables["drift"]
    np.testing.assert_array_equal(np.flatnonzero(numbers["in doubt"]), sorted(result.drift.doubtful))


def test_blocks_have_the_same_drift(film, result):
    blocked = Movie(da.from_array(film.frames, chunks=(3, 176, 50)), "blocks", 0.1, "nm", film.numbers)
    np.testing.assert_allclose(TrajectoriesModel(blocked).result.drift.shifts, result.drift.shifts, atol=1e-3)


def test_atoms_that_go_their_own_ways_share_no_drift():
    result = TrajectoriesModel(movies.adatoms(frames=20)).result
    assert "Atoms share no drift, none was removed" in result.remark
    assert (result.drift.shifts == 0).all()
    assert not result.drift.doubtful


def test_sharing_by_hand():
    points = 9.0 * np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    measured = Drift(np.array([[0.0, 0.0], [3.0, 0.0]]), refined=True)
    moved = Found([points, np.add(points, (3, 0))], [np.ones(4)] * 2, 9.0, {})
    still = Found([points, points], [np.ones(4)] * 2, 9.0, {})
    assert agree(measured, moved, unreported) is measured
    assert (agree(measured, still, unreported).shifts == 0).all()


def test_tracks_that_contradict_the_pictures_are_cut():
    sites = 20.0 * np.stack(np.divmod(np.arange(9), 3), axis=1) + 20
    positions = [np.add(sites, (0, 12 * (place > 1))) for place in range(4)]  # which the pictures have missed
    chosen = Chosen(Movie(np.zeros((4, 99, 99))), positions, 20.0, False, 20.0)
    still = remove(None, chosen, Drift(np.zeros((4, 2)), refined=True), unreported)
    near, far = (track(still, chosen, rmax, 0, unreported) for rmax in (7.0, 13.0))
    assert (len(near.seen), near.drift.doubtful) == (18, {})  # out of reach: nothing is joined
    assert (len(far.seen), far.drift.doubtful) == (18, {2: "tracks and pictures contradict each other"})
    given = remove(None, chosen, Drift(np.zeros((4, 2))), unreported)
    assert len(track(given, chosen, 13.0, 0, unreported).seen) == 9


def test_movies_without_pictures_to_compare_have_no_drift():
    blank = measure(None, Movie(np.zeros((4, 64, 64))), 4, "automatic", unreported)
    assert "The drift is not known, none was removed: " in blank.remark
    one = measure(None, Movie(np.eye(64)[None]), 1, "automatic", unreported)
    assert one.remark == ""
    for none in (blank, one):
        assert (none.shifts == 0).all()
        assert not none.refined
