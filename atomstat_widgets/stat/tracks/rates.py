"""Rates of a process that goes on between frames, from transition probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from atomstat_widgets.arguments import instance_of
from atomstat_widgets.brief import brief
from atomstat_widgets.counting import count_of
from atomstat_widgets.stat.tracks.posterior import tail_of
from atomstat_widgets.stat.tracks.transition_matrix import LEVEL, TransitionMatrix
from atomstat_widgets.unwarned import unwarned

Floats = NDArray[np.float64]
SINGULAR = 1e-10  # smallest singular value: below it rounding alone tells an eigenvalue from 0
NEGATIVE = 1e-6  # imaginary part of an eigenvalue over its size: with less, a negative one is real


@brief
@dataclass(frozen=True, eq=False)
class Rates:
    """How often atoms change from one state to another, and intervals.

    Attributes
    ----------
    values, low, high : array, (states, states)
        Rates per frame from the state of the row to that of the column, on the diagonal minus that of leaving; NaN
        where the lag is too long, or nothing is known of the state. And the ends of their intervals.
    dwell_times, dwell_low, dwell_high : array, (states,)
        Mean time before a state is left, in frames, be it back in the next frame or not; ends of their intervals.
    doubt : str
        What cannot be trusted, in words.
    """

    values: Floats
    low: Floats
    high: Floats
    dwell_times: Floats
    dwell_low: Floats
    dwell_high: Floats
    doubt: str


def estimate_rates(matrix: TransitionMatrix, *, level: float = LEVEL) -> Rates:
    """Rates of the process that has given transition probabilities over a lag.

    Parameters
    ----------
    matrix : TransitionMatrix
    level : float
        Of the intervals.

    Returns
    -------
    Rates

    Raises
    ------
    TypeError, ValueError
        The matrix is none; the level is not between 0 and 1; there are more than 20 states.

    Notes
    -----
    The logarithm of the matrix over the lag, the only rates that do not depend on it. Where the logarithm has a
    negative rate, no such process has exactly these probabilities: the rate is taken as 0 (Israel, Rosenthal & Wei,
    Math. Finance 11, 245 (2001)). An eigenvalue that may as well be 0 or negative has no logarithm: then the lag is too
    long for rates. ``lag / (1 - p)`` is no dwell time, as over a long lag an atom may leave and be back.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> matrix = stat.count_transitions(([0] * 20 + [1] * 10) * 6).matrix()
    >>> stat.estimate_rates(matrix).dwell_times.round(2)
    array([18.62, 10.99])
    """
    instance_of(matrix, "matrix", TransitionMatrix)
    tail = tail_of(level)
    chain = matrix.probabilities + np.diag(~matrix.known).astype(float)
    found = _generator(chain, matrix.lag)
    drawn = _generators(matrix.draws, matrix.lag)
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0, method="inverted_cdf")
    values, doubt = np.full(chain.shape, np.nan), ""
    if found is None or np.isinf(drawn).any(axis=(1, 2)).mean() > tail:
        doubt = f"A lag of {count_of(matrix.lag, 'frame')} is too long for rates, or transitions are few"
    else:
        values = np.where(matrix.known[:, None], _without_negative(found), np.nan)
        low, high = np.fmin(low, values), np.fmax(high, values)
        if (found[~np.eye(len(found), dtype=bool)] < 0).any():
            doubt = "No process has exactly these probabilities: a negative rate is taken as 0"
    with np.errstate(divide="ignore"):
        dwell, shortest, longest = (
            1 / np.abs(np.diagonal(rates)) for rates in (values, low, np.where(_left(matrix), high, 0))
        )
    return Rates(values, low, high, dwell, shortest, longest, doubt)


def _left(matrix: TransitionMatrix) -> NDArray[np.bool_]:
    """Which states were seen to be left over the lag, (states, 1)."""
    counts = matrix.counted.expected
    return np.asarray(counts.sum(axis=1) > counts.diagonal())[:, None]


def _generator(chain: Floats, lag: int) -> Floats | None:
    """Logarithm of a matrix over the lag; None where there is none that is real."""
    if not len(chain):
        return chain
    if _without_logarithm(chain, np.linalg.eigvals(chain)):
        return None
    with unwarned():  # of an error that is looked at here
        found = np.asarray(linalg.logm(chain).real)
    return found / lag if np.allclose(linalg.expm(found), chain, atol=1e-6) else None


def _without_logarithm(matrices: Floats, values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which matrices (..., states, states) with given eigenvalues have no logarithm that is real.

    An eigenvalue of 0 that occurs twice comes out as one of up to the root of the rounding error, a singular value
    does not: so these tell whether one is 0.
    """
    singular = np.linalg.svd(matrices, compute_uv=False).min(axis=-1) < SINGULAR
    negative = (np.abs(values.imag) < NEGATIVE * np.abs(values)) & (values.real < 0)
    return np.asarray(singular | negative.any(axis=-1))


def _generators(matrices: Floats, lag: int) -> Floats:
    """Rates of matrices (n, states, states), infinite ones where there is no logarithm that is real."""
    values, vectors = np.linalg.eig(matrices)
    none = _without_logarithm(matrices, values)
    logs = np.log(np.where(none[:, None], 1, values).astype(complex)) / lag
    found = _without_negative(np.real((vectors * logs[:, None, :]) @ np.linalg.inv(vectors)))
    found[none] = np.inf * (1 - 2 * np.eye(matrices.shape[-1]))
    return found


def _without_negative(rates: Floats) -> Floats:
    """Rates (..., states, states) with 0 for negative ones, rows of which add up to 0."""
    away = np.maximum(rates, 0) * (1 - np.eye(rates.shape[-1]))
    return np.asarray(away - away.sum(axis=-1)[..., None] * np.eye(rates.shape[-1]))
