from functools import partial
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from traitlets import TraitError

from atomstat_widgets.analyses.trajectories import drift, stages
from atomstat_widgets.analyses.trajectories.draws import Draws
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.trajectories.result import ABSENT, UNKNOWN, Score, TrajectoriesResult, align
from atomstat_widgets.data import Movie, MovieTruth, ReadError, movies
from atomstat_widgets.stat import Crops, extract_movie_crops, mean_squared_displacement
from atomstat_widgets.stat.progress import unreported

EVEN = np.full((2, 2), 0.5)
HOPPING = np.array([[0.85, 0.15], [0.3, 0.7]])
GAP = ABSENT
NOTHING = np.empty((0, 2))


@pytest.fixture(scope="module")
def movie():
    return movies.hopping_dopants(frames=17, missing=1, shape=(128, 128), seed=3)  # no frame 13; 5 dopants


@pytest.fixture
def model(movie):
    return TrajectoriesModel(movie)


@pytest.fixture(scope="module")
def unchanged(movie):
    """A model for tests that change nothing."""
    return TrajectoriesModel(movie)


@pytest.fixture(scope="module")
def sample():
    return TrajectoriesModel(movies.hopping_dopants()).result


def laid(table, *, numbers=None, probabilities=None, n_states=2, moved=None, own=None, **parameters):
    """Result of atoms 20 px apart: true and `own` states (atoms, frames), GAP where none is, and `moved` rows."""
    table = np.array(table)
    own = table if own is None else np.array(own)
    rows = 20.0 * np.arange(len(table))[:, None] + (np.zeros(table.shape) if moved is None else np.array(moved))

    def points(states):
        there = [np.flatnonzero(column != GAP) for column in states.T]
        return there, [np.column_stack([rows[at, place], np.full(len(at), 7)]) for place, at in enumerate(there)]

    truth = None
    if probabilities is not None:
        there, positions = points(table)
        truth = MovieTruth(positions, there, [table[at, place] for place, at in enumerate(there)], probabilities)
    there, positions = points(own)
    film = Movie(np.broadcast_to(0.0, (table.shape[1], 64, 64)), "laid", 0.5, "nm", numbers, truth=truth)
    found = stages.Found(positions, [np.ones(len(at)) for at in there], 10.0, {})
    chosen = stages.choose(found, film, "all", unreported)
    parameters = {"rmax": 5.0, "memory": 0, "min_length": 1, "lag": 1, "frames": len(film), **parameters}
    still = drift.remove(None, chosen, drift.Drift(np.zeros((len(film), 2))), unreported)
    linked = drift.track(still, chosen, parameters["rmax"], parameters["memory"], unreported)
    labels = [own[at, place] for place, at in enumerate(there)]
    known = np.flatnonzero(np.concatenate(labels) >= 0)
    frames = np.repeat(np.arange(len(film)), [len(at) for at in there])[known]
    crops = Crops(np.zeros((len(known), 1)), (1, 1, 1), np.concatenate(positions)[known], frames, 0, known)
    posteriors = [np.eye(n_states)[one] for one in labels]
    states = stages.States(crops, labels, np.arange(n_states)[:, None, None], posteriors)
    draws = Draws(states, linked.seen, parameters["min_length"])
    return TrajectoriesResult(film, parameters, found, chosen, states, linked, still.steps, draws)


class FrameByFrame:
    """An array-like that gives one frame by a whole number and nothing else."""

    def __init__(self, array):
        self._array, self.shape, self.dtype = array, array.shape, array.dtype

    def __getitem__(self, place):
        assert type(place) is int
        return self._array[place]

    def __array__(self, *args, **options):
        raise AssertionError("read whole")


