from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest
from traitlets import Int

from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.strain.model import StrainModel
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.data import Image, cubes, movies, samples
from atomstat_widgets.reactive import history as history_module
from atomstat_widgets.reactive.history import differing, with_run
from atomstat_widgets.reactive.model import AnalysisModel


@dataclass
class Held:
    array: np.ndarray


@pytest.fixture
def clock(monkeypatch):
    """A clock that every run moves by `step` seconds."""

    class Clock(history_module.datetime):
        time = history_module.datetime(2026, 1, 1)
        step = 10.0

        @classmethod
        def now(cls):
            cls.time += timedelta(seconds=cls.step)
            return cls.time

    monkeypatch.setattr(history_module, "datetime", Clock)
    return Clock


class Squares(AnalysisModel):
    number = Int(1).tag(parameter=True)

    def __init__(self):
        super().__init__()
        self.start()

    def compute(self, parameters, run):
        if parameters["number"] < 0:
            raise ValueError("negative")
        self.publish(parameters["number"] ** 2)
        return "squared"


def results(model):
    return [(run.number, run.result) for run in model.history]


def test_finished_runs_are_kept_the_newest_first(clock):
    model = Squares()
    model.number = 3
    model.number = 5
    assert results(model) == [(3, 25), (2, 9), (1, 1)]
    assert [run.parameters for run in model.history] == [{"number": 5}, {"number": 3}, {"number": 1}]
    assert all(0 <= run.seconds < 1 for run in model.history)


def test_what_failed_is_not_there(clock):
    model = Squares()
    model.number = -1
    assert results(model) == [(1, 1)]


def test_the_same_parameters_are_there_once(clock):
    model = Squares()
    model.number = 3
    model.number = 1
    assert results(model) == [(1, 1), (2, 9)]


def test_what_was_passed_through_is_not_kept(clock):
    model = Squares()
    clock.step = 0.5
    model.number = 3
    model.number = 4
    clock.step = 2
    model.number = 5
    assert results(model) == [(2, 25), (1, 16)]


def test_going_back_loses_nothing(clock):
    model = Squares()
    model.number = 3
    clock.step = 0.1
    model.restore(model.history[1].parameters)
    assert model.number == 1
    assert results(model) == [(1, 1), (2, 9)]


def test_it_is_short(clock):
    model = Squares()
    for number in range(2, 20):
        model.number = number
    assert [run.result for run in model.history] == [number**2 for number in range(19, 11, -1)]


def test_and_not_large_where_arrays_that_are_shared_count_once(clock, monkeypatch):
    monkeypatch.setattr(history_module, "MOST_BYTES", 1000)
    own = [Held(np.zeros(400, np.uint8)) for _ in range(4)]
    history = ()
    for number, one in enumerate(own):
        history = with_run(history, {"number": number}, one, 0)
    assert [run.result for run in history] == [own[3], own[2]]
    history = ()
    for number in range(4):
        history = with_run(history, {"number": number}, [own[0], own[1]], 0)
    assert len(history) == 4
    (alone,) = with_run(history, {"number": 9}, np.zeros(3000, np.uint8), 0)
    assert alone.result.size == 3000


def test_names_of_what_differs(clock):
    history = ()
    for a, b in ((1, 2), (1, 3), (1, 2.0)):
        history = with_run(history, {"a": a, "b": b}, None, 0)
    assert differing(history) == ["b"]
    assert differing(()) == []


def test_a_first_impression_is_no_finished_run(clock):
    class Coarse(Squares):
        def publish(self, result):
            super().publish(type("Result", (), {"coarse": result == 9})())

    model = Coarse()
    model.number = 3
    assert [run.parameters["number"] for run in model.history] == [1]


def small_noise():
    return Image(np.random.default_rng(1).random((60, 50)))


CASES = {
    "sliding fft": (
        lambda: SlidingFFTModel(samples.grains(shape=(96, 96)), window_y=32, window_x=24, n_components=3),
        small_noise, {"zoom": 1},
    ),
    "domains": (
        lambda: DomainsModel(samples.graphene(shape=(128, 128)), window=12, method="ICA", spacing=8.0),
        lambda: samples.ferroelectric(shape=(128, 128)), {"smooth": 0.5},
    ),
    "strain": (
        lambda: StrainModel(samples.strained(shape=(128, 128)), sigma=12.0, reference=(70, 110, 20, 100)),
        lambda: samples.graphene(shape=(128, 128)), {"sigma": 15.0},
    ),
    "trajectories": (
        lambda: TrajectoriesModel(movies.hopping_dopants(frames=12), rmax=4.0, n_states=3, window=14),
        lambda: movies.hopping_dopants(frames=9, seed=3), {"memory": 0},
    ),
    "unmix": (
        lambda: UnmixingModel(cubes.oxides(shape=(16, 16), channels=60), signal_range=(40, 59),
                              mask=np.eye(16) < 1, n_components=2),
        lambda: cubes.oxides(shape=(12, 14), channels=30), {"method": "PCA"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_run_is_restored_with_its_data(name, clock):
    make, other_data, changes = CASES[name]
    model = make()
    assert model.history[0].result.quality
    first, shown = model.history[0], model.parameters()
    setattr(model, model.kind, other_data())
    for parameter, value in changes.items():
        setattr(model, parameter, value)
    assert model.error == ""
    model.restore(first.parameters)
    assert model.parameters() == shown
    assert (model.error, model.stale) == ("", False)
    assert model.history[0].number == first.number
    again = model.history[0].result
    assert getattr(again, model.kind) is getattr(first.result, model.kind)
    assert again.quality == first.result.quality
