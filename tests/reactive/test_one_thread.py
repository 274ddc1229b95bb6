import pytest
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
