"""From which state atoms go to which: counted first, then made probabilities."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse, special

from atomstat_widgets.arguments import array_of, number_of, whole_array_of, whole_of, word_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.tracks.overlap import inefficiency, pairs_apart

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
MOST_STATES = 1000  # a table of each track has their square


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
    """

    per_track: Integers
    lag: int
    inefficiency: Floats
    nearest: Integers
    nearest_lag: int

    @property
    def counts(self) -> Integers:
        """Those of all tracks together, (states, states)."""
        return np.asarray(self.per_track.sum(axis=0))

    @property
    def effective(self) -> Floats:
        """How many transitions independent of each other tell as much as the counts, (states, states)."""
        return np.asarray(self.counts / self.inefficiency[:, None])

    def dwell_times(self) -> Floats:
        """Mean time in each state before it is left, in frames, (states,); infinite where that was never seen.

        Frames spent in a state over the times that it was left, from each frame to the next: the most likely mean,
        also where a track begins or ends in the middle of a stay. It does not depend on the lag, over which an atom may
        leave and be back. Of tracks that were looked at every few frames it is the time from one look to the next, and
        a stay goes on where the atom was away only in between.
        """
        leaving = self.nearest.sum(axis=1) - self.nearest.diagonal()
        spent = self.nearest_lag * self.nearest.sum(axis=1)
        return np.asarray(np.divide(spent, leaving, out=np.full(len(spent), np.inf), where=leaving > 0))

    def matrix(self) -> "TransitionMatrix":
        """Probabilities that go with the counts of all tracks."""
        return TransitionMatrix(self.counts, self.lag, self.effective, self.dwell_times())


@brief
@dataclass(frozen=True, eq=False)
class TransitionMatrix:
    """Probabilities of a Markov chain, estimated from counts.

    Attributes
    ----------
    counts : array of int, (states, states)
    lag : int
        Frames from one state to the next.
    effective : array, (states, states)
        How many independent transitions tell as much, see `TransitionCounts`.
    dwell_times : array, (states,)
        Mean time in each state before it is left, in frames, at any lag; see `TransitionCounts.dwell_times`.
    """

    counts: Integers
    lag: int
    effective: Floats
    dwell_times: Floats

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which states (states,) were ever left, or stayed in, so that there is a probability to speak of."""
        return np.asarray(self.counts.sum(axis=1) > 0)

    @cached_property
    def probabilities(self) -> Floats:
        """Most likely probabilities (states, states); a row is 0 where nothing is known."""
        return _normalize(self.counts)

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Lower and upper ends of the credible intervals of the probabilities, (states, states) each.

        Each row has a Dirichlet distribution: its effective counts, as overlapping transitions are not independent, and
        one transition more, spread evenly over all states (Perks, J. Inst. Actuar. 73, 285 (1947); of two states it is
        Jeffreys' prior). What was never seen may be
        impossible, and what always happened certain: such intervals begin at 0, or end at 1 (Brown, Cai & DasGupta,
        Stat. Sci. 16, 101 (2001)). Where nothing is known they go from 0 to 1.

        Raises
        ------
        ValueError
            The level is not between 0 and 1.
        """
        level = number_of(level, "the level of an interval", above=0, below=1, words="between 0 and 1")
        if len(self.counts) < 2:  # one state is always left for itself
            return np.ones(self.counts.shape), np.ones(self.counts.shape)
        totals = self.counts.sum(axis=1, keepdims=True)
        share = self.effective + 1 / len(self.counts)
        rest = self.effective.sum(axis=1, keepdims=True) + 1 - share
        tail = (1 - level) / 2
        low = np.where(self.counts == 0, 0.0, special.betaincinv(share, rest, tail))
        return low, np.where(self.counts == totals, 1.0, special.betaincinv(share, rest, 1 - tail))

    @cached_property
    def stationary(self) -> Floats:
        """Share of time in each state in the long run, (states,), which sums to 1.

        Of a chain that falls apart it is that of its closed parts, each weighted with how often its states were seen;
        states that are left for ever have none. A state of which nothing is known is taken to stay what it is.
        """
        chain = self.probabilities + np.diag(~self.known).astype(float)
        _, parts = sparse.csgraph.connected_components(sparse.csr_array(chain > 0), connection="strong")
        seen = self.counts.sum(axis=0) + self.counts.sum(axis=1)
        shares = np.zeros(len(chain))
        for part in np.unique(parts):
            inside = parts == part
            if chain[np.ix_(inside, ~inside)].any():
                continue
            block = chain[np.ix_(inside, inside)]
            # The left eigenvector of eigenvalue 1, by the equations it solves: that, and a sum of 1.
            equations = np.vstack([block.T - np.eye(len(block)), np.ones(len(block))])
            solution = np.linalg.lstsq(equations, np.append(np.zeros(len(block)), 1.0), rcond=None)[0]
            shares[inside] = seen[inside].sum() * np.maximum(solution, 0)
        return shares / shares.sum() if shares.sum() > 0 else np.full(len(chain), 1 / max(len(chain), 1))

    @property
    def timescales(self) -> Floats:
        """Implied timescales of the chain's decays, in frames, (states - 1,), the longest first.

        ``-lag / log(|eigenvalue|)`` (Swope, Pitera & Suits, J. Phys. Chem. B 108, 6571 (2004)). Where the chain is
        Markovian they do not depend on the lag. Infinite for a part that is never left, 0 for an eigenvalue of 0. A
        state that was never seen takes no part in any decay: its eigenvalue is 0.
        """
        ends = ~self.known & (self.counts.sum(axis=0) > 0)  # seen, but not what comes after: taken to stay
        chain = self.probabilities + np.diag(ends).astype(float)
        sizes = np.sort(np.abs(np.linalg.eigvals(chain)))[::-1][1:].clip(0, 1)
        with np.errstate(divide="ignore"):
            return np.asarray(np.where(sizes >= 1 - 1e-12, np.inf, -self.lag / np.log(np.minimum(sizes, 1 - 1e-12))))


