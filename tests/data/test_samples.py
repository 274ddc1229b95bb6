import numpy as np
import pytest
from scipy.ndimage import maximum_filter

from atomstat_widgets.data import Image, samples

CLEAN = {"noise": 0.0}

# First-order spots by hand, in a piece of 128 px: with spacing a = 9.643 px, width s = 1.786 px and area A per column
# the taper's sum 64**2 times 2 pi s**2 / A times exp(-2 (pi s f)**2).
SQUARE_SPOT = 448  # A = a**2, f = 1 / a
HEXAGONAL_SPOT = 413  # A = a**2 sqrt(3) / 2, f = 2 / (a sqrt(3))


def spectrum(piece: np.ndarray, fy: float, fx: float) -> float:
    """Magnitude of the Fourier transform of a Hann-tapered square piece at one frequency (cycles per pixel)."""
    taper = np.hanning(len(piece) + 1)[:-1]
    tapered = (piece - piece.mean()) * np.outer(taper, taper)
    steps = np.arange(len(piece))
    return abs(np.exp(-2j * np.pi * fy * steps) @ tapered @ np.exp(-2j * np.pi * fx * steps))


def first_order(angle: float, opening: float, spacing: float) -> list[tuple[float, float]]:
    """Spots (fy, fx) of a lattice with rows along `angle`: across the rows, one in the distance of rows."""
    frequency = 1 / (spacing * np.sin(np.deg2rad(opening)))
    turns = np.deg2rad(angle + 90 + np.arange(0, 180, opening))
    return [(frequency * np.sin(turn), frequency * np.cos(turn)) for turn in turns]


def peaks(array: np.ndarray) -> np.ndarray:
    """Pixels (y, x) brighter than all around."""
    return np.argwhere((array == maximum_filter(array, 5)) & (array > 0.5))


@pytest.mark.parametrize("title", samples.SAMPLES)
def test_every_sample_is_a_labelled_image(title):
    image = samples.SAMPLES[title]()
    assert isinstance(image, Image)
    assert image.array.shape == image.truth.shape == (512, 512)
    assert image.array.dtype == np.float32
    assert np.isfinite(image.array).all()
    assert (image.name, image.pixel_size, image.unit) == (title, 0.028, "nm")
    labels, counts = np.unique(image.truth, return_counts=True)
    assert labels.tolist() == list(range(3 if title != "Square | hexagonal" else 2))
    assert counts.min() > 512**2 / 4


def test_the_default_has_three_grains():
    assert next(iter(samples.SAMPLES.values())) is samples.grains


@pytest.mark.parametrize("sample", samples.SAMPLES.values())
def test_a_seed_tells_all(sample):
    once, again, other = sample(seed=3), sample(seed=3), sample(seed=4)
    np.testing.assert_array_equal(once.array, again.array)
    assert not np.array_equal(once.array, other.array)
    np.testing.assert_array_equal(once.truth, other.truth)


@pytest.mark.parametrize("sample", samples.SAMPLES.values())
def test_noise_has_the_standard_deviation_asked_for(sample):
    added = sample(noise=0.3).array - sample(**CLEAN).array
    assert added.std() == pytest.approx(0.3, rel=0.01)  # of 262144 pixels: known to 0.14 %
    assert added.mean() == pytest.approx(0, abs=0.003)


@pytest.mark.parametrize("sample", samples.SAMPLES.values())
def test_shape_and_pixel_size(sample):
    image = sample(shape=(96, 160), pixel_size=0.02)
    assert image.array.shape == image.truth.shape == (96, 160)
    assert image.pixel_size == 0.02


def test_spots_of_each_grain_are_where_its_angle_puts_them():
    angles = (5.0, 25.0, 45.0)
    image = samples.grains(angles=angles)
    spacing = 0.27 / 0.028
    for label, (y, x) in enumerate([(300, 380), (350, 100), (20, 200)]):
        piece = slice(y, y + 128), slice(x, x + 128)
        assert (image.truth[piece] == label).all()
        for grain, angle in enumerate(angles):
            strengths = [spectrum(image.array[piece], *spot) for spot in first_order(angle, 60, spacing)]
            if grain == label:
                assert strengths == pytest.approx([HEXAGONAL_SPOT] * 3, rel=0.03)
            else:
                assert max(strengths) < 50


def test_grains_may_be_other_than_three():
    assert np.unique(samples.grains(angles=(0, 10, 20, 30)).truth).tolist() == [0, 1, 2, 3]


