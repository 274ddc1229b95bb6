import numpy as np
import pytest

from atomstat_widgets.data import Image


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (4, 5, 4), (1, 1)])
def test_keeps_what_it_is_given(shape):
    array, truth = np.ones(shape), np.zeros(shape[:2], dtype=int)
    image = Image(array, "sample", 0.5, "nm", truth)
    assert image.array is array
    assert image.truth is truth
    assert (image.name, image.pixel_size, image.unit) == ("sample", 0.5, "nm")


def test_an_unknown_scale_is_none_and_counts_pixels():
    image = Image(np.ones((4, 5)))
    assert (image.name, image.pixel_size, image.unit, image.truth) == ("array", None, "px", None)


@pytest.mark.parametrize("shape", [(), (4,), (4, 5, 1), (4, 5, 2), (4, 5, 5), (2, 4, 5, 3)])
def test_refuses_what_is_no_image(shape):
    with pytest.raises(ValueError, match=r"sample: an image is \(height, width\) or .*not of shape \("):
        Image(np.ones(shape), "sample")


@pytest.mark.parametrize("shape", [(0, 5), (4, 0), (0, 5, 3)])
def test_refuses_an_image_without_pixels(shape):
    with pytest.raises(ValueError, match=r"sample: the image has no pixels, its shape is \("):
        Image(np.ones(shape), "sample")


@pytest.mark.parametrize("size", [0, -1.0, np.nan, np.inf])
def test_refuses_an_impossible_pixel_size(size):
    with pytest.raises(ValueError, match=f"sample: pixel_size is a positive finite number, got {size}"):
        Image(np.ones((4, 5)), "sample", size, "nm")


def test_refuses_a_truth_of_another_shape():
    with pytest.raises(ValueError, match=r"sample: truth has shape \(5, 4\), the image \(4, 5\)"):
        Image(np.ones((4, 5, 3)), "sample", truth=np.zeros((5, 4), dtype=int))


def test_refuses_a_truth_that_holds_no_labels():
    with pytest.raises(ValueError, match="sample: truth must hold integer labels, not float64"):
        Image(np.ones((4, 5)), "sample", truth=np.zeros((4, 5)))


@pytest.mark.parametrize(
    ("findings", "message"),
    [
        ({"atoms": np.ones(4)}, r"atoms of array have shape \(n, 2\) or \(n, 3\), got \(4,\)"),
        ({"atoms": np.ones((4, 5))}, r"got \(4, 5\)"),
        ({"channels": np.ones((8, 9))}, r"channels have shape \(height, width, channels\) over the image's \(8, 9\)"),
        ({"channels": np.ones((9, 8, 2))}, r"not \(9, 8, 2\)"),
    ],
)
def test_findings_that_do_not_fit_are_refused(findings, message):
    with pytest.raises(ValueError, match=message):
        Image(np.ones((8, 9)), **findings)
