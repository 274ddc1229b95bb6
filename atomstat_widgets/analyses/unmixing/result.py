"""What one run of a spectral unmixing found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from atomstat_widgets.analyses.unmixing.methods import METHODS
from atomstat_widgets.brief import brief
from atomstat_widgets.data import Cube
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS, most_components
from atomstat_widgets.reactive.methods import Method
from atomstat_widgets.stat import (
    LowRank,
    Unmixing,
    explained_variance_ratio,
    take_spectra,
)


@brief
@dataclass(frozen=True, eq=False)
class UnmixingResult:
    """All that one run found.

    Attributes
    ----------
    cube : Cube
        The data.
    parameters : dict
        What it was computed with.
    low_rank : LowRank
        Factor of the scaled spectra.
    unmixing : Unmixing
        Components, abundances and residuals.
    arrangement : tuple of int
        For each component which of those computed it is, counted from 1, negative where its sign was changed; empty
        where they are as computed.
    """

    analysis: ClassVar = "unmix"

    cube: Cube
    parameters: dict[str, Any]
    low_rank: LowRank
    unmixing: Unmixing
    arrangement: tuple[int, ...] = ()

    def arranged(self, arrangement: Sequence[int]) -> "UnmixingResult":
        """Give components, as they were computed, other numbers and signs, see `arrangement`."""
        decomposition = self.unmixing.decomposition.arranged(arrangement)
        return replace(
            self, unmixing=replace(self.unmixing, decomposition=decomposition), arrangement=tuple(arrangement)
        )

    @property
    def quality(self) -> str:
        """How good it is, in words."""
        return f"error {self.unmixing.decomposition.reconstruction_error:.1%}"

    @property
    def method(self) -> Method:
        """What it was computed by."""
        return METHODS[self.parameters["method"]]

    @property
    def signed(self) -> bool:
        """Whether components and abundances have both signs."""
        return self.method.signed

    @property
    def energies(self) -> NDArray[np.float64]:
        """What the channels that were used stand for, (channels,)."""
        axis = self.cube.axis
        return np.asarray(np.interp(self.unmixing.spectra.channels, np.arange(len(axis)), axis))

    @property
    def map_axes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rows (height,) and columns (width,) of the cube that the pixels of the maps are centred on."""
        sides, bins = self.unmixing.spectra.map_shape, self.parameters["bins"]
        y, x = (np.arange(side) * every + (every - 1) / 2 for side, every in zip(sides, bins, strict=True))
        return y, x

    @property
    def map_sides(self) -> tuple[int, int]:
        """Rows and columns of the cube that the maps cover: what binning left over at the end is not in them."""
        (height, width), bins = self.unmixing.spectra.map_shape, self.parameters["bins"]
        return height * bins[0], width * bins[1]

    @property
    def most_components(self) -> int:
        """Largest number of components that advice is given for."""
        return most_components(self.low_rank)

    @property
    def variance(self) -> NDArray[np.float64]:
        """Share of the sum of squares, or of the variance, that each singular vector explains, (MAX_COMPONENTS,)."""
        return explained_variance_ratio(self.low_rank)[:MAX_COMPONENTS]

    def score(self) -> tuple[float, float]:
        """Mean spectral angle to the true endmembers in degrees, best matched, and RMSE of the abundances as shares.

        Raises
        ------
        ValueError
            The true endmembers are not known, or there are fewer components than endmembers.
        """
        truth, unmixing = self.cube.truth, self.unmixing
        if truth is None:
            raise ValueError(f"the true endmembers of {self.cube.name} are not known")
        k = len(truth.endmembers)
        if unmixing.decomposition.n_components < k:
            raise ValueError(f"{k} {self.method.words.parts} are the true number")
        channels = np.arange(truth.endmembers.shape[1])
        true = np.array([np.interp(unmixing.spectra.channels, channels, one) for one in truth.endmembers])
        units = [rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-30)
                 for rows in (true, unmixing.components)]  # fmt: skip
        angles = np.degrees(np.arccos(np.clip(units[0] @ units[1].T, -1, 1)))
        own, partner = linear_sum_assignment(angles)
        amounts = (unmixing.decomposition.loadings * unmixing.components.sum(axis=1))[:, partner]
        total = amounts.sum(axis=1, keepdims=True)
        amounts = np.divide(amounts, total, out=np.zeros_like(amounts), where=total > 0)
        shares = take_spectra(truth.abundances, binning=(*self.parameters["bins"], 1)).values
        wanted = shares[unmixing.spectra.pixels]
        return float(angles[own, partner].mean()), float(np.sqrt(np.mean((amounts - wanted) ** 2)))


def align(found: UnmixingResult, shown: UnmixingResult) -> UnmixingResult:
    """Give components the numbers and signs that they have in what is shown, where the two can be compared."""
    old, new = shown.unmixing, found.unmixing
    before, after = old.components, new.components
    if before.shape[1] != after.shape[1]:
        if not np.array_equal(old.spectra.pixels, new.spectra.pixels):
            return found
        before, after = old.decomposition.loadings.T, new.decomposition.loadings.T
    return found.arranged(found.method.arrangement(before, after))
