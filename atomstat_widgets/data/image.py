"""The image that every panel works on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from atomstat_widgets.arguments import array_of
from atomstat_widgets.brief import brief
from atomstat_widgets.data.scaled import Scaled
from atomstat_widgets.data.source import Source
from atomstat_widgets.points import points_of, require_classes


@brief
@dataclass(frozen=True, eq=False)
class Image(Scaled):
    """One image with what is known of its scale. Rows are y, columns are x.

    Only the structure is checked here; whether the values can be analysed (NaN, constant images) is for the analysis.

    Attributes
    ----------
    array : array, of numpy or dask
        (height, width), or (height, width, 3 | 4) where the last axis is red, green, blue (, alpha).
    name : str
        What to call the image on screen: a file name, a sample's title.
    pixel_size : float or None
        Edge of a (square) pixel in `unit`, None where unknown.
    unit : str
        Unit of `pixel_size`, "px" where that is unknown.
    truth : numpy.ndarray or None
        (height, width) integer domain labels of a simulated sample.
    atoms : numpy.ndarray or None
        (n, 2) row and column in pixels, or (n, 3) with class, of atoms that were found elsewhere.
    channels : numpy.ndarray or None
        (height, width, channels) what a neural network made of the image.
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
        If the array is no image, or not of real numbers, the pixel size is not a positive finite number, or one of the
        others does not fit the array.
    """

    array: np.ndarray
    name: str = "array"
    pixel_size: float | None = None
    unit: str = "px"
    truth: np.ndarray | None = None
    atoms: np.ndarray | None = None
    channels: np.ndarray | None = None
    source: Source | None = None
    offset: tuple[float, float] = (0.0, 0.0)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    whole: Any = None

    def __post_init__(self) -> None:
        for name in ("array", "truth", "channels"):
            value = getattr(self, name)
            if name == "array" or value is not None:
                object.__setattr__(self, name, array_of(value, f"{self.name}: {name}", stored=True))
        shape = self.array.shape
        if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (3, 4)):
            raise ValueError(
                f"{self.name}: an image is (height, width) or (height, width, 3 or 4 colours), not of shape {shape}"
            )
        if self.array.size == 0:
            raise ValueError(f"{self.name}: the image has no pixels, its shape is {shape}")
        self._check_scale()
        if self.truth is not None and self.truth.shape != shape[:2]:
            raise ValueError(f"{self.name}: truth has shape {self.truth.shape}, the image {shape[:2]}")
        if self.truth is not None and self.truth.dtype.kind not in "iu":
            raise ValueError(f"{self.name}: truth must hold integer labels, not {self.truth.dtype}")
        if self.atoms is not None:
            atoms = points_of(self.atoms, f"atoms of {self.name}", most=3, finite=False)
            require_classes({0: atoms})
            object.__setattr__(self, "atoms", atoms)
        if self.channels is not None and (self.channels.ndim != 3 or self.channels.shape[:2] != shape[:2]):
            raise ValueError(
                f"{self.name}: channels have shape (height, width, channels) over the image's {shape[:2]}, not "
                f"{self.channels.shape}"
            )

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        return self.array.shape[0], self.array.shape[1]