def test_square_left_of_hexagonal():
    image = samples.phase_boundary()
    spacing = 0.27 / 0.028
    square, hexagonal = first_order(0, 90, spacing), first_order(0, 60, spacing)
    left, right = image.array[200:328, 20:148], image.array[200:328, 360:488]
    assert image.truth[200:328, 20:148].max() == 0
    assert image.truth[200:328, 360:488].min() == 1
    assert [spectrum(left, *spot) for spot in square] == pytest.approx([SQUARE_SPOT] * 2, rel=0.03)
    assert max(spectrum(left, *spot) for spot in hexagonal) < 50
    assert [spectrum(right, *spot) for spot in hexagonal] == pytest.approx([HEXAGONAL_SPOT] * 3, rel=0.03)
    assert max(spectrum(right, *spot) for spot in square) < 50


def test_columns_of_the_square_lattice_are_a_spacing_apart():
    image = samples.phase_boundary(pixel_size=0.027, **CLEAN)  # a spacing of 10 px
    found = peaks(image.array[100:200, 50:150])
    assert len(found) == 100
    assert sorted({*np.diff(np.unique(found[:, 0])), *np.diff(np.unique(found[:, 1]))}) == [10]


def test_a_column_is_a_gaussian_of_height_one():
    # The layers of a moiré coincide at the centre, a pixel: there two columns add up.
    image = samples.moire(pixel_size=0.01, **CLEAN)  # a width of 5 px, a spacing of 27
    assert image.array[256, 256] == pytest.approx(2)
    assert image.array[256, 261] == pytest.approx(2 * np.exp(-1 / 2), rel=1e-3)
    assert image.array[259, 260] == pytest.approx(2 * np.exp(-1 / 2), rel=1e-3)


@pytest.mark.parametrize("sample", [samples.grains, samples.phase_boundary])
def test_columns_do_not_crowd_at_a_boundary(sample):
    found = peaks(sample(**CLEAN).array)
    distances = np.hypot(*(found[:, None] - found[None]).T)
    nearest = np.sort(distances, axis=1)[:, 1]
    assert nearest.min() > 0.6 * 0.27 / 0.028 - np.sqrt(2)  # peaks are read to half a pixel each way
    assert np.median(nearest) == pytest.approx(0.27 / 0.028, abs=1)


def test_columns_beyond_the_edge_shine_into_the_image():
    small = samples.moire(shape=(128, 128), **CLEAN)
    large = samples.moire(shape=(256, 256), **CLEAN)
    np.testing.assert_allclose(small.array, large.array[64:192, 64:192], atol=1e-3)


def test_moire_stackings_lie_where_the_layers_put_them():
    truth = samples.moire(twist=3.0, **CLEAN).truth
    period = 0.27 / 0.028 / (2 * np.sin(np.deg2rad(1.5)))  # 184 px
    # AA recurs at a period across the rows of columns; between three AA, at a period / sqrt(3), AB and BA take turns.
    around = np.deg2rad([0, 60, 120, 180, 240, 300])
    same = truth[np.rint(256 + period * np.cos(around)).astype(int), np.rint(256 + period * np.sin(around)).astype(int)]
    between = period / np.sqrt(3)
    turns = truth[
        np.rint(256 + between * np.sin(around)).astype(int), np.rint(256 + between * np.cos(around)).astype(int)
    ]
    assert truth[256, 256] == 0
    assert same.tolist() == [0] * 6
    assert turns.tolist() in ([1, 2] * 3, [2, 1] * 3)


def test_columns_coincide_in_aa_alone():
    image = samples.moire(**CLEAN)
    brightest = [image.array[image.truth == label].max() for label in range(3)]
    assert brightest[0] == pytest.approx(2, abs=0.01)
    assert max(brightest[1:]) < 1.5


@pytest.mark.parametrize("sample", samples.SAMPLES.values())
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"noise": -0.1}, "noise must be a finite number, 0 or more, not -0.1"),
        ({"noise": np.nan}, "noise must be a finite number, 0 or more, not nan"),
        ({"shape": (63, 512)}, r"shape must be .* at least 64 pixels each, not \(63, 512\)"),
        ({"shape": (512,)}, r"shape must be \(height, width\)"),
        ({"pixel_size": 0}, "pixel_size must be above 0 and up to 0.05 nm, not 0"),
        ({"pixel_size": -0.03}, "pixel_size must be above 0 and up to 0.05 nm, not -0.03"),
        ({"pixel_size": 0.06}, "pixel_size must be above 0 and up to 0.05 nm, not 0.06"),
        ({"pixel_size": np.nan}, "pixel_size must be above 0 and up to 0.05 nm, not nan"),
    ],
)
def test_impossible_parameters_are_refused(sample, parameters, message):
    with pytest.raises(ValueError, match=message):
        sample(**parameters)


def test_one_angle_makes_no_boundary():
    with pytest.raises(ValueError, match="grains needs at least two angles, not 1"):
        samples.grains(angles=[0])


@pytest.mark.parametrize("twist", [0, -1, 31, np.nan])
def test_impossible_twists_are_refused(twist):
    with pytest.raises(ValueError, match=f"twist must be above 0 and up to 30 degrees, not {twist}"):
        samples.moire(twist=twist)
