"""From which state atoms go to which: counted first, then made probabilities."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse, special

from atomstat_widgets.arguments import array_of, number_of, whole_array_of, whole_of, word_of

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
MOST_STATES = 1000  # a table of each track has their square


@dataclass(frozen=True, eq=False)
class TransitionCounts:
    """How often atoms went from one state to another.

    Attributes
    ----------
    per_track : array of int, (tracks, states, states)
        From the state of the row to that of the column.
    lag : int
        Frames from the one to the other.
    """

    per_track: Integers
    lag: int

    @property
    def counts(self) -> Integers:
        """Those of all tracks together, (states, states)."""
        return np.asarray(self.per_track.sum(axis=0))

    def matrix(self) -> "TransitionMatrix":
        """Probabilities that go with the counts of all tracks."""
        return TransitionMatrix(self.counts, self.lag)


@dataclass(frozen=True, eq=False)
class TransitionMatrix:
    """Probabilities of a Markov chain, estimated from counts.

    Attributes
    ----------
    counts : array of int, (states, states)
    lag : int
        Frames from one state to the next.
    """

    counts: Integers
    lag: int

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which states (states,) were ever left, or stayed in, so that there is a probability to speak of."""
        return np.asarray(self.counts.sum(axis=1) > 0)

    @cached_property
    def probabilities(self) -> Floats:
        """Most likely probabilities (states, states); a row is 0 where nothing is known."""
        return _normalised(self.counts)

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Lower and upper ends of the credible intervals of the probabilities, (states, states) each.

        Each row has a Dirichlet distribution: its counts, and one transition more, spread evenly over all states
        (Perks, J. Inst. Actuar. 73, 285 (1947); of two states it is Jeffreys' prior). What was never seen may be
        impossible, and what always happened certain: such intervals begin at 0, or end at 1 (Brown, Cai & DasGupta,
        Stat. Sci. 16, 101 (2001)). Where nothing is known they go from 0 to 1.

        Raises
        ------
        ValueError
            The level is not between 0 and 1.
        """
        level = number_of(level, "the level of an interval", above=0, below=1, words="between 0 and 1")
        if len(self.counts) == 1:  # one state is always left for itself
            return np.ones((1, 1)), np.ones((1, 1))
        totals = self.counts.sum(axis=1, keepdims=True)
        share = self.counts + 1 / len(self.counts)
        rest = totals + 1 - share
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
        return shares / shares.sum() if shares.sum() > 0 else np.full(len(chain), 1 / len(chain))

    @property
    def dwell_times(self) -> Floats:
        """Mean time in a state before it is left, in frames, (states,); infinite where it never was."""
        staying = np.where(self.known, self.probabilities.diagonal(), 1.0)
        return np.asarray(np.divide(self.lag, 1 - staying, out=np.full(len(staying), np.inf), where=staying < 1))

    @property
    def timescales(self) -> Floats:
        """Implied timescales of the chain's decays, in frames, (states - 1,), the longest first.

        ``-lag / log(|eigenvalue|)`` (Swope, Pitera & Suits, J. Phys. Chem. B 108, 6571 (2004)). Where the chain is
        Markovian they do not depend on the lag. Infinite for a part that is never left, 0 for an eigenvalue of 0.
        """
        chain = self.probabilities + np.diag(~self.known).astype(float)
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
    Prinz et al., J. Chem. Phys. 134, 174105 (2011).
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

    per_track = np.zeros((len(tracks), n_states, n_states), np.intp)
    for table, track, time in zip(per_track, tracks, times, strict=True):
        if counting == "sampled" and len(time):
            kept = (time - time[0]) % lag == 0
            track, time = track[kept], time[kept]
        later = np.searchsorted(time, time + lag)
        found = np.append(time, -1)[later] == time + lag
        first, second = track[found], track[later[found]]
        both = (first >= 0) & (second >= 0)
        np.add.at(table, (first[both], second[both]), 1)
    return TransitionCounts(per_track, lag)


def implied_timescales(
    states: ArrayLike | Sequence[ArrayLike],
    lags: Sequence[int],
    frames: ArrayLike | Sequence[ArrayLike] | None = None,
    *,
    n_states: int | None = None,
) -> Floats:
    """Timescales of the chain at several lags, (lags, states - 1), in frames: level where it is Markovian.

    Parameters, and what is wrong with them, as for `count_transitions`.
    """
    each = whole_array_of(lags, "lags", minimum=1).tolist()
    return np.array([count_transitions(states, frames, n_states=n_states, lag=lag).matrix().timescales for lag in each])


def calculate_transition_matrix(trace: ArrayLike) -> Floats:
    """Transition probabilities (states, states) within one trace of states from 0 on.

    Reference: AtomAI 0.8.1, ``atomai.stat.calculate_transition_matrix``, with its shapes; a row is 0 where its state is
    never left.
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


def _normalised(counts: Integers) -> Floats:
    totals = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0))


def _tracks(given: Any, name: str) -> list[Any]:
    """One row of numbers is one track."""
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable) or getattr(given, "ndim", 1) == 0:
        raise TypeError(f"{name} are whole numbers (n,), or such an array for each track, got {type(given).__name__}")
    tracks = given if isinstance(given, np.ndarray) else list(given)
    one = len(tracks) and not isinstance(tracks[0], (list, tuple)) and np.ndim(tracks[0]) == 0
    return [tracks] if one else list(tracks)
