"""Sliding FFT + NMF as a model: parameters in, result out, no screen."""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any, NamedTuple

from traitlets import Any as AnyTrait
from traitlets import Bool, Bunch, Dict, Float, Instance, Int, TraitError, Unicode, observe, validate

from atomstat_widgets.analyses.sliding_fft.result import SlidingFFTResult
from atomstat_widgets.arguments import whole_array_of
from atomstat_widgets.counting import count_of
from atomstat_widgets.data import Image
from atomstat_widgets.data.sampling import Whole, sampled
from atomstat_widgets.glossary import in_brief
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS, RANK, PreparedImageModel
from atomstat_widgets.reactive.lengths import WholeLength
from atomstat_widgets.reactive.parameter import parameter
from atomstat_widgets.reactive.runner import Run
from atomstat_widgets.reactive.stages import Chain, Stage
from atomstat_widgets.stat import (
    Decomposition,
    Lattice,
    LowRank,
    WindowGrid,
    WindowSpectra,
    choose_window,
    factorize,
    find_lattice,
    match_components,
    nmf,
    sliding_fft,
)
from atomstat_widgets.stat.blocks import in_blocks
from atomstat_widgets.stat.progress import Progress, unreported
from atomstat_widgets.stat.windows._sliding_fft import Band
from atomstat_widgets.stat.windows.areas import Advice, advise_components
from atomstat_widgets.stat.windows.grid import SMALLEST_WINDOW
from atomstat_widgets.stat.windows.lattice_window import LARGEST_ZOOM, STEPS

MAX_FEATURE_BYTES = 1_500_000_000
# From here on a run takes longer than some 300 ms, and a coarse one of about 0.1 s goes first.
COARSE_ABOVE_BYTES = 40_000_000
COARSE_BYTES = 4_000_000
COARSE_WINDOWS = 50


