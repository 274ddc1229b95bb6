"""The analyses that there are, those of other packages among them; nothing else lists them."""

import warnings
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pkgutil import resolve_name
from typing import Any

from atomstat_widgets.brief import brief
from atomstat_widgets.data.readers.loading import Kind

GROUP = "atomstat_widgets.analyses"  # of entry points; each names a record in its package


@brief
@dataclass(frozen=True, kw_only=True)
class Analysis:
    """An analysis: its names, and where its parts are, as "module:object", so that each is imported when it is used.

    Attributes
    ----------
    name : str
        On the command line and in `analyse`.
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
    """

    name: str
    title: str
    kind: Kind
    purpose: str
    sample: str
    model: str
    panel: str
    figure: str
    numbers: str
    samples: str = ""
    place: int = 100

    def load(self, part: str) -> Any:
        """Import a part: model, panel, figure, numbers or samples."""
        return resolve_name(getattr(self, part))

    @property
    def parameters(self) -> dict[str, Any]:
        """Traits of its parameters beside the data, by name, in alphabetical order."""
        traits = self.load("model").class_traits(parameter=True)
        return {name: trait for name, trait in sorted(traits.items()) if name != self.kind}


@cache
def analyses() -> dict[str, Analysis]:
    """All analyses by name. Of a package whose record cannot be used, a warning says why."""
    found: list[Analysis] = []
    for point in entry_points(group=GROUP):
        try:
            one = point.load()
            if not isinstance(one, Analysis):
                raise TypeError(f"{point.value} is no Analysis")
            if one.name in [other.name for other in found]:
                raise ValueError(f"there is another one called {one.name}")
        except Exception as error:  # of a package that is not ours: whatever it is, the others go on
            warnings.warn(f"the analysis {point.name} cannot be used: {error}", stacklevel=2)
        else:
            found.append(one)
    return {one.name: one for one in sorted(found, key=lambda one: (one.place, one.name))}


def find_analysis(name: str) -> Analysis:
    """Analysis of a name.

    Raises
    ------
    ValueError
        There is none.
    """
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
    """Samples of a kind of data, by title: those of the package, then those that analyses bring."""
    from atomstat_widgets.data import cubes, movies, samples

    own: dict[str, dict[str, Any]] = {"image": {**samples.SAMPLES}, "movie": {**movies.MOVIES}, "cube": {**cubes.CUBES}}
    brought = [one.load("samples") for one in analyses().values() if one.kind == kind and one.samples]
    return {title: simulate for group in (own[kind], *brought) for title, simulate in group.items()}
