"""Models of data larger than memory: a sample that is live, and a run on all."""

import threading

import dask
import dask.array as da
import numpy as np
import pytest
from stepped import TIMEOUT

from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.data import Cube, Image, Movie, cubes, load, movies, samples, sampling
from atomstat_widgets.data.mask import Mask
from atomstat_widgets.data.readers.reopening import describe_source, reopen
from atomstat_widgets.reactive import model as model_module
from atomstat_widgets.reactive import runner as runner_module


@pytest.fixture(autouse=True)
def small_memory(monkeypatch):
    monkeypatch.setattr(sampling, "LARGEST_PART", 96)
    monkeypatch.setattr(sampling, "SAMPLE_BYTES", 100_000)
    with dask.config.set(scheduler="synchronous"):
        yield


def image(chunks: int = 50) -> Image:
    one = samples.graphene(shape=(160, 140))
    return Image(da.from_array(one.array, chunks=chunks), "large", one.pixel_size, one.unit)


def movie() -> Movie:
    one = movies.hopping_dopants(frames=12, shape=(96, 96))
    return Movie(da.from_array(one.frames, chunks=(2, 60, 60)), "large", one.pixel_size, one.unit)


def cube() -> Cube:
    one = cubes.oxides(shape=(23, 30), channels=50)
    return Cube(da.from_array(one.array, chunks=(5, 10, 50)), "large", one.pixel_size, one.unit)


MODELS = {
    "sliding fft": (
        SlidingFFTModel,
        image,
        {"window_y": 16, "window_x": 12, "step": 3, "zoom": 2, "n_components": 4},
        "n_components",
    ),
    "domains": (DomainsModel, image, {}, "n_components"),
    "trajectories": (TrajectoriesModel, movie, {}, "n_states"),
    "unmixing": (UnmixingModel, cube, {}, "n_components"),
}


@pytest.mark.parametrize("name", MODELS)
def test_sample_is_live_and_all_take_its_place_until_the_next_change(name) -> None:
    kind, data, options, count = MODELS[name]
    data = data()
    one = kind(data, **options)
    sample, first = getattr(one, one.kind), one.result
    assert first is not None, one.error
    assert sample.whole.data is data
    array = sample.frames if one.kind == "movie" else sample.array
    assert isinstance(array, np.ndarray)
    before = one.parameters()

    one.run_on_all()
    assert one.error == ""
    assert one.on_all
    assert getattr(one, one.kind) is data
    assert getattr(one.result, one.kind) is data
    assert not one.stale
    assert {**one.parameters(), one.kind: sample} == before
    expected = kind.analyse(data, **{key: value for key, value in before.items() if key != one.kind})
    for found, other in ((one.result, expected),):
        if one.kind != "movie":
            np.testing.assert_allclose(found.low_rank.s, other.low_rank.s, rtol=1e-6)
        else:
            assert len(found.tracks) == len(other.tracks)

    setattr(one, count, 1)
    assert not one.on_all
    assert getattr(one, one.kind) is sample
    assert getattr(one.result, one.kind) is sample
    assert getattr(one, count) == 1
    assert {**one.parameters(), count: before[count]} == before


def test_words_say_what_the_sample_is() -> None:
    assert SlidingFFTModel(image()).image.whole.words == "the middle, 96 × 96 px of 160 × 140"
    assert TrajectoriesModel(movie()).movie.whole.words == "every 3rd frame, 3 of 8"
    assert UnmixingModel(cube()).cube.whole.words == "every 2nd pixel along y and x, 12 × 15 of 23 × 30"
    assert [sampling.ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 103)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "103rd",
    ]  # fmt: skip


def test_sample_keeps_its_place_and_its_scale() -> None:
    middle = SlidingFFTModel(image()).image
    np.testing.assert_array_equal(middle.array, image().array.compute()[32:128, 22:118])
    assert middle.offset == pytest.approx((32 * middle.pixel_size, 22 * middle.pixel_size))
    pixels = UnmixingModel(cube()).cube
    np.testing.assert_array_equal(pixels.array, cube().array.compute()[::2, ::2])
    assert pixels.pixel_size == pytest.approx(2 * cube().pixel_size)


def test_small_data_in_blocks_are_taken_as_a_whole() -> None:
    one = SlidingFFTModel(da.from_array(np.random.default_rng(0).random((64, 64))))
    assert isinstance(one.image.array, np.ndarray)
    assert one.image.whole is None
    with pytest.raises(ValueError, match="the data are no sample"):
        one.run_on_all()


