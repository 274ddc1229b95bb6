"""Strain by geometric phase analysis: what comes out is what the lattices were made with."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strained import LATTICES, boundary, errors, gradient, homogeneous

from atomstat_widgets.data import Cube, Movie
from atomstat_widgets.data.samples.simulation import strain_matrix
from atomstat_widgets.stat import (
    LatticeWaves,
    find_reflections,
    lattice_waves,
    nearest_reflection,
    power_spectrum,
    steady_region,
    strain_maps,
)

BOUND = 0.001
STRAIN = (0.01, 0.03, 0.004, 0.01)
Y, X = np.mgrid[:128, :144]


def maps_of(image, reference=None, sigma=None):
    waves = lattice_waves(image, find_reflections(power_spectrum(image)), sigma)
    return waves, strain_maps(waves, reference)


def waves_of(reflections, shape=(128, 144), phases=(0.0, 0.0)):
    """Image of cosines whose frequencies are known exactly."""
    y, x = np.indices(shape)
    return sum(np.cos(2 * np.pi * (gy * y + gx * x) + p) for (gy, gx), p in zip(reflections, phases, strict=True))


# --- the bound


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("lattice", LATTICES)
def test_a_film_that_does_not_fit_its_substrate(lattice, noise):
    for seed in (0, 1):
        strained = boundary(lattice, STRAIN, noise=noise, seed=seed)
        waves, maps = maps_of(strained.image)
        assert errors(maps, waves, strained).max() < (BOUND if noise else 0.0003)
        top, bottom, _, _ = maps.reference
        assert top > 0.45 * 448  # the reference was found in the substrate
        assert bottom <= 448 - waves.border


FAR = [(0.1, 0.1, 0.0, 0.0), (-0.1, 0.1, 0.0, np.deg2rad(10)), (-0.08, 0.02, 0.03, -np.deg2rad(8))]


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("strain", FAR)
@pytest.mark.parametrize("lattice", LATTICES)
def test_a_film_whose_strain_is_large(lattice, strain, noise):
    """Up to 10 % and 10 degrees: its reflections are where a Gaussian around the substrate's has nearly ended."""
    strained = boundary(lattice, strain, noise=noise, seed=4)
    waves, maps = maps_of(strained.image)
    away = strained.smooth > 4 * waves.sigma
    border = waves.border
    assert maps.trusted[border:-border, border:-border][away[border:-border, border:-border]].all()
    assert errors(maps, waves, strained).max() < (BOUND if noise else 0.0003)


def test_a_film_in_an_image_that_is_small():
    """Of 20 periods and 30, where the borders are near to all pixels."""
    strained = boundary("square", (0.02, 0.02, 0.0, 0.0), seed=1, shape=(200, 300), axis=1)
    waves, maps = maps_of(strained.image)
    assert errors(maps, waves, strained).max() < 0.0003


@pytest.mark.parametrize("lattice", LATTICES)
def test_a_film_beside_its_substrate(lattice):
    strained = boundary(lattice, (-0.02, 0.01, -0.006, -0.02), noise=0.05, seed=3, shape=(320, 448), axis=1)
    waves, maps = maps_of(strained.image)
    assert errors(maps, waves, strained).max() < BOUND


@pytest.mark.parametrize("lattice", LATTICES)
def test_a_strain_that_rises_along_x(lattice):
    strained = gradient(lattice, 1e-4, noise=0.05, seed=2)
    waves, maps = maps_of(strained.image, (40, 280, 182, 202))
    assert errors(maps, waves, strained).max() < BOUND
    assert np.nanmax(maps.exx) > 0.012


@pytest.mark.parametrize("lattice", LATTICES)
@settings(max_examples=6, deadline=None, derandomize=True)
@given(
    st.tuples(*[st.floats(-0.03, 0.03)] * 3, st.floats(-0.06, 0.06)),
    st.integers(0, 2**16),
    st.sampled_from([0.0, 0.05]),
)
def test_a_homogeneous_strain_against_a_known_lattice(lattice, strain, seed, noise):
    """The reference is of another image here: its reflections stand for it."""
    strained, reference = homogeneous(lattice, strain, noise=noise, seed=seed)
    waves = lattice_waves(strained.image, reference[:2])
    maps = strain_maps(waves)
    # Both against the reflections of the reference: F = G'^-1 G.
    found = np.linalg.inv(maps.reflections) @ reference
    assert found == pytest.approx(strain_matrix(*strain), abs=BOUND)
    assert maps.spread < BOUND


