"""What is worth keeping of a result: arrays with axes in real units, tables, and the recipe."""

from typing import Any

from atomstat_widgets.analyses.domains.result import DomainsResult
from atomstat_widgets.data.numbers import Numbers, Quantity, component_axis
from atomstat_widgets.data.tables import crop_axes, loading_columns, place_columns
from atomstat_widgets.reactive.recipe import recipe_of


def domains_numbers(result: DomainsResult) -> Numbers:
    """Numbers of a result, lengths in the unit of the data where it is known, else in pixels."""
    pictures, loadings = result.component_pictures, result.decomposition.loadings
    words = result.method.words
    count = component_axis(len(pictures), words.part)
    table = {
        **place_columns(result.crops.positions, result.image),
        **({} if result.labels is None else {"class": result.labels + 1}),
        **loading_columns(loadings, words.amount),
    }
    facts: dict[str, Any] = {"error": result.decomposition.reconstruction_error}
    if result.preparation is not None:
        facts["preparation"] = result.preparation.says
    return Numbers(
        {words.key: Quantity(pictures, (count, *crop_axes(pictures, result.image)))},
        {"atoms": table},
        recipe_of(result).provenance(**facts),
    )
