"""Pure pixels of a spectrum image: those that no others are mixtures of."""

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import instance_of, seed_of
from atomstat_widgets.stat.matrices.low_rank import LowRank

Floats = NDArray[np.float64]
MAX_SWAPS = 20  # rounds of N-FINDR


def vca(low_rank: LowRank, n_endmembers: int, *, seed: int = 0) -> NDArray[np.intp]:
    """Find pure pixels by vertex component analysis.

    Parameters
    ----------
    low_rank : LowRank
        Factor of the spectra, one a row; not centred.
    n_endmembers : int
    seed : int
        Of the directions that are looked along.

    Returns
    -------
    array of int, (n_endmembers,)
        Their rows.

    Raises
    ------
    ValueError
        There are fewer singular values than endmembers asked for, or less than one is asked for.

    Notes
    -----
    Vertex component analysis [1]_, with the projection onto the plane of the mean spectrum (their choice for low
    noise). Noise passes for purity: take the factor of smoothed or binned spectra.

    References
    ----------
    .. [1] Nascimento & Dias, IEEE Trans. Geosci. Remote Sens. 43, 898 (2005).

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> x = [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.2, 0.8, 0.0], [0.0, 1.0, 0.0]]
    >>> sorted(stat.vca(stat.factorize(x, rank=2), 2).tolist())
    [1, 3]
    """
    n_endmembers = instance_of(low_rank, "low_rank", LowRank).require(n_endmembers, "n_endmembers")
    points = _project(low_rank, n_endmembers)
    rng = np.random.default_rng(seed_of(seed, "seed"))
    found = np.zeros((n_endmembers, n_endmembers))
    found[-1, 0] = 1
    rows = np.zeros(n_endmembers, np.intp)
    for number in range(n_endmembers):
        direction = rng.standard_normal(n_endmembers)
        direction -= found @ np.linalg.lstsq(found, direction, rcond=None)[0]
        rows[number] = np.abs(points @ direction).argmax()
        found[:, number] = points[rows[number]]
    return rows


def nfindr(low_rank: LowRank, n_endmembers: int, *, seed: int = 0) -> NDArray[np.intp]:
    """Find the pixels that span the largest simplex.

    Parameters, what is returned and what is raised are those of `vca`.

    Notes
    -----
    N-FINDR [1]_: each vertex in turn is replaced by the pixel that makes the volume largest, until none does; it starts
    from `vca`.

    References
    ----------
    .. [1] Winter, Proc. SPIE 3753, 266 (1999).

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> x = [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.2, 0.8, 0.0], [0.0, 1.0, 0.0]]
    >>> sorted(stat.nfindr(stat.factorize(x, rank=2), 2).tolist())
    [1, 3]
    """
    n_endmembers = instance_of(low_rank, "low_rank", LowRank).require(n_endmembers, "n_endmembers")
    points = _project(low_rank, n_endmembers)
    rows = vca(low_rank, n_endmembers, seed=seed)
    for _ in range(MAX_SWAPS):
        before = rows.copy()
        for number in range(n_endmembers):
            others = np.delete(points[rows], number, axis=0)
            # The volume is the determinant, which is linear in each vertex: its cofactors are the others' normal.
            normal = np.linalg.svd(others)[2][-1] if len(others) else np.ones(n_endmembers)
            volumes = np.abs(points @ normal)
            best = int(volumes.argmax())
            if volumes[best] > volumes[rows[number]] * (1 + 1e-12):
                rows[number] = best
        if (rows == before).all():
            break
    return rows


def _project(low_rank: LowRank, count: int) -> Floats:
    """Scores (rows, count) of the spectra, scaled so that they lie in a plane: only proportions count."""
    scores = np.asarray(low_rank.u[:, :count] * low_rank.s[:count], np.float64)
    mean = scores.mean(axis=0)
    lengths = scores @ mean
    # A spectrum that is nothing but noise has no proportions.
    real = lengths > 1e-3 * np.abs(lengths).max()
    return np.asarray(np.divide(scores, lengths[:, None], out=np.zeros_like(scores), where=real[:, None]))
