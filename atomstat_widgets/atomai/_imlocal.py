"""The interface of ``atomai.stat.imlocal`` for local image descriptors."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import array_of, number_of, seed_of, switch_of, whole_array_of, whole_of
from atomstat_widgets.atomai import plots
from atomstat_widgets.atomai.trajectories import Trajectories
from atomstat_widgets.stat.matrices._gmm import gmm
from atomstat_widgets.stat.matrices._ica import ica
from atomstat_widgets.stat.matrices._nmf import nmf
from atomstat_widgets.stat.matrices._pca import pca, scree
from atomstat_widgets.stat.matrices.decomposition import Decomposition
from atomstat_widgets.stat.matrices.factor import factorize
from atomstat_widgets.stat.matrices.low_rank import LowRank

Array = NDArray[Any]

# Singular values beyond the components: for NMF's sake, and so that a few components more need no new factor.
EXTRA_RANK = 16


class imlocal(Trajectories):
    """Crops around atoms and their statistics, called as in AtomAI.

    Coordinates are (row, column), rows being y and columns x; AtomAI's documentation calls them xy.

    Parameters
    ----------
    network_output : array, (images, height, width, channels) or (height, width)
        Output of a neural network, or images; one plain image will do. Of dask or Zarr crops are an array of dask,
        too, and all but `gmm` and `pca_gmm` look at them block by block.
    coord_class_dict_all : dict of array, or array
        For each image, by its number (int, or str of one): (n, 3) row, column and class of atoms. Of one image an
        array is enough, and (n, 2) where there are no classes.
    window_size : int, optional
        Side of the crops in pixels; by default twice the median distance of nearest neighbours, which are those in the
        images where there is one atom a frame.
    coord_class : int
        Class of the atoms around which crops are taken.

    Attributes
    ----------
    imgstack : array, (crops, window, window, channels)
    imgstack_com : array, (crops, 2)
        Row and column of each crop's atom.
    imgstack_frames : array, (crops,)
        Number of the image that each crop is from.
    left_out : int
        Atoms without a crop: it would leave the image, or holds NaN or infinite values.

    Raises
    ------
    TypeError, ValueError
        See `extract_crops`; and those of all methods, whose numbers of components and seeds are whole.

    Notes
    -----
    Reference: AtomAI 0.8.1, ``atomai.stat.imlocal``. All decompositions read one factor of the crops, which is kept:
    another number of components is milliseconds.

    Examples
    --------
    >>> from atomstat_widgets import samples, stat
    >>> image = samples.graphene().array
    >>> local = stat.imlocal(image, stat.find_atoms(image).positions, window_size=32)
    >>> components, scores, positions = local.imblock_pca(n_components=4)
    >>> components.shape
    (4, 32, 32, 1)
    """

    def pca(self, n_components: int, random_state: int = 1, plot_results: bool = False) -> tuple[Array, Array, Array]:
        """Principal components of the crops.

        Parameters
        ----------
        n_components : int
        random_state : int
            As in AtomAI; here the result does not depend on it.
        plot_results : bool
            Show the components.

        Returns
        -------
        components : array, (k, window, window, channels)
            Principal axes.
        X_vec_t : array, (crops, k)
            Scores.
        com_frames : array, (crops, 3)
            Row, column and frame number of each crop.
        """
        seed_of(random_state, "random_state")
        return self._describe(pca(self._factor(n_components, center=True), n_components), plot_results)

    def ica(self, n_components: int, random_state: int = 1, plot_results: bool = False) -> tuple[Array, Array, Array]:
        """Independent components of the crops.

        Parameters
        ----------
        n_components, plot_results
            As for `pca`.
        random_state : int
            Seed of the start.

        Returns
        -------
        components : array, (k, window, window, channels)
            What a unit of each source looks like. (AtomAI gives rows of the unmixing matrix, which look like noise.)
        X_vec_t : array, (crops, k)
            Sources.
        com_frames : array, (crops, 3)
            As for `pca`.
        """
        seed = seed_of(random_state, "random_state")
        low_rank = self._factor(n_components, center=True)
        return self._describe(ica(low_rank, n_components, seed=seed), plot_results)

    def nmf(
        self, n_components: int, random_state: int = 1, plot_results: bool = False, *, max_iterations: int = 1000
    ) -> tuple[Array, Array, Array]:
        """Non-negative components of the crops.

        Parameters
        ----------
        n_components, random_state, plot_results
            As for `pca`.
        max_iterations : int
            Stop after so many iterations.

        Returns
        -------
        components : array, (k, window, window, channels)
        X_vec_t : array, (crops, k)
            Loadings.
        com_frames : array, (crops, 3)
            As for `pca`.

        Raises
        ------
        ValueError
            The crops hold negative values: how many, and the lowest.
        """
        seed_of(random_state, "random_state")
        max_iterations = whole_of(max_iterations, "max_iterations", minimum=1)
        negative = int((self.imgstack < 0).sum())
        if negative:
            raise ValueError(
                f"NMF needs values that are not negative: {negative} of {self.imgstack.size} are, the lowest "
                f"{float(self.imgstack.min()):g}"
            )
        low_rank = self._factor(n_components, center=False)
        return self._describe(nmf(low_rank, n_components, max_iter=max_iterations), plot_results)

    def gmm(
        self, n_components: int, covariance: str = "diag", random_state: int = 1, plot_results: bool = False
    ) -> tuple[Array, list[Array], Array]:
        """Classes of crops by a Gaussian mixture of their pixels.

        Parameters
        ----------
        n_components : int
            Number of classes.
        covariance : {'diag', 'full', 'tied', 'spherical'}
        random_state : int
            Seed of the start.
        plot_results : bool
            Show the mean crop of each class.

        Returns
        -------
        centroids : array, (k, window, window, channels)
            Mean crop of each class, zero for an empty one.
        members : list of array, (members, window, window, channels)
            Crops of each class, none for an empty one.
        com_class_frames : array, (crops, 4)
            Row, column, class (from 1 on, the largest first) and frame number of each crop.
        """
        plot_results, seed = switch_of(plot_results, "plot_results"), seed_of(random_state, "random_state")
        classes = gmm(self._matrix, n_components, covariance=covariance, seed=seed)
        n_components = classes.probabilities.shape[1]
        members = [self.imgstack[classes.labels == label] for label in range(1, n_components + 1)]
        centroids = np.zeros((n_components, *self.imgstack.shape[1:]), self.imgstack.dtype)
        for centroid, crops in zip(centroids, members, strict=True):
            if len(crops):
                centroid[:] = crops.mean(axis=0)
        if plot_results:
            plots.plot_classes(centroids, classes.counts)
        return centroids, members, np.column_stack([self.imgstack_com, classes.labels, self.imgstack_frames])

    def pca_gmm(
        self,
        n_components_gmm: int,
        n_components_pca: int | Sequence[int],
        plot_results: bool = False,
        covariance_type: str = "diag",
        random_state: int = 1,
    ) -> tuple[Array, list[Array], list[Array], Array]:
        """Principal components within each class of `gmm`.

        Parameters
        ----------
        n_components_gmm : int
            Number of classes.
        n_components_pca : int or sequence of int
            Number of principal components, for all classes or for each.
        plot_results, covariance_type, random_state
            As for `gmm`.

        Returns
        -------
        centroids : array, (k, window, window, channels)
        components : list of array, (components, window, window, channels)
        X_vec_t : list of array, (members, components)
        com_class_frames : array, (crops, 4)
            As for `gmm`.

        Raises
        ------
        ValueError
            There is not one number of components for each class, or a class has fewer members than components.
        """
        centroids, members, com_class_frames = self.gmm(n_components_gmm, covariance_type, random_state, plot_results)
        given: Any = n_components_pca
        several = isinstance(given, (list, tuple)) or (isinstance(given, np.ndarray) and given.ndim > 0)
        counts = [
            whole_of(one, "n_components_pca", minimum=1) for one in (given if several else [given] * len(members))
        ]
        if len(counts) != n_components_gmm:
            raise ValueError(f"{n_components_gmm} classes need as many numbers of components, got {len(counts)}")
        components, scores = [], []
        for label, (crops, count) in enumerate(zip(members, counts, strict=True), start=1):
            if len(crops) <= count:
                raise ValueError(f"class {label} has {len(crops)} members, too few for {count} components")
            result = pca(factorize(crops.reshape(len(crops), -1), count + EXTRA_RANK, center=True), count)
            components.append(result.components.reshape(-1, *crops.shape[1:]))
            scores.append(result.loadings)
            if plot_results:
                plots.plot_components(components[-1])
        return centroids, components, scores, com_class_frames

    def pca_scree_plot(self, plot_results: bool = True) -> Array:
        """Explained variance ratio of all principal components, (min(crops, pixels),), the largest first."""
        switch_of(plot_results, "plot_results")
        ratios = scree(self._matrix)
        if plot_results:
            plots.plot_scree(ratios)
        return ratios

    def pca_gmm_scree_plot(
        self,
        n_components_gmm: int,
        covariance_type: str = "diag",
        random_state: int = 1,
        plot_results: bool = True,
    ) -> list[Array]:
        """Explained variance ratios of the principal components within each class of `gmm`.

        Of a class with fewer than two members there are none.
        """
        _, members, _ = self.gmm(n_components_gmm, covariance_type, random_state, plot_results)
        ratios = [scree(crops.reshape(len(crops), -1)) if len(crops) > 1 else np.empty(0) for crops in members]
        if plot_results:
            for label, of_class in enumerate(ratios, start=1):
                plots.plot_scree(of_class, f"Class {label}")
        return ratios

    def imblock_pca(
        self, n_components: int, random_state: int = 1, plot_results: bool = False, *, marker_size: float = 32
    ) -> tuple[Array, Array, Array]:
        """Principal components of one image's crops, to find domains: as `pca`, but with (row, column) as third."""
        return self._block(self.pca(n_components, random_state), plot_results, marker_size)

    def imblock_ica(
        self, n_components: int, random_state: int = 1, plot_results: bool = False, *, marker_size: float = 32
    ) -> tuple[Array, Array, Array]:
        """Independent components of one image's crops, to find domains: as `ica`, but with (row, column) as third."""
        return self._block(self.ica(n_components, random_state), plot_results, marker_size)

    def imblock_nmf(
        self,
        n_components: int,
        random_state: int = 1,
        plot_results: bool = False,
        *,
        max_iterations: int = 1000,
        marker_size: float = 32,
    ) -> tuple[Array, Array, Array]:
        """Non-negative components of one image's crops, to find domains: as `nmf`, but with (row, column) as third."""
        results = self.nmf(n_components, random_state, max_iterations=max_iterations)
        return self._block(results, plot_results, marker_size)

    @classmethod
    def plot_decomposition_results(
        cls,
        components: Array,
        X_vec_t: Array,
        image_hw: Sequence[int] | None = None,
        xy_centers: Array | None = None,
        plot_loading_maps: bool = True,
        *,
        marker_size: float = 32,
    ) -> None:
        """Show components, and their loading maps.

        Parameters
        ----------
        components : array, (k, window, window, channels)
        X_vec_t : array, (crops, k)
            Loadings.
        image_hw : (int, int)
            Height and width of the image, for the maps.
        xy_centers : array, (crops, 2)
            Row and column of each crop, for the maps.
        plot_loading_maps : bool
        marker_size : float
            Of the crops in the maps.

        Raises
        ------
        ValueError
            Loading maps are asked for without `image_hw` and `xy_centers`.
        """
        pictures = array_of(components, "components", "(k, window, window, channels)", empty=False)
        if switch_of(plot_loading_maps, "plot_loading_maps"):
            if image_hw is None or xy_centers is None:
                raise ValueError("loading maps need image_hw, the size of the image, and xy_centers, the crops' places")
            sides = whole_array_of(image_hw, "image_hw", minimum=1).tolist()
            if len(sides) != 2:
                raise ValueError(f"image_hw is height and width, got {sides}")
            loadings = array_of(X_vec_t, "X_vec_t", "(crops, k)")
            centers = array_of(xy_centers, "xy_centers", "(crops, 2)", finite=True)
            if len(centers) != len(loadings):
                raise ValueError(f"xy_centers are of {len(centers)} crops, and X_vec_t of {len(loadings)}")
            marker_size = number_of(marker_size, "marker_size", above=0)
        plots.plot_components(pictures)
        if plot_loading_maps:
            plots.plot_loading_maps(loadings, centers, (sides[0], sides[1]), marker_size)

    def _factor(self, n_components: int, *, center: bool) -> LowRank:
        """Factor of the crops, long enough for so many components."""
        words = f"between 1 and the rank of the factor, {min(self._matrix.shape)}"
        whole_of(n_components, "n_components", minimum=1, maximum=min(self._matrix.shape), words=words)
        kept = self._factors.get(center)
        if kept is None or kept.rank < min(n_components + EXTRA_RANK // 2, *self._matrix.shape):
            kept = self._factors[center] = factorize(self._matrix, n_components + EXTRA_RANK, center=center)
        return kept

    @property
    def _matrix(self) -> Array:
        return self.imgstack.reshape(len(self.imgstack), -1)

    def _describe(self, result: Decomposition, plot_results: bool) -> tuple[Array, Array, Array]:
        components = result.components.reshape(-1, *self.imgstack.shape[1:])
        if switch_of(plot_results, "plot_results"):
            plots.plot_components(components)
        return components, result.loadings, np.column_stack([self.imgstack_com, self.imgstack_frames])

    def _block(
        self, results: tuple[Array, Array, Array], plot_results: bool, marker_size: float
    ) -> tuple[Array, Array, Array]:
        components, loadings, com_frames = results
        positions = com_frames[:, :2]
        marker_size = number_of(marker_size, "marker_size", above=0)
        if switch_of(plot_results, "plot_results"):
            shape = self.network_output.shape
            if len(shape) == 4 and shape[0] != 1:
                raise ValueError(f"loading maps are drawn over one image, there are {shape[0]}")
            height, width = shape[1:3] if len(shape) == 4 else shape
            self.plot_decomposition_results(components, loadings, (height, width), positions, marker_size=marker_size)
        return components, loadings, positions
