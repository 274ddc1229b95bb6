import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from test_atoms import columns

from atomstat_widgets.stat import choose_window, find_atoms, find_lattice
from atomstat_widgets.stat.lattice.basis import SQUARE, basis_of, reduced


def waves(shape, periods, degrees, noise=0.0, seed=0):
    """Waves whose planes follow on each other in directions from x to y."""
    y, x = np.indices(shape)
    image = noise * np.random.default_rng(seed).standard_normal(shape)
    for period, angle in zip(periods, np.radians(degrees), strict=True):
        image += np.cos(2 * np.pi * (y * np.sin(angle) + x * np.cos(angle)) / period)
    return image


@settings(deadline=None, max_examples=25)
@given(
    st.floats(5, 12),
    st.floats(0, 180),
    st.floats(60, 90),
    st.integers(0, 99),
    st.sampled_from([(128, 128), (150, 210)]),
)
def test_waves_are_found_where_they_are(period, angle, opening, seed, shape):
    lattice = find_lattice(waves(shape, [period, period], [angle, angle + opening], noise=0.5, seed=seed))
    assert lattice
    np.testing.assert_allclose(lattice.spacings[:2], period, rtol=0.04)
    for wanted in (angle, angle + opening):
        assert min(abs((lattice.directions[:2] - wanted + 90) % 180 - 90)) < 2.5
    # The vectors of the lattice are those whose planes these are.
    np.testing.assert_allclose(np.linalg.norm(lattice.vectors, axis=1), period / np.sin(np.radians(opening)), rtol=0.06)


def noises(seed, shape):
    rng = np.random.default_rng(seed)
    white = rng.standard_normal(shape)
    yield "white", white
    yield "blurred", ndimage.gaussian_filter(white, 1.5)
    yield "enlarged", ndimage.zoom(white, 2)
    yield "by rows", white + rng.standard_normal((shape[0], 1))
    yield "counts", rng.poisson(3, shape)
    yield "step", white + 20 * (np.arange(shape[1]) > shape[1] / 2.3)
    y, x = np.indices(shape)
    yield "disc", 0.1 * white + (np.hypot(y - shape[0] / 2, x - shape[1] / 2) < min(shape) / 3)
    hot = rng.poisson(30, shape)
    hot[rng.integers(0, shape[0], 8), rng.integers(0, shape[1], 8)] = 65_535
    yield "hot pixels", hot


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", [(64, 64), (200, 150), (50, 2000), (300, 300)])
def test_noise_and_edges_are_no_lattice(shape, seed):
    for name, image in noises(seed, shape):
        lattice = find_lattice(image)
        assert not lattice, name
        assert lattice.words == (
            "No lattice stands out of the noise"
            if min(image.shape) >= 60
            else f"No lattice of a period up to {min(image.shape) / 3:.3g} px stands out of the noise; "
            "the image is too narrow to tell a longer one"
        )
        assert lattice.spacings.shape == lattice.directions.shape == (0,)
        assert lattice.vectors.shape == (0, 2)


def test_lengths_are_in_units():
    image = waves((160, 160), [10, 10], [12, 72], noise=0.5)
    pixels, units = find_lattice(image), find_lattice(image, pixel_size=0.02, unit="nm")
    np.testing.assert_allclose(units.spacings, 0.02 * pixels.spacings)
    np.testing.assert_allclose(units.vectors, 0.02 * pixels.vectors)
    np.testing.assert_allclose(units.axis, pixels.axis / 0.02)
    assert units.words == "Lattice planes 0.2 nm apart, at 12° and 72°"
    strongest = np.unravel_index(units.spectrum.argmax(), units.spectrum.shape)
    assert 1 / np.hypot(*units.axis[list(strongest)]) == pytest.approx(0.2, rel=0.05)


def test_a_lattice_in_a_quarter_of_the_image():
    image = np.random.default_rng(3).standard_normal((512, 512))
    image[200:456, 100:356] += 1.5 * waves((256, 256), [9, 9], [20, 80])
    np.testing.assert_allclose(find_lattice(image).spacings[:2], 9, rtol=0.03)


def test_stripes_have_no_basis():
    lattice = find_lattice(waves((128, 128), [8], [30], noise=0.3))
    assert len(lattice.spacings) == 1
    assert lattice.vectors.shape == (0, 2)
    assert lattice.words == "Lattice planes 8 px apart, at 30°"


@pytest.mark.parametrize("period", [8, 16, 32, 48])
def test_two_lattices_beside_each_other(hard_scenes, period):
    lattice = find_lattice(hard_scenes.two_phases(period=period, seed=1)[0])
    for wanted in (period, 1.25 * period):
        assert abs(lattice.spacings / wanted - 1).min() < 0.06


