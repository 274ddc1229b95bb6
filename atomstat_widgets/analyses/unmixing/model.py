"""Spectral unmixing as a model: a spectrum image in, components and abundances out, no screen."""

from collections.abc import Mapping
from operator import attrgetter, index
from typing import Any

import numpy as np
from traitlets import Any as AnyTrait
from traitlets import Bool, Bunch, Dict, Enum, Float, Instance, Int, TraitError, Unicode, validate

from atomstat_widgets.analyses.unmixing.methods import METHODS, unmix
from atomstat_widgets.analyses.unmixing.result import UnmixingResult, align
from atomstat_widgets.analyses.unmixing.stages import factor_of, spectra_of
from atomstat_widgets.brief import in_short
from atomstat_widgets.counting import count_of
from atomstat_widgets.data import Cube
from atomstat_widgets.data.mask import Mask, unpacked
from atomstat_widgets.data.sampling import Whole
from atomstat_widgets.glossary import in_brief
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS, most_components
from atomstat_widgets.reactive.lengths import Finite
from atomstat_widgets.reactive.loading import open_data
from atomstat_widgets.reactive.methods import Trial, measure_all
from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.reactive.parameter import Data, parameter
from atomstat_widgets.reactive.runner import Run
from atomstat_widgets.reactive.stages import Chain, Stage
from atomstat_widgets.stat import Spectra
from atomstat_widgets.stat.blocks import in_blocks

LOSSES = ("frobenius", "kullback-leibler")
STARTS = ("none", "vca", "nfindr")
FEWEST_CHANNELS = 3


