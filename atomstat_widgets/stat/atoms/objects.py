"""Defects of several atoms as single objects: atoms that are close to each other, and stay so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import KDTree
from scipy.spatial.distance import pdist

from atomstat_widgets.arguments import number_of, whole_array_of
from atomstat_widgets.brief import brief
from atomstat_widgets.points import points_of, require_by_frame

MOST_ATOMS = 12  # of an object that is found
ROOM = 1.5  # times as far as to the next atom of its object it is to what is outside
CAPPED = 4.0  # times: so much more room makes the size no larger
STAY = 0.8  # of the frames show the same objects
STIFF = 1 / 8  # of the distance of its closest atoms, by which distances within an object may differ
EXACT, INEXACT = 1.0, 2.0  # pixels: by less they always may, by more never; sites are farther apart
TURNED = 1 / 4  # of that distance: an atom that is farther from where one was, seen from the centre, has moved
FARTHEST = 1e9  # pixels from the first one
LOOKED_AT = 20  # frames, to tell a crowd of atoms

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


@brief
@dataclass(frozen=True, eq=False)
class Objects:
    """Atoms of a movie merged into objects.

    Attributes
    ----------
    positions : list of array, (m, 2)
        Row and column of the centre of each object, the mean of its atoms, in pixels, by frame.
    members : list of array of int, (n,)
        Which object of its frame each atom belongs to. Objects are in the order of their first atoms.
    size : float
        In pixels: atoms that are no farther apart are of one object, as are those that others join in this way.
    reach : float
        Distance from the centre of an object to its farthest atom in pixels, the median of the objects of several
        atoms; 0 without such.
    """

    positions: list[Floats]
    members: list[Integers]
    size: float
    reach: float

    @cached_property
    def counts(self) -> list[Integers]:
        """Number of atoms of each object, (m,), by frame."""
        return [np.bincount(members) for members in self.members]


@brief
@dataclass(frozen=True)
class DefectSize:
    """A size that makes objects of several atoms.

    Attributes
    ----------
    size : float
        Between the largest distance within an object and the smallest to the next, in pixels.
    turning : bool
        Whether an object turns: its atoms move and keep their distances.
    fewest : int
        Number of atoms of the smallest object that most frames show.
    """

    size: float
    turning: bool
    fewest: int


def merge_atoms(positions: Iterable[ArrayLike], size: float) -> Objects:
    """Merge the atoms of each frame that are close to each other into objects.

    Parameters
    ----------
    positions : sequence of array, (n, 2) or more columns
        Row and column of the atoms of each frame, in pixels.
    size : float
        Atoms no farther apart than this are of one object, in pixels.

    Returns
    -------
    Objects

    Raises
    ------
    TypeError, ValueError
        Positions are no such arrays, or not finite; the size is negative or not finite.

    Notes
    -----
    Clusters of single linkage: the connected components of the graph that joins atoms no farther apart than the size.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> objects = stat.merge_atoms([[[0, 0], [0, 2], [9, 9]]], 3)
    >>> objects.positions[0]
    array([[0., 1.],
           [9., 9.]])
    """
    frames, size = _frames_of(positions), number_of(size, "size", minimum=0, words="finite and not negative")
    members = [_components(points, size) for points in frames]
    centres, reaches = [], [np.empty(0)]
    for points, own in zip(frames, members, strict=True):
        counts = np.bincount(own)
        sums = np.stack([np.bincount(own, weights=column) for column in points.T], axis=1)
        centres.append(sums / counts[:, None])
        far = np.zeros(len(counts))
        np.maximum.at(far, own, np.linalg.norm(points - centres[-1][own], axis=1))
        reaches.append(far[counts > 1])
    joined = np.concatenate(reaches)
    return Objects(centres, members, size, float(np.median(joined)) if len(joined) else 0.0)


def find_defect_size(positions: Iterable[ArrayLike], shape: Sequence[int]) -> DefectSize | None:
    """Tell the size that makes one object of atoms that stay together in a movie.

    Parameters
    ----------
    positions : sequence of array, (n, 2) or more columns
        Row and column of the atoms of each frame, in pixels.
    shape : (int, int)
        Height and width of the frames, in pixels.

    Returns
    -------
    DefectSize or None
        None where no atoms stay together, or nothing parts them from others: a lattice is no defect.

    Raises
    ------
    TypeError, ValueError
        Positions are no such arrays, or not finite; the shape is none of two positive numbers.

    Notes
    -----
    The size is in the widest gap of the distances at which atoms join the cluster of another (single linkage), medians
    over the frames that have the usual number of atoms. The side of the square that each atom would have in an
    evenly filled frame stands for the room around all of them. A gap is wide if its ends differ by a factor of 1.5.
    Four of five frames must show the same objects: as many atoms in each, 12 at most, at the same distances to an
    eighth of the smallest one, which counts as 8 to 16 pixels. Half of the atoms or more are in objects of several.

    Examples
    --------
    >>> from atomstat_widgets import stat
    >>> pair = [[[30, 30], [30, 36]], [[31, 32], [37, 32]]]  # turned by a right angle
    >>> stat.find_defect_size(pair, (64, 64)).turning
    True
    """
    sides = whole_array_of(shape, "shape", minimum=1)
    if sides.shape != (2,):
        raise ValueError(f"shape is the height and width of the frames, got {shape!r}")
    height, width = sides.tolist()
    every = _frames_of(positions)
    frames = [points for points in every if len(points)]
    usual = int(np.bincount([len(points) for points in frames]).argmax()) if frames else 0
    like = [points for points in frames if len(points) == usual]
    if usual < 2 or len(like) < STAY * len(frames):
        return None
    free = float(np.sqrt(height * width / usual))
    some = like[:: -(-len(like) // LOOKED_AT)]
    if np.median([KDTree(points).query(points, k=2)[0][:, 1].min() for points in some]) * ROOM > free:
        return None  # a crowd
    size = _gap(np.median([_joining(points) for points in like], axis=0), free)
    if size is None:
        return None
    stay = _staying(like, size)
    if len(stay) < STAY * len(frames):
        return None
    return DefectSize(size, _turns(stay), min(len(one) for one in stay[0]))


def _frames_of(positions: Iterable[ArrayLike]) -> list[Floats]:
    require_by_frame(positions, "positions")
    frames = [points_of(points, f"positions of frame {place}")[:, :2] for place, points in enumerate(positions)]
    for place, points in enumerate(frames):
        if len(points) and np.abs(points).max() > FARTHEST:
            raise ValueError(f"positions of frame {place} are in pixels, none is beyond {FARTHEST:g}")
    return frames


def _components(points: Floats, size: float) -> Integers:
    """Number of the object of each point (n,), counted in the order of their first points."""
    pairs = KDTree(points).query_pairs(size, output_type="ndarray") if len(points) else np.empty((0, 2), np.intp)
    graph = coo_array((np.ones(len(pairs), bool), pairs.T), shape=(len(points), len(points)))
    labels = connected_components(graph, directed=False)[1]
    _, first, own = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[own], np.intp)


def _joining(points: Floats) -> Floats:
    """Distances (n - 1,) at which points join the cluster of another, rising: the edges of their spanning tree.

    Of the nearest neighbours only, more than an object has: what no such edge joins is infinitely far away.
    """
    nearest = min(len(points), MOST_ATOMS + 1)
    distances, other = KDTree(points).query(points, k=nearest)
    own = np.repeat(np.arange(len(points)), nearest)
    graph: Any = csr_array((distances.ravel() + np.finfo(float).tiny, (own, other.ravel())), shape=(len(points),) * 2)
    edges = np.full(len(points) - 1, np.inf)
    tree = np.sort(minimum_spanning_tree(graph).data)
    edges[: len(tree)] = tree
    return edges


def _gap(joining: Floats, free: float) -> float | None:
    """Size (pixels) in the widest gap of rising distances at which points join; None where no gap is wide."""
    larger = np.append(joining[1:], free)
    ratios = np.where(joining <= free / ROOM, larger / np.maximum(joining, EXACT), 0)
    widest = int(ratios.argmax())
    if ratios[widest] < ROOM:
        return None
    return float(joining[widest] * np.sqrt(min(ratios[widest], CAPPED)))


def _staying(frames: list[Floats], size: float) -> list[list[Floats]]:
    """Points (m, 2) of each object, seen from its centre, of the frames that show the same objects as most do.

    None, where these are no objects of several atoms.
    """
    objects = [_objects_of(points, size) for points in frames]
    kinds = [tuple(len(one) for one in found) for found in objects]
    usual = max(set(kinds), key=lambda kind: (kinds.count(kind), kind))
    alone = usual.count(1)
    if max(usual) > MOST_ATOMS or alone > sum(usual) / 2:
        return []
    objects = [found for found, kind in zip(objects, kinds, strict=True) if kind == usual]
    within = np.stack([np.concatenate([np.sort(pdist(one)) for one in found]) for found in objects])
    middle = np.median(within, axis=0)
    stiff = np.abs(within - middle).max(axis=1) <= np.clip(STIFF * middle.min(), EXACT, INEXACT)
    return [found for found, same in zip(objects, stiff, strict=True) if same]


def _objects_of(points: Floats, size: float) -> list[Floats]:
    """Points of each object, seen from its centre, the largest first."""
    own = _components(points, size)
    found = [points[own == number] - points[own == number].mean(axis=0) for number in range(own.max() + 1)]
    return sorted(found, key=lambda one: (len(one), float(pdist(one).sum())), reverse=True)


def _turns(frames: list[list[Floats]]) -> bool:
    """Whether an object of several frames looks, seen from its centre, as none of the first frame does."""
    first = frames[0]
    return any(
        min(_apart(one, other) for other in first if len(other) == len(one)) > TURNED * float(pdist(one).min())
        for objects in frames[1:]
        for one in objects
        if len(one) > 1
    )


def _apart(one: Floats, other: Floats) -> float:
    """Distance from one's point to the nearest of the other, the largest in either direction."""
    return max(float(KDTree(other).query(one)[0].max()), float(KDTree(one).query(other)[0].max()))