def test_too_small_an_image_has_none():
    assert not find_lattice(np.random.default_rng(0).random((8, 8)))
    assert not find_lattice(np.random.default_rng(0).random((15, 900)))


@pytest.mark.parametrize(
    ("side", "factor", "seed"),
    [(100, 4, 0), (100, 4, 1), (64, 4, 0), (64, 8, 0), (102, 5, 60), (40, 8, 3), (64, 6, 9), (40, 5, 3)],
)
def test_enlarged_noise_is_no_lattice(side, factor, seed):
    noise = np.random.default_rng(seed).standard_normal((side, side))
    assert not find_lattice(ndimage.zoom(noise, factor, order=3))


@pytest.mark.parametrize("factor", [1, 4])
def test_a_lattice_in_enlarged_noise_is_found(factor):
    y, x = np.mgrid[:100, :100]
    image = np.cos(2 * np.pi * y / 6.3) + np.cos(2 * np.pi * (x + 0.2 * y) / 8.1)
    image = image + 2 * np.random.default_rng(0).standard_normal((100, 100))
    lattice = find_lattice(ndimage.zoom(image, factor, order=3))
    np.testing.assert_allclose(np.sort(lattice.spacings) / factor, [6.3, 8.1 / np.hypot(1, 0.2)], rtol=0.03)


@settings(deadline=None, max_examples=40)
@given(st.tuples(st.integers(2, 60), st.integers(2, 60)), st.integers(0, 2**32 - 1), st.sampled_from([2, 256, 2**16]))
def test_any_image_gives_an_answer(shape, seed, levels):
    image = np.random.default_rng(seed).integers(levels, size=shape)
    image[0, :2] = 0, 1
    lattice = find_lattice(image)
    assert lattice.found == (len(lattice.frequencies) > 0)
    assert len(lattice.contrasts) == len(lattice.energies) == len(lattice.frequencies)


@given(st.lists(st.integers(-5, 5), min_size=4, max_size=4), st.floats(3, 20), st.floats(0, 180), st.floats(60, 90))
def test_a_basis_is_reduced_to_the_shortest(steps, length, angle, opening):
    angles = np.radians([angle, angle + opening])
    short = length * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    mixed = np.array(steps).reshape(2, 2) @ short
    area = abs(np.linalg.det(short)) * abs(steps[0] * steps[3] - steps[1] * steps[2])
    if area == 0:
        return
    found = reduced(mixed)
    assert abs(np.linalg.det(found)) == pytest.approx(area)
    lengths = np.linalg.norm(found, axis=1)
    assert lengths[0] <= lengths[1] * (1 + 1e-9)
    # Where they are at right angles within the tolerance, the direction of the second is fixed by itself.
    assert -SQUARE * lengths[0] ** 2 <= found[0] @ found[1] <= (0.5 + 1e-9) * lengths[0] ** 2


def test_the_basis_of_a_centred_cell_is_its_primitive():
    # Spots of a centred rectangle of 27 x 19 px, as of silicon along [110]: h + k even.
    spots = np.array([[h / 27, k / 19] for h in range(-4, 5) for k in range(5) if (h + k) % 2 == 0 and (h, k) > (0, 0)])
    vectors = basis_of(spots, np.ones(len(spots)))
    assert abs(np.linalg.det(vectors)) == pytest.approx(27 * 19 / 2)


@pytest.mark.parametrize(
    ("image", "options", "error", "message"),
    [
        (np.ones((40, 40)), {}, ValueError, "all 1600 pixels of the image are equal"),
        (
            np.where(np.eye(40) > 0, np.nan, 1),
            {},
            ValueError,
            "40 of 1600 pixels are NaN or infinite, the first at row 0",
        ),
        (np.eye(40), {"pixel_size": 0}, ValueError, "pixel_size is the side of a pixel, above 0, got 0"),
        (np.eye(40), {"unit": 3}, TypeError, "unit is of type str"),
    ],
)
def test_refuses(image, options, error, message):
    with pytest.raises(error, match=message):
        find_lattice(image, **options)


def test_of_a_narrow_image_it_is_said_which_periods_could_be_told():
    y, x = np.mgrid[:2000, :50]
    image = np.exp(np.cos(2 * np.pi * y / 40) + np.cos(2 * np.pi * x / 40))
    image += np.random.default_rng(0).normal(0, 0.3, image.shape)
    lattice = find_lattice(image, pixel_size=0.02, unit="nm")
    assert (lattice.found, lattice.longest) == (False, pytest.approx(50 / 3 * 0.02))
    assert lattice.words == (
        "No lattice of a period up to 0.333 nm stands out of the noise; the image is too narrow to tell a longer one"
    )
    assert find_lattice(image).in_unit(0.02, "nm").words == lattice.words
    assert find_atoms(image).doubt.startswith("No lattice of a period up to 16.7 px stands out of the noise; the image")
    assert find_lattice(image[:8, :8]).words == "The image is too small to tell a lattice"