def test_the_signs():
    """Wider along y below, turned from x to y on the right."""
    for strain in ((0.02, 0.0, 0.0, 0.0), (0.0, 0.02, 0.0, 0.0), (0.0, 0.0, 0.01, 0.0), (0.0, 0.0, 0.0, 0.02)):
        strained = boundary("square", strain, noise=0.0, seed=1)
        _, maps = maps_of(strained.image)
        assert np.nanmean(maps.stack[:, 30:60], axis=(1, 2)) == pytest.approx(np.array(strain), abs=5e-4)
    # by hand: planes across x that are 2 % wider apart in the upper half
    y, x = np.indices((256, 128))
    image = np.cos(2 * np.pi * x / np.where(y < 128, 10.2, 10)) + np.cos(2 * np.pi * y / 10)
    _, maps = maps_of(image, (180, 240, 30, 100), 12)
    assert maps.exx[40, 64] == pytest.approx(0.02, abs=2e-4)
    assert maps.eyy[40, 64] == pytest.approx(0, abs=2e-4)


def test_a_lattice_that_is_only_turned_has_no_strain():
    strained = boundary("square", (0.0, 0.0, 0.0, np.deg2rad(4)), seed=2)
    waves, maps = maps_of(strained.image)
    assert errors(maps, waves, strained).max() < BOUND


def test_a_phase_is_that_of_the_displacement():
    """A slip by a quarter of a period along x is a quarter turn of the phase against +x, by -2 pi g . u."""
    slipped = np.where(Y < 64, X - 2, X)
    image = np.cos(2 * np.pi * slipped / 8) + np.cos(2 * np.pi * Y / 8)
    waves = lattice_waves(image, [[0, 0.125], [0.125, 0]], 8)
    maps = strain_maps(waves, (96, 112, 20, 120))
    assert maps.phases[0, 20, 30:110] == pytest.approx(-np.pi / 2, abs=0.01)
    assert maps.phases[1, 20, 30:110] == pytest.approx(0, abs=0.01)
    assert maps.exx[20, 72] == pytest.approx(0, abs=1e-3)


# --- what is not trusted


def test_borders_and_vacuum_hold_no_numbers():
    image = waves_of([(0.0, 0.1), (0.1, 0.0)], (256, 256))
    image[:, 150:] = 0
    image += 0.1 * np.random.default_rng(0).standard_normal(image.shape)
    waves, maps = maps_of(image, sigma=10)
    assert waves.border == 10
    for one in (*maps.stack, *maps.phases):
        for vacuum in (one[:10], one[-10:], one[:, :10], one[:, 165:]):
            assert np.isnan(vacuum).all()
        assert np.isfinite(one[10:-10, 10:140]).all()
    assert np.array_equal(maps.trusted, waves.trusted)
    assert np.nanmax(np.abs(maps.stack[:3, :, :140])) < 0.01
    assert maps.reference[3] <= 160


def test_up_to_the_border_an_exact_lattice_has_no_strain():
    """Though its reflections are given 4 % off."""
    image = waves_of([(0.0, 0.1), (0.1, 0.0)], (200, 220))
    maps = strain_maps(lattice_waves(image, [[0.0, 0.096], [0.096, 0.0]], 20), (80, 120, 80, 120))
    assert np.abs(maps.reflections - [[0, 0.1], [0.1, 0]]).max() < 1e-5
    assert np.nanmax(np.abs(maps.stack)) < BOUND


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_no_lattice(seed):
    noise = np.random.default_rng(seed).standard_normal((128, 160))
    with pytest.raises(ValueError, match="no reflections stand out"):
        find_reflections(power_spectrum(noise))
    with pytest.raises(ValueError, match=r"no lattice of the frequency \[0.0, 0.1\]"):
        lattice_waves(noise, [[0, 0.1], [0.1, 0]])


