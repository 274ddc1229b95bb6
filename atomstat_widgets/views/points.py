"""Many points as one picture: thousands of them are drawn in the time that a browser takes for a hundred of its own."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.views.png import indexed_png

UNLIT_ALPHA = 45
LEVELS = 127  # most colours: each is there twice, lit and unlit, and one index is for the ground


def points_png(
    shape: tuple[int, int],
    places: NDArray[Any],
    levels: NDArray[Any],
    colors: NDArray[np.uint8],
    *,
    radius: float,
    lit: NDArray[np.bool_] | None = None,
    opacity: float = 1.0,
) -> bytes:
    """Draw points as discs on a transparent ground.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the picture.
    places : array, (n, 2)
        Row and column of each point in the picture; what lies outside is cut off.
    levels : array, (n,)
        Number of each point's colour.
    colors : array, (m, 3)
        At most 127.
    radius : float
        Of the discs, in pixels of the picture.
    lit : array of bool, (n,), optional
        Points to show in full, above the others, which stay as shadows; by default all.
    opacity : float
        Of lit points, 0 to 1.
    """
    lit = np.ones(len(places), bool) if lit is None else lit
    order = np.argsort(lit, kind="stable")  # of points that overlap the later is seen
    values = (1 + levels + len(colors) * ~lit).astype(np.uint8)[order]
    reach = math.ceil(radius)
    offsets = np.indices((2 * reach + 1, 2 * reach + 1)).reshape(2, -1) - reach
    offsets = offsets[:, np.hypot(*offsets) <= radius + 0.3]
    canvas = np.zeros((shape[0] + 2 * reach, shape[1] + 2 * reach), np.uint8)  # with a rim for discs cut by the border
    at = np.rint(places[order]).astype(np.intp) + reach
    inside = ((at >= reach) & (at < np.array(shape) + reach)).all(axis=1)
    rows, columns = (at[inside].T[:, :, None] + offsets[:, None]).reshape(2, -1)
    canvas[rows, columns] = np.repeat(values[inside], offsets.shape[1])
    alpha = np.repeat(np.array([0, round(255 * opacity), UNLIT_ALPHA], np.uint8), [1, len(colors), len(colors)])
    table = np.concatenate([np.zeros((1, 3), np.uint8), colors, colors])
    return indexed_png(np.ascontiguousarray(canvas[reach:-reach, reach:-reach]), table, alpha)
