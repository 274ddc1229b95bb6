"""HDF5 files whose data stand in another file: whoever sends such a file would be shown the other."""

from pathlib import Path
from typing import Any

from atomstat_widgets.data.read_error import ReadError

_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def refuse_pointers(path: Path) -> None:
    """Refuse an HDF5 file, whatever its name, that points out of itself.

    That are external links, links of a kind that users define, and datasets whose values lie in other files (external
    storage) or are put together of other datasets (virtual ones).

    Raises
    ------
    ReadError
        It does; the message names what it points to.
    """
    if not path.is_file() or not _is_hdf5(path):
        return
    import h5py

    try:
        with h5py.File(path, "r") as file:
            links: list[tuple[str, Any]] = []
            file.id.links.visit(lambda name, link: links.append((name.decode(errors="replace"), link)), info=True)
            for name, link in links:
                _require_inside(file, name, link, path)
    except ReadError:
        raise
    except Exception as error:
        raise ReadError(f"{path.name} is truncated, damaged or not an HDF5 file: {error}") from error


def _is_hdf5(path: Path) -> bool:
    """Whether the library would take it for HDF5, which may begin after 512, 1024, 2048 ... other bytes."""
    size, start = path.stat().st_size, 0
    with path.open("rb") as file:
        while start < size:
            file.seek(start)
            if file.read(len(_SIGNATURE)) == _SIGNATURE:
                return True
            start = max(512, 2 * start)
    return False


def _require_inside(file: Any, name: str, link: Any, path: Path) -> None:
    import h5py

    if link.type == h5py.h5l.TYPE_SOFT:
        return  # another place of this file, where a link of its own leads
    if link.type != h5py.h5l.TYPE_HARD:
        target = (
            file.id.links.get_val(name.encode())[0] if link.type == h5py.h5l.TYPE_EXTERNAL else b"of a kind of its own"
        )
        raise ReadError(
            f"{path.name} is not read: /{name} is a link to another file, {target.decode(errors='replace')}"
        )
    item = h5py.h5o.open(file.id, name.encode())
    if not isinstance(item, h5py.h5d.DatasetID):
        return
    properties = item.get_create_plist()
    if properties.get_external_count():
        target = properties.get_external(0)[0].decode(errors="replace")
        raise ReadError(f"{path.name} is not read: the values of /{name} are in another file, {target}")
    if properties.get_layout() == h5py.h5d.VIRTUAL:
        raise ReadError(f"{path.name} is not read: /{name} is a virtual dataset, whose values are in others")
