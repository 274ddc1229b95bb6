"""Read a movie from a file or a folder of images, frame by frame where the format allows it."""

import re
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from atomstat_widgets.data.guarded.opening import Opening
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.movie import Movie
from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.data.readers.formats import reads_here
from atomstat_widgets.data.readers.images import (
    holds_no,
    kind_of,
    load_image,
    pixel_of,
    read_signals,
    require_real,
    with_facts,
)
from atomstat_widgets.data.readers.npy import npy_header, read_npy
from atomstat_widgets.data.readers.numbering import counted, numbered, numbers_of_axis
from atomstat_widgets.data.readers.paths import is_folder, require_there
from atomstat_widgets.data.readers.pointers import refuse_pointers
from atomstat_widgets.data.readers.quiet import quiet
from atomstat_widgets.data.readers.stored import StoredArray

_IMAGES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".npy", ".bmp"}
_GAPS = 10  # times as many numbers as frames: numbers in names that are farther apart are no count of frames
STACKS = {".npy", ".tif", ".tiff"}  # of which a look at the header tells whether they hold one frame or several


def load_movie(source: Any, *, frames: Any = None) -> Movie:
    """Load a movie.

    Parameters
    ----------
    source : path, array, array-like or Movie
        A tif stack, a .npy file of shape (frames, height, width), or any other file in which RosettaSciIO finds a
        stack of images; a folder of images of one size, in the order of the numbers in their names; an array
        (frames, height, width) or (frames, height, width, 3 | 4), or something like it that gives one frame at a time,
        such as an h5py dataset or a zarr array; or a movie, which is returned as it is.
    frames : array of int, (frames,), optional
        Number of each frame, from 0 on, where some are missing and nothing else tells: the names of the images of a
        folder or of an ImageJ stack do, axes of times or frames, and an array "frames" beside that of a .npz file.
        Frames are put in the order of their numbers; of several with one number the first is taken, and the movie's
        `remark` says so.

    Returns
    -------
    Movie
        Values as stored. Frames of a folder, a .npy file or a tif stack are read when they are asked for.

    Raises
    ------
    ReadError
        If there is no movie to be read, or the values are not real numbers.
    TypeError, ValueError
        If `source` is of another type; `frames` are no whole numbers, or not as many as there are frames.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import load_movie
    >>> len(load_movie(np.zeros((5, 64, 48))))
    5
    """
    if frames is not None:
        return numbered(load_movie(source), frames)
    if isinstance(source, Movie):
        return source
    if isinstance(source, str | Path):
        path = Path(source)
        return _folder(path) if is_folder(path) else _file(path)
    if hasattr(source, "shape") and hasattr(source, "dtype") and hasattr(source, "__getitem__"):
        return _movie(source, "array")
    raise TypeError(f"a movie is loaded from a path, an array or a Movie, not from {type(source).__name__}")


class TiffFrames:
    """Frames of a tif stack, one page each, read when they are asked for."""

    def __init__(self, path: Path) -> None:
        import tifffile

        self._name = path.name
        file = tifffile.TiffFile(path)
        series = file.series[0]
        self._pages: Sequence[Any] = _single_pages(file) or list(series.pages)
        self.shape, self.dtype = (len(self._pages), *self._pages[0].shape), series.dtype
        self._lock = Lock()  # the player and the worker read from the one place of the file
        weakref.finalize(self, file.close)

    def __getitem__(self, index: int) -> np.ndarray:
        try:
            with self._lock, quiet():
                return np.asarray(self._pages[index].asarray())
        except Exception as error:  # a codec raises whatever it runs into
            raise ReadError(f"{self._name}: page {index} is truncated or damaged: {error}") from error


class FolderFrames:
    """Images of a folder, read when they are asked for."""

    def __init__(self, paths: list[Path], first: Image) -> None:
        self._paths = paths
        self.shape, self.dtype = (len(paths), *first.array.shape), first.array.dtype

    def __getitem__(self, index: int) -> np.ndarray:
        array = load_image(self._paths[index]).array
        if array.shape != self.shape[1:]:
            raise ReadError(
                f"{self._paths[index].name} has shape {array.shape}, the first of the other images {self.shape[1:]}"
            )
        return array


