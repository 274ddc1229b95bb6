"""What images, movies and spectrum images share: pixels of a known size, at a known place."""

from typing import Any

import numpy as np

from atomstat_widgets.arguments import array_of, instance_of, number_of
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
        return self.offset[0] + array_of(pixels, "pixels", dtype=np.float64) * (self.pixel_size or 1.0)

    def along_x(self, pixels: Any) -> Any:
        """Places of columns in `unit`, or as they are where the pixel size is not known."""
        return self.offset[1] + array_of(pixels, "pixels", dtype=np.float64) * (self.pixel_size or 1.0)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Axes y and x, with names, units and the place of each pixel."""
        height, width = self.sides
        return (
            Axis("y", self.along_y(np.arange(height)), self.unit),
            Axis("x", self.along_x(np.arange(width)), self.unit),
        )

    def _check_scale(self) -> None:
        instance_of(self.name, "name", str)
        instance_of(self.unit, f"{self.name}: unit", str)
        if self.pixel_size is not None:
            size = number_of(self.pixel_size, f"{self.name}: pixel_size", above=0, words="a positive finite number")
            object.__setattr__(self, "pixel_size", size)
        if not isinstance(self.offset, tuple) or len(self.offset) != 2:
            raise ValueError(f"{self.name}: offset is two finite numbers, y and x, not {self.offset!r}")
        words = "two finite numbers, y and x"
        offset = tuple(number_of(one, f"{self.name}: offset", words=words) for one in self.offset)
        object.__setattr__(self, "offset", offset)
        if self.pixel_size is None and any(self.offset):
            raise ValueError(f"{self.name}: an offset needs a pixel_size, to be in its unit")
