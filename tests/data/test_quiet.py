import logging
import warnings

import pytest
from stepped import Stepped

from atomstat_widgets.data.readers.quiet import quiet


def warn():
    warnings.warn("heard", UserWarning, stacklevel=1)


def is_heard():
    with pytest.raises(UserWarning, match="heard"):  # in tests a warning is an error
        warn()


@pytest.mark.parametrize("last", [0, 1])
def test_two_threads_at_once_leave_warnings_and_log_as_they_were(last):
    level = logging.getLogger("rsciio").level
    with Stepped() as one, Stepped() as other:
        entered = [quiet(), quiet()]
        one.do(entered[0].__enter__)
        other.do(entered[1].__enter__)
        for number in (1 - last, last):
            (one, other)[number].do(entered[number].__exit__, None, None, None)
    is_heard()
    assert logging.getLogger("rsciio").level == level


def test_warnings_caught_elsewhere_meanwhile_leave_them_as_they_were():
    caught, read = warnings.catch_warnings(), quiet()
    with Stepped() as reader, Stepped() as other:
        reader.do(read.__enter__)
        other.do(caught.__enter__)
        reader.do(read.__exit__, None, None, None)
        other.do(caught.__exit__, None, None, None)
    is_heard()


def test_only_the_thread_that_reads_is_quiet():
    with Stepped() as reader:
        read = quiet()
        said = reader.do(read.__enter__)
        reader.do(warn)
        is_heard()
        reader.do(logging.getLogger("tifffile").warning, "a page is missing")
        with quiet() as own:
            logging.getLogger("tifffile").warning("mine")
        reader.do(read.__exit__, None, None, None)
    assert (said, own) == (["a page is missing"], ["mine"])


def test_one_inside_another():
    with quiet():
        with quiet():
            warn()
        warn()
    is_heard()


def test_what_is_logged_afterwards_is_heard(caplog):
    with quiet():
        logging.getLogger("rsciio.some").error("hidden")
        logging.getLogger("tifffile").error("hidden")
    logging.getLogger("rsciio.some").error("seen")
    logging.getLogger("tifffile").error("seen")
    assert [record.getMessage() for record in caplog.records] == ["seen", "seen"]


def test_filters_that_came_since_do_not_make_it_loud():
    with quiet():
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with quiet():
            warn()
        with pytest.raises(UserWarning):
            warn()


def test_filters_do_not_pile_up():
    with quiet():
        pass
    count = len(warnings.filters)
    for _ in range(5):
        with quiet():
            pass
    assert len(warnings.filters) == count
