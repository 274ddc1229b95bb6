"""States along tracks as they may be as well, where crops do not tell them for certain."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.trajectories.stages import States
from atomstat_widgets.brief import brief
from atomstat_widgets.stat import Tracks, draw_states
from atomstat_widgets.stat.progress import Progress
from atomstat_widgets.stat.tracks.uncertain import CERTAIN


@brief
@dataclass(frozen=True, eq=False)
class Draws:
    """What is drawn when it is first asked for: transitions need it, and tracks are to be seen before.

    Attributes
    ----------
    states : States
    links : Tracks
        All tracks.
    min_length : int
        Fewest points of a track that has states drawn.
    """

    states: States
    links: Tracks
    min_length: int

    @cached_property
    def of_tracks(self) -> list[NDArray[np.int16]]:
        """States along each track that is long enough, (draws, n); none where all states are certain."""
        tracks, posteriors = self.links.at_least(self.min_length), np.concatenate(self.states.posteriors)
        if np.nanmin(posteriors.max(axis=1), initial=1) >= CERTAIN:
            return []
        numbers = range(len(tracks))
        return draw_states(
            [posteriors[tracks.members(number)] for number in numbers], [tracks.track(number)[0] for number in numbers]
        )


def draws_of(_: None, states: States, links: Tracks, min_length: int, progress: Progress) -> Draws:
    """Draws of these states and tracks, as a stage that keeps them."""
    return Draws(states, links, min_length)
