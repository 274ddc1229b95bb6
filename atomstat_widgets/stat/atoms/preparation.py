"""What makes crops of real, noisy images separate: atoms in the middle, pixels between pixels, no noise, no offset."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import ndimage

from atomstat_widgets.stat.some_of import some_of

Floats = NDArray[np.float64]
Float32 = NDArray[np.float32]
Over = Callable[..., list[Any]]
"""``over(call, pixels, *rest)``: what ``call(stack, pixels, *rest)`` gives, for all atoms or some frames' at a time."""

# Pixels before and after a crop that the cubic between pixels reads.
BEFORE, AFTER = 1, 2
# Crops cut, or patches searched, at a time: what one step writes, the next still finds in the cache.
CUT_BLOCK = 128
SEARCH_BLOCK = 1024
# Atoms that the common surroundings are learnt from; more would not make them better known.
LEARN_FROM = 1000
ITERATIONS = 6
# Variance of what rounding to whole pixels takes away, in square pixels: whole shifts tell no smaller spread.
ROUNDING = 1 / 12
# A move so many times the usual spread is none to the point's own atom.
OUTLIER = 4
FADING = 1 / 4  # of the side of a crop: standard deviation of the Gaussian under which it fades
TINY = float(np.finfo(np.float32).tiny)
# Standard deviation, in pixels, of the narrowest Gaussian that reaches another pixel, cut off after four of them.
NARROWEST = 1 / 8


def smooth_images(stack: Float32, sigma: float) -> Float32:
    """Images under a Gaussian.

    Parameters
    ----------
    stack : array, (frames, height, width, channels)
        NaN where a pixel is missing.
    sigma : float
        Standard deviation of the Gaussian, in pixels; 0 leaves the images as they are.

    Returns
    -------
    array, (frames, height, width, channels)
        Missing pixels stay missing, and others are averages of what is there (Knutsson & Westin, CVPR 1993).
    """
    if sigma == 0:
        return stack
    width = (0, sigma, sigma, 0)
    missing = np.isnan(stack)
    if not missing.any():
        return np.asarray(ndimage.gaussian_filter(stack, width))
    weights = ndimage.gaussian_filter((~missing).astype(np.float32), width)
    values = ndimage.gaussian_filter(np.where(missing, np.float32(0), stack), width)
    return np.asarray(np.divide(values, weights, out=np.full_like(stack, np.nan), where=~missing))