def test_planes_of_one_direction_are_no_lattice():
    image = np.cos(2 * np.pi * X / 8) + 0.05 * np.random.default_rng(0).standard_normal(X.shape)
    with pytest.raises(ValueError, match="only one reflection stands"):
        find_reflections(power_spectrum(image))
    with pytest.raises(ValueError, match="no lattice of the frequency"):
        lattice_waves(image, [[0, 0.125], [0.125, 0]])


def test_an_edge_and_a_gradient_are_no_reflections():
    image = 3.0 * (X > 70) + 0.02 * Y + waves_of([(0.02, 0.13), (0.13, 0.02)])
    image += 0.1 * np.random.default_rng(0).standard_normal(X.shape)
    assert find_reflections(power_spectrum(image)) == pytest.approx(np.array([[0.02, 0.13], [0.13, 0.02]]), abs=1e-3)


# --- reflections


@settings(max_examples=30, deadline=None)
@given(
    st.floats(0.06, 0.4), st.floats(0.7, 1.4), st.floats(-44, 44), st.floats(50, 130),
    st.tuples(*[st.floats(0, 6)] * 2),
)  # fmt: skip
def test_reflections_are_found_between_pixels(length, ratio, angle, opening, phases):
    directions = np.deg2rad([angle, angle + opening])
    lengths = np.array([length, min(0.45, max(0.06, ratio * length))])
    made = lengths[:, None] * np.stack([np.sin(directions), np.cos(directions)], axis=1)
    spectrum = power_spectrum(waves_of(made, phases=phases))
    found = find_reflections(spectrum)
    made = np.where(made.sum(axis=1, keepdims=True) >= 0, made, -made)
    made = made[np.argsort(np.arctan2(*made.T))]
    assert found == pytest.approx(made, abs=1e-3)
    for one in made:
        assert nearest_reflection(spectrum, one + np.array([0.008, -0.006])) == pytest.approx(one, abs=1e-3)


def test_the_spectrum_is_square_and_its_middle_is_frequency_0():
    spectrum = power_spectrum(waves_of([(0.0, 0.125), (0.25, 0.0)], (64, 96)))
    assert spectrum.power.shape == (96, 96)
    assert spectrum.sides == (64, 96)
    assert spectrum.frequencies[48] == 0
    assert np.ptp(spectrum.frequencies) == pytest.approx(95 / 96)
    row, column = np.unravel_index(spectrum.power[48:].argmax(), (48, 96))
    assert {abs(int(row)), abs(int(column) - 48)} in ({0, 12}, {24, 0})


def test_a_colour_image_and_one_in_blocks_are_taken():
    da = pytest.importorskip("dask.array")
    image = waves_of([(0.0, 0.1), (0.1, 0.0)])
    expected = strain_maps(lattice_waves(image, [[0, 0.1], [0.1, 0]]), (40, 90, 40, 90)).stack
    for other in (np.dstack([image] * 3), da.from_array(image, chunks=50)):
        found = strain_maps(lattice_waves(other, [[0, 0.1], [0.1, 0]]), (40, 90, 40, 90)).stack
        assert found == pytest.approx(expected, abs=1e-5, nan_ok=True)


def test_the_steadiest_region_is_all_where_all_is_one_lattice():
    image = waves_of([(0.0, 0.1), (0.1, 0.0)], (160, 200))
    image += 0.2 * np.random.default_rng(1).standard_normal(image.shape)
    waves = lattice_waves(image, [[0, 0.1], [0.1, 0]], 10)
    assert steady_region(waves) == (10, 150, 10, 190)


def test_progress_is_told_and_can_stop():
    told = []
    lattice_waves(waves_of([(0.0, 0.1), (0.1, 0.0)]), [[0, 0.1], [0.1, 0]], progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)


# --- what is refused

GOOD = waves_of([(0.0, 0.1), (0.1, 0.0)])
NAN = GOOD.copy()
NAN[3, 4] = np.nan


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (NAN, ValueError, "1 of 18432 pixels are NaN or infinite, the first at row 3, column 4"),
        (np.ones((64, 64)), ValueError, "all 4096 pixels of the image are equal"),
        (GOOD[:31], ValueError, "at least 32 pixels along each side"),
        (GOOD[None, None], ValueError, "2 dimensions"),
        (GOOD * 1j, TypeError, "must be real"),
        (np.zeros((0, 5)), ValueError, "empty"),
        (Movie(np.stack([GOOD, GOOD])), ValueError, "is no colour image"),
        (Cube(np.ones((4, 4, 20))), TypeError, "array of real numbers"),
        ("lattice", TypeError, "array of real numbers"),
    ],
)
def test_images_that_are_refused(image, error, words):
    with pytest.raises(error, match=words):
        power_spectrum(image)
    with pytest.raises(error, match=words):
        lattice_waves(image, [[0, 0.1], [0.1, 0]])


