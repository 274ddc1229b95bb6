"""Images that have to be prepared, and those that must be left as they are."""

import dask.array as da
import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from atomstat_widgets import samples
from atomstat_widgets.stat import find_atoms, normalize_image, prepare_image
from atomstat_widgets.stat.prepared_image.line_jitter import moved_back, row_shifts

ROWS, COLUMNS = np.mgrid[:192, :160].astype(float)


def bumps(period=12.0, angle=0.2, sharp=1.5):
    """A square lattice of bumps, oblique to the rows."""
    u, v = (
        np.cos(angle) * COLUMNS + np.sin(angle) * ROWS,
        np.cos(angle) * ROWS - np.sin(angle) * COLUMNS,
    )
    return np.exp(sharp * (np.cos(2 * np.pi * u / period) + np.cos(2 * np.pi * v / period) - 2))


def noisy(image, noise, seed=0):
    return image + noise * np.random.default_rng(seed).standard_normal(image.shape)


def jittered(image, shifts):
    """Rows shifted to the right, each by its own number of pixels."""
    rows = (ndimage.shift(row, shift, order=5, mode="nearest") for row, shift in zip(image, shifts, strict=True))
    return np.stack(list(rows))


LATTICE = noisy(bumps(), 0.05)

# --- what has to be left alone


@pytest.mark.parametrize("name", ["ferroelectric", "grains", "graphene", "moire", "phase_boundary", "strained"])
def test_the_samples_are_left_as_they_are(name):
    image = getattr(samples, name)().array
    found = prepare_image(image)
    assert not found.changed
    np.testing.assert_array_equal(found.image, normalize_image(image))
    assert (found.border, found.shifts, found.background, found.dark) == (None, None, None, False)


def test_clean_and_noisy_scenes_are_left_as_they_are(hard_scenes):
    images = [hard_scenes.clean_honeycomb(noise=noise, seed=1)[0] for noise in (0, 0.2, 0.5)]
    images += [
        hard_scenes.resampled_honeycomb(side=128, seed=1)[0],
        hard_scenes.on_background("vacuum", side=256, seed=1)[0],
        hard_scenes.two_phases(side=256, seed=1)[0],
        hard_scenes.drift_corrected(seed=1)[0][0],
    ]
    for image in images:
        assert prepare_image(image).words == ""


def test_noise_is_left_as_it_is():
    assert not prepare_image(noisy(np.zeros((128, 200)), 1.0)).changed


@given(st.sampled_from([0, 3]), st.sampled_from([0, 0.8]), st.booleans(), st.booleans(), st.integers(0, 3))
@settings(max_examples=12, deadline=None)
def test_a_prepared_image_needs_no_preparation(rise, jitter, border, dark, seed):
    rng = np.random.default_rng(seed)
    image = jittered(bumps() + rise * ROWS / 192, jitter * rng.standard_normal(192))
    image = noisy(-image if dark else image, 0.05, seed)
    if border:
        image[:9] = image[:, -6:] = -8
    once = prepare_image(image)
    assert [once.background is not None, once.shifts is not None, once.border is not None, once.dark] == [
        rise > 0, jitter > 0, border, dark,
    ]  # fmt: skip
    again = prepare_image(once.image)
    assert again.words == ""
    np.testing.assert_array_equal(again.image, normalize_image(once.image))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e4))
@settings(max_examples=8, deadline=None)
def test_neither_an_offset_nor_a_gain_changes_anything(offset, gain):
    image = LATTICE + 3 * COLUMNS / 160
    one, other = prepare_image(image), prepare_image(gain * image + offset)
    assert one.words == other.words
    np.testing.assert_allclose(other.image, one.image, atol=1e-4)


# --- background


def test_a_wedge_is_subtracted():
    wedge = 4 * COLUMNS / 160
    found = prepare_image(LATTICE + wedge)
    assert "A background of " in found.words
    assert found.words.endswith("times the contrast of the lattice was subtracted (Gaussian of 12 px)")
    whole = normalize_image(LATTICE + wedge)
    np.testing.assert_allclose(found.image + found.background, whole, atol=1e-6)
    inner = found.background[:, 24:-24]
    slope = np.polyfit(np.arange(inner.shape[1]), inner.mean(axis=0), 1)[0]
    assert slope == pytest.approx(4 / 160 / np.ptp(LATTICE + wedge), rel=0.01)
    assert np.ptp(inner - inner.mean(axis=0)) < 0.01  # the lattice is not in it


