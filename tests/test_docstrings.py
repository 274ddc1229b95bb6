"""Examples in docstrings show what really comes out, and every public function has one."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

import atomstat_widgets
from atomstat_widgets import data, stat

ROOT = Path(__file__).parents[1]
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in Path(atomstat_widgets.__file__).parent.rglob("*.py")
    if re.search(r"^ *>>> ", path.read_text(), re.MULTILINE)
)
FUNCTIONS = [
    f"{package.__name__}.{name}"
    for package in (stat, data, data.samples, data.movies, data.cubes)
    for name in getattr(package, "__all__", dir(package))
    if inspect.isfunction(one := getattr(package, name))
    and one.__module__.startswith(package.__name__)
    and name[0] != "_"
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_show_what_comes_out(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted
    assert not outcome.failed
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_public_function_has_an_example(name: str) -> None:
    module, _, function = name.rpartition(".")
    assert "\nExamples\n--------\n>>> " in inspect.getdoc(getattr(importlib.import_module(module), function))
