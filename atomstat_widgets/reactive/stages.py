"""A chain of computations, each kept for exactly the parameters it reads."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from threading import Lock
from typing import Any

import numpy as np

from atomstat_widgets.brief import brief
from atomstat_widgets.stat.progress import Progress, unreported

MEMORY_BUDGET = 600_000_000


@brief
@dataclass(frozen=True)
class Stage:
    """One step of a chain.

    Parameters
    ----------
    name : str
    compute : callable
        ``compute(upstream, progress=..., **parameters)``, given the value of the stage before (of the
        first stage: the source) and only the parameters that it reads.
    reads : tuple of str
        Names of these parameters.
    """

    name: str
    compute: Callable[..., Any]
    reads: tuple[str, ...]


class Chain:
    """Stages in a row, computed on demand and kept.

    Parameters
    ----------
    *stages : Stage
        Each takes the value of the one before it, the first None. The data are a parameter like any other: what
        is computed is kept for the very object (an `Image` is equal only to itself).
    budget : int
        Bytes of arrays to keep. The values used longest ago are dropped first; the newest always stays.
    """

    def __init__(self, *stages: Stage, budget: int = MEMORY_BUDGET) -> None:
        self.stages = stages
        self._budget = budget
        self._kept: OrderedDict[tuple[Any, ...], tuple[Any, int]] = OrderedDict()  # values, and bytes of their arrays
        self._lock = Lock()

    def holds(self, name: str, parameters: Mapping[str, Any]) -> bool:
        """Whether the value of a stage is at hand."""
        with self._lock:
            return self._key(self._position(name), parameters) in self._kept

    def value(self, name: str, parameters: Mapping[str, Any], progress: Progress = unreported) -> Any:
        """Value of a stage, computed from the last stage before it whose value is at hand.

        Parameters
        ----------
        name : str
            Of the stage.
        parameters : mapping
            Values of all parameters that the stage and those before it read.
        progress : callable
            Called with the fraction done; an exception it raises stops the computation, and the stages that were
            finished are kept.
        """
        last = self._position(name)
        value = None
        for position, stage in enumerate(self.stages[: last + 1]):
            key = self._key(position, parameters)
            with self._lock:
                at_hand = key in self._kept
                if at_hand:
                    self._kept.move_to_end(key)
                    value, _ = self._kept[key]
            if not at_hand:
                value = stage.compute(
                    value,
                    progress=_part(progress, position, last + 1),
                    **{name: parameters[name] for name in stage.reads},
                )
                with self._lock:
                    self._kept[key] = value, array_bytes(value)
                    self._drop_oldest()
        return value

    def _position(self, name: str) -> int:
        return [stage.name for stage in self.stages].index(name)

    def _key(self, position: int, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        return (position, *(parameters[name] for stage in self.stages[: position + 1] for name in stage.reads))

    def _drop_oldest(self) -> None:
        held = sum(size for _, size in self._kept.values())
        while held > self._budget and len(self._kept) > 1:
            _, (_, size) = self._kept.popitem(last=False)
            held -= size


def _part(progress: Progress, position: int, count: int) -> Progress:
    return lambda fraction: progress((position + fraction) / count)


def array_bytes(value: Any) -> int:
    """Bytes of the arrays in dataclasses and lists, or of an array; one that is there twice counts once."""
    return sum({id(array): array.nbytes for array in _arrays(value)}.values())


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from _arrays(getattr(value, field.name))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _arrays(one)