def test_never_and_always_a_background():
    image = LATTICE + 4 * COLUMNS / 160
    assert prepare_image(image, background=False).background is None
    assert prepare_image(LATTICE).background is None
    assert prepare_image(LATTICE, background=True).background is not None
    words = prepare_image(noisy(ROWS / 64, 0.1), background=True).words
    assert words.endswith("of the range of the image was subtracted (Gaussian of 20 px)")


@pytest.mark.parametrize("kind", ["wedge", "blob", "step", "tilt"])
def test_as_many_atoms_as_without_preparation(hard_scenes, kind):
    image, truth = hard_scenes.on_background(kind, side=256, height=3, seed=3)
    found = prepare_image(image)
    assert found.background is not None
    assert len(find_atoms(found.image).positions) == pytest.approx(len(truth), rel=0.02)


@pytest.mark.parametrize(("height", "left"), [(3, False), (6, True), (30, True)])
def test_a_step_that_is_left_beside_a_background_is_said(height, left):
    words = prepare_image(LATTICE + height * (COLUMNS > 80)).words
    assert words.startswith("A background of ")
    assert ("times the contrast is left beside a step: what is there may be wrong" in words) == left


@pytest.mark.parametrize("noise", [0, 0.05])
def test_a_particle_of_few_atoms_has_no_background(noise):
    """What is measured is the contrast of its atoms, which are in few patches of the image."""
    rows, columns = np.mgrid[-128:128, -128:128]
    places = 12.0 * np.array([[n * np.sqrt(3) / 2, m + n % 2 / 2] for n in range(-3, 4) for m in range(-3, 4)]) + 0.3
    atoms = places[np.argsort(np.linalg.norm(places, axis=1))[:20]]
    image = sum(np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 18) for y, x in atoms)
    assert prepare_image(noisy(image, noise)).words == ""
    found = prepare_image(noisy(image + 3 * columns / 256, noise))
    assert "A background of " in found.words


# --- hot and dead pixels


def with_outliers(image, value):
    """Three pixels, a spot of 2 x 2, a row, and two columns side by side; where they are."""
    where = np.zeros(image.shape, bool)
    where[30, 40] = where[0, 0] = where[130, 159] = where[70:72, 90:92] = True
    where[100] = where[:, 20:22] = True
    return np.where(where, value, image), where


@pytest.mark.parametrize(("value", "words"), [
    (65535, "7 hot pixels, 1 hot row and 2 hot columns were replaced"),
    (-9, "7 dead pixels, 1 dead row and 2 dead columns were replaced"),
])  # fmt: skip
def test_hot_and_dead_pixels_are_replaced_and_the_others_are_as_before(value, words):
    image, where = with_outliers(LATTICE, value)
    found = prepare_image(image)
    assert found.words == words
    np.testing.assert_array_equal(found.outliers, where)
    left = LATTICE[~where]
    known = (left - left.min()) / np.ptp(left)
    assert np.ptp(found.image[~where] - known) < 1e-3  # the range of the image is that of all pixels, the new ones too
    assert np.abs(found.image - normalize_image(LATTICE))[where].max() < 0.6


def test_pixels_that_are_hot_and_dead_are_counted_apart():
    image = LATTICE.copy()
    image[30, 40], image[90, 40] = 50, -50
    assert prepare_image(image).words == "1 hot pixel and 1 dead pixel were replaced"
    image[90, 40] = LATTICE[90, 40]
    image[:9] = -8
    assert prepare_image(image).words.startswith("1 hot pixel was replaced. A border without data was left out: 9 rows")


