"""What the models of one image share."""

from typing import Any

from traitlets import Bunch, validate

from atomstat_widgets.data import Image
from atomstat_widgets.reactive.loading import open_data
from atomstat_widgets.reactive.model import AnalysisModel
from atomstat_widgets.reactive.parameter import Data, parameter
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
