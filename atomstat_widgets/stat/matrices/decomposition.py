"""What every decomposition gives."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, number_of, whole_array_of
from atomstat_widgets.brief import brief


@brief
@dataclass(frozen=True)
class Decomposition:
    """Components and how much of each there is in every piece, ``X ≈ mean + loadings @ components``.

    The mean is that of the factor: 0 unless it was centred.

    Attributes
    ----------
    components : array, (k, features)
        What each component looks like; of which length, the function says that made it.
    loadings : array, (pieces, k)
        Amount of each component in each piece, in the unit of the features.
    reconstruction_error : float
        Relative Frobenius error, ``norm(X - mean - loadings @ components) / norm(X - mean)``.
    iterations : int
        Number of iterations done; 0 where none are needed.
    converged : bool
        Whether the error had settled when they ended.
    """

    components: NDArray[Any]
    loadings: NDArray[Any]
    reconstruction_error: float
    iterations: int
    converged: bool

    @property
    def n_components(self) -> int:
        """Number of components."""
        return len(self.components)

    @cached_property
    def energies(self) -> NDArray[np.float64]:
        """Sum of squares of each component's loadings, (k,)."""
        return np.asarray(np.einsum("ij,ij->j", self.loadings, self.loadings, dtype=np.float64))

    @property
    def relative_loadings(self) -> NDArray[Any]:
        """Loadings (pieces, k) over the largest of each component: they can be compared where amplitudes cannot."""
        highest = self.loadings.max(axis=0)
        return np.asarray(np.divide(self.loadings, highest, out=np.zeros_like(self.loadings), where=highest > 0))

    @property
    def strongest(self) -> NDArray[np.intp]:
        """Component that is relatively strongest in each piece, (pieces,), of loadings that are not negative."""
        return np.asarray(self.relative_loadings.argmax(axis=1))

    def shares(self, total: float, weights: ArrayLike = 1.0) -> NDArray[np.float64]:
        """Share of a sum of squares, beyond the mean, that each component has alone, (k,).

        They do not add up to what all explain together, unless components are orthogonal.

        Parameters
        ----------
        total : float
            The sum of squares.
        weights : array, (features,), or float
            Weight of each feature in it.

        Raises
        ------
        TypeError, ValueError
            The sum is not positive, or the weights are negative, not finite or not one a feature.
        """
        total = number_of(total, "total", above=0)
        scale = array_of(weights, "weights", dtype=np.float64, finite=True, minimum=0)
        if scale.shape not in ((), self.components.shape[1:]):
            raise ValueError(f"weights have shape {self.components.shape[1:]}, got {scale.shape}")
        lengths = np.sum(np.asarray(self.components, np.float64) ** 2 * scale, axis=1)
        return np.asarray(self.energies * lengths / total)

    def reordered(self, order: ArrayLike) -> "Decomposition":
        """Return the same decomposition with its components in another order.

        Raises
        ------
        ValueError
            The order does not hold each number from 0 to the number of components once.
        """
        numbers = whole_array_of(order, "order")
        if not np.array_equal(np.sort(numbers), np.arange(self.n_components)):
            raise ValueError(f"order holds 0 to {self.n_components - 1} once each, got {numbers.tolist()}")
        return replace(self, components=self.components[numbers], loadings=self.loadings[:, numbers])

    def arranged(self, arrangement: Sequence[int]) -> "Decomposition":
        """Return the same decomposition with other numbers and signs of its components.

        Parameters
        ----------
        arrangement : sequence of int
            For each component which of the present ones it becomes, counted from 1; negative where the sign changes.

        Raises
        ------
        ValueError
            Not each number is there once.
        """
        numbers = whole_array_of(arrangement, "arrangement")
        if not np.array_equal(np.sort(np.abs(numbers)), np.arange(1, self.n_components + 1)):
            raise ValueError(f"arrangement holds 1 to {self.n_components} once each, got {numbers.tolist()}")
        return self.reordered(np.abs(numbers) - 1).flipped(np.sign(numbers))

    def flipped(self, signs: ArrayLike) -> "Decomposition":
        """Return the same decomposition with components and loadings times these signs (k,).

        Raises
        ------
        ValueError
            A sign is not 1 or -1, or there is not one for each component.
        """
        factors: NDArray[Any] = array_of(signs, "signs", "(k,)", dtype=self.loadings.dtype)
        if factors.shape != (self.n_components,) or not (np.abs(factors) == 1).all():
            raise ValueError(f"signs are {self.n_components} numbers, 1 or -1, got {factors.tolist()}")
        return replace(self, components=self.components * factors[:, None], loadings=self.loadings * factors)