@given(st.floats(0.0, 0.3), st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_no_sharp_atom_row_or_noise_is_replaced(noise, seed):
    """A row of atoms of a deviation of a pixel, as a defect leaves it, and an edge of the sample."""
    image = noisy(np.where(ROWS < 90, bumps(), 0) + 2 * np.exp(-((ROWS - 120) ** 2) / 2), noise, seed)
    assert prepare_image(image, background=False, line_jitter=False).outliers is None


# --- scan-line jitter


@pytest.mark.parametrize("make", [samples.graphene, samples.grains])
@pytest.mark.parametrize("size", [0.3, 0.6])
def test_jitter_is_restored(make, size):
    true = size * np.random.default_rng(4).standard_normal(512)
    image = jittered(make().array, true)
    found = prepare_image(image)
    assert np.std(found.shifts - true) < 0.15
    assert f"rms {np.sqrt(np.mean(found.shifts**2)):.2g} px" in found.words
    smooth = ndimage.gaussian_filter(make().array, 1.0)
    before, after = (ndimage.gaussian_filter(normalize_image(one), 1.0) for one in (image, found.image))
    assert np.corrcoef(smooth.ravel(), after.ravel())[0, 1] > np.corrcoef(smooth.ravel(), before.ravel())[0, 1]


def test_drift_stays():
    """A sheared lattice stays sheared, and one with a slow wave keeps it."""
    rows = np.arange(192)
    for slow in (0.3 * rows, 4 * np.sin(2 * np.pi * rows / 150)):
        image = noisy(jittered(bumps(), slow), 0.05)
        assert prepare_image(image).shifts is None
        assert np.std(row_shifts(image.astype(np.float32))) < 0.1


def test_a_fault_is_no_jitter():
    image = bumps(angle=0.0)
    image[90:] = np.roll(image[90:], 5, axis=1)
    assert prepare_image(noisy(image, 0.05)).shifts is None


def test_never_and_always_rows_that_were_shifted():
    image = noisy(jittered(bumps(), np.random.default_rng(1).standard_normal(192)), 0.05)
    assert prepare_image(image, line_jitter=False).shifts is None
    assert prepare_image(image).words.startswith("Rows were moved by up to ")
    even = prepare_image(LATTICE, line_jitter=True)
    assert np.abs(even.shifts).max() < 0.3


def test_rows_are_moved_by_whole_pixels_exactly():
    image = noisy(np.zeros((4, 40)), 1.0).astype(np.float32)
    moved = moved_back(image, np.array([0.0, 1, -2, 40]))
    np.testing.assert_allclose(moved[0], image[0], atol=1e-5)
    np.testing.assert_allclose(moved[1, :-1], image[1, 1:], atol=1e-5)
    np.testing.assert_allclose(moved[2, 2:], image[2, :-2], atol=1e-5)
    np.testing.assert_allclose(moved[3], image[3, -1], atol=1e-5)


def test_a_hot_pixel_makes_no_stripe_where_rows_move():
    image = noisy(jittered(bumps(), np.random.default_rng(1).standard_normal(192)), 0.05)
    clean = prepare_image(image).image
    image[50, 60] = 40
    found = prepare_image(image)
    assert found.words.startswith("1 hot pixel was replaced. Rows were moved by up to ")
    np.testing.assert_allclose(found.image, clean, atol=0.2)


def test_jitter_of_simulated_scans(shared_data):
    """These were simulated with it."""
    for file in sorted((shared_data / "stem-simulated-with-positions").glob("*.h5"))[:3]:
        with h5py.File(file) as opened:
            image = opened["haadf/stem00-clean"][()].astype(float)
        found = prepare_image(image)
        assert found.words.startswith("Rows were moved by up to ")
        roughness = [np.mean(np.diff(one, axis=0) ** 2) for one in (normalize_image(image), found.image)]
        assert roughness[1] < 0.7 * roughness[0]


# --- a border without data


def test_a_border_is_left_out():
    image = LATTICE.copy()
    image[:12] = image[:, :6] = -5.0
    found = prepare_image(image)
    expected = (ROWS < 12) | (COLUMNS < 6)
    np.testing.assert_array_equal(found.border, expected)
    assert found.words == "A border without data was left out: 12 rows at the top, 6 columns at the left"
    assert np.all(found.image[expected] == np.median(found.image[~expected]))
    np.testing.assert_array_equal(found.image[~expected], normalize_image(image)[~expected])
    assert prepare_image(image, border=False).border is None
    assert prepare_image(LATTICE, border=True).words == "No border without data was found"


def test_a_turned_frame_is_left_out():
    image = LATTICE.copy()
    outside = ROWS + COLUMNS < 70
    image[outside] = 9.0
    found = prepare_image(image)
    assert np.mean(found.border != outside) < 0.01
    assert found.words.startswith("Places without data were left out: 0.08")


def test_vacuum_without_noise_is_no_border(hard_scenes):
    image = np.where(np.hypot(ROWS - 96, COLUMNS - 80) < 60, bumps(sharp=3), 0)
    image[image < 0.01] = 0
    assert prepare_image(image).border is None


@pytest.mark.parametrize(("period", "ratio", "seed"), [(8, 1.5, 0), (12, 1.1, 1)])
def test_what_is_even_between_atoms_without_noise_has_data(hard_scenes, period, ratio, seed):
    image, _ = hard_scenes.two_phases(period=period, ratio=ratio, noise=0, seed=seed)
    assert prepare_image(image).border is None


@pytest.mark.parametrize("factor", [5, 8])
def test_an_image_that_was_enlarged_pixel_by_pixel_has_data_everywhere(hard_scenes, factor):
    image, _ = hard_scenes.clean_honeycomb(side=64, noise=0.1, seed=1)
    assert prepare_image(np.kron(image, np.ones((factor, factor)))).border is None


def test_islands_of_data():
    image = np.where(np.hypot(ROWS - 96, COLUMNS - 80) < 60, LATTICE, np.nan)
    found = prepare_image(image)
    np.testing.assert_array_equal(found.border, np.isnan(image))
    assert np.isfinite(found.image).all()
    with pytest.raises(ValueError, match=r"pixels are NaN or infinite, the first at row 0, column 0"):
        prepare_image(image, border=False)
    with pytest.raises(ValueError, match="are NaN or infinite"):
        prepare_image(np.full((20, 20), np.nan))


def test_a_block_of_dead_pixels_is_left_out():
    image = LATTICE + 10
    image[60:80, 100:114] = 0
    found = prepare_image(image)
    np.testing.assert_array_equal(found.border, image == 0)
    assert found.words == "Places without data were left out: 0.0091 of the image"
    saturated = np.minimum(bumps(period=30, sharp=3), 0.5)  # the image goes over into it
    assert prepare_image(saturated).border is None


def test_islands_of_one_value_say_how_many_pixels_have_data():
    image = np.full((40, 40), np.nan)
    image[5:20, 5:20] = 3
    with pytest.raises(ValueError, match=r"all 225 pixels with data are equal \(3\): there is nothing to analyse"):
        prepare_image(image)


@pytest.mark.parametrize("ground", [1.0, np.nan])
def test_single_pixels_are_no_image(ground):
    image = np.full((64, 64), ground)
    image[5, 5], image[40, 12] = 9, 8
    with pytest.raises(ValueError, match="all but 2 of 4,096 pixels are without data or of one value: there is nothi"):
        prepare_image(image)


# --- dark atoms


def test_dark_atoms_become_bright():
    found = prepare_image(-LATTICE)
    assert found.dark
    assert found.words == "Atoms are dark: the image was negated"
    np.testing.assert_allclose(found.image, normalize_image(LATTICE), atol=1e-6)
    assert not prepare_image(-LATTICE, dark=False).dark
    assert prepare_image(LATTICE, dark=True).dark


ALIKE = "Whether atoms are bright or dark is in doubt: dark atoms and a honeycomb of bright ones look alike"


@pytest.mark.parametrize("noise", [0, 0.2, 0.5])
def test_a_honeycomb_of_bright_atoms_is_told_from_dark_atoms_and_its_negative_is_in_doubt(hard_scenes, noise):
    image, _ = hard_scenes.clean_honeycomb(noise=noise, seed=1)
    found = prepare_image(image)
    assert (found.dark, found.words, found.doubt) == (False, "", "")
    found = prepare_image(-image)
    assert (found.dark, found.doubt) == (False, ALIKE)
    assert prepare_image(-image, dark=True).doubt == ""


def hexagonal(width, honeycomb, period=18.0):
    """Gaussian atoms on a triangular lattice, or on a honeycomb, summed from the waves up to the sixth order."""
    one, other = 2 * np.pi / period * np.array([[1, 0], [-0.5, np.sqrt(3) / 2]])
    image = np.zeros(ROWS.shape)
    for h in range(-6, 7):
        for k in range(-6, 7):
            y, x = h * one + k * other
            # The second atom of a honeycomb is a third of the diagonal of the cell away.
            sites = 1 + np.exp(-2j * np.pi * (h - k) / 3) if honeycomb else 1
            image += np.exp(-((y**2 + x**2) * width**2) / 2) * (sites * np.exp(1j * (y * ROWS + x * COLUMNS))).real
    return noisy(image, 0.05)


@pytest.mark.parametrize("width", [2.0, 3.0, 3.5])
def test_atoms_on_hexagonal_lattices_are_bright_or_dark_as_they_are(width):
    for honeycomb in (False, True):
        found = prepare_image(hexagonal(width, honeycomb))
        assert (found.dark, found.doubt) == (False, "")
    assert prepare_image(-hexagonal(width, False)).dark


def test_three_waves_are_really_alike():
    waves = sum(np.cos(2 * np.pi / 18 * (COLUMNS * np.cos(a) + ROWS * np.sin(a))) for a in (0, np.pi / 3, -np.pi / 3))
    for image in (waves, -waves):
        assert prepare_image(noisy(image, 0.1)).doubt == ALIKE


def test_waves_of_one_kind_are_in_doubt():
    found = prepare_image(noisy(np.cos(2 * np.pi * COLUMNS / 12) + np.cos(2 * np.pi * ROWS / 12), 0.1))
    assert found.doubt.endswith("bright and dark are alike")


def blemishes(kind, image, rng):
    """Image with what detectors and scans leave: at 0, or far above, where the sample is about 10."""
    image = image.copy()
    width = image.shape[1]
    if kind == "a dead column":
        image[:, 85] = 0
    elif kind == "a dead row":
        image[85] = 0
    elif kind == "two dead rows":
        image[85:87] = 0
    elif kind == "dead columns":
        image[:, rng.integers(0, width, 4)] = 0
    elif kind == "a hot row":
        image[85] = 40
    elif kind == "dead blocks":
        for y, x in rng.integers(0, width - 16, (6, 2)):
            image[y : y + 12, x : x + 14] = 0
    elif kind == "hot pixels":
        image[tuple(rng.integers(0, width, (2, 40)))] = 65535
    elif kind == "spots":
        for y, x in rng.integers(0, width - 2, (15, 2)):
            image[y : y + 2, x : x + 2] = 0
    return image


BLEMISHES = [
    "a dead column", "a dead row", "two dead rows", "dead columns", "a hot row", "dead blocks", "hot pixels", "spots",
]  # fmt: skip


@pytest.mark.parametrize("kind", BLEMISHES)
@pytest.mark.parametrize("seed", [1, 2])
def test_blemishes_do_not_decide_whether_atoms_are_dark(hard_scenes, kind, seed):
    rng = np.random.default_rng(seed)
    honeycomb = hard_scenes.clean_honeycomb(noise=0.1, seed=seed)[0] + 10
    columns = hard_scenes.uneven_columns(side=256, gradient=0, seed=seed)[0] + 10
    images = 20 - honeycomb, honeycomb, columns, 20 - columns
    unclear, clear, bright, dark = (prepare_image(blemishes(kind, one, rng)) for one in images)
    assert (unclear.dark, clear.dark, bright.dark, dark.dark) == (False, False, False, True)
    assert unclear.doubt.startswith("Whether atoms are bright or dark is in doubt: ")
    assert (clear.doubt, bright.doubt, dark.doubt) == ("", "", "")


def test_hardly_any_lattice_is_in_doubt(hard_scenes):
    """Of forty atoms in vacuum and noise: nowhere are half of the cells of a patch filled."""
    places = hard_scenes.lattice(256, hard_scenes.basis(12, 10, 60), (1, 2))
    nearest = places[np.argsort(np.linalg.norm(places - 128, axis=1))[:40]]
    found = prepare_image(noisy(hard_scenes.draw(256, nearest, 1.0, 2), 0.02))
    assert (found.words, found.dark) == ("", False)
    assert found.doubt == "Whether atoms are bright or dark is in doubt: nowhere does the lattice repeat clearly"
    assert prepare_image(noisy(np.zeros((64, 64)), 1.0)).doubt.endswith("in doubt: there is no lattice to tell it by")


# --- images of all kinds


@pytest.mark.parametrize("shape", [(8, 8), (2000, 50), (50, 2000), (1, 30), (30, 1), (2, 2), (3, 70)])
@pytest.mark.parametrize("on", [None, True])
def test_images_of_any_shape(shape, on):
    image = np.random.default_rng(0).random(shape)
    found = prepare_image(image, background=on, line_jitter=on, border=on, dark=on)
    assert found.image.shape == shape
    assert found.image.dtype == np.float32
    assert np.isfinite(found.image).all()


def test_images_that_cannot_be_used():
    with pytest.raises(ValueError, match="all 400 pixels of the image are equal"):
        prepare_image(np.ones((20, 20)))
    with pytest.raises(TypeError, match=r"background is True or False, got 'yes'"):
        prepare_image(LATTICE, background="yes")
    with pytest.raises(TypeError, match="image"):
        prepare_image("image.tif")


def test_colours_and_blocks_are_as_they_are_elsewhere():
    colours = np.stack([LATTICE, LATTICE, 2 * LATTICE], axis=-1)
    np.testing.assert_allclose(prepare_image(colours).image, normalize_image(colours), atol=1e-6)
    lazy = prepare_image(da.from_array(LATTICE, chunks=50))
    np.testing.assert_array_equal(lazy.image, normalize_image(LATTICE))