@pytest.mark.parametrize(
    ("reflections", "error", "words"),
    [
        ([[0, 0.1], [0, 0.2]], ValueError, "in one line"),
        ([[0, 0.1], [0.02, -0.2]], ValueError, "in one line"),
        ([[0, 0.1], [0.6, 0]], ValueError, r"reflection 2 = \[0.6, 0.0\] is beyond ±0.5"),
        ([[0, 0.1], [0.01, 0]], ValueError, "fewer than 6 periods"),
        ([[0, 0], [0.1, 0]], ValueError, "fewer than 6 periods"),
        ([[0, 0.1]], ValueError, "reflections are two"),
        ([[0, 0.1], [0.1, 0], [0.1, 0.1]], ValueError, "reflections are two"),
        (0.1, ValueError, "reflections must have shape"),
        (None, TypeError, "reflections must be an array of real numbers"),
        ([[0, 0.1, 0.2], [0.1, 0, 0]], ValueError, "reflections are two"),
        ([[0, np.nan], [0.1, 0]], ValueError, "reflections must be finite"),
        ([["a", "b"], [0.1, 0]], TypeError, "reflections"),
    ],
)
def test_reflections_that_are_refused(reflections, error, words):
    with pytest.raises(error, match=words):
        lattice_waves(GOOD, reflections)


@pytest.mark.parametrize(
    ("sigma", "error", "words"),
    [
        (4, ValueError, "below 5 px, half the distance of lattice planes"),
        (40, ValueError, "too large for an image of shape"),
        (np.nan, ValueError, "sigma"), ("wide", TypeError, "sigma"), (True, TypeError, "sigma"),
    ],
)  # fmt: skip
def test_sigmas_that_are_refused(sigma, error, words):
    with pytest.raises(error, match=words):
        lattice_waves(GOOD, [[0, 0.1], [0.1, 0]], sigma)


@pytest.mark.parametrize(
    ("reference", "error", "words"),
    [
        ((0, 200, 0, 50), ValueError, "not 4 rows and columns or more of the 128 rows and 144 columns"),
        ((-1, 50, 0, 50), ValueError, "not 4 rows and columns"),
        ((50, 20, 0, 50), ValueError, "not 4 rows and columns"),
        ((50, 52, 0, 50), ValueError, "not 4 rows and columns"),
        ((0, 8, 0, 8), ValueError, "holds no lattice: choose another, 22 pixels or more away"),
        ((0, 50, 0), TypeError, "four whole numbers"),
        ((0, 50.5, 0, 50), TypeError, "four whole numbers"),
        ("all", TypeError, "four whole numbers"),
        (7, TypeError, "four whole numbers"),
    ],
)
def test_references_that_are_refused(reference, error, words):
    waves = lattice_waves(GOOD, [[0, 0.1], [0.1, 0]])
    with pytest.raises(error, match=words):
        strain_maps(waves, reference)


def test_what_is_no_result_of_the_step_before_is_refused():
    for call in (find_reflections, strain_maps, steady_region, lambda one: nearest_reflection(one, [0, 0.1])):
        with pytest.raises(TypeError, match=r"is of type (Spectrum|LatticeWaves)"):
            call(GOOD)
    spectrum = power_spectrum(GOOD)
    for place, words in (([0, 0.7], "beyond"), ([0.1], "two numbers"), ([np.inf, 0], "finite")):
        with pytest.raises(ValueError, match=words):
            nearest_reflection(spectrum, place)
    with pytest.raises(ValueError, match="within is above 0"):
        nearest_reflection(spectrum, [0, 0.1], within=0)
    assert isinstance(lattice_waves(GOOD, [[0, 0.1], [0.1, 0]]), LatticeWaves)
