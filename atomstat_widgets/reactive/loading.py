"""How models open their data: as a sample where these are larger than memory, unless all are asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from atomstat_widgets.data import load
from atomstat_widgets.data.readers.loading import Kind
from atomstat_widgets.data.sampling import sampled

_all = ContextVar("all", default=False)


@contextmanager
def take_all() -> Iterator[None]:
    """Have data opened as they are, however large, while inside."""
    token = _all.set(True)
    try:
        yield
    finally:
        _all.reset(token)


def open_data(source: Any, kind: Kind) -> Any:
    """Load data of a kind, or a sample of them."""
    data = load(source, kind=kind)
    return data if _all.get() else sampled(data)
