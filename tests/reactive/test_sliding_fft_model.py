import threading
from dataclasses import replace

import dask.array as da
import numpy as np
import pytest
from traitlets import TraitError

from atomstat_widgets.analyses.sliding_fft import model as module
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.data import Image, samples
from atomstat_widgets.data.sampling import Whole
from atomstat_widgets.stat import factorize, find_lattice, nmf, sliding_fft

TIMEOUT = 60
SET = {"window_y": 32, "window_x": 32, "step": 8, "zoom": 2, "n_components": 4}


@pytest.fixture(scope="module")
def image():
    return samples.grains(shape=(192, 256))


@pytest.fixture
def model(image):
    return SlidingFFTModel(image, **SET)


def test_what_is_not_set_follows_the_lattice(image):
    """Of planes 8.4 px apart: a window has three of them, of which an eighth of the shorter side, 24 px, has fewer."""
    model = SlidingFFTModel(image)
    assert [getattr(model, name) for name in SET] == [None] * 5
    assert model.window_linked
    assert model.result.lattice.spacings[0] / image.pixel_size == pytest.approx(8.4, abs=0.1)
    assert model.result.settings == {"window_y": 25, "window_x": 25, "step": 6, "zoom": 3, "n_components": 3}
    assert model.result.loading_maps.shape == (3, 28, 39)
    assert model.result.components.shape == (3, 8, 8)
    assert model.result.remark == "Lattice planes 0.236 nm apart, at 30°, 90° and 150°"
    model.n_components = 2  # what is set is taken, and the rest follows on
    assert model.result.settings == {"window_y": 25, "window_x": 25, "step": 6, "zoom": 3, "n_components": 2}
    model.window_y = 40
    assert model.result.settings == {"window_y": 40, "window_x": 40, "step": 10, "zoom": 3, "n_components": 2}


def test_a_side_that_is_not_set_is_as_long_as_the_other():
    image = samples.grains(shape=(96, 256))
    assert SlidingFFTModel(image, window_y=40, advise=False).result.spectra.grid.window == (40, 40)
    assert SlidingFFTModel(image, window_x=200, advise=False, step=8).result.spectra.grid.window == (96, 200)


def test_numbers_that_were_chosen_for_the_sample_are_kept_for_all(image):
    all_data = Whole(Image(image.array, "all"), "the middle")
    model = SlidingFFTModel(replace(image, array=image.array[:64, :64], truth=None, whole=all_data), advise=False)
    chosen = model.result.settings
    model.run_on_all()
    assert model.result.image is all_data.data
    assert model.result.settings == {name: getattr(model, name) for name in SET} == chosen
    model.zoom = 1
    assert not model.on_all
    assert (model.window_y, model.step, model.result.settings) == (None, None, {**chosen, "zoom": 1})


def test_the_middle_tells_the_lattice_of_an_image_in_blocks(image, monkeypatch):
    monkeypatch.setattr("atomstat_widgets.data.sampling.LARGEST_PART", 64)
    stored = SlidingFFTModel.analyse(Image(da.from_array(image.array, chunks=96), pixel_size=1.0, unit="px"), **SET)
    middle = image.array[64:128, 96:160]
    np.testing.assert_array_equal(stored.lattice.frequencies, find_lattice(middle).frequencies)


def test_the_result_is_that_of_the_functions(model, image):
    model.n_components = 3
    spectra = sliding_fft(image.array, 32, 8, scale=None)
    expected = nmf(factorize(spectra.features, module.RANK, weights=spectra.weights), 3)
    order = np.argsort(-model.result.decomposition.energies)
    np.testing.assert_allclose(model.result.decomposition.components[order], expected.components)
    assert model.result.decomposition.reconstruction_error == expected.reconstruction_error


def test_another_count_computes_no_spectra_again(model):
    spectra, low_rank = model.result.spectra, model.result.low_rank
    model.n_components = 6
    assert model.result.spectra is spectra
    assert model.result.low_rank is low_rank
    model.step = 16
    assert model.result.spectra is not spectra


def test_components_keep_their_places_from_count_to_count(model):
    for count in (5, 6, 5, 4, 3):
        before = model.result.loading_maps.reshape(model.result.decomposition.n_components, -1)
        model.n_components = count
        after = model.result.loading_maps.reshape(count, -1)
        kept = min(len(before), count)
        similarity = np.corrcoef(before, after)[: len(before), len(before) :]
        # no other arrangement of the kept components would be more alike
        assert np.trace(similarity[:kept, :kept]) >= np.trace(similarity[:kept, :kept][:, ::-1])
        assert (similarity.diagonal()[:3] > 0.9).all()


