"""Tracks: atoms linked from frame to frame, their drift, motion and transitions."""

from atomstat_widgets.stat.tracks._link import link, nearest_steps
from atomstat_widgets.stat.tracks._tracks import Tracks
from atomstat_widgets.stat.tracks.connected import connected_sets
from atomstat_widgets.stat.tracks.drift import estimate_drift, remove_drift
from atomstat_widgets.stat.tracks.lags import (
    ChapmanKolmogorov,
    ImpliedTimescales,
    check_chapman_kolmogorov,
    compare_lags,
    implied_timescales,
)
from atomstat_widgets.stat.tracks.motion import diffusion_coefficient, mean_squared_displacement, step_lengths
from atomstat_widgets.stat.tracks.rates import Rates, estimate_rates
from atomstat_widgets.stat.tracks.registration import Registration, register
from atomstat_widgets.stat.tracks.transition_matrix import TransitionMatrix
from atomstat_widgets.stat.tracks.transitions import (
    TransitionCounts,
    calculate_transition_matrix,
    count_transitions,
    sum_transitions,
)
from atomstat_widgets.stat.tracks.uncertain import draw_states

__all__ = [
    "ChapmanKolmogorov",
    "ImpliedTimescales",
    "Rates",
    "Registration",
    "Tracks",
    "TransitionCounts",
    "TransitionMatrix",
    "calculate_transition_matrix",
    "check_chapman_kolmogorov",
    "compare_lags",
    "connected_sets",
    "count_transitions",
    "diffusion_coefficient",
    "draw_states",
    "estimate_drift",
    "estimate_rates",
    "implied_timescales",
    "link",
    "mean_squared_displacement",
    "nearest_steps",
    "register",
    "remove_drift",
    "step_lengths",
    "sum_transitions",
]
