"""Work that is waited for beside the page, which stays live."""

import sys
from collections.abc import Callable
from threading import Thread
from typing import Any

from atomstat_widgets.reactive.runner import has_kernel


def in_background(work: Callable[[], Any], then: Callable[[Any, Exception | None], None]) -> None:
    """Do work in a thread, and go on with what came of it where messages of the page are handled.

    Without a kernel all of it is done here and now.

    Parameters
    ----------
    work : callable
    then : callable
        Called with the result and None, or with None and the exception.
    """
    if not has_kernel():
        at_once(work, then)
        return
    loop = sys.modules["IPython"].get_ipython().kernel.io_loop

    def work_and_tell() -> None:
        done = _outcome(work)
        loop.add_callback(lambda: then(*done))

    Thread(target=work_and_tell, name="atomstat-background", daemon=True).start()


def at_once(work: Callable[[], Any], then: Callable[[Any, Exception | None], None]) -> None:
    """Do here and now what `in_background` does beside the page."""
    then(*_outcome(work))


def _outcome(work: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return work(), None
    except Exception as error:
        return None, error
