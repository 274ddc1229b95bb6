"""The interface of ``atomai.stat.SpectralUnmixer``."""

import inspect
import logging
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, instance_of, number_of, seed_of, switch_of, whole_of, word_of
from atomstat_widgets.atomai import plots
from atomstat_widgets.renamed import renamed
from atomstat_widgets.stat.blocks import take_into_memory
from atomstat_widgets.stat.matrices._gmm import gmm
from atomstat_widgets.stat.matrices._ica import ica
from atomstat_widgets.stat.matrices._pca import explained_variance_ratio, pca
from atomstat_widgets.stat.matrices.decomposition import Decomposition
from atomstat_widgets.stat.matrices.factor import factorize
from atomstat_widgets.stat.matrices.low_rank import LowRank
from atomstat_widgets.stat.spectra.spectra import take_spectra
from atomstat_widgets.stat.spectra.spectra_of import Spectra
from atomstat_widgets.stat.spectra.unmixing import Unmixing, make_unmixing, of_classes, unmix_nmf

logger = logging.getLogger(__name__)

EXTRA_RANK = 16
MODELS = {"nmf": "NMF", "pca": "PCA", "ica": "FastICA", "gmm": "GaussianMixture"}
SPECTRA_OPTIONS = {"mask", "signal_range", "binning", "weighting", "negative"}
# Parameters that are known here by the names of scikit-learn's models; with any other of theirs, theirs is used.
OWN_OPTIONS = {
    "nmf": {"loss", "start_from", "smooth", "known", "sum_to_one", "tol", "max_iter"},
    "pca": set(),
    "ica": {"tol", "max_iter"},
    "gmm": {"pca_dims", "covariance_type"},
}


