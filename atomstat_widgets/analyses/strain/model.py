"""Strain by geometric phase analysis as a model: an image in, maps of strain and rotation out, no screen."""

from typing import Any

import numpy as np
from traitlets import Any as AnyTrait
from traitlets import Bunch, Instance, TraitError, validate

from atomstat_widgets.analyses.strain.result import StrainResult
from atomstat_widgets.analyses.strain.stages import Pair, compare, measure, spectrum_of
from atomstat_widgets.brief import in_short
from atomstat_widgets.data import Image
from atomstat_widgets.data.sampling import Whole
from atomstat_widgets.glossary import in_brief
from atomstat_widgets.reactive.image_model import ImageModel
from atomstat_widgets.reactive.lengths import Length
from atomstat_widgets.reactive.loading import open_data
from atomstat_widgets.reactive.parameter import parameter
from atomstat_widgets.reactive.runner import Run
from atomstat_widgets.reactive.stages import Chain, Stage
from atomstat_widgets.stat import normalize_image
from atomstat_widgets.stat.blocks import in_blocks
from atomstat_widgets.stat.strain.maps import Rectangle, rectangle_of
from atomstat_widgets.stat.strain.reflections import SMALLEST_SIDE, reflection_of

MOST_PIXELS = 25_000_000  # each takes some 60 bytes while waves are measured
FEW = 0.9  # share of the pixels that are measured, below which it is said


class StrainModel(ImageModel):
    """Parameters and result of a strain analysis.

    Parameters
    ----------
    image : Image, array or path
        What to analyse, see `load`.
    **parameters
        Any of the traits below.

    Attributes
    ----------
    image : Image
        See `ImageModel`. With a new image reflections, reference and resolution are automatic again.
    reflections : ((float, float), (float, float)) or None
        Two reflections, each with fy and fx in periods per pixel, or these four numbers in a row; None finds the
        strongest.
    reference : (int, int, int, int) or None
        Region without strain: first row, the one after the last, first column, the one after the last; None finds where
        the lattice varies least.
    sigma : float or None
        Standard deviation of the Gaussian that is averaged over, in pixels; None makes it 2.5 times the distance of
        lattice planes.
    result : StrainResult
    """

    reflections = parameter(
        AnyTrait(None, allow_none=True), label="Reflections", unit="1/px",
        help=f"{in_brief('reflection')}; two, each with fy and fx in periods per pixel",
        argument={"type": float, "nargs": 4, "metavar": ("FY1", "FX1", "FY2", "FX2")},
    )  # fmt: skip
    reference = parameter(
        AnyTrait(None, allow_none=True), label="Reference", unit="px",
        help=f"{in_brief('reference')}; first row, the one after the last, first column, the one after the last",
        argument={"type": int, "nargs": 4, "metavar": ("TOP", "BOTTOM", "LEFT", "RIGHT")},
    )  # fmt: skip
    sigma = parameter(
        Length(None, allow_none=True, min=1), label="Resolution", unit="px",
        help=in_brief("resolution"),
    )  # fmt: skip
    result = Instance(StrainResult, allow_none=True)

    def __init__(self, image: Any, **parameters: Any) -> None:
        super().__init__(image=self.check_data(image), **parameters)  # the reference is checked against it
        self._chain = Chain(
            Stage("spectrum", spectrum_of, ("image",)),
            Stage("measured", measure, ("image", "reflections", "sigma")),
            Stage("maps", compare, ("reference",)),
        )
        self.start()

    @staticmethod
    def check_data(source: Any) -> Image:
        """Refuse an image in which no lattice can be measured before anything else is touched."""
        image: Image = open_data(source, "image")
        height, width = image.sides
        if min(height, width) < SMALLEST_SIDE:
            raise ValueError(f"an image of shape {image.array.shape} has no room for a lattice to be measured")
        if height * width > MOST_PIXELS:
            raise ValueError(
                f"{height:,} × {width:,} pixels are more than the {MOST_PIXELS:,} whose strain can be measured at "
                "once: take a part of them"
            )
        if not in_blocks(image.array):  # that would be one more look at all of it, which is taken anyway
            normalize_image(image.array)
        return image

    @property
    def notice(self) -> str:
        """What is not as one would expect, in words."""
        if self.result is None or self.result.measured >= FEW:
            return ""
        return (
            f"Only {self.result.measured:.0%} of the image was measured: elsewhere a reflection is weak, or far from "
            "where it was looked for. In grains or beside vacuum choose those of the part that matters, at Reflections"
        )

    @validate("reflections")
    def _checked_reflections(self, proposal: Bunch) -> Pair | None:
        given = proposal["value"]
        if given is None:
            return None
        try:
            pair = [given[:2], given[2:]] if len(given) == 4 else given
            first, second = (reflection_of(one, "a reflection").tolist() for one in pair)
        except (TypeError, ValueError) as error:
            raise TraitError(f"reflections = {in_short(given)} are not two of a lattice: {error}") from None
        return (first[0], first[1]), (second[0], second[1])

    @validate("reference")
    def _checked_reference(self, proposal: Bunch) -> Rectangle | None:
        if proposal["value"] is None:
            return None
        try:
            return rectangle_of(proposal["value"], self.sides)
        except (TypeError, ValueError) as error:
            raise TraitError(str(error)) from None

    def reconcile(self, name: str) -> None:
        """Choose anew for a new image what depends on its lattice and its size."""
        if name == "image":
            with self.hold_trait_notifications():  # one run, and none with half of it
                self.reflections = self.reference = self.sigma = None

    def for_all(self, parameters: dict[str, Any], whole: Whole) -> dict[str, Any]:
        """Move the reference from the middle, which the sample is, to where it is in the whole image."""
        return _move(parameters, _corner(whole.data, self.image))

    def for_sample(self, parameters: dict[str, Any], sample: Image) -> dict[str, Any]:
        """Move the reference to where it is in the sample, as far as it is there."""
        moved = _move(parameters, -_corner(sample.whole.data, sample))
        if moved.get("reference") is not None:
            top, bottom, left, right = moved["reference"]
            height, width = sample.sides
            moved["reference"] = (max(top, 0), min(bottom, height), max(left, 0), min(right, width))
            try:
                rectangle_of(moved["reference"], sample.sides)
            except ValueError:
                moved["reference"] = None
        return moved

    def compute(self, parameters: dict[str, Any], run: Run) -> str:
        """Publish the maps, and give the facts of the run."""
        maps = self._chain.value("maps", parameters, run)
        spectrum, waves = self._chain.value("measured", parameters)
        result = StrainResult(parameters["image"], parameters, spectrum, waves, maps)
        self.publish(result)
        return f"Strain of {result.measured:.0%} of the image, {result.quality},"


def _corner(whole: Image, sample: Image) -> Any:
    """First row and column of the middle of an image."""
    return (np.array(whole.sides) - sample.sides) // 2


def _move(parameters: dict[str, Any], by: Any) -> dict[str, Any]:
    """Parameters whose reference is moved by so many rows and columns."""
    if parameters.get("reference") is None:
        return parameters
    return {**parameters, "reference": tuple((np.array(parameters["reference"]) + np.repeat(by, 2)).tolist())}
