"""Files that would take more memory than there is."""

import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from atomstat_widgets.data.guarded.memory import memory_left, session_memory
from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.data.readers.npy import npy_header
from atomstat_widgets.data.readers.pictures import FORMATS
from atomstat_widgets.data.readers.pointers import refuse_pointers
from atomstat_widgets.data.readers.quiet import quiet
from atomstat_widgets.unwarned import unwarned

# Bytes that sliding FFT takes a value, whatever type it has in the file: measured on images of 17 and of 67 million
# pixels. Other analyses may take more; there `limit_memory` holds.
PER_VALUE = 24


PER_VALUE_READ = 8  # where memory is not limited: to read it, at most


def refuse_too_large(path: Path) -> None:
    """Refuse a file of which the header says that there is not the memory for it, before it is unpacked.

    Raises
    ------
    ValueError
        The message says how large it is, and what would be read.
    """
    left = memory_left()
    if left is None or not path.is_file():
        return
    values = values_at_once(path)
    if values > (largest := left // (PER_VALUE_READ if session_memory() is None else PER_VALUE)):
        raise ValueError(
            f"{path.name} has {values / 1e6:,.0f} million values, and there is memory left for "
            f"{largest / 1e6:,.0f} million ({left / 1e6:,.0f} MB): cut, bin or split it"
        )


def values_at_once(path: Path) -> int:
    """Count the values of a file that are in memory together: of a movie read frame by frame, those of a frame.

    It reads headers only. Where no header tells, or it is damaged, every four bytes of the file count as a value.
    """
    try:
        return _told_by_header(path)
    except ReadError:
        raise
    except Exception:  # readers of damaged files raise whatever they run into; what is wrong is said when it is read
        return path.stat().st_size // 4


def _told_by_header(path: Path) -> int:
    with path.open("rb") as file:
        start = file.read(8)
        if start.startswith(np.lib.format.MAGIC_PREFIX):
            file.seek(0)
            shape, fortran, _ = npy_header(file)
            return math.prod(shape) if fortran else _of_frame(shape)
    if start.startswith(b"PK"):
        return _of_archive(path)
    if start.startswith(b"\x89HDF"):
        return _largest_dataset(path)
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        import tifffile

        with quiet(), tifffile.TiffFile(path) as stack:
            seen: dict[int, int] = {}
            for page in stack.pages:
                if page.offset in seen:  # they go in a circle
                    break
                if (parts := math.prod(page.chunked)) > len(page.dataoffsets):  # the others would be filled one by one
                    raise ReadError(
                        f"{path.name} is truncated: of {parts:,} parts of a page it names no more than "
                        f"{len(page.dataoffsets):,}"
                    )
                seen[page.offset] = math.prod(page.shape)
            return max(seen.values())
    return _of_picture(path)


def _of_frame(shape: Sequence[int]) -> int:
    stack = len(shape) > 3 or (len(shape) == 3 and shape[2] not in (3, 4))
    return math.prod(shape[1:] if stack else shape)


def _of_archive(path: Path) -> int:
    values = 0
    with zipfile.ZipFile(path) as archive:
        for one in archive.infolist():
            if one.filename.endswith(".npy"):
                with archive.open(one) as file:
                    values += math.prod(npy_header(file)[0])
            else:
                values += one.file_size // 4
    return values


def _of_picture(path: Path) -> int:
    import PIL.Image

    try:
        # That it is large is what is asked.
        with unwarned(), PIL.Image.open(path, formats=FORMATS) as picture:
            return math.prod(picture.size) * len(picture.getbands())
    except PIL.Image.DecompressionBombError:
        return 2 * (PIL.Image.MAX_IMAGE_PIXELS or 0)  # or more: it opens no such picture


def _largest_dataset(path: Path) -> int:
    import h5py

    refuse_pointers(path)  # before anything is looked at that leads elsewhere, or to no end
    sizes = [0]

    def note(_name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            sizes.append(item.size or 0)

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return max(sizes)