def count_transitions(
    states: ArrayLike | Sequence[ArrayLike],
    frames: ArrayLike | Sequence[ArrayLike] | None = None,
    *,
    n_states: int | None = None,
    lag: int = 1,
    counting: Literal["sliding", "sampled"] = "sliding",
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

    Returns
    -------
    TransitionCounts

    Raises
    ------
    ValueError
        States and frames do not go together, are no whole numbers or not in one row; frames do not increase; a state
        is not below `n_states`, or above 999; the lag is below 1; the counting is another one.

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
        whole_array_of(track, f"states of track {number}") for number, track in enumerate(_tracks(states, "states"))
    ]
    if frames is None:
        times = [np.arange(len(track)) for track in tracks]
    else:
        times = [
            whole_array_of(track, f"frames of track {number}") for number, track in enumerate(_tracks(frames, "frames"))
        ]
    if [len(track) for track in tracks] != [len(time) for time in times]:
        raise ValueError("each track has as many frames as states")
    for number, time in enumerate(times):
        if (np.diff(time) <= 0).any():
            raise ValueError(f"frames of track {number} do not increase")
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
    times = [time[seen] for time, seen in zip(times, known, strict=True)]
    tracks = [track[seen] for track, seen in zip(tracks, known, strict=True)]
    per_track = np.zeros((len(tracks), n_states, n_states), np.intp)
    pairs = []
    for table, track, time, begin in zip(per_track, tracks, times, begins, strict=True):
        first, second = pairs_apart(time, lag)
        if counting == "sampled":
            kept = (time[first] - begin) % lag == 0
            first, second = first[kept], second[kept]
        np.add.at(table, (track[first], track[second]), 1)
        pairs.append((time[first], track[first], track[second]))
    gaps, often = np.unique(np.concatenate([np.empty(0, np.intp), *map(np.diff, times)]), return_counts=True)
    nearest_lag = int(gaps[often.argmax()]) if len(gaps) else 1
    nearest = np.zeros((n_states, n_states), np.intp)
    for track, time in zip(tracks, times, strict=True):
        first, second = pairs_apart(time, nearest_lag)
        np.add.at(nearest, (track[first], track[second]), 1)
    return TransitionCounts(per_track, lag, inefficiency(pairs, n_states, lag), nearest, nearest_lag)


def implied_timescales(
    states: ArrayLike | Sequence[ArrayLike],
    lags: Sequence[int],
    frames: ArrayLike | Sequence[ArrayLike] | None = None,
    *,
    n_states: int | None = None,
) -> Floats:
    """Timescales of the chain at several lags, (lags, states - 1), in frames: level where it is Markovian.

    Parameters, and what is wrong with them, as for `count_transitions`.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.implied_timescales([[0, 0, 0, 1, 1, 1, 0, 0, 0]], [1]).shape
    (1, 1)
    """
    each = whole_array_of(lags, "lags", minimum=1).tolist()
    return np.array([count_transitions(states, frames, n_states=n_states, lag=lag).matrix().timescales for lag in each])


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


def _normalize(counts: Integers) -> Floats:
    totals = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0))


def _tracks(given: Any, name: str) -> list[Any]:
    """One row of numbers is one track."""
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable) or getattr(given, "ndim", 1) == 0:
        raise TypeError(f"{name} are whole numbers (n,), or such an array for each track, got {type(given).__name__}")
    tracks = given if isinstance(given, np.ndarray) else list(given)
    one = len(tracks) and not isinstance(tracks[0], (list, tuple)) and np.ndim(tracks[0]) == 0
    return [tracks] if one else list(tracks)
