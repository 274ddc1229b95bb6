"""Spectral unmixing: what a spectrum image is made of, and how much of it is where."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from atomstat_widgets.arguments import (
    array_of,
    instance_of,
    number_of,
    progress_of,
    seed_of,
    switch_of,
    whole_of,
    word_of,
)
from atomstat_widgets.brief import brief
from atomstat_widgets.renamed import renamed
from atomstat_widgets.stat.atoms.crops import smooth_of
from atomstat_widgets.stat.blocks import in_blocks, split_like, take_into_memory
from atomstat_widgets.stat.matrices._constrained_nmf import constrained_nmf
from atomstat_widgets.stat.matrices._kl_nmf import kl_nmf
from atomstat_widgets.stat.matrices._nmf import nmf
from atomstat_widgets.stat.matrices.decomposition import Decomposition
from atomstat_widgets.stat.matrices.endmembers import nfindr, vca
from atomstat_widgets.stat.matrices.factor import factorize
from atomstat_widgets.stat.matrices.low_rank import LowRank
from atomstat_widgets.stat.progress import Progress, unreported
from atomstat_widgets.stat.spectra.spectra_of import Spectra

Start = Literal["vca", "nfindr"]
Loss = Literal["frobenius", "kullback-leibler"]
FINDERS = {"vca": vca, "nfindr": nfindr}


@brief
@dataclass(frozen=True, eq=False)
class Unmixing:
    """Components of a spectrum image and their abundances, ``spectrum ≈ scale * mean + abundances @ components``.

    The scale is that of the spectrum's row in `spectra`: 1 unless spectra were normalised or weighted.

    Attributes
    ----------
    spectra : Spectra
        What was unmixed.
    decomposition : Decomposition
        Components (k, channels) and loadings, which are the abundances, (n, k), in the unit of the spectra; its
        `reconstruction_error` is that of the spectra as they were scaled.
    mean : array, (channels,)
        What components are deviations from, of a spectrum of scale 1; 0 but for PCA and ICA.
    """

    spectra: Spectra
    decomposition: Decomposition
    mean: NDArray[Any]

    @property
    def components(self) -> NDArray[Any]:
        """Component spectra (k, channels)."""
        return self.decomposition.components

    @property
    def abundance_maps(self) -> NDArray[Any]:
        """Abundances (height, width, k), NaN where a pixel is not used."""
        return self.spectra.maps(self.decomposition.loadings)

    def fit(self, number: int) -> NDArray[Any]:
        """Spectrum (channels,) that components and mean give for one of the spectra.

        Raises
        ------
        TypeError, IndexError
            The number is not whole, or there is no such spectrum.
        """
        number, count = whole_of(number, "the number of a spectrum"), len(self.decomposition.loadings)
        if not 0 <= number < count:
            raise IndexError(f"the number of a spectrum is 0 to {count - 1}, got {number}")
        own = self.decomposition.loadings[number] @ self.components
        return np.asarray(self.spectra.row_scale[number] * self.mean + own)

    @property
    def deviations(self) -> NDArray[Any]:
        """Spectra (n, channels) without their means, which components explain; of a matrix of dask an array of dask."""
        scales = split_like(self.spectra.row_scale[:, None], self.spectra.matrix)
        deviations: NDArray[Any] = self.spectra.values - scales * self.mean
        return deviations

    @cached_property
    def residuals(self) -> NDArray[Any]:
        """What is not explained of each spectrum, (n, channels); of a matrix of dask an array of dask."""
        loadings = split_like(self.decomposition.loadings, self.spectra.matrix)
        residuals: NDArray[Any] = self.deviations - loadings @ self.components
        return residuals

    @property
    def residual_map(self) -> NDArray[Any]:
        """Root of the mean squared residual of each pixel, (height, width), NaN where it is not used."""
        return self.spectra.maps(np.sqrt(_squares(self.residuals).mean(axis=1)))

    @property
    def residual_spectrum(self) -> NDArray[Any]:
        """Root of the mean squared residual of each channel, (channels,)."""
        return np.asarray(np.sqrt(_squares(self.residuals).mean(axis=0)))

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of the sum of squares that each component has alone, (k,), see `Decomposition.shares`."""
        return self.decomposition.shares(float(_squares(self.deviations).sum()))


def make_unmixing(spectra: Spectra, decomposition: Decomposition, low_rank: LowRank | None = None) -> Unmixing:
    """Bring components and loadings of the scaled matrix back into the unit of the spectra."""
    mean = np.zeros(spectra.matrix.shape[1]) if low_rank is None else low_rank.mean
    scaled = Decomposition(
        decomposition.components * spectra.column_scale,
        decomposition.loadings * spectra.row_scale[:, None],
        decomposition.reconstruction_error,
        decomposition.iterations,
        decomposition.converged,
    )
    return Unmixing(spectra, scaled, mean * spectra.column_scale)


