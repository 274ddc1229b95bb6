"""States that are not certain: how they may be as well, given what comes before and after."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, seed_of, whole_of
from atomstat_widgets.stat.tracks.given import frames_of, tracks_of
from atomstat_widgets.stat.tracks.overlap import usual_gap

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

DRAWS = 100
CHAINS = 5  # sampled beside each other
WARM_UP = 15  # rounds before the first that is kept
STRETCH = 30  # points that are drawn together
CERTAIN = 1 - 1e-6
DOUBTFUL = 0.9  # a state that is less probable is one that cannot be trusted


class _Runs(NamedTuple):
    """Stretches of points whose states are drawn together, the longest first, between points that stay as they are.

    Numbers of their points (runs, longest), lengths (runs,), and the points before and after each (runs,), -1 where
    the track begins or ends.
    """

    points: Integers
    lengths: Integers
    before: Integers
    after: Integers


def draw_states(
    posteriors: ArrayLike | Sequence[ArrayLike],
    frames: ArrayLike | Sequence[ArrayLike] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> list[NDArray[np.int16]]:
    """Draw states as they may be, for `count_transitions`, from how probable each is.

    Parameters
    ----------
    posteriors : array, (n, states), or sequence of such arrays
        For one track, or each, how probable the states are at each point by its own crop alone, which add up to 1; a
        row of NaN is not known.
    frames : array of int, (n,), or sequence of such arrays, optional
        Frame numbers, increasing; by default frames without gaps.
    draws : int
        How often to draw.
    seed : int
        Of the draws.

    Returns
    -------
    list of array of int, (draws, n)
        States of each track, -1 where they are not known.

    Raises
    ------
    TypeError, ValueError
        Posteriors are negative, do not add up to 1 or are not of the same states; they and the frames do not go
        together; there is no draw.

    Notes
    -----
    A state that is taken for another one looks as two transitions, so that counts of the most probable states are of
    too many. Here states are those of a hidden Markov model: given its matrix, all states of a track are drawn
    together, forwards filtered and backwards sampled (Carter & Kohn, Biometrika 81, 541 (1994)); given the states, the
    matrix is drawn from its Dirichlet distribution, and so on (Gibbs sampling). What a point tells of its states is
    their posterior over how frequent they are in all points. Points that are not the usual gap apart do not tell of
    each other.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> one, other, either = [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]
    >>> first, second = stat.draw_states([[one] * 20 + [either] + [one] * 20, [other] * 41])
    >>> first.shape, bool(np.mean(first[:, 20] == 0) > 0.9)
    ((100, 41), True)
    """
    draws, seed = whole_of(draws, "draws", minimum=1, maximum=10**5), seed_of(seed, "seed")
    tables = [_posteriors_of(table, number) for number, table in enumerate(tracks_of(posteriors, "posteriors", 2))]
    times = frames_of(frames, [len(table) for table in tables], "posteriors")
    widths = {table.shape[1] for table in tables}
    if len(widths) > 1:
        raise ValueError(f"posteriors are of the same states in all tracks, got {sorted(widths)} of them")
    if not tables:
        return []
    known = [~np.isnan(table[:, 0]) for table in tables]
    usual = usual_gap([time[own] for time, own in zip(times, known, strict=True)])
    linked = [
        np.append(np.diff(time[own]) == usual, False)[: own.sum()] for time, own in zip(times, known, strict=True)
    ]
    kept = np.concatenate([table[own] for table, own in zip(tables, known, strict=True)])
    found = _sample(kept, np.concatenate(linked), draws, np.random.default_rng(seed))
    parts = np.split(found, np.cumsum([own.sum() for own in known])[:-1], axis=1)
    result = []
    for own, part in zip(known, parts, strict=True):
        result.append(np.full((draws, len(own)), -1, np.int16))
        result[-1][:, own] = part
    return result


def _posteriors_of(given: ArrayLike, number: int) -> Floats:
    name = f"posteriors of track {number}"
    table = np.asarray(array_of(given, name, "(n, states)", dtype=np.float64))
    unknown = np.isnan(table).all(axis=1)
    rest = array_of(table[~unknown], name, finite=True, minimum=0)
    wrong = np.flatnonzero(np.abs(rest.sum(axis=1) - 1) > 1e-3) if rest.size else np.empty(0, int)
    if len(wrong):
        point = np.flatnonzero(~unknown)[wrong[0]]
        raise ValueError(f"{name} add up to 1 at each point, and at point {point} to {rest[wrong[0]].sum():g}")
    return table


def _sample(posteriors: Floats, linked: NDArray[np.bool_], draws: int, rng: np.random.Generator) -> NDArray[np.int16]:
    """States (draws, n) of points in a row, of which some are one step before the next."""
    count = posteriors.shape[1]
    likeliest = posteriors.argmax(axis=1) if count else np.zeros(len(posteriors), int)
    certain = posteriors.max(axis=1, initial=0) >= CERTAIN
    states = np.repeat(likeliest[None].astype(np.int16), draws, axis=0)
    if certain.all():
        return states
    shares = posteriors.mean(axis=0)
    evidence = np.divide(posteriors, shares, out=np.zeros_like(posteriors), where=shares > 0)
    places, steps = np.arange(len(likeliest)), np.flatnonzero(linked)
    now = np.repeat(likeliest[None], CHAINS, axis=0)
    kept = 0
    for turn in range(WARM_UP + -(-draws // CHAINS)):
        codes = now[:, steps] * count + now[:, steps + 1] + count**2 * np.arange(CHAINS)[:, None]
        counts = np.bincount(codes.ravel(), minlength=CHAINS * count**2).reshape(CHAINS, count, count)
        drawn = np.maximum(rng.standard_gamma(counts + 1 / count), 1e-200)
        matrices = drawn / drawn.sum(axis=2, keepdims=True)
        # Some points stay as they are in this round: what is between them is drawn beside each other.
        staying = certain | (places % STRETCH == rng.integers(STRETCH))
        if not staying.all():
            _redraw(now, matrices, shares, evidence, _runs_of(~staying, linked), rng)
        if turn >= WARM_UP:
            states[kept : kept + CHAINS] = now[: draws - kept]
            kept += CHAINS
    return states


def _runs_of(moving: NDArray[np.bool_], linked: NDArray[np.bool_]) -> _Runs:
    """Stretches of points that do not stay, each one step before the next."""
    numbers = np.flatnonzero(moving)
    goes_on = np.append(False, (np.diff(numbers) == 1) & linked[numbers[:-1]])
    first = numbers[~goes_on]
    lengths = np.bincount(np.cumsum(~goes_on) - 1)
    order = np.argsort(-lengths, kind="stable")
    first, lengths = first[order], lengths[order]
    last = first + lengths - 1
    before = np.where((first > 0) & linked[first - 1], first - 1, -1)
    return _Runs(first[:, None] + np.arange(lengths[0]), lengths, before, np.where(linked[last], last + 1, -1))


def _redraw(
    states: Integers, matrices: Floats, shares: Floats, evidence: Floats, runs: _Runs, rng: np.random.Generator
) -> None:
    """Draw the states of all runs anew, in each chain (chains, n) given its matrix."""
    longest = runs.points.shape[1]
    active = [int(np.count_nonzero(runs.lengths > place)) for place in range(longest)]
    backwards, chains = np.swapaxes(matrices, 1, 2), np.arange(len(states))[:, None]
    starts = np.where((runs.before >= 0)[:, None], matrices[chains, states[:, runs.before]], shares)
    ends = np.where((runs.after >= 0)[:, None], backwards[chains, states[:, runs.after]], 1.0)
    filtered: list[Floats] = []  # (chains, runs, states) each
    for place, some in enumerate(active):
        ahead = starts if place == 0 else filtered[-1][:, :some] @ matrices
        weights = ahead * evidence[runs.points[:some, place]]
        filtered.append(weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-300))
    following = np.empty((len(states), 0), np.intp)
    for place in range(longest - 1, -1, -1):
        some, longer = active[place], following.shape[1]
        leading = ends[:, :some].copy()
        leading[:, :longer] = backwards[chains, following]
        cumulative = np.cumsum(filtered[place] * leading, axis=-1)
        chosen = rng.random((len(states), some, 1)) * cumulative[..., -1:]
        following = (chosen >= cumulative[..., :-1]).sum(axis=-1)
        states[:, runs.points[:some, place]] = following
