"""No warnings in one thread, while those of others are heard.

`warnings.catch_warnings` puts back what it found, for the whole process: of two threads that are inside at once, the
one that leaves last may put back the silence of the other, for good. Here nothing is put back: a filter stays, which
lets everything pass but in a thread that is inside.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

_inside = ContextVar("inside", default=False)


class _Everything:
    """In place of the pattern for messages in a filter of warnings: matches all of a thread that is inside."""

    def match(self, _message: str) -> bool:
        return _inside.get()

    @property
    def pattern(self) -> str:
        """As a regular expression, which scikit-learn hands to its workers: of everything, or of nothing."""
        return "" if _inside.get() else "(?!)"


_FILTER = ("ignore", _Everything(), Warning, None, 0)


@contextmanager
def unwarned() -> Iterator[None]:
    """Let nothing be heard of what this thread warns of, for what is known to be harmless here."""
    filters: list[object] = warnings.filters  # type: ignore[assignment]
    if filters[:1] != [_FILTER]:  # the first that matches counts, and others may have come since
        with suppress(ValueError):
            filters.remove(_FILTER)
        filters.insert(0, _FILTER)
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)