def compared(result):
    """Number of true atoms, all of which are followed, and how many of them are in the true state."""
    table, truth = np.zeros((2, 2), int), result.movie.truth
    for place, labels in enumerate(result.states.labels):
        distances = cdist(truth.positions[place], result.chosen.positions[place])
        assert distances.min(axis=1).max() < 1
        own = labels[distances.argmin(axis=1)]
        np.add.at(table, (own[own >= 0], truth.states[place][own >= 0]), 1)
    return sum(map(len, truth.positions)), max(np.trace(table), np.trace(table[::-1]))


class TestSample:
    def test_dopants_are_chosen_and_linked_and_their_sublattices_told(self, sample):
        assert sample.chosen.bright
        total, right = compared(sample)
        assert total == 16 * 96
        assert right >= 0.99 * total
        score = sample.score()
        assert score.all_links == 16 * (95 - 4)  # 96 frames have 95 steps, of which 4 are longer than one frame
        assert score.links >= 0.998 * score.all_links
        np.testing.assert_array_equal(sample.tracks.lengths, np.full(16, 96))
        assert 0 <= sum(map(len, sample.chosen.positions)) - total <= 2  # others, in no track that is counted

    @pytest.mark.slow
    def test_intervals_hold_the_true_probabilities_as_often_as_they_promise(self):
        sums = np.zeros(7, int)
        for seed in range(10):
            result = TrajectoriesModel(movies.hopping_dopants(frames=60, shape=(128, 160), seed=seed)).result
            followed = sum(map(len, result.chosen.positions))
            sums += [*result.score()[:3], result.chosen.bright, followed, *compared(result)]
        links, all_links, inside, bright, followed, total, right = sums.tolist()
        assert inside >= 36  # of 40
        assert bright == 10
        assert links >= 0.998 * all_links
        assert right >= 0.99 * total
        assert total <= followed <= 1.002 * total


class TestScore:
    THREE = ((0, 1, 1, 0), (1, 1, 0, 1), (0, 0, 1, 1))

    @pytest.mark.parametrize(
        ("missed", "options", "links"),
        [
            ((), {}, (9, 9)),
            ((), {"moved": [[0, 0, 6, 6], [0] * 4, [0] * 4]}, (8, 9)),
            ((), {"moved": [[0, 0, 6, 6], [0] * 4, [0] * 4], "rmax": 6.5}, (9, 9)),
            ((1, 1), {}, (7, 9)),
            ((1, 1), {"memory": 1}, (7, 9)),  # a track over the gap is no link from frame to frame
            ((slice(None), 3), {}, (6, 9)),
            (1, {}, (6, 9)),  # others are too far away to be taken for it
            ((), {"numbers": [0, 1, 3, 4], "memory": 1}, (6, 6)),
        ],
    )
    def test_links(self, missed, options, links):
        own = np.array(self.THREE)
        if missed != ():
            own[missed] = GAP
        assert laid(self.THREE, probabilities=EVEN, own=own, **options).score()[:2] == links

    def test_wrong_links_are_those_of_two_atoms(self):
        # When the first atom goes, another comes 20 px beside it: within a long range they are one track.
        table = np.array([[0, 0, GAP, GAP], [GAP, GAP, 0, 0], [0] * 4])
        near = laid(table, probabilities=EVEN).score()
        assert (near.links, near.all_links, near.wrong_links, near.similarity) == (5, 5, 0, 1.0)
        far = laid(table, rmax=100.0, probabilities=EVEN).score()
        assert (far.links, far.all_links, far.wrong_links) == (5, 5, 1)
        assert far.similarity == 5 / 6

    @pytest.mark.parametrize("swapped", [False, True])
    def test_entries_do_not_depend_on_what_states_are_called(self, swapped):
        table = np.repeat([(0, 0), (0, 1), (1, 0), (1, 1)], [85, 15, 30, 70], axis=0)
        own = 1 - table if swapped else table
        assert laid(table, own=own, probabilities=HOPPING).score().entries == 4
        wrong = np.array([[0.5, 0.5], [0.3, 0.7]])  # 85 of 100 is not a half
        assert laid(table, own=own, probabilities=wrong).score().entries == 2

    def test_entries_of_a_lag_are_those_of_the_power_of_the_matrix(self):
        table = np.repeat([(0, 0), (0, 1), (1, 0), (1, 1)], [307, 93, 186, 214], axis=0)
        np.testing.assert_allclose(HOPPING @ HOPPING, [[0.7675, 0.2325], [0.465, 0.535]])
        result = laid(table, numbers=[0, 2], memory=1, lag=2, probabilities=HOPPING)
        np.testing.assert_array_equal(result.matrix.counts, [[307, 93], [186, 214]])
        assert result.score() == Score(0, 0, 4, 4, 0)
        assert laid(table, probabilities=HOPPING).score().entries == 0  # at lag 1 they are far off

    def test_what_there_is_none_of(self):
        for n_states in (1, 3):
            own = np.minimum(self.THREE, n_states - 1)
            assert laid(self.THREE, own=own, n_states=n_states, probabilities=EVEN).score() == Score(9, 9, None, 4, 0)
        with pytest.raises(ValueError, match="the true tracks of laid are not known"):
            laid(self.THREE).score()


