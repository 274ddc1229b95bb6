"""Strain: how the lattice is deformed, against a reference region."""

from atomstat_widgets.reactive.registry import Analysis

ANALYSIS = Analysis(
    name="strain",
    title="Strain",
    kind="image",
    purpose="How far the lattice is strained and turned, against a part of the image",
    sample="Strained layer",
    model=f"{__name__}.model:StrainModel",
    panel=f"{__name__}.panel:StrainPanel",
    figure=f"{__name__}.figure:strain_figure",
    numbers=f"{__name__}.numbers:strain_numbers",
    place=25,
)
