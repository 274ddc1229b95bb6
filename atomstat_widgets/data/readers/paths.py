"""What is at a path."""

from pathlib import Path

from atomstat_widgets.data.read_error import ReadError

_STORES = {".zspy", ".zarr"}  # "files" that are folders


def is_folder(path: Path) -> bool:
    """Whether a path is a folder of files, and not one that stands for a single file."""
    return path.is_dir() and path.suffix.lower() not in _STORES


def refuse_links(path: Path) -> None:
    """Refuse a folder in which a symbolic link stands for another file."""
    link = next((one for one in path.rglob("*") if one.is_symlink()), None) if path.is_dir() else None
    if link is not None:
        raise ReadError(f"{path.name} is not read: {link.name} in it is a link to another file")


def require_there(path: Path) -> None:
    """Refuse what does not exist, is empty, or is no file of its own content: a pipe, a device or a socket."""
    if not path.exists():
        raise ReadError(f"{path.name} does not exist")
    if not path.is_file() and not path.is_dir():
        raise ReadError(f"{path.name} is not a regular file but a pipe, a device or a socket")
    if path.stat().st_size == 0:
        raise ReadError(f"{path.name} is empty (0 bytes)")
