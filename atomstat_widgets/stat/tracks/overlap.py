"""Transitions that begin less than a lag apart overlap, and may say the same."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


def pairs_apart(frames: Integers, lag: int) -> tuple[Integers, Integers]:
    """Numbers of the points of a track, (m,) each, that are exactly so many frames before another, and of these.

    Parameters
    ----------
    frames : array of int, (n,)
        Of the points, increasing.
    lag : int
    """
    _, first, later = np.intersect1d(frames, frames - lag, assume_unique=True, return_indices=True)
    return first, later


def usual_gap(times: Sequence[Integers]) -> int:
    """How many frames most often lie between a point of a track and the next; of two equally frequent the smaller."""
    gaps, often = np.unique(np.concatenate([np.empty(0, np.intp), *map(np.diff, times)]), return_counts=True)
    return int(gaps[often.argmax()]) if len(gaps) else 1


def one_after_the_other(
    pairs: Sequence[tuple[Integers, Integers, Integers]], lag: int
) -> tuple[Integers, Integers, Integers]:
    """Transitions of all tracks in one row, each track's frames so far after those before that none overlaps."""
    spans = [int(np.ptp(begins)) + lag if len(begins) else 0 for begins, _, _ in pairs]
    shifts = np.cumsum([0, *spans])
    moved = [begins - begins[:1] + shift for (begins, _, _), shift in zip(pairs, shifts[:-1], strict=True)]
    nothing = np.empty(0, np.intp)
    begins, first, second = (
        np.concatenate([nothing, *parts])
        for parts in (moved, [own for _, own, _ in pairs], [own for _, _, own in pairs])
    )
    return begins, first, second


def inefficiency(pairs: Sequence[tuple[Integers, Integers, Integers]], n_states: int, lag: int) -> Floats:
    """How many transitions from each state tell as much as one that overlaps with no other, (states,).

    Parameters
    ----------
    pairs : sequence of (array, array, array), (m,) each
        Of each track the frames in which its transitions begin, and their two states.
    n_states, lag : int

    Notes
    -----
    What a transition from state i deviates by from the mean one, ``u = (is to j) - p_ij`` for each j, is uncorrelated
    between transitions that do not overlap (Hansen & Hodrick, J. Polit. Econ. 88, 829 (1980)). So the sum of ``u u'``
    over all pairs that begin less than a lag apart, over that of each with itself, is by how much overlap widens the
    variance of a mean; taken over all j together (Rao & Scott, J. Am. Stat. Assoc. 76, 221 (1981)), as deeptime's
    effective counts are averaged over a row. Both sums are found from deviations, with about ``v = n² / pairs`` degrees
    of freedom: the mean that was subtracted takes one of them, and what is uncertain about a variance widens an
    interval as in Student's distribution, of variance ``v / (v - 2)``. It is never more than a lag, since every lag-th
    transition overlaps with none before, nor than what would be if all pairs agreed; and these are taken where
    transitions never differed, or are too few.
    """
    begins, first, second = one_after_the_other(pairs, lag)
    found = np.ones(n_states)
    for state in np.unique(first) if lag > 1 else ():
        own = first == state
        at, deviations = begins[own], np.eye(n_states)[second[own]]
        deviations -= deviations.mean(axis=0)
        low, high = np.searchsorted(at, at - lag, side="right"), np.searchsorted(at, at + lag)
        sums = np.concatenate([np.zeros((1, n_states)), deviations.cumsum(axis=0)])
        alone, together = np.sum(deviations**2), np.sum(deviations * (sums[high] - sums[low]))
        count, overlapping = len(at), int((high - low).sum())
        freedom = count**2 / overlapping
        most = min(lag, overlapping / count)
        if alone > 0 and freedom > 2:
            widened = together / alone * freedom**2 / ((freedom - 1) * (freedom - 2))
            found[state] = np.clip(widened, 1, most)
        else:
            found[state] = most
    return found


def shared_deviations(pairs: Sequence[tuple[Integers, Integers, Integers]], n_states: int, lag: int) -> Floats:
    """What the probabilities from one state deviate by together with those from another, (k, k, k, k) of k states.

    Parameters
    ----------
    pairs, n_states, lag
        As for `inefficiency`.

    Returns
    -------
    array
        Sum of ``u v`` over all pairs of transitions that begin less than a lag apart, ``u`` of one from state i to j
        and ``v`` of one from i' to j', at ``[i, j, i', j']``; 0 where i is i', see `inefficiency`.
    """
    begins, first, second = one_after_the_other(pairs, lag)
    shared = np.zeros((n_states,) * 4)
    deviations = np.eye(n_states)[second]
    for state in range(n_states):
        own = first == state
        if own.any():
            deviations[own] -= deviations[own].mean(axis=0)
    low, high = np.searchsorted(begins, begins - lag, side="right"), np.searchsorted(begins, begins + lag)
    for state in range(n_states):
        sums = np.concatenate([np.zeros((1, n_states)), (deviations * (first == state)[:, None]).cumsum(axis=0)])
        near = sums[high] - sums[low]
        for other in range(n_states):
            if other != state:
                own = first == other
                shared[other, :, state, :] = deviations[own].T @ near[own]
    return shared
