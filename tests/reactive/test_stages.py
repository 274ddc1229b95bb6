import numpy as np
import pytest

from atomstat_widgets.data import Image
from atomstat_widgets.reactive.stages import Chain, Stage, array_bytes


@pytest.fixture
def calls():
    return []


@pytest.fixture
def chain(calls):
    def double(_, data, factor, progress):
        calls.append(("double", factor))
        progress(0.5)
        return data * factor

    def add(upstream, offset, progress):
        calls.append(("add", offset))
        progress(1.0)
        return upstream + offset

    return Chain(Stage("double", double, ("data", "factor")), Stage("add", add, ("offset",)))


def test_only_what_reads_a_changed_parameter_is_computed_again(chain, calls):
    parameters = {"data": 10, "factor": 2, "offset": 1, "unread": 0}
    assert chain.value("add", parameters) == 21
    assert chain.value("add", {**parameters, "offset": 5}) == 25
    assert calls == [("double", 2), ("add", 1), ("add", 5)]
    assert chain.value("add", {**parameters, "unread": 9}) == 21
    assert len(calls) == 3
    assert chain.value("add", {**parameters, "factor": 3}) == 31
    assert calls[3:] == [("double", 3), ("add", 1)]
    assert chain.value("double", parameters) == 20
    assert len(calls) == 5


def test_holds_says_what_is_at_hand(chain):
    parameters = {"data": 10, "factor": 2, "offset": 1}
    assert not chain.holds("double", parameters)
    chain.value("double", parameters)
    assert chain.holds("double", parameters)
    assert not chain.holds("add", parameters)


def test_data_are_told_apart_by_identity(chain, calls):
    first, second = Image(np.eye(3)), Image(np.eye(3))
    stage = Stage("shape", lambda _, image, progress: (calls.append(image), image.array.shape)[1], ("image",))
    chain = Chain(stage)
    for image in (first, second, first):
        assert chain.value("shape", {"image": image}) == (3, 3)
    assert calls == [first, second]


def test_progress_runs_from_0_to_1_over_all_stages(chain):
    fractions = []
    chain.value("add", {"data": 10, "factor": 2, "offset": 1}, fractions.append)
    assert fractions == [0.25, 1.0]


def test_a_stopped_run_keeps_the_stages_it_finished(chain, calls):
    class Stopped(Exception):
        pass

    def stop_in_the_second(fraction):
        if fraction > 0.5:
            raise Stopped

    parameters = {"data": 10, "factor": 2, "offset": 1}
    with pytest.raises(Stopped):
        chain.value("add", parameters, stop_in_the_second)
    assert chain.holds("double", parameters)
    assert not chain.holds("add", parameters)


def test_the_oldest_go_when_the_budget_is_spent():
    made = []

    def make(_, n, progress):
        made.append(n)
        return np.zeros(n, np.uint8)

    chain = Chain(Stage("array", make, ("n",)), budget=100)
    for n in (40, 41, 40, 42):  # 40 is used again, so 41 is the one used longest ago
        chain.value("array", {"n": n})
    assert [chain.holds("array", {"n": n}) for n in (40, 41, 42)] == [True, False, True]
    chain.value("array", {"n": 500})
    assert [chain.holds("array", {"n": n}) for n in (40, 42, 500)] == [False, False, True]
    assert made == [40, 41, 42, 500]


def test_bytes_of_nested_results():
    image = Image(np.zeros((4, 4), np.float32), truth=np.zeros((4, 4), np.int8))
    assert array_bytes(image) == 64 + 16
    assert array_bytes("text") == 0
