"""Which files anyone may send."""

from pathlib import Path

import made_files
import pytest

from atomstat_widgets.data import ReadError
from atomstat_widgets.data.readers.uploads import UPLOADS, refuse_upload


def test_accepted():
    for name in ("a.npy", "A.TIF", "of two.parts.dm4"):
        refuse_upload(name)


@pytest.mark.parametrize("name", ["a.nc", "a.rpl", "a.wdf", "a.npy.exe", "npy", ".npy"])
def test_refused_in_words(name):
    with pytest.raises(ReadError, match=r"has (the extension \.|no extension).*; uploads are read of npy, .* and pro$"):
        refuse_upload(name)


def test_each_is_damaged_by_the_tests():
    made = {Path(name).suffix[1:] for name in made_files.MAKERS}
    assert set(UPLOADS) - made == {"tiff", "jpeg"}  # as tif and jpg


def test_the_guide_lists_them():
    words = " ".join((Path(__file__).parents[2] / "apps/guide/files.md").read_text().split())
    assert f"Uploads are {', '.join(UPLOADS[:-1])} and {UPLOADS[-1]}:" in words
