"""The stages of a local image analysis, each computed from the one before."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.domains.crop_window import choose_window
from atomstat_widgets.brief import brief
from atomstat_widgets.counting import count_of
from atomstat_widgets.data import Image
from atomstat_widgets.reactive.doubts import words_for_others
from atomstat_widgets.stat import (
    Atoms,
    Crops,
    extract_crops,
    find_atoms,
    find_lattice,
    neighbour_distances,
    normalize_image,
    recentre_positions,
)
from atomstat_widgets.stat.atoms.crops import positions_by_frame
from atomstat_widgets.stat.atoms.doubles import join_doubles
from atomstat_widgets.stat.progress import Progress

ALL_CHANNELS, IMAGE = -2, -1  # channels: all of the network's, or the image itself


@brief
@dataclass(frozen=True)
class Places:
    """Where the crops are from, and how large they are by default.

    The source is (1, height, width, channels), positions in it are by its number, 0. Where some were given twice,
    `joined` says so.
    """

    source: NDArray[Any]
    positions: dict[int, NDArray[Any]]
    recentred: bool
    window: int
    joined: str


def find_or_take_atoms(
    _: None, image: Image, spacing: float | None, strength: float | None, progress: Progress
) -> Atoms:
    """Take the atoms that come with an image, each once; without, find them."""
    if image.atoms is not None:
        return _given_atoms(positions_by_frame(image.atoms, 1)[0])
    return find_atoms(image.array, spacing=spacing, strength=strength)


def _given_atoms(positions: NDArray[Any]) -> Atoms:
    atoms = join_doubles(positions)
    distances = neighbour_distances([atoms])
    median = float(np.median(distances)) if len(distances) else 1.0
    again = len(positions) - len(atoms)
    given = "was given twice" if again == 1 else "were given twice"
    doubt = f"{again:,} of {count_of(len(positions), 'position')} {given}: joined." if again else ""
    return Atoms(atoms, np.ones(len(atoms)), median, doubt=doubt)


def place(
    atoms: Atoms, image: Image, dark: bool, strength: float | None, channel: int, recentre: bool, progress: Progress
) -> Places:
    """Choose what the crops are cut from, and where; `recentre` moves atoms to their centres in it."""
    if len(atoms.positions) == 0:
        raise ValueError(_why_none(image, atoms, dark, strength))
    if channel == IMAGE or image.channels is None:
        source = normalize_image(image.array)[None, :, :, None]
    else:
        source = image.channels[None] if channel == ALL_CHANNELS else image.channels[None, :, :, channel : channel + 1]
    positions = {0: atoms.positions}
    lattice = find_lattice(image.array) if atoms.lattice is None else atoms.lattice  # of atoms that were given
    window = choose_window(atoms.positions[:, :2], lattice, image.sides)
    joined = atoms.doubt if image.atoms is not None else ""
    return Places(source, recentre_positions(source, positions) if recentre else positions, recentre, window, joined)


def _why_none(image: Image, atoms: Atoms, dark: bool, strength: float | None) -> str:
    if image.atoms is not None:
        return "no atoms are given with the image"
    if strength is not None:
        return f"no atoms were found: lower the strength, or set the spacing; {words_for_others(dark)}"
    return f"{atoms.doubt.removesuffix('.')}: set the spacing or the strength; {words_for_others(dark)}"


def cut(
    places: Places, atom_class: int | None, window: int | None, normalize: bool, smooth: float, progress: Progress
) -> Crops:
    """Cut the crops."""
    crops = extract_crops(
        places.source, places.positions, window or places.window, atom_class=atom_class,
        between_pixels=places.recentred, normalize=normalize, smooth=smooth, progress=progress,
    )  # fmt: skip
    if len(crops) < 2:
        joined = f" ({places.joined.removesuffix('.')})" if places.joined else ""
        raise ValueError(f"only 1 atom has a crop{joined}: components are what differs between atoms")
    return crops
