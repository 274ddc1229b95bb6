"""Independent components, read from a centred factor."""

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import instance_of, number_of, seed_of, whole_of
from atomstat_widgets.stat.matrices._pca import largest_entries, signs_of_largest
from atomstat_widgets.stat.matrices.decomposition import Decomposition
from atomstat_widgets.stat.matrices.low_rank import LowRank

Floats = NDArray[np.float64]

# Between sources that are close to normal there is nothing to tell how far to turn: at most as if this were known.
SMALLEST_CURVATURE = 0.01
SHORTEST_STEP = 1 / 64
MEMORY = 10  # turns that the next one learns from
ROUNDING = 1e-14  # of the contrast
NORMAL = 1.067714388051383  # contrast of a normal source, E[log cosh] + log 2
# Starts are followed so far, on so many rows, until the best optimum was found so often, or so many for each component
# were made: of digits, diabetes and spectra every second start down to every twentieth leads to the best.
ROUGH, FEW, SAME, AGAIN, MOST_STARTS = 1e-5, 4096, 1e-7, 8, 16
GAIN = 1e-6  # of the contrast, from which on another rotation is the better one
ALIKE = 6  # digits by which components explain the same variance


def ica(
    low_rank: LowRank, n_components: int, *, seed: int = 0, tol: float = 1e-9, max_iter: int = 500
) -> Decomposition:
    """Independent components of a matrix whose centred factor is known.

    Parameters
    ----------
    low_rank : LowRank
        Of ``factorize(x, rank, center=True)``.
    n_components : int
        Number of components: of all directions only these with the largest variance are unmixed.
    seed : int
        Of the random rotations at which the iteration starts. It can show only where the best optimum is reached from
        fewer than one of some twenty of them, or several are equally good, as of sources that are normal.
    tol : float
        Stop when the contrast rises with no turn of one source into another by more than this, per radian.
    max_iter : int
        Stop after so many iterations.

    Returns
    -------
    Decomposition
        ``X ≈ low_rank.mean + loadings @ components``: loadings are the sources, of zero mean and unit variance, and
        components say what a unit of each source looks like (the columns of the mixing matrix). Ordered by the variance
        they explain; the sign of each makes the largest entry of its component positive. Computed in float64.

    Raises
    ------
    ValueError
        There are fewer singular values than components asked for, or less than one component or iteration is asked for;
        the tolerance is negative.

    Notes
    -----
    The rotation of the whitened data, which the factor gives, that takes each source as far from a normal distribution
    as ``E[log cosh(source)]`` measures it: the sources of symmetric FastICA [1]_. Its step is a quasi-Newton step, here
    one that learns the rest of the curvature from the last ones (L-BFGS [2]_) and is shortened until the contrast
    grows. Without these, FastICA comes near the optimum slowly, and jumps about for ever between directions that are
    nearly normal, where the curvature it divides by is nearly zero. Optima that are only local are left by turning
    pairs of sources by 45 degrees, where that is better [3]_. There are others, as of pixels of digits: starts are made
    until the best optimum so far was reached 8 times, at most 16 for each component, on up to 4,096 of the rows.

    References
    ----------
    .. [1] Hyvärinen, IEEE Trans. Neural Netw. 10, 626 (1999).
    .. [2] Ablin, Cardoso & Gramfort, ICASSP 2018, 4464.
    .. [3] Tichavský, Koldovský & Oja, IEEE Trans. Signal Process. 54, 1189 (2006).

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> x = np.random.default_rng(0).laplace(size=(500, 2)) @ [[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]]
    >>> stat.ica(stat.factorize(x, rank=2, center=True), 2).components.shape
    (2, 3)
    """
    n_components = instance_of(low_rank, "low_rank", LowRank).require(n_components)
    tol, max_iter = number_of(tol, "tol", minimum=0), whole_of(max_iter, "max_iter", minimum=1)
    seed = seed_of(seed, "seed")
    low_rank = low_rank.in_memory()
    pieces = len(low_rank.u)
    # Singular vectors have either sign: of one sign on every processor, they start from the same rotation.
    axes = low_rank.vt[:n_components].astype(np.float64)
    signs = signs_of_largest(axes)[:, None]
    whitened = signs * np.sqrt(pieces) * low_rank.u[:, :n_components].T.astype(np.float64)
    axes = signs * axes * low_rank.s[:n_components, None] / np.sqrt(pieces)
    few = whitened[:, :: -(-pieces // FEW)]
    rng = np.random.default_rng(seed)
    rotation, iteration, converged = _optimum(_best(few, rng, max(tol, ROUGH), max_iter), whitened, tol, max_iter)

    scaled = rotation @ axes
    lengths = np.linalg.norm(scaled, axis=1)
    # Of equal lengths by where they are largest.
    order = np.lexsort([largest_entries(scaled), -np.round(lengths / lengths.max(), ALIKE)])
    mixing = low_rank.unweighted(scaled[order])
    signs = signs_of_largest(mixing)
    dtype = low_rank.vt.dtype
    return Decomposition(
        (mixing * signs[:, None]).astype(dtype),
        (whitened.T @ rotation[order].T * signs).astype(dtype),
        float(low_rank.smallest_error(n_components)),
        iteration,
        converged,
    )


def _best(whitened: Floats, rng: np.random.Generator, tol: float, max_iter: int) -> Floats:
    """Rotation (k, k) of the best optimum that random starts lead to."""
    size = len(whitened)
    best, highest, times = np.eye(size), -np.inf, 0
    for _ in range(MOST_STARTS * size):
        start = np.linalg.qr(rng.standard_normal((size, size)))[0]
        rotation = _optimum(start, whitened, tol, max_iter)[0]
        contrast = float(_distances(rotation @ whitened).sum())
        if contrast > highest + SAME:
            best, highest, times = rotation, contrast, 0
        times += contrast > highest - SAME
        if times == AGAIN:
            break
    return best


def _optimum(rotation: Floats, whitened: Floats, tol: float, max_iter: int) -> tuple[Floats, int, bool]:
    """Rotation (k, k) of the highest contrast from a given one on, after how many iterations, and if it settled."""
    done = 0
    while True:
        rotation, iterations, converged = _climb(rotation, whitened, tol, max_iter - done)
        done += iterations
        escape = _escape(rotation, whitened)
        if not converged or escape is None or done == max_iter:
            return rotation, done, converged
        rotation = escape


def _escape(rotation: Floats, whitened: Floats) -> Floats | None:
    """Rotation in which pairs of sources are turned by 45 degrees, if that is better."""
    one, other = np.triu_indices(len(rotation), 1)
    sources = rotation @ whitened
    before, halves = _distances(sources), sources / np.sqrt(2)
    gains = np.array([
        _distances(np.stack([halves[i] + halves[j], halves[i] - halves[j]])).sum() - before[i] - before[j]
        for i, j in zip(one, other, strict=True)
    ])  # fmt: skip
    turned, free = rotation.copy(), np.ones(len(rotation), bool)
    for pair in np.argsort(-gains, kind="stable"):
        i, j = one[pair], other[pair]
        if gains[pair] > GAIN and free[i] and free[j]:
            turned[i], turned[j] = (rotation[i] + rotation[j]) / np.sqrt(2), (rotation[i] - rotation[j]) / np.sqrt(2)
            free[[i, j]] = False
    return None if free.all() else turned


def _distances(sources: Floats) -> Floats:
    """How far the contrast of each source (k, pieces) is from that of a normal one, (k,)."""
    size = np.abs(sources)
    return np.asarray(np.abs((size + np.log1p(np.exp(-2 * size))).mean(axis=1) - NORMAL))


def _climb(rotation: Floats, whitened: Floats, tol: float, max_iter: int) -> tuple[Floats, int, bool]:
    """Rotation to which quasi-Newton steps lead, after how many of them, and whether they settled."""
    pairs = np.triu_indices(len(rotation), 1)
    sides = np.zeros(len(rotation))
    learned: list[tuple[Floats, Floats]] = []
    contrast, cross, curvature = _contrast(rotation, whitened)
    for iteration in range(1, max_iter + 1):
        # Flatter or more peaked than normal: the contrast is to grow or to fall. Half-way, they are settled.
        if iteration <= max_iter // 2 or iteration == 1:
            before, sides = sides, np.where(curvature < 0, -1.0, 1.0)
            if (before != sides).any():
                learned.clear()
        gradient = _gradient(cross, sides)[pairs]
        if np.abs(gradient).max(initial=0) <= tol:
            return rotation, iteration, True
        steepness = np.maximum(sides * curvature, 0)
        steepness = np.maximum(steepness[pairs[0]] + steepness[pairs[1]], 2 * SMALLEST_CURVATURE)
        turn = _quasi_newton(gradient, 1 / steepness, learned)
        step, enough = 1.0, sides @ contrast - ROUNDING * len(sides)
        turned = _rotate(rotation, turn, pairs)
        contrast, cross, curvature = _contrast(turned, whitened)
        while sides @ contrast < enough and step > SHORTEST_STEP:
            step /= 2
            turned = _rotate(rotation, step * turn, pairs)
            contrast, cross, curvature = _contrast(turned, whitened)
        fall = gradient - _gradient(cross, sides)[pairs]
        if step > SHORTEST_STEP and turn @ fall > 0:
            learned[: -MEMORY + 1] = []
            learned.append((step * turn, fall))
        else:
            learned.clear()
        rotation = turned
    return rotation, max_iter, False


def _gradient(cross: Floats, sides: Floats) -> Floats:
    """Rise of the contrast with turns of each source into each other, (k, k), skew."""
    rise = sides[:, None] * cross
    return np.asarray(rise - rise.T)


def _quasi_newton(gradient: Floats, scale: Floats, learned: list[tuple[Floats, Floats]]) -> Floats:
    """Gradient times the inverse curvature: about a scale, and what the last steps and falls of the gradient tell."""
    shares = []
    for step, fall in reversed(learned):
        shares.append(step @ gradient / (step @ fall))
        gradient = gradient - shares[-1] * fall
    gradient = scale * gradient
    for (step, fall), share in zip(learned, reversed(shares), strict=True):
        gradient = gradient + (share - fall @ gradient / (step @ fall)) * step
    return gradient


def _rotate(rotation: Floats, turns: Floats, pairs: tuple[NDArray[np.intp], NDArray[np.intp]]) -> Floats:
    """Rotation turned on by angles between pairs, through the Cayley transform, which keeps it orthogonal."""
    turn = np.zeros_like(rotation)
    turn[pairs] = turns
    turn -= turn.T
    unit = np.eye(len(turn))
    return np.asarray(np.linalg.solve(unit - turn / 2, (unit + turn / 2) @ rotation))


def _contrast(rotation: Floats, whitened: Floats) -> tuple[Floats, Floats, Floats]:
    """Contrast of each source (k,), ``E[tanh(source) other]`` (k, k), and what its diagonal exceeds ``E[tanh']`` by."""
    sources = rotation @ whitened
    size = np.abs(sources)
    decay = np.exp(-2 * size)
    contrast = (size + np.log1p(decay)).mean(axis=1)  # log cosh + log 2
    tanh = np.copysign((1 - decay) / (1 + decay), sources)
    cross = tanh @ sources.T / sources.shape[1]
    slope = 1 - (tanh**2).mean(axis=1)
    return contrast, cross, cross.diagonal() - slope
