import numpy as np
import pytest

from atomstat_widgets.stat import normalize_image


def test_stretches_to_0_1():
    result = normalize_image(np.array([[10, 20], [30, 50]], np.uint16))
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, [[0, 0.25], [0.5, 1]])


def test_colour_becomes_luminance():
    red_green_blue_black = np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]], float)
    np.testing.assert_allclose(
        normalize_image(red_green_blue_black)[0], np.array([0.2125, 0.7154, 0.0721, 0]) / 0.7154, rtol=1e-6
    )


def test_alpha_is_ignored():
    rgba = np.zeros((1, 2, 4), np.uint8)
    rgba[0, 0] = (9, 9, 9, 0)
    rgba[0, 1] = (3, 3, 3, 255)
    np.testing.assert_allclose(normalize_image(rgba), [[1, 0]])


def test_two_channels_become_their_mean():
    np.testing.assert_allclose(normalize_image(np.array([[[0, 4], [8, 8], [1, 1]]])), [[1 / 7, 1, 0]])


def test_booleans_are_numbers():
    np.testing.assert_array_equal(normalize_image(np.array([[True, False]])), [[1, 0]])


def test_a_large_offset_costs_no_precision():
    ramp = np.arange(12, dtype=np.float64).reshape(3, 4)
    np.testing.assert_allclose(normalize_image(ramp + 1e9), ramp / 11, atol=1e-6)


def image_with(value, at=(2, 3)):
    image = np.arange(20.0).reshape(4, 5)
    image[at] = value
    return image


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (image_with(np.nan), ValueError, "1 of 20 pixels are NaN or infinite, the first at row 2, column 3"),
        (image_with(-np.inf, (0, 0)), ValueError, "1 of 20 .* row 0, column 0"),
        (np.dstack([image_with(np.nan)] * 3), ValueError, "3 of 60 .* row 2, column 3, channel 0"),
        (np.full((4, 5), 7), ValueError, r"all 20 pixels of the image are equal \(7\)"),
        (np.empty((0, 5)), ValueError, r"empty: its shape is \(0, 5\)"),
        (np.arange(9.0), ValueError, r"2 dimensions .* got 1: shape \(9,\)"),
        (np.zeros((2, 3, 4, 5)), ValueError, r"got 4: shape \(2, 3, 4, 5\)"),
        (np.zeros((4, 5, 7)), ValueError, "at most 4 channels"),
        (np.array([["a", "b"]]), TypeError, "image must be an array of real numbers, got dtype <U1"),
        (np.ones((2, 2), complex), TypeError, "complex128"),
        (np.array([[None, 1]]), TypeError, "object"),
        (np.array([[-1.7e308, 1.7e308]]), ValueError, "too large for floating point"),
    ],
)
def test_refuses(image, error, message):
    with pytest.raises(error, match=message):
        normalize_image(image)