class TestChain:
    @pytest.mark.parametrize(
        ("name", "value", "done"),
        [
            *(("rmax", 12.0, {"link"}), ("memory", 0, {"link"}), ("min_length", 5, set()), ("lag", 2, set())),
            *(("drift", "off", {"link"}), ("drift", [[0, 0]] * 16, {"link"})),
            *(("n_states", 3, {"classes_of"}), ("window", 20, {"extract_movie_crops", "classes_of"})),
            ("normalize", False, {"extract_movie_crops", "classes_of"}),
            ("atoms", "all", {"extract_movie_crops", "classes_of", "link"}),
            ("strength", 5.0, {"find_atoms", "extract_movie_crops", "classes_of", "link"}),
        ],
    )
    def test_only_what_a_parameter_changes_is_computed(self, model, monkeypatch, name, value, done):
        names = ("find_atoms", "extract_movie_crops", "classes_of", "link", "register")
        homes = {one: drift if one in ("link", "register") else stages for one in names}
        spies = {one: Mock(wraps=getattr(home, one)) for one, home in homes.items()}
        for one, spy in spies.items():
            monkeypatch.setattr(homes[one], one, spy)
        given, before = getattr(model, name), model.result
        setattr(model, name, value)
        counts = {one: spy.call_count for one, spy in spies.items()}
        assert ({one for one in names if counts[one]}, model.error) == (done, "")
        assert max(counts[one] for one in names[1:]) <= 1
        assert model.result.parameters[name] == getattr(model, name)
        assert (model.result.states.labels is before.states.labels) == ("classes_of" not in done)
        setattr(model, name, given)
        assert counts == {one: spy.call_count for one, spy in spies.items()}

    @pytest.mark.parametrize("n_states", [3, 5])
    def test_states_keep_their_numbers_when_there_are_more_for_a_while(self, model, n_states):
        two = np.concatenate(model.result.states.labels)
        model.n_states = n_states
        more = np.concatenate(model.result.states.labels)
        assert [np.bincount(two[more == state]).argmax() for state in (0, 1)] == [0, 1]
        model.n_states = 2
        np.testing.assert_array_equal(np.concatenate(model.result.states.labels), two)

    @pytest.mark.parametrize("first", [2, 3, 4, 6, 9, 12])
    def test_states_do_not_depend_on_the_first_frames_that_were_shown(self, movie, unchanged, first, monkeypatch):
        monkeypatch.setattr("atomstat_widgets.reactive.model.has_kernel", lambda: True)
        monkeypatch.setattr(TrajectoriesModel, "_first_look", lambda self, parameters: first)
        model = TrajectoriesModel(movie)
        seen = [model.result.coarse]
        model.observe(lambda change: seen.append(change.new.coarse), "result")
        assert model.wait(60)
        assert (model.error, seen[0], seen[-1]) == ("", True, False)
        for one, other in zip(model.result.states.labels, unchanged.result.states.labels, strict=True):
            np.testing.assert_array_equal(one, other)
        assert model.result.arrangement == ()
        monkeypatch.setattr(TrajectoriesModel, "_first_look", lambda self, parameters: len(movie))
        model.n_states = 3
        assert model.wait(60)
        three = model.result.states.arrangement
        monkeypatch.setattr(TrajectoriesModel, "_first_look", lambda self, parameters: first)
        model.n_states = 2
        model.wait(60)
        model.n_states = 3
        assert model.wait(60)
        assert model.result.states.arrangement == three

    def test_states_are_numbered_as_those_that_are_shown(self):
        table = np.array([[0, 0, 1, 2], [1, 0, UNKNOWN, 2], [GAP, 1, 1, 2]])
        states = align(laid(np.where(table >= 0, (table + 1) % 3, table), n_states=3).states, laid(table, n_states=3))
        np.testing.assert_array_equal(np.concatenate(states.labels), table.T[table.T != GAP])
        np.testing.assert_array_equal(states.centroids.ravel(), [1, 2, 0])
        np.testing.assert_array_equal(states.counts, [3, 4, 3])

    def test_states_are_numbered_by_the_frames_that_are_shown(self):
        shown = laid([[0] + [GAP] * 5, [1] + [GAP] * 5])
        states = align(laid([[1, 0, 0, 0, 0, 0], [0, 1, 1, 1, 1, 1]]).states, shown)
        np.testing.assert_array_equal(states.labels[0], [0, 1])

    def test_of_fewer_states_those_whose_number_is_left_keep_it(self):
        shown = laid(np.repeat([0, 1, 2], [2, 6, 4])[:, None], n_states=3)
        states = align(laid(np.repeat([0, 0, 1], [2, 6, 4])[:, None]).states, shown)  # 0 went over to 1
        np.testing.assert_array_equal(states.labels[0], np.repeat([1, 1, 0], [2, 6, 4]))


