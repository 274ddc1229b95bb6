"""Positions of atoms as they are given: arrays, or tables whose columns have names."""

import numbers
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import LARGEST, array_of

Floats = NDArray[np.float64]

ROW, COLUMN, CLASS = ("row", "y"), ("column", "col", "x"), ("class", "label")
FRAME = "frame"
"""Names that columns may have, in capitals or not."""
_BY_FRAME = "{frame: part[['y', 'x']] for frame, part in table.groupby('frame')}"
# So many different classes, in rising order, are frame numbers.
MOST_CLASSES = 20


def points_of(value: Any, name: str, columns: int = 2, most: int | None = None, *, finite: bool = True) -> Floats:
    """Points: row, column and, where it is known, class.

    Parameters
    ----------
    value : array, (n, 2) or more columns, or table with named columns
        Columns without names are row, column, class. Of a table, as a structured array or a DataFrame is, columns are
        taken by their names: row or y, column or x, and class; others, but for frames, tell nothing about points.
    name : str
        Of the argument, for errors.
    columns : int
        Least number of columns, 2 or 3.
    most : int, optional
        Largest number of columns; any by default.
    finite : bool
        Refuse NaN and infinity.

    Returns
    -------
    array, (n, columns or more), float64

    Raises
    ------
    TypeError, ValueError
        See `array_of`; there are too few columns, or none of the names; a table has frame numbers; a value is not
        finite.
    """
    named = _columns_by_name(value, name)
    if named is None:
        array: Floats = array_of(value, name, dtype=np.float64)
    else:
        array = np.column_stack([array_of(one, name, "(n,)", dtype=np.float64) for one in named])
    if array.size == 0:
        array = array.reshape(0, 3)
    if array.ndim != 2 or array.shape[1] < columns or (most is not None and array.shape[1] > most):
        upper = "more columns" if most is None else f"(n, {most})"
        raise ValueError(f"{name} have shape (n, {columns}) or {upper}, got {array.shape}")
    bad = ~np.isfinite(array).all(axis=1)
    if finite and bad.any():
        raise ValueError(
            f"{bad.sum()} of {len(array)} {name} are not finite, the first is number {np.flatnonzero(bad)[0]}"
        )
    return array


def require_classes(points: Mapping[int, Floats]) -> None:
    """Refuse a third column of points (n, 3), by frame number, that cannot be the class.

    Classes are whole numbers. A column that rises from row to row through many of them, or that is the number of the
    frame in several frames, is that of frame numbers.

    Raises
    ------
    ValueError
        With what a class is, and how points of several frames are given.
    """
    classes = {frame: array[:, 2] for frame, array in points.items() if array.shape[1] > 2 and len(array)}
    for frame, column in classes.items():
        odd = np.flatnonzero(np.isfinite(column) & (column != np.floor(column)))
        if len(odd):
            raise ValueError(
                f"positions of frame {frame} are row, column and class, and a class is a whole number, got "
                f"{column[odd[0]]:g} at number {odd[0]}"
            )
    risen = any(
        (np.diff(column) >= 0).all() and np.count_nonzero(np.diff(column)) >= MOST_CLASSES
        for column in classes.values()
    )
    numbered = len(classes) > 2 and all((column == frame).all() for frame, column in classes.items())
    if risen or numbered:
        raise ValueError(
            "the third column of the positions is that of classes, but looks like frame numbers: positions are row, "
            "column, class, and those of several frames are given by frame number, {0: array, 1: array, ...}"
        )


def parted(table: Any, name: str) -> Any:
    """Rows of a table with named columns, one of them frame, by frame number; anything else as it is.

    Parameters
    ----------
    table : structured array or DataFrame
        As trackpy has them: columns y, x (or row, column) and frame, in any order of rows.
    name : str
        Of the argument, for errors.

    Returns
    -------
    dict of int to array, (n, 2) or with class (n, 3)
        Frames in the order of their numbers, and the rows of each in theirs.

    Raises
    ------
    TypeError, ValueError
        A column is missing, or a frame is no whole number from 0 on: the message names its row.
    """
    if not _has_frames(table):
        return table
    columns = [array_of(one, name, "(n,)", dtype=np.float64) for one in _coordinates(table, name)]
    named = next(one for one in _names_of(table) or () if str(one).lower() == FRAME)
    frames = array_of(table[named], f"frames of the {name}", "(n,)")
    bad = np.flatnonzero(~((frames >= 0) & (frames <= LARGEST) & (frames == np.floor(frames))))
    if len(bad):
        raise ValueError(f"frames of the {name} are whole numbers from 0 on, got {frames[bad[0]]} in row {bad[0]}")
    numbers, counts = np.unique(frames.astype(np.intp), return_counts=True)
    rows = np.column_stack(columns)[np.argsort(frames, kind="stable")]
    return dict(zip(numbers.tolist(), np.split(rows, np.cumsum(counts)[:-1]), strict=False))


def require_by_frame(value: Any, name: str) -> None:
    """Refuse one table of the points of all frames, and what gives none one after the other.

    Raises
    ------
    TypeError
        With how they are given.
    """
    if _names_of(value) is not None:
        raise TypeError(f"{name} are given by frame, got one table: {_BY_FRAME}")
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{name} are arrays by frame number, or one after the other, got {type(value).__name__}")


def _names_of(value: Any) -> list[Any] | None:
    """Names of the columns of a structured array or a DataFrame; None where they have none, or only numbers."""
    names = getattr(getattr(value, "dtype", None), "names", None)
    if names is None and hasattr(value, "columns") and hasattr(value, "to_numpy"):
        names = value.columns
    if names is None or all(isinstance(one, numbers.Integral) for one in names):
        return None
    return list(names)


def _columns_by_name(value: Any, name: str) -> list[Any] | None:
    """Columns row, column and class (if there is one) of a table; None where columns have no names."""
    names = _names_of(value)
    if names is None:
        return None
    if _has_frames(value):
        raise ValueError(f"{name} have a column of frame numbers: give them by frame, {_BY_FRAME}")
    return _coordinates(value, name)


def _has_frames(value: Any) -> bool:
    return FRAME in (str(one).lower() for one in _names_of(value) or ())


def _coordinates(value: Any, name: str) -> list[Any]:
    """Columns row, column and class (if there is one) of a table whose columns have names."""
    names = _names_of(value) or []
    known = {str(one).lower(): one for one in names}
    found = [next((known[one] for one in wanted if one in known), None) for wanted in (ROW, COLUMN, CLASS)]
    if None in found[:2]:
        raise ValueError(f"{name} have columns named row and column, or y and x, got {', '.join(map(str, names))}")
    return [value[one] for one in found if one is not None]
