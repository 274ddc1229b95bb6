"""The part of ``atomai.stat.imlocal`` that cuts crops, as AtomAI does or prepared."""

import logging
from copy import copy
from typing import Any, Self

from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import array_of, number_of, switch_of
from atomstat_widgets.stat.atoms.brightness import NONE, Normalization, normalization_of
from atomstat_widgets.stat.atoms.crops import Positions, extract_crops
from atomstat_widgets.stat.blocks import in_blocks
from atomstat_widgets.stat.matrices.low_rank import LowRank

Array = NDArray[Any]

logger = logging.getLogger(__name__)


class LocalCrops:
    """Crops around the atoms of a class. A base of `imlocal`, which tells of its parameters and attributes."""

    def __init__(
        self,
        network_output: ArrayLike,
        coord_class_dict_all: Positions,
        window_size: int | None = None,
        coord_class: int = 0,
    ) -> None:
        self.network_output = array_of(network_output, "network_output", stored=in_blocks(network_output))
        self.coord_all = coord_class_dict_all
        self.coord_class = number_of(coord_class, "coord_class")
        self._window = window_size
        self.imgstack, self.imgstack_com, self.imgstack_frames = self.extract_subimages_()
        self._factors: dict[bool, LowRank] = {}

    def extract_subimages_(self) -> tuple[Array, Array, Array]:
        """Cut the crops.

        Returns
        -------
        tuple
            Crops (n, window, window, channels), (row, column) of their atoms (n, 2), and their frame numbers (n,).
        """
        return self._extract()

    def _extract(self, **options: Any) -> tuple[Array, Array, Array]:
        crops = extract_crops(self.network_output, self.coord_all, self._window, atom_class=self.coord_class, **options)
        self.left_out = crops.left_out
        return crops.images, crops.positions, crops.frames

    def _prepared(self, normalize: Normalization | bool, smooth: float, recentre: bool) -> Self:
        """The same atoms, with crops that are prepared; says in the log what AtomAI does not."""
        by, recentre = normalization_of(normalize), switch_of(recentre, "recentre")
        smooth = number_of(smooth, "smooth", minimum=0)
        done = [
            *([f"normalised by {by}"] if by != NONE else []),
            *([f"under a Gaussian of {smooth:g} pixels"] if smooth else []),
            *(["around the centres of atoms"] if recentre else []),
        ]
        if not done:
            return self
        logger.info(
            "classes are those of crops %s; AtomAI takes crops as they are: normalize='none', smooth=0, recentre=False",
            ", ".join(done),
        )
        other = copy(self)
        other.imgstack, other.imgstack_com, other.imgstack_frames = other._extract(
            normalize=by, smooth=smooth, recentre=recentre
        )
        other._factors = {}
        return other
