"""Shifts of frames from their pictures, on movies whose truth is known."""

import itertools

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from registered import draw, lattice_points, periodic_movie

from atomstat_widgets.stat import register
from atomstat_widgets.stat.tracks.chain import best_chain
from atomstat_widgets.stat.tracks.correlation import Correlation

SHIFTS = np.array([[0, 0], [2.25, -1.5], [5.0, 3.5], [-4.5, 3.5], [-4.5, 0.25], [1.0, 1.0], [3.0, 2.0]])


def wandering(shifts=SHIFTS, side=96, noise=0.05, seed=0):
    """Points anywhere, which no lattice vector maps on each other."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-side / 2, 1.5 * side, (300, 2))
    return np.array([draw(side, points + shift, 2.5) + noise * rng.standard_normal((side, side)) for shift in shifts])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32, np.float64])
def test_shifts_to_a_tenth_of_a_pixel(dtype):
    movie = wandering()
    frames = (50 * (movie - movie.min())).astype(dtype) if np.dtype(dtype).kind in "iu" else movie.astype(dtype)
    found = register(frames)
    np.testing.assert_allclose(found.shifts, SHIFTS, atol=0.1)
    np.testing.assert_allclose(found.steps, np.diff(SHIFTS, axis=0), atol=0.1)
    assert not found.doubtful
    assert not found.skipped
    assert found.words == "All steps between 7 frames confirm each other"


@pytest.mark.parametrize("drift", [0.1, 1.0])
def test_a_drifting_sheet(hard_scenes, drift):
    frames, _, _, shifts = hard_scenes.drifting_movie(frames=12, drift=drift, seed=3)
    found = register(frames)
    np.testing.assert_allclose(found.steps, np.diff(shifts, axis=0), atol=0.1)
    assert not found.doubtful


@pytest.mark.parametrize("seed", [3, 7])
def test_a_defect_that_turns(hard_scenes, seed):
    frames, _, centres, _ = hard_scenes.turning_trimer(seed=seed)
    found = register(frames)
    wrong = np.abs(found.steps - np.diff(centres, axis=0)).max(axis=1) > 1
    assert set(np.flatnonzero(wrong) + 1) <= set(found.doubtful)
    assert len(found.doubtful) <= 6


@pytest.mark.parametrize("side", [64, 128])
@pytest.mark.parametrize("drift", [0.0, 0.1, 0.3, 0.6])
def test_a_perfect_lattice_is_right_or_named(drift, side):
    frames, shifts = periodic_movie(drift=drift, side=side, seed=1)
    found = register(frames)
    wrong = np.abs(found.steps - np.diff(shifts, axis=0)).max(axis=1) > 1
    assert set(np.flatnonzero(wrong) + 1) <= set(found.doubtful)
    if drift <= 0.1:
        assert len(found.doubtful) <= 1
    else:
        assert "repeats itself" in " ".join(found.doubtful.values())


def test_gain_and_offset_of_a_frame_do_not_matter():
    movie, rng = wandering(), np.random.default_rng(1)
    changed = movie * rng.uniform(0.2, 5, (len(movie), 1, 1)) + rng.uniform(-9, 9, (len(movie), 1, 1))
    np.testing.assert_allclose(register(changed).shifts, register(movie).shifts, atol=1e-3)


def test_uneven_light_does_not_hold_the_frames():
    light = 3 * np.hypot(*(np.indices((96, 96)) - 20)) / 96
    np.testing.assert_allclose(register(wandering() + light).steps, np.diff(SHIFTS, axis=0), atol=0.1)


@settings(max_examples=10, deadline=None)
@given(axes=st.permutations([1, 2]), flips=st.tuples(st.booleans(), st.booleans()))
def test_turned_movies_have_turned_shifts(axes, flips):
    movie = wandering().transpose(0, *axes)
    movie = movie[:, :: -1 if flips[0] else 1, :: -1 if flips[1] else 1]
    expected = SHIFTS[:, [one - 1 for one in axes]] * np.where(flips, -1, 1)
    np.testing.assert_allclose(register(movie).shifts, expected, atol=0.1)


def test_what_is_wrong_with_a_frame_is_said_and_the_rest_goes_on():
    frames = list(wandering(np.array([[0.7 * n, -0.4 * n] for n in range(12)])))
    frames[2] = np.full((96, 96), np.nan)
    frames[4] = np.full((96, 96), 3)
    frames[6] = frames[6][:90]
    frames[8] = np.where(np.arange(96) < 9, np.nan, frames[8])
    found = register(frames)
    assert list(found.skipped) == [2, 4, 6]
    assert found.skipped[2].startswith("9216 of 9216 pixels are NaN")
    assert found.skipped[4].startswith("all 9216 pixels of the image are equal (3)")
    assert found.skipped[6] == "it has 90 × 96 pixels, others 96 × 96"
    used = [0, 1, 3, 5, 7, 8, 9, 10, 11]
    np.testing.assert_allclose(found.shifts[used], [[0.7 * n, -0.4 * n] for n in used], atol=0.15)
    assert np.isnan(found.shifts[[2, 4, 6]]).all()
    np.testing.assert_allclose(found.steps[2], [1.4, -0.8], atol=0.1)  # from frame 1 to 3
    assert np.isnan(found.steps[1]).all()
    assert "3 frames not used (2, 4, 6); of frame 2: 9216 of 9216 pixels are NaN" in found.words


def test_a_frame_of_another_place_is_doubtful():
    frames = wandering(np.array([[0.5 * n, 0.3 * n] for n in range(9)]))
    frames[4] = wandering(np.zeros((1, 2)), seed=9)[0]
    found = register(frames)
    assert {4, 5} == set(found.doubtful)
    assert "2 frames in doubt" in found.words


def test_a_jump_of_half_the_picture_is_doubtful_and_the_rest_goes_on():
    shifts = np.array([[0.5 * n, 0.3 * n] for n in range(10)]) + np.where(np.arange(10)[:, None] < 5, 0, [48, 0])
    found = register(wandering(shifts))
    assert list(found.doubtful) == [5]
    np.testing.assert_allclose(np.delete(found.steps, 4, axis=0), [[0.5, 0.3]] * 8, atol=0.1)


def test_noise_alone_is_doubtful_everywhere():
    assert len(register(np.random.default_rng(0).standard_normal((8, 64, 64))).doubtful) == 7


def test_two_frames():
    found = register(wandering()[:2])
    np.testing.assert_allclose(found.shifts, SHIFTS[:2], atol=0.1)
    assert found.words == "Two frames have one step, which no other frame confirms"


def test_movies_of_which_nothing_can_be_said():
    with pytest.raises(ValueError, match="two frames or more that can be used, got 1; frame 1: all 256 pixels"):
        register([np.eye(16), np.ones((16, 16))])
    with pytest.raises(ValueError, match="got 0; frame 0: 8 × 8 pixels are too few"):
        register(np.random.default_rng(0).normal(size=(3, 8, 8)))
    with pytest.raises(TypeError, match="frame 1: image must be an array of real numbers"):
        register([np.eye(16), np.full((16, 16), "a")])


def test_any_movie_is_taken_and_read_once(monkeypatch):
    movie, reads = wandering(), []

    def read(block):
        reads.append(len(block))
        return block

    expected = register(movie).shifts
    blocked = da.from_array(movie, chunks=(3, 40, 96)).map_blocks(read, dtype=movie.dtype, meta=movie[:0])
    np.testing.assert_array_equal(register(blocked).shifts, expected)
    assert sum(reads) == 3 * len(movie)  # blocks of 40, 40 and 16 rows
    np.testing.assert_array_equal(register(list(movie)).shifts, expected)
    colours = np.repeat(movie[..., None], 3, axis=3)
    np.testing.assert_allclose(register(colours).shifts, expected, atol=1e-3)


@given(
    scores=st.lists(st.integers(1, 3), min_size=1, max_size=5).flatmap(
        lambda counts: st.tuples(
            st.tuples(*(arrays(float, count, elements=st.integers(0, 50)) for count in counts)),
            st.tuples(*(arrays(float, pair, elements=st.integers(0, 50)) for pair in itertools.pairwise(counts))),
        )
    )
)
def test_the_best_chain_is_that_of_all_chains(scores):
    own, pairs = scores
    sums = {
        chain: sum(one[at] for one, at in zip(own, chain, strict=True))
        + sum(pair[at] for pair, at in zip(pairs, itertools.pairwise(chain), strict=True))
        for chain in itertools.product(*(range(len(one)) for one in own))
    }
    chosen, margins = best_chain(own, pairs)
    best = max(sums.values())
    for step, margin in enumerate(margins):
        others = [total for chain, total in sums.items() if chain[step] != chosen[step]]
        assert margin == best - max(others, default=-np.inf)
    if (margins > 0).all():
        assert sums[tuple(chosen.tolist())] == best


def test_the_map_of_a_picture_with_itself():
    picture = draw(64, lattice_points(64, 12, np.random.default_rng(0)), 2.5).astype(np.float32)
    correlation = Correlation((64, 64))
    spectrum = correlation.spectrum(picture - picture.mean())
    values = correlation.map(spectrum, spectrum)
    assert values.std() == pytest.approx(1)
    peaks = correlation.peaks(values)
    np.testing.assert_array_equal(peaks.places[0], [0, 0])
    near = np.linalg.norm(peaks.places[1:] * correlation.pixel, axis=1)
    assert near.min() == pytest.approx(12, abs=2)  # the lattice vectors are peaks, too
    np.testing.assert_allclose(correlation.refined(spectrum, spectrum, peaks.places[0]), 0, atol=1e-4)
    np.testing.assert_array_equal(correlation.overlap(np.array([[0, 0], [32, 0]]))[0], 1)


@pytest.mark.parametrize("odd", [0, 1, 3, 4])
def test_a_frame_of_another_size_is_outvoted_wherever_it_is(odd):
    picture = np.random.default_rng(0).normal(size=(80, 64)).cumsum(axis=0).cumsum(axis=1)
    movie = [np.roll(picture, 2 * number, axis=0)[: 70 if number == odd else 80] for number in range(5)]
    found = register(movie)
    assert found.skipped == {odd: "it has 70 × 64 pixels, others 80 × 64"}
    known = np.setdiff1d(np.arange(5), odd)
    np.testing.assert_allclose(found.shifts[known, 0], 2 * (known - known[0]), atol=0.2)  # of steps of up to 4
    assert np.isnan(found.shifts[odd]).all()


def test_two_frames_of_two_sizes_cannot_outvote_each_other():
    picture = np.random.default_rng(0).normal(size=(80, 64)).cumsum(axis=0).cumsum(axis=1)
    with pytest.raises(ValueError, match="got 1; frame 1: it has 70 × 64 pixels, others 80 × 64"):
        register([picture, picture[:70]])
