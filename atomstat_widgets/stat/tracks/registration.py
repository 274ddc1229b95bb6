"""How far each frame of a movie is shifted, from the pictures alone: before there are atoms to be linked."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import progress_of
from atomstat_widgets.brief import brief
from atomstat_widgets.counting import count_of
from atomstat_widgets.stat import blocks
from atomstat_widgets.stat.image import normalize_around_gaps
from atomstat_widgets.stat.progress import Progress, unreported
from atomstat_widgets.stat.tracks.chain import best_chain
from atomstat_widgets.stat.tracks.correlation import SMALLEST, Correlation, Peaks, Spectrum

CLEAR = 1.2  # standard deviations of a correlation: by so much all others are worse, where steps are short
CLEARER = 5.0  # and where they are
LONG = 0.08  # of the shorter side, root mean square
NEAR = 2.0  # of them is what a step that is longer by the distance of two peaks has to be better by
BY_CHANCE = 1.15  # times the highest peak that pictures without any relation have
CONTRADICTS = 0.5  # of the highest correlation of n and n + 2: less has their two steps
FARTHEST = 1 / 3  # of a side: farther, too little of the picture is in both frames
REPEATS = 0.75  # of the height of a copy, of the second peak: the picture repeats itself
SEEN = 0.5  # of the picture: where less is, a second peak may be noise
WANDERS = 0.2  # of the distance of two peaks, root mean square: some steps may be nearer to another

Floats = NDArray[np.float64]


@brief
@dataclass(frozen=True, eq=False)
class Registration:
    """Shifts of the frames of a movie. Frames are counted by their place, from 0 on.

    Attributes
    ----------
    shifts : array, (frames, 2)
        How far what is seen has moved along rows and columns since the first frame that can be used, in pixels; NaN in
        those that cannot. After a doubtful frame they go on from it.
    doubtful : dict of int to str
        Frames whose step from the one before is not certain, and why.
    skipped : dict of int to str
        Frames that cannot be used, and why.
    """

    shifts: Floats
    doubtful: dict[int, str] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)

    @property
    def steps(self) -> Floats:
        """Shift of each frame against the last one before that can be used, (frames - 1, 2), in pixels."""
        steps = np.full((max(len(self.shifts) - 1, 0), 2), np.nan)
        usable = np.flatnonzero(np.isfinite(self.shifts[:, 0]))
        steps[usable[1:] - 1] = np.diff(self.shifts[usable], axis=0)
        return steps

    @property
    def words(self) -> str:
        """What is to be known of the shifts: which frames are doubtful or of no use, and why."""
        used = len(self.shifts) - len(self.skipped)
        parts = [
            _named(self.doubtful, "frame", "in doubt: where they are against the frame before is not certain"),
            _named(self.skipped, "frame", "not used"),
            "Two frames have one step, which no other frame confirms" if used == 2 else "",
        ]
        return ". ".join(filter(None, parts)) or f"All steps between {count_of(used, 'frame')} confirm each other"


def register(movie: Any, *, progress: Progress = unreported) -> Registration:
    """Find how far each frame of a movie is shifted against the first.

    Parameters
    ----------
    movie : array, (frames, height, width) or (frames, height, width, 3 | 4)
        Or what gives one frame by ``movie[number]``: it is read once, frame by frame, and never held. Of dask or Zarr,
        frames are transformed wherever dask is configured to compute, block by block.
    progress : callable
        Called with the fraction done; an exception it raises stops the computation.

    Returns
    -------
    Registration
        To some hundredths of a pixel a step.

    Raises
    ------
    TypeError, ValueError
        The movie has no frames, or they are no images of real numbers; not two of them can be used, where the message
        is that of the first that cannot.

    Notes
    -----
    From the half whitened cross-correlation of neighbouring frames [1]_. A lattice has a peak at each of its vectors,
    so several peaks of each step are candidates, and those are chosen that together are highest in the correlations of
    n with n + 1 and of n with n + 2. A frame is doubtful where others are about as high, where n + 2 contradicts, where
    too little of the picture is left, or where a picture that repeats itself moves by large parts of its period.

    References
    ----------
    .. [1] Kuglin & Hines, Proc. IEEE Conf. Cybern. Soc. 163 (1975).

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> import numpy as np
    >>> picture = np.random.default_rng(0).normal(size=(64, 64)).cumsum(axis=0).cumsum(axis=1)
    >>> moved = stat.register([picture, np.roll(picture, 3, axis=0), np.roll(picture, 5, axis=0)])
    >>> moved.shifts.round().astype(int)[:, 0]
    array([0, 3, 5])
    """
    progress_of(progress)
    movie = blocks.frames_of(movie)
    read, steps = _reader(movie), _Steps()
    skipped = steps.skipped
    for place in range(len(movie)):
        try:
            steps.take(place, _even(read(place), place))
        except (ValueError, OSError) as error:  # a blank or damaged frame must not cost the others
            skipped[place] = str(error)
        progress((place + 1) / len(movie))
    if len(steps.used) < 2:
        why = f"; frame {next(iter(skipped))}: {next(iter(skipped.values()))}" if skipped else ""
        raise ValueError(f"a movie has two frames or more that can be used, got {len(steps.used)}{why}")
    shifts = np.full((len(movie), 2), np.nan)
    moved, doubtful = steps.chosen()
    shifts[steps.used] = np.cumsum(np.vstack([np.zeros(2), moved]), axis=0)
    return Registration(shifts, doubtful, dict(sorted(skipped.items())))


class _Steps:
    """What is kept of frames that were looked at: the spectra of two, and the peaks of all."""

    def __init__(self) -> None:
        self.used: list[int] = []
        self.skipped: dict[int, str] = {}
        self._shape: tuple[int, ...] = ()
        self._odd: tuple[int, NDArray[np.float32]] | None = None  # a frame of another size than the only one so far
        self._last: list[Spectrum] = []
        self._peaks: list[Peaks] = []
        self._shifts: list[Floats] = []
        self._pairs: list[Floats] = []  # correlation of n and n + 2 where two peaks lead to, and the highest
        self._highest: list[float] = []

    def take(self, place: int, pixels: NDArray[np.float32]) -> None:
        """Compare a frame with the two before."""
        if len(self.used) == 1 and self._odd is not None and pixels.shape == self._odd[1].shape != self._shape:
            (first,), (place_before, before) = self.used, self._odd  # two outvote the first
            self.skipped[first] = f"it has {_sides(self._shape)} pixels, others {_sides(pixels.shape)}"
            del self.skipped[place_before]
            self.used, self._last = [], []
            self.take(place_before, before)
        if not self.used:
            if min(pixels.shape) < SMALLEST:
                raise ValueError(f"{_sides(pixels.shape)} pixels are too few to tell a shift")
            self._shape, self._correlation = pixels.shape, Correlation(pixels.shape)
        if pixels.shape != self._shape:
            self._odd = (place, pixels) if len(self.used) == 1 else None
            raise ValueError(f"it has {_sides(pixels.shape)} pixels, others {_sides(self._shape)}")
        correlation, spectrum = self._correlation, self._correlation.spectrum(pixels)
        if self._last:
            peaks = correlation.peaks(correlation.map(self._last[-1], spectrum))
            self._shifts.append(np.array([correlation.refined(self._last[-1], spectrum, at) for at in peaks.places]))
            if len(self._last) == 2:
                values = correlation.map(self._last[0], spectrum)
                two_steps = self._peaks[-1].places[:, None] + peaks.places
                self._pairs.append(correlation.height_at(values, two_steps))
                self._highest.append(float(values.max()))
            self._peaks.append(peaks)
        self._last = [*self._last[-1:], spectrum]
        self.used.append(place)

    def chosen(self) -> tuple[Floats, dict[int, str]]:
        """Steps (n, 2) in pixels, and which frames are doubtful, and why."""
        lengths = [np.linalg.norm(shifts, axis=1) for shifts in self._shifts]
        apart = [np.linalg.norm(shifts[1] - shifts[0]) for shifts in self._shifts if len(shifts) > 1]
        period = float(np.median(apart)) if apart else np.inf
        own = [peaks.heights - NEAR * long / period for peaks, long in zip(self._peaks, lengths, strict=True)]
        best, margins = best_chain(own, self._pairs)
        steps = np.array([shifts[at] for shifts, at in zip(self._shifts, best, strict=True)])
        reached = [
            pair[one, other] / max(highest, 1e-9)
            for pair, one, other, highest in zip(self._pairs, best, best[1:], self._highest, strict=False)
        ]
        contradicted = np.array(reached) < CONTRADICTS
        # Of the two pairs that a step is part of, one that confirms it is enough.
        alone = np.append(contradicted, True) & np.append(True, contradicted) & bool(reached)
        far = (np.abs(steps) > FARTHEST * np.array(self._shape)).any(axis=1)
        typical = float(np.sqrt(np.mean(np.sum(steps**2, axis=1))))
        wanders = typical > WANDERS * period and self._repeats(best)
        unclear = margins < (CLEARER if typical > LONG * min(self._shape) else CLEAR)
        doubtful = {}
        heights = np.array([peaks.heights[at] for peaks, at in zip(self._peaks, best, strict=True)])
        chance = heights < BY_CHANCE * self._correlation.chance
        for step, place in enumerate(self.used[1:]):
            if far[step]:
                doubtful[place] = "too little of the picture is in both frames"
            elif chance[step]:
                doubtful[place] = "it is no more like the frame before than by chance"
            elif alone[step]:
                doubtful[place] = "the frame after next contradicts"
            elif unclear[step]:
                doubtful[place] = "another step fits as well"
            elif wanders:
                doubtful[place] = "the picture repeats itself, and moves by large parts of its period"
        return steps, doubtful

    def _repeats(self, best: NDArray[np.intp]) -> bool:
        """Whether second peaks are about as high as if what is seen there were the same."""
        alike = []
        for peaks, at in zip(self._peaks, best, strict=True):
            heights = peaks.heights / self._correlation.overlap(peaks.places)
            others = (np.arange(len(heights)) != at) & (self._correlation.overlap(peaks.places) > SEEN)
            alike.append(heights[others].max(initial=0) / heights[at])
        return bool(np.median(alike) > REPEATS)


def _reader(movie: Any) -> Callable[[int], Any]:
    """Make a function that gives a frame; of dask or Zarr it computes whole blocks, and holds the last of them."""
    if not blocks.in_blocks(movie):
        return lambda place: movie[place]
    stack = blocks.as_dask(movie)
    firsts = [rows.start for rows in blocks.row_slices(stack)]

    @lru_cache(maxsize=1)
    def block(number: int) -> Any:
        return blocks.compute([stack.blocks[number]])[0]

    def read(place: int) -> Any:
        number = bisect_right(firsts, place) - 1
        return block(number)[place - firsts[number]]

    return read


def _even(frame: Any, place: int) -> NDArray[np.float32]:
    """Brightness of a frame, with a mean of 0 and a variance of 1; places without data have the mean of the others."""
    try:
        pixels, gaps = normalize_around_gaps(frame)
    except TypeError as error:
        raise TypeError(f"frame {place}: {error}") from None
    known = pixels if gaps is None else pixels[~gaps]
    even = (pixels - known.mean()) / known.std()
    return even if gaps is None else np.where(gaps, np.float32(0), even)


def _sides(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _named(frames: dict[int, str], what: str, words: str) -> str:
    """How many frames, which, and why the first of them."""
    if not frames:
        return ""
    first = list(frames)
    names = ", ".join(map(str, first[:5])) + (", ..." if len(first) > 5 else "")
    return f"{count_of(len(first), what)} {words} ({names}); of frame {first[0]}: {frames[first[0]]}"
