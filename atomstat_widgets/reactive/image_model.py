"""What the models of one image share."""

from typing import Any

from traitlets import Bunch, validate

from atomstat_widgets.data import Image
from atomstat_widgets.reactive.model import AnalysisModel, Data
from atomstat_widgets.reactive.parameter import parameter
from atomstat_widgets.stat import LowRank

MAX_COMPONENTS = 8  # as many as there are colours that everybody can tell apart
RANK = MAX_COMPONENTS + 16  # of the factor that all these components are read from


def most_components(low_rank: LowRank) -> int:
    """Largest number of components that advice is given for.

    Stability compares halves of the pieces, each of which has to hold so many components.
    """
    return min(MAX_COMPONENTS, low_rank.rank, len(low_rank.u) // 2)


class ImageModel(AnalysisModel):
    """An analysis of one image.

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
        """Load an image that can be analysed; for subclasses."""
        raise NotImplementedError

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