class SlidingFFTModel(PreparedImageModel):
    """Parameters and result of a sliding-FFT analysis.

    Parameters
    ----------
    image : Image, array or path
        What to analyse, see `load`.
    **parameters
        Any of the traits below.

    Attributes
    ----------
    image : Image
        See `ImageModel`.
    background, line_jitter, border : bool, optional
        How it is prepared, see `PreparedImageModel`.
    spots : sequence of int, optional
        Numbers of the spots of the lattice that are used, counted from 0, the strongest first; by default all that were
        found. With a new image it is all of them again.
    window_y, window_x : int, optional
        Rows and columns of a window, in pixels; never more than the image has. By default they follow the lattice of
        the image, see `choose_window`.
    window_linked : bool
        Whether a change of one is a change of both.
    step : int, optional
        Pixels between windows, along y and x; by default a quarter of the window.
    n_components : int, optional
        From 1 to 8; by default as many as have an area of the map to themselves that is at least as wide as a window,
        each of which explains at least 0.6 % of the sum of squares.
    zoom : int, optional
        The centre ``1 / zoom`` of the frequencies is kept; by default it shows the strong spots of the lattice.
    hamming : bool
        Taper the windows.
    result : SlidingFFTResult
    errors : dict of int to float
        Reconstruction error by number of components, as far as known.
    notice : str
        What was changed without being asked, in words.
    """

    spots = parameter(
        AnyTrait(None, allow_none=True), label="Spots",
        help="Numbers of the spots of the lattice that window and zoom follow, counted from 0, the strongest first",
        argument={"type": int, "nargs": "+", "metavar": "NUMBER"},
    )  # fmt: skip
    window_y = parameter(
        WholeLength(None, allow_none=True, min=SMALLEST_WINDOW), label="Height", help="Rows of the sliding window",
        unit="px", option="window",
    )  # fmt: skip
    window_x = parameter(
        WholeLength(None, allow_none=True, min=SMALLEST_WINDOW), label="Width", help="Columns of the sliding window",
        unit="px", follows="window_y",
    )  # fmt: skip
    window_linked = Bool(True)
    step = parameter(WholeLength(None, allow_none=True, min=1), label="Step", help=in_brief("step"), unit="px")
    n_components = parameter(
        Int(None, allow_none=True, min=1, max=MAX_COMPONENTS), label="Components",
        help="Number of NMF components of the magnitudes of spectra, by which AB and BA stacking cannot be told",
        option="components",
    )  # fmt: skip
    zoom = parameter(Int(None, allow_none=True, min=1, max=LARGEST_ZOOM), label="Zoom", help=in_brief("zoom"))
    hamming = parameter(Bool(True), label="Hamming taper", help=in_brief("Hamming taper"))
    result = Instance(SlidingFFTResult, allow_none=True)
    errors: "Dict[int, float]" = Dict(key_trait=Int(), value_trait=Float())
    notice = Unicode("")

    def __init__(self, image: Any, **parameters: Any) -> None:
        self._lattice = Chain(Stage("found", _found, ("image",)), Stage("lattice", _chosen, ("spots",)))
        super().__init__(image=self.check_data(image), **parameters)  # a window is checked against its sides
        self.settle()
        self._chain = Chain(
            Stage("spectra", _spectra, ("image", "window_y", "window_x", "step", "zoom", "hamming")),
            Stage("low_rank", _low_rank, ()),
            Stage("judged", _judge, ("judge", "image", "window_y", "window_x", "step")),
            Stage("decomposition", _decompose, ("n_components",)),
        )
        self.start()

    @staticmethod
    def check_data(source: Any) -> Image:
        """Refuse an image that cannot be analysed before anything else is touched."""
        image = PreparedImageModel.check_data(source)
        if min(image.array.shape[:2]) < SMALLEST_WINDOW:
            raise ValueError(
                f"an image of shape {image.array.shape} has no room for a window of {SMALLEST_WINDOW} pixels"
            )
        return image

    @validate("window_y", "window_x")
    def _checked_window(self, proposal: Bunch) -> int | None:
        size, name = proposal["value"], proposal["trait"].name
        limit = self.sides[name == "window_x"]
        if size is not None and size > limit:
            raise TraitError(f"{name} = {size} is larger than the image, which has {limit} pixels there")
        return None if size is None else int(size)

    @validate("spots")
    def _checked_spots(self, proposal: Bunch) -> tuple[int, ...] | None:
        given = proposal["value"]
        try:
            return None if given is None else tuple(sorted(whole_array_of(given, "spots", minimum=0).tolist()))
        except (TypeError, ValueError) as error:
            raise TraitError(str(error)) from None

    @observe("window_linked")
    def _link_windows(self, change: Bunch) -> None:
        if change.new:
            self.window_x = self.window_y = self._smaller(self.window_y)

    def _smaller(self, size: int | None) -> int | None:
        """Side of a window, which no side of the image is shorter than."""
        return None if size is None else min(size, *self.sides)

    def reconcile(self, name: str) -> None:
        """Keep linked windows equal, and windows inside a new image."""
        if name == "image":
            with self.hold_trait_notifications():  # one run, and none with half of it
                self.spots = None
                self._fit()
        elif self.window_linked and name in ("window_y", "window_x"):
            self.window_y = self.window_x = self._smaller(getattr(self, name))

    def _fit(self) -> None:
        """Let window, step and zoom follow the lattice again where a new image has no room for what was set."""
        self.notice = ""
        if self._fits():
            return
        with self.hold_trait_notifications():
            self.window_y = self.window_x = self.step = self.zoom = None
        self.notice = "Window, step and zoom follow the lattice again, to fit the image"

    def _fits(self) -> bool:
        """Whether windows as set lie in the image, and are enough of them for the components."""
        if (self.window_y, self.window_x, self.step, self.zoom) == (None, None, None, None):
            return True
        inside = all((size or 0) <= side for size, side in zip((self.window_y, self.window_x), self.sides, strict=True))
        if not inside or in_blocks(self.image.array):  # of such an image only a run looks at the pixels
            return inside
        settings = self._choose(self.parameters(), unreported)
        window, wanted = (settings["window_y"], settings["window_x"]), self.n_components or 1
        enough = Band.of_window(window, settings["zoom"]).n_features >= wanted
        return enough and WindowGrid(self.sides, window, settings["step"]).count >= wanted

    def for_sample(self, parameters: dict[str, Any], sample: Image) -> dict[str, Any]:
        """Keep windows inside the sample."""
        limits = dict(zip(("window_y", "window_x"), sample.sides, strict=True))
        return {
            name: min(value, limits[name]) if name in limits and value is not None else value
            for name, value in parameters.items()
        }

    def for_all(self, parameters: dict[str, Any], whole: Whole) -> dict[str, Any]:
        """What was chosen for the sample is kept for all data, which nobody wants to look at twice."""
        return {**parameters, **self.result.settings} if self.result is not None else parameters

    def settle(self) -> None:
        """Windows that were given different sides are no longer linked."""
        self.window_linked = self.window_linked and self.window_y == self.window_x

    def compute(self, parameters: dict[str, Any], run: Run) -> str:
        """Publish the decomposition, where it takes long a coarse one first; then give the facts of the run."""
        settings = {**parameters, **self._choose(parameters, run)}
        grid, n_bytes = self._plan(settings)
        long = n_bytes > COARSE_ABOVE_BYTES and not in_blocks(parameters["image"].array)
        if self._runner.threaded and long and not self._chain.holds("spectra", settings):
            larger = ceil(sqrt(n_bytes / COARSE_BYTES))
            if grid.count > COARSE_WINDOWS * larger**2:  # a few large windows would show nothing
                coarse = {**settings, "step": larger * settings["step"]}
                self.publish(self._result(parameters, coarse, run, coarse=True))
        result = self._result(parameters, settings, run, coarse=False)
        self.publish(result)
        return f"{count_of(grid.count, 'window')}, {count_of(result.decomposition.n_components, 'component')}"

    def compute_more(self, parameters: dict[str, Any], run: Run) -> None:
        """Reconstruction error for every number of components, one after the other."""
        settings = {**parameters, **self._choose(parameters, run)}
        rank = self._chain.value("low_rank", settings).rank
        for k in range(1, min(MAX_COMPONENTS, rank) + 1):
            if k not in self.errors:
                one = self._chain.value("decomposition", {**settings, "n_components": k}, run.yield_to_newer)
                self.errors = {**self.errors, k: one.reconstruction_error}

    def make_way(self, result: SlidingFFTResult) -> None:
        """Drop the errors of other windows, before the result, so that no view mixes the two."""
        if self.result is None or result.low_rank is not self.result.low_rank:
            self.errors = {}

    def _choose(self, parameters: dict[str, Any], progress: Progress) -> dict[str, Any]:
        """The prepared image, and window, step and zoom: those that were set, and else what suits its lattice."""
        image = self.prepared(parameters, progress).image
        chosen = choose_window(self._lattice.value("lattice", {**parameters, "image": image}), image.sides)
        window = parameters["window_y"], parameters["window_x"]
        if None in window:
            size = chosen.window if window == (None, None) else max(one for one in window if one is not None)
            window = min(window[0] or size, image.sides[0]), min(window[1] or size, image.sides[1])
        step = parameters["step"] or max(1, min(window) // STEPS)
        zoom = parameters["zoom"] or chosen.zoom
        return {
            "image": image, "window_y": window[0], "window_x": window[1], "step": step, "zoom": zoom,
            "judge": parameters["n_components"] is None,
        }  # fmt: skip

    def _plan(self, settings: dict[str, Any]) -> tuple[WindowGrid, int]:
        """Windows of a run, and the bytes of their spectra."""
        window = settings["window_y"], settings["window_x"]
        grid = WindowGrid(settings["image"].array.shape[:2], window, settings["step"])
        grid.require(settings["n_components"] or 1)
        n_bytes = 4 * grid.count * Band.of_window(grid.window, settings["zoom"]).n_features
        if n_bytes > MAX_FEATURE_BYTES and not in_blocks(settings["image"].array):
            raise ValueError(
                f"{grid.count:,} windows need {n_bytes / 1e9:.1f} GB for their spectra, the limit is "
                f"{MAX_FEATURE_BYTES / 1e9:.1f} GB: make the step or the zoom larger"
            )
        return grid, n_bytes

    def _result(
        self, parameters: dict[str, Any], settings: dict[str, Any], run: Run, *, coarse: bool
    ) -> SlidingFFTResult:
        decomposition = self._chain.value("decomposition", settings, run)
        spectra, low_rank, judged = (self._chain.value(name, settings) for name in ("spectra", "low_rank", "judged"))
        found, lattice = (self._lattice.value(name, settings) for name in ("found", "lattice"))
        advice = judged.advice or Advice(1, narrow=False)
        result = SlidingFFTResult(
            parameters["image"],
            parameters,
            found,
            lattice,
            settings["zoom"],
            spectra,
            low_rank,
            decomposition,
            coarse,
            preparation=self.prepared(parameters, run).done,
            narrow=advice.narrow,
            faint=advice.faint,
        )
        if self.final is None or self.final.image.array is not result.image.array:
            return result
        order = match_components(self.final.maps_at(spectra.grid), decomposition.loadings.T)
        return result.arranged([n + 1 for n in order.tolist()])


class _Judged(NamedTuple):
    """A factor, and where it was asked for how many components suit it."""

    low_rank: LowRank
    advice: Advice | None


def _found(_: None, image: Image, progress: Progress) -> Lattice:
    pixels = sampled(image).array  # the middle tells it of an image that is larger than memory
    return find_lattice(pixels, pixel_size=image.pixel_size or 1.0, unit=image.unit if image.pixel_size else "px")


def _chosen(found: Lattice, spots: Sequence[int] | None, progress: Progress) -> Lattice:
    return found if spots is None else found.of(spots)


def _spectra(
    _: None, image: Image, window_y: int, window_x: int, step: int, zoom: int, hamming: bool, progress: Progress
) -> WindowSpectra:
    window = window_y, window_x
    return sliding_fft(image.array, window, step, zoom=zoom, hamming=hamming, scale=None, progress=progress)


def _low_rank(spectra: WindowSpectra, progress: Progress) -> LowRank:
    return factorize(spectra.features, RANK, weights=spectra.weights, progress=progress)


def _judge(
    low_rank: LowRank, judge: bool, image: Image, window_y: int, window_x: int, step: int, progress: Progress
) -> _Judged:
    if not judge:
        return _Judged(low_rank, None)
    grid = WindowGrid(image.array.shape[:2], (window_y, window_x), step)
    return _Judged(low_rank, advise_components(low_rank, grid, min(MAX_COMPONENTS, low_rank.rank), progress))


def _decompose(judged: _Judged, n_components: int | None, progress: Progress) -> Decomposition:
    advised = 1 if judged.advice is None else judged.advice.n_components
    return nmf(judged.low_rank, n_components or advised, progress=progress)