class UnmixingModel(AnalysisModel):
    """Parameters and result of a spectral unmixing.

    Parameters
    ----------
    cube : Cube, array or path
        What to analyse, see `load`.
    **parameters
        Any of the traits below.

    Attributes
    ----------
    cube : Cube
        Assign a Cube, an array or a path. One that cannot be analysed is refused, and nothing is changed. With a new
        one, range and mask are those of all of it again.
    method : {'NMF', 'PCA', 'ICA', 'GMM'}
    n_components : int
        From 1 to 8; of GMM the number of classes.
    signal_range : (int, int) or None
        First channel to use, and the one after the last; None for all.
    mask : array of bool, (height, width), or None
        Pixels to use; None for all.
    binning, channel_binning : int
        Pixels along y and x, and channels, whose mean becomes one.
    normalize : bool
        Divide each spectrum by its sum.
    weighting : bool
        Weight for Poisson noise, see `take_spectra`.
    loss : {'frobenius', 'kullback-leibler'}
        Of NMF.
    start_from : {'none', 'vca', 'nfindr'}
        Purest pixels that NMF starts from, see `unmix_nmf`.
    smooth : float
        See `pure_spectra`.
    sum_to_one : bool
        Abundances of NMF sum to 1.
    result : UnmixingResult
    advice : dict of str to dict of int to float
        By number of components, as far as known: "error" (NMF) and "stability" (NMF, GMM).
    notice : str
        What is not as one would expect, in words.
    """

    kind = "cube"
    cube = parameter(Data(), label="Spectrum image", help="The spectrum image to analyse")
    method = parameter(
        Enum(METHODS, "NMF"),  # type: ignore[call-overload]  # a mapping: a method that is added to it is one of them
        label="Method", help=in_brief("method"),
    )  # fmt: skip
    n_components = parameter(
        Int(3, min=1, max=MAX_COMPONENTS), label="Components", help=in_brief("number of components"),
        option="components",
    )  # fmt: skip
    signal_range = parameter(
        AnyTrait(None, allow_none=True), label="Signal range", help=in_brief("signal range"),
        argument={"type": int, "nargs": 2, "metavar": ("FIRST", "END")},
    )  # fmt: skip
    mask = parameter(
        AnyTrait(None, allow_none=True), label="Mask", help=in_brief("mask"), to_json=attrgetter("packed"),
        from_json=lambda mask: unpacked(mask) if isinstance(mask, Mapping) else mask,
    )  # fmt: skip
    binning = parameter(Int(1, min=1, max=16), label="Bin pixels", help=in_brief("binning"))
    channel_binning = parameter(Int(1, min=1, max=16), label="Bin channels", help=in_brief("channel binning"))
    normalize = parameter(
        Bool(False), label="Normalize", help="Divide each spectrum by its sum: shapes count, not thickness"
    )
    weighting = parameter(Bool(False), label="Weighting", help=in_brief("weighting"))
    loss = parameter(Enum(LOSSES, "frobenius"), label="Loss", help=in_brief("loss"))
    start_from = parameter(Enum(STARTS, "none"), label="Start from", help=in_brief("start"))
    smooth = parameter(
        Finite(1.0, min=0, max=20), label="Smooth", unit="px",
        help="Of VCA and N-FINDR: standard deviation of the Gaussian under which pure pixels are looked for",
    )  # fmt: skip
    sum_to_one = parameter(Bool(False), label="Abundances sum to 1", help=in_brief("sum to one"))
    advice = Dict(key_trait=Unicode(), value_trait=Dict(key_trait=Int(), value_trait=Float()))
    result = Instance(UnmixingResult, allow_none=True)

    def __init__(self, cube: Any, **parameters: Any) -> None:
        super().__init__(cube=self.check_data(cube), **parameters)  # the mask and the range are checked against it
        self._chain = Chain(
            Stage(
                "spectra", spectra_of,
                ("cube", "mask", "signal_range", "bins", "channel_binning", "normalize", "weighting", "negative"),
            ),
            Stage("factor", factor_of, ("centred",)),
            Stage("unmixing", unmix, ("method", "n_components", "loss", "start_from", "smooth", "sum_to_one")),
        )  # fmt: skip
        self.start()

    @staticmethod
    def check_data(source: Any) -> Cube:
        """Refuse what holds no spectra before anything else is touched."""
        cube: Cube = open_data(source, "cube")
        if cube.array.shape[2] < FEWEST_CHANNELS:
            raise ValueError(f"{cube.array.shape[2]} channels are no spectra")
        if in_blocks(cube.array):  # that would be one more look at all of it, which is taken anyway
            return cube
        low, high = np.fmin.reduce(cube.array, axis=None), np.fmax.reduce(cube.array, axis=None)
        if np.isnan(low):
            raise ValueError(f"all {cube.array.size} values of the spectrum image are NaN")
        if low == high:
            raise ValueError(
                f"all {cube.array.size} values of the spectrum image are equal ({low:g}): nothing to unmix"
            )
        return cube

    @property
    def notice(self) -> str:
        """What is not as one would expect, in words."""
        if self.result is None:
            return ""
        spectra: Spectra = self.result.unmixing.spectra
        parts = []
        left_out = spectra.map_shape[0] * spectra.map_shape[1] - len(spectra.pixels)
        if left_out:
            parts.append(f"{left_out:,} pixels are masked or hold NaN" if left_out > 1 else "1 pixel is masked or NaN")
        if spectra.shift:
            parts.append(
                f"{spectra.negative:,} values are negative: the lowest, {spectra.lowest:.3g}, is subtracted from all"
            )
        return "; ".join(parts)

    @validate("cube")
    def _checked_cube(self, proposal: Bunch) -> Cube:
        return self.check_data(proposal["value"])

    @validate("signal_range")
    def _checked_range(self, proposal: Bunch) -> tuple[int, int] | None:
        if proposal["value"] is None:
            return None
        count = self.cube.array.shape[2]
        try:
            first, last = map(index, proposal["value"])
        except (TypeError, ValueError):
            raise TraitError(
                f"signal_range is two numbers of channels, the first and the one after the last, or None, not "
                f"{in_short(proposal['value'])}"
            ) from None
        if not 0 <= first <= last - FEWEST_CHANNELS or last > count:
            raise TraitError(f"signal_range = ({first}, {last}) is not {FEWEST_CHANNELS} channels or more of {count}")
        return first, last

    @validate("mask")
    def _checked_mask(self, proposal: Bunch) -> Mask | None:
        mask = proposal["value"]
        if mask is None:
            return None
        used = np.asarray(mask.used if isinstance(mask, Mask) else mask)
        if used.shape != self.cube.sides or used.dtype != bool:
            raise TraitError(f"mask is a bool array of shape {self.cube.sides}, got {used.dtype} of shape {used.shape}")
        return mask if isinstance(mask, Mask) else Mask(used.copy())

    def reconcile(self, name: str) -> None:
        """Forget what belongs to another cube."""
        if name == "cube":
            with self.hold_trait_notifications():  # one run, and none with half of it
                self.signal_range = self.mask = None

    def for_all(self, parameters: dict[str, Any], whole: Whole) -> dict[str, Any]:
        """Give all pixels the mask of those of the sample that they are next to."""
        if (mask := parameters["mask"]) is None:
            return parameters
        height, width = whole.data.sides
        used = mask.used.repeat(whole.every, axis=0).repeat(whole.every, axis=1)[:height, :width]
        return {**parameters, "mask": Mask(used)}

    def for_sample(self, parameters: dict[str, Any], sample: Cube) -> dict[str, Any]:
        """Take of a mask of all pixels those of the sample."""
        if (mask := parameters.get("mask")) is None:
            return parameters
        return {**parameters, "mask": Mask(mask.used[:: sample.whole.every, :: sample.whole.every])}

    def compute(self, parameters: dict[str, Any], run: Run) -> str:
        """Publish components and abundances, and give the facts of the run."""
        parameters = self._complete(parameters)
        unmixing = self._chain.value("unmixing", parameters, run)
        result = UnmixingResult(
            parameters["cube"], parameters, self._chain.value("factor", parameters).low_rank, unmixing
        )
        shown = self.result
        final = self.final
        if final is not None and final.cube is result.cube and final.parameters["method"] == parameters["method"]:
            result = align(result, final)
        if self.admit(result.cube):
            if (
                shown is None
                or shown.low_rank is not result.low_rank
                or shown.parameters["method"] != parameters["method"]
            ):
                self.advice = {}
            self.publish(result)
        spectra = unmixing.spectra
        taken = count_of(len(spectra.pixels), "spectrum", "spectra")
        what = result.method.words.count(parameters["n_components"])
        return f"{taken} of {len(spectra.channels)} channels, {what}"

    def compute_more(self, parameters: dict[str, Any], run: Run) -> None:
        """Quality of every number of components, one after the other."""
        parameters, wait = self._complete(parameters), run.yield_to_newer
        factor = self._chain.value("factor", parameters)

        def trial(k: int) -> Trial:
            at_k = {**parameters, "n_components": k}
            return Trial(factor, k, parameters, lambda: self._chain.value("unmixing", at_k, wait), wait)

        measure_all(self, METHODS[parameters["method"]], most_components(factor.low_rank), trial, wait)

    def _complete(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Add what the stages read and follows from the parameters."""
        centred = METHODS[parameters["method"]].centred
        return {
            **parameters,
            "bins": (parameters["binning"],) * 2,
            "negative": "keep" if centred else "shift",
            "centred": centred,
        }
