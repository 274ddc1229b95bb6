"""Live statistics of atom-resolved images: analysis core and reactive Jupyter panels.

Names are imported when first used, so that ``from atomstat_widgets import stat`` loads no widget. The panels of the
analyses, such as `SlidingFFTPanel`, are names too; `atomstat_widgets.reactive.registry` knows them.

Examples
--------
>>> from atomstat_widgets import analyse, cubes
>>> analyse("unmix", cubes.oxides(), n_components=4).unmixing.components.shape
(4, 200)
"""

import importlib
from typing import Any

from atomstat_widgets.formerly import keep_old_names

_HOMES = {
    "App": "app",
    "Cube": "data",
    "Image": "data",
    "Movie": "data",
    "Question": "panels.question",
    "analyse": "reactive.results",
    "calibrated": "data",
    "cubes": "data",
    "list_signals": "data",
    "load": "data",
    "load_cube": "data",
    "load_image": "data",
    "load_movie": "data",
    "movies": "data",
    "panel": "app",
    "sampled": "data",
    "samples": "data",
    "save": "reactive.results",
}

__all__ = [*_HOMES, "stat", "__version__"]

keep_old_names()


def __getattr__(name: str) -> Any:
    if name == "stat":
        return importlib.import_module(f"{__name__}.stat")
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version(__name__)
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    panels = _panels()
    if name in panels:
        return panels[name].load("panel")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_panels()])


def _panels() -> dict[str, Any]:
    """Analyses by the names of their panels."""
    registry = importlib.import_module(f"{__name__}.reactive.registry")
    return {one.panel_name: one for one in registry.analyses().values()}