class TestResult:
    TABLE = ((0, 1, GAP, 1, 1), (GAP, GAP, 1, 0, UNKNOWN))

    @settings(deadline=None, max_examples=50)
    @given(st.data(), st.integers(1, 4), st.integers(2, 8), st.integers(1, 4))
    def test_timelines_occurrences_and_counts_are_those_of_the_table(self, data, atoms, span, lag):
        drawn = st.lists(st.integers(-2, 2), min_size=atoms * span, max_size=atoms * span)
        table = np.array(data.draw(drawn)).reshape(atoms, span)
        recorded = np.array(data.draw(st.lists(st.booleans(), min_size=span, max_size=span)))
        recorded[[0, -1]] = True
        table[0, 0] = 1
        table[:, ~recorded] = GAP
        table = table[(table != GAP).any(axis=1)]
        table = table[np.argsort((table != GAP).argmax(axis=1), kind="stable")]  # as tracks are numbered
        numbers = 3 + np.flatnonzero(recorded)
        result = laid(table[:, recorded], numbers=numbers, n_states=3, memory=span, lag=lag)
        np.testing.assert_array_equal(result.timeline(np.arange(len(table))), table)
        for first, second in np.ndindex(3, 3):
            expected = [
                (row, time)
                for row, time in np.ndindex(len(table), max(0, span - lag))
                if (table[row, time], table[row, time + lag]) == (first, second)
            ]
            assert result.transitions.counts[first, second] == len(expected)
            found = result.occurrences(first, second)
            assert [(row, numbers[place] - 3) for row, place in found.tolist()] == expected

    def test_by_hand(self):
        result = laid(self.TABLE, numbers=[4, 5, 6, 8, 9], memory=3, min_length=2)
        expected = [[0, 1, GAP, GAP, 1, 1], [GAP, GAP, 1, GAP, 0, UNKNOWN]]  # there is no frame 7
        np.testing.assert_array_equal(result.timeline(np.array([0, 1])), expected)
        np.testing.assert_array_equal(result.timeline(np.array([1])), expected[1:])
        assert result.timeline(np.empty(0, int)).shape == (0, 6)
        np.testing.assert_array_equal(result.atoms.frames, [4, 5, 6, 8, 8, 9, 9])
        np.testing.assert_array_equal(result.atoms.positions[:, 0], [0, 0, 20, 0, 20, 0, 20])
        np.testing.assert_array_equal(result.atoms.tracks, [0, 0, 1, 0, 1, 0, 1])
        np.testing.assert_array_equal(result.atoms.states, [0, 1, 1, 1, 0, 1, UNKNOWN])
        np.testing.assert_array_equal(result.steps, [[0, 1, 3, 2, 4], [1, 3, 5, 4, 6]])
        np.testing.assert_array_equal(result.transitions.counts, [[0, 1], [0, 1]])  # neither over 6 and 7, nor 7 alone
        np.testing.assert_array_equal(result.occurrences(1, 1), [(0, 3)])
        assert result.places(np.array([4, 8, 9])) == [0, 3, 4]
        assert (result.n_states, result.rmax, result.window) == (2, 5, 1)

    @pytest.mark.parametrize(("memory", "tracks", "steps"), [(0, 2, 2), (1, 1, 3)])
    @pytest.mark.parametrize("recorded", [False, True])
    def test_memory_bridges_a_frame_and_a_gap_is_never_one_step(self, memory, tracks, steps, recorded):
        table, numbers = ([(0, 0, GAP, 1, 1)], None) if recorded else ([(0, 0, 1, 1)], [0, 1, 3, 4])
        result = laid(table, numbers=numbers, memory=memory)
        assert (len(result.tracks), len(result.steps[0])) == (tracks, steps)
        np.testing.assert_array_equal(result.transitions.counts, [[1, 0], [0, 1]])
        assert len(result.occurrences(0, 1)) == 0
        two = laid(table, numbers=numbers, memory=memory, lag=2)
        np.testing.assert_array_equal(two.transitions.counts, [[0, memory], [0, 0]])

    def test_short_tracks_are_not_counted(self):
        result = laid(self.TABLE, memory=1, min_length=4)
        np.testing.assert_array_equal(result.atoms.tracks, [0, 0, -1, 0, -1, 0, -1])
        np.testing.assert_array_equal(result.steps, [[0, 1, 3], [1, 3, 5]])
        none = laid(self.TABLE, min_length=9)
        assert (len(none.tracks), len(none.steps[0]), none.transitions.counts.sum()) == (0, 0, 0)
        np.testing.assert_array_equal(none.matrix.interval(), [np.zeros((2, 2)), np.ones((2, 2))])
        assert none.diffusion() is None

    def test_the_automatic_range_is_half_the_distance_of_neighbours(self, unchanged):
        assert laid(self.TABLE[:1], rmax=None).rmax == 16  # there are none: a quarter of the side
        result = unchanged.result
        distances = [cdist(points, points) + np.diag([np.inf] * len(points)) for points in result.chosen.positions]
        assert result.rmax == pytest.approx(np.median([row.min() for table in distances for row in table]) / 2)
        assert result.window == 2 * round(1.25 * result.found.spacing)
        assert unchanged.status.startswith("80 bright atoms in 16 frames, 5 of 5 tracks long enough, 0 ambiguous links")

    def test_diffusion_is_that_of_the_covariances_in_the_unit_of_the_movie(self):
        walk = laid([[0, 0, 0]], moved=[[0, 1, 2]])  # 1/2 + 1 along one axis, 0 along the other, of pixels of 0.5
        assert walk.diffusion().value == pytest.approx(0.75 * 0.5**2)
        assert laid([[0, 0]], moved=[[0, 1]]).diffusion() is None
        assert laid([[0, 0, 0]], numbers=[0, 1, 3], memory=1).diffusion() is None


