from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import maximum_filter
from scipy.spatial.distance import pdist

from atomstat_widgets.data import Movie, MovieTruth, movies
from atomstat_widgets.data.samples.movies import MOVIES, adatoms, hopping_dopants

FRAMES = np.arange(5 * 4 * 6, dtype=np.uint16).reshape(5, 4, 6)
NOTHING = [np.empty(0)] * 5

TINY = {"shape": (64, 64), "pixel_size": 0.03}  # room for one dopant
SMALL = {"shape": (96, 96), "pixel_size": 0.03}  # for about five


def bond(movie: Movie) -> float:
    return 0.142 / movie.pixel_size


def steps(movie: Movie) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lengths in bonds, and states before and after, of the dopants' steps between frames of consecutive numbers."""
    positions, states = np.stack(movie.truth.positions), np.stack(movie.truth.states)
    next_to = np.diff(movie.frame_numbers) == 1
    lengths = np.linalg.norm(np.diff(positions, axis=0), axis=2) / bond(movie)
    return lengths[next_to], states[:-1][next_to], states[1:][next_to]


class TestMovie:
    @pytest.mark.parametrize("shape", [(5, 4, 6), (5, 4, 6, 3), (5, 4, 6, 4), (1, 1, 1)])
    def test_keeps_what_it_is_given(self, shape):
        frames, numbers = np.ones(shape), np.arange(shape[0]) * 2
        atoms = {0: np.ones((2, 2))}
        truth = MovieTruth(*[[np.empty(0)] * shape[0]] * 3, np.eye(2))
        movie = Movie(frames, "film", 0.5, "nm", numbers, atoms, truth)
        assert movie.frames is frames
        np.testing.assert_array_equal(movie.atoms[0], atoms[0], strict=True)
        assert movie.truth is truth
        assert (movie.name, movie.pixel_size, movie.unit) == ("film", 0.5, "nm")
        assert movie.frame_numbers.tolist() == numbers.tolist()
        assert len(movie) == shape[0]
        assert movie.sides == shape[1:3]

    def test_what_is_not_given_is_unknown(self):
        movie = Movie(FRAMES)
        assert (movie.name, movie.pixel_size, movie.unit) == ("array", None, "px")
        assert (movie.numbers, movie.atoms, movie.truth) == (None, None, None)
        assert movie.frame_numbers.tolist() == [0, 1, 2, 3, 4]

    @pytest.mark.parametrize("numbers", [[0, 1, 5, 6, 100], (3, 4, 5, 6, 7), np.array([0, 2, 3, 4, 5], np.uint8)])
    def test_numbers_are_kept_as_indices(self, numbers):
        found = Movie(FRAMES, numbers=numbers).frame_numbers
        assert found.dtype == np.intp
        assert found.tolist() == list(numbers)

    def test_frames_are_found_by_place_whatever_their_numbers(self):
        movie = Movie(FRAMES, numbers=[3, 5, 7, 9, 11])
        assert np.shares_memory(movie[2], FRAMES)
        for place in (0, 4, np.intp(2)):
            np.testing.assert_array_equal(movie[place], FRAMES[place])
        np.testing.assert_array_equal(list(movie), FRAMES)

    @pytest.mark.parametrize("place", [-1, 5, 100])
    def test_there_is_no_frame_beyond_the_ends(self, place):
        with pytest.raises(IndexError, match=f"film has 5 frames, there is none at place {place}"):
            Movie(FRAMES, "film")[place]

    @pytest.mark.parametrize("shape", [(), (5,), (5, 4), (5, 4, 6, 1), (5, 4, 6, 2), (5, 4, 6, 5), (2, 5, 4, 6, 3)])
    def test_refuses_what_is_no_movie(self, shape):
        with pytest.raises(ValueError, match=r"film: a movie is \(frames, height, width\) or .*not of shape \("):
            Movie(np.ones(shape), "film")

    @pytest.mark.parametrize("shape", [(0, 4, 6), (5, 0, 6), (5, 4, 0), (0, 4, 6, 3)])
    def test_refuses_a_movie_of_nothing(self, shape):
        with pytest.raises(ValueError, match=r"film: the movie has no frames or no pixels, its shape is \("):
            Movie(np.ones(shape), "film")

    @pytest.mark.parametrize("size", [0, -1.0, np.nan, np.inf])
    def test_refuses_an_impossible_pixel_size(self, size):
        with pytest.raises(ValueError, match=f"film: pixel_size is a positive finite number, got {size}"):
            Movie(FRAMES, "film", size, "nm")

    @pytest.mark.parametrize(
        "numbers",
        [[], [0, 1, 2, 3], [0, 1, 2, 3, 4, 5], [-1, 0, 1, 2, 3], [0, 1, 1, 2, 3], [4, 3, 2, 1, 0], [[0] * 5], 5],
    )
    def test_refuses_numbers_that_do_not_increase_or_do_not_fit(self, numbers):
        with pytest.raises(ValueError, match="film: frame numbers are 5 numbers that increase from 0 or more"):
            Movie(FRAMES, "film", numbers=numbers)

    def test_refuses_unsigned_numbers_that_do_not_increase(self):
        with pytest.raises(ValueError, match="frame numbers are 5 numbers that increase"):
            Movie(FRAMES, numbers=np.array([4, 3, 2, 1, 0], np.uint8))

    def test_refuses_fractional_numbers(self):
        with pytest.raises(ValueError, match="frame numbers"):
            Movie(FRAMES, numbers=[0.2, 0.4, 0.6, 0.8, 1.0])

    def test_refuses_atoms_that_are_nowhere(self):
        with pytest.raises(ValueError, match="1 of 1 atoms of frame 3 of film are not finite"):
            Movie(FRAMES, name="film", atoms={3: np.array([[1, np.nan]])})

    @pytest.mark.parametrize("numbers", [None, [3, 5, 7, 9, 11]])
    def test_refuses_atoms_of_frames_that_it_has_not(self, numbers):
        assert Movie(FRAMES, numbers=numbers, atoms={3: np.ones((2, 3))}).atoms[3].shape == (2, 3)
        assert Movie(FRAMES, numbers=numbers, atoms={}).atoms == {}
        with pytest.raises(ValueError, match="film: atoms are given for frame 6, which is not in the movie"):
            Movie(FRAMES, "film", numbers=numbers, atoms={3: np.ones((2, 2)), 8: np.ones((2, 2)), 6: np.ones((2, 2))})

    def test_frames_of_atoms_may_be_texts_and_other_numbers_as_json_and_numpy_have_them(self):
        atoms = Movie(FRAMES, atoms={"3": np.ones((2, 2)), np.float64(0): np.ones((1, 2))}).atoms
        assert [(type(frame), frame, len(points)) for frame, points in atoms.items()] == [(int, 0, 1), (int, 3, 2)]
        with pytest.raises(ValueError, match="frame 3 is there twice"):
            Movie(FRAMES, atoms={"3": np.ones((2, 2)), 3: np.ones((2, 2))})
        with pytest.raises(ValueError, match="the key 'third' of the positions is no frame number"):
            Movie(FRAMES, atoms={"third": np.ones((2, 2))})

    @pytest.mark.parametrize("atoms", [np.ones(4), np.ones((4, 5))])
    def test_refuses_atoms_of_another_shape(self, atoms):
        with pytest.raises(ValueError, match="atoms"):
            Movie(FRAMES, atoms={0: atoms})

    @pytest.mark.parametrize("name", ["positions", "ids", "states"])
    @pytest.mark.parametrize("length", [0, 4, 6])
    def test_refuses_a_truth_of_another_length(self, name, length):
        lists = {"positions": NOTHING, "ids": NOTHING, "states": NOTHING, name: [np.empty(0)] * length}
        told = sorted({5, length})
        with pytest.raises(
            ValueError, match=rf"film: the truth is of \[{told[0]}, {told[1]}\] frames, the movie has 5"
        ):
            Movie(FRAMES, "film", truth=MovieTruth(**lists, probabilities=np.eye(2)))


