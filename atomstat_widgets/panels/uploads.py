"""Files that come from the page in pieces: put together again in a folder of their own."""

import shutil
import tempfile
import weakref
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Any

from atomstat_widgets.data.readers.uploads import refuse_upload
from atomstat_widgets.panels.page import MOST_BYTES


class Uploads:
    """Folder of files that were sent; it goes with this object.

    Attributes
    ----------
    folder : Path
    name : str
        Of the file that comes, as it was sent.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="atomstat-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.name = ""
        self._coming: Any = None  # the number of the file that comes
        self._path, self._size, self._there = Path(), 0, 0

    def take(self, told: Mapping[str, Any], content: bytes) -> Path | float | None:
        """Take a message of the page: that a file comes, or a piece of it.

        Parameters
        ----------
        told : mapping
            With "upload", the number of the file, and "name" and "size" of one that comes, or "start" of a piece.
        content : bytes
            The piece.

        Returns
        -------
        path, float or None
            The whole file; how much of it is there; None of one that is not wanted any more.

        Raises
        ------
        ValueError
            It is too large, or not of a kind that is taken; a piece is missing.
        """
        if "name" in told:
            self.stop()
            self.name, size = str(told["name"]), int(told["size"])
            if size > MOST_BYTES:
                raise ValueError(f"{self.name} has {ceil(size / 1e6)} MB, uploads have up to {MOST_BYTES / 1e6:.0f} MB")
            refuse_upload(self.name)
            self._path, self._size, self._there = (
                Path(tempfile.mkdtemp(dir=self.folder), plain_name(self.name)),
                size,
                0,
            )
            self._coming = told["upload"]
        elif self._coming is None or told.get("upload") != self._coming:
            return None
        elif told.get("start") != self._there or self._there + len(content) > self._size:
            self.stop()
            raise ValueError(f"{self.name} did not come whole: send it again")
        with self._path.open("ab") as file:
            file.write(content)
        self._there += len(content)
        if self._there < self._size:
            return self._there / self._size
        self._coming = None
        return self._path

    def stop(self) -> None:
        """Take no more of a file that comes, and remove what there is of it."""
        if self._coming is not None:
            self._coming = None
            self.forget(self._path)

    def holds(self, path: Path) -> bool:
        """Whether a file is one that was sent."""
        return path.is_relative_to(self.folder)

    def forget(self, path: Path) -> None:
        """Remove a file, if it was sent."""
        if self.holds(path):
            shutil.rmtree(path.parent, ignore_errors=True)


def plain_name(name: str) -> str:
    """Name for an uploaded file: without what could lead out of a folder, and not too long for one."""
    stem, dot, ending = "".join(char if char.isalnum() or char in "-_. ()" else "_" for char in name).rpartition(".")
    return f"{(stem or 'file')[-80:].lstrip('. ') or 'file'}{dot}{ending[:12]}" if dot else f"file {ending[-80:]}"
