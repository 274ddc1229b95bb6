"""What is leant on in other libraries is there, and a release that took it away is named."""

import re
from functools import reduce
from importlib import import_module
from importlib.metadata import distribution, requires, version
from importlib.util import find_spec
from pathlib import Path

import pytest
from jupyter_core.paths import jupyter_path

from atomstat_widgets.serving.internals import INTERNALS, Internal
from atomstat_widgets.serving.page_scripts import PageScripts, scripts_of

NAMES = {"ipython": "IPython", "rosettasciio": "rsciio"}


def is_there(one: Internal) -> bool:
    if not one.text:
        module, _, path = one.place.partition(":")
        try:
            reduce(getattr, path.split("."), import_module(module))
        except (ImportError, AttributeError):
            return False
        return True
    package = NAMES.get(one.library, one.library.replace("-", "_"))
    folders = [*jupyter_path(), Path(find_spec(package).origin).parent]
    return any(
        one.text in path.read_text(errors="replace") for folder in folders for path in Path(folder).glob(one.place)
    )


@pytest.mark.parametrize("one", INTERNALS, ids=lambda one: f"{one.place} {one.text}".strip())
def test_it_is_there(one: Internal) -> None:
    assert is_there(one), (
        f"{distribution(one.library).metadata['Name']} {version(one.library)} has no {one.text or one.place} any more "
        f"({one.place}). {one.purpose}"
    )


def test_what_is_gone_is_noticed() -> None:
    assert not is_there(Internal("voila", "voila.app:Voila.gone", ""))
    assert not is_there(Internal("voila", "voila.gone:Voila", ""))
    assert not is_there(Internal("voila", "voila/templates/lab/index.html.j2", "", text="no such words"))


def test_each_library_has_an_upper_bound() -> None:
    bounded = {re.match(r"[\w-]+", one)[0].lower() for one in requires("atomstat-widgets") if "<" in one}
    assert {one.library for one in INTERNALS} <= bounded


def test_the_file_of_scripts_has_what_imports_ours() -> None:
    """A page's policy allows it by the number of the page, which a file that a script asks for has not."""
    assert b"createObjectURL" in b"".join(path.read_bytes() for path in PageScripts(scripts_of("anywidget")).paths)