def of_classes(spectra: Spectra, labels: NDArray[Any], probabilities: NDArray[Any], converged: bool) -> Unmixing:
    """Mean spectra of classes and their probabilities; of an empty class the spectrum is 0."""
    values = spectra.values
    if in_blocks(values):
        members = (labels[:, None] == np.arange(probabilities.shape[1])).astype(values.dtype)
        sums = np.asarray(split_like(members, values).T @ values)
        means = sums / np.maximum(members.sum(axis=0), 1)[:, None]
    else:
        means = np.stack([
            values[labels == label].mean(axis=0) if (labels == label).any() else np.zeros(values.shape[1])
            for label in range(probabilities.shape[1])
        ])  # fmt: skip
    misfit = values - split_like(probabilities, values) @ means
    error = float(np.sqrt(_squares(misfit).sum() / _squares(values).sum()))
    return Unmixing(spectra, Decomposition(means, probabilities, error, 0, converged), np.zeros(values.shape[1]))


def _squares(values: NDArray[Any]) -> NDArray[Any]:
    """In the range of float64; of an array of dask an array of dask."""
    squares: NDArray[Any] = values.astype(np.float64) ** 2
    return squares


@renamed(start="start_from")
def pure_spectra(
    spectra: Spectra, n_endmembers: int, start_from: Start, *, smooth: float = 1.0, seed: int = 0
) -> NDArray[Any]:
    """Spectra of the purest pixels, in the unit of the matrix.

    Parameters
    ----------
    spectra : Spectra
    n_endmembers : int
    start_from : {"vca", "nfindr"}
        How they are found, see `vca` and `nfindr`.
    smooth : float
        Standard deviation, in pixels of the map, of the Gaussian under which the spectra are looked at, as noise passes
        for purity; neighbours are alike (spatial preprocessing, Zortea & Plaza, IEEE Trans. Geosci. Remote Sens. 47,
        2679 (2009)). Pixels that are not used do not count.
    seed : int

    Returns
    -------
    array, (n_endmembers, channels)
        Of the pixels, smoothed, as far as the leading `n_endmembers` singular vectors hold them; not negative.

    Raises
    ------
    ValueError
        Another `start_from`, `smooth` is negative or longer than the map, or there are not so many endmembers.

    Examples
    --------
    >>> from atomstat_widgets import cubes, stat
    >>> spectra = stat.take_spectra(cubes.oxides(shape=(16, 16)).array)
    >>> stat.pure_spectra(spectra, 3, "nfindr").shape
    (3, 200)
    """
    instance_of(spectra, "spectra", Spectra)
    n_endmembers = whole_of(n_endmembers, "n_endmembers", minimum=1, maximum=min(spectra.matrix.shape))
    word_of(start_from, "start_from", FINDERS)
    seed, smooth = seed_of(seed, "seed"), smooth_of(smooth, spectra.map_shape)
    matrix = take_into_memory(spectra.matrix, "the spectra")
    if smooth:
        maps = np.nan_to_num(spectra.maps(matrix))
        weights = np.nan_to_num(spectra.maps(np.ones(len(matrix), matrix.dtype)))
        blurred = ndimage.gaussian_filter(maps, (smooth, smooth, 0)).reshape(-1, matrix.shape[1])[spectra.pixels]
        weight = ndimage.gaussian_filter(weights, smooth).ravel()[spectra.pixels]
        matrix = blurred / weight[:, None]
    low_rank = factorize(matrix, n_endmembers)
    rows = FINDERS[start_from](low_rank, n_endmembers, seed=seed)
    return np.asarray(np.maximum((low_rank.u[rows] * low_rank.s) @ low_rank.vt, 0))


