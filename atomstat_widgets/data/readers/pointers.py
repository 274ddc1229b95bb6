"""Files whose data stand in another file: whoever sends such a file would be shown the other."""

import os
import re
from pathlib import Path
from typing import Any

from atomstat_widgets.data.read_error import ReadError

_HDF5 = b"\x89HDF\r\n\x1a\n"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_DEEPEST = 100  # groups in groups
_MOST_PATHS = 100_000  # to one group and what is in it, by as many ways as lead there
_LONGEST_NAME = 80  # characters that a message shows


def refuse_pointers(path: Path) -> None:
    """Refuse a file, whatever its name, that points out of itself.

    Of HDF5 that are external links, links of a kind that users define, and datasets whose values lie in other files
    (external storage) or are put together of other datasets (virtual ones). Groups that lead back to themselves, and so
    to no end, are refused too. Of tif that are sets of files, of which one is not in the same folder.

    Raises
    ------
    ReadError
        It does; the message names what it points to.
    """
    if not path.is_file():
        return
    with path.open("rb") as file:
        start = file.read(4)
    if start in _TIFF:
        _refuse_of_tiff(path)
    elif _is_hdf5(path):
        _refuse_of_hdf5(path)


def require_own_values(dataset: Any, name: str, file: str) -> None:
    """Refuse a dataset, of h5py's low level, whose values stand elsewhere; `name` and `file` are for the message."""
    import h5py

    properties = dataset.get_create_plist()
    if properties.get_external_count():
        target = _shorten(properties.get_external(0)[0])
        raise ReadError(f"{file} is not read: the values of {_shorten(name)} are in another file, {target}")
    if properties.get_layout() == h5py.h5d.VIRTUAL:
        raise ReadError(f"{file} is not read: {_shorten(name)} is a virtual dataset, whose values are in others")


def _is_hdf5(path: Path) -> bool:
    """Whether the library would take it for HDF5, which may begin after 512, 1024, 2048 ... other bytes."""
    size, start = path.stat().st_size, 0
    with path.open("rb") as file:
        while start < size:
            file.seek(start)
            if file.read(len(_HDF5)) == _HDF5:
                return True
            start = max(512, 2 * start)
    return False


def _refuse_of_hdf5(path: Path) -> None:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            _count_paths(h5py.h5o.open(file.id, b"/"), "", path.name, (), {})
    except ReadError:
        raise
    except Exception as error:
        raise ReadError(f"{path.name} is truncated, damaged or not an HDF5 file: {error}") from error


def _count_paths(item: Any, name: str, file: str, above: tuple[int, ...], known: dict[int, int]) -> int:
    """Count the ways to all that is in an item, which is refused if any of it points out of the file.

    `above` are the places of the groups on the way to it, and `known` are counts by place: there may be several ways.
    Soft links are passed over: they name a path of the same file, where a link of its own leads.
    """
    import h5py

    place = h5py.h5o.get_info(item).addr
    if place in known:
        return known[place]
    if place in above:
        raise ReadError(f"{file} is not read: its group {_shorten(name)} is in itself")
    if len(above) > _DEEPEST:
        raise ReadError(f"{file} is not read: its groups are in each other more than {_DEEPEST} deep")
    paths = 1
    if isinstance(item, h5py.h5d.DatasetID):
        require_own_values(item, name, file)
    elif isinstance(item, h5py.h5g.GroupID):
        links: list[tuple[bytes, int]] = []
        item.links.iterate(lambda one, link: links.append((one, link.type)), info=True)  # h5py reuses `link`
        for one, kind in links:
            full = f"{name}/{one.decode(errors='replace')}"
            if kind == h5py.h5l.TYPE_HARD:
                paths += _count_paths(h5py.h5o.open(item, one), full, file, (*above, place), known)
            elif kind != h5py.h5l.TYPE_SOFT:
                external = kind == h5py.h5l.TYPE_EXTERNAL
                target = item.links.get_val(one)[0] if external else "of a kind of its own"
                raise ReadError(f"{file} is not read: {_shorten(full)} is a link to another file, {_shorten(target)}")
    if paths > _MOST_PATHS + len(known):
        raise ReadError(f"{file} is not read: too many ways lead to the same of its groups, as to {_shorten(name)}")
    known[place] = paths
    return paths


def _refuse_of_tiff(path: Path) -> None:
    """Refuse a tif of a set whose other files, by OME's description or Micro-Manager's index, are not beside it."""
    import tifffile

    named: list[str] = []
    try:
        with tifffile.TiffFile(path) as file:
            if file.is_ome:
                named += _named_by_ome(file.pages.first.description)
            if file.is_ndtiff:
                named += [name for _, name, *_ in tifffile.tifffile.read_ndtiff_index(path.parent / "NDTiff.index")]
    except Exception:  # what is wrong with it is said when it is read
        return
    for name in named:
        if Path(name).name != name or os.sep in name or not _is_beside(path.parent / name, path):
            raise ReadError(f"{path.name} is not read: pages are in another file, {_shorten(name)}")


def _named_by_ome(description: str) -> list[str]:
    from xml.etree import ElementTree

    return [element.attrib["FileName"] for element in ElementTree.fromstring(description).iter()
            if "FileName" in element.attrib]  # fmt: skip


def _is_beside(other: Path, path: Path) -> bool:
    return other.resolve().parent == path.resolve().parent


def _shorten(name: str | bytes) -> str:
    words = name.decode(errors="replace") if isinstance(name, bytes) else name
    words = re.sub(r"\s+", " ", words)
    return words if len(words) <= _LONGEST_NAME else f"{words[:_LONGEST_NAME]}…"
