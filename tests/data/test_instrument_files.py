"""Files in the formats of instruments, written here byte by byte or by RosettaSciIO, and what `load` makes of them."""

import struct

import numpy as np
import pytest

from atomstat_widgets.data import Cube, Image, Movie, load, load_movie

GREY = np.arange(12, dtype=np.uint16).reshape(3, 4)
STACK = np.arange(120, dtype=np.uint8).reshape(5, 4, 6)


def described(data, *axes):
    """Dictionary that RosettaSciIO writes; an axis is its name, scale, unit and whether it is navigated."""
    return {
        "data": data,
        "axes": [
            {"_type": "UniformDataAxis", "name": name, "size": size, "scale": scale, "offset": 0.0, "units": unit,
             "navigate": navigated, "index_in_array": number}
            for number, (size, (name, scale, unit, navigated)) in enumerate(zip(data.shape, axes, strict=True))
        ],
        "metadata": {"General": {"title": "mine"}, "Signal": {"signal_type": ""}},
        "original_metadata": {}, "tmp_parameters": {}, "learning_results": {}, "models": {},
        "attributes": {"_lazy": False},
        "package_info": {"package": "rsciio", "package_version": "0"},
    }  # fmt: skip


Y, X = ("y", 0.25, "nm", False), ("x", 0.25, "nm", False)


@pytest.mark.parametrize(
    ("array", "axes", "kind"),
    [
        (GREY, (Y, X), Image),
        (STACK, (("t", 1.0, "s", True), Y, X), Movie),
        (STACK, (("y", 0.25, "nm", True), ("x", 0.25, "nm", True), ("e", 0.5, "eV", False)), Cube),
    ],
)
def test_emd_of_ncem(tmp_path, array, axes, kind):
    from rsciio.emd import file_writer

    file_writer(str(tmp_path / "a.emd"), described(array, *axes))
    # That format tells no spectra from images.
    data = load(tmp_path / "a.emd", kind="cube" if kind is Cube else None)
    assert type(data) is kind
    np.testing.assert_array_equal(data.frames if kind is Movie else data.array, array)
    assert (data.pixel_size, data.unit) == (0.25, "nm")
    if kind is Cube:
        np.testing.assert_allclose(data.energies, 0.5 * np.arange(6))


def test_blockfile_is_a_movie_of_patterns_row_after_row(tmp_path):
    from rsciio.blockfile import file_writer

    patterns = np.random.default_rng(0).integers(0, 256, (2, 3, 8, 8), dtype=np.uint8)
    grid = (("y", 2.0, "nm", True), ("x", 2.0, "nm", True), ("dy", 0.1, "cm", False), ("dx", 0.1, "cm", False))
    file_writer(str(tmp_path / "a.blo"), described(patterns, *grid), intensity_scaling=None, show_progressbar=False)
    for movie in (load(tmp_path / "a.blo"), load(tmp_path / "a.blo", kind="movie"), load_movie(tmp_path / "a.blo")):
        assert type(movie) is Movie
        assert len(movie) == 6
        np.testing.assert_array_equal(movie[4], patterns[1, 1])


def mrc(array, mode, length, cell):
    """MRC file of an image or a stack, its cell in angstrom."""
    layers, height, width = (1, *array.shape)[-3:]
    header = bytearray(1024)
    struct.pack_into(
        "<10i6f", header, 0, width, height, layers, mode, 0, 0, 0, width, height, layers, *cell, 90, 90, 90
    )
    struct.pack_into("<3i", header, 64, 1, 2, 3)
    header[208:216] = b"MAP \x44\x44\x00\x00"
    return bytes(header) + array.astype(length).tobytes()


def test_mrc(tmp_path):
    (tmp_path / "a.mrc").write_bytes(mrc(GREY, 6, "<u2", (4 * 2.5, 3 * 2.5, 1.0)))
    image = load(tmp_path / "a.mrc")
    assert (type(image), image.array.dtype) == (Image, np.uint16)
    np.testing.assert_array_equal(image.array, GREY)
    assert (image.pixel_size, image.unit) == (pytest.approx(0.25), "nm")


def test_mrc_stack(tmp_path):
    (tmp_path / "a.mrc").write_bytes(mrc(STACK.astype(np.int16), 1, "<i2", (6 * 2.5, 4 * 2.5, 5.0)))
    movie = load(tmp_path / "a.mrc", kind="movie")
    assert len(movie) == 5
    np.testing.assert_array_equal(np.stack(list(movie)), STACK)


def ser(array, pixel):
    """TIA's series of one square image, with its pixel size in metres."""
    dimension = struct.pack("<IddIII", 1, 0.0, 1.0, 0, 0, 0)  # of one place, without description and unit
    offsets = 30 + len(dimension)
    header = struct.pack("<3H6I", 0x4949, 0x0197, 0x0210, 0x4122, 0x4152, 1, 1, offsets, 1) + dimension
    element = struct.pack("<ddIddIH2I", 0.0, pixel, 0, 0.0, pixel, 0, 2, *array.shape)
    element += array[::-1].astype("<u2").tobytes()  # rows from the bottom up
    start = offsets + 8
    tag = struct.pack("<HHI", 0x4152, 0, 0)
    return header + struct.pack("<2I", start, start + len(element)) + element + tag


def test_ser(tmp_path):
    array = np.arange(25, dtype=np.uint16).reshape(5, 5)
    (tmp_path / "a.ser").write_bytes(ser(array, 2e-10))
    image = load(tmp_path / "a.ser")
    assert (type(image), image.array.dtype) == (Image, np.uint16)
    np.testing.assert_array_equal(image.array, array)
    assert (image.pixel_size, image.unit) == (pytest.approx(0.2), "nm")
