"""What one run of a sliding-FFT analysis found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.brief import brief
from atomstat_widgets.data import Image
from atomstat_widgets.stat import (
    Decomposition,
    Lattice,
    LowRank,
    PreparedImage,
    WindowGrid,
    WindowSpectra,
)
from atomstat_widgets.stat.windows.areas import has_border, likeness_of
from atomstat_widgets.stat.windows.lattice_window import doubt_of_window


@brief
@dataclass(frozen=True, eq=False)
class SlidingFFTResult:
    """All that one run found.

    Attributes
    ----------
    image : Image
        The data.
    parameters : dict
        What it was asked for with.
    found : Lattice
        Of the image, in its unit of length, with all spots that stand out of the noise.
    lattice : Lattice
        The same with the spots that were used.
    zoom : int
        The centre ``1 / zoom`` of the frequencies was kept.
    spectra : WindowSpectra
    low_rank : LowRank
    decomposition : Decomposition
    coarse : bool
        Whether it is a first impression, with larger steps than asked for.
    arrangement : tuple of int
        For each component which of those computed it is, counted from 1, negative where its sign was changed; empty
        where they are as computed.
    preparation : PreparedImage or None
        What was done to the image before; None where nothing was.
    narrow : bool
        Whether no more components were advised because the next would be nowhere as wide as a window.
    faint : bool
        Whether the last of the components that were advised explains hardly more than noise would.
    """

    analysis: ClassVar = "sliding-fft"

    image: Image
    parameters: dict[str, Any]
    found: Lattice
    lattice: Lattice
    zoom: int
    spectra: WindowSpectra
    low_rank: LowRank
    decomposition: Decomposition
    coarse: bool
    arrangement: tuple[int, ...] = ()
    preparation: PreparedImage | None = None
    narrow: bool = False
    faint: bool = False

    def arranged(self, arrangement: Sequence[int]) -> "SlidingFFTResult":
        """Give components, as they were computed, other numbers and signs, see `arrangement`."""
        return replace(self, decomposition=self.decomposition.arranged(arrangement), arrangement=tuple(arrangement))

    @property
    def settings(self) -> dict[str, int]:
        """Numbers that it was computed with: those asked for, and what was chosen for the others."""
        (window_y, window_x), (step, _) = self.spectra.grid.window, self.spectra.grid.step
        return {
            "window_y": window_y, "window_x": window_x, "step": step, "zoom": self.zoom,
            "n_components": self.decomposition.n_components,
        }  # fmt: skip

    @property
    def remark(self) -> str:
        """What is not final about it, how the image was prepared, what its lattice is, and what is in doubt."""
        return ". ".join(
            ["First impression with larger steps"] * self.coarse
            + [done.words for done in [self.preparation] if done]
            + [self.lattice.words]
            + [self.doubt] * bool(self.doubt)
        )

    @property
    def doubt(self) -> str:
        """What is in doubt about window and components, in a sentence without its full stop; empty where nothing is."""
        grid, components, weights = self.spectra.grid, self.decomposition.components, self.low_rank.weights
        likeness = likeness_of(components, weights) if has_border(self.decomposition.strongest) else None
        guessed = all(self.parameters[name] is None for name in ("window_y", "window_x", "spots"))
        return doubt_of_window(self.lattice, grid, likeness, guessed=guessed) or self._doubt_of_components

    @property
    def _doubt_of_components(self) -> str:
        """What is in doubt where the window suits the lattice, or was set."""
        size, borders = f"a window of {min(self.spectra.grid.window)} px", has_border(self.decomposition.strongest)
        if self.narrow and not self.lattice:  # planes that lie farther apart than a window differ within it, too
            return (
                f"One more component is nowhere as wide as {size}: make it smaller where areas are narrow, or larger "
                "where periods are long"
            )
        if self.narrow and not borders:
            return f"What differs is narrower than {size}: make it smaller, or set the number of components"
        if self.faint and borders:
            return f"Components hardly stand out of the noise in {size}, so that borders are ragged: enlarge it"
        return ""

    @property
    def quality(self) -> str:
        """How good it is, in words."""
        return f"error {self.decomposition.reconstruction_error:.1%}"

    @property
    def components(self) -> NDArray[Any]:
        """Component spectra (k, fy, fx), frequency 0 in the centre."""
        return self.spectra.unfold(self.decomposition.components)

    @property
    def loading_maps(self) -> NDArray[Any]:
        """Loadings (k, ny, nx) of the windows."""
        return self.decomposition.loadings.T.reshape(-1, *self.spectra.grid.shape)

    def spectrum(self, window: int) -> NDArray[Any]:
        """Spectrum (fy, fx) of one window."""
        return self.spectra.unfold(np.asarray(self.spectra.features[window]))

    def maps_at(self, grid: WindowGrid) -> NDArray[Any]:
        """Loadings (k, windows) at the centres of the windows of another grid over the same image."""
        return self.decomposition.loadings[self.spectra.grid.nearest(*grid.centers.T)].T

    @property
    def relative_maps(self) -> NDArray[Any]:
        """Loadings (k, ny, nx) relative to the largest of each component.

        Comparable where the amplitudes are not: noise gives all log spectra a large part in common.
        """
        return self.decomposition.relative_loadings.T.reshape(-1, *self.spectra.grid.shape)

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of the sum of squares that each component has alone, (k,)."""
        return self.decomposition.shares(self.low_rank.total, self.low_rank.weights)

    def agreement(self) -> float:
        """Adjusted Rand index between the true domains and the component that is relatively strongest in each window.

        Hubert & Arabie, J. Classif. 2, 193 (1985). Taken at the centres of the windows: 1 is perfect, 0 is chance.

        Raises
        ------
        ValueError
            The image comes without true domains.
        """
        from sklearn.metrics import adjusted_rand_score

        if self.image.truth is None:
            raise ValueError(f"the true domains of {self.image.name} are not known")
        rows, columns = self.spectra.grid.centers.round().astype(int).T
        return float(adjusted_rand_score(self.image.truth[rows, columns], self.decomposition.strongest))

    def share(self, window: int) -> NDArray[np.float64]:
        """Mixture of components in one window, (k,), summing to 1 (0 where nothing is in it)."""
        loadings = self.decomposition.loadings[window].astype(float)
        total = loadings.sum()
        return np.asarray(loadings / total if total > 0 else loadings)