class TestMovies:
    def test_given_atoms_are_taken_as_they_are(self, movie):
        positions = [np.vstack([points, [[3, 60]]]) for points in movie.truth.positions]  # the last has no crop
        atoms = dict(zip(movie.frame_numbers.tolist(), positions, strict=True))
        atoms[1], atoms[7] = np.column_stack([atoms[1], np.ones(6)]), np.empty((0, 3))
        del atoms[4], atoms[16]
        model = TrajectoriesModel(Movie(movie.frames, numbers=movie.numbers, atoms=atoms), window=16)
        result = model.result
        assert (model.error, model.notice, result.chosen.bright) == ("", "", False)
        for number, points in zip(movie.frame_numbers.tolist(), result.chosen.positions, strict=True):
            np.testing.assert_array_equal(points, atoms.get(number, NOTHING)[:, :2])
        empty = (result.timeline(np.arange(len(result.tracks))) == ABSENT).all(axis=0)
        np.testing.assert_array_equal(np.flatnonzero(empty), [4, 7, 13, 16])
        np.testing.assert_array_equal(result.tracks.lengths, [13] * 6)
        np.testing.assert_array_equal(result.states_of(5), [UNKNOWN] * 13)
        assert all((result.states_of(track) >= 0).all() for track in range(5))

    def test_given_atoms_of_a_blank_frame_do_not_cost_the_others(self, movie):
        frames, atoms = movie.frames.copy(), dict(enumerate(movie.truth.positions))
        frames[3] = 0
        assert TrajectoriesModel(Movie(frames, atoms=atoms), window=16).error == ""

    def test_dark_atoms_are_the_bright_ones_of_the_negative(self, movie, unchanged):
        model = TrajectoriesModel(Movie(-movie.frames, numbers=movie.numbers), dark=True)
        for name in ("positions", "ids"):
            own, expected = (getattr(result.links, name) for result in (model.result, unchanged.result))
            np.testing.assert_allclose(np.concatenate(own), np.concatenate(expected), atol=1e-3)
        np.testing.assert_array_equal(
            np.concatenate(model.result.states.labels), np.concatenate(unchanged.result.states.labels)
        )

    @pytest.mark.parametrize("kind", ["on disk", "frame by frame", "crops on demand"])
    def test_a_movie_that_does_not_fit_in_memory(self, movie, unchanged, kind, tmp_path, monkeypatch):
        frames = movie.frames
        if kind == "on disk":
            frames = np.memmap(tmp_path / "movie", frames.dtype, "w+", shape=frames.shape)
            frames[:] = movie.frames
        elif kind == "frame by frame":
            frames = FrameByFrame(frames)
        else:
            monkeypatch.setattr(stages, "extract_movie_crops", partial(extract_movie_crops, memory_budget=0))
        model = TrajectoriesModel(Movie(frames, numbers=movie.numbers))
        assert model.error == ""
        assert isinstance(model.result.states.crops.matrix, np.ndarray) == (kind != "crops on demand")
        np.testing.assert_array_equal(
            np.concatenate(model.result.links.ids), np.concatenate(unchanged.result.links.ids)
        )
        np.testing.assert_array_equal(
            np.concatenate(model.result.states.labels), np.concatenate(unchanged.result.states.labels)
        )

    def test_frames_that_cannot_be_used_are_skipped_and_said(self, movie, unchanged):
        frames = movie.frames.copy()
        frames[3], frames[14] = 7, np.inf  # that at place 14 is frame 15
        model = TrajectoriesModel(Movie(frames, numbers=movie.numbers))
        assert model.error == ""
        assert model.notice.startswith("2 frames could not be used; of frame 3: all 16384 pixels")
        assert list(model.result.found.skipped) == [3, 15]
        for place, points in enumerate(unchanged.result.chosen.positions):
            expected = NOTHING if place in (3, 14) else points
            np.testing.assert_allclose(model.result.chosen.positions[place], expected)
        np.testing.assert_array_equal(model.result.tracks.lengths, [14] * 5)
        model.movie = movie
        assert model.notice == ""

    def test_places_without_data_are_left_out_and_said(self, movie, unchanged):
        """As drift correction leaves them: no frame is lost, and where there are data all atoms are found."""
        frames = movie.frames.copy()
        frames[2:5, :, :20] = frames[9, :15] = np.nan
        model = TrajectoriesModel(frames)
        assert (model.error, model.notice, model.result.found.skipped) == ("", "", {})
        assert model.result.remark.startswith("Places without data were left out in 4 frames. ")
        for place, points in enumerate(unchanged.result.found.positions):
            far = (points[:, 1] > 26) & (points[:, 0] > 21)
            found = model.result.found.positions[place]
            distances = np.linalg.norm(found[:, None] - points[far], axis=2)
            assert np.mean(distances.min(axis=0) < 0.3) > 0.97  # but for the faintest
            assert np.isnan(frames[place]).any() or len(found) == len(points)

    def test_one_frame(self, movie):
        model = TrajectoriesModel(movie.frames[:1], min_length=1)
        assert (model.error, len(model.result.tracks), model.result.transitions.counts.sum()) == ("", 5, 0)
        assert (model.result.timeline(np.arange(5)).shape, model.result.diffusion()) == ((5, 1), None)

    def test_one_atom_in_each_frame(self):
        y, x = np.mgrid[:48, :48]
        places = np.array([[20 + 0.7 * time, 24 - 0.4 * time] for time in range(8)])
        frames = [np.exp(-((y - row) ** 2 + (x - column) ** 2) / 8) for row, column in places]
        model = TrajectoriesModel(np.array(frames))
        assert (model.error, model.result.rmax) == ("", 12)
        np.testing.assert_allclose(model.result.tracks.track(0)[1], places, atol=0.05)
        assert len(model.result.tracks) == 1

    @pytest.mark.parametrize(
        ("atoms", "parameters", "message"),
        [
            (None, {}, "no frame that was looked at tells the spacing of atoms"),
            (None, {"spacing": 6.0}, "no frame can be used; of frame 0: all 4096 pixels of the image are equal"),
            ({0: [[0, 0], [0, 20]], 1: [[63, 5]]}, {"window": 8}, "no crop is left of 3 atoms"),
            ({0: [[20, 20], [40, 40]]}, {"window": 8, "n_states": 3}, "2 atoms have a crop, too few for 3 states"),
            ({}, {}, "no atoms"),
        ],
    )
    def test_what_cannot_be_analysed_is_said_in_words(self, atoms, parameters, message):
        frames = np.random.default_rng(0).random((12, 64, 64)) if atoms else np.zeros((12, 64, 64))
        atoms = atoms and {number: np.array(points, float) for number, points in atoms.items()}
        model = TrajectoriesModel(Movie(frames, atoms=atoms), **parameters)
        assert message in model.error
        assert (model.result, model.status, model.stale, model.busy) == (None, "Failed", True, False)


