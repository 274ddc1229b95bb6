"""The analysis: arrays in, frozen results out. Rows are y, columns are x.

Every analysis is a chain of stages that can be kept and reused::

    spectra = sliding_fft(image, window=64, step=16)      # pieces
    low_rank = factorize(spectra.features, rank=24, weights=spectra.weights)
    result = nmf(low_rank, n_components=4)                # milliseconds for another count

`SlidingFFTNMF`, `imlocal`, `SpectralUnmixer` and `update_classes` are the analyses behind the interface of
``atomai.stat``; they live in `atomstat_widgets.atomai`, and are imported when they are first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from atomstat_widgets.stat import atoms, lattice, matrices, prepared_image, spectra, strain, tracks, windows
from atomstat_widgets.stat.atoms import *
from atomstat_widgets.stat.image import normalize_image
from atomstat_widgets.stat.lattice import *
from atomstat_widgets.stat.matrices import *
from atomstat_widgets.stat.prepared_image import *
from atomstat_widgets.stat.spectra import *
from atomstat_widgets.stat.strain import *
from atomstat_widgets.stat.tracks import *
from atomstat_widgets.stat.windows import *

if TYPE_CHECKING:
    from atomstat_widgets.atomai import *

_OF_ATOMAI = ["SlidingFFTNMF", "SpectralUnmixer", "imlocal", "update_classes"]

__all__ = ["normalize_image"]
__all__ += atoms.__all__
__all__ += lattice.__all__
__all__ += matrices.__all__
__all__ += prepared_image.__all__
__all__ += spectra.__all__
__all__ += strain.__all__
__all__ += tracks.__all__
__all__ += windows.__all__
__all__ += _OF_ATOMAI


if not TYPE_CHECKING:  # else every name would be one

    def __getattr__(name: str) -> Any:
        if name in _OF_ATOMAI:
            return getattr(importlib.import_module("atomstat_widgets.atomai"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
