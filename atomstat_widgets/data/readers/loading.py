"""Load whatever a source holds: an image, a movie or a spectrum image."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from atomstat_widgets.arguments import switch_of, word_of
from atomstat_widgets.data.cube import Cube
from atomstat_widgets.data.guarded.opening import Opening
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.movie import Movie
from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.data.readers.cubes import cube_of, load_cube
from atomstat_widgets.data.readers.findings import load_output, with_findings
from atomstat_widgets.data.readers.formats import reads_here
from atomstat_widgets.data.readers.images import (
    describe,
    holds_no,
    image_of,
    is_mapped,
    kind_of,
    load_image,
    read_signals,
)
from atomstat_widgets.data.readers.in_memory import name_of, signal_of
from atomstat_widgets.data.readers.lazy import STORED, is_large, lazy_array, lazy_signal
from atomstat_widgets.data.readers.movies import STACKS, load_movie, movie_of, several_frames, tiff_pixel
from atomstat_widgets.data.readers.npy import read_npz
from atomstat_widgets.data.readers.numbering import numbered
from atomstat_widgets.data.readers.paths import is_folder, refuse_links, require_there
from atomstat_widgets.data.readers.too_large import refuse_too_large
from atomstat_widgets.data.source import loaded_from

Kind = Literal["image", "movie", "cube", "output"]
LOADERS: Mapping[str, Callable[[Any], Image | Movie | Cube]] = {
    "image": load_image,
    "movie": load_movie,
    "cube": load_cube,
    "output": load_output,
}
OF_SIGNAL: Mapping[str, Callable[[dict[str, Any], str], Image | Movie | Cube]] = {
    "image": image_of,
    "movie": movie_of,
    "cube": cube_of,
    "spectra": cube_of,
    "patterns": movie_of,
}
KINDS: Mapping[str, str] = {  # in words
    "image": "image",
    "movie": "stack of images",
    "cube": "spectrum image",
    "output": "output of a network",
}
_FEW = 10  # names in a message
# What a file with several signals was most likely opened for: spectra come with a survey image.
PREFERRED = ("cube", "image", "movie", "spectra", "patterns")


def load(
    source: Any,
    *,
    kind: Kind | None = None,
    signal: int | str | None = None,
    coordinates: Any = None,
    network_output: Any = None,
    frames: Any = None,
    lazy: bool | None = None,
    trusted: bool = True,
) -> Image | Movie | Cube:
    """Load an image, a movie or a spectrum image.

    Parameters
    ----------
    source : path, array, HyperSpy signal, xarray.DataArray, Image, Movie or Cube
        A file, or a folder of images; an array (of numpy, dask or Zarr) of shape (height, width) or (height, width,
        3 | 4) for an image, (frames, height, width) for a movie; a DataArray with axes named y and x and, of a movie,
        time or, of a spectrum image, energy or any other; or what was loaded before, which is returned as it is.
    kind : {'image', 'movie', 'cube', 'output'}, optional
        Take it as this. A spectrum image needs it where only a shape of three axes is known, as in an array, a .npy or
        .npz file: (height, width, channels) looks like a movie. 'output' is that of a network, see `load_output`.
    signal : int or str, optional
        Of a file with several signals, the number or the title of one (in a .npz file the name of an array), see
        `list_signals`. By default the only array of a .npz file that has two axes or more; of other files the first
        spectrum image or, if there is none, the first image, movie or spectrum, in this order.

    coordinates, network_output : optional
        What was found in an image or a movie elsewhere, see `with_findings`.
    frames : array of int, optional
        Of a movie, the number of each frame where some are missing, see `load_movie`.
    lazy : bool, optional
        Read a file block by block, whenever what is computed asks for a block: its data are an array of dask. By
        default files of more than 4 GB. Of RosettaSciIO's formats, .npy, tif and .zarr.
    trusted : bool, default: True
        False of a file that may be damaged or do harm: a process of its own reads it, which sees no
        other file (but those whose names go on from its own), and ends after 60 s. Formats whose readers may open
        other files, or crash, are read so in any case, with the other files of their folder in sight.

    Returns
    -------
    Image, Movie or Cube
        See `load_image`, `load_movie` and `load_cube`.

    Raises
    ------
    ReadError
        The source cannot be read, or holds nothing of the kind.
    TypeError
        `source` is of another type, or `signal` is given with a source that is no file.
    ValueError
        There is no such kind, a file that is not trusted is to be read block by block, or memory is too small for it.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import load
    >>> load(np.zeros((64, 48)))
    Image(array=float64 (64, 48))
    >>> load(np.zeros((8, 6, 20)), kind="cube")
    Cube(array=float64 (8, 6, 20))
    """
    if kind is not None:
        word_of(kind, "the kind", LOADERS)
    if lazy is not None:
        lazy = switch_of(lazy, "lazy")
    if frames is not None:
        data = load(source, kind=kind, signal=signal, lazy=lazy, trusted=trusted)
        if not isinstance(data, Movie):
            raise TypeError(f"{data.name}: frames are numbers of the frames of a movie, and it is none")
        return load(numbered(data, frames), coordinates=coordinates, network_output=network_output)
    if coordinates is not None or network_output is not None:
        data = load(source, kind=kind, signal=signal, lazy=lazy, trusted=trusted)
        if isinstance(data, Cube):
            raise TypeError(f"{data.name}: coordinates and outputs are of images and movies, not of a spectrum image")
        found: Image | Movie = with_findings(data, coordinates, network_output)
        return found
    if isinstance(source, str | Path):
        path = Path(source)
        if in_parts(path) if lazy is None else lazy:
            if not trusted:
                raise ValueError(f"{path.name} is read block by block, by whoever computes: only where it is trusted")
            data = _lazily(path, kind, signal)
        elif trusted and reads_here(path):
            data = _unmap(in_process(path, kind, signal))
        else:
            data = Opening(path, beside="folder" if trusted else "stem").load(kind, signal)
        return replace(data, source=loaded_from(path, kind=kind, signal=signal, lazy=lazy))
    if signal is not None:
        raise TypeError(f"signals are chosen of files, and this is of type {type(source).__name__}")
    if kind is None and isinstance(source, Image | Movie | Cube):
        return source
    described = signal_of(source)
    if described is not None:
        return _of_signals([described], name_of(described), kind)
    return LOADERS[kind or _kind_of_array(source)](source)


def in_parts(path: Path) -> bool:
    """Whether a file is read block by block, unless told otherwise."""
    return path.suffix.lower() == ".zarr" or is_large(path)


def load_of_folder(
    path: Path,
    kind: Kind | None = None,
    signal: int | str | None = None,
    opening_of: Callable[[Path], Opening] = Opening,
) -> Image | Movie | Cube:
    """Load a file that visitors may choose: apart or, where it is large, block by block by whoever computes.

    Parameters
    ----------
    path, kind, signal
        See `load`.
    opening_of : callable
        Makes the `Opening` of a path, which may be cancelled by who made it.

    Raises
    ------
    ReadError
        It cannot be read, or leads to other files.
    ValueError
        There is no such kind.
    """
    if kind is not None:
        word_of(kind, "the kind", LOADERS)
    if not by_blocks(path):
        return opening_of(path).load(kind, signal)
    refuse_links(path)
    return load(path, kind=kind, signal=signal)


def by_blocks(path: Path) -> bool:
    """Whether a file of the data folder is read block by block: of formats whose readers open it and no other."""
    return in_parts(path) and (path.suffix.lower() == ".zarr" or reads_here(path))


def list_signals(path: str | Path) -> list[str]:
    """Describe the signals of a file: each by its number (in a .npz file its name), its title and its shape.

    Raises
    ------
    ReadError
        The file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from atomstat_widgets import list_signals
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/two.npz", a=np.zeros((4, 4)), b=np.zeros((8, 8)))
    ...     list_signals(f"{folder}/two.npz")
    ['a: float64 of shape (4, 4)', 'b: float64 of shape (8, 8)']
    """
    return list(signals_by_name(Path(path)).values())


def signals_by_name(path: Path) -> dict[str, str]:
    """Describe the signals of a file, see `list_signals`, by what `load` takes for `signal`."""
    return signals_here(path) if reads_here(path) else Opening(path, beside="folder").signals()


def signals_here(path: Path) -> dict[str, str]:
    """Describe the signals of a file, read in this process."""
    require_there(path)
    refuse_too_large(path)
    if path.suffix.lower() == ".npz":
        return {name: f"{name}: {array.dtype} of shape {array.shape}" for name, array in read_npz(path).items()}
    return {str(number): words for number, words in enumerate(_list_signals(_signals(path)))}


def several_signals(path: Path) -> dict[str, str]:
    """Signals of a file, see `signals_by_name`, where there is a choice; of one that cannot be read there is none."""
    if is_folder(path) or path.suffix.lower() in STACKS:
        return {}
    try:
        signals = signals_here(path)
    except ReadError:  # which `load` says
        return {}
    return signals if len(signals) > 1 else {}


def _list_signals(signals: list[dict[str, Any]]) -> list[str]:
    return [
        ": ".join(part for part in (str(number), _title(one), describe(one)) if part)
        for number, one in enumerate(signals)
    ]


def _signals(path: Path) -> list[dict[str, Any]]:
    require_there(path)
    return read_signals(path, path.suffix[1:].lower())


def _title(signal: dict[str, Any]) -> str:
    return str(signal.get("metadata", {}).get("General", {}).get("title", ""))


def in_process(path: Path, kind: Kind | None, signal: int | str | None) -> Image | Movie | Cube:
    """What a file or a folder holds, read here and now."""
    require_there(path)
    refuse_too_large(path)
    suffix = path.suffix.lower()
    if is_folder(path) and signal is None:
        return LOADERS[kind or "movie"](path)
    if is_folder(path) or (suffix == ".npy" and signal is not None):
        raise ReadError(f"{path.name} has no signals to choose from")
    if suffix in STACKS and signal is None:
        return LOADERS[kind or ("movie" if several_frames(path) else "image")](path)
    if suffix == ".npz":
        array, numbers = _array_of_npz(path, signal)
        loaded = replace(LOADERS[kind or _kind_of_array(array)](array), name=path.name)
        return numbered(loaded, numbers) if isinstance(loaded, Movie) and numbers is not None else loaded
    if kind == "output":
        return load_output(path)
    signals = _signals(path)
    return _of_signals(signals if signal is None else [_choose_signal(signals, signal, path)], path.name, kind)


def _unmap(data: Image | Movie | Cube) -> Image | Movie | Cube:
    """Data that show no map of a file: whoever cuts the file would end this process."""
    field = "frames" if isinstance(data, Movie) else "array"
    array = getattr(data, field)
    if not is_mapped(array):
        return data
    own: dict[str, Any] = {field: np.array(array)}
    return replace(data, **own)


def _lazily(path: Path, kind: Kind | None, signal: int | str | None) -> Image | Movie | Cube:
    """What a file holds, as an array of dask."""
    require_there(path)
    suffix = path.suffix.lower()
    if is_folder(path) or suffix == ".npz" or kind == "output":
        raise ReadError(f"{path.name} cannot be read in parts")
    if suffix in STORED:
        array = lazy_array(path)
        loaded = replace(LOADERS[kind or _kind_of_array(array)](array), name=path.name)
        if suffix in (".tif", ".tiff"):
            size, unit = tiff_pixel(path)
            return replace(loaded, pixel_size=size, unit=unit)
        return loaded
    signals = [lazy_signal(one) for one in read_signals(path, suffix[1:], lazy=True)]
    return _of_signals(signals if signal is None else [_choose_signal(signals, signal, path)], path.name, kind)


def _of_signals(signals: list[dict[str, Any]], name: str, kind: Kind | None) -> Image | Movie | Cube:
    for wanted in PREFERRED if kind is None else (kind,):
        for one in signals:
            if kind_of(one) == wanted or _may_be(kind, one):
                return OF_SIGNAL[wanted](one, name)
    raise holds_no("image, stack of images or spectrum image" if kind is None else KINDS[kind], signals, name)


def _may_be(kind: Kind | None, signal: dict[str, Any]) -> bool:
    """Whether a signal can be taken as this kind, if asked to: not every file tells which axes are navigated."""
    if kind == "cube":
        untold = len(signal["axes"]) == 3 and not any(axis.get("navigate") for axis in signal["axes"])
        return untold or kind_of(signal) == "spectra"
    return kind == "movie" and kind_of(signal) == "patterns"


def _choose_signal(signals: list[dict[str, Any]], signal: int | str, path: Path) -> dict[str, Any]:
    """Signal of this title or, if there is none, of this number."""
    for one in signals:
        if signal == _title(one):
            return one
    for number, one in enumerate(signals):
        if str(signal) == str(number):
            return one
    raise ReadError(f"{path.name} has no signal {signal!r}; it has {few(_list_signals(signals), '; ')}")


def few(names: Sequence[str], between: str) -> str:
    """The first of some names, and how many there are."""
    if len(names) <= _FEW:
        return between.join(names) or "none"
    return f"{between.join(names[:_FEW])}{between}and {len(names) - _FEW:,} more"


def _array_of_npz(path: Path, name: int | str | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Array of this name or, without one, the only array that could be shown; and frame numbers that are beside it."""
    require_there(path)
    arrays = read_npz(path)
    shown = [key for key, array in arrays.items() if array.ndim >= 2]
    if name is None and len(shown) == 1:
        (name,) = shown
    if name not in arrays:
        listed = few([f"{key} {array.shape}" for key, array in arrays.items()], ", ")
        wanted = "choose an array by its name" if name is None else f"there is no array {name!r}"
        raise ReadError(f"{path.name}: {wanted}; it has {listed}")
    array = arrays[str(name)]
    beside = (arrays.get(key) for key in ("frames", "frame_numbers", "numbers"))
    fits = (one for one in beside if one is not None and one.shape == array.shape[:1] and one.dtype.kind in "iu")
    return array, next(fits, None)


def _kind_of_array(array: Any) -> Kind:
    shape: tuple[int, ...] = getattr(array, "shape", ())
    flat = len(shape) == 2 or (len(shape) == 3 and shape[2] in (3, 4))
    return "image" if flat or len(shape) not in (3, 4) else "movie"
