"""Local image analysis as a model: an image and its atoms in, components of the crops around them out, no screen."""

from dataclasses import replace
from typing import Any, ClassVar

from traitlets import Bool, Bunch, Dict, Enum, Float, Instance, Int, TraitError, Unicode, validate

from atomstat_widgets.analyses.domains.methods import METHODS, fit
from atomstat_widgets.analyses.domains.result import DomainsResult, align
from atomstat_widgets.analyses.domains.stages import ALL_CHANNELS, IMAGE, cut, find_or_take_atoms, place
from atomstat_widgets.counting import count_of
from atomstat_widgets.data import Image, load
from atomstat_widgets.data.readers.findings import with_findings
from atomstat_widgets.data.sampling import Whole
from atomstat_widgets.glossary import in_brief
from atomstat_widgets.reactive.crops_to_components import Components, factor_of
from atomstat_widgets.reactive.image_model import MAX_COMPONENTS, Preparation, PreparedImageModel, most_components
from atomstat_widgets.reactive.lengths import Finite, Length, WholeLength
from atomstat_widgets.reactive.methods import Trial, measure_all
from atomstat_widgets.reactive.parameter import parameter
from atomstat_widgets.reactive.runner import Run
from atomstat_widgets.reactive.stages import Chain, Stage
from atomstat_widgets.stat.atoms.atoms import SMALLEST_SIDE
from atomstat_widgets.stat.progress import Progress, unreported


