"""Data in blocks give the numbers of data in memory."""

import contextlib
import subprocess
import sys
import threading

import dask
import dask.array as da
import dask.callbacks
import h5py
import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from stat_data import assert_same_up_to_sign, cube_of, movie_of, rows_of_low_rank
from stepped import TIMEOUT, Stepped

from atomstat_widgets import stat
from atomstat_widgets.data.export import save_blocks
from atomstat_widgets.stat import blocks
from atomstat_widgets.stat.matrices import block_factor

SEEDS = st.integers(0, 2**16)


@pytest.fixture(autouse=True)
def one_after_the_other():
    with dask.config.set(scheduler="synchronous"):
        yield


@st.composite
def chunked(draw, array):
    """Array in blocks of any size, of its axes in any order in memory."""
    order = draw(st.permutations(range(array.ndim)))
    stored = np.ascontiguousarray(array.transpose(order))
    sizes = tuple(draw(st.integers(max(1, side // 6), side)) for side in stored.shape)
    return da.from_array(stored, chunks=sizes).transpose(np.argsort(order).tolist())


# --- that nothing is imported without need


def test_dask_is_loaded_for_its_own_arrays_only() -> None:
    script = (
        "import sys, numpy as np; from atomstat_widgets import stat;"
        "image = np.random.default_rng(0).random((64, 64));"
        "spectra = stat.sliding_fft(image, 16, 8);"
        "stat.nmf(stat.factorize(spectra.features, 6), 2); stat.find_atoms(image);"
        "stat.take_spectra(image[:, :, None]);"
        "stat.extract_crops(image, [[20, 20], [30, 30.0]], 8);"
        "stat.SpectralUnmixer('pca', 2).fit(image.reshape(8, 8, 64));"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"dask", "distributed", "zarr"} & set(done.stdout.split())


# --- the factor


@settings(max_examples=25, deadline=None)
@given(data=st.data(), center=st.booleans(), block=st.integers(1, 60))
def test_factor_of_blocks_is_that_of_the_matrix(data, center, block) -> None:
    x = rows_of_low_rank()
    weights = np.linspace(0, 2, x.shape[1])
    rank, used = 12, 4  # the last ones, among which there is little to choose, are not what components are read from
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", block * x.shape[1] * 4)
        found = stat.factorize(data.draw(chunked(x)), rank, weights=weights, center=center)
    expected = stat.factorize(x, rank, weights=weights, center=center)
    np.testing.assert_allclose(found.s[:used], expected.s[:used], rtol=1e-5)
    assert found.total == pytest.approx(expected.total)
    np.testing.assert_allclose(found.mean, expected.mean, atol=1e-6)
    assert_same_up_to_sign(found.vt[:used], expected.vt[:used])
    assert_same_up_to_sign(found.u.T[:used], expected.u.T[:used])


def test_factor_of_many_columns_is_by_random_vectors(monkeypatch) -> None:
    monkeypatch.setattr(block_factor, "GRAM_COLUMNS", 10)
    x = rows_of_low_rank()
    for center in (False, True):
        found, expected = (stat.factorize(one, 12, center=center) for one in (da.from_array(x, chunks=(20, 13)), x))
        np.testing.assert_allclose(found.s[:4], expected.s[:4], rtol=1e-5)
        assert_same_up_to_sign(found.vt[:4], expected.vt[:4])
        assert_same_up_to_sign(found.u.T[:4], expected.u.T[:4])


def test_large_scores_stay_in_blocks(monkeypatch, tmp_path) -> None:
    x = rows_of_low_rank()
    expected = stat.pca(stat.factorize(x, 4, center=True), 3)
    monkeypatch.setattr(blocks, "MEMORY_BUDGET", 0)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 20 * 40 * 4)
    found = stat.pca(stat.factorize(da.from_array(x), 4, center=True), 3)
    assert isinstance(found.loadings, da.Array)
    assert found.loadings.chunks[0] == (20, 20, 20, 20, 10)
    for name in ("scores.zarr", "scores.h5"):
        path = save_blocks(tmp_path / name, loadings=found.loadings, components=found.components)
        with (
            contextlib.closing(h5py.File(path))
            if name.endswith("h5")
            else contextlib.nullcontext(zarr.open_group(path)) as file
        ):
            assert_same_up_to_sign(file["loadings"][:].T, expected.loadings.T)
            np.testing.assert_array_equal(file["components"][:], found.components)
    with pytest.raises(ValueError, match=r"scores.txt: blocks are saved as .zarr or .h5"):
        save_blocks(tmp_path / "scores.txt", loadings=found.loadings)


def test_matrix_is_read_twice() -> None:
    x, reads = rows_of_low_rank(), []

    def read(block):
        reads.append(len(block))
        return block

    stat.factorize(da.from_array(x, chunks=(30, 40)).map_blocks(read, dtype=x.dtype, meta=x[:0]), 4)
    assert sum(reads) == 2 * len(x)


def test_an_image_is_read_once_and_then_twice_wherever_windows_overlap(monkeypatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2_000)
    image, reads = np.random.default_rng(0).random((60, 50)), []

    def read(block):
        reads.append(block.size)
        return block

    counted = da.from_array(image, chunks=(25, 20)).map_blocks(read, dtype=image.dtype, meta=image[:0])
    spectra = stat.sliding_fft(counted, 16, 4)
    assert sum(reads) == image.size
    assert spectra.features.numblocks[0] > 5
    stat.factorize(spectra.features, 4)
    assert sum(reads) == 3 * image.size


def test_other_data_are_read_once_a_look(monkeypatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 4_000)
    cube, reads = cube_of(), []

    def read(block):
        reads.append(block.size)
        return block

    def counted(array, chunks):
        return da.from_array(array, chunks=chunks).map_blocks(read, dtype=array.dtype, meta=array[:0])

    spectra = stat.take_spectra(counted(cube, (5, 4, 6)))
    stat.factorize(spectra.matrix, 3)
    assert sum(reads) == 3 * cube.size
    reads.clear()
    movie, positions = movie_of()
    crops = stat.extract_crops(counted(movie[..., None], (4, 20, 30, 1)), positions, 8)
    stat.factorize(crops.matrix, 3)
    assert sum(reads) == 3 * movie.size
    reads.clear()
    stat.find_movie_atoms(counted(movie, (4, 20, 30)), spacing=9)
    assert sum(reads) == movie.size


def test_zarr_is_taken_as_it_is(tmp_path) -> None:
    x = rows_of_low_rank()
    stored = zarr.create_array(tmp_path / "x.zarr", shape=x.shape, chunks=(30, 20), dtype=x.dtype)
    stored[:] = x
    np.testing.assert_allclose(stat.factorize(stored, 4).s, stat.factorize(x, 4).s, rtol=1e-5)


@pytest.mark.parametrize("wrong", ["nan", "equal", "zero"])
def test_errors_are_those_of_the_matrix(wrong) -> None:
    x = rows_of_low_rank()
    center = wrong == "equal"
    if wrong == "nan":
        x[3, 4] = np.nan
        x[50, 1] = np.inf
    else:
        x[:] = x[0] if center else 0
    messages = []
    for one in (x, da.from_array(x, chunks=(20, 40))):
        with pytest.raises(ValueError, match=r"NaN|equal|zero") as caught:
            stat.factorize(one, 2, center=center)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_progress_rises_to_one_and_stops_the_computation() -> None:
    x = da.from_array(rows_of_low_rank(), chunks=(10, 40))
    fractions: list[float] = []
    stat.factorize(x.rechunk({0: 10}), 4, progress=fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)

    def stop(_fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stat.factorize(x, 4, progress=stop)


def test_a_run_that_is_stopped_stops_no_other_and_reports_are_of_the_own_run() -> None:
    """One of two that are computed side by side is about to start, when the other is stopped."""
    gates = [threading.Event(), threading.Event()]  # the first is about to start; the second was stopped

    def scheduler(graph, keys, **options):
        if threading.current_thread() is first_thread:
            gates[0].set()
            assert gates[1].wait(TIMEOUT)
        return dask.get(graph, keys, **options)

    def stop(_fraction):
        raise KeyboardInterrupt

    reports = []
    numbers = da.arange(12, chunks=3)
    with Stepped() as first, Stepped() as second, dask.config.set(scheduler=scheduler):
        first_thread = first.do(threading.current_thread)
        result = first.begin(
            blocks.compute, [numbers + 1], lambda _fraction: reports.append(threading.current_thread())
        )
        assert gates[0].wait(TIMEOUT)
        with pytest.raises(KeyboardInterrupt):
            second.do(blocks.compute, [numbers - 1], stop)
        gates[1].set()
        np.testing.assert_array_equal(result.result(TIMEOUT)[0], np.arange(12) + 1)
    assert set(reports) == {first_thread}


def test_callbacks_of_the_caller_are_called_too() -> None:
    keys = []
    with dask.callbacks.Callback(posttask=lambda key, *_: keys.append(key)):
        blocks.compute([da.arange(12, chunks=3) + 1], lambda _fraction: None)
    assert keys


# --- images and their windows


def image_of(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(5, 2, shape)


@settings(max_examples=20, deadline=None)
@given(data=st.data(), colours=st.sampled_from([(), (2,), (3,), (4,)]))
def test_image_of_blocks_is_normalised_alike(data, colours) -> None:
    image = image_of(13, 17, *colours)
    found = stat.normalize_image(data.draw(chunked(image)))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, stat.normalize_image(image), atol=1e-6)


@pytest.mark.parametrize(
    "image",
    [np.ones((5, 5)), np.array([[1, np.nan], [np.inf, 2]]), np.ones((4, 4), complex), np.ones((3, 4, 5)), np.ones(3)],
)
def test_image_that_cannot_be_used_is_told_alike(image) -> None:
    messages = []
    for one in (image, da.from_array(image, chunks=1)):
        with pytest.raises((ValueError, TypeError)) as caught:
            stat.normalize_image(one)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@settings(max_examples=15, deadline=None)
@given(
    data=st.data(), window=st.tuples(st.integers(4, 20), st.integers(4, 20)), step=st.integers(1, 9),
    zoom=st.integers(1, 3), block=st.integers(3_000, 100_000), scale=st.sampled_from([1.0, None]),
)  # fmt: skip
def test_windows_across_blocks_are_those_of_the_image(data, window, step, zoom, block, scale) -> None:
    image = image_of(37, 41)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", block)
        found = stat.sliding_fft(data.draw(chunked(image)), window, step, zoom=zoom, scale=scale)
        features = found.features.compute()
    expected = stat.sliding_fft(image, window, step, zoom=zoom, scale=scale)
    assert (found.grid, found.band) == (expected.grid, expected.band)
    assert found.scale == pytest.approx(expected.scale)
    np.testing.assert_allclose(features, expected.features, atol=1e-5)


def test_nmf_of_windows_is_that_of_the_image() -> None:
    """In float64: in float32 NMF, wherever its factor is from, makes 1e-3 of a relative change of the image by 1e-7."""
    image = image_of(96, 80) + 3 * np.sin(np.arange(80) / 2) * (np.arange(96) < 48)[:, None]
    found, expected = (
        stat.nmf(stat.factorize(one.features.astype(np.float64), 18, weights=one.weights), 2)
        for one in (stat.sliding_fft(chosen, 16, 8) for chosen in (da.from_array(image, chunks=(30, 50)), image))
    )
    assert_same_up_to_sign(found.components, expected.components)
    assert_same_up_to_sign(found.loadings.T, expected.loadings.T)


def test_sliding_fft_nmf_takes_blocks() -> None:
    image = image_of(96, 80) + 3 * np.sin(np.arange(80) / 2) * (np.arange(96) < 48)[:, None]
    expected, found = (
        stat.SlidingFFTNMF(16, 16, 8, 8, components=2).analyze_image(one)
        for one in (image, da.from_array(image, chunks=(30, 50)))
    )
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3 * theirs.max())


# --- spectrum images


@settings(max_examples=30, deadline=None)
@given(
    data=st.data(), binning=st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 3)),
    normalize=st.booleans(), weighting=st.sampled_from([None, "poisson"]),
    negative=st.sampled_from(["keep", "clip", "shift"]), masked=st.booleans(), block=st.integers(1, 3000),
)  # fmt: skip
def test_spectra_of_blocks_are_those_of_the_cube(data, binning, normalize, weighting, negative, masked, block) -> None:
    cube = cube_of()
    if negative != "keep" or weighting is None:
        cube[3, 4, 5] = -3
    cube[0, 0, 2], cube[7, 3, 1] = np.nan, np.inf
    mask = np.ones(cube.shape[:2], bool)
    if masked:
        mask[:6] = False  # whole blocks may be without a pixel
    options = {
        "mask": mask, "signal_range": (1, 14), "binning": binning, "normalize": normalize, "weighting": weighting,
        "negative": negative,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", block)
        found = stat.take_spectra(data.draw(chunked(cube)), **options)
        matrix, values = found.matrix.compute(), np.asarray(found.values)
    expected = stat.take_spectra(cube, **options)
    np.testing.assert_allclose(matrix, expected.matrix, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(values, expected.values, rtol=1e-5, atol=1e-8)
    for name in ("row_scale", "column_scale", "pixels", "channels"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-5)
    for name in ("map_shape", "shift", "negative", "lowest"):
        assert getattr(found, name) == getattr(expected, name)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("nmf", {}), ("nmf", {"sum_to_one": True}), ("nmf", {"start_from": "nfindr"}),
        ("nmf", {"loss": "kullback-leibler"}), ("nmf", {"alpha_W": 0.0}),
        ("pca", {}), ("ica", {}), ("gmm", {}), ("gmm", {"init_params": "kmeans"}),
    ],
)  # fmt: skip
def test_unmixing_of_blocks_is_that_of_the_cube(method, options, monkeypatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 3000)
    cube = cube_of()
    cube[2, 3, 4] = np.nan
    expected, found = (stat.SpectralUnmixer(method, 3, weighting="poisson", **options) for _ in range(2))
    theirs, ours = expected.fit(cube), found.fit(da.from_array(cube, chunks=(5, 4, 6)))
    assert_same_up_to_sign(ours[0], theirs[0])
    used = np.isfinite(theirs[1])
    np.testing.assert_array_equal(np.isfinite(ours[1]), used)
    signs = np.where((ours[0] * theirs[0]).sum(axis=1) < 0, -1, 1)
    np.testing.assert_allclose(
        np.nan_to_num(ours[1] * signs), np.nan_to_num(theirs[1]), atol=1e-5 * np.nanmax(np.abs(theirs[1]))
    )
    np.testing.assert_allclose(found.result_.residual_map, expected.result_.residual_map, rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(found.result_.residual_spectrum, expected.result_.residual_spectrum, rtol=1e-4)
    np.testing.assert_allclose(found.result_.shares, expected.result_.shares, rtol=1e-4)


def test_methods_that_need_all_spectra_say_so(monkeypatch) -> None:
    monkeypatch.setattr(blocks, "MEMORY_BUDGET", 20_000)  # 19 coordinates of 120 spectra fit, 40 channels do not
    with pytest.raises(ValueError, match=r"the spectra are needed in one piece here, and have 0\.0 GB"):
        stat.SpectralUnmixer("nmf", 3, loss="kullback-leibler").fit(da.from_array(cube_of(channels=40)))


# --- atoms, crops and tracks


@settings(max_examples=10, deadline=None)
@given(data=st.data(), dark=st.booleans(), block=st.integers(1, 80_000))
def test_atoms_of_blocks_are_those_of_the_frames_and_are_linked_alike(data, dark, block) -> None:
    movie = movie_of()[0] * (-1 if dark else 1)
    movie[3, 5, 6] = np.nan
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", block)
        found = stat.find_movie_atoms(data.draw(chunked(movie)), dark=dark, spacing=9)
    expected = stat.find_movie_atoms(movie, dark=dark, spacing=9)
    assert found.skipped == expected.skipped
    assert list(found.skipped) == [3]
    tracks, theirs = (stat.link(one.positions, 3, memory=1) for one in (found, expected))
    assert len(theirs) >= 20
    for ours, other in zip(tracks.positions, theirs.positions, strict=True):
        np.testing.assert_allclose(ours, other, atol=1e-5)
    for ours, other in zip(tracks.ids, theirs.ids, strict=True):
        np.testing.assert_array_equal(ours, other)


def test_atoms_of_a_frame_are_those_of_the_image() -> None:
    movie = movie_of(2)[0]
    for one, other in zip(stat.find_movie_atoms(movie).frames, map(stat.find_atoms, movie), strict=True):
        np.testing.assert_array_equal(one.positions, other.positions)
    image = da.from_array(movie[0], chunks=20)
    np.testing.assert_allclose(stat.find_atoms(image).positions, stat.find_atoms(movie[0]).positions)
    with pytest.raises(ValueError, match="no frame can be used; of the first: all 64 pixels"):
        stat.find_movie_atoms(da.ones((3, 8, 8)))


def test_points_in_blocks_are_linked() -> None:
    positions = movie_of()[1]
    expected = stat.link(positions, 3)
    for given_positions in (
        {number: da.from_array(points, chunks=5) for number, points in positions.items()},
        (points for points in positions.values()),
    ):
        found = stat.link(given_positions, 3)
        for ours, theirs in zip(found.ids, expected.ids, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@settings(max_examples=25, deadline=None)
@given(
    data=st.data(), recentre=st.booleans(), between=st.booleans(), normalize=st.sampled_from(["frame", "crop", "none"]),
    smooth=st.sampled_from([0, 0.8]), whole=st.booleans(), channels=st.integers(1, 2), block=st.integers(1, 100_000),
)  # fmt: skip
def test_crops_of_blocks_are_those_of_the_stack(
    data, recentre, between, normalize, smooth, whole, channels, block
) -> None:
    stack, positions = movie_of()
    stack = np.repeat(stack[..., None], channels, axis=3)
    del positions[2]  # a frame without atoms
    positions[4] = np.full((1, 2), 2.0)  # and one without crops
    if whole:
        stack = (100 * stack).astype(np.int16)
    else:
        stack[1, 20, 20], stack[3, 30, 11, 0] = np.nan, np.inf
    options = {"recentre": recentre, "between_pixels": between, "normalize": normalize, "smooth": smooth}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", block)
        found = stat.extract_crops(data.draw(chunked(stack)), positions, 8, **options)
        images = found.images.compute()
    expected = stat.extract_crops(stack, positions, 8, **options)
    np.testing.assert_allclose(images, expected.images, atol=1e-5 * np.abs(expected.images).max())
    np.testing.assert_allclose(found.positions, expected.positions, atol=1e-5)
    for name in ("frames", "numbers", "left_out", "shape"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_local_analysis_of_blocks_is_that_of_the_stack(monkeypatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 30_000)
    stack, positions = movie_of()
    stack = np.abs(stack[..., None])
    expected, found = (
        stat.imlocal(images, positions, 8) for images in (stack, da.from_array(stack, chunks=(4, 20, 30, 1)))
    )
    assert isinstance(found.imgstack, da.Array)
    np.testing.assert_allclose(found.imgstack, expected.imgstack)
    for method in ("pca", "ica", "nmf"):
        ours, theirs = (getattr(one, method)(3) for one in (found, expected))
        # NMF, in float32, makes much of rounding; see above.
        tolerance = 1e-3 if method == "nmf" else 1e-5
        for mine, other in zip(ours[:2], theirs[:2], strict=True):
            mine, other = (one.reshape(3, -1) if len(one) == 3 else one.T for one in (mine, other))
            signs = np.where((mine * other).sum(axis=1) < 0, -1, 1)[:, None]
            assert np.linalg.norm(signs * mine - other) <= tolerance * np.linalg.norm(other)
        np.testing.assert_array_equal(ours[2], theirs[2])
    for ours, theirs in zip(found.gmm(2)[1], expected.gmm(2)[1], strict=True):
        np.testing.assert_allclose(ours, theirs)
    np.testing.assert_allclose(found.pca_scree_plot(False)[:5], expected.pca_scree_plot(False)[:5], rtol=1e-5)
    for ours, theirs in zip(found.pca_gmm(2, 2)[1], expected.pca_gmm(2, 2)[1], strict=True):
        assert_same_up_to_sign(ours.reshape(2, -1), theirs.reshape(2, -1))
