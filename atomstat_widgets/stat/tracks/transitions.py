"""From which state atoms go to which: counted first, then made probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, switch_of, whole_array_of, whole_of, word_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.tracks.connected import connected_sets
from atomstat_widgets.stat.tracks.given import frames_of, tracks_of
from atomstat_widgets.stat.tracks.overlap import inefficiency, pairs_apart, shared_deviations, usual_gap
from atomstat_widgets.stat.tracks.posterior import MOST_DRAWN
from atomstat_widgets.stat.tracks.transition_matrix import TransitionMatrix

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
MOST_STATES = 1000  # a table of each track has their square
LOOKED_AT = 8  # draws


@brief
@dataclass(frozen=True, eq=False)
class TransitionCounts:
    """How often atoms went from one state to another.

    Attributes
    ----------
    per_track : array of int, (tracks, states, states)
        From the state of the row to that of the column.
    lag : int
        Frames from the one to the other.
    inefficiency : array, (states,)
        How many transitions from each state tell as much as one that overlaps with no other: from 1 to `lag`.
    nearest : array of int, (states, states)
        Transitions of all tracks over as many frames as most often lie between a point and the next.
    nearest_lag : int
        How many frames these are, of two equally frequent numbers the smaller: 1 but for tracks in which most frames
        are missing.
    shared : array, (states, states, states, states), or empty
        How transitions from different states that overlap deviate together.
    drawn, drawn_nearest : array of int, (draws, states, states)
        Counts, and those of `nearest`, for states as they may be as well; none where states are certain.
    """

    per_track: Integers
    lag: int
    inefficiency: Floats
    nearest: Integers
    nearest_lag: int
    shared: Floats
    drawn: Integers
    drawn_nearest: Integers

    @property
    def counts(self) -> Integers:
        """Those of all tracks together, (states, states)."""
        return np.asarray(self.per_track.sum(axis=0))

    @property
    def expected(self) -> Floats:
        """Counts as they are most likely, (states, states): the mean of those drawn, where states are not certain."""
        return np.asarray(self.drawn.mean(axis=0) if len(self.drawn) else self.counts.astype(float))

    @property
    def expected_nearest(self) -> Floats:
        """As `expected`, of `nearest`."""
        return np.asarray(self.drawn_nearest.mean(axis=0) if len(self.drawn_nearest) else self.nearest.astype(float))

    @property
    def effective(self) -> Floats:
        """How many transitions independent of each other tell as much as those expected, (states, states)."""
        return np.asarray(self.expected / self.inefficiency[:, None])

    def dwell_times(self) -> Floats:
        """Mean time in each state before it is left, in frames, (states,); infinite where that was never seen.

        Frames spent in a state over the times that it was left, from each frame to the next: the most likely mean,
        also where a track begins or ends in the middle of a stay. It does not depend on the lag, over which an atom may
        leave and be back. Of tracks that were looked at every few frames it is the time from one look to the next, and
        a stay goes on where the atom was away only in between.
        """
        nearest = self.expected_nearest
        leaving = nearest.sum(axis=1) - nearest.diagonal()
        spent = self.nearest_lag * nearest.sum(axis=1)
        return np.asarray(np.divide(spent, leaving, out=np.full(len(spent), np.inf), where=leaving > 0))

    def matrix(self, *, reversible: bool = False) -> TransitionMatrix:
        """Probabilities that go with the counts of all tracks.

        Parameters
        ----------
        reversible : bool
            As many transitions go from one state to another as back, in the long run, as in equilibrium.

        Raises
        ------
        ValueError
            They are to be reversible, and there are states that atoms were not seen to go to and back from.
        """
        if switch_of(reversible, "reversible"):
            counts = self.expected
            seen = [part for part in connected_sets(counts) if counts[part].any() or counts[:, part].any()]
            if len(seen) > 1:
                names = "; ".join(", ".join(map(str, part)) for part in seen)
                raise ValueError(f"a reversible matrix needs states that lead to each other, and these do not: {names}")
        return TransitionMatrix(self, reversible)


def count_transitions(
    states: ArrayLike | Sequence[ArrayLike],
    frames: ArrayLike | Sequence[ArrayLike] | None = None,
    *,
    n_states: int | None = None,
    lag: int = 1,
    counting: Literal["sliding", "sampled"] = "sliding",
    drawn: Sequence[ArrayLike] | None = None,
) -> TransitionCounts:
    """Count transitions between states.

    Parameters
    ----------
    states : array of int, (n,), or sequence of such arrays
        States of one track, or of each, from 0 to 999; a negative one is not known, and counts for nothing.
    frames : array of int, (n,), or sequence of such arrays, optional
        Frame numbers, increasing; by default frames without gaps. Two states are a transition only where they are
        exactly `lag` frames apart: a gap is never one step.
    n_states : int, optional
        Number of states; by default the largest that is there, and 1.
    lag : int
        Frames from one state to the next.
    counting : {"sliding", "sampled"}
        Begin in every frame, or only in every `lag`-th of a track: these transitions are independent of each other.
    drawn : sequence of array of int, (draws, n), optional
        States of each track as they may be as well, see `draw_states`: counts are the mean over all draws, and
        intervals hold what the draws differ by.

    Returns
    -------
    TransitionCounts

    Raises
    ------
    ValueError
        States and frames do not go together, are no whole numbers or not in one row; frames do not increase; a state
        is not below `n_states`, or above 999; the lag is below 1; the counting is another one; what was drawn does not
        go with the states.

    Notes
    -----
    All transitions count for the probabilities [1]_, but those that begin less than a lag apart overlap and may say the
    same: only so many count for intervals as are independent.

    References
    ----------
    .. [1] Prinz et al., J. Chem. Phys. 134, 174105 (2011).

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.count_transitions([[0, 0, 1, 0], [1, 1]]).counts
    array([[1, 1],
           [1, 1]])
    """
    lag = whole_of(lag, "lag", minimum=1)
    word_of(counting, "counting", ("sliding", "sampled"))
    if n_states is not None:
        n_states = whole_of(n_states, "n_states", minimum=0, maximum=MOST_STATES)
    tracks = [
        whole_array_of(track, f"states of track {number}") for number, track in enumerate(tracks_of(states, "states"))
    ]
    times = frames_of(frames, [len(track) for track in tracks])
    highest = max((int(track.max(initial=-1)) for track in tracks), default=-1)
    n_states = highest + 1 if n_states is None else n_states
    if highest >= MOST_STATES:
        raise ValueError(
            f"states are numbered from 0 on, to {MOST_STATES - 1} at most, got {highest}: "
            "numpy.unique(states, return_inverse=True)[1] numbers them so"
        )
    if highest >= n_states:
        raise ValueError(f"a state is {highest}, and there are {n_states}: 0 to {n_states - 1}")

    begins = [int(time[0]) if len(time) else 0 for time in times]
    known = [track >= 0 for track in tracks]
    others = _drawn_of(drawn, known, n_states)
    times = [time[seen] for time, seen in zip(times, known, strict=True)]
    tracks = [track[seen] for track, seen in zip(tracks, known, strict=True)]
    pairs = [pairs_apart(time, lag) for time in times]
    if counting == "sampled":
        kept = [(time[first] - begin) % lag == 0 for time, begin, (first, _) in zip(times, begins, pairs, strict=True)]
        pairs = [(first[own], second[own]) for own, (first, second) in zip(kept, pairs, strict=True)]
    per_track = np.zeros((len(tracks), n_states, n_states), np.intp)
    for table, track, (first, second) in zip(per_track, tracks, pairs, strict=True):
        np.add.at(table, (track[first], track[second]), 1)
    nearest_lag = usual_gap(times)
    near = [pairs_apart(time, nearest_lag) for time in times]
    nearest = _tables([track[None] for track in tracks], near, n_states).sum(axis=0)
    # What overlaps deviates alike in each draw: a few tell how.
    looked_at = [[row[number] for row in others] for number in range(min(len(others[0]), LOOKED_AT))] if others else []
    overlaps = [
        [
            (time[first], track[first], track[second])
            for time, track, (first, second) in zip(times, some, pairs, strict=True)
        ]
        for some in looked_at or [tracks]
    ]
    correlated = lag > 1 and n_states <= MOST_DRAWN
    return TransitionCounts(
        per_track, lag, np.mean([inefficiency(some, n_states, lag) for some in overlaps], axis=0),
        nearest, nearest_lag,
        np.mean([shared_deviations(some, n_states, lag) for some in overlaps], axis=0) if correlated else np.empty(0),
        _tables(others, pairs, n_states), _tables(others, near, n_states),
    )  # fmt: skip


def _drawn_of(drawn: Any, known: list[NDArray[np.bool_]], n_states: int) -> list[NDArray[np.int16]]:
    """States of each track (draws, n) as they may be as well, at the points at which they are known."""
    if drawn is None:
        return []
    tables = [
        array_of(given, f"drawn states of track {number}", "(draws, n)")
        for number, given in enumerate(tracks_of(drawn, "drawn states", 2))
    ]
    if len(tables) != len(known):
        raise ValueError(f"drawn states are of each track, got those of {len(tables)} for {len(known)} tracks")
    found = []
    for number, (table, own) in enumerate(zip(tables, known, strict=True)):
        name, shape = f"drawn states of track {number}", (len(tables[0]), len(own))
        if table.shape != shape or table.dtype.kind not in "iu":
            raise ValueError(f"{name} are whole numbers {shape}, got {table.dtype} of shape {table.shape}")
        table = table[:, own]
        if table.size and not (table.min() >= 0 and table.max() < n_states):
            raise ValueError(f"{name} are from 0 to {n_states - 1} where there is a state, got {table.min()}")
        found.append(table.astype(np.int16))
    return found


def _tables(tracks: Sequence[NDArray[Any]], pairs: Sequence[tuple[Integers, Integers]], n_states: int) -> Integers:
    """Counts (draws, states, states) of pairs of points of tracks (draws, n) of which all have as many draws."""
    if len(tracks) == 0:  # no draws
        return np.zeros((0, n_states, n_states), np.intp)
    codes = [
        track[:, first].astype(np.intp) * n_states + track[:, second]
        for track, (first, second) in zip(tracks, pairs, strict=True)
    ]
    joined = np.concatenate(codes, axis=1)
    tables = [np.bincount(one, minlength=n_states**2)[: n_states**2] for one in joined]
    return np.array(tables, np.intp).reshape(len(joined), n_states, n_states)


def calculate_transition_matrix(trace: ArrayLike) -> Floats:
    """Transition probabilities (states, states) within one trace of states from 0 on.

    Reference: AtomAI 0.8.1, ``atomai.stat.calculate_transition_matrix``, with its shapes; a row is 0 where its state is
    never left.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.calculate_transition_matrix([0, 0, 1, 0])
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    return count_transitions([whole_array_of(trace, "trace")]).matrix().probabilities


