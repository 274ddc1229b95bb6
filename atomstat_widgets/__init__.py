"""Live statistics of atom-resolved images: analysis core and reactive Jupyter panels.

Names are imported when first used, so that ``from atomstat_widgets import stat`` loads no widget.
"""

import importlib
from typing import Any

_HOMES = {
    "App": "panels.app",
    "DomainsPanel": "panels.domains",
    "Question": "panels.question",
    "SlidingFFTPanel": "panels.sliding_fft",
    "TrajectoriesPanel": "panels.trajectories",
    "UnmixingPanel": "panels.unmixing",
    "calibrated": "data",
    "cubes": "data",
    "load": "data",
    "list_signals": "data",
    "load_cube": "data",
    "load_image": "data",
    "load_movie": "data",
    "movies": "data",
    "panel": "panels.app",
    "sampled": "data",
    "samples": "data",
}

__all__ = [
    "App",
    "DomainsPanel",
    "Question",
    "SlidingFFTPanel",
    "TrajectoriesPanel",
    "UnmixingPanel",
    "calibrated",
    "cubes",
    "list_signals",
    "load",
    "load_cube",
    "load_image",
    "load_movie",
    "movies",
    "panel",
    "sampled",
    "samples",
    "stat",
]


def __getattr__(name: str) -> Any:
    if name == "stat":
        return importlib.import_module(f"{__name__}.stat")
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
