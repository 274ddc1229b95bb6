"""Hot and dead pixels, rows and columns: replaced, and said in words."""

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.counting import count_of
from atomstat_widgets.stat.blemishes import without_lines, without_outliers

WHOLE = 0.5  # of a row or a column that was replaced as a whole; of others only few pixels are

Float32 = NDArray[np.float32]
Mask = NDArray[np.bool_]


def mended(pixels: Float32) -> Float32:
    """Pixels (height, width) without hot and dead ones; the same array where there are none."""
    if min(pixels.shape) < 3:
        return pixels
    return without_outliers(without_lines(pixels))


def outliers_in_words(hot: Mask, dead: Mask) -> str:
    """How many pixels, rows and columns (height, width) were replaced: those above what is around them are hot."""
    parts = []
    for name, where in (("hot", hot), ("dead", dead)):
        rows, columns = (where.mean(axis=axis) > WHOLE for axis in (1, 0))
        pixels = int(np.count_nonzero(where[~rows][:, ~columns]))
        counts = {"pixel": pixels, "row": int(rows.sum()), "column": int(columns.sum())}
        parts += [count_of(count, f"{name} {what}") for what, count in counts.items() if count]
    verb = "was" if len(parts) == 1 and parts[0].startswith("1 ") else "were"
    return f"{' and '.join(filter(None, [', '.join(parts[:-1]), parts[-1]]))} {verb} replaced"