def sum_transitions(trans_dict: dict[str, Any], msize: int) -> Floats:
    """Transition probabilities (msize, msize) over all trajectories.

    Parameters
    ----------
    trans_dict : dict
        What ``imlocal.transition_matrix`` gives: "trajectories" (n, 3) with the class, from 1 on, in the last column,
        and their "frames".
    msize : int
        Number of classes.

    Notes
    -----
    Reference: AtomAI 0.8.1, ``atomai.stat.sum_transitions``, which adds up the probabilities of all trajectories, so
    that short ones count as much as long ones. Here the transitions are counted, and then normalised; the row of a
    class that is never left is 0, not NaN.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> trajectory = [[5, 5, 1], [5, 6, 2], [5, 5, 1]]  # row, column, class
    >>> stat.sum_transitions({"trajectories": [trajectory], "frames": [[0, 1, 2]]}, 2)
    array([[0., 1.],
           [1., 0.]])
    """
    missing = [
        key for key in ("trajectories", "frames") if not isinstance(trans_dict, Mapping) or key not in trans_dict
    ]
    if missing:
        raise ValueError(f"trans_dict has no {missing[0]!r}: it is what imlocal.transition_matrix gives")
    msize = whole_of(msize, "msize", minimum=1, maximum=MOST_STATES)
    tracks = [
        array_of(track, f"trajectory {number}", "(n, 3)", finite=True)
        for number, track in enumerate(trans_dict["trajectories"])
    ]
    classes = [
        whole_array_of(track[:, -1], f"classes of trajectory {number}", minimum=1, maximum=msize) - 1
        for number, track in enumerate(tracks)
    ]
    return count_transitions(classes, trans_dict["frames"], n_states=msize).matrix().probabilities
