"""Methods that find components or classes: their words, what they give, and what tells a good number of these.

Each analysis has a mapping of the names of its methods to such objects, and asks them; a name is compared nowhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.brief import brief
from atomstat_widgets.counting import count_of
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS
from atomstat_widgets.stat import elbow, largest_stable, lowest, match_components, matching_signs, nmf_stability
from atomstat_widgets.stat.progress import Progress


@brief
@dataclass(frozen=True, kw_only=True)
class Words:
    """What is said of the findings of a method, on the page, in figures and in files.

    Attributes
    ----------
    part, parts : str
        What is found.
    picture : str
        What one of them looks like.
    amount, amounts : str
        How much of one there is in a piece of the data.
    rank : str
        Before the one whose colour a piece has where all are shown at once.
    """

    part: str = "component"
    parts: str = "components"
    picture: str = "component"
    amount: str = "loading"
    amounts: str = "loadings"
    rank: str = "strongest "

    @property
    def pictures(self) -> str:
        """What they look like."""
        return f"{self.picture}s"

    @property
    def strongest(self) -> str:
        """The one whose colour a piece has."""
        return f"{self.rank}{self.part}"

    @property
    def all_strongest(self) -> str:
        """Those of all pieces."""
        return f"{self.rank}{self.parts}"

    def count(self, number: int) -> str:
        """Words for a number of them."""
        return count_of(number, self.part, self.parts)

    def amount_of(self, number: int) -> str:
        """How much of one of them there is, its number counted from 1."""
        return f"{self.amount} of {self.part} {number}"

    @property
    def key(self) -> str:
        """Name of the pictures in files."""
        return self.pictures.replace(" ", "_")


COMPONENTS = Words()
CLASSES = Words(
    part="class", parts="classes", picture="class mean", amount="probability", amounts="probabilities", rank="",
)  # fmt: skip


@brief
@dataclass(frozen=True)
class Trial:
    """A number of components whose quality is to be measured.

    Attributes
    ----------
    factor
        What the method reads components from, with a `LowRank` as ``low_rank``.
    n_components : int
    parameters : dict
        Of the analysis.
    find : callable
        Gives what the method finds with this number.
    progress : callable
    """

    factor: Any
    n_components: int
    parameters: Mapping[str, Any]
    find: Callable[[], Any]
    progress: Progress


@brief
@dataclass(frozen=True, kw_only=True)
class Curve:
    """A quality against the number of components, which tells a good number.

    Attributes
    ----------
    name : str
        In the model's `advice`.
    title, label : str
        Of the curve, and of its axis.
    advise : callable
        ``advise(counts, values)`` gives a good number, or None where none stands out.
    measure : callable or None
        Gives the quality of a `Trial`; None where the result itself tells that of every number.
    scale : callable
        Gives the factor by which values of a result are shown.
    """

    name: str
    title: str
    label: str
    advise: Callable[[list[int], list[float]], int | None]
    measure: Callable[[Trial], float] | None
    scale: Callable[[Any], float] = lambda result: 1.0

    def values(self, result: Any, advice: Mapping[str, Mapping[int, float]]) -> dict[int, float]:
        """Values that are known by now, as they are shown, by number of components."""
        scale = self.scale(result)
        return {k: scale * value for k, value in advice.get(self.name, {}).items()}

    def advise_for(self, result: Any, values: Mapping[int, float]) -> int | None:
        """Give a good number of components, once all values are known."""
        counts = sorted(values)
        return self.advise(counts, [values[k] for k in counts]) if len(counts) == result.most_components else None


class _Variance(Curve):
    """Share of the variance that each principal component explains, which a result knows of its factor."""

    def values(self, result: Any, advice: Mapping[str, Mapping[int, float]]) -> dict[int, float]:
        return dict(enumerate((100 * result.variance).tolist(), start=1))

    def advise_for(self, result: Any, values: Mapping[int, float]) -> int | None:
        # Judged by the sum, from none on: of the shares themselves the first would always stand out.
        sums = np.concatenate([[0], np.cumsum([values[k] for k in sorted(values)])])
        return self.advise(list(range(len(sums))), sums.tolist())


VARIANCE = _Variance(
    name="variance", title="Explained variance", label="variance (%)", advise=elbow, measure=None
)  # fmt: skip
STABILITY = partial(Curve, name="stability", title="Stability", label="stability", advise=largest_stable)
NMF_STABILITY = STABILITY(
    measure=lambda trial: nmf_stability(trial.factor.low_rank, trial.n_components, progress=trial.progress)
)
ERROR = partial(Curve, name="error", title="Error", label="error (%)", advise=elbow, scale=lambda result: 100.0)
BIC = partial(Curve, name="bic", title="BIC", advise=lowest, scale=lambda result: 1 / len(result.low_rank.u))


@brief
@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to find components or classes.

    Attributes
    ----------
    name : str
        Its word in parameters, scripts and on the page.
    tooltip : str
    fit : callable
        ``fit(factor, n_components, progress, **options)`` gives what the analysis makes a result of.
    options : tuple of str
        Parameters of the analysis that it reads, of those which not all methods do.
    words : Words
    signed : bool
        Whether components and amounts have both signs; if not, components can be shown all at once.
    ordered : bool
        Whether its components come in an order that means something. Others keep the numbers that they had before.
    centred : bool
        Whether it reads deviations from the mean; if not, it reads values from 0 on.
    whole : bool
        Whether its components, added to what was subtracted from the pieces, are pictures as such, as means are.
    curves : tuple of Curve
        What tells a good number of components, the best first.
    """

    name: str
    tooltip: str
    fit: Callable[..., Any]
    options: tuple[str, ...] = ()
    words: Words = COMPONENTS
    signed: bool = False
    ordered: bool = False
    centred: bool = True
    whole: bool = False
    curves: tuple[Curve, ...] = (VARIANCE,)

    def find(self, factor: Any, n_components: int, parameters: Mapping[str, Any], progress: Progress) -> Any:
        """Fit with those of the parameters that are options of this method."""
        return self.fit(factor, n_components, progress, **{name: parameters[name] for name in self.options})

    def arrangement(self, before: NDArray[np.floating], after: NDArray[np.floating]) -> list[int]:
        """Numbers and signs by which components resemble those shown before, where the method leaves them open.

        Parameters
        ----------
        before, after : array, (k, n) and (m, n)
            Something of the components shown and of those found, one a row, over the same n positions.

        Returns
        -------
        list of int, (m,)
            See `Decomposition.arranged`.
        """
        order = np.arange(len(after))
        if not self.ordered:
            order = match_components(before, after, either_sign=self.signed)
        signs = matching_signs(before, after[order]) if self.signed else 1
        return [int(number) for number in (order + 1) * signs]


