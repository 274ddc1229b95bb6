"""Data of a session, read beside the page, and given up when something else is wanted."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from atomstat_widgets.data import Cube, Image, Movie
from atomstat_widgets.data.guarded.opening import Opening
from atomstat_widgets.data.readers.reopening import reopen


class Reading:
    """Data that are being read, one after the other.

    Parameters
    ----------
    tell : callable
        Called with words while a file takes long.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._opening: Opening | None = None
        self._given_up = False

    def read(self, sources: Mapping[str, Any], folder: Path | None) -> dict[str, Image | Movie | Cube | Exception]:
        """Read data that were `described`; data of the same source once.

        Parameters
        ----------
        sources : mapping of str to dict
            By the name of what they are for.
        folder : path or None
            The data folder.

        Returns
        -------
        dict of str to Image, Movie, Cube or Exception
            The data, or why there are none.
        """
        read: dict[str, Image | Movie | Cube | Exception] = {}
        for name, source in sources.items():
            same = next((one for one in read if sources[one] == source), None)
            read[name] = self._read(source, folder) if same is None else read[same]
        return read

    def give_up(self) -> None:
        """End what is being read, and read nothing more."""
        self._given_up = True
        if self._opening is not None:
            self._opening.cancel()

    def _read(self, source: Any, folder: Path | None) -> Image | Movie | Cube | Exception:
        try:
            return reopen(source, folder, self._open)
        except Exception as error:  # to be said with the rest of the session
            return error

    def _open(self, path: Path) -> Opening:
        opening = self._opening = Opening(path, on_wait=lambda seconds: self._tell_wait(opening, seconds))
        if self._given_up:
            opening.cancel()
        return opening

    def _tell_wait(self, opening: Opening, seconds: float) -> None:
        if seconds > 1 and not self._given_up:
            self._tell(opening.describe_wait(seconds))
