"""Prepare an image: what hides a lattice is removed, where it is needed or asked for, and said."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atomstat_widgets.arguments import switch_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat.blemishes import continued
from atomstat_widgets.stat.blocks import in_blocks, take_into_memory
from atomstat_widgets.stat.image import normalize_around_gaps, normalize_image
from atomstat_widgets.stat.lattice import Lattice, find_lattice
from atomstat_widgets.stat.prepared_image.background import (
    RISES,
    ROUNDS,
    STEEP,
    background_of,
    contrast_of,
    left_by_steps,
    rise_of,
)
from atomstat_widgets.stat.prepared_image.border import blank_areas, border_in_words, require_data
from atomstat_widgets.stat.prepared_image.line_jitter import has_jitter, moved_back, row_shifts
from atomstat_widgets.stat.prepared_image.outliers import mended, outliers_in_words
from atomstat_widgets.stat.prepared_image.patches import patches_of
from atomstat_widgets.stat.prepared_image.polarity import Polarity, is_hexagonal, polarity_of

WITHOUT_LATTICE = 1 / 8  # of the shorter side: deviation of the Gaussian where no period is known

Float32 = NDArray[np.float32]


@brief
@dataclass(frozen=True, eq=False)
class PreparedImage:
    """An image that was prepared, and what was removed from it.

    Attributes
    ----------
    image : array, (height, width), float32
        In units of `normalize_image`: 0 and 1 are the lowest and the highest pixel before, but for `outliers`.
    outliers : array of bool, (height, width), or None
        Hot and dead pixels, which were replaced; None where there are none.
    border : array of bool, (height, width), or None
        Where there are no data; there the image has the median of the others. None where nothing was left out.
    shifts : array, (height,), float64, or None
        How far each row was moved to the left, in pixels; None where none was moved.
    background : array, (height, width), float32, or None
        What was subtracted; None where nothing was.
    dark : bool
        Whether it was negated: 1 minus each pixel.
    words : str
        Each step that was done with its numbers, in sentences without the last full stop; empty where none was.
    doubt : str
        What could not be told, in words; empty where nothing is in doubt.
    """

    image: Float32
    outliers: NDArray[np.bool_] | None
    border: NDArray[np.bool_] | None
    shifts: NDArray[np.float64] | None
    background: Float32 | None
    dark: bool
    words: str
    doubt: str

    @property
    def changed(self) -> bool:
        """Whether any step was done."""
        return bool(self.words)

    @property
    def says(self) -> str:
        """Its words and its doubt."""
        return ". ".join(filter(None, [self.words, self.doubt]))


def prepare_image(
    image: ArrayLike,
    *,
    background: bool | None = None,
    line_jitter: bool | None = None,
    border: bool | None = None,
    dark: bool | None = None,
) -> PreparedImage:
    """Prepare an image for its analysis: hot and dead pixels are replaced, then each step is done where it is needed.

    Parameters
    ----------
    image : array, (height, width) or (height, width, channels)
        See `normalize_image`. NaN and infinite pixels are places without data. Of dask or Zarr it is taken into memory.
    background : bool, optional
        Subtract what is coarser than the lattice. By default where it rises by 1.5 times the contrast of the lattice.
    line_jitter : bool, optional
        Move rows that were shifted sideways. By default where the left and the right half of the image tell the same
        shifts, of 0.2 pixels (rms) and more.
    border : bool, optional
        Leave out a border without data: equal pixels in an area that touches the edge, see `find_atoms`. By default
        where its level is none of the data's. Places that are not finite are left out with it.
    dark : bool, optional
        Atoms are darker than what is around them: negate the image. By default where that is certain.

    Returns
    -------
    PreparedImage

    Raises
    ------
    TypeError
        A switch is neither None nor a truth; for an image, see `normalize_image`.
    ValueError
        For an image that cannot be used, see `normalize_image`: one with NaN or infinite pixels, too,
        where `border` is False.

    Notes
    -----
    The background is a Gaussian whose standard deviation is the longest distance of lattice planes, see `find_lattice`,
    or an eighth of the shorter side where there is no lattice. It is subtracted again, up to four times, while what is
    left rises as much. The contrast is that of the patches that show the lattice, be they few. Without a lattice only
    a border is left out, and jitter taken away, by default.

    Whether atoms are dark is told by the skewness of what repeats from cell to cell, in patches that show the lattice.
    So neither dead lines, nor hot spots, nor the rim of a particle tell it. A honeycomb of broad bright atoms looks as
    a triangular lattice of dark ones does, so there second-order spots tell it; where these are faint, `doubt` says so.

    Hot and dead pixels, single or in spots of up to 3 x 3, become the median of what is around them. Rows and columns,
    up to three side by side, that stand as a whole far above or below those around them become what lies between.

    Examples
    --------
    >>> import numpy as np
    >>> from atomstat_widgets import stat
    >>> y, x = np.mgrid[:128, :128]
    >>> lattice = np.exp(np.cos(2 * np.pi * y / 16) + np.cos(2 * np.pi * x / 16))
    >>> stat.prepare_image(lattice).changed
    False
    >>> stat.prepare_image(lattice + x / 4, line_jitter=False).words
    'A background of 4.3 times the contrast of the lattice was subtracted (Gaussian of 16 px)'
    """
    switches = {"background": background, "line_jitter": line_jitter, "border": border, "dark": dark}
    switches = {name: None if value is None else switch_of(value, name) for name, value in switches.items()}
    values = take_into_memory(image, "the pixels") if in_blocks(image) else image
    raw, gaps = (normalize_image(values), None) if switches["border"] is False else normalize_around_gaps(values)
    seen = mended(np.ascontiguousarray(raw))
    blank = _blank(seen, gaps, switches["border"])
    if blank is not None:
        require_data(~blank)
        seen = mended(continued(seen, blank))  # again: the edge of a border hides others
    outliers = None
    if seen is not raw:
        differs = seen - raw if blank is None else np.where(blank, 0, seen - raw)
        outliers = differs != 0 if differs.any() else None
    steps = _Steps(seen if outliers is None else normalize_image(seen))
    if outliers is not None:
        steps.words.append(outliers_in_words(differs < 0, differs > 0))
    if blank is not None:
        steps.words.append(border_in_words(blank))
    elif switches["border"]:
        steps.words.append("No border without data was found")
    steps.straighten(switches["line_jitter"])
    steps.flatten(switches["background"])
    steps.negate(switches["dark"])
    pixels = steps.pixels
    if blank is not None:
        pixels = np.where(blank, np.float32(np.median(pixels[~blank])), pixels)
    return PreparedImage(
        pixels, outliers, blank, steps.shifts, steps.background, steps.dark, ". ".join(steps.words), steps.doubt
    )  # fmt: skip


def _blank(pixels: Float32, gaps: NDArray[np.bool_] | None, border: bool | None) -> NDArray[np.bool_] | None:
    """Where there are no data that count as such; None where there are data everywhere."""
    if border is False:
        return None
    blank = blank_areas(pixels, all_borders=border is True) if min(pixels.shape) >= 3 else None
    if gaps is None or blank is None:
        return gaps if blank is None else blank
    return gaps | blank


class _Steps:
    """Pixels on their way, and what was done to them; the lattice is looked for when it is first needed."""

    def __init__(self, pixels: Float32) -> None:
        self.pixels = pixels
        self.shifts: NDArray[np.float64] | None = None
        self.background: Float32 | None = None
        self.dark = False
        self.words: list[str] = []
        self.doubt = ""

    def straighten(self, wanted: bool | None) -> None:
        """Move rows that were shifted."""
        if wanted is False or (wanted is None and not has_jitter(self.pixels)):
            return
        self.shifts = row_shifts(self.pixels)
        self.pixels = moved_back(self.pixels, self.shifts)
        rms = float(np.sqrt(np.mean(self.shifts**2)))
        self.words.append(f"Rows were moved by up to {np.abs(self.shifts).max():.2g} px (rms {rms:.2g} px)")

    def flatten(self, wanted: bool | None) -> None:
        """Subtract the background."""
        if wanted is False or (wanted is None and not self.lattice):
            return
        period = self._period
        seen = self.pixels
        removed, first_rise, contrast = np.zeros_like(seen), 0.0, 0.0
        for count in range(ROUNDS):
            coarse = background_of(seen - removed, period)
            rise = rise_of(coarse, period)
            flat = seen - removed - coarse
            if self.lattice:
                contrast = contrast_of(patches_of(flat, self.lattice), float(self.lattice.spacings.min()))
            enough = contrast == 0 or rise <= RISES * contrast
            if enough and not (wanted and count == 0):
                break
            first_rise = first_rise or rise
            removed = removed + coarse
        if not removed.any():
            return
        self.background, self.pixels = removed, seen - removed
        size = (
            f"{first_rise / contrast:.2g} times the contrast of the lattice"
            if contrast > 0
            else f"{first_rise:.2g} of the range of the image"
        )
        left = left_by_steps(self.pixels, period) / contrast if contrast > 0 else 0.0
        doubt = f", but {left:.2g} times the contrast is left beside a step: what is there may be wrong"
        self.words.append(
            f"A background of {size} was subtracted (Gaussian of {period:.3g} px){doubt if left > STEEP else ''}"
        )

    def negate(self, wanted: bool | None) -> None:
        """Make dark atoms bright."""
        if wanted is None:
            polarity, why = self._polarity()
            wanted = polarity == "dark"
            self.doubt = f"Whether atoms are bright or dark is in doubt: {why}" if why else ""
        if wanted:
            self.pixels, self.dark = np.float32(1) - self.pixels, True
            self.words.append("Atoms are dark: the image was negated")

    def _polarity(self) -> tuple[Polarity, str]:
        """What atoms are, and why it is in doubt, if it is."""
        if not self.lattice:
            return "in doubt", "there is no lattice to tell it by"
        patches = patches_of(self.pixels - background_of(self.pixels, self._period), self.lattice)
        polarity = polarity_of(patches, self.lattice)
        if polarity != "in doubt":
            return polarity, ""
        if len(patches) == 0:
            return polarity, "nowhere does the lattice repeat clearly"
        if is_hexagonal(self.lattice):
            return polarity, "dark atoms and a honeycomb of bright ones look alike"
        return polarity, "bright and dark are alike"

    @cached_property
    def lattice(self) -> Lattice:
        """Of the rows that were straightened; what is subtracted and negated later leaves it as it is."""
        return find_lattice(self.pixels)

    @property
    def _period(self) -> float:
        longest = float(self.lattice.spacings.max()) if self.lattice else WITHOUT_LATTICE * min(self.pixels.shape)
        return max(longest, 1.0)
