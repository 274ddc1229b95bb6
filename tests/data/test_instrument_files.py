"""Files in the formats of instruments, written here byte by byte or by RosettaSciIO, and what `load` makes of them."""

import numpy as np
import pytest
from made_files import GREY, STACK, X, Y, described, mrc, ser

from atomstat_widgets.data import Cube, Image, Movie, load, load_movie


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


def test_ser(tmp_path):
    array = np.arange(25, dtype=np.uint16).reshape(5, 5)
    (tmp_path / "a.ser").write_bytes(ser(array, 2e-10))
    image = load(tmp_path / "a.ser")
    assert (type(image), image.array.dtype) == (Image, np.uint16)
    np.testing.assert_array_equal(image.array, array)
    assert (image.pixel_size, image.unit) == (pytest.approx(0.2), "nm")
