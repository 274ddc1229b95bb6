"""What the models of one image share."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from traitlets import Bool, Bunch, validate

from atomstat_widgets.brief import brief
from atomstat_widgets.data import Image
from atomstat_widgets.reactive.loading import open_data
from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.reactive.parameter import Data, parameter
from atomstat_widgets.reactive.stages import Chain, Stage
from atomstat_widgets.stat import LowRank, PreparedImage, prepare_image
from atomstat_widgets.stat.blocks import in_blocks
from atomstat_widgets.stat.image import normalize_around_gaps
from atomstat_widgets.stat.progress import Progress

MAX_COMPONENTS = 8  # as many as there are colours that everybody can tell apart
RANK = MAX_COMPONENTS + 16  # of the factor that all these components are read from


def most_components(low_rank: LowRank) -> int:
    """Largest number of components that advice is given for.

    Stability compares halves of the pieces, each of which has to hold so many components.
    """
    return min(MAX_COMPONENTS, low_rank.rank, len(low_rank.u) // 2)


class ImageModel(AnalysisModel):
    """An analysis of one image.

    A subclass has its parameters and `compute`, see `AnalysisModel`, and may override `check_data` and `make_way`. Its
    results have `image`, that of the parameters they were computed with.

    Attributes
    ----------
    image : Image
        Assign an Image, an array or a path. One that cannot be analysed is refused, and nothing is changed.
    """

    kind = "image"
    image = parameter(Data(), label="Image", help="The image to analyse")

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width of the image, in pixels."""
        sides: tuple[int, int] = self.image.sides
        return sides

    @staticmethod
    def check_data(source: Any) -> Image:
        """Load an image, and refuse by a ValueError what cannot be analysed: by default nothing; for subclasses."""
        image: Image = open_data(source, "image")
        return image

    @validate("image")
    def _checked_image(self, proposal: Bunch) -> Image:
        return self.check_data(proposal["value"])

    def publish(self, result: Any) -> None:
        """Show a result, unless it is of an image that was replaced meanwhile."""
        if self.admit(result.image):
            self.make_way(result)
            super().publish(result)

    def make_way(self, result: Any) -> None:
        """Drop what does not go with the result that is about to be shown; for subclasses."""


@brief
@dataclass(frozen=True)
class Preparation:
    """An image as it is analysed, and what was done to it; None where nothing was, and nothing is in doubt."""

    image: Image
    done: PreparedImage | None


class PreparedImageModel(ImageModel):
    """An analysis of one image that is prepared before, where it has to be; see `prepare_image`.

    Attributes
    ----------
    background, line_jitter, border : bool or None
        Whether to subtract a rising background, to move rows that were shifted, and to leave out a border without
        data; None does so where it is needed. What is larger than memory is prepared only where it is asked for.

    Atoms are taken as they are, bright or dark, unless a subclass has the parameter `dark`.
    """

    steps: ClassVar[tuple[str, ...]] = ("background", "line_jitter", "border")

    background = parameter(
        Bool(None, allow_none=True), label="Background",
        help="Subtract what is coarser than the lattice; by default where it rises by more than its contrast",
    )  # fmt: skip
    line_jitter = parameter(
        Bool(None, allow_none=True), label="Line jitter",
        help="Move rows back that the scan shifted sideways; by default where both halves of the image tell so",
    )  # fmt: skip
    border = parameter(
        Bool(None, allow_none=True), label="Border",
        help="Leave out a border without data; by default where its level is off the data",
    )  # fmt: skip

    def __init__(self, *arguments: Any, **parameters: Any) -> None:
        self._preparation = Chain(Stage("prepared", _prepare, ("image", "switches")))
        super().__init__(*arguments, **parameters)

    @staticmethod
    def check_data(source: Any) -> Image:
        """Refuse an image that cannot be analysed before anything else is touched. Gaps in it are not finite."""
        image: Image = open_data(source, "image")
        if not in_blocks(image.array):  # that would be one more look at all of it, which is taken anyway
            normalize_around_gaps(image.array)
        return image

    def prepared(self, parameters: dict[str, Any], progress: Progress) -> Preparation:
        """Image as it is analysed with these parameters."""
        switches = tuple((name, parameters[name]) for name in self.steps)
        preparation: Preparation = self._preparation.value("prepared", {**parameters, "switches": switches}, progress)
        return preparation


def _prepare(_: None, image: Image, switches: tuple[tuple[str, bool | None], ...], progress: Progress) -> Preparation:
    wanted = {"dark": False, **dict(switches)}
    if image.atoms is not None and wanted["dark"] is None:  # which are not looked for
        wanted["dark"] = False
    if in_blocks(image.array):
        wanted = {name: bool(value) for name, value in wanted.items()}
    if not any(value is not False for value in wanted.values()):
        return Preparation(image, None)
    try:
        done = prepare_image(image.array, **wanted)
    except ValueError as error:
        if wanted["border"] is False and not np.isfinite(image.array).all():
            raise ValueError(f"{error}: they are left out where Border is on, in the bar Prepare") from error
        raise
    return Preparation(replace(image, array=done.image) if done.changed else image, done if done.says else None)
