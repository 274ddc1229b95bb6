"""The movie that panels follow atoms through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from atomstat_widgets.arguments import array_of, instance_of, whole_of
from atomstat_widgets.brief import brief
from atomstat_widgets.data.numbers import Axis
from atomstat_widgets.data.read_error import ReadError, in_words
from atomstat_widgets.data.scaled import Scaled
from atomstat_widgets.data.source import Source
from atomstat_widgets.points import points_of, require_classes


@brief
@dataclass(frozen=True, eq=False)
class MovieTruth:
    """What a simulated movie was made with.

    Attributes
    ----------
    positions : list of array, (n, 2)
        Row and column of the atoms to be followed, in pixels, in each frame of the movie.
    ids : list of array of int, (n,)
        Which atom each of them is.
    states : list of array of int, (n,)
        State of each, from 0 on.
    probabilities : array, (states, states)
        Of a transition from the state of the row to that of the column, in the time from one frame to the next.
    """

    positions: list[np.ndarray]
    ids: list[np.ndarray]
    states: list[np.ndarray]
    probabilities: np.ndarray


@brief
@dataclass(frozen=True, eq=False)
class Movie(Scaled):
    """Images of one place, one after the other. Rows are y, columns are x.

    Attributes
    ----------
    frames : array or array-like, (frames, height, width) or (frames, height, width, 3 | 4)
        What is no ``numpy.ndarray`` (a memory map, an h5py dataset, a zarr array) needs shape, dtype and one frame by
        ``frames[number]``; it is read frame by frame and never whole.
    name : str
        What to call the movie on screen.
    pixel_size : float or None
        Edge of a (square) pixel in `unit`, None where unknown.
    unit : str
        Unit of `pixel_size`, "px" where that is unknown.
    numbers : array of int, (frames,), or None
        Numbers of the frames, increasing from 0 or more, where some are missing; by default 0, 1, 2, ...
    atoms : mapping of int to array, or None
        (n, 2) row and column in pixels, or (n, 3) with class, of atoms that were found elsewhere, by frame number.
    truth : MovieTruth or None
        Of a simulated sample.
    source : Source or None
        How to load or simulate it again, None where that is not known.
    offset : (float, float)
        Place of the first pixel along y and x, in `unit`.
    metadata : mapping
        What else its file tells, as RosettaSciIO orders it.
    whole : Whole or None
        What it is a sample of, None where it is all.
    remark : str
        What is odd about the numbers of its frames, in words.

    Raises
    ------
    TypeError, ValueError
        If the frames are no movie, or not of real numbers, or one of the others is not as above or does not fit them.
    """

    frames: Any
    name: str = "array"
    pixel_size: float | None = None
    unit: str = "px"
    numbers: np.ndarray | None = None
    atoms: Mapping[int, np.ndarray] | None = None
    truth: MovieTruth | None = None
    source: Source | None = None
    offset: tuple[float, float] = (0.0, 0.0)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    whole: Any = None
    remark: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", array_of(self.frames, f"{self.name}: frames", stored=True))
        shape = tuple(self.frames.shape)
        if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (3, 4)):
            raise ValueError(
                f"{self.name}: a movie is (frames, height, width) or (frames, height, width, 3 or 4 colours), not of "
                f"shape {shape}"
            )
        if 0 in shape:
            raise ValueError(f"{self.name}: the movie has no frames or no pixels, its shape is {shape}")
        self._check_scale()
        if self.numbers is not None:
            numbers = array_of(self.numbers, f"{self.name}: numbers")
            words = f"{self.name}: frame numbers are {shape[0]} numbers that increase from 0 or more"
            if numbers.dtype.kind not in "iu" or numbers.shape != shape[:1] or numbers[0] < 0:
                raise ValueError(words)
            back = np.flatnonzero(numbers[1:] <= numbers[:-1])
            if len(back):
                raise ValueError(f"{words}, and frame {numbers[back[0] + 1]} comes after {numbers[back[0]]}")
        if self.atoms is not None:
            from atomstat_widgets.stat.frame_numbers import by_frame_number  # here: it takes longer to import

            given = by_frame_number(instance_of(self.atoms, f"{self.name}: atoms", Mapping).items())
            strange = sorted(set(given) - set(self.frame_numbers.tolist()))
            if strange:
                raise ValueError(f"{self.name}: atoms are given for frame {strange[0]}, which is not in the movie")
            atoms = {
                number: points_of(points, f"atoms of frame {number} of {self.name}", most=3)
                for number, points in given.items()
            }
            require_classes(atoms)
            object.__setattr__(self, "atoms", atoms)
        if self.truth is not None:
            lengths = {len(self.truth.positions), len(self.truth.ids), len(self.truth.states)}
            if lengths != {len(self)}:
                raise ValueError(f"{self.name}: the truth is of {sorted(lengths)} frames, the movie has {len(self)}")

    def __len__(self) -> int:
        """Number of frames that there are."""
        return int(self.frames.shape[0])

    def __getitem__(self, index: int) -> np.ndarray:
        """Frame by its place in the movie, from 0 on, whatever its number."""
        index = whole_of(index, f"{self.name}: the place of a frame")
        if not 0 <= index < len(self):
            raise IndexError(f"{self.name} has {len(self)} frames, there is none at place {index}")
        try:
            return np.asarray(self.frames[index])
        except OSError as error:  # of an array that stays in its file
            raise ReadError(f"{self.name}: frame {index} is damaged: {in_words(error)}") from error

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        return int(self.frames.shape[1]), int(self.frames.shape[2])

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Axes frame, y and x, with names, units and what each place stands for."""
        return (Axis("frame", self.frame_numbers), *super().axes)

    @cached_property
    def frame_numbers(self) -> np.ndarray:
        """Numbers of the frames, (frames,), increasing."""
        return np.arange(len(self)) if self.numbers is None else np.asarray(self.numbers, np.intp)

    @property
    def taken_as_consecutive(self) -> bool:
        """Whether nothing tells the numbers of its frames."""
        return self.numbers is None and self.truth is None and self.whole is None
