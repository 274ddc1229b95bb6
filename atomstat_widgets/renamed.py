"""Other names of arguments and attributes: those up to version 0.1 go on working with a DeprecationWarning."""

import sys
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_PACKAGE = __name__.partition(".")[0]


def renamed(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function be called with old names of arguments.

    Parameters
    ----------
    **names : str
        New names by old ones: ``@renamed(normalise="normalize")``.
    """
    return _translated(names, with_new_names)


def also_called(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function be called with names of arguments that other libraries have for the same.

    Parameters
    ----------
    **names : str
        Our names by theirs: ``@also_called(search_range="rmax")``.
    """
    return _translated(names, lambda given, names: _with_our_names(given, names, "another name of it"))


def _translated(
    names: Mapping[str, str], translate: Callable[[Mapping[str, Any], Mapping[str, str]], dict[str, Any]]
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    def let(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            if not names.keys().isdisjoint(kwargs):
                kwargs = translate(kwargs, names)  # type: ignore[assignment]
            return function(*args, **kwargs)

        return called

    return let


def with_new_names(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Arguments by their new names; each old one is worth a DeprecationWarning.

    Parameters
    ----------
    given : mapping
        Arguments by name, old or new.
    names : mapping
        New names by old ones.

    Raises
    ------
    TypeError
        One is given by both names.
    """
    found = _with_our_names(given, names, "its old name")
    for old in given:
        if old in names:
            _warn(old, names[old])
    return found


def _with_our_names(given: Mapping[str, Any], names: Mapping[str, str], what: str) -> dict[str, Any]:
    """Arguments by our names; what the others are is said of one that is given by both."""
    for name in given:
        if name in names and names[name] in given:
            raise TypeError(f"{names[name]} is given twice, as {name} too, which is {what}")
    return {names.get(name, name): value for name, value in given.items()}


def renamed_attribute(old: str, new: str) -> property:
    """Make an attribute that is another one under its old name."""

    def get(one: Any) -> Any:
        _warn(old, new)
        return getattr(one, new)

    def set_to(one: Any, value: Any) -> None:
        _warn(old, new)
        setattr(one, new, value)

    return property(get, set_to)


def _warn(old: str, new: str) -> None:
    """Warn at the line outside of the package that uses an old name."""
    warnings.warn(f"{old} is called {new} now", DeprecationWarning, stacklevel=_level_outside())


def _level_outside() -> int:
    """Level, for the caller's warnings, of the nearest frame that is not of this package."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == _PACKAGE:
        frame, level = frame.f_back, level + 1
    return level