def test_a_border_without_data_changes_little():
    rng = np.random.default_rng(0)
    points = np.stack(np.meshgrid(np.arange(5, 200, 11.0), np.arange(4, 200, 11.0), indexing="ij"), -1).reshape(-1, 2)
    image = columns(points, np.ones(len(points)), 2.4, (200, 200)) + 1 + 0.1 * rng.standard_normal((200, 200))
    image[:30] = image[:, 170:] = 0
    np.testing.assert_allclose(find_lattice(image).spacings[:2], 11, rtol=0.02)


def test_a_lattice_of_chosen_spots():
    """Two waves: 16 px along y with four times the energy of 8 px along x."""
    y, x = np.indices((128, 128))
    lattice = find_lattice(2 * np.cos(2 * np.pi * y / 16) + np.cos(2 * np.pi * x / 8), pixel_size=0.02, unit="nm")
    np.testing.assert_allclose(lattice.energies, [0.8, 0.2], atol=0.03)
    both = lattice.of([1, 0])
    np.testing.assert_allclose(both.spacings, [0.32, 0.16], rtol=1e-5)
    np.testing.assert_allclose(np.abs(both.vectors), [[0, 0.16], [0.32, 0]], atol=1e-5)
    assert (both.words, both.left_out) == (lattice.words, 0)
    along_x = lattice.of([1])
    np.testing.assert_allclose((along_x.spacings, along_x.directions, along_x.energies), [[0.16], [0], [1]], atol=1e-3)
    assert along_x.vectors.shape == (0, 2)
    assert along_x.spectrum is lattice.spectrum
    assert (along_x.words, along_x.left_out) == ("Lattice planes 0.16 nm apart, at 0°", 1)
    nothing = along_x.of([])
    assert not nothing
    assert (nothing.words, nothing.left_out) == ("No spot of the lattice is chosen", 2)
    np.testing.assert_allclose(lattice.spots.frequencies, [[1 / 16, 0], [0, 1 / 8]], atol=1e-5)
    in_pixels = lattice.in_unit(1.0, "px")
    assert in_pixels.words == "Lattice planes 16 px apart, at 90°"
    np.testing.assert_allclose(in_pixels.vectors, lattice.vectors / 0.02)
    np.testing.assert_allclose(in_pixels.axis, lattice.axis * 0.02)


@pytest.mark.parametrize(
    ("spots", "words"),
    [
        ([2], "spots has 2, which is no spot of this lattice: there are 2, counted from 0"),
        ([-1], "spots are at least 0, got -1"),
        ([0, 0], r"spots are different numbers, got \[0, 0\]"),
        ([0.5], "spots are whole numbers"),
        (1, "spots are whole numbers"),
        ("x", "spots are whole numbers"),
    ],
)
def test_spots_that_are_not_there(spots, words):
    lattice = find_lattice(waves((64, 64), [8, 8], [0, 90]))
    with pytest.raises(ValueError, match=words):
        lattice.of(spots)
    with pytest.raises(ValueError, match="there are none"):
        find_lattice(np.eye(8)).of([0])


def test_windows_and_atoms_of_chosen_spots():
    """Columns each 8 px, every second of them along x twice as bright: the spot of 16 px can be left out."""
    y, x = np.indices((160, 160))
    image = np.zeros((160, 160))
    for row in range(8, 160, 8):
        for number, column in enumerate(range(8, 160, 8)):
            image += (1 + number % 2) * np.exp(-((y - row) ** 2 + (x - column) ** 2) / 8)
    lattice = find_lattice(image)
    wide = np.flatnonzero(lattice.spacings > 12)
    assert len(wide)
    fine = lattice.of(np.setdiff1d(np.arange(len(lattice.spacings)), wide))
    assert choose_window(lattice, image.shape).window > choose_window(fine, image.shape).window
    np.testing.assert_allclose(np.linalg.norm(lattice.vectors, axis=1), [8, 16], rtol=0.02)
    np.testing.assert_allclose(np.linalg.norm(fine.vectors, axis=1), [8, 8], rtol=0.02)
    atoms = find_atoms(image, lattice=fine)
    np.testing.assert_allclose(np.linalg.norm(atoms.lattice.vectors, axis=1), [8, 8], rtol=0.02)
    assert len(atoms.positions) == 19**2
    all_of_them = find_atoms(image, lattice=lattice.in_unit(0.1, "nm"))
    np.testing.assert_allclose(all_of_them.positions, find_atoms(image).positions)
