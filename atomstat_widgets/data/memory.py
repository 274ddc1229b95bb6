"""What a session may take of the machine's memory, where that is shared, and which files would take more."""

import math
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from atomstat_widgets.unwarned import unwarned

VARIABLE = "ATOMSTAT_MEMORY"  # how the server names the memory of a session, in MB, to its kernel

BASE = 250_000_000  # bytes that a session takes with the embedded sample
# Bytes that sliding FFT takes a value, whatever type it has in the file: measured on images of 17 and of 67 million
# pixels. Other analyses may take more; there `limit_memory` holds.
PER_VALUE = 24


def session_memory() -> int | None:
    """Bytes that this session may take, or None where that is not limited."""
    megabytes = os.environ.get(VARIABLE)
    return int(megabytes) * 1_000_000 if megabytes else None


def limit_memory() -> None:
    """Let this process take no more than `session_memory`: what would, raises a MemoryError.

    It does nothing where the system has no such limit (Windows) or does not heed it (macOS).
    """
    most = session_memory()
    if most is None:
        return
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def refuse_too_large(path: Path) -> None:
    """Refuse a file of which the header says that this session has not the memory for it, before it is unpacked.

    Raises
    ------
    ValueError
        The message says how large it is, and what would be read.
    """
    most = session_memory()
    if most is None or not path.is_file():
        return
    values = values_at_once(path)
    if values > (largest := max(0, most - BASE) // PER_VALUE):
        raise ValueError(
            f"{path.name} has {values / 1e6:,.0f} million values, and this session has the memory for "
            f"{largest / 1e6:,.0f} million ({most / 1e6:,.0f} MB): cut, bin or split it"
        )


def values_at_once(path: Path) -> int:
    """Count the values of a file that are in memory together: of a movie read frame by frame, those of a frame.

    It reads headers only. Where no header tells, or it is damaged, every four bytes of the file count as a value.
    """
    try:
        return _told_by_header(path)
    except Exception:  # readers of damaged files raise whatever they run into; what is wrong is said when it is read
        return path.stat().st_size // 4


def _told_by_header(path: Path) -> int:
    with path.open("rb") as file:
        start = file.read(8)
        if start.startswith(np.lib.format.MAGIC_PREFIX):
            file.seek(0)
            return _of_frame(_npy_shape(file))
    if start.startswith(b"PK"):
        return _of_archive(path)
    if start.startswith(b"\x89HDF"):
        return _largest_dataset(path)
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        import tifffile

        with tifffile.TiffFile(path) as stack:
            return max(math.prod(page.shape) for page in stack.pages)
    return _of_picture(path)


def _npy_shape(file: IO[bytes]) -> Sequence[int]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(file)[0]


def _of_frame(shape: Sequence[int]) -> int:
    stack = len(shape) > 3 or (len(shape) == 3 and shape[2] not in (3, 4))
    return math.prod(shape[1:] if stack else shape)


def _of_archive(path: Path) -> int:
    values = 0
    with zipfile.ZipFile(path) as archive:
        for one in archive.infolist():
            if one.filename.endswith(".npy"):
                with archive.open(one) as file:
                    values += math.prod(_npy_shape(file))
            else:
                values += one.file_size // 4
    return values


def _of_picture(path: Path) -> int:
    import PIL.Image

    try:
        with unwarned(), PIL.Image.open(path) as picture:  # that it is large is what is asked
            return math.prod(picture.size) * len(picture.getbands())
    except PIL.Image.DecompressionBombError:
        return 2 * PIL.Image.MAX_IMAGE_PIXELS  # or more: it opens no such picture


def _largest_dataset(path: Path) -> int:
    import h5py

    sizes = [0]

    def note(_name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            sizes.append(item.size or 0)

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return max(sizes)