class SpectralUnmixer:
    """Spectral unmixing of a spectrum image, called as in AtomAI.

    Parameters
    ----------
    method : {'nmf', 'pca', 'ica', 'gmm'}
    n_components : int
        Number of components or, of GMM, of classes.
    normalize : bool
        Divide each spectrum by its sum first; abundances are in the unit of the spectra all the same.
    **kwargs
        `mask`, `signal_range`, `binning`, `weighting`, `negative`: see `take_spectra`; negative values are shifted for
        NMF, with a warning, if nothing else is said.
        `loss`, `start_from`, `smooth`, `known`, `sum_to_one`, `tol`, `max_iter`: of NMF, see `unmix_nmf`; the last two
        of ICA, see `ica`.
        ``pca_dims``, `covariance_type`: of GMM, the number of principal components that the classes are told apart by,
        or the share of the variance that they explain (0.99 if nothing else is said), and the shape of the Gaussians.
        `random_state`: seed, 0 if nothing else is said.
        Or any other parameter of scikit-learn's model (``NMF``, ``PCA``, ``FastICA``, ``GaussianMixture``), which is
        then used instead of ours; these cannot be mixed with the options of NMF above but `tol` and `max_iter`.

    Attributes
    ----------
    components_ : array, (k, channels)
        Component spectra; of GMM the mean spectra of the classes, of ICA the source spectra.
    abundance_maps_ : array, (height, width, k)
        Abundances, NaN where a pixel is not used; of GMM the probabilities of the classes.
    image_shape_ : (int, int)
        Height and width of the maps.
    result_ : Unmixing
        With residual map and spectrum and the shares of the components.

    Raises
    ------
    ValueError
        Another method, or less than one component.
    TypeError
        A parameter that neither this class nor scikit-learn's model has; the number of components is no whole number.

    Examples
    --------
    Where noise is strong and some pixels are nearly pure, the purest of them are better than the least squares: on a
    simulated EELS image of 1,000 counts a pixel (three oxides, energy drift) the mean spectral angle to the true
    spectra is 8° with ``SpectralUnmixer("nmf", 3, start_from="nfindr", smooth=2)``, and 13° without a start.
    """

    @renamed(start="start_from")
    def __init__(self, method: str = "nmf", n_components: int = 4, normalize: bool = False, **kwargs: Any) -> None:
        self.method = word_of(method, "the method", MODELS)
        self.n_components = whole_of(n_components, "n_components", minimum=1)
        self.normalize = switch_of(normalize, "normalize")
        self.kwargs = dict(kwargs)
        own = OWN_OPTIONS[method] | SPECTRA_OPTIONS | {"random_state"}
        self._theirs = {name: value for name, value in kwargs.items() if name not in own}
        strange = set(self._theirs) - set(_parameters(method)) if self._theirs else set()
        if strange:
            raise TypeError(
                f"{sorted(strange)[0]!r} is no parameter of SpectralUnmixer with method {method!r}, nor of "
                f"scikit-learn's {MODELS[method]}"
            )
        mixed = [name for name in kwargs if name in own - SPECTRA_OPTIONS and name not in _parameters(method)]
        if self._theirs and mixed and method == "nmf":
            raise TypeError(f"{mixed[0]!r} cannot be given together with {next(iter(self._theirs))!r}")
        self.components_: NDArray[Any] | None = None
        self.abundance_maps_: NDArray[Any] | None = None
        self.image_shape_: tuple[int, int] | None = None
        self.result_: Unmixing | None = None

    def fit(self, hspy_data: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """Unmix a spectrum image.

        Parameters
        ----------
        hspy_data : array, (height, width, channels)
            Of numpy, dask or Zarr.

        Returns
        -------
        components : array, (k, channels)
        abundance_maps : array, (height, width, k)

        Raises
        ------
        TypeError, ValueError
            See `take_spectra` and the methods.
        """
        options = {name: value for name, value in self.kwargs.items() if name in SPECTRA_OPTIONS}
        if self.method == "nmf":
            options = {"negative": "shift", **options}
        spectra = take_spectra(hspy_data, normalize=self.normalize, **options)
        if spectra.negative and self.method == "nmf" and "negative" not in self.kwargs:
            warnings.warn(
                f"NMF needs values that are not negative: {spectra.negative} of {spectra.matrix.size} are, the lowest "
                f"{spectra.lowest:g}; it is subtracted from all. Choose by negative='shift' or 'clip'.",
                stacklevel=2,
            )
        logger.info("unmixing %d spectra of %d channels by %s", *spectra.matrix.shape, self.method)
        result = self._by_scikit_learn(spectra) if self._theirs else getattr(self, f"_{self.method}")(spectra)
        self.result_ = result
        self.components_, self.abundance_maps_ = result.components, result.abundance_maps
        if self.method == "pca" and self._theirs.get("whiten"):  # scores of variance 1 beside axes of length 1
            lengths = np.linalg.norm(result.components / spectra.column_scale, axis=1)
            self.components_ = result.components / lengths[:, None]
        self.image_shape_ = spectra.map_shape
        return self.components_, self.abundance_maps_

    def plot_results(
        self,
        x_axis_vals: NDArray[Any] | None = None,
        x_axis_units: str | None = None,
        *,
        cmap: str = "seismic",
        figsize: tuple[float, float] | None = None,
    ) -> None:
        """Show each component's spectrum above its abundance map.

        Parameters
        ----------
        x_axis_vals : array, (channels,), optional
            Values of the channels; their numbers by default.
        x_axis_units : str, optional
            What to write along them.
        cmap : str
            Colour map of the abundances.
        figsize : (float, float), optional
            In inches.

        Raises
        ------
        ValueError
            Nothing was fitted yet, or the values or sizes are none.
        """
        instance_of(cmap, "cmap", str)
        if x_axis_units is not None:
            instance_of(x_axis_units, "x_axis_units", str)
        if figsize is not None:
            inches = array_of(figsize, "figsize", "(2,)", finite=True, minimum=0.1)
            if len(inches) != 2:
                raise ValueError(f"figsize is width and height, got {len(inches)} numbers")
            figsize = float(inches[0]), float(inches[1])
        if self.result_ is None:
            raise ValueError("there is nothing to plot: call fit first")
        values = self.result_.spectra.channels
        if x_axis_vals is not None:
            values = array_of(x_axis_vals, "x_axis_vals", "(channels,)", finite=True)
            if len(values) != self.result_.components.shape[1]:
                raise ValueError(
                    f"x_axis_vals are of {self.result_.components.shape[1]} channels, got shape {values.shape}"
                )
        plots.plot_unmixing(
            self.result_.components, self.result_.abundance_maps, values, x_axis_units or "channel",
            self.method.upper(), cmap, figsize,
        )  # fmt: skip

    @property
    def _seed(self) -> int:
        given = self.kwargs.get("random_state")
        return 0 if given is None else seed_of(given, "random_state")

    def _select_options(self, *names: str) -> dict[str, Any]:
        return {name: self.kwargs[name] for name in names if name in self.kwargs}

    def _nmf(self, spectra: Spectra) -> Unmixing:
        low_rank = factorize(spectra.matrix, self.n_components + EXTRA_RANK)
        options = self._select_options(*OWN_OPTIONS["nmf"])
        return unmix_nmf(spectra, low_rank, self.n_components, seed=self._seed, **options)

    def _pca(self, spectra: Spectra) -> Unmixing:
        low_rank = factorize(spectra.matrix, self.n_components, center=True)
        return make_unmixing(spectra, pca(low_rank, self.n_components), low_rank)

    def _ica(self, spectra: Spectra) -> Unmixing:
        low_rank = factorize(spectra.matrix, self.n_components, center=True)
        found = ica(low_rank, self.n_components, seed=self._seed, **self._select_options("tol", "max_iter"))
        return make_unmixing(spectra, found, low_rank)

    def _scores(self, spectra: Spectra) -> NDArray[Any]:
        """Principal scores (n, dimensions) that classes are told apart by."""
        low_rank = factorize(spectra.matrix, min(spectra.matrix.shape), center=True)
        scores = (low_rank.u * low_rank.s)[:, : _dimensions(low_rank, self.kwargs.get("pca_dims", 0.99))]
        return np.asarray(take_into_memory(scores, "the principal scores"))

    def _gmm(self, spectra: Spectra) -> Unmixing:
        scores = self._scores(spectra)
        covariance = self.kwargs.get("covariance_type", "full")
        classes = gmm(scores.astype(np.float64), self.n_components, covariance=covariance, seed=self._seed)
        return of_classes(spectra, classes.labels - 1, classes.probabilities, classes.converged)

    def _by_scikit_learn(self, spectra: Spectra) -> Unmixing:
        model = _model(self.method)(
            n_components=self.n_components,
            **{
                "random_state": 0,
                **{name: self.kwargs[name] for name in self.kwargs if name in _parameters(self.method)},
            },
        )
        if self.method == "gmm":
            scores = self._scores(spectra)
            labels = model.fit_predict(scores)
            return of_classes(spectra, labels, model.predict_proba(scores), bool(model.converged_))
        matrix = take_into_memory(spectra.matrix, "the spectra")
        loadings = model.fit_transform(matrix)
        count = loadings.shape[1]
        mean = model.inverse_transform(np.zeros((1, count)))[0]
        components = model.inverse_transform(np.eye(count)) - mean
        deviations = matrix - mean
        error = float(np.linalg.norm(deviations - loadings @ components) / np.linalg.norm(deviations))
        found = Decomposition(components, loadings, error, int(getattr(model, "n_iter_", 0)), True)
        result = make_unmixing(spectra, found)
        return Unmixing(spectra, result.decomposition, mean * spectra.column_scale)


def _model(method: str) -> Any:
    from sklearn import decomposition, mixture

    return getattr(mixture if method == "gmm" else decomposition, MODELS[method])


def _parameters(method: str) -> set[str]:
    """Names of the parameters of scikit-learn's model, but the number of components."""
    return set(inspect.signature(_model(method)).parameters) - {"n_components"}


def _dimensions(low_rank: LowRank, pca_dims: Any) -> int:
    """Principal components to take: so many, or as many as explain such a share of the variance."""
    words = f"1 to {low_rank.rank} components, or a share of the variance below 1"
    try:
        return whole_of(pca_dims, "pca_dims", minimum=1, maximum=low_rank.rank, words=words)
    except TypeError:  # no whole number
        share = number_of(pca_dims, "pca_dims", above=0, below=1, words=words)
    explained = np.cumsum(explained_variance_ratio(low_rank))
    return min(int(np.searchsorted(explained, share)) + 1, low_rank.rank)