def test_components_keep_their_places_from_window_to_window(model):
    before = model.result.loading_maps
    model.window_y = 48
    grid = model.result.spectra.grid
    assert grid.window == (48, 48)
    assert grid.shape == (19, 27)
    similar = np.corrcoef(before[:, 1:20, 1:28].reshape(4, -1), model.result.loading_maps.reshape(4, -1))[:4, 4:]
    np.testing.assert_array_equal(similar[:3].argmax(axis=1), [0, 1, 2])


def test_the_error_curve_is_there_for_every_count(model):
    assert sorted(model.errors) == list(range(1, 9))
    errors = np.array([model.errors[k] for k in range(1, 9)])
    assert (np.diff(errors) < 0.002).all()
    assert (errors >= model.result.low_rank.smallest_error(np.arange(1, 9)) - 1e-6).all()


def test_errors_of_other_windows_are_not_mixed_in(model, monkeypatch):
    seen = []
    model.observe(lambda change: seen.append(dict(model.errors)), "result")
    model.n_components = 5
    model.step = 16
    assert [sorted(errors) for errors in seen] == [list(range(1, 9)), []]
    assert sorted(model.errors) == list(range(1, 9))


def test_linked_windows_move_together_in_one_run(model):
    results = []
    model.observe(lambda change: results.append(change.new.spectra.grid.window), "result")
    model.window_x = 40
    assert (model.window_y, model.window_x, results) == (40, 40, [(40, 40)])
    model.window_linked = False
    model.window_y = 64
    assert results[1:] == [(64, 40)]
    model.window_linked = True
    assert results[2:] == [(64, 64)]


def test_a_linked_window_stops_at_the_shorter_side(model):
    model.window_x = 250
    assert (model.window_y, model.window_x) == (192, 192)


def test_different_windows_at_the_start_are_not_linked(image):
    model = SlidingFFTModel(image, window_y=64, window_x=32, step=16, n_components=4)
    assert not model.window_linked
    assert model.result.spectra.grid.shape == (9, 15)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("window_y", 193, "window_y = 193 is larger than the image, which has 192 pixels"),
        ("window_x", 3, "window_x"),
        ("step", 0, "step"),
        ("n_components", 9, "n_components"),
        ("zoom", 0, "zoom"),
        ("step", "eight", "step"),
    ],
)
def test_refused_parameters_change_nothing(model, name, value, message):
    model.window_linked = False
    result, before = model.result, getattr(model, name)
    with pytest.raises(TraitError, match=message):
        setattr(model, name, value)
    assert model.result is result
    assert getattr(model, name) == before


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (np.full((64, 64), np.nan), ValueError, "4096 of 4096 pixels are NaN"),
        (np.ones((64, 64)), ValueError, "all 4096 pixels of the image are equal"),
        (np.ones(5), ValueError, "shape"),
        ("missing.tif", ValueError, "missing.tif does not exist"),
        (7, TypeError, "int"),
    ],
)
def test_refused_images_change_nothing(model, bad, error, message):
    before = model.image
    with pytest.raises(error, match=message):
        model.image = bad
    assert model.image is before
    with pytest.raises(error, match=message):
        SlidingFFTModel(bad)


def test_too_few_windows_are_an_error_in_words(model):
    model.window_y = 192
    result = model.result
    model.step = 64
    assert model.error.startswith("4 components need at least 4 windows, and 2 fit the image")
    assert model.result is result
    assert model.stale


def test_too_many_windows_are_refused_before_they_are_computed(model, monkeypatch):
    monkeypatch.setattr(module, "MAX_FEATURE_BYTES", 1e6)
    model.step = 2
    assert model.error == (
        "9,153 windows need 0.0 GB for their spectra, the limit is 0.0 GB: make the step or the zoom larger"
    )


def test_another_image_is_analysed_with_the_same_settings(model):
    model.n_components = 3
    model.image = samples.phase_boundary(shape=(128, 128))
    assert model.result.image is model.image
    assert (model.window_y, model.step, model.n_components, model.notice) == (32, 8, 3, "")