PCA = partial(Method, name="PCA", tooltip="Principal components: what varies most", signed=True, ordered=True)
ICA = partial(Method, name="ICA", tooltip="Independent components: sources that vary on their own", signed=True)
NMF = partial(Method, name="NMF", tooltip="Non-negative components: parts that add up", centred=False)
GMM = partial(Method, name="GMM", words=CLASSES, whole=True)


def by_name(*methods: Method) -> dict[str, Method]:
    """Methods by their names, in this order."""
    return {method.name: method for method in methods}


def measure_all(model: Any, method: Method, most: int, trial: Callable[[int], Trial], give_way: Progress) -> None:
    """Add to the advice of a model, one after the other, the qualities of every number of components.

    Parameters
    ----------
    model : AnalysisModel
        With a trait `advice`.
    method : Method
    most : int
        Largest number of components.
    trial : callable
        Gives the `Trial` of a number of components.
    give_way : callable
        Called before each with the fraction that is done; may raise.
    """
    for k in range(1, most + 1):
        for curve in method.curves:
            if curve.measure is not None:
                give_way(k / MAX_COMPONENTS)
                if k not in model.advice.get(curve.name, {}):
                    value = curve.measure(trial(k))
                    model.advice = {**model.advice, curve.name: {**model.advice.get(curve.name, {}), k: value}}