class DomainsModel(PreparedImageModel):
    """Parameters and result of a local image analysis.

    Parameters
    ----------
    image : Image, array or path
        What to analyse, see `load`. Its `atoms` are taken where it has some, and found where not.
    coordinates : array or mapping, optional
        Atoms to take: (n, 2) row and column in pixels, or (n, 3) with class; or such an array under the number 0, as
        AtomAI's predictor gives them.
    network_output : array, (height, width, channels) or (1, height, width, channels), optional
        What a neural network made of the image: crops can be taken from it.
    **parameters
        Any of the traits below.

    Attributes
    ----------
    image : Image
        See `ImageModel`. With a new image, dark, spacing, strength, window, channel and class are automatic again.
    background, line_jitter, border : bool or None
        How it is prepared, see `PreparedImageModel`.
    dark : bool or None
        Atoms are darker than what is around them: the image is negated; None does so where that is certain, see
        `prepare_image`, or in doubt and only dark atoms are found, and no atoms are given.
    spacing : float or None
        Distance of neighbouring atoms in pixels, for finding them; None guesses it.
    strength : float or None
        Smallest signal-to-noise ratio of an atom; None guesses it.
    atom_class : int or None
        Take only given atoms of this class.
    channel : int
        Where the crops are from: -1 the image, 0 and up one channel of the network's output, -2 all of them.
    window : int or None
        Side of the crops in pixels; None chooses it so that an atom and its neighbours in the lattice are in its crop.
    recentre, normalize : bool
        Prepare the crops, see `extract_crops`.
    smooth : float
        Standard deviation of the Gaussian that smooths the image, in pixels.
    method : {'PCA', 'ICA', 'NMF', 'GMM'}
    n_components : int
        From 1 to 8; of GMM the number of classes. Of a few crops there are only as many as tell them apart.
    gmm_dimensions : int
        Number of principal components that GMM is given, 0 for the pixels.
    result : DomainsResult
    advice : dict of str to dict of int to float
        By number of components, as far as known: "error" and "stability" (NMF), "bic" and "stability" (GMM).
    """

    steps: ClassVar[tuple[str, ...]] = (*PreparedImageModel.steps, "dark")
    renamed: ClassVar = {"distance": "spacing", "normalise": "normalize"}

    dark = parameter(
        Bool(None, allow_none=True), label="Dark atoms",
        help="The atoms are darker than what is around them; by default where that is certain",
    )  # fmt: skip
    spacing = parameter(Length(None, allow_none=True, min=2), label="Spacing", help=in_brief("spacing"), unit="px")
    strength = parameter(Finite(None, allow_none=True, min=0), label="Strength", help=in_brief("strength"))
    atom_class = parameter(Int(None, allow_none=True), label="Class", help="Take only the given atoms of this class")
    channel = parameter(
        Int(IMAGE, min=ALL_CHANNELS), label="Channel",
        help="Where the crops are from: the image (-1), one channel of the network's output (0 and up) or all (-2)",
    )  # fmt: skip
    window = parameter(
        WholeLength(None, allow_none=True, min=2), label="Window", help=in_brief("crop window"), unit="px"
    )
    recentre = parameter(Bool(True), label="Recentre", help=in_brief("recentre"))
    normalize = parameter(
        Bool(True), label="Normalize", help="Give every crop zero mean and unit variance: shapes count, not heights"
    )
    smooth = parameter(
        Length(1.0, min=0, max=10), label="Smooth", help="Standard deviation of the Gaussian that smooths the image",
        unit="px",
    )  # fmt: skip
    method = parameter(
        Enum(METHODS, "PCA"),  # type: ignore[call-overload]  # a mapping: a method that is added to it is one of them
        label="Method", help=in_brief("method"),
    )  # fmt: skip
    n_components = parameter(
        Int(4, min=1, max=MAX_COMPONENTS), label="Components", help=in_brief("number of components"),
        option="components",
    )  # fmt: skip
    gmm_dimensions = parameter(
        Int(4, min=0, max=MAX_COMPONENTS), label="GMM on",
        help="What GMM tells classes apart by: the first principal components, or all pixels (0) as in AtomAI",
    )  # fmt: skip
    advice = Dict(key_trait=Unicode(), value_trait=Dict(key_trait=Int(), value_trait=Float()))
    result = Instance(DomainsResult, allow_none=True)

    def __init__(self, image: Any, coordinates: Any = None, network_output: Any = None, **parameters: Any) -> None:
        super().__init__(image=with_findings(load(image, kind="image"), coordinates, network_output), **parameters)
        self._chain = Chain(
            Stage("atoms", find_or_take_atoms, ("image", "spacing", "strength")),
            Stage("places", place, ("image", "dark", "strength", "channel", "recentre")),
            Stage("crops", cut, ("atom_class", "window", "normalize", "smooth")),
            Stage("factor", factor_of, ("centred",)),
            Stage("components", fit, ("method", "n_components", "gmm_dimensions")),
        )
        self.start()

    @staticmethod
    def check_data(source: Any) -> Image:
        """Refuse an image in which no atoms can be found before anything else is touched."""
        image = PreparedImageModel.check_data(source)
        if min(image.array.shape[:2]) < SMALLEST_SIDE:
            raise ValueError(f"an image of shape {image.array.shape} has no room for atoms")
        return image

    @validate("channel")
    def _checked_channel(self, proposal: Bunch) -> int:
        channel, channels = proposal["value"], self.image.channels
        if channel != IMAGE and (channels is None or channel >= channels.shape[2]):
            there = "no output of a network" if channels is None else f"{channels.shape[2]} channels"
            raise TraitError(f"channel = {channel}: the image comes with {there}")
        return int(channel)

    def reconcile(self, name: str) -> None:
        """Choose anew for a new image what depends on its scale."""
        if name == "image":
            with self.hold_trait_notifications():  # one run, and none with half of it
                self.dark = self.spacing = self.strength = self.window = self.atom_class = None
                self.channel = IMAGE

    def for_all(self, parameters: dict[str, Any], whole: Whole) -> dict[str, Any]:
        """That atoms are dark is told by the sample."""
        done = None if self.result is None else self.result.preparation
        return parameters if done is None or not done.dark else {**parameters, "dark": True}

    def compute(self, parameters: dict[str, Any], run: Run) -> str:
        """Publish the analysis, and give the facts of the run."""
        result = self._result(parameters, run)
        self.publish(result)
        left_out = f" ({result.crops.left_out:,} more at the border)" if result.crops.left_out else ""
        return (
            f"{count_of(len(result.crops), 'atom')}{left_out}, "
            f"{result.method.words.count(result.decomposition.n_components)}"
        )

    def compute_more(self, parameters: dict[str, Any], run: Run) -> None:
        """Quality of every number of components, one after the other."""
        factor = self._value("factor", parameters)
        wait = run.yield_to_newer

        def trial(k: int) -> Trial:
            at_k = {**parameters, "n_components": k}
            return Trial(factor, k, parameters, lambda: self._value("components", at_k, wait), wait)

        measure_all(self, METHODS[parameters["method"]], most_components(factor.low_rank), trial, wait)

    def make_way(self, result: DomainsResult) -> None:
        """Drop the advice for other crops or another method, before the result, so that no view mixes the two."""
        shown = self.result
        if (
            shown is None
            or result.low_rank is not shown.low_rank
            or any(result.parameters[name] != shown.parameters[name] for name in ("method", *result.method.options))
        ):
            self.advice = {}

    def prepared(self, parameters: dict[str, Any], progress: Progress) -> Preparation:
        """Image as it is analysed; where bright or dark is in doubt, the way in which there are atoms at all."""
        bright = super().prepared(parameters, progress)
        doubt = bright.done is not None and bright.done.doubt  # of atoms that are given there is none
        if not doubt or self._atoms_in(bright, parameters):
            return bright
        dark = super().prepared({**parameters, "dark": True}, progress)
        if dark.done is None or not self._atoms_in(dark, parameters):
            return bright
        words = f"{dark.done.words}, as no bright ones were found"
        return replace(dark, done=replace(dark.done, words=words))

    def _atoms_in(self, preparation: Preparation, parameters: dict[str, Any]) -> bool:
        atoms = self._chain.value("atoms", {**parameters, "image": preparation.image})
        return len(atoms.positions) > 0

    def _value(self, stage: str, parameters: dict[str, Any], progress: Progress = unreported) -> Any:
        # All that the factor depends on of the method is whether it takes deviations from the mean.
        prepared = self.prepared(parameters, progress)
        dark = prepared.done is not None and prepared.done.dark
        given = {"image": prepared.image, "dark": dark, "centred": METHODS[parameters["method"]].centred}
        return self._chain.value(stage, {**parameters, **given}, progress)

    def _result(self, parameters: dict[str, Any], run: Run) -> DomainsResult:
        components: Components = self._value("components", parameters, run)
        atoms, crops, factor = (self._value(name, parameters) for name in ("atoms", "crops", "factor"))
        found = DomainsResult(
            parameters["image"], parameters, atoms, crops, factor.low_rank, factor.base,
            components.decomposition, components.labels, components.bic,
            preparation=self.prepared(parameters, run).done,
        )  # fmt: skip
        final = self.final
        if final is None or final.image is not found.image or final.parameters["method"] != parameters["method"]:
            return found
        return align(found, final)
