"""How transition matrices are distributed given counts."""

import numpy as np
from numpy.typing import NDArray
from scipy import special

from atomstat_widgets.arguments import number_of
from atomstat_widgets.stat.tracks.reversible import reversible_counts

Floats = NDArray[np.float64]

DRAWS = 2000
MOST_DRAWN = 20  # states: those of different rows deviate together in a table of their fourth power
BISECTIONS = 60  # until the ends of an interval are known to all digits
ENOUGH = 1e-6  # precision of a reversible matrix that is one of many
SMALLEST = 1e-200  # of what is drawn: no row is all 0


def tail_of(level: float) -> float:
    """How probable it is to be below an interval, which holds all but so much at either end.

    Raises
    ------
    TypeError, ValueError
        The level is no number between 0 and 1.
    """
    level = number_of(level, "the level of an interval", above=0, below=1, words="between 0 and 1")
    return (1 - float(level)) / 2


def quantiles_of_betas(first: Floats, second: Floats, share: float) -> Floats:
    """Quantile of mixtures of Beta distributions, whose parameters are (mixed, ...), all of one weight."""
    if len(first) == 1:
        return np.asarray(special.betaincinv(first[0], second[0], share))
    low, high = np.zeros(first.shape[1:]), np.ones(first.shape[1:])
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        above = special.betainc(first, second, middle).mean(axis=0) > share
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.asarray((low + high) / 2)


def draw_matrices(tables: Floats, inefficiency: Floats, shared: Floats, reversible: bool) -> Floats:
    """Transition matrices (draws, states, states), the same every time.

    Parameters
    ----------
    tables : array, (tables, states, states)
        Counts, of which one may be as right as the other.
    inefficiency : array, (states,)
    shared : array, (states, states, states, states), or empty
        See `shared_deviations`; empty where no transitions overlap.
    reversible : bool
        Make each matrix the most likely one that is reversible.

    Notes
    -----
    A row with a Dirichlet distribution is one of numbers with Gamma distributions, divided by their sum. Those numbers
    are drawn with the correlations between rows that were seen, by a Gaussian copula (Nelsen, An Introduction to
    Copulas, 2006). To make a drawn matrix reversible is what is done to the counts: asymptotically it has the
    distribution of that estimate.
    """
    rng, count = np.random.default_rng(0), tables.shape[-1]
    concentrations = tables / inefficiency[:, None] + 1 / max(count, 1)
    numbers = np.arange(DRAWS) % len(tables)
    if shared.size:
        typical = tables.mean(axis=0)
        correlations = _between_rows(typical, concentrations.mean(axis=0), shared)
        normal = rng.standard_normal((DRAWS, count * count)) @ correlations.T
        uniform = special.ndtr(normal).reshape(DRAWS, count, count)
        drawn = special.gammaincinv(concentrations[numbers], uniform)
    else:
        drawn = rng.standard_gamma(concentrations[numbers])
    drawn = np.maximum(drawn, SMALLEST)
    if reversible:
        drawn = reversible_counts(drawn, ENOUGH)
    return np.asarray(drawn / drawn.sum(axis=-1, keepdims=True))


def _between_rows(counts: Floats, concentrations: Floats, shared: Floats) -> Floats:
    """Factor (states², states²) of the correlations of the numbers that are drawn: its product with its transpose."""
    left, sizes = np.maximum(counts.sum(axis=1), 1), concentrations.sum(axis=1)
    # Of a row with sum n an entry of concentration c deviates by sqrt(c) / n times its normal number.
    scale = ((sizes / left)[:, None] / np.sqrt(concentrations)).ravel()
    together = shared.reshape(len(scale), -1) * scale[:, None] * scale + np.eye(len(scale))
    values, vectors = np.linalg.eigh((together + together.T) / 2)
    # Of few data what was seen need not be possible. The symmetric root is the one that no sign of a vector changes.
    factor = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return np.asarray(factor / np.linalg.norm(factor, axis=1, keepdims=True))
