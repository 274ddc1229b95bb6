"""Unmixing: what a spectrum image is made of, and how much is where."""

from atomstat_widgets.reactive.registry import Analysis

ANALYSIS = Analysis(
    name="unmix",
    title="Unmixing",
    kind="cube",
    purpose="What a spectrum image is made of, and how much is where",
    sample="Oxide layers",
    model=f"{__name__}.model:UnmixingModel",
    panel=f"{__name__}.panel:UnmixingPanel",
    figure=f"{__name__}.figure:unmix_figure",
    numbers=f"{__name__}.numbers:unmixing_numbers",
    place=40,
)
