from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from atomstat_widgets.stat import SlidingFFTNMF, sliding_fft, zoom_spectra

MODULE = import_module("atomstat_widgets.stat.windows._sliding_fft")  # by attribute it is the function of the same name
REFERENCE = np.load(Path(__file__).with_name("atomai_process_fft.npz"))


@st.composite
def settings_of_windows(draw):
    shape = draw(st.tuples(st.integers(8, 40), st.integers(8, 40)))
    window = tuple(draw(st.integers(4, side)) for side in shape)
    step = draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    return shape, window, step, draw(st.integers(1, 3)), draw(st.booleans()), draw(st.booleans())


@settings(deadline=None)
@given(settings_of_windows(), st.sampled_from([1.0, 0.2, 7]), st.integers(0, 2**32 - 1))
def test_equals_numpy_fft_of_every_window(setting, scale, seed):
    shape, window, step, zoom, hamming, keep_mean = setting
    image = np.random.default_rng(seed).random(shape)
    spectra = sliding_fft(image, window, step, zoom=zoom, hamming=hamming, keep_mean=keep_mean, scale=scale)
    pictures = spectra.unfold(spectra.features)

    normalized = (image - image.min()) / np.ptp(image)
    taper = np.sqrt(np.outer(*map(np.hamming, window))) if hamming else np.ones(window)
    cut = tuple(slice(n // 2 - max(1, n // (2 * zoom)), n // 2 + max(1, n // (2 * zoom))) for n in window)
    assert len(pictures) == spectra.grid.count
    for picture, (row, column) in zip(pictures, spectra.grid.corners, strict=True):
        piece = normalized[row : row + window[0], column : column + window[1]]
        mean = 0.0 if keep_mean else np.average(piece, weights=taper)
        expected = np.log1p(np.abs(np.fft.fftshift(np.fft.fft2((piece - mean) * taper))) / scale)[cut]
        np.testing.assert_allclose(picture, expected, atol=1e-4)


@pytest.mark.parametrize("case", ["default", "whole_spectrum", "odd_window"])
def test_features_are_those_of_atomai(case):
    window, step, interpolation, zoom, hamming = REFERENCE[f"{case}_settings"].tolist()
    spectra = sliding_fft(REFERENCE["image"], window, step, zoom=zoom, hamming=bool(hamming), keep_mean=True)
    enlarged = zoom_spectra(spectra.unfold(spectra.features), interpolation)
    np.testing.assert_allclose(enlarged, REFERENCE[case], atol=1e-4)

    dropin = SlidingFFTNMF(window, window, step, step, interpolation, zoom, bool(hamming))
    np.testing.assert_allclose(dropin.process_fft(dropin.make_windows(REFERENCE["image"])), REFERENCE[case], atol=1e-4)


def test_a_wave_gives_two_spots_where_they_belong():
    y, x = np.mgrid[:32, :64]
    wave = np.cos(2 * np.pi * (3 * y / 16 + 5 * x / 32))
    spectra = sliding_fft(wave, (16, 32), (8, 8), zoom=1, hamming=False, keep_mean=True)
    fy, fx = spectra.frequencies
    picture = spectra.unfold(spectra.features[0])
    assert picture.shape == (16, 32)
    # 512 pixels between 0 and 1: the mean makes 256 at frequency zero, the wave 128 at either side
    strong = np.argwhere(picture > 1)
    np.testing.assert_array_equal(strong, [[5, 11], [8, 16], [11, 21]])
    np.testing.assert_allclose(picture[tuple(strong.T)], np.log1p([128, 256, 128]), rtol=1e-5)
    assert (fy[11], fx[21]) == (3 / 16, 5 / 32)
    assert (fy[8], fx[16]) == (0, 0)
    spectra = sliding_fft(wave, (16, 32), (8, 8), zoom=1, hamming=False)
    assert np.argwhere(spectra.unfold(spectra.features[0]) > 1).tolist() == [[5, 11], [11, 21]]


def test_without_the_mean_an_even_lattice_has_fewer_stripes():
    """Planes 8 px apart in windows of 2.5 of them: the spot is higher or lower by where they lie."""
    _, x = np.mgrid[:64, :256]
    image = np.cos(2 * np.pi * x / 8)

    def spread(keep_mean):
        spectra = sliding_fft(image, (20, 20), (16, 1), zoom=1, keep_mean=keep_mean)
        spots = np.expm1(spectra.unfold(spectra.features))[:, 10, 12]  # 2 in a window, and 3 beside it
        return spots.std() / spots.mean()

    assert spread(False) < spread(True) / 2


def test_the_automatic_scale_is_eight_medians():
    image = np.random.default_rng(6).random((40, 52))
    plain, scaled = (sliding_fft(image, 12, 4, scale=scale) for scale in (1.0, None))
    magnitudes = np.expm1(plain.unfold(plain.features)).astype(float)
    assert plain.grid.shape == (8, 11)  # of the 11 columns of windows, 8 are looked at
    columns = [0, 1, 3, 4, 6, 7, 9, 10]
    assert scaled.scale == pytest.approx(8 * np.median(magnitudes.reshape(8, 11, -1)[:, columns]), rel=1e-4)
    np.testing.assert_allclose(scaled.features, np.log1p(np.expm1(plain.features) / scaled.scale), atol=1e-5)
    assert plain.scale == 1


def test_the_automatic_scale_of_an_image_that_is_mostly_empty():
    image = np.zeros((64, 64))
    image[40:50, 40:50] = np.random.default_rng(7).random((10, 10))
    magnitudes = np.expm1(sliding_fft(image, 16, 6).features)
    spectra = sliding_fft(image, 16, 6, scale=None)
    assert np.median(magnitudes) < 1e-3 * magnitudes.max()
    assert spectra.scale == pytest.approx(1e-3 * magnitudes.max(), rel=1e-4)
    assert spectra.features.max() == pytest.approx(np.log1p(1000), rel=1e-4)
    unseen = np.zeros((200, 200))
    unseen[12, 12] = 1  # in no window that is looked at
    assert sliding_fft(unseen, 4, 4, scale=None).scale == 1


@pytest.mark.parametrize(
    ("scale", "error"), [(0, ValueError), (-1, ValueError), (np.nan, ValueError), ("8", TypeError)]
)
def test_refuses_scale(scale, error):
    with pytest.raises(error, match="scale"):
        sliding_fft(np.eye(32), 16, 8, scale=scale)


def test_weights_make_sums_over_the_half_plane_those_of_the_plane():
    spectra = sliding_fft(np.random.default_rng(1).random((40, 50)), (16, 20), 7, zoom=2)
    plane = spectra.unfold(spectra.features)
    np.testing.assert_allclose((spectra.features**2) @ spectra.weights, (plane**2).sum(axis=(1, 2)), rtol=1e-5)
    assert spectra.weights.sum() == 8 * 10


def test_many_rows_of_windows_are_done_in_chunks(monkeypatch):
    image = np.random.default_rng(2).random((60, 30))
    whole = sliding_fft(image, 8, 2).features
    monkeypatch.setattr(MODULE, "CHUNK_BYTES", 1)
    fractions = []
    chunked = sliding_fft(image, 8, 2, progress=fractions.append).features
    np.testing.assert_allclose(chunked, whole, atol=1e-6)
    assert len(fractions) == 27
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_progress_can_stop_it():
    class Stopped(Exception):
        pass

    def stop(fraction):
        raise Stopped

    with pytest.raises(Stopped):
        sliding_fft(np.random.default_rng(3).random((64, 64)), 16, 8, progress=stop)


@pytest.mark.parametrize("zoom", [0, -1])
def test_refuses_zoom(zoom):
    with pytest.raises(ValueError, match=f"zoom is at least 1 .* got {zoom}"):
        sliding_fft(np.eye(32), 16, 8, zoom=zoom)


@pytest.mark.parametrize(("shape", "factor"), [((3, 5), 2), ((4, 2), 3), ((6, 6), 1)])
def test_zoom_equals_scipy(shape, factor):
    pictures = np.random.default_rng(4).random((2, *shape))
    expected = [ndimage.zoom(picture, factor, order=1) for picture in pictures]
    np.testing.assert_allclose(zoom_spectra(pictures, factor), expected, atol=1e-12)


def test_refuses_interpolation_factor():
    with pytest.raises(ValueError, match="interpolation factor is at least 1, got 0"):
        zoom_spectra(np.ones((2, 2)), 0)
