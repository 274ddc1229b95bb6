import io
import struct
import subprocess
import sys
import zipfile
import zlib

import h5py
import numpy as np
import PIL.Image
import pytest
import tifffile

from atomstat_widgets.data import load
from atomstat_widgets.data.guarded.memory import VARIABLE
from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.data.readers.too_large import PER_VALUE, values_at_once

IMAGE = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64)


def npy_of_shape(shape):
    """Header of a .npy file, and nothing after it."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return file.getvalue()


def png_of_side(side):
    """Header of a picture of so many grey pixels, and the data of a few."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(100)))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


class TestValuesAtOnce:
    @pytest.mark.parametrize(
        ("shape", "values"),
        [((48, 64), 3072), ((48, 64, 3), 9216), ((10, 48, 64), 3072), ((10, 48, 64, 3), 9216)],
    )
    def test_npy_is_read_frame_by_frame(self, tmp_path, shape, values):
        np.save(tmp_path / "a.npy", np.zeros(shape))
        assert values_at_once(tmp_path / "a.npy") == values

    def test_other_formats_by_content_whatever_their_name(self, tmp_path):
        np.savez_compressed(tmp_path / "npz", a=IMAGE, b=IMAGE[0])
        (tmp_path / "npz.npz").rename(tmp_path / "archive.png")
        assert values_at_once(tmp_path / "archive.png") == 3072 + 64
        with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
            archive.writestr("bytes", bytes(400))
        assert values_at_once(tmp_path / "other.zip") == 100
        tifffile.imwrite(tmp_path / "stack.tif", np.stack([IMAGE] * 5), photometric="minisblack")
        assert values_at_once(tmp_path / "stack.tif") == 3072
        PIL.Image.new("RGB", (64, 48)).save(tmp_path / "colours.png")
        assert values_at_once(tmp_path / "colours.png") == 9216
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file.create_dataset("deep/set", data=IMAGE, compression="gzip")
            file.create_dataset("small", data=IMAGE[0])
        assert values_at_once(tmp_path / "a.h5") == 3072

    def test_where_no_header_tells(self, tmp_path):
        for name, content in (("a.dm4", bytes(4000)), ("b.npy", b"\x93NUMPY" + bytes(3994)), ("c.h5", b"\x89HDF")):
            (tmp_path / name).write_bytes(content)
            assert values_at_once(tmp_path / name) == len(content) // 4


class TestLoad:
    @pytest.fixture(autouse=True)
    def _room_for_five_thousand_values(self, monkeypatch):
        monkeypatch.setenv(VARIABLE, "251")
        monkeypatch.setattr("atomstat_widgets.data.readers.too_large.memory_left", lambda: 5000 * PER_VALUE)

    def test_within(self, tmp_path):
        np.save(tmp_path / "a.npy", IMAGE)
        assert load(tmp_path / "a.npy").array.shape == (48, 64)
        np.save(tmp_path / "movie.npy", np.stack([IMAGE] * 10))  # a frame at a time
        assert len(load(tmp_path / "movie.npy").frames) == 10

    def test_too_large_is_refused_with_both_sizes(self, tmp_path):
        np.save(tmp_path / "a.npy", np.zeros((2000, 1500)))
        with pytest.raises(ValueError, match=r"a\.npy has 3 million values, .*memory left for 0 million \(0 MB\)"):
            load(tmp_path / "a.npy")

    @pytest.mark.parametrize("side", [8000, 30_000])  # the second is more than Pillow opens
    def test_bombs_are_not_unpacked(self, tmp_path, side):
        (tmp_path / "bomb.png").write_bytes(png_of_side(side))
        (tmp_path / "bomb.npy").write_bytes(npy_of_shape((side, side)))
        with zipfile.ZipFile(tmp_path / "bomb.npz", "w") as archive:
            archive.writestr("a.npy", npy_of_shape((side, side)))
        for name in ("bomb.png", "bomb.npy", "bomb.npz"):
            with pytest.raises(ValueError, match=rf"{name} has [0-9]+ million values"):
                load(tmp_path / name)

    def test_bombs_of_zeros(self, tmp_path):
        zeros = np.zeros((4000, 3000), np.uint8)
        tifffile.imwrite(tmp_path / "bomb.tif", zeros, compression="zlib")
        with h5py.File(tmp_path / "bomb.h5", "w") as file:
            file.create_dataset("a", data=zeros, compression="gzip")
        for name in ("bomb.tif", "bomb.h5"):
            assert (tmp_path / name).stat().st_size < 100_000
            with pytest.raises(ValueError, match=rf"{name} has 12 million values"):
                load(tmp_path / name)

    def test_without_limit(self, tmp_path, monkeypatch):
        monkeypatch.delenv(VARIABLE)
        monkeypatch.setattr("atomstat_widgets.data.readers.too_large.memory_left", lambda: None)
        (tmp_path / "huge.npy").write_bytes(npy_of_shape((2**26, 2**26)))
        with pytest.raises(ReadError, match=r"huge\.npy needs more memory than there is"):
            load(tmp_path / "huge.npy")


def run(script, megabytes):
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={VARIABLE: str(megabytes), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is taken")
def test_memory_of_a_session_is_what_it_has_left():
    told = run(
        """
import numpy as np
from atomstat_widgets.data.guarded.memory import limit_memory, memory_left
limit_memory()
first = memory_left()
taken = np.ones(10_000_000)
print(first, memory_left())
""",
        600,
    )
    first, then = map(int, told.split())
    assert first < 600_000_000
    assert first - 90_000_000 < then <= first - 80_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux heeds the limit")
def test_limit_holds_for_whatever_runs_in_the_process():
    script = """
import numpy as np
from atomstat_widgets.data.guarded.memory import limit_memory
limit_memory()
np.ones(20_000_000)
try:
    np.ones(200_000_000)
except MemoryError as error:
    print("refused", error)
"""
    assert run(script, 600).startswith("refused Unable to allocate 1.49 GiB")


def test_a_tif_that_names_too_few_of_its_parts_is_refused_at_once(tmp_path):
    """Each of the others would be filled by itself: minutes for a file of 300 bytes."""
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((3, 4), np.uint8), compression="zlib")
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages.first.tags["ImageLength"].overwrite(9_000_000)
    with pytest.raises(ReadError, match=r"a\.tif is truncated: of .* parts of a page it names no more than 1$"):
        load(tmp_path / "a.tif")
