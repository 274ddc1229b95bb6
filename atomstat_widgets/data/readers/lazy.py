"""Files as arrays of dask: opened at once, read block by block where and when these are computed.

A block names its file and reads its own part of it, so that any process that sees the file can.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from atomstat_widgets.data.extras import what_to_install
from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.data.readers.images import as_blocks
from atomstat_widgets.data.readers.movies import TiffFrames, open_npy, tiff_frames
from atomstat_widgets.data.readers.quiet import quiet

LARGE = 2**32  # bytes of a file that is better not read at once
STORED = {".npy", ".tif", ".tiff", ".zarr"}  # as one array, without signals to choose from


def is_large(path: Path) -> bool:
    """Whether a file is better not read at once."""
    return path.is_file() and path.stat().st_size > LARGE


def lazy_array(path: Path) -> Any:
    """Array of a .npy, .tif or .zarr file.

    Raises
    ------
    ReadError
        It cannot be read, or zarr is needed for that, which comes with ``atomstat-widgets[zarr]``, and not installed.
    """
    import dask.array as da

    try:
        if path.suffix.lower() == ".zarr":
            return da.from_zarr(str(path))
        with quiet(), _open_parts(path) as stored:
            shape, dtype, natural = stored.shape, stored.dtype, getattr(stored, "chunks", None)
        whole_frames = natural or (1, *shape[1:]) if len(shape) > 2 else natural
        chunks = da.core.normalize_chunks("auto", shape, dtype=dtype, previous_chunks=whole_frames)
        empty = np.empty((0,) * len(shape), dtype)
        return da.map_blocks(_part, str(path), chunks=chunks, dtype=dtype, meta=empty)
    except ReadError:
        raise
    except ImportError as error:
        needed = what_to_install(error) or f"a package that is not installed ({error})"
        raise ReadError(f"{path.name} needs {needed} to be read in parts") from error
    except Exception as error:  # whatever the libraries run into
        raise ReadError(f"{path.name} is truncated, damaged or of a kind not read in parts: {error}") from error


def lazy_signal(signal: dict[str, Any]) -> dict[str, Any]:
    """Signal with its data as an array of dask, where they are a data set of HDF5 or in memory."""
    import dask.array as da

    blocks = as_blocks(signal["data"])
    return {**signal, "data": da.from_array(signal["data"]) if blocks is None else blocks}


@contextmanager
def _open_parts(path: Path) -> Iterator[Any]:
    """What gives parts of a file: an array in it, frames of a stack or, of any other tif file, its first series."""
    if path.suffix.lower() == ".npy":
        yield open_npy(path)
    elif (frames := tiff_frames(path)) is not None:
        yield frames
    else:
        import tifffile
        import zarr

        with tifffile.imread(path, aszarr=True) as store:
            yield zarr.open_array(store, mode="r")


def _part(path: str, block_info: Any = None) -> np.ndarray:
    """Part of a file that a block holds."""
    first, *rest = (slice(*ends) for ends in block_info[None]["array-location"])
    with quiet(), _open_parts(Path(path)) as stored:
        if isinstance(stored, TiffFrames):
            return np.stack([stored[number] for number in range(first.start, first.stop)])[:, *rest]
        return np.array(stored[first, *rest])
