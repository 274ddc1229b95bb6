import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from atomstat_widgets.stat import take_spectra

CUBE = np.arange(24, dtype=np.float64).reshape(2, 3, 4)


def test_a_pixel_is_a_row():
    spectra = take_spectra(CUBE)
    np.testing.assert_array_equal(spectra.matrix, CUBE.reshape(6, 4))
    np.testing.assert_array_equal(spectra.maps(spectra.matrix), CUBE)
    assert (spectra.map_shape, spectra.channels.tolist(), spectra.pixels.tolist()) == (
        (2, 3),
        [0, 1, 2, 3],
        [*range(6)],
    )
    assert (spectra.shift, spectra.negative, spectra.lowest) == (0, 0, 0)


@pytest.mark.parametrize(
    ("given", "dtype"), [(np.uint16, np.float32), (np.float32, np.float32), (np.float64, np.float64)]
)
def test_type(given, dtype):
    assert take_spectra(CUBE.astype(given)).matrix.dtype == dtype


def test_masked_and_missing_pixels_are_not_used():
    cube, mask = CUBE.copy(), np.ones((2, 3), bool)
    cube[0, 1, 2], cube[1, 2, 0] = np.nan, np.inf
    mask[1, 0] = False
    spectra = take_spectra(cube, mask=mask)
    np.testing.assert_array_equal(spectra.pixels, [0, 2, 4])
    np.testing.assert_array_equal(spectra.matrix, CUBE.reshape(6, 4)[[0, 2, 4]])
    map_ = spectra.maps(np.arange(3.0))
    np.testing.assert_array_equal(map_, [[0, np.nan, 1], [np.nan, 2, np.nan]])
    assert np.isnan(cube[0, 1, 2])  # the input is as it was


def test_missing_values_outside_of_the_range_do_not_matter():
    cube = CUBE.copy()
    cube[0, 0, 0] = np.nan
    spectra = take_spectra(cube, signal_range=(1, 3))
    np.testing.assert_array_equal(spectra.matrix, CUBE[:, :, 1:3].reshape(6, 2))
    np.testing.assert_array_equal(spectra.channels, [1, 2])


def test_binning_is_the_mean_of_blocks_and_leaves_the_rest():
    cube = np.arange(5 * 4 * 7, dtype=float).reshape(5, 4, 7)
    spectra = take_spectra(cube, binning=(2, 3, 2), signal_range=(1, 7))
    assert (spectra.map_shape, spectra.channels.tolist()) == ((2, 1), [1.5, 3.5, 5.5])
    for row in range(2):
        block = cube[2 * row : 2 * row + 2, :3, 1:7]
        np.testing.assert_allclose(spectra.matrix[row], block.mean(axis=(0, 1)).reshape(3, 2).mean(axis=1))


def test_binning_takes_the_pixels_that_can_be_used():
    cube = CUBE.copy()
    cube[0, 0], cube[:, 1:] = np.nan, 7
    cube[1, 1] = 8
    spectra = take_spectra(cube, binning=(2, 1, 1))
    np.testing.assert_allclose(spectra.matrix, [CUBE[1, 0], [7.5] * 4, [7] * 4])


@given(hnp.arrays(float, (3, 4, 5), elements=st.floats(0, 1e3)), st.booleans(), st.booleans())
def test_values_lead_back(cube, normalize, weighted):
    spectra = take_spectra(cube, normalize=normalize, weighting="poisson" if weighted else None)
    np.testing.assert_allclose(spectra.values, cube.reshape(12, 5), atol=1e-9)


def test_normalised_spectra_sum_to_one():
    np.testing.assert_allclose(take_spectra(CUBE, normalize=True).matrix.sum(axis=1), 1)


def test_poisson_weights_make_the_noise_even():
    rng = np.random.default_rng(0)
    expected = np.outer(rng.uniform(1, 9, 900), np.geomspace(20, 2000, 12)).reshape(30, 30, 12)
    spectra = take_spectra(rng.poisson(expected).astype(float), weighting="poisson")
    noise = spectra.matrix - expected.reshape(900, 12) / spectra.row_scale[:, None] / spectra.column_scale
    np.testing.assert_allclose(noise.var(axis=0), noise.var(), rtol=0.15)
    by_pixel = np.sort(noise.var(axis=1))
    assert abs(np.corrcoef(noise.var(axis=1), expected.reshape(900, 12).sum(axis=1))[0, 1]) < 0.15
    assert by_pixel[450] > 0


@pytest.mark.parametrize(("negative", "expected"), [("keep", [-2, 0, 3]), ("clip", [0, 0, 3]), ("shift", [0, 2, 5])])
def test_negative_values(negative, expected):
    spectra = take_spectra(np.array([[[-2.0, 0, 3]]]), negative=negative)
    np.testing.assert_array_equal(spectra.matrix[0], expected)
    assert (spectra.negative, spectra.lowest) == (1, -2)
    assert spectra.shift == (2 if negative == "shift" else 0)


@pytest.mark.parametrize(
    ("cube", "options", "error", "message"),
    [
        (CUBE + 1j, {}, TypeError, "cube must be real, got complex numbers .complex128."),
        (CUBE[0], {}, ValueError, r"cube must have shape \(height, width, channels\), got shape \(3, 4\)"),
        (CUBE[:0], {}, ValueError, r"got shape \(0, 3, 4\)"),
        (CUBE, {"weighting": "gauss"}, ValueError, "weighting is 'poisson' or None, got 'gauss'"),
        (CUBE, {"negative": "drop"}, ValueError, "negative is one of keep, clip, shift, got 'drop'"),
        (CUBE, {"signal_range": (3, 3)}, ValueError, "within channels 0 to 4, got 3 to 3"),
        (CUBE, {"signal_range": (0, 5)}, ValueError, "within channels 0 to 4, got 0 to 5"),
        (
            CUBE,
            {"mask": np.ones((3, 2), bool)},
            ValueError,
            r"bool array of shape \(2, 3\), got bool of shape \(3, 2\)",
        ),
        (CUBE, {"mask": np.ones((2, 3))}, ValueError, "got float64"),
        (CUBE, {"mask": np.zeros((2, 3), bool)}, ValueError, "no pixel is left"),
        (CUBE * np.nan, {}, ValueError, "no pixel is left"),
        (CUBE, {"binning": 0}, ValueError, "binning is 1 to the length of each axis"),
        (CUBE, {"binning": (1, 4, 1)}, ValueError, "binning is 1 to the length of each axis"),
        (CUBE, {"binning": (1, 1)}, ValueError, r"binning is given by 3 whole numbers, got \(1, 1\)"),
        (-CUBE, {"weighting": "poisson"}, ValueError, "the mean of a pixel or a channel is negative"),
    ],
)
def test_what_cannot_be_taken(cube, options, error, message):
    with pytest.raises(error, match=message):
        take_spectra(cube, **options)
