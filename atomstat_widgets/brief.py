"""How results and data look in a notebook or a log: names, shapes, units, and never the numbers of an array."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

LONGEST = 400  # letters of all
LONGEST_VALUE = 60
MOST_ITEMS = 6  # of a list that is written out

Class = TypeVar("Class", bound=type)


def brief(cls: Class) -> Class:
    """Give a dataclass or a named tuple a `repr` that fits on a screen; what is as by default is left out."""

    def __repr__(self: Any) -> str:
        return described(type(self).__name__, _changed(self))

    type.__setattr__(cls, "__repr__", __repr__)
    return cls


def described(name: str, values: Iterable[tuple[str, Any]]) -> str:
    """Call of a name with values by their names, cut where it gets too long."""
    text = f"{name}({', '.join(f'{key}={in_short(value)}' for key, value in values)})"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2]}…)"


def in_short(value: Any) -> str:
    """Value in few letters: of an array its type and shape, of what has parts their number and kind."""
    text = _in_short(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _in_short(value: Any) -> str:
    if getattr(value, "shape", ()) and hasattr(value, "dtype"):
        return f"{value.dtype} {tuple(value.shape)}"
    if hasattr(value, "item"):  # a number of NumPy's
        return _in_short(value.item())
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, str):
        return repr(value[:LONGEST_VALUE])
    if is_dataclass(value) and not isinstance(value, type):
        name = getattr(value, "name", None)
        return type(value).__name__ + (f" {name!r}" if isinstance(name, str) else "")
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {in_short(one)}' for key, one in list(value.items())[:MOST_ITEMS])}}}"
    if isinstance(value, list | tuple):
        if len(value) > MOST_ITEMS or any(hasattr(one, "shape") or is_dataclass(one) for one in value):
            return f"[{len(value):,} of {in_short(value[0])}]"
        inside = ", ".join(map(in_short, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    return repr(value)


def _changed(one: Any) -> list[tuple[str, Any]]:
    """Names and values of what is not as by default."""
    if not is_dataclass(one):
        return list(zip(one._fields, one, strict=True))
    return [
        (field.name, value)
        for field in fields(one)
        if not _is_default(value := getattr(one, field.name), field.default) and not _is_empty(value)
    ]


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (isinstance(value, str | int | float | tuple) and value == default)


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | tuple | Mapping) and len(value) == 0)
