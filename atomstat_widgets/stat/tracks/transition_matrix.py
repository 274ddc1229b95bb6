"""Probabilities of a Markov chain from counts, and intervals of all that follows from them."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.brief import brief
from atomstat_widgets.counting import count_of
from atomstat_widgets.stat.tracks.connected import connected_sets
from atomstat_widgets.stat.tracks.eigenvalues import decays, resolved, stationary_of
from atomstat_widgets.stat.tracks.posterior import MOST_DRAWN, draw_matrices, quantiles_of_betas, tail_of
from atomstat_widgets.stat.tracks.reversible import reversible_counts

if TYPE_CHECKING:
    from atomstat_widgets.stat.tracks.transitions import TransitionCounts

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Interval = tuple[Floats, Floats]
LEVEL = 0.95
ALMOST = 1e-12  # an eigenvalue so near to 1 is 1


@brief
@dataclass(frozen=True, eq=False)
class TransitionMatrix:
    """Probabilities of a Markov chain, estimated from counts.

    Attributes
    ----------
    counted : TransitionCounts
    reversible : bool
        Whether as many transitions go from one state to another as back, in the long run.
    """

    counted: "TransitionCounts"
    reversible: bool = False

    @property
    def counts(self) -> Integers:
        """How often atoms went from the state of the row to that of the column, (states, states)."""
        return self.counted.counts

    @property
    def lag(self) -> int:
        """Frames from one state to the next."""
        return self.counted.lag

    @property
    def effective(self) -> Floats:
        """How many independent transitions tell as much as the counts, (states, states)."""
        return self.counted.effective

    @property
    def dwell_times(self) -> Floats:
        """Mean time in each state before it is left, in frames, at any lag; see `TransitionCounts.dwell_times`."""
        return self.counted.dwell_times()

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which states (states,) were ever left, or stayed in, so that there is a probability to speak of."""
        return np.asarray(self.counted.expected.sum(axis=1) > 0)

    @cached_property
    def probabilities(self) -> Floats:
        """Most likely probabilities (states, states); a row is 0 where nothing is known."""
        counts = self.counted.expected
        if self.reversible:
            counts = reversible_counts(counts)
        totals = counts.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0))

    @cached_property
    def draws(self) -> Floats:
        """Matrices as likely as they are possible given the counts, (draws, states, states), with a fixed seed.

        Each row has the distribution of `interval`. Transitions from different states that overlap deviate together,
        as the deviations that were seen do. Where states were drawn (see `draw_states`), each goes with its own counts.

        Raises
        ------
        ValueError
            There are more than 20 states.
        """
        if len(self.counts) > MOST_DRAWN:
            raise ValueError(f"matrices of at most {MOST_DRAWN} states are drawn, and there are {len(self.counts)}")
        return draw_matrices(self._tables, self.counted.inefficiency, self.counted.shared, self.reversible)

    def interval(self, level: float = LEVEL) -> Interval:
        """Lower and upper ends of the credible intervals of the probabilities, (states, states) each.

        Each row has a Dirichlet distribution: its effective counts, as overlapping transitions are not independent, and
        one transition more, spread evenly over all states (Perks, J. Inst. Actuar. 73, 285 (1947); of two states it is
        Jeffreys' prior). What was never seen may be
        impossible, and what always happened certain: such intervals begin at 0, or end at 1 (Brown, Cai & DasGupta,
        Stat. Sci. 16, 101 (2001)). Where nothing is known they go from 0 to 1.

        Raises
        ------
        ValueError
            The level is not between 0 and 1; there are more than 20 states, which were drawn, or go there and back
            equally.
        """
        counts, tail = self.counted.expected, tail_of(level)
        if len(counts) < 2:  # one state is always left for itself
            return np.ones(counts.shape), np.ones(counts.shape)
        totals = counts.sum(axis=1, keepdims=True)
        if self.reversible:
            low, high = np.quantile(self.draws, [tail, 1 - tail], axis=0)
        else:
            tables = self._tables / self.counted.inefficiency[:, None]
            share = tables + 1 / len(counts)
            rest = tables.sum(axis=2, keepdims=True) + 1 - share
            low, high = (quantiles_of_betas(share, rest, one) for one in (tail, 1 - tail))
        low, high = np.minimum(low, self.probabilities), np.maximum(high, self.probabilities)
        return np.where(counts == 0, 0.0, low), np.where(counts == totals, 1.0, high)

    @property
    def _tables(self) -> Floats:
        """Counts that are as right as each other, (tables, states, states)."""
        return np.asarray(self.counted.drawn if len(self.counted.drawn) else self.counted.counts[None])

    @cached_property
    def stationary(self) -> Floats:
        """Share of time in each state in the long run, (states,), which sums to 1.

        Of a chain that falls apart it is that of its closed parts, each weighted with how often its states were seen;
        states that are left for ever have none. A state of which nothing is known is taken to stay what it is.
        """
        chain = self._staying(~self.known)
        seen = self.counted.expected.sum(axis=0) + self.counted.expected.sum(axis=1)
        shares = np.zeros(len(chain))
        for inside in connected_sets(chain):
            if np.delete(chain[inside], inside, axis=1).any():
                continue
            shares[inside] = seen[inside].sum() * stationary_of(chain[np.ix_(inside, inside)])
        return shares / shares.sum() if shares.sum() > 0 else np.full(len(chain), 1 / max(len(chain), 1))

    def stationary_interval(self, level: float = LEVEL) -> Interval:
        """Lower and upper ends of the credible intervals of the shares of time in the long run, (states,) each.

        Raises
        ------
        ValueError
            The level is not between 0 and 1; there are more than 20 states.
        """
        tail = tail_of(level)
        low, high = np.quantile(stationary_of(self.draws), [tail, 1 - tail], axis=0)
        return np.minimum(low, self.stationary), np.maximum(high, self.stationary)

    def dwell_interval(self, level: float = LEVEL) -> Interval:
        """Lower and upper ends of the credible intervals of the dwell times, in frames, (states,) each.

        From each frame to the next a state is left with a probability that has Jeffreys' distribution. A state that was
        never seen to be left may last for ever, and one that always was is left at once.

        Raises
        ------
        ValueError
            The level is not between 0 and 1.
        """
        tail, step = tail_of(level), self.counted.nearest_lag
        tables = self.counted.drawn_nearest if len(self.counted.drawn_nearest) else self.counted.nearest[None]
        spent = tables.sum(axis=2)
        left = spent - np.diagonal(tables, axis1=1, axis2=2)
        low, high = (quantiles_of_betas(left + 0.5, spent - left + 0.5, one) for one in (tail, 1 - tail))
        never, always = (left == 0).all(axis=0), (left == spent).all(axis=0)
        with np.errstate(divide="ignore"):
            ends = step / np.where(always, 1.0, high), step / np.where(never, 0.0, low)
        return np.minimum(ends[0], self.dwell_times), np.maximum(ends[1], self.dwell_times)

    @property
    def timescales(self) -> Floats:
        """Implied timescales of the chain's decays, in frames, (states - 1,), the longest first.

        ``-lag / log(|eigenvalue|)`` (Swope, Pitera & Suits, J. Phys. Chem. B 108, 6571 (2004)). Where the chain is
        Markovian they do not depend on the lag. Infinite for a part that is never left, 0 for an eigenvalue of 0. A
        state that was never seen takes no part in any decay: its eigenvalue is 0.
        """
        return self._times(np.abs(self._eigenvalues))

    def timescale_interval(self, level: float = LEVEL) -> Interval:
        """Lower and upper ends of the credible intervals of the implied timescales, in frames, (states - 1,) each.

        The lower end is 0 where the eigenvalue may as well be 0: the lag is too long, or transitions are few, and there
        is no timescale to tell but one that it is below.

        Raises
        ------
        ValueError
            The level is not between 0 and 1; there are more than 20 states.
        """
        tail, seen, found = tail_of(level), self._seen, self.timescales
        drawn = self.draws[:, seen][:, :, seen]
        values = np.zeros((len(drawn), len(found)), complex)
        values[:, : self._decaying] = decays(drawn / drawn.sum(axis=2, keepdims=True))
        low, high = np.quantile(self._times(np.abs(values)), [tail, 1 - tail], axis=0, method="inverted_cdf")
        none = ~resolved(self._eigenvalues, values, tail) & np.isfinite(found)
        high[self._decaying :] = np.inf  # of states that were never seen
        return np.where(none, 0.0, np.minimum(low, found)), np.maximum(high, found)

    def timescales_told(self, level: float = LEVEL) -> Floats:
        """Implied timescales (states - 1,), NaN where there is none to tell, see `timescale_interval`.

        Nor is there one of what is seen to be left from frame to frame, and not over the lag.

        Raises
        ------
        ValueError
            See `timescale_interval`.
        """
        none = (self.timescale_interval(level)[0] == 0) | self._lost
        none[self._decaying :] = False  # of states that were never seen nothing decays
        return np.where(none, np.nan, self.timescales)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What cannot be trusted, in words, for states counted from 1."""
        return tuple(filter(None, [self._apart(), self._too_long()]))

    def _apart(self) -> str:
        parts = [part for part in connected_sets(self.counted.expected) if self.known[part].any()]
        if len(parts) < 2:
            return ""
        names = "; ".join(", ".join(str(state + 1) for state in part) for part in parts)
        return f"States that atoms were not seen to go to and back from are apart ({names}): their shares are guesses"

    def _too_long(self) -> str:
        if not self.known.any():
            return f"No track has two points {count_of(self.lag, 'frame')} apart"
        missing = np.count_nonzero(np.isnan(self.timescales_told())) if len(self.counts) <= MOST_DRAWN else 0
        decaying = self._decaying
        if missing == 0:
            return ""
        told = "no time scale" if missing == decaying else f"{decaying - missing} of {decaying} time scales"
        over = count_of(self.lag, "frame")
        return f"Over a lag of {over} {told} can be told: it is too long, or transitions are few"

    @property
    def _seen(self) -> NDArray[np.bool_]:
        """States that were seen twice in a track, over any lag, (states,)."""
        either = self.counted.expected + self.counted.expected_nearest
        return np.asarray(either.sum(axis=0) + either.sum(axis=1) > 0)

    @property
    def _decaying(self) -> int:
        """How many timescales there are: as many as states that were seen, but one."""
        return max(int(self._seen.sum()) - 1, 0)

    @property
    def _lost(self) -> NDArray[np.bool_]:
        """Which time scales are infinite only because the lag is long, (states - 1,)."""
        infinite, counts = np.isinf(self.timescales), self.counted.expected_nearest
        parts = sum(bool(counts[part].any() or counts[:, part].any()) for part in connected_sets(counts))
        return np.asarray(infinite & (np.arange(len(infinite)) >= parts - 1))

    def _times(self, sizes: Floats) -> Floats:
        """Time scales that go with eigenvalues of given sizes."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.where(sizes >= 1 - ALMOST, np.inf, -self.lag / np.log(np.minimum(sizes, 1 - ALMOST))))

    @cached_property
    def _eigenvalues(self) -> NDArray[np.complex128]:
        ends = ~self.known & (self.counted.expected.sum(axis=0) > 0)  # seen, but not what comes after: taken to stay
        return decays(self._staying(ends))

    def _staying(self, states: NDArray[np.bool_]) -> Floats:
        return np.asarray(self.probabilities + np.diag(states).astype(float))
