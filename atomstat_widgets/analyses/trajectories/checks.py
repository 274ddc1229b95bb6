"""Whether a transition matrix tells what the atoms do: its time scales at other lags, and what its powers predict."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.brief import brief
from atomstat_widgets.stat import ChapmanKolmogorov, ImpliedTimescales, check_chapman_kolmogorov, compare_lags

MOST_LAGS = 7
MULTIPLES = 5


@brief
class Checks(NamedTuple):
    """Checks of a result."""

    result: TrajectoriesResult
    timescales: ImpliedTimescales
    predictions: ChapmanKolmogorov

    @property
    def doubts(self) -> tuple[str, ...]:
        """What they say against the matrix, in words."""
        return (self.predictions.doubt,) if self.predictions.doubt else ()


def check(result: TrajectoriesResult, progress: Callable[[float], None]) -> Checks:
    """Look at a result's transitions over other lags."""
    states, frames = result.chains
    n_states, drawn, lag = result.n_states, result.draws.of_tracks or None, int(result.parameters["lag"])
    reach = max((int(np.ptp(track)) for track in frames if len(track)), default=1)
    lags = np.unique(np.rint(np.geomspace(1, max(reach // 4, lag, 1), MOST_LAGS)).astype(int))
    timescales = []
    for number, one in enumerate(lags.tolist()):
        progress(number / (2 * len(lags)))
        timescales.append(compare_lags(states, [one], frames, n_states=n_states, drawn=drawn))
    multiples = max(1, min(MULTIPLES, reach // (2 * lag)))
    predictions = check_chapman_kolmogorov(
        states, frames, n_states=n_states, lag=lag, multiples=multiples, drawn=drawn,
        progress=lambda fraction: progress(0.5 + fraction / 2),
    )  # fmt: skip
    values, low, high = (
        np.concatenate([getattr(one, name) for one in timescales]) for name in ("values", "low", "high")
    )
    doubts = tuple(doubt for one in timescales for doubt in one.doubts)
    return Checks(result, ImpliedTimescales(lags, values, low, high, doubts), predictions)
