"""Lengths in pixels and in real units: the pixel size of data, given or changed."""

import math
import re
from dataclasses import replace
from typing import TypeVar

from atomstat_widgets.arguments import instance_of, number_of
from atomstat_widgets.data.cube import Cube
from atomstat_widgets.data.image import Image
from atomstat_widgets.data.movie import Movie
from atomstat_widgets.data.source import Source

Data = TypeVar("Data", Image, Movie, Cube)

METRES = {"pm": 1e-12, "Å": 1e-10, "nm": 1e-9, "µm": 1e-6, "mm": 1e-3, "m": 1.0}
# Found in files, too: Greek mu for the micro sign, which ImageJ writes as an escape; the angstrom sign.
SPELLINGS = {
    "um": "µm",
    "\u03bcm": "µm",
    "\\u00B5m": "µm",
    "micron": "µm",
    "A": "Å",
    "\u212b": "Å",
    "angstrom": "Å",
}


def calibrated(data: Data, pixel_size: float, unit: str = "nm") -> Data:
    """Give data another pixel size; the first pixel is at 0 then.

    Parameters
    ----------
    data : Image, Movie or Cube
    pixel_size : float
        Edge of a pixel, in `unit`.
    unit : str

    Raises
    ------
    TypeError, ValueError
        The data are of another type; the pixel size is not a positive finite number, or the unit is empty or "px".

    Examples
    --------
    >>> from atomstat_widgets import calibrated, load, samples
    >>> image = calibrated(samples.grains(), 0.02, "nm")
    >>> image.pixel_size, image.unit
    (0.02, 'nm')
    """
    instance_of(data, "data", Image, Movie, Cube)
    pixel_size = number_of(pixel_size, "pixel_size", above=0, words="a positive finite number")
    if not instance_of(unit, "unit", str).strip() or unit == "px":
        raise ValueError(f"the unit of a pixel size is one of length, such as nm, not {unit!r}")
    source = data.source
    if source is not None:
        of = source.arguments["data"] if source.function == "calibrated" else source
        source = Source("calibrated", {"data": of, "pixel_size": pixel_size, "unit": unit})
    return replace(data, pixel_size=pixel_size, unit=unit, offset=(0.0, 0.0), source=source)


def number_and_unit(length: str) -> tuple[float, str]:
    """Number and unit of '0.3 nm'; the unit may be missing.

    Raises
    ------
    ValueError
        These are no number and unit.
    """
    match = re.fullmatch(r"\s*([-+]?[.\d]+(?:[eE][-+]?\d+)?)\s*(\S*)\s*", length)
    try:
        number, unit = float(match[1]), match[2]  # type: ignore[index]
    except (TypeError, ValueError):
        raise ValueError(f"{length!r} is no length, which is a number with a unit, such as '0.3 nm'") from None
    if not math.isfinite(number):
        raise ValueError(f"{length!r} is not finite")
    return number, unit


def in_pixels(length: str, data: Image | Movie | Cube) -> float:
    """Length in pixels, from words such as '0.3 nm', '3 Å' or '12 px'.

    Raises
    ------
    ValueError
        These are no number and unit, or the pixel size of the data does not allow the unit.
    """
    number, unit = number_and_unit(length)
    if unit in ("", "px"):
        return number
    if data.pixel_size is None:
        raise ValueError(f"{length!r}: the pixel size of {data.name} is not known, give the length in px")
    wanted, own = (SPELLINGS.get(one, one) for one in (unit, data.unit))
    if wanted != own and not {wanted, own} <= METRES.keys():
        raise ValueError(f"{length!r}: pixels of {data.name} are in {data.unit}, units known are {', '.join(METRES)}")
    factor = 1.0 if wanted == own else METRES[wanted] / METRES[own]
    return number * factor / data.pixel_size
