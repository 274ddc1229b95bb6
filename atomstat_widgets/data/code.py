"""Values as plain ones, which JSON and Python code know, and as the code that makes them."""

import math
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

_NAMELESS = {"nan": 'float("nan")', "inf": 'float("inf")', "-inf": '-float("inf")'}

_OWN: Mapping[type, Callable[[Any], Any]] = {
    int: int.__int__,
    float: float.__float__,
    complex: complex.__complex__,
    str: str.__str__,
}


def plain(value: Any) -> Any:
    """Numbers, words, truths, None, and tuples, lists and mappings of these, in place of what NumPy has for them.

    Arrays become lists and paths words. What is nothing of this stays as it is.
    """
    if isinstance(value, np.floating):  # some of which Python's own are too short for
        return float(value)
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return (list if isinstance(value, list) else tuple)(map(plain, value))
    if isinstance(value, bool):
        return value
    # Of a number or word that is more than that, such as a member of an enumeration, what it is as such.
    return next((own(value) for kind, own in _OWN.items() if isinstance(value, kind)), value)


def as_code(value: Any) -> str:
    """Python code that makes a value, of plain types and without imports.

    Raises
    ------
    ValueError
        There is no such code for it; the message says for what.
    """
    value = plain(value)
    match value:
        case None | bool() | int() | str() | bytes():
            return repr(value)
        case float():
            return repr(value) if math.isfinite(value) else _NAMELESS[repr(value)]
        case complex():
            return f"complex({as_code(value.real)}, {as_code(value.imag)})"
        case list():
            return f"[{', '.join(map(as_code, value))}]"
        case tuple():
            return f"({', '.join(map(as_code, value))}{',' if len(value) == 1 else ''})"
        case dict():
            return f"{{{', '.join(f'{as_code(key)}: {as_code(one)}' for key, one in value.items())}}}"
    raise ValueError(f"{value!r:.80} cannot be written into a script: it is no number, word or list of such")
