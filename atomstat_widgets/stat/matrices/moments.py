"""Means of columns and products of deviations from them, summed block of rows by block of rows.

No large number is subtracted from a large one: deviations are taken within each block from its own mean, and blocks
are put together by the difference of their means (Chan, Golub & LeVeque, Am. Stat. 37, 242 (1983)).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.brief import brief

Floats = NDArray[np.float64]

SAFE_EXPONENT = 20  # of two: so large or small, the products of deviations are far from where float32 ends
ROUNDING = 1e-15  # of the mean: deviations that are no larger are none
LEAST, MOST = 1e-280, 1e280  # of sums of squares: beyond, digits are lost


@brief
@dataclass(frozen=True)
class Standard:
    """How rows become numbers that are safe to multiply: ``x - mean`` is ``(deviations - rest) unit``.

    Attributes
    ----------
    origin, unit, rest : array, (columns,)
        In the precision of the deviations. The origin is the mean but for rounding, which the rest makes up for; units
        are powers of two, so that scaled data give the same digits.
    """

    origin: NDArray[Any]
    unit: NDArray[Any]
    rest: NDArray[Any]

    def deviations(self, rows: Any) -> NDArray[Any]:
        """``(rows - origin) / unit`` of some rows (n, columns); the rows themselves where that is the same."""
        deviations: NDArray[Any] = np.asarray(rows, self.unit.dtype)
        if self.origin.any():
            deviations = deviations - self.origin
        return deviations if (self.unit == 1).all() else deviations / self.unit

    @property
    def changes(self) -> bool:
        """Whether deviations are other numbers than rows."""
        return bool(self.origin.any() or (self.unit != 1).any())

    def done(self) -> "Standard":
        """Standard of what are deviations already."""
        return Standard(np.zeros_like(self.origin), np.ones_like(self.unit), self.rest)

    def scale(self, weights: Floats) -> tuple[NDArray[Any], int]:
        """Scale of each column (columns,), times two to the power of a number, of the deviations in a weighted norm."""
        scale = np.sqrt(weights) * self.unit.astype(np.float64)
        exponent = int(np.frexp(scale.max())[1])
        return np.ldexp(scale, -exponent).astype(self.unit.dtype), exponent


@brief
@dataclass(frozen=True)
class Moments:
    """Sums over rows of a matrix. Where values are not finite, only the number of these is right.

    Attributes
    ----------
    rows : int
        How many.
    bad : int
        Number of values that are not finite.
    mean : array, (columns,)
        What deviations are from: the mean row, or 0.
    squares : array, (columns,)
        Sums of squared deviations.
    products : array, (columns, m), or None
        Gram matrix of the deviations, or that times m vectors.
    vectors : array, (columns, m), or None
        These.
    """

    rows: int
    bad: int
    mean: Floats
    squares: Floats
    products: Floats | None = None
    vectors: Floats | None = None

    def __add__(self, other: "Moments") -> "Moments":
        rows = self.rows + other.rows
        apart = other.mean - self.mean
        spread = self.rows * other.rows / rows
        products = self.products
        if products is not None and other.products is not None:
            products = products + other.products
            if apart.any():
                products += np.outer(spread * apart, apart if self.vectors is None else apart @ self.vectors)
        return Moments(
            rows,
            self.bad + other.bad,
            self.mean + other.rows / rows * apart,
            self.squares + other.squares + spread * apart**2,
            products,
            self.vectors,
        )

    def total(self, weights: Floats) -> float:
        """Weighted sum of all squared deviations.

        Raises
        ------
        ValueError
            Values are not finite, or too large for their squares; there are no deviations.
        """
        if self.bad:
            raise ValueError(f"{self.bad} of {self.rows * len(self.mean)} values are NaN or infinite")
        total = float(self.squares @ weights)
        if not total < MOST:
            raise ValueError("values beyond 1e140 have squares that are beyond float64: scale the matrix down")
        apart = self._sizes > ROUNDING * np.abs(self.mean)
        if total < LEAST or not apart[weights > 0].any():
            alike = "all rows are equal" if self.mean.any() else "the matrix is zero"
            raise ValueError(f"{alike}, or below 1e-140 by the weights: there is nothing to factorize in the values")
        return total

    def standard(self, dtype: Any) -> Standard:
        """Standard for float32 or float64."""
        origin, unit = self.mean.astype(dtype), _unit(self._sizes)
        return Standard(origin, unit.astype(dtype), ((self.mean - origin) / unit).astype(dtype))

    @property
    def _sizes(self) -> Floats:
        return np.sqrt(self.squares / self.rows)


def moments(block: NDArray[Any], *, center: bool) -> tuple[Moments, Standard, NDArray[Any]]:
    """Moments of some rows (rows, columns) in float32 or float64, their own standard, and their deviations by it.

    Deviations are from the mean row with `center`, or else from 0.
    """
    rows, columns = block.shape
    origin, rest, deviations = np.zeros(columns, block.dtype), np.zeros(columns), block
    with np.errstate(over="ignore", invalid="ignore"):  # told by the squares
        if center:
            origin = block.mean(axis=0, dtype=np.float64).astype(block.dtype)
            deviations = block - origin
            rest = (np.full(rows, 1 / rows, block.dtype) @ deviations).astype(np.float64)
        squares = np.einsum("ij,ij->j", deviations, deviations, dtype=np.float64) - rows * rest**2
    bad = 0 if np.isfinite(squares).all() else int((~np.isfinite(block)).sum())
    if bad:
        origin, rest, squares = (np.zeros_like(values) for values in (origin, rest, squares))
    found = Moments(rows, bad, origin + rest, np.maximum(squares, 0))
    unit = _unit(found._sizes)
    if (unit != 1).any():
        deviations = deviations / unit.astype(block.dtype)
    return found, Standard(origin, unit.astype(block.dtype), (rest / unit).astype(block.dtype)), deviations


def moments_and_products(block: NDArray[Any], vectors: Floats | None, *, center: bool) -> Moments:
    """Moments of some rows with their Gram matrix, or that times vectors, in the precision of the rows.

    The rows are few enough for the sums to keep that.
    """
    found, standard, deviations = moments(block, center=center)
    rest, unit = standard.rest.astype(np.float64), standard.unit.astype(np.float64)[:, None]
    with np.errstate(over="ignore", invalid="ignore"):  # told by the squares
        if vectors is None:
            products = (deviations.T @ deviations - found.rows * np.outer(rest, rest)) * unit * unit[:, 0]
        else:
            scaled = vectors * unit
            exponent = int(np.frexp(np.abs(scaled).max())[1])
            scaled = np.ldexp(scaled, -exponent)
            products = deviations.T @ (deviations @ scaled.astype(block.dtype))
            products = np.ldexp(unit, exponent) * (products - found.rows * np.outer(rest, rest @ scaled))
    return replace(found, products=products, vectors=vectors)


def _unit(sizes: Floats) -> Floats:
    """Power of two of each size; 1 for all where none is far from 1."""
    exponents = np.where((sizes > 0) & (sizes < np.inf), np.frexp(sizes)[1] - 1, 0)
    return np.ldexp(1.0, exponents if (np.abs(exponents) > SAFE_EXPONENT).any() else np.zeros_like(exponents))
