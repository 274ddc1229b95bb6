"""Read one image from a file, or take it from an array.

Files other than ``.npy`` go through RosettaSciIO, which is imported at the first such file: it is slow to import.
"""

import gc
import importlib
import math
import mmap
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from atomstat_widgets.arguments import in_blocks
from atomstat_widgets.data.calibration import SPELLINGS, Data
from atomstat_widgets.data.extras import missing_for, what_to_install
from atomstat_widgets.data.guarded.opening import Opening
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.read_error import ReadError, in_words
from atomstat_widgets.data.readers.formats import reads_here
from atomstat_widgets.data.readers.npy import read_npy
from atomstat_widgets.data.readers.paths import is_folder, require_there
from atomstat_widgets.data.readers.pointers import refuse_pointers
from atomstat_widgets.data.readers.quiet import quiet

_COMMON_EXTENSIONS = "npy, npz, tif, png, jpg, dm3, dm4, emd, mrc, ser"

# Read like RosettaSciIO's: pictures instead of by it, the others after it where both know an extension.
_PICTURES = {
    "name": "Image",
    "file_extensions": ("png", "jpg", "jpeg", "bmp"),
    "api": "atomstat_widgets.data.readers.pictures",
}
OWN_PLUGINS = (
    {"name": "HDF5", "file_extensions": ("h5", "hdf5", "hf5"), "api": "atomstat_widgets.data.readers.hdf5"},
    {"name": "Nion Swift", "file_extensions": ("ndata",), "api": "atomstat_widgets.data.readers.nion"},
)

# RosettaSciIO's reader of netCDF runs what stands in an attribute of the file, as Python.
_NEVER_USED = {"netCDF"}

_NO_UNITS = {"", "px", "pixel", "pixels"}

_SQUARE_TOLERANCE = 0.01
_LONGEST_REASON = 300  # characters of what a library says


def load_image(source: Any) -> Image:
    """Load one image.

    Parameters
    ----------
    source : str, pathlib.Path, array or Image
        A file, an array (of numpy, dask or Zarr) of shape (height, width) or (height, width, 3 | 4), or an image, which
        is returned as it is. Of a file with several images the first is taken.

    Returns
    -------
    Image
        Values as stored, rows y and columns x, with the pixel size where the file tells it and pixels are square.

    Raises
    ------
    ReadError
        If the file cannot be read, holds no image, or the values are not real numbers.
    TypeError
        If `source` is of another type.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import load_image
    >>> load_image(np.zeros((64, 48))).sides
    (64, 48)
    """
    if isinstance(source, Image):
        return source
    if isinstance(source, np.ndarray):
        return _image(source, "array")
    if (blocks := as_blocks(source)) is not None:
        return _image(blocks, "array")
    if isinstance(source, str | Path):
        return _load_file(Path(source))
    raise TypeError(f"an image is loaded from a path, a NumPy array or an Image, not from {type(source).__name__}")


def _load_file(path: Path) -> Image:
    if is_folder(path):
        raise ReadError(f"{path.name} is a folder, not an image file")
    require_there(path)
    if not reads_here(path):
        return Opening(path, beside="folder").load("image")
    extension = path.suffix[1:].lower()
    if extension == "npy":
        return _image(read_npy(path), path.name)
    signals = read_signals(path, extension)
    for signal in signals:
        if kind_of(signal) == "image":
            return image_of(signal, path.name)
    raise holds_no("image", signals, path.name)


def image_of(signal: dict[str, Any], name: str) -> Image:
    """Image that a signal is."""
    return with_facts(_image(in_memory_or_blocks(signal["data"], name), name), signal, signal["axes"])


def _image(array: np.ndarray, name: str) -> Image:
    if array.dtype.names is not None and set("RGB") <= set(array.dtype.names):
        array = np.stack([array[colour] for colour in "RGBA" if colour in array.dtype.names], axis=-1)
    require_real(array.dtype, name)
    try:
        return Image(array, name)
    except ValueError as error:
        raise ReadError(str(error)) from error


def as_blocks(source: Any) -> Any:
    """Array of dask or Zarr as one of dask; None of anything else."""
    if not in_blocks(source):
        return None
    from atomstat_widgets.stat.blocks import as_dask  # here, because it takes longer to import than `data`

    return as_dask(source)


def is_mapped(array: Any) -> bool:
    """Whether an array shows a map of a file."""
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return isinstance(array, mmap.mmap)


def in_memory_or_blocks(source: Any, name: str) -> Any:
    """Array in memory, or of dask where the source, of this name, is of dask or Zarr."""
    if isinstance(source, np.ndarray):
        return source
    blocks = as_blocks(source)
    if blocks is not None:
        return blocks
    try:
        return np.asarray(source)
    except OSError as error:  # of an array that stayed in its file
        raise ReadError(f"{name} is truncated or damaged: {in_words(error)}") from error


def require_real(dtype: np.dtype, name: str) -> None:
    """Refuse values that are no real numbers."""
    if dtype.kind == "c":
        raise ReadError(f"{name} holds complex numbers ({dtype}); take the magnitude or the real part first")
    if dtype.kind not in "buif":
        raise ReadError(f"{name} holds no numbers but {dtype}")


