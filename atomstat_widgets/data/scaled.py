"""What images, movies and spectrum images share: pixels of a known size, at a known place."""

import math
from typing import Any

import numpy as np

from atomstat_widgets.data.numbers import Axis


class Scaled:
    """Data over pixels, each pixel a square of edge `pixel_size` (in `unit`); the first has its centre at `offset`."""

    name: str
    pixel_size: float | None
    unit: str
    offset: tuple[float, float]

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        raise NotImplementedError

    def along_y(self, pixels: Any) -> Any:
        """Places of rows in `unit`, or as they are where the pixel size is not known."""
        return self.offset[0] + np.asarray(pixels) * (self.pixel_size or 1.0)

    def along_x(self, pixels: Any) -> Any:
        """Places of columns in `unit`, or as they are where the pixel size is not known."""
        return self.offset[1] + np.asarray(pixels) * (self.pixel_size or 1.0)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Axes y and x, with names, units and the place of each pixel."""
        height, width = self.sides
        return (
            Axis("y", self.along_y(np.arange(height)), self.unit),
            Axis("x", self.along_x(np.arange(width)), self.unit),
        )

    def _check_scale(self) -> None:
        if self.pixel_size is not None and not (math.isfinite(self.pixel_size) and self.pixel_size > 0):
            raise ValueError(f"{self.name}: pixel_size must be a positive finite number, not {self.pixel_size}")
        if len(self.offset) != 2 or not all(math.isfinite(one) for one in self.offset):
            raise ValueError(f"{self.name}: offset is two finite numbers, y and x, not {self.offset}")
        if self.pixel_size is None and any(self.offset):
            raise ValueError(f"{self.name}: an offset needs a pixel_size, to be in its unit")
