"""What a strain analysis found."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.brief import brief
from atomstat_widgets.data import Image
from atomstat_widgets.data.samples.simulation import strain_matrix
from atomstat_widgets.stat import LatticeWaves, Spectrum, StrainMaps
from atomstat_widgets.stat.strain.maps import strain_of

PERCENTILE = 95.0  # of the magnitudes of all strains, where the colours end
AWAY = 4  # times sigma, from where the truth jumps: the Gaussian averages over both sides nearer to it


class Kind(NamedTuple):
    """One of the maps: what it is called, the unit it is shown in, and what a number of it is times in this unit."""

    name: str
    unit: str
    scale: float
    words: str


KINDS = (
    Kind("exx", "%", 100.0, "Strain along x: the lattice is wider where it is positive"),
    Kind("eyy", "%", 100.0, "Strain along y: the lattice is wider where it is positive"),
    Kind("exy", "%", 100.0, "Shear strain, half the change of the angle between x and y"),
    Kind("rotation", "°", 180 / np.pi, "Rotation of the lattice, from x to y: clockwise where it is positive"),
)


@brief
@dataclass(frozen=True, eq=False)
class StrainResult:
    """All that one run found.

    Attributes
    ----------
    image : Image
        The data.
    parameters : dict
        What it was computed with; None stands for what was chosen automatically.
    spectrum : Spectrum
    waves : LatticeWaves
    maps : StrainMaps
    arrangement : tuple of int
        Always empty: there are no components.
    """

    analysis: ClassVar = "strain"

    image: Image
    parameters: dict[str, Any]
    spectrum: Spectrum
    waves: LatticeWaves
    maps: StrainMaps
    arrangement: tuple[int, ...] = ()

    @property
    def quality(self) -> str:
        """How good it is, in words."""
        return f"±{100 * self.maps.spread:.2g} % in the reference"

    @property
    def measured(self) -> float:
        """Share of the pixels that were measured, of those that are not at the border."""
        border = self.waves.border
        return float(self.maps.trusted[border:-border, border:-border].mean())

    @cached_property
    def shown(self) -> NDArray[np.float32]:
        """Maps (4, height, width) in the units of ``KINDS``."""
        scales = np.array([kind.scale for kind in KINDS], np.float32)
        return self.maps.stack * scales[:, None, None]

    def limits(self, percentile: float = PERCENTILE) -> NDArray[np.float64]:
        """Ends (4, 2) of the colours, 0 in the middle: the same for all strains, which can be compared so.

        So many percent of the pixels are within; those beyond are at interfaces and in the cores of dislocations.
        """
        strains, rotation = (
            max(float(np.nanpercentile(np.abs(one), percentile)), 1e-3) for one in (self.shown[:3], self.shown[3])
        )
        high = np.array([strains, strains, strains, rotation])
        return np.stack([-high, high], axis=1)

    @property
    def truth(self) -> NDArray[np.float64]:
        """True exx, eyy, exy and rotation of each domain (k, 4), against the one that the reference is in.

        Raises
        ------
        ValueError
            They are not known.
        """
        known = self.image.metadata.get("strain")
        if self.image.truth is None or known is None:
            raise ValueError(f"the true strain of {self.image.name} is not known")
        top, bottom, left, right = self.maps.reference
        own = int(np.bincount(self.image.truth[top:bottom, left:right].ravel()).argmax())
        matrices = [strain_matrix(*one) for one in known]
        relative = (one @ np.linalg.inv(matrices[own]) for one in matrices)
        return np.array([strain_of(*one.ravel()) for one in relative])

    @cached_property
    def compared(self) -> NDArray[np.bool_]:
        """Pixels (height, width) where the truth can be compared: 4 sigma from other domains, off the border.

        Raises
        ------
        ValueError
            See `truth`; or no pixel is so far away.
        """
        from scipy.ndimage import distance_transform_edt

        labels, border = self.image.truth, self.waves.border
        if labels is None:
            raise ValueError(f"the true strain of {self.image.name} is not known")
        compared = np.zeros(labels.shape, bool)
        for number in np.unique(labels):
            compared |= distance_transform_edt(labels == number) > AWAY * self.waves.sigma
        compared[:border] = compared[-border:] = compared[:, :border] = compared[:, -border:] = False
        if not compared.any():
            raise ValueError(f"no pixel is farther than {AWAY} times the resolution from the borders of domains")
        return compared

    def errors(self) -> NDArray[np.float64]:
        """Root mean square errors (4,) of exx, eyy, exy and rotation, of the pixels `compared` that were measured.

        Raises
        ------
        ValueError
            See `truth` and `compared`; or none of these pixels was measured.
        """
        truth, labels = self.truth, self.image.truth
        assert labels is not None
        compared = self.compared & self.maps.trusted
        if not compared.any():
            raise ValueError("no pixel was measured where the true strain is known")
        off = self.maps.stack[:, compared] - truth[labels[compared]].T
        return np.asarray(np.sqrt((off.astype(np.float64) ** 2).mean(axis=1)))
