"""NumPy's own files: .npy with one array, .npz with several by name. Nothing in them is unpickled."""

import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from atomstat_widgets.data.read_error import ReadError, in_words
from atomstat_widgets.data.readers.paths import require_there

_LONGEST_REASON = 300  # characters of what NumPy says


def npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether the first axis varies fastest, and dtype, of a .npy file that is read from its beginning."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(file)


def read_npy(path: Path) -> np.ndarray:
    """Array of a .npy file."""
    try:
        # Not np.load: what is no .npy file it takes for a pickle or a zip archive, and says so.
        with path.open("rb") as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except Exception as error:
        raise _not_numpy(path, error, ".npy") from error


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Arrays of a .npz file by name."""
    require_there(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            arrays = {}
            for name in names:
                with archive.open(name) as file:
                    arrays[name.removesuffix(".npy")] = np.lib.format.read_array(file, allow_pickle=False)
            return arrays
    except Exception as error:
        raise _not_numpy(path, error, ".npz") from error


def _not_numpy(path: Path, error: Exception, kind: str) -> ReadError:
    if "Object arrays cannot be loaded" in str(error):
        return ReadError(
            f"{path.name} holds pickled Python objects; it is not opened, because unpickling could run code"
        )
    if isinstance(error, MemoryError):
        return ReadError(f"{path.name} needs more memory than there is: {error}")
    why = "its header is damaged" if "max_header_size" in str(error) else in_words(error)[:_LONGEST_REASON]
    return ReadError(f"{path.name} is truncated, damaged or not a {kind} file: {why}")
