"""What lies over the picture of a movie: atoms, the ways they came, and the size that makes several one object."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.views.colors import COMPONENT_RGB, UNKNOWN, rgb
from atomstat_widgets.views.points import Trails
from atomstat_widgets.views.sample import SampleView

STATES, TRACKS, NONE = "States", "Tracks", "None"
BELOW = 1.25  # radii of its circle below the centre of an object is the line of the size


def draw_overlay(
    sample: SampleView,
    result: TrajectoriesResult,
    now: int,
    track: int | None,
    *,
    colored_by: str,
    trail: int,
    opacity: float,
) -> NDArray[Any] | None:
    """Draw the atoms of a frame with the ways they came, in the colours of their states or tracks.

    Parameters
    ----------
    sample : SampleView
    result : TrajectoriesResult
    now : int
        Number of the frame.
    track : int or None
        The selected track, which alone is lit.
    colored_by : {"States", "Tracks", "None"}
    trail : int
        Number of frames for which a way stays drawn.
    opacity : float

    Returns
    -------
    array, (2,), or None
        Where the atom of the selected track is, in pixels; None while it is missing.
    """
    atoms, by_state = result.atoms, colored_by == STATES
    colors = np.concatenate([COMPONENT_RGB, [rgb(UNKNOWN)]]).astype(np.uint8)
    levels = np.where(atoms.states < 0, len(COMPONENT_RGB), atoms.states)
    if not by_state:
        levels = np.where(atoms.tracks < 0, len(COMPONENT_RGB), atoms.tracks % len(COMPONENT_RGB))
    here = (atoms.frames == now) & (atoms.tracks >= 0)
    first, later = result.steps
    drawn = (atoms.frames[later] <= now) & (atoms.frames[later] > now - trail)
    first, later = first[drawn], later[drawn]
    lit = np.ones(len(atoms.tracks), bool) if track is None else atoms.tracks == track
    if colored_by == NONE:
        sample.clear_overlay()
    else:
        way = result.still_positions + result.drift_at(now)  # as seen from this frame
        trails = Trails(np.stack([way[first], way[later]], axis=1), levels[later], lit[later])
        sample.show_atoms(
            atoms.positions[here], levels[here], colors, result.chosen.radius, lit[here], opacity,
            rings=True, trails=trails,
        )  # fmt: skip
    _draw_size(sample, result, atoms.positions[here & lit])
    own = atoms.positions[here & lit] if track is not None else []
    return own[0] if len(own) else None


def _draw_size(sample: SampleView, result: TrajectoriesResult, lit: NDArray[Any]) -> None:
    """Draw the size that makes atoms one object as a line below one of the objects that are lit."""
    chosen = result.chosen
    if chosen.defects is None or chosen.defects.size == 0 or len(lit) == 0:
        sample.show_length(None, 0)
    else:
        y, x = lit[0].tolist()
        sample.show_length((y + BELOW * chosen.radius, x), chosen.defects.size)
