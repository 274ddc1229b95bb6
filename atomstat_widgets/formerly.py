"""Modules under the names that they had up to version 0.1, which scripts that were exported then import."""

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_NOW = {
    "data.cubes": "data.samples.cubes",
    "data.movies": "data.samples.movies",
    "panels.app": "app",
    "panels.domains": "analyses.domains.panel",
    "panels.sliding_fft": "analyses.sliding_fft.panel",
    "panels.trajectories": "analyses.trajectories.panel",
    "panels.unmixing": "analyses.unmixing.panel",
    "reactive.domains": "analyses.domains.model",
    "reactive.numbers": "reactive.results",
    "reactive.sliding_fft": "analyses.sliding_fft.model",
    "reactive.trajectories": "analyses.trajectories.model",
    "reactive.unmixing": "analyses.unmixing.model",
}
_PACKAGE = __name__.partition(".")[0]


class _Formerly(MetaPathFinder, Loader):
    """Finds the module of today for a name of then."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, rest = fullname.partition(".")
        return ModuleSpec(fullname, self) if package == _PACKAGE and rest in _NOW else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        now = f"{_PACKAGE}.{_NOW[spec.name.partition('.')[2]]}"
        warnings.warn(f"{spec.name} is {now} now", DeprecationWarning, stacklevel=2)
        module = ModuleType(spec.name)
        found = importlib.import_module(now)
        module.__dict__.update({name: one for name, one in vars(found).items() if not name.startswith("__")})
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is left to run."""


def keep_old_names() -> None:
    """Let old names of modules be imported."""
    if not any(isinstance(finder, _Formerly) for finder in sys.meta_path):
        sys.meta_path.append(_Formerly())
