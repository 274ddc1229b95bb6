"""Tracks: atoms linked from frame to frame, their drift, motion and transitions."""

from atomstat_widgets.stat.tracks._link import Tracks, link, nearest_steps
from atomstat_widgets.stat.tracks.drift import estimate_drift, remove_drift
from atomstat_widgets.stat.tracks.motion import diffusion_coefficient, mean_squared_displacement, step_lengths
from atomstat_widgets.stat.tracks.registration import Registration, register
from atomstat_widgets.stat.tracks.transitions import (
    TransitionCounts,
    TransitionMatrix,
    calculate_transition_matrix,
    count_transitions,
    implied_timescales,
    sum_transitions,
)

__all__ = [
    "Registration",
    "Tracks",
    "TransitionCounts",
    "TransitionMatrix",
    "calculate_transition_matrix",
    "count_transitions",
    "diffusion_coefficient",
    "estimate_drift",
    "implied_timescales",
    "link",
    "mean_squared_displacement",
    "nearest_steps",
    "register",
    "remove_drift",
    "step_lengths",
    "sum_transitions",
]
