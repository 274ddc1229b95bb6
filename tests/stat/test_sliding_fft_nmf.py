import numpy as np
import pytest

from atomstat_widgets import stat
from atomstat_widgets.data import samples


@pytest.fixture(scope="module")
def image():
    return samples.grains(shape=(160, 224)).array


def test_analyze_image_gives_components_and_abundances(image):
    analysis = stat.SlidingFFTNMF(window_size_x=64, window_size_y=64, window_step_x=16, window_step_y=32, components=3)
    components, abundances = analysis.analyze_image(image)
    assert components.shape == (3, 64, 64)
    assert abundances.shape == (3, 7, 6)
    assert analysis.windows_shape == (7, 6)
    assert analysis.fft_size == (64, 64)
    # centres, not corners: rows first
    np.testing.assert_array_equal(analysis.pos_vec[[0, 1, 6]], [[31.5, 31.5], [31.5, 63.5], [47.5, 31.5]])

    features = analysis.process_fft(analysis.make_windows(image)).reshape(42, -1)
    error = np.linalg.norm(features - abundances.reshape(3, -1).T @ components.reshape(3, -1)) / np.linalg.norm(
        features
    )
    mean_only = np.linalg.norm(features - features.mean(axis=0)) / np.linalg.norm(features)
    assert error < 0.6 * mean_only


def test_the_steps_by_hand_give_what_analyze_image_gives(image):
    analysis = stat.SlidingFFTNMF(32, 32, 16, 16, components=3)
    windows = analysis.make_windows(image)
    assert windows.shape == (9 * 13, 32, 32)
    normalized = stat.normalize_image(image)
    np.testing.assert_array_equal(windows[14], normalized[16:48, 16:48])
    spectra = analysis.process_fft(windows)
    assert spectra.shape == (9 * 13, 32, 32)
    components, abundances = analysis.run_nmf(spectra)
    assert components.shape == (3, 32, 32)
    assert abundances.shape == (9, 13, 3)
    flat = spectra.reshape(len(spectra), -1)
    by_steps = np.linalg.norm(flat - abundances.reshape(-1, 3) @ components.reshape(3, -1))
    components, abundances = analysis.analyze_image(image)
    at_once = np.linalg.norm(flat - abundances.reshape(3, -1).T @ components.reshape(3, -1))
    assert at_once == pytest.approx(by_steps, rel=0.01)


@pytest.mark.parametrize(
    ("shape", "window", "step"),
    [((1024, 512), (128, 64), (32, 16)), ((300, 2000), (32, 128), (8, 32)), ((64, 40), (32, 32), (8, 8))],
)
def test_automatic_sizes(shape, window, step):
    analysis = stat.SlidingFFTNMF()
    windows = analysis.make_windows(np.random.default_rng(0).random(shape))
    assert (analysis.window_size_x, analysis.window_size_y) == window
    assert (analysis.window_step_x, analysis.window_step_y) == step
    assert windows.shape[1:] == window


def test_oblong_windows_are_analysed(image):
    components, abundances = stat.SlidingFFTNMF(64, 32, 16, 16, zoom_factor=1, components=2).analyze_image(image)
    assert components.shape == (2, 128, 64)
    assert abundances.shape == (2, 7, 13)


def test_writes_only_where_asked(image, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    analysis = stat.SlidingFFTNMF(64, 64, 32, 32, components=2)
    components, abundances = analysis.analyze_image(image)
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr() == ("", "")
    analysis.analyze_image(image, output_path=tmp_path / "out")
    np.testing.assert_array_equal(np.load(tmp_path / "out_components.npy"), components)
    np.testing.assert_array_equal(np.load(tmp_path / "out_abundances.npy"), abundances)


def test_takes_a_path(image, tmp_path):
    np.save(tmp_path / "image.npy", image)
    analysis = stat.SlidingFFTNMF(64, 64, 32, 32, components=2)
    from_file = analysis.analyze_image(str(tmp_path / "image.npy"))
    for ours, expected in zip(from_file, analysis.analyze_image(image), strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize(
    ("options", "data", "error", "message"),
    [
        ({"window_size_x": 300}, np.eye(200), ValueError, "larger than the image: 300 rows against 200"),
        ({"window_step_y": 0}, np.eye(200), ValueError, "window_step_y is at least 1"),
        ({"components": 9}, np.eye(40), ValueError, "9 components need at least 9 windows, and 4 fit"),
        ({"components": 0}, np.eye(200), ValueError, "components is at least 1"),
        ({"zoom_factor": 0}, np.eye(200), ValueError, "zoom_factor is at least 1"),
        ({"interpolation_factor": 0}, np.eye(200), ValueError, "interpolation_factor is at least 1"),
        ({}, np.full((200, 200), np.nan), ValueError, "40000 of 40000 pixels are NaN"),
        ({}, np.ones((200, 200)), ValueError, "all 40000 pixels of the image are equal"),
        ({}, np.arange(5.0), ValueError, "a height and a width"),
        ({}, None, TypeError, "image_input must be an array of real numbers, got dtype object"),
        ({}, "no-such-file.tif", ValueError, "no-such-file.tif does not exist"),
    ],
)
def test_refuses(options, data, error, message):
    with pytest.raises(error, match=message):
        stat.SlidingFFTNMF(**options).analyze_image(data)


def test_spectra_of_other_windows_are_refused(image):
    analysis = stat.SlidingFFTNMF(32, 32, 16, 16)
    spectra = analysis.process_fft(analysis.make_windows(image))
    with pytest.raises(ValueError, match="5 spectra do not fill"):
        analysis.run_nmf(spectra[:5])
    with pytest.raises(ValueError, match="a stack"):
        analysis.process_fft(np.eye(32))


@pytest.mark.parametrize("name", ["stem-re-tmd/re48.tiff", "stem-mos2-dm3/example_Se_implanted_MoS2.dm3"])
def test_real_images(shared_data, name):
    components, abundances = stat.SlidingFFTNMF(components=4).analyze_image(str(shared_data / name))
    assert components.shape[0] == abundances.shape[0] == 4
    assert np.isfinite(components).all()
    # Different places look different: no component is everywhere alike.
    assert (abundances.std(axis=(1, 2)) > 0.02 * abundances.max(axis=(1, 2))).all()
