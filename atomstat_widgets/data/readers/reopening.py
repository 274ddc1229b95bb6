"""Data in a few words that a link can hold, and the data that such words mean."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from atomstat_widgets.data.calibration import calibrated
from atomstat_widgets.data.cube import Cube
from atomstat_widgets.data.guarded.opening import Opening
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.movie import Movie
from atomstat_widgets.data.readers.loading import load, load_of_folder
from atomstat_widgets.data.samples import cubes, images, movies
from atomstat_widgets.data.source import Source

_SAMPLES: Mapping[str, Callable[..., Any]] = {
    f"{module}.{simulate.__name__}": simulate
    for module, known in (("samples", images.SAMPLES), ("movies", movies.MOVIES), ("cubes", cubes.CUBES))
    for simulate in known.values()
}
# Anyone can write a link: these change a sample and not its size.
_HARMLESS = {"dose", "noise", "seed"}


def describe_source(source: Source | None, folder: Path | None) -> dict[str, Any] | None:
    """Describe where data are from.

    Parameters
    ----------
    source : Source or None
        Of the data.
    folder : path or None
        The data folder.

    Returns
    -------
    dict or None
        As JSON knows it, for `reopen`; None where that cannot find them: they are no known sample, nor a file in the
        data folder.
    """
    if source is None:
        return None
    if source.function == "sampled":  # which panels do by themselves
        return describe_source(source.arguments["data"], folder)
    if source.function == "calibrated":
        of = describe_source(source.arguments["data"], folder)
        return of and {**of, **{name: source.arguments[name] for name in ("pixel_size", "unit")}}
    if source.function in _SAMPLES and source.arguments.keys() <= _HARMLESS:
        return {"sample": source.function, **source.arguments}
    if source.function == "load" and folder is not None:
        path = Path(source.arguments["source"])
        if path.is_absolute() and is_inside(folder, path):
            return {**source.arguments, "source": path.resolve().relative_to(folder.resolve()).as_posix()}
    return None


def reopen(
    description: Any, folder: Path | None, opening_of: Callable[[Path], Opening] = Opening
) -> Image | Movie | Cube:
    """Open data from what `describe_source` gave.

    Parameters
    ----------
    description : dict
        See `describe_source`.
    folder : path or None
        The data folder.
    opening_of : callable
        See `load_of_folder`.

    Raises
    ------
    ValueError, TypeError
        It describes no data, or such as are not in the data folder or cannot be read.
    """
    if not isinstance(description, dict):
        raise ValueError("what describes data has names and values")
    rest = dict(description)
    scale = {name: rest.pop(name) for name in ("pixel_size", "unit") if name in rest}
    if "sample" in rest:
        simulate = _SAMPLES.get(str(rest.pop("sample")))
        strange = [name for name, value in rest.items() if name not in _HARMLESS or not isinstance(value, int | float)]
        if simulate is None or strange:
            raise ValueError(f"there is no such sample{f' with {strange[0]}' if strange else ''}")
        data: Any = simulate(**rest)
    else:
        if folder is None:
            raise ValueError("there is no data folder here")
        # How it is read is not for a link to say.
        path = inside(folder, str(rest.get("source")))
        data = load_of_folder(path, rest.get("kind"), rest.get("signal"), opening_of)
        if rest.get("frames") is not None:
            data = load(data, frames=rest["frames"])
    opened: Image | Movie | Cube = calibrated(data, **scale) if scale else data
    return opened


def inside(folder: Path, name: str) -> Path:
    """Path of a file in a folder.

    Raises
    ------
    ValueError
        It is not in the folder.
    """
    path = folder / name
    if not is_inside(folder, path):
        raise ValueError(f"{name} is not in the data folder")
    return path


def is_inside(folder: Path, path: Path) -> bool:
    """Whether a path, all links followed, stays in a folder."""
    return path.resolve().is_relative_to(folder.resolve())