def read_signals(path: Path, extension: str, *, lazy: bool = False) -> list[dict[str, Any]]:
    """Read what the file holds; several formats may share an extension, so each of their readers is tried.

    With `lazy`, data are arrays of dask or data sets of HDF5 where the reader can do that.
    """
    from rsciio import IO_PLUGINS

    with quiet():
        refuse_pointers(path)
    plugins = [
        plugin for plugin in (*IO_PLUGINS, *OWN_PLUGINS)
        if extension in (known.lower() for known in plugin["file_extensions"]) and plugin["name"] not in _NEVER_USED
    ]  # fmt: skip
    if extension in _PICTURES["file_extensions"]:
        plugins = [_PICTURES]
    if not plugins:
        shown = f"the extension .{extension} is" if extension else "a name without extension is"
        raise ReadError(f"{path.name}: {shown} not known; known are {_COMMON_EXTENSIONS} and others of RosettaSciIO")
    if missing := missing_for(extension):
        raise ReadError(f"{path.name} needs {missing}")
    signals: list[dict[str, Any]] | None = None
    failures: dict[str, Exception] = {}
    with quiet():
        for plugin in plugins:
            try:
                read = importlib.import_module(plugin["api"]).file_reader
                signals = read(str(path), lazy=True) if lazy and plugin in IO_PLUGINS else read(str(path))
                break
            except ReadError:
                raise
            except Exception as error:  # on a damaged file the readers raise whatever they run into
                failures[plugin["name"]] = error.with_traceback(None)
        if failures:  # some leave the file open, held by objects that hold each other
            gc.collect()
    if signals is not None:
        return signals
    last = list(failures.values())[-1]
    if all(isinstance(failure, ImportError) for failure in failures.values()):
        needed = what_to_install(_reasons(failures)) or f"a package that is not installed ({_reasons(failures)})"
        raise ReadError(f"{path.name} needs {needed}") from last
    if isinstance(last, MemoryError):
        raise ReadError(f"{path.name} needs more memory than there is ({_reasons(failures)})") from last
    # What is not installed was not what is wrong.
    failures = {name: error for name, error in failures.items() if not isinstance(error, ImportError)}
    reasons = _reasons(failures)
    raise ReadError(f"{path.name} is truncated, damaged or of a kind that cannot be read ({reasons})") from last


def _reasons(failures: Mapping[str, Exception]) -> str:
    """What each reader said; where several said the same, the last of them."""
    said = {in_words(error)[:_LONGEST_REASON]: name for name, error in failures.items()}
    return "; ".join(f"{name}: {words}" for words, name in said.items())


def kind_of(signal: dict[str, Any]) -> str | None:
    """Kind of a signal by its axes, of which a file may tell that they are navigated.

    Image, movie, cube, spectra, or patterns: one (of diffraction) at each place of a grid.
    """
    match [bool(axis.get("navigate")) for axis in signal["axes"]]:
        case [False, False]:
            return "image"
        case [True, False, False] | [False, False, False]:
            return "movie"
        case [True, True, False]:
            return "cube"
        case [False] | [True, False]:
            return "spectra"
        case [True, True, False, False]:
            return "patterns"
    return None


def describe(signal: dict[str, Any]) -> str:
    """What a signal is, in words."""
    shape = signal["data"].shape
    navigated = sum(bool(axis.get("navigate")) for axis in signal["axes"])
    match len(shape) - navigated, navigated:
        case 1, 0:
            kind = "a spectrum"
        case 1, _:
            kind = "a spectrum image"
        case 2, 0:
            kind = "an image"
        case 2, _:
            kind = "a stack of images"
        case _:
            kind = "an array"
    return f"{kind} of shape {shape}"


def holds_no(what: str, signals: Sequence[dict[str, Any]], name: str) -> ReadError:
    """Error of a source that was read and has not what was looked for."""
    if not signals:
        return ReadError(f"{name} holds no {what}; it may be truncated")
    return ReadError(f"{name} holds no {what} but {', '.join(dict.fromkeys(map(describe, signals)))}")


def with_facts(data: Data, signal: Mapping[str, Any], axes: Sequence[dict[str, Any]]) -> Data:
    """Add to data what their signal tells: pixel size and offset by its axes y and x, and its metadata."""
    size, unit = pixel_of(signal, axes)
    offset = (0.0, 0.0)
    if size is not None and all(axis["scale"] > 0 and math.isfinite(axis.get("offset") or 0) for axis in axes):
        y, x = (float(axis.get("offset") or 0) * _scale(axis, signal)[0] / axis["scale"] for axis in axes)
        offset = y, x
    return replace(data, pixel_size=size, unit=unit, offset=offset, metadata=dict(signal.get("metadata", {})))


def pixel_of(signal: Mapping[str, Any], axes: Sequence[dict[str, Any]]) -> tuple[float | None, str]:
    """Pixel size and unit by the axes y and x of a signal, (None, "px") where unknown or the pixels are not square."""
    (y, y_unit), (x, x_unit) = (_scale(axis, signal) for axis in axes)
    known = y_unit == x_unit and y_unit not in _NO_UNITS and math.isfinite(x + y) and min(x, y) > 0
    if known and math.isclose(x, y, rel_tol=_SQUARE_TOLERANCE):
        return (x + y) / 2, y_unit
    return None, "px"


def _scale(axis: Mapping[str, Any], signal: Mapping[str, Any]) -> tuple[float, str]:
    scale = abs(float(axis.get("scale") or 0))  # a non-uniform axis has none
    unit = str(axis.get("units") or "").strip()
    if not unit:
        # Of ImageJ's units RosettaSciIO passes on the micron only; the others stand in the description.
        description = str(signal.get("original_metadata", {}).get("ImageDescription"))
        named = re.match(r"ImageJ=.*^unit=(\S+)", description, re.DOTALL | re.MULTILINE)
        unit = named[1] if named else ""
    if unit == "m":
        return 1e9 * scale, "nm"
    return scale, SPELLINGS.get(unit, unit)
