"""The analyses that there are, those of other packages among them; nothing else lists them."""

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import resolve_name
from typing import Any, Literal

from atomstat_widgets.arguments import instance_of, whole_of, word_of
from atomstat_widgets.brief import brief
from atomstat_widgets.reactive.failures import in_words

GROUP = "atomstat_widgets.analyses"  # of entry points; each names a record in its package
OWN = __name__.partition(".")[0]  # the package whose analyses come first
KINDS = ("image", "movie", "cube")
PARTS = ("model", "panel", "figure", "numbers", "samples")


@brief
@dataclass(frozen=True, kw_only=True)
class Analysis:
    """An analysis: its names, and where its parts are, as "module:object", so that each is imported when it is used.

    Attributes
    ----------
    name : str
        On the command line and in `analyse`: letters, digits and hyphens.
    title : str
        On the page and in files.
    kind : {'image', 'movie', 'cube'}
        Of its data, which is also what its model and results call them.
    purpose : str
        What it tells, in words.
    sample : str
        Title of the sample that shows it best.
    model : str
        An `AnalysisModel`.
    panel : str
        A `Panel`, made with the data.
    figure : str
        A function of a result that composes a figure by matplotlib.
    numbers : str
        A function of a result that gives its `Numbers`.
    samples : str
        A mapping of titles to functions that simulate data, where it brings samples of its own.
    place : int
        Of its tab among the others, the smallest first.

    Raises
    ------
    TypeError, ValueError
        One of these is not as said here.
    """

    name: str
    title: str
    kind: Literal["image", "movie", "cube"]
    purpose: str
    sample: str
    model: str
    panel: str
    figure: str
    numbers: str
    samples: str = ""
    place: int = 100

    def __post_init__(self) -> None:
        for one in fields(self):
            if one.name != "place":
                instance_of(getattr(self, one.name), one.name, str)
        whole_of(self.place, "place")
        word_of(self.kind, "kind", KINDS)
        if not re.fullmatch(r"\w[\w-]*", self.name):
            raise ValueError(f"name is of letters, digits and hyphens, got {self.name!r}")
        if not self.title:
            raise ValueError("title is empty")
        for part in PARTS:
            if not re.fullmatch(r"[\w.]+:[\w.]+", where := getattr(self, part)) and (where or part != "samples"):
                raise ValueError(f"{part} is as module:object, got {where!r}")

    def load(self, part: str) -> Any:
        """Import a part: model, panel, figure, numbers or samples.

        Raises
        ------
        ValueError
            It cannot be imported; the message says why.
        """
        try:
            return resolve_name(getattr(self, part))
        except Exception as error:  # of a package that is not ours: whatever it is, words tell whose it is
            why = f"{type(error).__name__}: {error}"
            raise ValueError(f"the {part} of {self.title}, {getattr(self, part)}, cannot be imported: {why}") from error

    @property
    def panel_name(self) -> str:
        """Name of its panel, which is one of the package's names too."""
        return self.panel.rpartition(":")[2]

    @property
    def parameters(self) -> dict[str, Any]:
        """Traits of its parameters beside the data, by name, in alphabetical order."""
        traits = self.load("model").class_traits(parameter=True)
        return {name: trait for name, trait in sorted(traits.items()) if name != self.kind}


def analyses() -> dict[str, Analysis]:
    """All analyses by name, in the order of their tabs. Of a record that cannot be used, a warning says why."""
    return {one.name: one for one in sorted(_known(), key=lambda one: (one.place, one.name))}


def register(analysis: Analysis) -> None:
    """Add an analysis to those of this process, as an entry point does in all; a second time changes nothing.

    Raises
    ------
    TypeError
        It is no `Analysis`.
    ValueError
        Its name, its title or the name of its panel is taken.
    """
    if instance_of(analysis, "analysis", Analysis) not in _known():
        _check(analysis, _known())
        _known().append(analysis)


@cache
def _known() -> list[Analysis]:
    """Analyses as they are found: those of this package, then those of others, none of which takes another's place."""
    found: list[Analysis] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: not point.value.startswith(f"{OWN}.")):
        try:
            one = point.load()
            if not isinstance(one, Analysis):
                raise TypeError(f"{point.value} is no Analysis")
            _check(one, found)
        except Exception as error:  # of a package that is not ours: whatever it is, the others go on
            warnings.warn(f"the analysis {point.name} cannot be used: {in_words(error)}", stacklevel=3)
        else:
            found.append(one)
    return found


def _check(analysis: Analysis, others: Iterable[Analysis]) -> None:
    """Refuse names that are taken."""
    for what, words in (("name", "called"), ("title", "titled"), ("panel_name", "whose panel is called")):
        if (name := getattr(analysis, what)) in [getattr(other, what) for other in others]:
            raise ValueError(f"there is another one {words} {name}")
    if analysis.panel_name in import_module(OWN).__all__:
        raise ValueError(f"its panel is called {analysis.panel_name}, which is another name of {OWN}")


def find_analysis(name: str) -> Analysis:
    """Analysis of a name.

    Raises
    ------
    TypeError
        It is no name.
    ValueError
        There is none.
    """
    if not isinstance(name, str):
        raise TypeError(
            f"an analysis is given by its name, as {next(iter(analyses()))!r}, not by {type(name).__name__}"
        )
    if name not in analyses():
        raise ValueError(f"there is no analysis {name!r}; there are {', '.join(analyses())}")
    return analyses()[name]


def analysis_of(result: Any) -> Analysis:
    """Analysis that a result is of.

    Raises
    ------
    TypeError
        It is no result of an analysis.
    """
    name = getattr(result, "analysis", None)
    if name not in analyses():
        raise TypeError(f"no result of an analysis, but {type(result).__name__}")
    return analyses()[name]


def samples_of(kind: str) -> dict[str, Any]:
    """Samples of a kind of data, by title: those of the package, then those that analyses bring.

    Of an analysis whose samples cannot be used, a warning says why.
    """
    from atomstat_widgets.data import cubes, movies, samples

    own: dict[str, Mapping[str, Any]] = {"image": samples.SAMPLES, "movie": movies.MOVIES, "cube": cubes.CUBES}
    found = dict(own[kind])
    for one in analyses().values():
        if one.kind != kind or not one.samples:
            continue
        try:
            brought = instance_of(one.load("samples"), "samples", Mapping)
            if taken := [title for title in brought if title in found]:
                raise ValueError(f"there is another sample called {taken[0]}")
        except Exception as error:  # of a package that is not ours: the others go on
            warnings.warn(f"the samples of {one.name} cannot be used: {in_words(error)}", stacklevel=2)
        else:
            found |= brought
    return found
