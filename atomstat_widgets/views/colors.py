"""Colours: one a component everywhere, and maps for numbers."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Okabe & Ito's palette, which people with any kind of colour vision can tell apart; the lightest colours last.
# Its black is a grey here, which is seen on a dark page too.
COMPONENT_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#767676", "#F0E442")
SEQUENTIAL_MAPS = ("gray", "viridis", "cividis", "magma", "inferno")
DIVERGING_MAPS = ("RdBu_r", "PuOr_r", "BrBG_r", "coolwarm")
# Of the page, light or dark; see `panels/style.css`.
INK, GROUND, GRID = (f"var(--atomstat-{name})" for name in ("ink", "ground", "grid"))
MARKER = "#FFD400"  # of what lies over a grey image: the clicked window


UNKNOWN = "#b4b4b4"  # of what has no component


@cache
def lookup_table(name: str) -> NDArray[np.uint8]:
    """Colours (256, 3) of a map of matplotlib."""
    from matplotlib import colormaps

    return (colormaps[name](np.arange(256))[:, :3] * 255).round().astype(np.uint8)


def hex_color(name: str) -> str:
    """Colour as '#rrggbb', of any name or notation that matplotlib knows.

    Raises
    ------
    ValueError
        It knows no such colour.
    """
    from matplotlib.colors import to_hex

    try:
        return to_hex(name)
    except ValueError:
        raise ValueError(f"{name!r} is no colour: it has a name, as 'red', or numbers, as '#d55e00'") from None


def rgb(color: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of '#RRGGBB'."""
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue


def letters_on(color: NDArray[Any] | tuple[int, int, int]) -> str:
    """Black or white, whichever is read better on red, green and blue, 0 to 255 (by the contrast of WCAG 2)."""
    shares = np.asarray(color, float) / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return "#000" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "#fff"


def to_bytes(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Numbers as 0 to 255, from `low` to `high`; all 0 where these are equal."""
    scale = 255 / (high - low) if high > low else 0.0
    return np.asarray(np.clip((np.asarray(values, np.float32) - low) * scale, 0, 255), np.uint8)


COMPONENT_RGB = np.array([rgb(color) for color in COMPONENT_COLORS], np.uint8)
