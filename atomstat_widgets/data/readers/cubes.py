"""Read a spectrum image from a file, or take it from an array."""

from pathlib import Path
from typing import Any

import numpy as np

from atomstat_widgets.data.cube import Cube
from atomstat_widgets.data.guarded.opening import Opening
from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.data.readers.formats import reads_here
from atomstat_widgets.data.readers.images import (
    as_blocks,
    holds_no,
    in_memory_or_blocks,
    kind_of,
    read_signals,
    require_real,
    with_facts,
)
from atomstat_widgets.data.readers.npy import read_npy
from atomstat_widgets.data.readers.paths import is_folder, require_there


def load_cube(source: Any) -> Cube:
    """Load a spectrum image.

    Parameters
    ----------
    source : path, array or Cube
        A .npy file or an array, of numpy, dask or Zarr, of shape (height, width, channels); any other file in which
        RosettaSciIO finds spectra over two axes, of which the first such signal is taken; or a Cube, which is returned
        as it is.

    Returns
    -------
    Cube
        Values as stored, with pixel size and energies where the file tells them.

    Raises
    ------
    ReadError
        If there is no spectrum image to be read, or the values are not real numbers.
    TypeError
        If `source` is of another type.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import load_cube
    >>> load_cube(np.zeros((8, 6, 20))).sides
    (8, 6)
    """
    if isinstance(source, Cube):
        return source
    if isinstance(source, np.ndarray):
        return _cube(source, "array")
    if (blocks := as_blocks(source)) is not None:
        return _cube(blocks, "array")
    if isinstance(source, str | Path):
        path = Path(source)
        if is_folder(path):
            raise ReadError(f"{path.name} is a folder, not a spectrum image")
        require_there(path)
        return _cube(read_npy(path), path.name) if path.suffix.lower() == ".npy" else _from_file(path)
    raise TypeError(f"a spectrum image is loaded from a path, an array or a Cube, not from {type(source).__name__}")


def _from_file(path: Path) -> Cube:
    if not reads_here(path):
        return Opening(path, beside="folder").load("cube")
    signals = read_signals(path, path.suffix[1:].lower())
    for signal in signals:
        if kind_of(signal) in ("cube", "spectra"):
            return cube_of(signal, path.name)
    raise holds_no("spectrum image", signals, path.name)


def cube_of(signal: dict[str, Any], name: str) -> Cube:
    """Spectrum image that a signal is; spectra along a line are one row of it, a single one is one pixel."""
    *places, energy = signal["axes"]
    array = in_memory_or_blocks(signal["data"], name)
    cube = _cube(array.reshape(1, *(1, *array.shape)[-2:]) if array.ndim < 3 else array, name, *_energies(energy))
    return with_facts(cube, signal, [places[0], places[-1]]) if places else cube


def _energies(axis: dict[str, Any]) -> tuple[np.ndarray | None, str]:
    """Energies of the channels and their unit; None where the file does not tell them, or they do not increase."""
    unit = str(axis.get("units") or "").strip()
    if "axis" in axis:
        energies = np.asarray(axis["axis"], float)
    else:
        energies = float(axis.get("offset") or 0) + float(axis.get("scale") or 0) * np.arange(axis["size"])
    known = unit and np.isfinite(energies).all() and (np.diff(energies) > 0).all()
    return (energies, unit) if known else (None, "channel")


def _cube(array: np.ndarray, name: str, energies: np.ndarray | None = None, energy_unit: str = "channel") -> Cube:
    require_real(array.dtype, name)
    try:
        return Cube(array, name, energies=energies, energy_unit=energy_unit)
    except ValueError as error:
        raise ReadError(str(error)) from error
