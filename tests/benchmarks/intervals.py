"""How often 95 % intervals hold the truth.

    python tests/benchmarks/intervals.py [certain] [labels] [--chains 200]

Simulated chains of two and three states, whose matrices are known: one track, and many short ones, of 10 to 1,000
transitions in all, at lags 1 to 20. A line says which share of true values is inside of the intervals: probabilities,
shares in the long run, dwell times, the longest time scale and rates. Outside of 0.93 to 0.97 by more than two
standard errors of so many chains, it ends in "<<<".

`labels`: the same for states that are told by a number with noise, so that some are taken for another, by the labels
alone and with states that are drawn from their posterior.
"""

import argparse
import time
from collections.abc import Iterable

import timing  # noqa: F401
import numpy as np
from scipy.linalg import logm

from atomstat_widgets.stat import TransitionMatrix, count_transitions, draw_states, estimate_rates, gmm
from atomstat_widgets.stat.tracks.eigenvalues import decays, stationary_of

CHAINS = {
    "two": np.array([[0.8, 0.2], [0.35, 0.65]]),
    "slow": np.array([[0.95, 0.05], [0.1, 0.9]]),
    "three": np.array([[0.9, 0.07, 0.03], [0.05, 0.9, 0.05], [0.05, 0.15, 0.8]]),
}
LAGS = 1, 2, 5, 10, 20
TRANSITIONS = 10, 100, 300, 1000
SHORT = 20  # tracks
LOW, HIGH = 0.93, 0.97


def simulate(matrix: np.ndarray, count: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """States (count, length) of chains that begin in their long run."""
    states = np.empty((count, length), int)
    states[:, 0] = rng.choice(len(matrix), p=stationary_of(matrix), size=count)
    limits = matrix.cumsum(axis=1)[:, :-1]
    for now in range(1, length):
        states[:, now] = (rng.random(count)[:, None] > limits[states[:, now - 1]]).sum(axis=1)
    return states


def inside(ends: tuple[np.ndarray, np.ndarray], truth: np.ndarray) -> np.ndarray:
    """Whether each true value is in its interval."""
    return (ends[0] <= truth) & (truth <= ends[1])


def found_in(matrix: TransitionMatrix, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Which of the true values are in their intervals."""
    lag = matrix.lag
    rates = estimate_rates(matrix)
    return {
        "probabilities": inside(matrix.interval(), np.linalg.matrix_power(truth, lag)),
        "shares": inside(matrix.stationary_interval(), stationary_of(truth)),
        "dwell": inside(matrix.dwell_interval(), 1 / (1 - np.diag(truth))),
        "time scale": inside(matrix.timescale_interval(), -1 / np.log(np.abs(decays(truth))))[:1],
        "rates": inside((rates.low, rates.high), logm(truth).real),
    }


def line(name: str, all_found: Iterable[dict[str, np.ndarray]]) -> None:
    """Print the shares of all chains."""
    all_found = list(all_found)
    shares = {key: np.array([found[key] for found in all_found]) for key in all_found[0]}
    text, out = "", False
    for key, values in shares.items():
        share = values.mean()
        # Two standard errors of one number of each chain; the others depend on it.
        below, above = (2 * np.sqrt(bound * (1 - bound) / len(values)) for bound in (LOW, HIGH))
        out = out or not LOW - below <= share <= HIGH + above
        text += f"  {key} {share:.3f}"
    print(f"{name:<34}{text}{'  <<<' if out else ''}", flush=True)


def certain(chains: int) -> None:
    """States that are known."""
    for name, matrix in CHAINS.items():
        for transitions in TRANSITIONS:
            for tracks in (1, SHORT):
                if transitions < SHORT < tracks + 1:
                    continue
                for lag in LAGS:
                    rng = np.random.default_rng([transitions, tracks, lag])
                    length = transitions // tracks + lag
                    states = (simulate(matrix, tracks, length, rng) for _ in range(chains))
                    counted = (count_transitions(list(one), n_states=len(matrix), lag=lag) for one in states)
                    label = f"{name}, {transitions} in {tracks} tracks, lag {lag}"
                    line(label, (found_in(one.matrix(), matrix) for one in counted))


def labels(chains: int) -> None:
    """States that are told by a number with noise, sorted by a Gaussian mixture."""
    for name, matrix in CHAINS.items():
        for apart in (4.0, 3.0):
            for tracks, length in ((1, 301), (1, 1001), (SHORT, 51)):
                for lag in (1, 5):
                    alone, drawn, mistaken, doubtful = [], [], [], []
                    rng = np.random.default_rng([tracks, length, lag])
                    for _ in range(chains):
                        states = simulate(matrix, tracks, length, rng)
                        seen = apart * states + rng.standard_normal(states.shape)
                        classes = gmm(seen.reshape(-1, 1), len(matrix), covariance="tied", starts=3)
                        table = classes.probabilities
                        order = np.argsort(table.T @ seen.ravel() / table.sum(axis=0))
                        posteriors = table[:, order].reshape(*states.shape, -1)
                        likeliest = posteriors.argmax(axis=-1)
                        others = draw_states(list(posteriors))
                        options = {"n_states": len(matrix), "lag": lag}
                        alone.append(found_in(count_transitions(list(likeliest), **options).matrix(), matrix))
                        counted = count_transitions(list(likeliest), **options, drawn=others)
                        drawn.append(found_in(counted.matrix(), matrix))
                        mistaken.append(np.mean(likeliest != states))
                        doubtful.append(np.mean(posteriors.max(axis=-1) < 0.9))
                    label = f"{name}, {tracks} x {length}, lag {lag}"
                    print(f"{label}: {np.mean(mistaken):.1%} mistaken, {np.mean(doubtful):.1%} below 0.9")
                    line("  labels alone", alone)
                    line("  with their posterior", drawn)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", choices=["certain", "labels"], default=["certain", "labels"])
    parser.add_argument("--chains", type=int, default=200)
    given = parser.parse_args()
    began = time.process_time()
    for one in given.what:
        globals()[one](given.chains)
    print(f"{time.process_time() - began:.0f} s of processor time")
