"""What is said of atoms that were found: the lattice they are on, and what is in doubt about them."""

from collections.abc import Sequence

from atomstat_widgets.data import Image, Movie
from atomstat_widgets.stat import Atoms


def remark_on(frames: Sequence[Atoms], data: Image | Movie) -> str:
    """Words about the atoms of an image, or of the frames of a movie, without the last full stop.

    The lattice is that of the first frame that could be used, in the unit of the data; of atoms that were given there
    is none. Of the doubts about frames the first is told, with the number of frames that are in doubt.
    """
    words = []
    doubtful = [number for number, atoms in enumerate(frames) if atoms.doubt]
    lattice = next((atoms.lattice for atoms in frames if atoms.lattice is not None), None)
    if lattice is not None and (lattice or not doubtful):  # that there is none is the first of the doubts
        size, unit = (data.pixel_size, data.unit) if data.pixel_size else (1.0, "px")
        words.append(lattice.in_unit(size, unit).words)
    if doubtful:
        doubt = frames[doubtful[0]].doubt.removesuffix(".")
        if isinstance(data, Movie):
            of = f"Atoms of {len(doubtful)} of {len(frames)} frames are in doubt"
            doubt = f"{of}, first of frame {data.frame_numbers[doubtful[0]]}: {doubt[0].lower()}{doubt[1:]}"
        words.append(doubt)
    return ". ".join(words)


def words_for_others(dark: bool) -> str:
    """What has to be done for atoms that are not dark, or not bright, in words that follow an error."""
    return "for bright ones take the check mark Dark atoms away" if dark else "dark atoms need the check mark"