def _file(path: Path) -> Movie:
    require_there(path)
    if path.suffix.lower() == ".npy":
        return _movie(open_npy(path), path.name)
    if path.suffix.lower() in (".tif", ".tiff") and (frames := tiff_frames(path)) is not None:
        return replace(_movie(frames, path.name, *tiff_pixel(path)), numbers=_tiff_numbers(path, frames.shape[0]))
    if not reads_here(path):
        return Opening(path, beside="folder").load("movie")
    signals = read_signals(path, path.suffix[1:].lower())
    for signal in signals:
        if kind_of(signal) in ("movie", "patterns"):
            return movie_of(signal, path.name)
    raise holds_no("stack of images", signals, path.name)


def movie_of(signal: dict[str, Any], name: str) -> Movie:
    """Movie that a signal is; patterns follow each other row by row of their grid."""
    frames = signal["data"]
    if kind_of(signal) == "patterns":
        frames = frames.reshape(-1, *frames.shape[2:])
    movie = replace(_movie(frames, name), numbers=numbers_of_axis(signal["axes"][0]))
    return with_facts(movie, signal, signal["axes"][-2:])


def _folder(folder: Path) -> Movie:
    kinds: dict[str, list[Path]] = {}
    for path in folder.iterdir():
        if path.suffix.lower() in _IMAGES and path.is_file() and not path.name.startswith("."):
            kinds.setdefault(path.suffix.lower(), []).append(path)
    if not kinds:
        raise ReadError(f"there are no images in {folder.name} (png, jpg, tif, npy)")
    if len(kinds) > 1:
        raise ReadError(
            f"{folder.name} holds images of several kinds, {', '.join(sorted(kinds))}: keep those of one movie"
        )
    (paths,) = kinds.values()
    paths.sort(key=_natural)
    first = _usual(paths)
    frames, named = FolderFrames(paths, first), numbers_in_names([path.stem for path in paths])
    odd = named is None and len(paths) > 1 and all(re.search(r"[0-9]", path.stem) for path in paths)
    remark = f"The numbers in the names of the images of {folder.name} do not count frames" if odd else ""
    return Movie(frames, folder.name, first.pixel_size, first.unit, named, remark=remark)


