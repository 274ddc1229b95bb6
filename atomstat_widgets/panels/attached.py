"""Hear of the page: it is there, and what is written now will be seen."""

from collections.abc import Callable

import ipywidgets


def when_attached(call: Callable[[], None]) -> ipywidgets.Widget:
    """Call something when a page has attached to the widgets, which is some time after they were made.

    Parameters
    ----------
    call : callable
        Called for each page; at once, or never, where there is none.

    Returns
    -------
    Widget
        To be kept as long as it should be heard.
    """
    # What a page does first of all is to carry a link's value from its source to its target, and to tell the kernel.
    there, heard = ipywidgets.Valid(value=True), ipywidgets.Valid(value=False)

    def attached(change: dict[str, bool]) -> None:
        if change["new"]:
            heard.value = False  # for the next page
            call()

    heard.observe(attached, "value")
    return ipywidgets.jsdlink((there, "value"), (heard, "value"))
