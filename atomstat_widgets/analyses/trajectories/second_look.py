"""A second look at frames whose lattice was missed: that of the other frames tells where their faint atoms are."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.stat import Atoms, find_atoms
from atomstat_widgets.stat.lattice.lattice import Lattice
from atomstat_widgets.stat.progress import Progress


def usual_lattice(frames: Sequence[Atoms]) -> Lattice | None:
    """The lattice whose cell is the median of those of all frames; none where most have none."""
    lattices = [atoms.lattice for atoms in frames if atoms.lattice is not None and len(atoms.lattice.vectors)]
    if not lattices or 2 * len(lattices) < sum(len(atoms.positions) > 0 for atoms in frames):
        return None
    return sorted(lattices, key=lambda one: abs(float(np.linalg.det(one.vectors))))[len(lattices) // 2]


def look_again(
    frames: list[Atoms],
    read: Callable[[int], NDArray[Any]],
    strength: float | None,
    seen: set[int],
    progress: Progress,
) -> None:
    """Find the atoms anew, in place, of frames that have atoms, and no lattice as most others have.

    What gives about as many atoms as other frames have is kept. Frames that are `seen`, by their place, are left as
    they are; those that were looked at are added.
    """
    lattice = usual_lattice(frames)
    counts = [len(atoms.positions) for atoms in frames if len(atoms.positions)]
    if lattice is None or not counts:
        return
    usual = float(np.median(counts))
    for place, atoms in enumerate(frames):
        if place in seen or len(atoms.positions) == 0 or atoms.lattice is None or len(atoms.lattice.vectors):
            continue
        progress((place + 1) / len(frames))
        seen.add(place)
        with suppress(ValueError, OSError):  # then the first look has to do
            again = find_atoms(read(place), spacing=atoms.spacing, strength=strength, lattice=lattice)
            if abs(len(again.positions) - usual) < abs(len(atoms.positions) - usual):
                frames[place] = again
