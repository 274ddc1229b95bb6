"""Pixels of a cube that are used."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.brief import brief


@brief
@dataclass(frozen=True, eq=False)
class Mask:
    """Pixels to use, (height, width): equal only to itself, so that what is computed can be kept for it."""

    used: NDArray[np.bool_]
