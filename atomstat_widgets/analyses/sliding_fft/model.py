"""Sliding FFT + NMF as a model: parameters in, result out, no screen."""

from math import ceil, sqrt
from numbers import Integral
from typing import Any

from traitlets import Bool, Bunch, Dict, Float, Instance, Int, TraitError, Unicode, observe, validate

from atomstat_widgets.analyses.sliding_fft.result import SlidingFFTResult
from atomstat_widgets.counting import count_of
from atomstat_widgets.data import Image
from atomstat_widgets.data.calibration import in_pixels
from atomstat_widgets.glossary import in_brief
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS, RANK, ImageModel
from atomstat_widgets.reactive.lengths import WholeLength
from atomstat_widgets.reactive.loading import open_data
from atomstat_widgets.reactive.parameter import parameter
from atomstat_widgets.reactive.runner import Run
from atomstat_widgets.reactive.stages import Chain, Stage
from atomstat_widgets.stat import (
    LowRank,
    WindowGrid,
    WindowSpectra,
    automatic_window,
    factorize,
    match_components,
    nmf,
    normalize_image,
    sliding_fft,
)
from atomstat_widgets.stat.blocks import in_blocks
from atomstat_widgets.stat.progress import Progress
from atomstat_widgets.stat.windows._sliding_fft import Band
from atomstat_widgets.stat.windows.grid import SMALLEST_WINDOW

MAX_FEATURE_BYTES = 1_500_000_000
# From here on a run takes longer than some 300 ms, and a coarse one of about 0.1 s goes first.
COARSE_ABOVE_BYTES = 40_000_000
COARSE_BYTES = 4_000_000
COARSE_WINDOWS = 50


