"""Trajectories: where the atoms of a movie go, and their states."""

from atomstat_widgets.reactive.registry import Analysis

ANALYSIS = Analysis(
    name="trajectories",
    title="Trajectories",
    kind="movie",
    purpose="Where the atoms of a movie go, and their states",
    sample="Hopping dopants",
    model=f"{__name__}.model:TrajectoriesModel",
    panel=f"{__name__}.panel:TrajectoriesPanel",
    figure=f"{__name__}.figure:trajectories_figure",
    numbers=f"{__name__}.numbers:trajectories_numbers",
    place=30,
)
