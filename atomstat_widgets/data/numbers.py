"""The numbers of a result, with their axes and where they come from, ready to be written to a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.brief import brief


@brief
class Axis(NamedTuple):
    """Name of an axis, what its places stand for, (n,), and the unit of that."""

    name: str
    values: NDArray[Any]
    unit: str = ""


@brief
@dataclass(frozen=True, eq=False)
class Quantity:
    """An array with its axes.

    Attributes
    ----------
    values : array
    axes : tuple of Axis
        One for each axis of the array.
    signal_axes : int
        How many of the last of them HyperSpy calls signal axes; over the others it navigates.
    """

    values: NDArray[Any]
    axes: tuple[Axis, ...]
    signal_axes: int = 2

    def __post_init__(self) -> None:
        expected = tuple(len(axis.values) for axis in self.axes)
        if self.values.shape != expected:
            raise ValueError(f"values of shape {self.values.shape} over axes of {expected}")


@brief
@dataclass(frozen=True, eq=False)
class Numbers:
    """All that is worth keeping of a result.

    Attributes
    ----------
    quantities : mapping of str to Quantity
    tables : mapping of str to mapping of str to array
        Columns (n,) by their title, by the name of the table.
    provenance : mapping
        Program, data, parameters: what JSON knows.
    """

    quantities: Mapping[str, Quantity]
    tables: Mapping[str, Mapping[str, NDArray[Any]]] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Every array by one name: quantities, then their axes, then columns of tables."""
        axes = {axis.name: axis.values for one in self.quantities.values() for axis in one.axes}
        columns = {f"{name}: {title}": values for name, table in self.tables.items() for title, values in table.items()}
        return {**{name: one.values for name, one in self.quantities.items()}, **axes, **columns}


def component_axis(count: int, name: str = "component") -> Axis:
    """Axis that numbers components from 1 on."""
    return Axis(name, np.arange(1, count + 1))
