"""The stages of a local image analysis, each computed from the one before."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.brief import brief
from atomstat_widgets.data import Image
from atomstat_widgets.stat import (
    Atoms,
    Crops,
    extract_crops,
    find_atoms,
    neighbour_distances,
    normalize_image,
    recentre_positions,
)
from atomstat_widgets.stat.atoms.crops import positions_by_frame
from atomstat_widgets.stat.progress import Progress

ALL_CHANNELS, IMAGE = -2, -1  # channels: all of the network's, or the image itself


@brief
@dataclass(frozen=True)
class Places:
    """Where the crops are from: the source (1, height, width, channels), and positions in it by its number, 0."""

    source: NDArray[Any]
    positions: dict[int, NDArray[Any]]
    recentred: bool


def find_or_take_atoms(
    _: None, image: Image, spacing: float | None, strength: float | None, progress: Progress
) -> Atoms:
    """Take the atoms that come with an image; without, find them."""
    if image.atoms is not None:
        positions = positions_by_frame(image.atoms, 1)[0]
        distances = neighbour_distances([positions])
        median = float(np.median(distances)) if len(distances) else 1.0
        return Atoms(positions, np.ones(len(positions)), median)
    return find_atoms(image.array, spacing=spacing, strength=strength)


def place(atoms: Atoms, image: Image, channel: int, recentre: bool, progress: Progress) -> Places:
    """Choose what the crops are cut from, and where; `recentre` moves atoms to their centres in it."""
    if len(atoms.positions) == 0:
        given = image.atoms is not None
        raise ValueError(
            "no atoms are given with the image"
            if given
            else "no atoms were found: lower the strength, or set the spacing"
        )
    if channel == IMAGE or image.channels is None:
        source = normalize_image(image.array)[None, :, :, None]
    else:
        source = image.channels[None] if channel == ALL_CHANNELS else image.channels[None, :, :, channel : channel + 1]
    positions = {0: atoms.positions}
    return Places(source, recentre_positions(source, positions) if recentre else positions, recentre)


def cut(
    places: Places, atom_class: int | None, window: int | None, normalize: bool, smooth: float, progress: Progress
) -> Crops:
    """Cut the crops."""
    return extract_crops(
        places.source, places.positions, window, atom_class=atom_class, between_pixels=places.recentred,
        normalize=normalize, smooth=smooth, progress=progress,
    )  # fmt: skip
