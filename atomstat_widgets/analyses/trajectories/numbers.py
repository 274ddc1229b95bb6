"""What is worth keeping of a result: arrays with axes in real units, tables, and the recipe."""

import numpy as np
from numpy.typing import NDArray

from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.data import Movie
from atomstat_widgets.data.numbers import Numbers, Quantity, component_axis
from atomstat_widgets.data.tables import crop_axes, place_columns
from atomstat_widgets.reactive.recipe import recipe_of


def trajectories_numbers(result: TrajectoriesResult) -> Numbers:
    """Numbers of a result, lengths in the unit of the data where it is known, else in pixels.

    Positions are those that are seen and, called still, those with the drift removed.
    """
    atoms, matrix, centroids = result.atoms, result.matrix, result.states.centroids
    first, second = np.indices(matrix.counts.shape).reshape(2, -1)
    low, high = matrix.interval()
    state, later = component_axis(len(centroids), "state"), component_axis(len(centroids), "next state")
    transitions = {
        "state": first + 1,
        "next state": second + 1,
        "transitions": matrix.counts.ravel(),
        "independent transitions": matrix.effective.ravel(),
        "probability": matrix.probabilities.ravel(),
        "lower end of 95 % interval": low.ravel(),
        "upper end of 95 % interval": high.ravel(),
    }
    movie, drift = result.movie, result.drift
    doubtful = np.isin(np.arange(len(movie)), list(drift.doubtful))
    shifts = {"frame": movie.frame_numbers, **_shift_columns(drift.shifts, movie), "in doubt": doubtful.astype(int)}
    in_tracks = np.lexsort((atoms.frames, atoms.tracks))[np.count_nonzero(atoms.tracks < 0) :]
    tracks = {
        "track": atoms.tracks[in_tracks] + 1,
        "frame": atoms.frames[in_tracks],
        **place_columns(atoms.positions[in_tracks], movie),
        **{f"still {name}": column for name, column in place_columns(result.still_positions[in_tracks], movie).items()},
        "state": atoms.states[in_tracks] + 1,
        "probability of the state": result.certainties[in_tracks],
    }
    shares, times = matrix.stationary_interval(), matrix.dwell_interval()
    states = {
        "state": np.arange(len(centroids)) + 1,
        "share of time": matrix.stationary,
        "lower end of 95 % interval of share": shares[0],
        "upper end of 95 % interval of share": shares[1],
        "dwell time (frames)": matrix.dwell_times,
        "lower end of 95 % interval of dwell time": times[0],
        "upper end of 95 % interval of dwell time": times[1],
    }
    return Numbers(
        {
            "states": Quantity(centroids, (state, *crop_axes(centroids, result.movie))),
            "transition_counts": Quantity(matrix.counts, (state, later)),
            "transition_probabilities": Quantity(matrix.probabilities, (state, later)),
        },
        {"tracks": tracks, "transitions": transitions, "drift": shifts, "dwell_times": states},
        recipe_of(result).provenance(
            rmax=f"{result.rmax:g} px",
            lag=f"{result.parameters['lag']} frames",
            steps=result.used_steps.words,
        ),
    )


def _shift_columns(shifts: NDArray[np.float64], movie: Movie) -> dict[str, NDArray[np.float64]]:
    """Columns of a table: shifts along rows and columns in pixels and, where it is known, in the unit of the movie."""
    y, x = shifts.T
    columns = {"y (px)": y, "x (px)": x}
    if movie.pixel_size is not None:
        columns |= {f"y ({movie.unit})": y * movie.pixel_size, f"x ({movie.unit})": x * movie.pixel_size}
    return columns
