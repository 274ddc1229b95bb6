"""The figure of an analysis of trajectories, for a paper."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from atomstat_widgets.analyses.trajectories.result import TrajectoriesResult
from atomstat_widgets.analyses.trajectories.stages import frame_reader
from atomstat_widgets.counting import count_of
from atomstat_widgets.views.colors import COMPONENT_COLORS, UNKNOWN
from atomstat_widgets.views.limits import common_limits
from atomstat_widgets.views.paper import A_ROW, INK, compose, show_image, show_map, use_paper_style


def trajectories_figure(result: "TrajectoriesResult") -> Figure:
    """Tracks over the first frame, mean crops of the states, and transition probabilities with their counts.

    It is the first that can be used, and tracks are seen from it, without drift. A track has the colour of the state
    that it is in most often.
    """
    movie, tracks, centroids = result.movie, result.tracks, result.states.centroids
    with use_paper_style():
        figure, grid, (below,) = compose([len(centroids)], 2)
        sample = figure.add_subplot(grid[0, : A_ROW // 2])
        skipped, numbers = result.found.skipped, movie.frame_numbers.tolist()
        place, frame = next((place, frame) for place, frame in enumerate(numbers) if frame not in skipped)
        show_image(sample, frame_reader(movie, dark=False)(place), movie, f"frame {frame}" if place else "first frame")
        for number in range(len(tracks)):
            rows, columns = (result.still.track(number)[1] + result.drift.shifts[place]).T
            states = result.states_of(number)
            known = states[states >= 0]
            color = COMPONENT_COLORS[np.bincount(known).argmax()] if len(known) else UNKNOWN
            sample.plot(movie.along_x(columns), movie.along_y(rows), color=color, linewidth=0.7)
        _show_matrix(figure.add_subplot(grid[0, A_ROW // 2 :]), result.matrix)
        for number, (axes, picture, limits) in enumerate(zip(below, centroids, common_limits(centroids), strict=True)):
            title = f"State {number + 1}"
            show_map(axes, picture, None, title, COMPONENT_COLORS[number], limits, color_map="gray")
    return figure


def _show_matrix(axes: Axes, matrix: Any) -> None:
    """Transition probabilities, with the counts that they are from, as numbers in the cells."""
    probabilities, counts = matrix.probabilities, matrix.counts
    axes.imshow(probabilities, cmap="Blues", vmin=0, vmax=1)
    for (row, column), probability in np.ndenumerate(probabilities):
        text = f"{probability:.2f}\n({counts[row, column]})" if matrix.known[row] else "–"
        color = "white" if probability > 0.6 else INK
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=7 if len(counts) < 6 else 5)
    numbers = range(len(counts))
    names = [str(number + 1) for number in numbers]
    axes.set_xticks(numbers, names)
    axes.set_yticks(numbers, names)
    frames = count_of(matrix.lag, "frame")
    axes.set(xlabel=f"state {frames} later", ylabel="state", title="Transition probabilities (counts)")