def _usual(paths: list[Path]) -> Image:
    """First image of a folder or, where its shape is not that of others, one of these."""
    first = load_image(paths[0])
    others = list[Image]()
    for path in dict.fromkeys(paths[number] for number in (len(paths) // 2, -1) if paths[number] != paths[0]):
        with suppress(ReadError):  # which is said when it is its turn
            others.append(load_image(path))
    agree = len(others) == 2 and others[0].array.shape == others[1].array.shape != first.array.shape
    return others[0] if agree else first


def numbers_in_names(names: Sequence[str]) -> np.ndarray | None:
    """Frame numbers by the last number in each name; None where these do not increase.

    Numbers far apart are times, which are counted.
    """
    numbers = [int((re.findall(r"[0-9]+", name) or [-1])[-1]) for name in names]
    if numbers[0] < 0 or sorted(set(numbers)) != numbers:
        return None
    if numbers[-1] - numbers[0] < _GAPS * len(numbers) and numbers[-1] < 2**31:
        return np.array(numbers)
    return counted([number - numbers[0] for number in numbers])


def _natural(path: Path) -> list[Any]:
    """Sort key by which frame 10 comes after frame 9."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", path.stem)]


def several_frames(path: Path) -> bool:
    """Whether a .npy or tif file holds more than one image; of a damaged one it may not be known, and False.

    Raises
    ------
    ReadError
        It is cut: what is left of a stack may look like one image.
    """
    try:
        shape = open_npy(path).shape if path.suffix.lower() == ".npy" else _tiff_shape(path)
    except ReadError:
        raise
    except Exception:  # whatever is wrong with it is said by `load_image`
        return False
    return len(shape) == 4 or (len(shape) == 3 and shape[2] not in (3, 4))


def open_npy(path: Path) -> Any:
    """Array of a .npy file, of which a frame is read when it is asked for, where it is stored frame by frame."""
    try:
        with path.open("rb") as file:
            shape, fortran, dtype = npy_header(file)
            start = file.tell()
        if len(shape) > 1 and not fortran and not dtype.hasobject:
            return StoredArray(path, start, shape, dtype)
    except Exception:  # what is wrong with it is said by what reads all of it
        pass
    return read_npy(path)


def _tiff_shape(path: Path) -> tuple[int, ...]:
    import tifffile

    with quiet() as said, tifffile.TiffFile(path) as file:
        refuse_pointers(path)
        pages = _single_pages(file)
        _require_whole(said, path.name)
        return (len(pages), *pages[0].shape) if len(pages) > 1 else tuple(file.series[0].shape)


def _require_whole(said: list[str], name: str) -> None:
    """Refuse a tif file of which tifffile said that it names a page beyond its end."""
    if any("invalid page offset" in words for words in said):
        raise ReadError(f"{name} is truncated: it ends before the last of its pages")


def _single_pages(file: Any) -> list[Any]:
    """Pages of a tif file like its first, where they were written one by one and are no stack."""
    first = file.series[0]
    return [one.pages[0] for one in file.series if one.shape == first.shape] if len(first.shape) == 2 else []


def tiff_frames(path: Path) -> Any:
    """Frames of a tif stack that can be read one by one, else None."""
    import tifffile

    try:
        with quiet() as said:
            refuse_pointers(path)
            with tifffile.TiffFile(path) as file:
                series = file.series[0]
                _require_whole(said, path.name)
                if "S" in series.axes and len(series.shape) == 3:  # one image, of which an axis is colour
                    return None
                if len(_single_pages(file)) > 1:
                    return TiffFrames(path)
                # ImageJ describes only the first page of a stack; the pixels of the others follow it in the file.
                if series.dataoffset is not None and series.keyframe.is_memmappable:
                    dtype = np.dtype(file.byteorder + series.dtype.char)
                    return StoredArray(path, series.dataoffset, series.shape, dtype)
                one_page_each = len(series.shape) in (3, 4) and len(series.pages) == series.shape[0]
            return TiffFrames(path) if one_page_each else None
    except ReadError:
        raise
    except Exception:  # whatever is wrong with it is said by the reader that comes next
        return None


def tiff_pixel(path: Path) -> tuple[float | None, str]:
    """Pixel size by the first page alone; RosettaSciIO would read them all."""
    import tifffile

    with quiet(), tifffile.TiffFile(path) as file:
        page: Any = file.pages[0]
        tags = {name: page.tags[name].value for name in ("XResolution", "YResolution") if name in page.tags}
        unit = str((file.imagej_metadata or {}).get("unit", ""))
    if len(tags) < 2 or 0 in (tags["XResolution"][0], tags["YResolution"][0]):
        return None, "px"
    axes = [{"scale": tags[name][1] / tags[name][0], "units": unit} for name in ("YResolution", "XResolution")]
    return pixel_of({}, axes)


def _tiff_numbers(path: Path, count: int) -> np.ndarray | None:
    """Frame numbers by the times of the planes in OME's description, or by the labels of an ImageJ stack.

    Labels are names of files where a stack was made of these.
    """
    import tifffile

    with quiet(), tifffile.TiffFile(path) as file:
        labels = (file.imagej_metadata or {}).get("Labels") or []
        planes = re.findall(r"<(?:\w+:)?Plane\b[^>]*", file.ome_metadata or "")
    times = dict[int, float]()
    for plane in planes:
        number = re.search(r'\bTheT="([0-9]{1,9})"', plane)
        time = re.search(r'\bDeltaT="([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"', plane)
        if number and time:
            times[int(number[1])] = float(time[1])
    if len(times) == count == len(planes):
        return counted([times[number] for number in sorted(times)])
    return numbers_in_names([str(one).partition("\n")[0] for one in labels]) if len(labels) == count > 1 else None


def _movie(frames: Any, name: str, pixel_size: float | None = None, unit: str = "px") -> Movie:
    require_real(np.dtype(frames.dtype), name)
    try:
        return Movie(frames, name, pixel_size, unit)
    except ValueError as error:
        raise ReadError(str(error)) from error