class TestModel:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *(("rmax", value) for value in (0, -1.0, np.inf, np.nan, "far")),
            *(("n_states", 0), ("n_states", 9), ("n_states", None), ("memory", -1), ("atoms", "dark"), ("atoms", None)),
            *(("min_length", 0), ("lag", 0), ("window", 1), ("window", "big"), ("spacing", 1), ("strength", -0.5)),
        ],
    )
    def test_refused_parameters_change_nothing(self, unchanged, name, value):
        result, before = unchanged.result, unchanged.parameters()
        with pytest.raises(TraitError, match=name):
            setattr(unchanged, name, value)
        assert unchanged.result is result
        assert unchanged.parameters() == before

    @pytest.mark.parametrize(
        ("bad", "error", "message"),
        [
            (np.ones((64, 64)), ReadError, "array: a movie is"),
            (np.ones((3, 64, 64), complex), ReadError, "complex"),
            ([np.ones((64, 64))], TypeError, "not from list"),
            (np.ones((5, 7, 64)), ValueError, "frames of 7 × 64 pixels have no room for atoms"),
            ("missing.tif", ReadError, "missing.tif does not exist"),
        ],
    )
    def test_refused_movies_change_nothing(self, movie, bad, error, message):
        model = TrajectoriesModel(movie, n_states=3, rmax=12.0, dark=False, min_length=4)
        before, result = model.parameters(), model.result
        with pytest.raises(error, match=message):
            model.movie = bad
        assert model.parameters() == before
        assert model.result is result
        with pytest.raises(error, match=message):
            TrajectoriesModel(bad)

    def test_a_first_look_without_atoms_does_not_cost_the_others(self, movie, monkeypatch):
        for module in ("reactive.model", "analyses.trajectories.model"):
            monkeypatch.setattr(f"atomstat_widgets.{module}.has_kernel", lambda: True)
        monkeypatch.setattr("atomstat_widgets.analyses.trajectories.model.FIRST_LOOK", 0)
        frames = np.random.default_rng(0).normal(0, 0.15, movie.frames.shape)
        frames[10:] = movie.frames[10:]
        model = TrajectoriesModel(frames, strength=17.0, quick_start=True)
        assert model.wait(10)
        assert model.error == ""

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("strength", 1e6, "no atoms were found: lower the strength, or set the spacing"),
            ("window", 129, "the window is between 1 and 128, the image's shorter side, got 129"),
            ("window", 128, "no crop is left of"),
            ("spacing", 500.0, "no frame can be used; of frame 0: spacing is in pixels"),
        ],
    )
    def test_after_a_failure_the_last_result_stays(self, model, name, value, message):
        before = model.result
        setattr(model, name, value)
        assert message in model.error
        assert model.result is before
        assert (model.stale, model.status) == (True, "Failed: the last good result is shown")
        setattr(model, name, None)
        assert (model.error, model.stale) == ("", False)

    def test_a_new_movie_starts_automatically_and_in_one_run(self, movie, monkeypatch):
        chosen = {"spacing": 6.0, "strength": 3.0, "window": 14, "rmax": 9.0, "atoms": "bright", "dark": False}
        model = TrajectoriesModel(movie, n_states=3, lag=2, **chosen)
        model.dark = True
        runs, compute = [], TrajectoriesModel.compute
        monkeypatch.setattr(model, "compute", lambda given, run: runs.append(given) or compute(model, given, run))
        model.movie = movie.frames[:12]
        automatic = {**dict.fromkeys(chosen), "atoms": "automatic", "dark": False}
        assert len(runs) == 1
        assert {name: runs[0][name] for name in chosen} == automatic
        assert {name: getattr(model, name) for name in chosen} == automatic
        assert (model.n_states, model.lag, model.error, model.stale) == (3, 2, "", False)
        assert model.result.movie is model.movie is runs[0]["movie"]
        assert len(model.movie) == 12


@pytest.mark.slow
def test_spheres_in_water(shared_data):
    """Of 30 frames: 744 to 780 spheres in each, 577 tracks over all of them, 0.525 px² at lag 1 and 0.53 more a lag."""
    model = TrajectoriesModel(shared_data / "movie-bulk-water", dark=True, spacing=11.0, strength=5.0, rmax=5.0)
    assert (model.error, model.notice, model.result.chosen.bright) == ("", "", False)
    counts = [len(points) for points in model.result.chosen.positions]
    assert len(counts) == 30
    assert 650 < min(counts) <= max(counts) < 850
    assert np.count_nonzero(model.result.tracks.lengths == 30) > 500
    squares = mean_squared_displacement(model.result.tracks, 5).ensemble
    assert 0.4 < squares[0] < 0.65
    assert (np.diff(squares) > 0.3).all()
    assert 4 < squares[4] / squares[0] < 6.5