def test_windows_that_do_not_fit_a_smaller_image_follow_its_lattice_and_that_is_said(model):
    model.window_y = 100
    model.step = 20
    model.image = np.random.default_rng(0).random((64, 80))
    assert (model.window_y, model.window_x, model.step, model.zoom) == (None, None, None, None)
    assert model.result.spectra.grid.window == (32, 32)  # a side that AtomAI's rule gives where there is no lattice
    assert model.notice == "Window, step and zoom follow the lattice again, to fit the image"
    model.step = 2
    assert model.result.spectra.grid.window == (32, 32)
    model.image = np.random.default_rng(0).random((70, 80))
    assert (model.window_y, model.step, model.notice) == (None, 2, "")


def test_a_step_and_a_zoom_for_windows_that_follow_the_lattice_are_kept_where_they_fit(image):
    model = SlidingFFTModel(image, step=12, zoom=4, n_components=4, advise=False)
    model.image = samples.phase_boundary(shape=(256, 256))
    assert (model.step, model.zoom, model.notice, model.error) == (12, 4, "", "")
    model.image = np.random.default_rng(0).random((24, 24))
    assert (model.step, model.zoom, model.error) == (None, None, "")
    assert model.notice == "Window, step and zoom follow the lattice again, to fit the image"


def test_a_coarse_result_comes_first_where_the_run_is_long(image, monkeypatch):
    monkeypatch.setattr("atomstat_widgets.reactive.model.has_kernel", lambda: True)
    monkeypatch.setattr(module, "COARSE_ABOVE_BYTES", 1e6)
    monkeypatch.setattr(module, "COARSE_BYTES", 4e5)
    model = SlidingFFTModel(image, **SET)
    seen = []
    model.observe(lambda change: seen.append((change.new.coarse, change.new.spectra.grid.step)), "result")
    model.step = 4
    assert model.wait(TIMEOUT)
    assert seen[-1] == (False, (4, 4))
    assert seen[0][0]
    assert seen[0][1][0] > 4
    model.n_components = 5  # its spectra are at hand: no coarse one
    assert model.wait(TIMEOUT)
    assert [coarse for coarse, _ in seen[2:]] == [False]


def test_components_do_not_depend_on_the_coarse_results_that_were_shown(monkeypatch):
    """Of noise, whose components are numbered one way or another by little."""
    monkeypatch.setattr("atomstat_widgets.reactive.model.has_kernel", lambda: True)

    def arrangements(coarse_bytes):
        monkeypatch.setattr(module, "COARSE_ABOVE_BYTES", 1e5 if coarse_bytes else 1e12)
        monkeypatch.setattr(module, "COARSE_BYTES", coarse_bytes)
        model, coarse, found = SlidingFFTModel(noise, n_components=8, window_y=16, window_x=16, zoom=2), [], []
        model.observe(lambda change: coarse.append(change.new.coarse), "result")
        for model.step in (5, 4, 3):
            assert model.wait(TIMEOUT)
            found.append(model.result.arrangement)
        assert any(coarse) == bool(coarse_bytes)
        return found

    noise = np.random.default_rng(0).random((160, 160))
    wanted = arrangements(None)
    for coarse_bytes in (4e5, 8e5, 2e6):
        assert arrangements(coarse_bytes) == wanted


def test_no_coarse_result_of_a_few_large_windows(image, monkeypatch):
    monkeypatch.setattr("atomstat_widgets.reactive.model.has_kernel", lambda: True)
    monkeypatch.setattr(module, "COARSE_ABOVE_BYTES", 1)
    monkeypatch.setattr(module, "COARSE_BYTES", 1)
    model = SlidingFFTModel(image)
    seen = []
    model.observe(lambda change: seen.append(change.new.coarse), "result")
    model.window_y = 160
    assert model.wait(TIMEOUT)
    assert (seen, model.error) == ([False], "")


def test_a_result_of_a_replaced_image_is_not_shown(image, monkeypatch):
    monkeypatch.setattr("atomstat_widgets.reactive.model.has_kernel", lambda: True)
    model = SlidingFFTModel(image)
    images = []
    model.observe(lambda change: images.append(change.new.image), "result")
    hold, reached = threading.Event(), threading.Event()

    def slow(*args, **options):
        reached.set()
        assert hold.wait(TIMEOUT)
        return sliding_fft(*args, **options)

    monkeypatch.setattr(module, "sliding_fft", slow)
    model.step = 16
    assert reached.wait(TIMEOUT)
    model.image = other = samples.phase_boundary(shape=(128, 128))
    hold.set()
    assert model.wait(TIMEOUT)
    assert images == [other]


