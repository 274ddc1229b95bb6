"""The four analyses, by the names that they have on the command line."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.domains.result import DomainsResult
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.sliding_fft.result import SlidingFFTResult
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.analyses.unmixing.result import UnmixingResult
from atomstat_widgets.brief import brief
from atomstat_widgets.reactive.model import AnalysisModel


@brief
@dataclass(frozen=True)
class Analysis:
    """An analysis: its names, its model and its result."""

    name: str
    title: str
    model: type[AnalysisModel]
    result: type

    @property
    def kind(self) -> str:
        """Kind of its data, which is also what models and results call them."""
        return self.model.kind

    @cached_property
    def parameter_names(self) -> list[str]:
        """Names of the parameters beside the data, in alphabetical order."""
        return [name for name in self.model.class_own_traits(parameter=True) if name != self.kind]


ANALYSES: Mapping[str, Analysis] = {
    one.name: one
    for one in (
        Analysis("sliding-fft", "Sliding FFT", SlidingFFTModel, SlidingFFTResult),
        Analysis("domains", "Domains", DomainsModel, DomainsResult),
        Analysis("trajectories", "Trajectories", TrajectoriesModel, TrajectoriesResult),
        Analysis("unmix", "Unmixing", UnmixingModel, UnmixingResult),
    )
}