def test_mask_of_the_sample_is_that_of_all() -> None:
    one = UnmixingModel(cube())
    used = np.ones((12, 15), bool)
    used[:, :5] = False
    one.mask = used
    mask = one.mask
    one.run_on_all()
    assert isinstance(one.mask, Mask)
    assert one.mask.used.shape == (23, 30)
    np.testing.assert_array_equal(one.mask.used, np.arange(30) >= np.full((23, 1), 10))
    one.n_components = 2
    assert one.mask is mask


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_run_on_all_that_does_not_end_leaves_the_sample(how, monkeypatch) -> None:
    one = UnmixingModel(cube())
    sample, shown = one.cube, one.result

    def broken(block):
        if how == "cancelled":
            one.cancel()
        else:
            raise ConnectionError("the scheduler was lost")
        return block

    broken_cube = Cube(sample.whole.data.array.map_blocks(broken, dtype=float, meta=np.empty((0, 0, 0))))
    object.__setattr__(sample.whole, "data", broken_cube)
    one.run_on_all()
    assert one.cube is sample
    assert one.result is shown
    assert not one.on_all
    assert not one.stale
    assert (one.error, one.status) == {
        "cancelled": ("", "Cancelled: the last good result is shown"),
        "failed": ("the scheduler was lost", "Failed: the last good result is shown"),
    }[how]


def test_mask_of_all_is_that_of_the_sample() -> None:
    one = UnmixingModel(cube())
    one.run_on_all()
    one.mask = np.arange(30) >= np.full((23, 1), 10)
    assert (one.on_all, one.error) == (False, "")
    np.testing.assert_array_equal(one.mask.used, np.arange(15) >= np.full((12, 1), 5))
    assert one.result.parameters["mask"] is one.mask


def test_window_of_all_is_kept_inside_the_sample() -> None:
    one = SlidingFFTModel(image(), window_y=16, window_x=16, step=16, n_components=1)
    one.run_on_all()
    one.window_y = 120
    assert (one.on_all, one.error) == (False, "")
    assert (one.window_y, one.window_x) == (96, 96)


@pytest.mark.parametrize("when", ["while all are placed", "while all are computed"])
@pytest.mark.parametrize(("name", "value"), [("n_components", 2), ("cube", cubes.oxides(channels=40))])
def test_what_is_set_meanwhile_is_not_lost(name, value, when, monkeypatch) -> None:
    monkeypatch.setattr(model_module, "has_kernel", lambda: True)
    one = UnmixingModel(cube())
    sample = one.cube
    reached, gone_on = threading.Event(), threading.Event()

    def hold(block=None):
        if threading.current_thread() is not threading.main_thread():
            reached.set()
            assert gone_on.wait(TIMEOUT)
        return block

    if when == "while all are placed":
        one.observe(lambda change: change.new is sample.whole.data and hold(), "cube")
    else:
        monkeypatch.setattr(runner_module, "GRACE_SECONDS", 1e6)
        held = sample.whole.data.array.map_blocks(hold, dtype=float, meta=np.empty((0, 0, 0)))
        object.__setattr__(sample.whole, "data", Cube(held))
    one.run_on_all()
    assert reached.wait(TIMEOUT)
    setattr(one, name, value)
    wanted = getattr(one, name)
    gone_on.set()
    assert one.wait(TIMEOUT)
    assert one.error == ""
    assert getattr(one, name) is wanted
    assert one.cube is (value if name == "cube" else sample)
    assert one.result.cube is one.cube
    assert one.result.parameters[name] is wanted
    assert not one.on_all
    assert not one.stale


def test_run_on_all_reports_progress() -> None:
    one = UnmixingModel(cube())
    monitored: list[float] = []
    one.observe(lambda change: monitored.append(change.new), "progress")
    interval, model_module.PROGRESS_INTERVAL = model_module.PROGRESS_INTERVAL, 0.0
    try:
        one.run_on_all()
    finally:
        model_module.PROGRESS_INTERVAL = interval
    assert len(monitored) > 10
    assert max(monitored) <= 1


@pytest.mark.parametrize("name", ["sliding fft", "trajectories", "unmixing"])
def test_a_script_takes_the_same_sample(name, tmp_path) -> None:
    kind, data, _, _ = MODELS[name]
    data = data()
    np.save(tmp_path / "large.npy", np.asarray(data.frames if kind.kind == "movie" else data.array))
    model = kind(load(tmp_path / "large.npy", kind=kind.kind, lazy=True))
    shown = getattr(model, kind.kind)
    assert shown.whole is not None
    assert shown.source.names == ["load", "sampled"]
    again = eval(shown.source.code, {"load": load, "sampled": sampling.sampled})
    assert again.whole.words == shown.whole.words
    arrays = [one.frames if kind.kind == "movie" else one.array for one in (again, shown)]
    np.testing.assert_array_equal(*arrays)
    words = describe_source(shown.source, tmp_path)
    assert words == {"source": "large.npy", "kind": kind.kind, "lazy": True}
    assert kind(reopen(words, tmp_path)).kind == model.kind