def fading(side: int) -> Float32:
    """Weights (side, side) of the pixels of a crop, 1 at its atom, on pixel ``side // 2``, and less and less around it.

    What differs far from an atom, such as which neighbours are of another kind, is then less than what differs at it.
    """
    line = np.exp(-(((np.arange(side) - side // 2) / (FADING * side)) ** 2) / 2)
    return np.outer(line, line).astype(np.float32)


def cut_at_pixels(stack: Float32, starts: NDArray[np.intp], side: int) -> Float32:
    """Squares (n, side, side, channels) of a stack, whose first pixels are at (frame, row, column) (n, 3)."""
    # Fancy indexing into all windows copies just those asked for: (n, channels, side, side).
    pieces = sliding_window_view(stack, (side, side), axis=(1, 2))[tuple(starts.T)]
    return np.moveaxis(pieces, 1, -1)


def pad_for_cubic(stack: Float32) -> Float32:
    """Images (frames, height, width, channels), continued as straight lines by what `cut_between_pixels` reads."""
    rim = (BEFORE, AFTER)
    return np.pad(stack, ((0, 0), rim, rim, (0, 0)), mode="reflect", reflect_type="odd")


def cut_between_pixels(padded: Float32, starts: NDArray[np.intp], fractions: Floats, side: int) -> Float32:
    """Squares of images that start between pixels.

    Parameters
    ----------
    padded : array, (frames, height + 3, width + 3, channels)
        Of `pad_for_cubic`.
    starts : array, (n, 3)
        Frame, row and column of the pixel at or before the first value of each square, in the image without padding.
    fractions : array, (n, 2)
        How far after that pixel each square starts, along rows and columns, from 0 to 1 pixel.
    side : int
        Side of the squares, in pixels.

    Returns
    -------
    array, (n, side, side, channels)
        By cubic convolution, which is exact for parabolas and, being local, keeps NaN where it is (Keys, IEEE Trans.
        Acoust. Speech Signal Process. 29, 1153 (1981)). Where both fractions are 0 these are the pixels themselves.
    """
    crops = np.empty((len(starts), side, side, padded.shape[-1]), np.float32)
    weights = _cubic_weights(fractions).astype(np.float32)[:, :, :, None, None, None]
    for first in range(0, len(starts), CUT_BLOCK):
        block = slice(first, first + CUT_BLOCK)
        pieces = cut_at_pixels(padded, starts[block], side + BEFORE + AFTER)
        down, across = weights[:, 0, block], weights[:, 1, block]
        rows = sum(down[tap] * pieces[:, tap : tap + side] for tap in range(4))
        crops[block] = sum(across[tap] * rows[:, :, tap : tap + side] for tap in range(4))
    return crops


def _cubic_weights(fractions: Floats) -> Floats:
    """Weights (4, 2, n) of the pixels before, at, after and two after."""
    t = fractions.T
    return np.stack(
        [
            ((2 - t) * t - 1) * t / 2,
            ((3 * t - 5) * t * t + 2) / 2,
            ((4 - 3 * t) * t + 1) * t / 2,
            (t - 1) * t * t / 2,
        ]
    )


def normalize_rows(rows: Float32) -> Float32:
    """Rows (n, pixels), changed in place to mean 0 and variance 1; to 0 where all pixels are equal but for rounding."""
    mean = rows.mean(axis=1, keepdims=True)
    rows -= mean
    rows -= rows.mean(axis=1, keepdims=True)  # what the mean of large numbers was rounded by
    deviation = np.sqrt(np.einsum("ij,ij->i", rows, rows) / rows.shape[1])[:, None]
    varied = deviation > 1e-6 * np.abs(mean)
    rows *= np.divide(1, deviation, out=np.zeros_like(deviation), where=varied)
    return rows


def at_once(stack: Float32) -> Over:
    """How `recentre` looks at the atoms of a stack (frames, height, width, channels), NaN where a pixel is missing."""
    return lambda call, *arrays: [call(stack, *arrays)]


def recentre(sides: tuple[int, ...], over: Over, frames: NDArray[np.intp], points: Floats, reach: float) -> Floats:
    """Move points to the centres of their atoms, which look alike.

    Parameters
    ----------
    sides : (int, int)
        Height and width of the images.
    over : callable
        How the images are looked at, see `at_once`.
    frames : array, (n,)
        Number of the image that each point is in, not decreasing.
    points : array, (n, 2)
        Row and column in pixels, about where each atom is.
    reach : float
        Farthest that a point is moved, in pixels. The work grows with its fourth power.

    Returns
    -------
    array, (n, 2)
        A point stays where it was if its best place is out of reach or much farther than the others' were, or if it is
        outside its image. None moves if places lie farther out than by chance: then neighbours outshine the atoms.

    Notes
    -----
    The centre is where the surroundings, up to twice the reach away, are likeliest to be the rotational average of all
    atoms' surroundings about their centres. Such an average cannot drift, since it has no direction, and it prefers
    neither of two sites that are turned against each other. It, the noise and how far points are off are not known
    before, and are estimated together from the atoms by expectation maximisation over all whole-pixel shifts (Frey &
    Jojic, CVPR 1999, "Estimating mixture models of images and inferring spatial transformations using the EM
    algorithm"). So good positions hardly move: that they are good is found, and a jump is unlikely then. A parabola
    through the logarithms of the probabilities gives the fraction of a pixel.
    """
    search = _Search.within(reach)
    near = np.rint(points)
    inside = np.flatnonzero(((near >= 0) & (near < sides)).all(axis=1))
    if len(inside) == 0:
        return points
    pixels = np.column_stack([frames[inside], near[inside].astype(np.intp)])
    off = points[inside] - near[inside]

    learning = some_of(len(inside), LEARN_FROM)
    expected = search.learn(np.concatenate(over(search.patches, pixels[learning])), off[learning])
    if 2 * expected.spread > reach**2 / 2:
        return points
    moved = points.copy()
    best, found = (
        np.concatenate(parts) for parts in zip(*over(partial(_best, search, expected), pixels, off), strict=True)
    )
    found &= np.sum((best - off) ** 2, axis=1) <= OUTLIER**2 * expected.spread
    moved[inside[found]] = pixels[found, 1:] + best[found]
    return moved


def _best(
    search: "_Search", expected: "_Expected", stack: Float32, pixels: NDArray[np.intp], off: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Likeliest shift (n, 2) of each patch, and which have one."""
    peaks = []
    for first in range(0, len(pixels), SEARCH_BLOCK):
        block = slice(first, first + SEARCH_BLOCK)
        logs = expected.log_probabilities(search.patches(stack, pixels[block]), search.squares(off[block]))
        peaks.append(search.peaks(logs))
    best, found = zip(*peaks, strict=True)
    return np.concatenate(best), np.concatenate(found)


@dataclass(frozen=True)
class _Expected:
    """What surroundings look like, and how sure that is.

    Attributes
    ----------
    surroundings : array, (shifts, pixels * channels)
        The rotational average, shifted by each whole-pixel shift.
    noise : float
        Variance of a patch's pixel about it.
    spread : float
        Variance of the points about the centres, along rows or columns, in square pixels.
    """

    surroundings: Float32
    noise: float
    spread: float

    def log_probabilities(self, patches: Float32, squares: Floats) -> Floats:
        """Of each shift for each patch, up to a constant for each patch; `squares` are those of the distances."""
        return _log_probabilities(patches @ self.surroundings.T, self.noise, squares, self.spread)


@dataclass(frozen=True)
class _Search:
    """Whole-pixel shifts, and the patches that are searched.

    Attributes
    ----------
    shifts : array, (shifts, 2)
    offsets : array, (pixels, 2)
        Of the pixels of a patch from its middle.
    rings : array, (shifts, pixels)
        Which circle about the shifted middle each pixel is on, the last for those outside of the surroundings.
    neighbours : array, (shifts, 4)
        Numbers of the shifts one up, down, left and right of each, -1 where there is none.
    reach : float
    """

    shifts: NDArray[np.intp]
    offsets: NDArray[np.intp]
    rings: NDArray[np.intp]
    neighbours: NDArray[np.intp]
    reach: float

    @classmethod
    def within(cls, reach: float) -> "_Search":
        # One pixel more, so that the rim, where no peak can be told, is out of reach.
        shifts, offsets, radius = _disc(reach + 1), _disc(3 * reach + 1), 2 * reach
        squares = np.sum((offsets - shifts[:, None]) ** 2, axis=2)
        # Squared distances between pixels are whole numbers, so a circle is all pixels that share one.
        circles = np.unique(squares[squares <= radius**2])
        rings = np.where(squares <= radius**2, np.searchsorted(circles, squares), len(circles))
        number = {tuple(shift): index for index, shift in enumerate(shifts.tolist())}
        neighbours = [
            [number.get(place, -1) for place in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1))]
            for y, x in shifts.tolist()
        ]
        return cls(shifts, offsets, rings, np.array(neighbours), reach)

    def squares(self, off: Floats) -> Floats:
        """Squared distances (n, shifts) of the shifts from the points, which are `off` (n, 2) their nearest pixels."""
        return np.asarray(np.sum((self.shifts - off[:, None]) ** 2, axis=2))

    def patches(self, stack: Float32, pixels: NDArray[np.intp]) -> Float32:
        """Discs (n, pixels * channels) around (frame, row, column) (n, 3), of mean 0; 0 is what is not known."""
        # Squares first, whose rows and columns are few numbers.
        half = int(self.offsets.max())
        frame, row, column = pixels.T[:, :, None]
        rows, columns = row + np.arange(-half, half + 1), column + np.arange(-half, half + 1)
        height, width = stack.shape[1:3]
        squares = stack[frame[:, None], rows.clip(0, height - 1)[:, :, None], columns.clip(0, width - 1)[:, None]]
        squares[(rows < 0) | (rows >= height)] = np.nan
        squares.swapaxes(1, 2)[(columns < 0) | (columns >= width)] = np.nan

        values = squares[:, self.offsets[:, 0] + half, self.offsets[:, 1] + half]
        missing = np.isnan(values)
        values[missing] = 0
        known = values.shape[1] - np.count_nonzero(missing, axis=1, keepdims=True)
        values -= values.sum(axis=1, keepdims=True) / np.maximum(known, 1).astype(np.float32)
        values[missing] = 0
        return np.asarray(values.reshape(len(pixels), -1))

    def learn(self, patches: Float32, off: Floats) -> _Expected:
        """Surroundings, noise and spread that make the patches likeliest."""
        squares = self.squares(off)
        power = float(np.mean(patches.astype(np.float64) ** 2))
        spread = max(self.reach**2 / 4, ROUNDING)
        probabilities = _softmax(-squares / (2 * spread))
        for _ in range(ITERATIONS):
            surroundings = self._average(patches, probabilities)
            matches = patches @ surroundings.T
            explained = 2 * np.sum(probabilities * matches) / patches.size - np.mean(surroundings[0] ** 2)
            noise = max(power - float(explained), 1e-6 * power, TINY)
            probabilities = _softmax(_log_probabilities(matches, noise, squares, spread))
            # The median, since a few that jumped to a brighter neighbour must not make jumps likelier.
            spread = max(float(np.median(np.sum(probabilities * squares, axis=1))) / 2, ROUNDING)
        return _Expected(surroundings, noise, spread)

    def _average(self, patches: Float32, probabilities: Float32) -> Float32:
        """Rotational average about the centres, as far as they are known, at each shift (shifts, pixels * channels)."""
        sums = (probabilities.T @ patches).reshape(*self.rings.shape, -1)
        counts = np.bincount(self.rings.ravel(), np.repeat(probabilities.sum(axis=0), len(self.offsets)))
        pixels = np.bincount(self.rings[0])
        by_channel = [np.bincount(self.rings.ravel(), sums[:, :, n].ravel()) for n in range(sums.shape[2])]
        profiles: Floats = np.stack(by_channel) / counts
        # Of mean 0, so that a match tells no brighter ground.
        profiles -= (profiles[:, :-1] @ pixels[:-1] / pixels[:-1].sum())[:, None]
        profiles[:, -1] = 0
        return profiles.T[self.rings].reshape(len(self.shifts), -1).astype(np.float32)

    def peaks(self, logs: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Shifts (n, 2) where the logarithms of the probabilities (n, shifts) peak, and which do."""
        highest = logs.argmax(axis=1)
        around = self.neighbours[highest]
        found = (around >= 0).all(axis=1)
        row = np.arange(len(logs))[:, None]
        here, around = logs[row, highest[:, None]], logs[row, around]
        before, after = around[:, ::2], around[:, 1::2]
        bend = 2 * here - before - after
        fraction = np.divide(after - before, 2 * bend, out=np.zeros_like(bend), where=bend > 0)
        return self.shifts[highest] + fraction, found


def _disc(radius: float) -> NDArray[np.intp]:
    """Whole (row, column) (n, 2) not farther from (0, 0) than a radius."""
    whole = int(radius)
    points = np.indices((2 * whole + 1, 2 * whole + 1)).reshape(2, -1).T - whole
    return np.asarray(points[np.sum(points**2, axis=1) <= radius**2])


def _log_probabilities(matches: Float32, noise: float, squares: Floats, spread: float) -> Floats:
    # Of |patch - surroundings|^2 only the mixed term, the match, is not the same for all shifts.
    return np.asarray(matches / noise - squares / (2 * spread))


def _softmax(logs: Floats) -> Float32:
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