def test_agreement_with_the_truth(model):
    assert model.result.agreement() > 0.8
    model.image = Image(model.image.array)
    with pytest.raises(ValueError, match="true domains of array are not known"):
        model.result.agreement()


def test_shares_of_a_window(model):
    shares = model.result.share(7)
    loadings = model.result.loading_maps.reshape(4, -1)[:, 7]
    assert shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(shares, loadings / loadings.sum(), rtol=1e-6)


def test_the_spectrum_of_a_window(model):
    np.testing.assert_array_equal(
        model.result.spectrum(9), model.result.spectra.unfold(model.result.spectra.features)[9]
    )


def test_a_window_of_too_few_frequencies_for_the_components_is_chosen_anew():
    rng = np.random.default_rng(0)
    model = SlidingFFTModel(rng.random((10, 10)), window_y=4, window_x=4, zoom=2)  # 6 frequencies
    assert model.error == ""
    model.image = rng.random((256, 256))
    model.n_components = 8
    assert "between 1 and the rank" in model.error
    model.image = rng.random((200, 200))
    assert (model.error, model.result.decomposition.n_components) == ("", 8)


def test_a_zoom_that_leaves_too_few_frequencies_follows_the_lattice():
    model = SlidingFFTModel(
        np.random.default_rng(0).random((256, 256)), zoom=8, n_components=8, window_y=64, window_x=64
    )
    model.image = np.random.default_rng(1).random((30, 300))
    assert (model.error, model.zoom) == ("", None)
    assert "zoom follow the lattice" in model.notice


@pytest.mark.parametrize("size", [np.int64(16), np.uint8(16)])
def test_windows_of_numpy(size):
    model = SlidingFFTModel(np.random.default_rng(0).random((64, 64)), window_y=size, window_x=size)
    assert (model.window_y, model.result.spectra.grid.step, model.window_linked) == (16, (4, 4), True)


@pytest.mark.parametrize("size", [[8], {}, b"1", 1j, np.ones(2)])
def test_windows_that_are_no_numbers(size):
    with pytest.raises(TraitError, match="window_y"):
        SlidingFFTModel(np.random.default_rng(0).random((64, 64)), window_y=size)


def test_a_parameter_that_there_is_not():
    with pytest.raises(
        ValueError,
        match="there is no parameter n_component; there are background, border, hamming, line_jitter, n_components, sp",
    ):
        SlidingFFTModel.analyse(np.random.default_rng(0).random((64, 64)), n_component=2)


@pytest.mark.parametrize("state", [{"busy": True}, {"error": "x"}, {"result": None}, {"notice": "f"}])
def test_what_the_model_tells_is_no_parameter(state):
    with pytest.raises(ValueError, match=f"there is no parameter {next(iter(state))}; there are background"):
        SlidingFFTModel.analyse(np.random.default_rng(0).random((64, 64)), **state)


def test_window_and_zoom_follow_the_spots_that_are_chosen():
    """Waves of 16 px along y and, half as high, 8 px along x: a window has 3 of the longest period, of one wave 5."""
    y, x = np.indices((128, 128))
    image = 2 * np.cos(2 * np.pi * y / 16) + np.cos(2 * np.pi * x / 8)
    model = SlidingFFTModel(image, n_components=1)
    assert (model.result.settings["window_y"], model.result.settings["zoom"]) == (48, 3)
    model.spots = [1]
    assert model.spots == (1,)
    assert (model.result.settings["window_y"], model.result.settings["zoom"]) == (40, 3)
    assert model.result.lattice.words == "Lattice planes 8 px apart, at 0°"
    assert len(model.result.found.frequencies) == 2
    again = SlidingFFTModel.analyse(image, n_components=1, spots=[1])
    assert again.settings == model.result.settings
    model.spots = []
    assert model.result.remark == "No spot of the lattice is chosen"
    model.spots = [2]
    assert "spots has 2, which is no spot of this lattice: there are 2, counted from 0" in model.error
    with pytest.raises(TraitError, match="spots are whole numbers"):
        model.spots = [0.5]
    model.image = image[:, :100]
    assert (model.spots, model.error) == (None, "")
