import threading

import pytest
from traitlets import Int

from atomstat_widgets.reactive import runner as runner_module
from atomstat_widgets.reactive.model import AnalysisModel, duration

TIMEOUT = 60


class Roots(AnalysisModel):
    """Square root of a number; refuses negative ones, and breaks at 13."""

    number = Int(4).tag(parameter=True)
    other = Int(0).tag(parameter=True)

    def __init__(self, **traits):
        super().__init__(**traits)
        self.runs = []
        self.gate = None
        self.began = threading.Event()
        self.start()

    def compute(self, parameters, run):
        self.runs.append(parameters)
        if self.gate is not None:
            self.began.set()
            assert self.gate.wait(TIMEOUT)
        run(0.5)
        if parameters["number"] < 0:
            raise ValueError(f"{parameters['number']} is negative")
        if parameters["number"] == 13:
            raise ZeroDivisionError("unlucky")
        if parameters["number"] == 14:
            raise SystemExit
        self.publish(parameters["number"] ** 0.5)
        return "1 root"

    def reconcile(self, name):
        if name == "number" and self.number > 100:
            self.other = 1


@pytest.fixture
def in_kernel(monkeypatch):
    monkeypatch.setattr("atomstat_widgets.reactive.model.has_kernel", lambda: True)


def test_the_first_run_is_done_when_it_is_made(in_kernel):
    model = Roots(number=9)
    assert model.result == 3
    assert (model.stale, model.busy, model.error) == (False, False, "")
    assert model.status.startswith("1 root in ")


def test_without_kernel_an_assignment_returns_with_the_result():
    model = Roots()
    model.number = 16
    assert model.result == 4
    assert model.runs == [{"number": 4, "other": 0}, {"number": 16, "other": 0}]


def test_several_parameters_set_together_make_one_run():
    model = Roots()
    with model.hold_trait_notifications():
        model.number, model.other = 25, 7
    assert model.runs[1:] == [{"number": 25, "other": 7}]


def test_a_parameter_changed_in_the_train_of_another_makes_one_run():
    model = Roots()
    model.number = 400
    assert model.runs[1:] == [{"number": 400, "other": 1}]


def test_bad_input_is_said_and_the_last_result_stays():
    model = Roots()
    model.number = -4
    assert model.result == 2
    assert model.stale
    assert model.error == "-4 is negative"
    assert model.status == "Failed: the last good result is shown"
    model.number = 9
    assert (model.result, model.error, model.details, model.stale) == (3, "", "", False)


def test_an_unexpected_failure_is_said_without_paths():
    model = Roots()
    model.number = 13
    assert model.error == "Unexpected failure: unlucky"
    assert model.details.startswith("ZeroDivisionError: unlucky\nmodel.py:")
    assert "test_model.py:" in model.details
    assert "/" not in model.details


def test_a_killed_run_is_said_and_the_next_one_comes(in_kernel):
    model = Roots()
    model.number = 14
    assert model.wait(TIMEOUT)
    assert (model.result, model.error, model.busy) == (2, "Unexpected failure: SystemExit", False)
    model.number = 25
    assert model.wait(TIMEOUT)
    assert (model.result, model.error) == (5, "")


def test_a_failure_of_the_first_run_leaves_no_result():
    model = Roots(number=-1)
    assert (model.result, model.status) == (None, "Failed")


class Halves(AnalysisModel):
    """Half of a number, without an `__init__` of its own."""

    kind = "number"
    number = Int(4).tag(parameter=True)


class Started(Halves):
    def __init__(self, number, **parameters):
        super().__init__(number, **parameters)
        self.start()


class Whole(Started):
    def compute(self, parameters, run):
        self.publish(parameters["number"] / 2)
        return "1 half"


class Wordless(Started):
    def compute(self, parameters, run):
        raise KeyError("half")


def test_a_model_takes_its_data_first():
    assert Whole.analyse(6) == 3
    assert Halves(6).number == Halves(number=6).number == 6


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (Halves, "Halves has no result: __init__ calls start, and compute publish"),
        (Started, "Unexpected failure: Started has no compute"),
        (Wordless, "Unexpected failure: KeyError: 'half'"),
    ],
)
def test_what_a_model_lacks_is_named(model, why):
    with pytest.raises(ValueError, match=f"^{why}$"):
        model.analyse(6)


def test_in_a_kernel_the_assignment_returns_at_once(in_kernel):
    model = Roots()
    model.gate = threading.Event()
    model.number = 36
    assert (model.result, model.stale) == (2, True)
    model.gate.set()
    assert model.wait(TIMEOUT)
    assert (model.result, model.stale, model.busy) == (6, False, False)


def test_cancel_keeps_the_last_result_and_says_so(in_kernel):
    model = Roots()
    model.gate = threading.Event()
    model.number = 36
    model.cancel()
    model.gate.set()
    assert model.wait(TIMEOUT)
    assert (model.result, model.stale, model.busy) == (2, True, False)
    assert model.status == "Cancelled: the last good result is shown"
    model.number = 49
    assert model.wait(TIMEOUT)
    assert model.result == 7


def test_a_stale_run_is_not_marked_as_current(in_kernel, monkeypatch):
    monkeypatch.setattr(runner_module, "GRACE_SECONDS", 1e6)
    model = Roots()
    seen = []
    model.observe(lambda change: change.new or seen.append((model.result, model.stale)), "busy")
    model.gate = threading.Event()
    model.number = 36
    assert model.began.wait(TIMEOUT)
    model.number = 64
    model.gate.set()
    assert model.wait(TIMEOUT)
    assert seen == [(6, True), (8, False)]


def test_guarded_callbacks_say_what_went_wrong():
    model = Roots()
    model.guard(lambda number: 1 / number)(0)
    assert model.error == "Unexpected failure: division by zero"


@pytest.mark.parametrize(("seconds", "text"), [(0.0852, "85 ms"), (0.9996, "1000 ms"), (1.44, "1.4 s")])
def test_duration(seconds, text):
    assert duration(seconds) == text
