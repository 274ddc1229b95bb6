"""Files whose readers need what only an extra installs: it is said by name."""

import importlib.metadata
import re
import sys
from collections import defaultdict

import h5py
import numpy as np
import pytest
import zarr
from made_files import MAKERS

from atomstat_widgets.data import ReadError, load
from atomstat_widgets.data.export import save_blocks
from atomstat_widgets.data.extras import EXTRAS, what_to_install
from atomstat_widgets.data.readers.images import read_signals
from atomstat_widgets.data.readers.loading import in_process


@pytest.fixture
def without(monkeypatch):
    """Function that lets a package not be installed."""

    def hide(package):
        for name in [name for name in sys.modules if name.partition(".")[0] == package]:
            monkeypatch.delitem(sys.modules, name)
        for name in [name for name in sys.modules if re.match(r"rsciio\.(blockfile|zspy|jeol)|tifffile\.zarr", name)]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, package, None)

    return hide


def test_a_blockfile(tmp_path, without):
    MAKERS["patterns.blo"](tmp_path / "a.blo")
    without("skimage")
    with pytest.raises(ReadError, match=r"^a\.blo needs pip install 'atomstat-widgets\[blockfile\]'$"):
        in_process(tmp_path / "a.blo", None, None)


def test_velox_spectra(tmp_path, without):
    MAKERS["velox.emd"](tmp_path / "a.emd")
    with h5py.File(tmp_path / "a.emd", "a") as file:
        file.create_group("Data/SpectrumImage")
        file["Version"][:] = np.array([b'{"format":"Velox","version":"11"}'])
    without("sparse")
    with pytest.raises(ReadError, match=r"^a\.emd needs pip install 'atomstat-widgets\[eds\]'$"):
        load(tmp_path / "a.emd")


def test_velox_images_need_none(tmp_path, without):
    MAKERS["velox.emd"](tmp_path / "a.emd")
    without("sparse")
    without("numba")
    assert load(tmp_path / "a.emd").array.shape == (4, 6)


def test_pts_is_not_read_for_minutes(tmp_path, without):
    (tmp_path / "a.pts").write_bytes(b"x")
    with pytest.raises(ReadError, match="truncated, damaged"):
        read_signals(tmp_path / "a.pts", "pts")
    without("numba")
    with pytest.raises(ReadError, match=r"^a\.pts needs pip install 'atomstat-widgets\[eds\]'$"):
        read_signals(tmp_path / "a.pts", "pts")


def test_zarr(tmp_path, without):
    zarr.save_array(tmp_path / "a.zarr", np.zeros((4, 4)))
    without("zarr")
    with pytest.raises(ReadError, match=r"^a\.zarr needs pip install 'atomstat-widgets\[zarr\]' to be read in parts$"):
        load(tmp_path / "a.zarr")
    with pytest.raises(ImportError, match=r"^b\.zarr needs pip install 'atomstat-widgets\[zarr\]'$"):
        save_blocks(tmp_path / "b.zarr", x=np.zeros((4, 4)))
    (tmp_path / "a.zspy").write_bytes(b"x")
    with pytest.raises(ReadError, match=r"^a\.zspy needs pip install 'atomstat-widgets\[zarr\]'$"):
        read_signals(tmp_path / "a.zspy", "zspy")


def test_what_no_extra_brings():
    assert what_to_install("No module named 'hdf5plugin'") == ""


def test_the_tests_have_all_extras():
    needed = defaultdict(set)
    for one in importlib.metadata.requires("atomstat-widgets"):
        if extra := re.search(r"extra == .(\w+)", one):
            needed[extra[1]].add(one.partition(";")[0])
    assert set(needed) >= set(EXTRAS.values())
    assert needed["test"] >= set().union(*(packages for extra, packages in needed.items() if extra != "dev"))
