"""The spectrum image that is unmixed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from atomstat_widgets.arguments import array_of, instance_of
from atomstat_widgets.brief import brief
from atomstat_widgets.data.numbers import Axis
from atomstat_widgets.data.scaled import Scaled
from atomstat_widgets.data.source import Source


@brief
@dataclass(frozen=True, eq=False)
class CubeTruth:
    """What a simulated spectrum image was made with.

    Attributes
    ----------
    endmembers : array, (k, channels)
        Spectra of the pure substances, each of sum 1.
    abundances : array, (height, width, k)
        Share of each in each pixel.
    names : tuple of str
        Of the substances.
    """

    endmembers: np.ndarray
    abundances: np.ndarray
    names: tuple[str, ...]


@brief
@dataclass(frozen=True, eq=False)
class Cube(Scaled):
    """A spectrum in each pixel. Rows are y, columns are x.

    Attributes
    ----------
    array : array, of numpy or dask, (height, width, channels)
    name : str
        What to call it on screen.
    pixel_size : float or None
        Edge of a (square) pixel in `unit`, None where unknown.
    unit : str
        Unit of `pixel_size`, "px" where that is unknown.
    energies : array, (channels,), or None
        What the channels stand for, increasing; None where unknown.
    energy_unit : str
        Unit of `energies`, "channel" where these are unknown.
    truth : CubeTruth or None
        Of a simulated sample.
    source : Source or None
        How to load or simulate it again, None where that is not known.
    offset : (float, float)
        Place of the first pixel along y and x, in `unit`.
    metadata : mapping
        What else its file tells, as RosettaSciIO orders it.
    whole : Whole or None
        What it is a sample of, None where it is all.

    Raises
    ------
    TypeError, ValueError
        If the array is no spectrum image, or not of real numbers, or one of the others is not as above or does not fit
        it.
    """

    array: np.ndarray
    name: str = "array"
    pixel_size: float | None = None
    unit: str = "px"
    energies: np.ndarray | None = None
    energy_unit: str = "channel"
    truth: CubeTruth | None = None
    source: Source | None = None
    offset: tuple[float, float] = (0.0, 0.0)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    whole: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "array", array_of(self.array, f"{self.name}: array", stored=True))
        shape = self.array.shape
        if len(shape) != 3 or 0 in shape:
            raise ValueError(f"{self.name}: a spectrum image is (height, width, channels), not of shape {shape}")
        self._check_scale()
        instance_of(self.energy_unit, f"{self.name}: energy_unit", str)
        if self.energies is not None:
            object.__setattr__(self, "energies", array_of(self.energies, f"{self.name}: energies"))
            if np.shape(self.energies) != shape[2:]:
                raise ValueError(
                    f"{self.name}: {shape[2]} channels have as many energies, not {np.shape(self.energies)}"
                )
            if not np.isfinite(self.energies).all() or (np.diff(self.energies) <= 0).any():
                raise ValueError(f"{self.name}: energies are finite and increase")
        if self.truth is not None:
            k = len(self.truth.names)
            expected = (k, shape[2]), (*shape[:2], k)
            if (self.truth.endmembers.shape, self.truth.abundances.shape) != expected:
                raise ValueError(
                    f"{self.name}: the truth has endmembers of shape {self.truth.endmembers.shape} and abundances of "
                    f"{self.truth.abundances.shape}, not {expected[0]} and {expected[1]}"
                )

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        return self.array.shape[0], self.array.shape[1]

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Axes y, x and energy, with names, units and what each place stands for."""
        return (*super().axes, Axis("energy", self.axis, self.energy_unit))

    @property
    def axis(self) -> np.ndarray:
        """Energies of the channels, or their numbers where these are unknown, (channels,)."""
        return np.arange(self.array.shape[2], dtype=float) if self.energies is None else np.asarray(self.energies)