@renamed(start="start_from")
def unmix_nmf(
    spectra: Spectra,
    low_rank: LowRank,
    n_components: int,
    *,
    loss: Loss = "frobenius",
    start_from: Start | None = None,
    smooth: float = 1.0,
    known: ArrayLike | None = None,
    sum_to_one: bool = False,
    tol: float = 1e-3,
    max_iter: int = 500,
    seed: int = 0,
    progress: Progress = unreported,
) -> Unmixing:
    """Unmix into non-negative components with non-negative abundances.

    Parameters
    ----------
    spectra : Spectra
        Without negative values.
    low_rank : LowRank
        Of ``factorize(spectra.matrix, rank)``, some 4 to 20 singular values longer than `n_components`.
    n_components : int
    loss : {"frobenius", "kullback-leibler"}
        Least squares, or the likelihood of counts (`kl_nmf`, of unscaled spectra).
    start_from : {"vca", "nfindr"}, optional
        Start from the purest pixels instead of rotated singular vectors; with ``max_iter=0`` they are the components.
    smooth : float
        See `pure_spectra`.
    known : array, (m, channels), optional
        Spectra that are components as they are, the first ones.
    sum_to_one : bool
        Abundances of a pixel sum to 1 (of spectra that are normalised or weighted: they do as long as pixels have the
        same amount of substance).
    tol, max_iter, progress
        As for `nmf`.
    seed : int
        Of `start_from`.

    Raises
    ------
    ValueError
        Spectra have negative values; the factor is of others; another loss or start; more spectra are known than
        components asked for, or of another length, or with values that are negative or not finite; the
        Kullback-Leibler loss with sums of one or known spectra; a number is out of range.

    Examples
    --------
    >>> from atomstat_widgets import cubes, stat
    >>> spectra = stat.take_spectra(cubes.oxides(shape=(16, 16)).array)
    >>> low_rank = stat.factorize(spectra.matrix, rank=8)
    >>> unmixing = stat.unmix_nmf(spectra, low_rank, 3)
    >>> unmixing.components.shape, unmixing.abundance_maps.shape
    ((3, 200), (16, 16, 3))
    """
    channels = instance_of(spectra, "spectra", Spectra).matrix.shape[1]
    n_components = instance_of(low_rank, "low_rank", LowRank).require(n_components)
    if (len(low_rank.u), low_rank.vt.shape[1]) != spectra.matrix.shape:
        factored = len(low_rank.u), low_rank.vt.shape[1]
        raise ValueError(f"low_rank is of a matrix of shape {factored}, the spectra have {spectra.matrix.shape}")
    tol, max_iter = number_of(tol, "tol", minimum=0), whole_of(max_iter, "max_iter", minimum=0)
    seed, smooth = seed_of(seed, "seed"), smooth_of(smooth, spectra.map_shape)
    sum_to_one = switch_of(sum_to_one, "sum_to_one")
    word_of(start_from, "start_from", (*FINDERS, None))
    progress_of(progress)
    if spectra.negative and spectra.matrix.min() < 0:
        raise ValueError(
            f"NMF needs values that are not negative: {spectra.negative} of {spectra.matrix.size} are, the lowest "
            f"{spectra.lowest:g}; clip or shift them"
        )
    word_of(loss, "the loss", ("frobenius", "kullback-leibler"))
    given = np.empty((0, channels))
    if known is not None:
        shapes = "(channels,)", "(m, channels)"
        given = np.atleast_2d(array_of(known, "known", *shapes, dtype=np.float64, finite=True, minimum=0))
    if given.shape[1] != channels or len(given) > n_components:
        raise ValueError(f"known spectra are at most {n_components} of {channels} channels, got shape {given.shape}")
    if loss == "kullback-leibler" and (sum_to_one or len(given)):
        raise ValueError("known spectra and sums of one are for the frobenius loss")
    if start_from is None and not sum_to_one and len(given) == 0:
        found = nmf(low_rank, n_components, tol=tol, max_iter=max(1, max_iter), progress=progress)
    else:
        wanted = n_components - len(given)
        if start_from is None:
            free = nmf(low_rank, n_components, tol=tol).components if wanted else np.empty((0, channels))
            free = _least_like(free, given / spectra.column_scale, wanted)
        else:
            free = pure_spectra(spectra, n_components, start_from, smooth=smooth, seed=seed)
            free = _least_like(free, given / spectra.column_scale, wanted)
        found = constrained_nmf(
            low_rank, np.concatenate([given / spectra.column_scale, free]), fixed=len(given), sum_to_one=sum_to_one,
            tol=tol, max_iter=max_iter, progress=progress,
        )  # fmt: skip
    result = make_unmixing(spectra, found)
    if loss == "kullback-leibler":
        counts = kl_nmf(
            take_into_memory(spectra.values, "the spectra"), result.decomposition, max_iter=max_iter, progress=progress
        )
        result = Unmixing(spectra, counts, result.mean)
    return result


def _least_like(candidates: NDArray[Any], given: NDArray[Any], count: int) -> NDArray[Any]:
    """So many of the candidates (m, channels): those that are least like any of the given spectra."""
    if len(given) == 0 or count == len(candidates):
        return candidates[:count]
    units = []
    for rows in (candidates.astype(np.float64), given):
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        units.append(np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0))
    likeness = (units[0] @ units[1].T).max(axis=1)
    return candidates[np.sort(np.argsort(likeness, kind="stable")[:count])]
