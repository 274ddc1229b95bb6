"""What every decomposition gives."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

    def shares(self, total: float, weights: NDArray[Any] | float = 1.0) -> NDArray[np.float64]:
        """Share of a sum of squares, beyond the mean, that each component has alone, (k,).

        They do not add up to what all explain together, unless components are orthogonal.

        Parameters
        ----------
        total : float
            The sum of squares.
        weights : array, (features,), or float
            Weight of each feature in it.
        """
        lengths = np.sum(np.asarray(self.components, np.float64) ** 2 * weights, axis=1)
        return np.asarray(self.energies * lengths / total)

    def reordered(self, order: NDArray[np.intp]) -> "Decomposition":
        """Return the same decomposition with its components in another order."""
        return replace(self, components=self.components[order], loadings=self.loadings[:, order])

    def arranged(self, arrangement: Sequence[int]) -> "Decomposition":
        """Return the same decomposition with other numbers and signs of its components.

        Parameters
        ----------
        arrangement : sequence of int
            For each component which of the present ones it becomes, counted from 1; negative where the sign changes.
        """
        numbers = np.asarray(arrangement)
        return self.reordered(np.abs(numbers) - 1).flipped(np.sign(numbers))

    def flipped(self, signs: NDArray[Any]) -> "Decomposition":
        """Return the same decomposition with components and loadings times these signs (k,)."""
        signs = signs.astype(self.loadings.dtype)
        return replace(self, components=self.components * signs[:, None], loadings=self.loadings * signs)
