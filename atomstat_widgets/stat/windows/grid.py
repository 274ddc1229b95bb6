"""Where the sliding windows lie."""

import reprlib
from dataclasses import dataclass
from functools import cached_property
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, whole_of
from atomstat_widgets.brief import brief

SMALLEST_WINDOW = 4

Pair = SupportsIndex | tuple[SupportsIndex, SupportsIndex]
"""One number for both directions, or (rows, columns)."""


@brief
@dataclass(frozen=True)
class WindowGrid:
    """Windows laid over an image at regular steps, from its top left corner on.

    Parameters
    ----------
    image_shape : (int, int)
        Height and width of the image, in pixels.
    window, step : int or (int, int)
        Size of a window and distance between windows, in pixels: one number, or (rows, columns).
        Kept as pairs.

    Raises
    ------
    TypeError
        A size is not a whole number.
    ValueError
        A window is smaller than 4 pixels or larger than the image, or a step is smaller than 1.
    """

    image_shape: tuple[int, int]
    window: tuple[int, int]
    step: tuple[int, int]

    def __init__(self, image_shape: tuple[int, int], window: Pair, step: Pair) -> None:
        object.__setattr__(self, "image_shape", _pair(image_shape, "image_shape"))
        object.__setattr__(self, "window", _pair(window, "window"))
        object.__setattr__(self, "step", _pair(step, "step"))
        for axis, size, length, stride in zip(
            ("rows", "columns"), self.window, self.image_shape, self.step, strict=True
        ):
            if size < SMALLEST_WINDOW:
                raise ValueError(f"a window has at least {SMALLEST_WINDOW} {axis}, got {size}")
            if size > length:
                raise ValueError(f"the window is larger than the image: {size} {axis} against {length}")
            if stride < 1:
                raise ValueError(f"the step is at least 1 pixel, got {stride} {axis}")

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Number of windows along y and along x."""
        ny, nx = (
            (length - size) // stride + 1
            for length, size, stride in zip(self.image_shape, self.window, self.step, strict=True)
        )
        return ny, nx

    @property
    def count(self) -> int:
        """Number of windows."""
        return self.shape[0] * self.shape[1]

    @cached_property
    def corners(self) -> NDArray[np.intp]:
        """First row and column of each window, (count, 2), the windows in reading order."""
        return np.indices(self.shape).reshape(2, -1).T * self.step

    @cached_property
    def axes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Centres of the windows along y and along x, (ny,) and (nx,), in pixels; pixel 0 has its centre at 0."""
        y, x = (
            np.arange(n, dtype=np.float64) * stride + (size - 1) / 2
            for n, stride, size in zip(self.shape, self.step, self.window, strict=True)
        )
        return y, x

    @cached_property
    def centers(self) -> NDArray[np.float64]:
        """Centre (y, x) of each window, (count, 2), in pixels, the windows in reading order."""
        return np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1).reshape(-1, 2)

    def require(self, n_components: int) -> None:
        """Raise a ValueError or TypeError when there are fewer windows than components, or no such number of them."""
        n_components = whole_of(n_components, "n_components", minimum=1)
        if self.count < n_components:
            raise ValueError(
                f"{n_components} components need at least {n_components} windows, and {self.count} fit the image: "
                "make the window or the step smaller"
            )

    def nearest(self, y: ArrayLike, x: ArrayLike) -> NDArray[np.intp]:
        """Index of the window whose centre is nearest to points (y, x) of the image, in pixels; y and x broadcast."""
        row, column = (
            np.clip(np.rint((array_of(at, name, finite=True) - (size - 1) / 2) / stride), 0, n - 1).astype(np.intp)
            for at, name, size, stride, n in zip((y, x), "yx", self.window, self.step, self.shape, strict=True)
        )
        return np.asarray(row * self.shape[1] + column)


def automatic_window(length: int) -> int:
    """Window size for an image side: the power of two at or below side // 8, between 32 and 128 (AtomAI's rule).

    A side shorter than 32 pixels gets the power of two that fits.

    Raises
    ------
    TypeError, ValueError
        The side is no whole number of pixels, 1 or more.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> stat.automatic_window(512)
    64
    """
    length = whole_of(length, "length", minimum=1)
    size = min(max(length // 8, 32), 128, length)
    return int(2 ** (size.bit_length() - 1))


def _pair(value: object, name: str) -> tuple[int, int]:
    several = isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.ndim > 0)
    values = tuple(value) if several else (value, value)  # type: ignore[arg-type]
    if len(values) != 2:
        raise ValueError(f"{name} is one number or a pair (rows, columns), got {reprlib.repr(value)}")
    rows, columns = (whole_of(one, name, words="given in whole pixels") for one in values)
    return rows, columns
