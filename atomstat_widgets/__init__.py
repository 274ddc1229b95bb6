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
from typing import TYPE_CHECKING, Any

from atomstat_widgets.formerly import keep_old_names

if TYPE_CHECKING:  # which sees no name that is imported when it is first used
    from atomstat_widgets import stat as stat
    from atomstat_widgets.analyses.domains.panel import DomainsPanel as DomainsPanel
    from atomstat_widgets.analyses.sliding_fft.panel import SlidingFFTPanel as SlidingFFTPanel
    from atomstat_widgets.analyses.strain.panel import StrainPanel as StrainPanel
    from atomstat_widgets.analyses.trajectories.panel import TrajectoriesPanel as TrajectoriesPanel
    from atomstat_widgets.analyses.unmixing.panel import UnmixingPanel as UnmixingPanel
    from atomstat_widgets.app import App as App
    from atomstat_widgets.app import panel as panel
    from atomstat_widgets.data import Cube as Cube
    from atomstat_widgets.data import Image as Image
    from atomstat_widgets.data import Movie as Movie
    from atomstat_widgets.data import calibrated as calibrated
    from atomstat_widgets.data import cubes as cubes
    from atomstat_widgets.data import list_signals as list_signals
    from atomstat_widgets.data import load as load
    from atomstat_widgets.data import load_cube as load_cube
    from atomstat_widgets.data import load_image as load_image
    from atomstat_widgets.data import load_movie as load_movie
    from atomstat_widgets.data import movies as movies
    from atomstat_widgets.data import sampled as sampled
    from atomstat_widgets.data import samples as samples
    from atomstat_widgets.panels.question import Question as Question
    from atomstat_widgets.reactive.results import analyse as analyse
    from atomstat_widgets.reactive.results import save as save

    __version__: str

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


if not TYPE_CHECKING:  # else every name would be one

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