@pytest.mark.parametrize("title", MOVIES)
def test_every_movie_has_a_truth(title):
    movie = MOVIES[title]()
    assert isinstance(movie, Movie)
    assert (movie.name, movie.unit) == (title, "nm")
    assert np.isfinite(movie.frames).all()
    truth = movie.truth
    for positions, ids, states in zip(truth.positions, truth.ids, truth.states, strict=True):
        assert positions.shape == (len(ids), 2)
        assert len(set(ids.tolist())) == len(ids) == len(states)
        assert ((positions >= 0) & (positions <= np.array(movie.sides) - 1)).all()
        assert set(states.tolist()) <= set(range(len(truth.probabilities)))
    np.testing.assert_allclose(truth.probabilities.sum(axis=1), 1)


def test_the_default_has_hopping_dopants():
    assert next(iter(MOVIES.values())) is hopping_dopants
    assert movies.MOVIES is MOVIES


def test_shape_type_and_truth_of_the_default():
    movie = hopping_dopants()
    assert movie.frames.shape == (96, 224, 224)
    assert movie.frames.dtype == np.float32
    assert movie.pixel_size == 0.0203
    assert len(movie.truth.ids[0]) >= 10
    np.testing.assert_allclose(movie.truth.probabilities, [[0.85, 0.15], [0.3, 0.7]])
    for ids in movie.truth.ids:
        np.testing.assert_array_equal(ids, np.arange(len(movie.truth.ids[0])))


