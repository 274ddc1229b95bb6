"""Domains: which atoms have alike surroundings."""

from atomstat_widgets.reactive.registry import Analysis

ANALYSIS = Analysis(
    name="domains",
    title="Domains",
    kind="image",
    purpose="Which atoms have alike surroundings",
    sample="Distortion domains",
    model=f"{__name__}.model:DomainsModel",
    panel=f"{__name__}.panel:DomainsPanel",
    figure=f"{__name__}.figure:domains_figure",
    numbers=f"{__name__}.numbers:domains_numbers",
    place=20,
)
