"""Simulated images, movies and spectrum images, of which the truth is known."""

from atomstat_widgets.data.samples import cubes, movies
from atomstat_widgets.data.samples.images import (
    SAMPLES,
    ferroelectric,
    grains,
    graphene,
    moire,
    phase_boundary,
    strained,
)

__all__ = ["SAMPLES", "cubes", "ferroelectric", "grains", "graphene", "moire", "movies", "phase_boundary", "strained"]
