"""Many points as one picture: thousands of them are drawn in the time that a browser takes for a hundred of its own."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from atomstat_widgets.views.png import indexed_png

UNLIT_ALPHA = 45
TRAIL_WIDTH = 3
LEVELS = 127  # most colours: each is there twice, lit and unlit, and one index is for the ground


class Trails(NamedTuple):
    """Lines that points left behind.

    Attributes
    ----------
    ends : array, (m, 2, 2)
        Row and column of either end of each.
    levels : array, (m,)
        Number of each one's colour.
    lit : array of bool, (m,)
        Whether it is shown in full.
    """

    ends: NDArray[Any]
    levels: NDArray[Any]
    lit: NDArray[np.bool_]


def points_png(
    shape: tuple[int, int],
    places: NDArray[Any],
    levels: NDArray[Any],
    colors: NDArray[np.uint8],
    *,
    radius: float,
    lit: NDArray[np.bool_] | None = None,
    opacity: float = 1.0,
    ring: float | None = None,
    trails: Trails | None = None,
) -> bytes:
    """Draw points as discs, or rings, on a transparent ground.

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
    ring : float, optional
        Thickness of rings, in pixels of the picture; by default discs are filled.
    trails : Trails, optional
        Lines below the points, in places of the picture.
    """
    lit = np.ones(len(places), bool) if lit is None else lit
    order = np.argsort(lit, kind="stable")  # of points that overlap the later is seen
    values = (1 + levels + len(colors) * ~lit).astype(np.uint8)[order]
    reach = math.ceil(radius)
    offsets = np.indices((2 * reach + 1, 2 * reach + 1)).reshape(2, -1) - reach
    distances = np.hypot(*offsets)
    offsets = offsets[:, (distances <= radius + 0.3) & (distances > (-1 if ring is None else radius + 0.3 - ring))]
    canvas = np.zeros((shape[0] + 2 * reach, shape[1] + 2 * reach), np.uint8)  # with a rim for discs cut by the border
    if trails is not None:
        canvas[reach:-reach, reach:-reach] = _lines(shape, trails, len(colors))
    at = np.rint(places[order]).astype(np.intp) + reach
    inside = ((at >= reach) & (at < np.array(shape) + reach)).all(axis=1)
    rows, columns = (at[inside].T[:, :, None] + offsets[:, None]).reshape(2, -1)
    canvas[rows, columns] = np.repeat(values[inside], offsets.shape[1])
    alpha = np.repeat(np.array([0, round(255 * opacity), UNLIT_ALPHA], np.uint8), [1, len(colors), len(colors)])
    table = np.concatenate([np.zeros((1, 3), np.uint8), colors, colors])
    return indexed_png(np.ascontiguousarray(canvas[reach:-reach, reach:-reach]), table, alpha)


def _lines(shape: tuple[int, int], trails: Trails, n_colors: int) -> NDArray[np.uint8]:
    """Indices (height, width) of lines, the lit ones above the others."""
    canvas = Image.new("L", shape[::-1])
    draw = ImageDraw.Draw(canvas)
    values = 1 + trails.levels + n_colors * ~trails.lit
    for number in np.argsort(trails.lit, kind="stable").tolist():
        (y0, x0), (y1, x1) = trails.ends[number].tolist()
        draw.line((x0, y0, x1, y1), fill=int(values[number]), width=TRAIL_WIDTH)
    return np.asarray(canvas)