@pytest.mark.parametrize("shape", [(64, 64), (64, 130), (140, 70)])
def test_shape_and_pixel_size(shape):
    movie = hopping_dopants(frames=7, missing=2, shape=shape, pixel_size=0.029)
    assert movie.frames.shape == (5, *shape)
    assert movie.pixel_size == 0.029


def test_a_seed_tells_all():
    once, again, other = (hopping_dopants(frames=30, seed=seed, **SMALL) for seed in (3, 3, 4))
    np.testing.assert_array_equal(once.frames, again.frames)
    np.testing.assert_array_equal(once.numbers, again.numbers)
    for name in ("positions", "ids", "states"):
        np.testing.assert_array_equal(getattr(once.truth, name), getattr(again.truth, name))
    assert not np.array_equal(once.frames, other.frames)
    assert not np.array_equal(once.numbers, other.numbers)
    assert not np.array_equal(once.truth.positions[0], other.truth.positions[0])


def test_noise_has_the_standard_deviation_asked_for():
    noisy, clean = (hopping_dopants(frames=30, noise=noise, **SMALL) for noise in (0.3, 0))
    np.testing.assert_array_equal(noisy.truth.positions, clean.truth.positions)
    added = noisy.frames - clean.frames
    assert added.std() == pytest.approx(0.3, rel=0.01)  # of 239616 pixels: known to 0.14 %
    assert added.mean() == pytest.approx(0, abs=0.003)
    assert abs(np.corrcoef(added[0].ravel(), added[1].ravel())[0, 1]) < 0.05


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(3, 40), st.integers(0, 1000))
def test_missing_frames_are_neither_at_the_ends_nor_two_in_a_row(data, frames, seed):
    missing = data.draw(st.integers(0, (frames - 1) // 2))
    movie = hopping_dopants(frames=frames, missing=missing, seed=seed, **TINY)
    numbers = movie.frame_numbers
    assert len(movie) == len(numbers) == frames - missing
    assert (numbers[0], numbers[-1]) == (0, frames - 1)
    assert (np.diff(numbers) == 2).sum() == missing
    assert set(np.diff(numbers).tolist()) <= {1, 2}
    lists = movie.truth.positions, movie.truth.ids, movie.truth.states
    assert {len(one) for one in lists} == {frames - missing}


def test_which_frames_are_missing_is_random():
    left_out = [set(range(9)) - set(hopping_dopants(frames=9, missing=1, seed=s, **TINY).numbers) for s in range(60)]
    assert set.union(*left_out) == set(range(1, 8))


@pytest.mark.parametrize("seed", range(4))
def test_dopants_are_never_nearer_than_two_bonds(seed):
    movie = hopping_dopants(probabilities=(0.9, 0.9), seed=seed, shape=(160, 160), pixel_size=0.03)
    assert len(movie.truth.ids[0]) >= 10
    assert min(pdist(positions).min() for positions in movie.truth.positions) > 2 * bond(movie)


def test_what_is_around_each_dopant_is_in_the_image():
    movie = hopping_dopants(probabilities=(0.9, 0.9), **SMALL)
    positions = np.concatenate(movie.truth.positions)
    assert positions.min() > 2.2 * bond(movie)
    assert positions.max() < 95 - 2.2 * bond(movie)


@pytest.mark.parametrize("options", [{}, {"probabilities": (0.5, 0.9), "missing": 40, "seed": 5}, SMALL])
def test_a_dopant_changes_its_state_exactly_when_it_hops_by_a_bond(options):
    lengths, before, after = steps(hopping_dopants(**options))
    hops = lengths > 0.5
    assert 0.1 < hops.mean() < 0.9
    assert lengths[~hops].max() < 0.2
    np.testing.assert_allclose(lengths[hops], 1, atol=0.2)
    np.testing.assert_array_equal(before != after, hops)


def test_states_are_the_sublattices():
    movie = hopping_dopants()
    angles = np.deg2rad([7, 67])
    basis = np.sqrt(3) * bond(movie) * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    cells = np.concatenate(movie.truth.positions) @ np.linalg.inv(basis)
    states = np.concatenate(movie.truth.states)
    assert set(states.tolist()) == {0, 1}
    # The second sublattice stands a third of both vectors from the first.
    off = cells - states[:, None] / 3
    assert np.abs(off - np.rint(off)).max() < 0.05


def test_dopants_stay_on_their_own_grounds():
    movie = hopping_dopants(probabilities=(0.9, 0.9), **SMALL)
    positions = np.stack(movie.truth.positions)
    for wandered in np.moveaxis(positions, 1, 0):
        assert pdist(wandered).max() < 3.7 * bond(movie)  # twice the range
        assert pdist(wandered).max() > 2.5 * bond(movie)  # and not on two sites alone


@pytest.mark.parametrize(
    ("probabilities", "missing"), [((0.15, 0.3), 0), ((0.15, 0.3), 500), ((0.5, 0.05), 0), ((0.9, 0.6), 100)]
)
def test_transitions_are_as_frequent_as_the_truth_says(probabilities, missing):
    movie = hopping_dopants(frames=2000, missing=missing, probabilities=probabilities, noise=0, **SMALL)
    expected = movie.truth.probabilities
    np.testing.assert_allclose(expected[[0, 1], [1, 0]], probabilities)
    np.testing.assert_allclose(expected.sum(axis=1), 1)
    _, before, after = steps(movie)
    counts = np.zeros((2, 2))
    np.add.at(counts, (before.ravel(), after.ravel()), 1)
    visits = counts.sum(axis=1, keepdims=True)
    assert visits.min() > 300
    assert (np.abs(counts / visits - expected) < 4 * np.sqrt(expected * (1 - expected) / visits)).all()


def test_all_neighbours_are_hopped_to():
    movie = hopping_dopants(frames=300, missing=0, probabilities=(1, 1), **SMALL)
    hops = np.diff(np.stack(movie.truth.positions), axis=0).reshape(-1, 2)
    directions = np.rad2deg(np.arctan2(*hops.T))
    counts = np.bincount(np.rint((directions - 37) / 60).astype(int) % 6, minlength=6)
    np.testing.assert_allclose((directions - 37 + 30) % 60, 30, atol=6)  # bonds stand at 37 degrees and every 60 on
    assert counts.min() > 0.1 * counts.sum()


@pytest.mark.parametrize("stuck", [0, 1])
def test_a_probability_of_zero_keeps_dopants_where_they_are(stuck):
    probabilities = [0.5, 0.5]
    probabilities[stuck] = 0
    movie = hopping_dopants(probabilities=tuple(probabilities), **SMALL)
    _, before, after = steps(movie)
    assert (after[before == stuck] == stuck).all()
    assert (movie.truth.states[-1] == stuck).all()


def test_probabilities_of_zero_let_none_hop():
    lengths, before, after = steps(hopping_dopants(probabilities=(0, 0), **SMALL))
    assert lengths.max() < 0.2
    np.testing.assert_array_equal(before, after)


def test_probabilities_of_one_let_all_hop_each_time():
    movie = hopping_dopants(probabilities=(1, 1), **SMALL)
    lengths, before, after = steps(movie)
    np.testing.assert_allclose(lengths, 1, atol=0.2)
    np.testing.assert_array_equal(before, 1 - after)
    # Over a frame that is missing: two hops, and the same state.
    places = np.flatnonzero(np.diff(movie.frame_numbers) == 2)
    assert len(places) == 4
    for place in places:
        np.testing.assert_array_equal(movie.truth.states[place], movie.truth.states[place + 1])


def test_dopants_are_twice_as_bright_as_the_other_atoms():
    movie = hopping_dopants(frames=6, missing=1, probabilities=(0.9, 0.9), shape=(300, 300), pixel_size=0.01, noise=0)
    assert len(movie.truth.ids[0]) >= 3
    for frame, positions in zip(movie, movie.truth.positions, strict=True):
        # An atom's middle is half a pixel off at most, of the 3 pixels that its width is.
        np.testing.assert_allclose(frame[tuple(np.rint(positions).astype(int).T)], 2, atol=0.06)
        peaks = np.argwhere((frame == maximum_filter(frame, 7)) & (frame > 0.5))
        heights = frame[tuple(peaks.T)]
        inner = ((peaks > 2) & (peaks < 297)).all(axis=1)
        bright = heights > 1.5
        assert bright.sum() == len(positions)
        assert inner.sum() > 10 * len(positions)
        np.testing.assert_allclose(heights[inner & ~bright], 1, atol=0.03)
        nearest = np.linalg.norm(peaks[bright][:, None] - positions, axis=2).min(axis=1)
        assert nearest.max() < 1


def test_atoms_tremble_about_their_sites_by_a_hundredth_of_the_bond():
    movie = hopping_dopants(probabilities=(0, 0), **SMALL)
    off = np.stack(movie.truth.positions) / bond(movie)
    off -= off.mean(axis=0)
    assert off.std() == pytest.approx(0.01, rel=0.15)  # of about a thousand: known to 2 %
    assert all(np.abs(one - other).max() > 0 for one, other in pairwise(off))


@pytest.mark.parametrize("frames", [2, 1, 0, -5])
def test_too_few_frames_are_refused(frames):
    with pytest.raises(ValueError, match=f"the movie needs at least 3 frames, not {frames}"):
        hopping_dopants(frames=frames, missing=0)


@pytest.mark.parametrize(("frames", "most"), [(3, 1), (4, 1), (5, 2), (100, 49)])
def test_impossible_numbers_of_missing_frames_are_refused(frames, most):
    for missing in (-1, most + 1):
        message = f"missing must be from 0 to {most} of {frames} frames, not {missing}"
        with pytest.raises(ValueError, match=message):
            hopping_dopants(frames=frames, missing=missing)
    assert len(hopping_dopants(frames=frames, missing=most, **TINY)) == frames - most


@pytest.mark.parametrize(
    "probabilities", [(-0.1, 0.5), (0.5, 1.1), (np.nan, 0.5), (0.5, np.inf), (0.1, 0.2, 0.3), (0.1,), ()]
)
def test_impossible_probabilities_are_refused(probabilities):
    with pytest.raises(ValueError, match=r"probabilities must be two numbers from 0 to 1, not \("):
        hopping_dopants(probabilities=probabilities)


@pytest.mark.parametrize("shape", [(63, 224), (224, 63), (224,), (224, 224, 3)])
def test_impossible_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"shape must be \(height, width\) of at least 64 pixels each, not \("):
        hopping_dopants(shape=shape)


@pytest.mark.parametrize("pixel_size", [0, -0.02, 0.031, np.nan])
def test_impossible_pixel_sizes_are_refused(pixel_size):
    with pytest.raises(ValueError, match=f"pixel_size must be above 0 and up to 0.03 nm, not {pixel_size}"):
        hopping_dopants(pixel_size=pixel_size)


@pytest.mark.parametrize("noise", [-0.1, np.nan, np.inf])
def test_impossible_noise_is_refused(noise):
    with pytest.raises(ValueError, match=f"noise must be a finite number, 0 or more, not {noise}"):
        hopping_dopants(noise=noise)


@pytest.mark.parametrize("options", [{"shape": (64, 64)}, {"pixel_size": 0.005}])
def test_an_image_without_room_for_a_dopant_is_refused(options):
    with pytest.raises(
        ValueError, match=r"an image of shape \(\d+, \d+\) and pixels of .* nm has no room for a dopant"
    ):
        hopping_dopants(**options)


def wandering(movie):
    """Squared steps (px²) of the true atoms from each frame to the next, and the share that is there no more."""
    truth, squares, gone = movie.truth, [], 0
    for now in range(len(movie) - 1):
        _, before, after = np.intersect1d(truth.ids[now], truth.ids[now + 1], return_indices=True)
        squares.append(np.sum((truth.positions[now + 1][after] - truth.positions[now][before]) ** 2, axis=1))
        gone += len(truth.ids[now]) - len(before)
    squares = np.concatenate(squares)
    return squares, gone / (gone + len(squares))


class TestAdatoms:
    def test_they_diffuse_and_leave_as_asked(self):
        movie = adatoms(frames=400, atoms=4, diffusion=0.002, lifetime=10, pixel_size=0.02)
        squares, gone = wandering(movie)
        # In two dimensions the mean square is 4 D; few steps end at another atom or outside, and these are not made.
        assert squares.mean() * 0.02**2 / 4 == pytest.approx(0.002, rel=0.12)
        assert gone == pytest.approx(0.1, abs=0.03)

    def test_none_is_close_to_another_or_outside(self):
        movie = adatoms(frames=30, shape=(100, 160), atoms=30)
        for places in movie.truth.positions:
            assert len(places) == 30
            apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)) + 1e3 * np.eye(30)
            assert apart.min() >= 0.16 / 0.025
            assert ((places >= 0) & (places <= [99, 159])).all()

    def test_bright_where_the_truth_says(self):
        movie = adatoms(frames=5, noise=0)
        for frame, places in zip(movie.frames, movie.truth.positions, strict=True):
            rows, columns = np.rint(places).astype(int).T
            assert frame[rows, columns].min() > 0.85
            assert frame.mean() < 0.06

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({"frames": 2}, "at least 3 frames, not 2"),
            ({"atoms": 0}, "at least 1 atom, not 0"),
            ({"diffusion": -1.0}, "diffusion must be 0 nm² per frame or more, not -1"),
            ({"diffusion": np.nan}, "diffusion must be"),
            ({"lifetime": 0.5}, "at least 1 frame, not 0.5"),
            ({"atoms": 900}, r"shape \(224, 224\) and pixels of 0.025 nm has no room for 900 atoms"),
        ],
    )
    def test_refuses(self, options, told):
        with pytest.raises(ValueError, match=told):
            adatoms(**options)
