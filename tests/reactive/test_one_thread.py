import threading
from types import SimpleNamespace

import pytest
from stepped import Stepped
from threadpoolctl import threadpool_info, threadpool_limits

from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.reactive.one_thread import one_thread


def blas_threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture
def two_threads():
    with threadpool_limits(2, "blas"):
        assert blas_threads() == {2}
        yield


def test_from_the_first_one_in_to_the_last_one_out(two_threads):
    with one_thread:
        with one_thread:
            assert blas_threads() == {1}
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_lifted_after_a_failure_too(two_threads):
    with pytest.raises(KeyError), one_thread:
        raise KeyError
    assert blas_threads() == {2}


def test_in_any_thread(two_threads):
    """Though another one was the first to limit the library, and is still there."""
    with Stepped() as worker, Stepped() as other:
        worker.do(one_thread.__enter__)
        assert worker.do(blas_threads) == {1}
        other.do(one_thread.__enter__)
        worker.do(one_thread.__exit__)
        assert other.do(blas_threads) == {1}
        other.do(one_thread.__exit__)
    assert blas_threads() == {2}


class Library:
    """A library that is limited for each thread by itself, or for all."""

    internal_api = "openblas"

    def __init__(self, filepath, layer):
        self.filepath, self.threading_layer = filepath, layer
        self._threads = threading.local() if layer == "openmp" else SimpleNamespace()

    num_threads = property(lambda self: getattr(self._threads, "count", 4))

    def set_num_threads(self, count):
        self._threads.count = count


@pytest.mark.parametrize("layer", ["openmp", "pthreads"])
def test_libraries_that_count_by_thread_and_libraries_that_come_late(layer, monkeypatch):
    libraries = [Library("first", layer)]
    controller = SimpleNamespace(select=lambda user_api: SimpleNamespace(lib_controllers=list(libraries)))
    monkeypatch.setattr("atomstat_widgets.reactive.one_thread.ThreadpoolController", lambda: controller)
    late = Library("late", layer)

    def counts():
        return [library.num_threads for library in libraries]

    with Stepped() as worker:
        with one_thread:
            libraries.append(late)
            worker.do(one_thread.__enter__)
            assert worker.do(counts) == [1, 1]
        assert worker.do(counts) == [1, 1]
        worker.do(one_thread.__exit__)
        assert (worker.do(counts), counts()) == ([4, 4], [4, 4])


def test_runs_have_it(two_threads):
    class Model(AnalysisModel):
        def compute(self, parameters, run):
            self.publish(blas_threads())
            return "Counted"

        def compute_more(self, parameters, run):
            self.publish([self.result, blas_threads()])

    model = Model()
    model.start()
    assert model.result == [{1}, {1}]
    assert blas_threads() == {2}
