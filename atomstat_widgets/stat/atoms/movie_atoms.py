"""Atom columns in all frames of a movie, which need not fit in memory."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.arguments import number_of, progress_of, switch_of, word_of
from atomstat_widgets.brief import brief
from atomstat_widgets.stat import blocks
from atomstat_widgets.stat.atoms.atoms import Atoms, find_atoms
from atomstat_widgets.stat.image import normalize_image
from atomstat_widgets.stat.progress import Progress, unreported


@brief
@dataclass(frozen=True)
class MovieAtoms:
    """Atom columns of a movie.

    Attributes
    ----------
    frames : list of Atoms
        Those of each frame; none where it could not be used.
    skipped : dict of int to str
        Frames, by their place, that could not be used, and why.
    """

    frames: list[Atoms]
    skipped: dict[int, str]

    @property
    def positions(self) -> list[NDArray[np.float64]]:
        """(n, 2) row and column of each frame's atoms, in pixels, as `link` takes them."""
        return [atoms.positions for atoms in self.frames]


def find_movie_atoms(
    movie: Any,
    *,
    dark: bool = False,
    spacing: float | None = None,
    strength: float | None = None,
    refine: Literal["gaussian", "centroid"] = "gaussian",
    progress: Progress = unreported,
) -> MovieAtoms:
    """Find the atom columns of each frame of a movie.

    Parameters
    ----------
    movie : array, (frames, height, width) or (frames, height, width, 3 | 4)
        Or what gives one frame by ``movie[number]``: it is read frame by frame. Of dask or Zarr, frames are looked at
        wherever dask is configured to compute, whole ones at a time.
    dark : bool
        Atoms are darker than what is around them.
    spacing, strength, refine
        Of all frames, see `find_atoms`.
    progress : callable
        Called with the fraction done; an exception it raises stops the computation.

    Returns
    -------
    MovieAtoms

    Raises
    ------
    TypeError, ValueError
        The movie has no frames, or they are no images of real numbers; an option is none of `find_atoms`; nothing but
        frames that cannot be used, where the message is that of the first.

    Examples
    --------
    >>> from atomstat_widgets import movies, stat
    >>> atoms = stat.find_movie_atoms(movies.hopping_dopants(frames=6, missing=1).frames)
    >>> len(atoms.positions)
    5
    """
    progress_of(progress)
    dark = switch_of(dark, "dark")
    if spacing is not None:
        spacing = number_of(spacing, "spacing", minimum=2)
    if strength is not None:
        strength = number_of(strength, "strength", minimum=0)
    word_of(refine, "refine", ("gaussian", "centroid"))
    movie = blocks.frames_of(movie)
    options = {"spacing": spacing, "strength": strength, "refine": refine}
    found: list[Atoms | str] = []
    if blocks.in_blocks(movie):
        import dask

        stack = blocks.as_dask(movie)
        together = max(1, int(blocks.BLOCK_BYTES // max(1, stack.nbytes // len(stack))))
        heights = stack.chunks[0] if max(stack.chunks[0]) <= together else together
        stack = stack.rechunk({0: heights, **dict.fromkeys(range(1, stack.ndim), -1)})
        parts = [dask.delayed(_of_frames)(part, dark, options) for part in stack.to_delayed().ravel().tolist()]
        found = [one for part in blocks.compute(parts, progress) for one in part]
    else:
        for number in range(len(movie)):
            found += _of_frames([movie[number]], dark, options)
            progress((number + 1) / len(movie))
    skipped = {number: one for number, one in enumerate(found) if isinstance(one, str)}
    if len(skipped) == len(found):
        raise ValueError(f"no frame can be used; of the first: {skipped[0]}")
    nothing = Atoms(np.empty((0, 2)), np.empty(0), float(spacing or np.nan))
    return MovieAtoms([nothing if isinstance(one, str) else one for one in found], skipped)


def _of_frames(frames: Any, dark: bool, options: dict[str, Any]) -> list[Atoms | str]:
    """Atoms of each frame, or why it cannot be used: a blank or damaged one must not cost the others."""
    found: list[Atoms | str] = []
    for frame in frames:
        try:
            found.append(find_atoms(1 - normalize_image(frame) if dark else frame, **options))
        except ValueError as error:
            found.append(str(error))
    return found
