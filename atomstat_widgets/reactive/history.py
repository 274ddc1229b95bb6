"""The runs that were finished last: what they were made with, and what came out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from atomstat_widgets.brief import brief
from atomstat_widgets.reactive.stages import array_bytes

MOST_RUNS = 8
MOST_BYTES = 200_000_000  # of arrays in their results, those that several share counted once
PASSING_SECONDS = 1.0  # what a run shows that the next one replaces sooner was only passed through


@brief
@dataclass(frozen=True, eq=False)
class FinishedRun:
    """A run, the data of which are among its parameters.

    Attributes
    ----------
    number : int
        From 1 on.
    parameters : mapping
    result
    seconds : float
        How long it took.
    finished : datetime
    """

    number: int
    parameters: Mapping[str, Any]
    result: Any
    seconds: float
    finished: datetime


History = tuple[FinishedRun, ...]  # the newest first


def with_run(history: History, parameters: Mapping[str, Any], result: Any, seconds: float) -> History:
    """Add a run: in place of one of the same parameters or else of the last one, if that was only passed through."""
    now, kept = datetime.now(), list(history)
    again = next((run for run in history if run.parameters == parameters), None)
    if again is not None:
        kept.remove(again)
    elif kept and (now - kept[0].finished).total_seconds() - seconds < PASSING_SECONDS:
        del kept[0]
    number = 1 + max((run.number for run in kept), default=0) if again is None else again.number
    kept = [FinishedRun(number, parameters, result, seconds, now), *kept[: MOST_RUNS - 1]]
    while len(kept) > 1 and array_bytes([run.result for run in kept]) > MOST_BYTES:
        kept.pop()
    return tuple(kept)


def differing(runs: History) -> list[str]:
    """Names of the parameters that are not the same in all runs, in alphabetical order."""
    names = runs[0].parameters if runs else ()
    return [name for name in names if any(run.parameters[name] != runs[0].parameters[name] for run in runs)]
