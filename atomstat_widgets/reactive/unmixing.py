"""Spectral unmixing as a model: a spectrum image in, components and abundances out, no screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from traitlets import Any as AnyTrait
from traitlets import Bool, Bunch, Dict, Enum, Float, Instance, Int, TraitError, Unicode, validate

from atomstat_widgets.brief import brief, in_short
from atomstat_widgets.data import Cube
from atomstat_widgets.data.sampling import Whole
from atomstat_widgets.reactive.arrangement import arrangement_like
from atomstat_widgets.reactive.domains_stages import covariance_for
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS, RANK, most_components
from atomstat_widgets.reactive.lengths import Finite
from atomstat_widgets.reactive.model import AnalysisModel, Data
from atomstat_widgets.reactive.opened import opened
from atomstat_widgets.reactive.runner import Run
from atomstat_widgets.reactive.stages import Chain, Stage
from atomstat_widgets.stat import (
    LowRank,
    Spectra,
    Unmixing,
    explained_variance_ratio,
    factorize,
    gmm,
    gmm_stability,
    ica,
    nmf,
    nmf_stability,
    pca,
    take_spectra,
    unmix_nmf,
)
from atomstat_widgets.stat.blocks import in_blocks
from atomstat_widgets.stat.progress import Progress
from atomstat_widgets.stat.unmixing import of_classes, unmixed

METHODS = ("NMF", "PCA", "ICA", "GMM")
LOSSES = ("frobenius", "kullback-leibler")
STARTS = ("none", "vca", "nfindr")
GMM_DIMENSIONS, GMM_STARTS = 4, 10
FEWEST_CHANNELS = 3


@brief
@dataclass(frozen=True, eq=False)
class Mask:
    """Pixels to use, (height, width): equal only to itself, so that what is computed can be kept for it."""

    used: NDArray[np.bool_]


@brief
@dataclass(frozen=True, eq=False)
class UnmixingResult:
    """All that one run found.

    Attributes
    ----------
    cube : Cube
        The data.
    parameters : dict
        What it was computed with.
    low_rank : LowRank
        Factor of the scaled spectra.
    unmixing : Unmixing
        Components, abundances and residuals.
    arrangement : tuple of int
        For each component which of those computed it is, counted from 1, negative where its sign was changed; empty
        where they are as computed.
    """

    cube: Cube
    parameters: dict[str, Any]
    low_rank: LowRank
    unmixing: Unmixing
    arrangement: tuple[int, ...] = ()

    def arranged(self, arrangement: Sequence[int]) -> "UnmixingResult":
        """Give components, as they were computed, other numbers and signs, see `arrangement`."""
        decomposition = self.unmixing.decomposition.arranged(arrangement)
        return replace(
            self, unmixing=replace(self.unmixing, decomposition=decomposition), arrangement=tuple(arrangement)
        )

    @property
    def quality(self) -> str:
        """How good it is, in words."""
        return f"error {self.unmixing.decomposition.reconstruction_error:.1%}"

    @property
    def signed(self) -> bool:
        """Whether components and abundances have both signs."""
        return self.parameters["method"] in ("PCA", "ICA")

    @property
    def energies(self) -> NDArray[np.float64]:
        """What the channels that were used stand for, (channels,)."""
        axis = self.cube.axis
        return np.asarray(np.interp(self.unmixing.spectra.channels, np.arange(len(axis)), axis))

    @property
    def map_axes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Rows (height,) and columns (width,) of the cube that the pixels of the maps are centred on."""
        sides, bins = self.unmixing.spectra.map_shape, self.parameters["bins"]
        y, x = (np.arange(side) * every + (every - 1) / 2 for side, every in zip(sides, bins, strict=True))
        return y, x

    @property
    def map_sides(self) -> tuple[int, int]:
        """Rows and columns of the cube that the maps cover: what binning left over at the end is not in them."""
        (height, width), bins = self.unmixing.spectra.map_shape, self.parameters["bins"]
        return height * bins[0], width * bins[1]

    @property
    def most_components(self) -> int:
        """Largest number of components that advice is given for."""
        return most_components(self.low_rank)

    @property
    def variance(self) -> NDArray[np.float64]:
        """Share of the sum of squares, or of the variance, that each singular vector explains, (MAX_COMPONENTS,)."""
        return explained_variance_ratio(self.low_rank)[:MAX_COMPONENTS]

    def score(self) -> tuple[float, float]:
        """Mean spectral angle to the true endmembers in degrees, best matched, and RMSE of the abundances as shares.

        Raises
        ------
        ValueError
            The true endmembers are not known, or there are fewer components than endmembers.
        """
        truth, unmixing = self.cube.truth, self.unmixing
        if truth is None:
            raise ValueError(f"the true endmembers of {self.cube.name} are not known")
        k = len(truth.endmembers)
        if unmixing.decomposition.n_components < k:
            raise ValueError(f"{k} components are the true number")
        channels = np.arange(truth.endmembers.shape[1])
        true = np.array([np.interp(unmixing.spectra.channels, channels, one) for one in truth.endmembers])
        units = [rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-30)
                 for rows in (true, unmixing.components)]  # fmt: skip
        angles = np.degrees(np.arccos(np.clip(units[0] @ units[1].T, -1, 1)))
        own, partner = linear_sum_assignment(angles)
        amounts = (unmixing.decomposition.loadings * unmixing.components.sum(axis=1))[:, partner]
        total = amounts.sum(axis=1, keepdims=True)
        amounts = np.divide(amounts, total, out=np.zeros_like(amounts), where=total > 0)
        shares = take_spectra(truth.abundances, binning=(*self.parameters["bins"], 1)).values
        wanted = shares[unmixing.spectra.pixels]
        return float(angles[own, partner].mean()), float(np.sqrt(np.mean((amounts - wanted) ** 2)))


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
    cube = Data().tag(parameter=True)
    method = Enum(METHODS, "NMF").tag(parameter=True)
    n_components = Int(3, min=1, max=MAX_COMPONENTS).tag(parameter=True)
    signal_range = AnyTrait(None, allow_none=True).tag(parameter=True)
    mask = AnyTrait(None, allow_none=True).tag(parameter=True)
    binning = Int(1, min=1, max=16).tag(parameter=True)
    channel_binning = Int(1, min=1, max=16).tag(parameter=True)
    normalize = Bool(False).tag(parameter=True)
    weighting = Bool(False).tag(parameter=True)
    loss = Enum(LOSSES, "frobenius").tag(parameter=True)
    start_from = Enum(STARTS, "none").tag(parameter=True)
    smooth = Finite(1.0, min=0, max=20).tag(parameter=True)
    sum_to_one = Bool(False).tag(parameter=True)
    advice = Dict(key_trait=Unicode(), value_trait=Dict(key_trait=Int(), value_trait=Float()))
    result = Instance(UnmixingResult, allow_none=True)

    def __init__(self, cube: Any, **parameters: Any) -> None:
        super().__init__(cube=self.checked(cube), **parameters)  # the mask and the range are checked against it
        self._chain = Chain(
            Stage(
                "spectra", _spectra,
                ("cube", "mask", "signal_range", "bins", "channel_binning", "normalize", "weighting", "negative"),
            ),
            Stage("low_rank", _low_rank, ("centred",)),
            Stage("unmixing", _unmix, ("method", "n_components", "loss", "start_from", "smooth", "sum_to_one")),
        )  # fmt: skip
        self.start()

    @staticmethod
    def checked(source: Any) -> Cube:
        """Refuse what holds no spectra before anything else is touched."""
        cube = opened(source, "cube")
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
        return self.checked(proposal["value"])

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
        result = UnmixingResult(parameters["cube"], parameters, self._chain.value("low_rank", parameters)[1], unmixing)
        shown = self.result
        final = self.final
        if final is not None and final.cube is result.cube and final.parameters["method"] == parameters["method"]:
            result = aligned(result, final)
        if self.admit(result.cube):
            if (
                shown is None
                or shown.low_rank is not result.low_rank
                or shown.parameters["method"] != parameters["method"]
            ):
                self.advice = {}
            self.publish(result)
        spectra = unmixing.spectra
        what = "classes" if parameters["method"] == "GMM" else "components"
        return (
            f"{len(spectra.pixels):,} spectra of {len(spectra.channels)} channels, {parameters['n_components']} {what}"
        )

    def compute_more(self, parameters: dict[str, Any], run: Run) -> None:
        """Quality of every number of components, one after the other."""
        _, low_rank = self._chain.value("low_rank", self._complete(parameters))
        for k in range(1, most_components(low_rank) + 1):
            for name, value in _qualities(parameters["method"], k, low_rank, run.yield_to_newer):
                run.yield_to_newer(k / MAX_COMPONENTS)
                if k not in self.advice.get(name, {}):
                    self.advice = {**self.advice, name: {**self.advice.get(name, {}), k: value()}}

    def _complete(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Add what the stages read and follows from the parameters."""
        non_negative = parameters["method"] == "NMF"
        return {
            **parameters,
            "bins": (parameters["binning"],) * 2,
            "negative": "shift" if non_negative else "keep",
            "centred": not non_negative,
        }


def aligned(found: UnmixingResult, shown: UnmixingResult) -> UnmixingResult:
    """Give components the numbers and signs that they have in what is shown, where the two can be compared."""
    old, new = shown.unmixing, found.unmixing
    before, after = old.components, new.components
    if before.shape[1] != after.shape[1]:
        if not np.array_equal(old.spectra.pixels, new.spectra.pixels):
            return found
        before, after = old.decomposition.loadings.T, new.decomposition.loadings.T
    return found.arranged(arrangement_like(before, after, found.parameters["method"]))


def _spectra(
    _: None,
    cube: Cube,
    mask: Mask | None,
    signal_range: tuple[int, int] | None,
    bins: tuple[int, int],
    channel_binning: int,
    normalize: bool,
    weighting: bool,
    negative: str,
    progress: Progress,
) -> Spectra:
    return take_spectra(
        cube.array, mask=None if mask is None else mask.used, signal_range=signal_range,
        binning=(*bins, channel_binning), normalize=normalize, weighting="poisson" if weighting else None,
        negative=negative, progress=progress,
    )  # fmt: skip


def _low_rank(spectra: Spectra, centred: bool, progress: Progress) -> tuple[Spectra, LowRank]:
    return spectra, factorize(spectra.matrix, RANK, center=centred, progress=progress)


def _unmix(
    factored: tuple[Spectra, LowRank],
    method: str,
    n_components: int,
    loss: str,
    start_from: str,
    smooth: float,
    sum_to_one: bool,
    progress: Progress,
) -> Unmixing:
    spectra, low_rank = factored
    if method == "NMF":
        return unmix_nmf(
            spectra, low_rank, n_components, loss=loss, start=None if start_from == "none" else start_from,
            smooth=smooth, sum_to_one=sum_to_one, progress=progress,
        )  # fmt: skip
    if method == "GMM":
        scores = _gmm_input(low_rank)
        classes = gmm(scores, n_components, covariance=covariance_for(scores), starts=GMM_STARTS)
        return of_classes(spectra, classes.labels - 1, classes.probabilities, classes.converged)
    return unmixed(spectra, (pca if method == "PCA" else ica)(low_rank, n_components), low_rank)


def _gmm_input(low_rank: LowRank) -> NDArray[np.float64]:
    """Principal scores that classes are told apart by."""
    return np.asarray((low_rank.u * low_rank.s)[:, :GMM_DIMENSIONS], np.float64)


def _qualities(method: str, k: int, low_rank: LowRank, wait: Progress) -> list[tuple[str, Callable[[], float]]]:
    """Names of what tells a good number of components, and how to compute each."""
    if method == "NMF":
        return [
            ("error", lambda: nmf(low_rank, k, progress=wait).reconstruction_error),
            ("stability", lambda: nmf_stability(low_rank, k, progress=wait)),
        ]
    if method == "GMM":
        scores = _gmm_input(low_rank)
        return [("stability", lambda: gmm_stability(scores, k, covariance=covariance_for(scores), progress=wait))]
    return []
