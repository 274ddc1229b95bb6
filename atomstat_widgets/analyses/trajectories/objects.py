"""What is followed, between atoms and crops: single atoms, defects of several, or sites that are empty or weak."""

from collections import Counter
from dataclasses import replace

import numpy as np

from atomstat_widgets.analyses.trajectories.stages import (
    ALL,
    AUTOMATIC,
    Chosen,
    Floats,
    Found,
    choose,
    distance_between,
)
from atomstat_widgets.counting import count_of
from atomstat_widgets.data import Movie
from atomstat_widgets.reactive.crops_to_components import NEIGHBOURS
from atomstat_widgets.stat import find_defect_size, find_vacancies, merge_atoms
from atomstat_widgets.stat.progress import Progress
from atomstat_widgets.stat.some_of import some_of

ATOMS, DEFECTS = "atoms", "defects"
GUESSED = 1.5  # distances of neighbours: the size of a defect where no atoms stay together
FEW = 0.1  # of the atoms: as many empty or weak sites are defects of a lattice
MOST = 0.8  # of the frames that are looked at
LOOKED_AT = 20  # frames
BESIDE = 0.5  # distances of neighbours that a crop shows beside the outermost atoms of a defect


def follow(
    found: Found, movie: Movie, atoms: str, objects: str, defect_size: float | None, progress: Progress
) -> Chosen:
    """Choose atoms, and merge those that are of one defect where there are such, or where that is asked for."""
    chosen = choose(found, movie, atoms, progress)
    # What was given, or asked for by name, is followed as it is.
    if objects == ATOMS or (objects == AUTOMATIC and (movie.atoms is not None or atoms == ALL)):
        return chosen
    together = find_defect_size(chosen.positions, movie.sides)
    if chosen.bright and together is not None and not together.turning:
        together = None  # bright atoms that rest in a lattice may well be single ones, wherever they are
    if objects == AUTOMATIC and together is None:
        return chosen if chosen.bright else replace(chosen, sites=_usual_sites(found))
    if together is not None:
        size = together.size if defect_size is None else defect_size
        return _merged(chosen if together.fewest == 1 else _without_lone(chosen, size), movie, size)
    if len(found.vectors) and not chosen.bright and atoms == AUTOMATIC:
        return _merged(_vacant(found, chosen, movie), movie, defect_size or 0.0)
    apart = chosen.spacing if chosen.bright else chosen.distance  # bright ones may be far from each other, and single
    return _merged(chosen, movie, GUESSED * apart if defect_size is None else defect_size, defect_size is None)


def _vacant(found: Found, chosen: Chosen, movie: Movie) -> Chosen:
    """Take the sites of the lattice that are empty or weak in place of its atoms."""
    sites = [_empty_or_weak(found, place) for place in range(len(found.positions))]
    if not any(len(one) for one in sites):
        raise ValueError(
            "there are no defects: no site of the lattice is empty, and no atom much brighter or weaker than others. "
            "Follow atoms instead"
        )
    return replace(chosen, positions=sites, distance=distance_between(sites, movie), vacant=True)


def _empty_or_weak(found: Found, place: int) -> Floats:
    """Sites of the lattice that are empty or weak in a frame, (n, 2)."""
    return find_vacancies(found.positions[place], found.vectors, found.strengths[place])


def _usual_sites(found: Found) -> int:
    """How many such sites the usual frame has, where most have some, and few: 0 where they are no defects."""
    filled = [place for place, points in enumerate(found.positions) if len(points)]
    if len(found.vectors) == 0:
        return 0
    places = [filled[one] for one in some_of(len(filled), LOOKED_AT)]
    counts = [(len(_empty_or_weak(found, place)), len(found.positions[place])) for place in places]
    few = [sites for sites, atoms in counts if 0 < sites <= FEW * atoms]
    return int(np.median(few)) if len(few) >= MOST * len(counts) else 0


def _without_lone(chosen: Chosen, size: float) -> Chosen:
    """Leave out atoms that no other one is near to: where defects have several these are none."""
    objects = merge_atoms(chosen.positions, size)
    positions = [
        points[counts[members] > 1]
        for points, members, counts in zip(chosen.positions, objects.members, objects.counts, strict=True)
    ]
    return replace(chosen, positions=positions) if any(len(points) for points in positions) else chosen


def _merged(chosen: Chosen, movie: Movie, size: float, guessed: bool = False) -> Chosen:
    """Merge atoms that are no farther apart than a size, in pixels, into objects."""
    defects = merge_atoms(chosen.positions, size)
    spacing = chosen.spacing
    if defects.reach:  # so that crops show all of a defect
        spacing = (defects.reach + BESIDE * spacing) / NEIGHBOURS
    positions: list[Floats] = defects.positions
    return replace(
        chosen, positions=positions, spacing=spacing, distance=distance_between(positions, movie),
        defects=defects, guessed=guessed,
    )  # fmt: skip


def in_words(chosen: Chosen) -> str:
    """What and how many are followed."""
    count = sum(len(points) for points in chosen.positions)
    if chosen.vacant:
        return count_of(count, "empty or weak site")
    if chosen.defects is None:
        return count_of(count, "bright atom" if chosen.bright else "atom")
    return f"{count_of(count, 'object')} of {_usual(chosen)}"


def remark_on(chosen: Chosen) -> str:
    """What makes several atoms one object, what else could be followed, and how to change that."""
    if chosen.sites:
        them = "a site that is" if chosen.sites == 1 else f"{chosen.sites} sites that are"
        return f"The lattice of most frames has {them} empty or weak: set Objects to Defects to follow such sites"
    if chosen.defects is None:
        return ""
    size = f"{chosen.defects.size:.3g} px"
    if chosen.guessed:
        return (
            f"Atoms up to {size} apart are one object, a guess: nothing tells which atoms stay together. Set the size"
        )
    if chosen.vacant:
        return "Sites of the lattice that are empty or weak are followed; Objects sets another choice"
    return (
        f"Defects of {_usual(chosen)} are followed as one object each, up to {size} between atoms; Objects changes it"
    )


def _usual(chosen: Chosen) -> str:
    """How many atoms most objects have, in words."""
    assert chosen.defects is not None
    sizes = Counter(np.concatenate(chosen.defects.counts).tolist()).most_common(2)
    return " or ".join(f"{size}" for size, _ in sorted(sizes)) + (" atom" if sizes == [(1, sizes[0][1])] else " atoms")
