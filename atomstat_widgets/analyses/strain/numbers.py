"""What is worth keeping of a result: maps with axes in real units, the reflections, and the recipe."""

import numpy as np

from atomstat_widgets.analyses.strain.result import StrainResult
from atomstat_widgets.data.numbers import Axis, Numbers, Quantity
from atomstat_widgets.reactive.recipe import recipe_of


def strain_numbers(result: StrainResult) -> Numbers:
    """Numbers of a result: strains without unit, rotation and phases in radians, NaN where they were not measured."""
    maps, image = result.maps, result.image
    size = image.pixel_size or 1.0
    y, x = image.axes[:2]
    quantities = {name: Quantity(getattr(maps, name), (y, x)) for name in ("exx", "eyy", "exy", "rotation")}
    quantities["phases"] = Quantity(maps.phases, (Axis("reflection", np.arange(1, 3)), y, x))
    fy, fx = maps.reflections.T / size
    table = {
        f"fy (1/{image.unit})": fy, f"fx (1/{image.unit})": fx, f"spacing ({image.unit})": 1 / np.hypot(fy, fx),
        "angle (degrees)": np.rad2deg(np.arctan2(fy, fx)),
    }  # fmt: skip
    facts = {
        "reference": list(maps.reference), "sigma": result.waves.sigma, "border": result.waves.border,
        "spread": maps.spread,
    }  # fmt: skip
    return Numbers(quantities, {"reflections": table}, recipe_of(result).provenance(**facts))
