"""The data that the app offers: samples, and what the user opened."""

from typing import Any

from atomstat_widgets.data import Cube, Image, Movie
from atomstat_widgets.reactive.registry import KINDS, samples_of

PREFIX = "Sample: "  # of the label of a sample


class Offered:
    """Data by kind and label.

    Attributes
    ----------
    labels : dict of str to list of str
        Of the data of each kind, the last opened first.
    chosen : dict of str to str
        Label of what the user chose, for all panels of a kind.
    """

    def __init__(self) -> None:
        self._data: dict[tuple[str, str], Image | Movie | Cube] = {}
        self._samples: dict[str, dict[str, Any]] = {kind: samples_of(kind) for kind in KINDS}
        self.labels = {kind: [PREFIX + title for title in samples] for kind, samples in self._samples.items()}
        self.chosen: dict[str, str] = {}

    def add(self, data: Image | Movie | Cube) -> None:
        """Put data first in the list of their kind, and choose them."""
        kind = kind_of_data(data)
        if data.name not in self.labels[kind]:
            self.labels[kind] = [data.name, *self.labels[kind]]
        self.chosen[kind], self._data[kind, data.name] = data.name, data

    def find(self, kind: str, label: str) -> Image | Movie | Cube:
        """Find data of a kind by their label; a sample is made when it is first asked for.

        Raises
        ------
        ValueError
            There are none.
        """
        if (kind, label) not in self._data:
            title, samples = label.removeprefix(PREFIX), self._samples[kind]
            if title not in samples:
                raise ValueError(f"there is no sample {title!r}, but {', '.join(samples)}")
            self._data[kind, label] = samples[title]()
        return self._data[kind, label]

    def label_of(self, kind: str, data: Image | Movie | Cube) -> str | None:
        """Label of data, if they were offered and shown."""
        return next((label for (of, label), one in self._data.items() if of == kind and one is data), None)


def kind_of_data(data: Image | Movie | Cube) -> str:
    """Kind of data, by the name that models and tabs have for it."""
    return {Cube: "cube", Movie: "movie"}.get(type(data), "image")
