"""What a local image analysis found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from atomstat_widgets.analyses.domains.methods import METHODS
from atomstat_widgets.brief import brief
from atomstat_widgets.data import Image
from atomstat_widgets.reactive.crops_to_components import sums_by_class
from atomstat_widgets.reactive.doubts import remark_on
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS, most_components
from atomstat_widgets.reactive.methods import Method
from atomstat_widgets.stat import (
    Atoms,
    Crops,
    Decomposition,
    LowRank,
    PreparedImage,
    explained_variance_ratio,
)


@brief
@dataclass(frozen=True, eq=False)
class DomainsResult:
    """All that one run found.

    Attributes
    ----------
    image : Image
        The data.
    parameters : dict
        What it was computed with; None stands for what was chosen automatically.
    atoms : Atoms
        All atoms, found or given.
    crops : Crops
        Around the atoms of the class asked for, as far as they are inside.
    low_rank : LowRank
        Factor of what the crops have beyond `base`.
    base : array, (features,)
        The mean crop or, for NMF, the lowest value in all crops.
    decomposition : Decomposition
        Of GMM the components are the deviations of each class's mean crop, and the loadings its probabilities.
    labels : array or None, (crops,)
        Of GMM, the class of each crop, from 0 on.
    bic : float or None
        Of GMM, the Bayesian information criterion.
    arrangement : tuple of int
        For each component which of those computed it is, counted from 1, negative where its sign was changed; empty
        where they are as computed.
    preparation : PreparedImage or None
        What was done to the image before; None where nothing was.
    """

    analysis: ClassVar = "domains"

    image: Image
    parameters: dict[str, Any]
    atoms: Atoms
    crops: Crops
    low_rank: LowRank
    base: NDArray[Any]
    decomposition: Decomposition
    labels: NDArray[np.intp] | None
    bic: float | None
    arrangement: tuple[int, ...] = ()
    preparation: PreparedImage | None = None

    def arranged(self, arrangement: Sequence[int]) -> "DomainsResult":
        """Give components, as they were computed, other numbers and signs, see `arrangement`."""
        numbers = np.argsort(np.abs(arrangement))
        return replace(
            self,
            decomposition=self.decomposition.arranged(arrangement),
            labels=None if self.labels is None else numbers[self.labels],
            arrangement=tuple(arrangement),
        )

    @property
    def remark(self) -> str:
        """How the image was prepared, the lattice that the atoms are on, and what is in doubt about them, in words."""
        done, atoms = self.preparation, remark_on([self.atoms], self.image)
        if done is None:
            return atoms
        doubt = done.doubt and f"{done.doubt}. If they are dark, set the check mark Dark atoms"
        return ". ".join(filter(None, [done.words, atoms, doubt]))

    @property
    def quality(self) -> str:
        """How good it is, in words."""
        return f"error {self.decomposition.reconstruction_error:.1%}" if self.bic is None else f"BIC {self.bic:,.0f}"

    @property
    def window(self) -> int:
        """Side of the crops, in pixels."""
        return self.crops.shape[0]

    @property
    def method(self) -> Method:
        """What it was computed by."""
        return METHODS[self.parameters["method"]]

    @property
    def signed(self) -> bool:
        """Whether components and loadings have both signs."""
        return self.method.signed

    @property
    def strongest(self) -> NDArray[np.intp]:
        """Class of each crop or, without, component that is relatively strongest in it, (crops,), from 0 on."""
        return self.decomposition.strongest if self.labels is None else self.labels

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of the sum of squares that each component has alone, (k,)."""
        return self.decomposition.shares(self.low_rank.total, self.low_rank.weights)

    @property
    def component_pictures(self) -> NDArray[Any]:
        """Components (k, side, side * channels), channels side by side; of GMM the mean crops of the classes."""
        components = self.decomposition.components
        return self.pictures(self.base + components if self.method.whole else components)

    @property
    def scores(self) -> NDArray[Any]:
        """Coordinates (crops, m) in which crops are compared: loadings or, for GMM, principal scores."""
        if self.labels is None:
            return self.decomposition.loadings
        return np.asarray((self.low_rank.u * self.low_rank.s)[:, :MAX_COMPONENTS])

    @property
    def score_name(self) -> str:
        """What one of the coordinates is called."""
        return self.method.words.part if self.labels is None else "principal component"

    def pictures(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Vectors (n, features) as pictures (n, side, side * channels)."""
        side = self.window
        return rows.reshape(len(rows), side, side, -1).transpose(0, 1, 3, 2).reshape(len(rows), side, -1)

    def crop(self, number: int) -> NDArray[Any]:
        """Picture of one crop and that of its reconstruction, (2, side, side * channels)."""
        weights = self.decomposition.loadings[number]
        if self.labels is not None:
            weights = np.eye(len(weights), dtype=weights.dtype)[self.labels[number]]
        own = np.asarray(self.crops.matrix[number : number + 1])[0]
        return self.pictures(np.stack([own, self.base + weights @ self.decomposition.components]))

    @cached_property
    def _tree(self) -> KDTree:
        return KDTree(self.crops.positions)

    def nearest(self, places: NDArray[Any]) -> NDArray[np.intp]:
        """Number of the crop whose atom is nearest to each place (n, 2), row and column."""
        return np.asarray(self._tree.query(places)[1])

    def mean_crops(self, chosen: NDArray[np.bool_]) -> NDArray[Any]:
        """Pictures of the mean crop of the chosen (crops,) and of that of the rest; of none it is 0."""
        sums = sums_by_class(self.crops, np.where(chosen, 0, 1), 2)
        counts = np.bincount(np.where(chosen, 0, 1), minlength=2)
        return self.pictures(sums / np.maximum(counts, 1)[:, None])

    @property
    def most_components(self) -> int:
        """Largest number of components that advice is given for."""
        return most_components(self.low_rank)

    @property
    def variance(self) -> NDArray[np.float64]:
        """Explained variance (MAX_COMPONENTS,) by each principal component, as a share of all."""
        return explained_variance_ratio(self.low_rank)[:MAX_COMPONENTS]

    @property
    def truth(self) -> NDArray[Any]:
        """True labels at the atoms, (crops,).

        Raises
        ------
        ValueError
            The image comes without truth.
        """
        if self.image.truth is None:
            raise ValueError(f"the true domains of {self.image.name} are not known")
        at = np.rint(self.crops.positions).astype(int).clip(0, np.array(self.image.truth.shape) - 1)
        return np.asarray(self.image.truth[tuple(at.T)])

    def agreement(self, labels: NDArray[Any]) -> float:
        """Adjusted Rand index between labels (crops,) and the truth at the atoms: 1 is perfect, 0 is chance.

        Hubert & Arabie, J. Classif. 2, 193 (1985).

        Raises
        ------
        ValueError
            See `truth`.
        """
        from sklearn.metrics import adjusted_rand_score

        return float(adjusted_rand_score(self.truth, labels))


def align(found: DomainsResult, shown: DomainsResult) -> DomainsResult:
    """Give components the numbers and signs that they have in the result that is shown."""
    nearest = shown.nearest(found.crops.positions)
    before, after = shown.decomposition.loadings[nearest].T, found.decomposition.loadings.T
    return found.arranged(found.method.arrangement(before, after))
