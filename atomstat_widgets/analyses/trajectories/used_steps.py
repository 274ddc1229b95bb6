"""How many of the steps of atoms count as transitions, and what became of the others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.brief import brief
from atomstat_widgets.data import Movie
from atomstat_widgets.stat import Tracks

NUMERALS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@brief
@dataclass(frozen=True)
class UsedSteps:
    """Steps of atoms, each from a point of a track to the next that is a lag later, or more.

    Attributes
    ----------
    used : int
        Those that are counted as transitions.
    missing : int
        Across frames that were not recorded, or of which nothing could be used.
    lost : int
        Across frames in which the atom was not found.
    doubtful : int
        Into frames, or across these, whose drift is in doubt: no track goes on there.
    short : int
        In tracks that are not long enough.
    unknown : int
        From or to an atom whose state is not known.
    min_length : int
        Points of a track that is long enough.
    """

    used: int
    missing: int = 0
    lost: int = 0
    doubtful: int = 0
    short: int = 0
    unknown: int = 0
    min_length: int = 1

    @property
    def total(self) -> int:
        """All of them."""
        return self.used + self.missing + self.lost + self.doubtful + self.short + self.unknown

    @property
    def words(self) -> str:
        """How many are used, and why the others are not."""
        length = self.min_length
        two = f"of {_numeral(2)} frames" if length == 3 else f"of fewer than {_numeral(length)} frames"
        reasons = [
            (self.missing, "across missing frames"),
            (self.lost, "across frames without the atom"),
            (self.doubtful, "into frames whose drift is in doubt"),
            (self.short, f"in a track {two}" if self.short == 1 else f"in tracks {two}"),
            (self.unknown, "of atoms without a state"),
        ]
        dropped = ", ".join(f"{number:,} {why}" for number, why in reasons if number)
        return f"{self.used:,} of {self.total:,} steps used" + (f": {dropped}" if dropped else "")


def count_steps(
    links: Tracks,
    states: NDArray[np.intp],
    movie: Movie,
    *,
    lag: int,
    memory: int,
    min_length: int,
    doubtful: NDArray[np.intp],
    skipped: NDArray[np.intp],
) -> UsedSteps:
    """Count the steps of all tracks.

    Parameters
    ----------
    links : Tracks
        All tracks, short ones too.
    states : array of int, (n,)
        Of all points of these, frame after frame; -1 where it is not known.
    movie : Movie
    lag, memory, min_length : int
        As of the model.
    doubtful, skipped : array of int
        Frame numbers.
    """
    numbers, ids = movie.frame_numbers, np.concatenate(links.ids)
    frames = np.repeat(links.frames, [len(own) for own in links.ids])
    order = np.lexsort((frames, ids))
    order = order[np.count_nonzero(ids < 0) :]
    ids, frames, states = ids[order], frames[order], states[order]
    long = links.lengths[ids] >= min_length

    # Of each point the next one of its track that is a lag later, or more.
    apart = int(numbers[-1]) + lag + 1
    later = np.searchsorted(ids * apart + frames, ids * apart + frames + lag)
    inside = np.minimum(later, len(ids) - 1)
    there = (later < len(ids)) & (ids[inside] == ids)
    exact = there & (frames[inside] == frames + lag)
    known = (states >= 0) & (states[inside] >= 0)
    recorded = np.isin(frames + lag, np.setdiff1d(numbers, skipped))
    missing, lost = there & ~exact & ~recorded, there & ~exact & recorded

    # Where a track ends because none goes on there: its last points, of which no later one is in it.
    ends = np.searchsorted(ids, ids, side="right") - 1
    following = np.append(numbers[1:], -1)[np.searchsorted(numbers, frames[ends])]
    ended = ~there & (following >= 0) & (frames + lag <= numbers[-1])
    into_doubt = ended & np.isin(following, doubtful)
    into_gap = ended & ~into_doubt & (following - frames[ends] > memory + 1)
    return UsedSteps(
        used=int(np.sum(exact & long & known)),
        missing=int(np.sum(missing) + np.sum(into_gap)),
        lost=int(np.sum(lost)),
        doubtful=int(np.sum(into_doubt)),
        short=int(np.sum(exact & ~long)),
        unknown=int(np.sum(exact & long & ~known)),
        min_length=min_length,
    )


def _numeral(number: int) -> str:
    return NUMERALS[number] if number < len(NUMERALS) else f"{number:,}"