class SlidingFFTModel(ImageModel):
    """Parameters and result of a sliding-FFT analysis.

    Parameters
    ----------
    image : Image, array or path
        What to analyse, see `load`.
    **parameters
        Any of the traits below. Window and step follow the image where they are not given.

    Attributes
    ----------
    image : Image
        See `ImageModel`.
    window_y, window_x : int
        Rows and columns of a window, in pixels; never more than the image has.
    window_linked : bool
        Whether a change of one is a change of both.
    step : int
        Pixels between windows, along y and x.
    n_components : int
        From 1 to 8.
    zoom : int
        The centre ``1 / zoom`` of the frequencies is kept.
    hamming : bool
        Taper the windows.
    result : SlidingFFTResult
    errors : dict of int to float
        Reconstruction error by number of components, as far as known.
    notice : str
        What was changed without being asked, in words.
    """

    window_y = parameter(
        WholeLength(SMALLEST_WINDOW, min=SMALLEST_WINDOW), label="Height", help="Rows of the sliding window", unit="px",
        option="window",
    )  # fmt: skip
    window_x = parameter(
        WholeLength(SMALLEST_WINDOW, min=SMALLEST_WINDOW), label="Width", help="Columns of the sliding window",
        unit="px", follows="window_y",
    )  # fmt: skip
    window_linked = Bool(True)
    step = parameter(WholeLength(1, min=1), label="Step", help=in_brief("step"), unit="px")
    n_components = parameter(
        Int(4, min=1, max=MAX_COMPONENTS), label="Components", help="Number of NMF components", option="components"
    )
    zoom = parameter(Int(2, min=1, max=8), label="Zoom", help=in_brief("zoom"))
    hamming = parameter(Bool(True), label="Hamming taper", help=in_brief("Hamming taper"))
    result = Instance(SlidingFFTResult, allow_none=True)
    errors: "Dict[int, float]" = Dict(key_trait=Int(), value_trait=Float())
    notice = Unicode("")

    def __init__(self, image: Any, **parameters: Any) -> None:
        image = self.check_data(image)
        size = fitting_window(image.sides)
        parameters = {"window_y": size, "window_x": size, **parameters}
        for name in ("window_y", "window_x"):  # before the step follows from them
            if isinstance(parameters[name], str):
                parameters[name] = round(in_pixels(parameters[name], image))
        sizes = [int(one) for one in (parameters["window_y"], parameters["window_x"]) if isinstance(one, Integral)]
        parameters.setdefault("step", int(max(1, min(sizes, default=size) // 4)))  # others are refused below
        parameters.setdefault("window_linked", len(set(sizes)) == 1)
        super().__init__(image=image, **parameters)
        self._chain = Chain(
            Stage("spectra", _spectra, ("image", "window_y", "window_x", "step", "zoom", "hamming")),
            Stage("low_rank", _low_rank, ()),
            Stage("decomposition", nmf, ("n_components",)),
        )
        self.start()

    @staticmethod
    def check_data(source: Any) -> Image:
        """Refuse an image that cannot be analysed before anything else is touched."""
        image: Image = open_data(source, "image")
        if not in_blocks(image.array):  # that would be one more look at all of it, which is taken anyway
            normalize_image(image.array)
        if min(image.array.shape[:2]) < SMALLEST_WINDOW:
            raise ValueError(
                f"an image of shape {image.array.shape} has no room for a window of {SMALLEST_WINDOW} pixels"
            )
        return image

    @validate("window_y", "window_x")
    def _checked_window(self, proposal: Bunch) -> int:
        size, name = proposal["value"], proposal["trait"].name
        limit = self.sides[name == "window_x"]
        if size > limit:
            raise TraitError(f"{name} = {size} is larger than the image, which has {limit} pixels there")
        return int(size)

    @observe("window_linked")
    def _link_windows(self, change: Bunch) -> None:
        if change.new:
            self.window_x = self.window_y = min(self.window_y, *self.sides)

    def reconcile(self, name: str) -> None:
        """Keep linked windows equal, and windows inside a new image."""
        if name == "image":
            self._fit(self.sides)
        elif self.window_linked and name in ("window_y", "window_x"):
            self.window_y = self.window_x = min(getattr(self, name), *self.sides)

    def _fit(self, sides: tuple[int, int]) -> None:
        """Choose the window anew for an image in which it, or enough of its like, have no room."""
        window, step = (self.window_y, self.window_x), self.step
        inside = all(size <= side for size, side in zip(window, sides, strict=True))
        self.notice = ""
        enough = Band.of_window(window, self.zoom).n_features >= self.n_components
        if inside and enough and WindowGrid(sides, window, step).count >= self.n_components:
            return
        size, zoom = fitting_window(sides), self.zoom
        while zoom > 1 and Band.of_window((size, size), zoom).n_features < self.n_components:
            zoom -= 1
        changed = [f"The window was set to {size} × {size}"]
        changed += [f"the step to {max(1, size // 4)}"] if max(1, size // 4) < step else []
        changed += [f"the zoom to {zoom}"] if zoom < self.zoom else []
        with self.hold_trait_notifications():  # one run, and none with half of it
            self.window_y = self.window_x = size
            self.step, self.zoom = min(step, max(1, size // 4)), zoom
        self.notice = f"{' and '.join(changed)} to fit the image"

    def for_sample(self, parameters: dict[str, Any], sample: Image) -> dict[str, Any]:
        """Keep windows inside the sample."""
        limits = dict(zip(("window_y", "window_x"), sample.sides, strict=True))
        return {name: min(value, limits.get(name, value)) for name, value in parameters.items()}

    def settle(self) -> None:
        """Windows that were given different sides are no longer linked."""
        self.window_linked = self.window_linked and self.window_y == self.window_x

    def compute(self, parameters: dict[str, Any], run: Run) -> str:
        """Publish the decomposition, where it takes long a coarse one first; then give the facts of the run."""
        grid, n_bytes = self._plan(parameters)
        long = n_bytes > COARSE_ABOVE_BYTES and not in_blocks(parameters["image"].array)
        if self._runner.threaded and long and not self._chain.holds("spectra", parameters):
            larger = ceil(sqrt(n_bytes / COARSE_BYTES))
            if grid.count > COARSE_WINDOWS * larger**2:  # a few large windows would show nothing
                self.publish(self._result({**parameters, "step": larger * parameters["step"]}, run, coarse=True))
        self.publish(self._result(parameters, run, coarse=False))
        return f"{count_of(grid.count, 'window')}, {count_of(parameters['n_components'], 'component')}"

    def compute_more(self, parameters: dict[str, Any], run: Run) -> None:
        """Reconstruction error for every number of components, one after the other."""
        rank = self._chain.value("low_rank", parameters).rank
        for k in range(1, min(MAX_COMPONENTS, rank) + 1):
            if k not in self.errors:
                one = self._chain.value("decomposition", {**parameters, "n_components": k}, run.yield_to_newer)
                self.errors = {**self.errors, k: one.reconstruction_error}

    def make_way(self, result: SlidingFFTResult) -> None:
        """Drop the errors of other windows, before the result, so that no view mixes the two."""
        if self.result is None or result.low_rank is not self.result.low_rank:
            self.errors = {}

    def _plan(self, parameters: dict[str, Any]) -> tuple[WindowGrid, int]:
        """Windows of a run, and the bytes of their spectra."""
        window = parameters["window_y"], parameters["window_x"]
        grid = WindowGrid(parameters["image"].array.shape[:2], window, parameters["step"])
        grid.require(parameters["n_components"])
        n_bytes = 4 * grid.count * Band.of_window(grid.window, parameters["zoom"]).n_features
        if n_bytes > MAX_FEATURE_BYTES and not in_blocks(parameters["image"].array):
            raise ValueError(
                f"{grid.count:,} windows need {n_bytes / 1e9:.1f} GB for their spectra, the limit is "
                f"{MAX_FEATURE_BYTES / 1e9:.1f} GB: make the step or the zoom larger"
            )
        return grid, n_bytes

    def _result(self, parameters: dict[str, Any], run: Run, *, coarse: bool) -> SlidingFFTResult:
        decomposition = self._chain.value("decomposition", parameters, run)
        spectra, low_rank = (self._chain.value(name, parameters) for name in ("spectra", "low_rank"))
        result = SlidingFFTResult(parameters["image"], parameters, spectra, low_rank, decomposition, coarse)
        if self.final is None or self.final.image is not result.image:
            return result
        order = match_components(self.final.maps_at(spectra.grid), decomposition.loadings.T)
        return result.arranged([n + 1 for n in order.tolist()])


def fitting_window(sides: tuple[int, int]) -> int:
    """Side of a square window of which several fit an image, one for each component that can be asked for."""
    size = min(automatic_window(side) for side in sides)
    while size > SMALLEST_WINDOW and WindowGrid(sides, size, max(1, size // 4)).count < MAX_COMPONENTS:
        size //= 2
    return size


def _spectra(
    _: None, image: Image, window_y: int, window_x: int, step: int, zoom: int, hamming: bool, progress: Progress
) -> WindowSpectra:
    return sliding_fft(image.array, (window_y, window_x), step, zoom=zoom, hamming=hamming, progress=progress)


def _low_rank(spectra: WindowSpectra, progress: Progress) -> LowRank:
    return factorize(spectra.features, RANK, weights=spectra.weights, progress=progress)
