"""Where data came from: the call that makes them again."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from atomstat_widgets.brief import brief
from atomstat_widgets.data.code import as_code, plain


@brief
@dataclass(frozen=True)
class Source:
    """A call of this package that makes the same data again.

    Attributes
    ----------
    function : str
        ``load``, ``calibrated``, ``sampled``, or the name of a sample with its module, as ``samples.grains``.
    arguments : mapping
        By name, of types that JSON knows, or other sources; what NumPy has for such types is made one of them.
    """

    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arguments", plain(self.arguments))

    @property
    def code(self) -> str:
        """The call, in Python.

        Raises
        ------
        ValueError
            It was called with something that cannot be written.
        """
        arguments = (
            f"{name}={value.code if isinstance(value, Source) else as_code(value)}"
            for name, value in self.arguments.items()
        )
        return f"{self.function}({', '.join(arguments)})"

    @property
    def names(self) -> list[str]:
        """What `code` needs of this package, in alphabetical order."""
        inner = (value.names for value in self.arguments.values() if isinstance(value, Source))
        return sorted({self.function.partition(".")[0], *(name for names in inner for name in names)})


def loaded_from(path: Path, **chosen: Any) -> Source:
    """Call of `load` that reads a file again, with what was chosen of its parameters."""
    return Source(
        "load", {"source": str(path.resolve()), **{name: one for name, one in chosen.items() if one is not None}}
    )


def remembered(module: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function that simulates data write into their `source` how it was called."""

    def decorate(simulate: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(simulate)

        @functools.wraps(simulate)
        def simulated(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            return replace(simulate(*args, **kwargs), source=Source(f"{module}.{simulate.__name__}", bound.arguments))

        return simulated

    return decorate
