import gc
import io
import logging
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

from atomstat_widgets.data import Image, ReadError, load, load_image
from atomstat_widgets.data.readers import images as readers

GREY = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000
COLOUR = np.arange(36, dtype=np.uint8).reshape(3, 4, 3) * 7


def write_imagej(path: Path, unit: str, x: float, y: float) -> Path:
    """Write GREY as ImageJ does, with pixels `x` wide and `y` high."""
    tifffile.imwrite(path, GREY, imagej=True, resolution=(1 / x, 1 / y), metadata={"unit": unit})
    return path


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class TestSources:
    def test_an_image_is_returned_as_it_is(self):
        image = Image(GREY)
        assert load_image(image) is image

    def test_an_array_keeps_its_values_and_has_no_scale(self):
        image = load_image(GREY)
        assert image.array is GREY
        assert (image.name, image.pixel_size, image.unit, image.truth) == ("array", None, "px", None)

    @pytest.mark.parametrize("source", [[[1, 2], [3, 4]], None, 3.0, b"image.png"])
    def test_other_types_are_refused_by_name(self, source):
        with pytest.raises(TypeError, match=f"not from {type(source).__name__}"):
            load_image(source)

    @pytest.mark.parametrize("dtype", [bool, np.uint8, np.int32, np.float16, ">f4"])
    def test_real_numbers_of_any_kind_are_taken(self, dtype):
        assert load_image(np.ones((3, 4), dtype)).array.dtype == dtype

    def test_named_colours_become_channels_in_the_order_red_green_blue(self):
        bgra = np.zeros((3, 4), dtype=[("B", "u1"), ("G", "u1"), ("R", "u1"), ("A", "u1")])
        bgra["R"], bgra["G"], bgra["B"], bgra["A"] = 1, 2, 3, 4
        image = load_image(bgra)
        assert image.array.shape == (3, 4, 4)
        assert image.array[2, 3].tolist() == [1, 2, 3, 4]

    def test_complex_numbers_are_refused(self):
        with pytest.raises(ReadError, match=r"array holds complex numbers \(complex128\)"):
            load_image(GREY + 1j)

    @pytest.mark.parametrize("values", [[["a", "b"]], [[None, {}]]])
    def test_what_is_no_number_is_refused(self, values):
        array = np.array(values)
        with pytest.raises(ReadError, match=f"array holds no numbers but {array.dtype}"):
            load_image(array)

    def test_a_stack_is_refused_with_its_shape(self):
        with pytest.raises(ReadError, match=r"array: an image is .* not of shape \(5, 3, 9\)"):
            load_image(np.ones((5, 3, 9)))


class TestNpy:
    def test_values_and_type_are_kept(self, tmp_path):
        np.save(tmp_path / "grey.npy", GREY)
        image = load_image(tmp_path / "grey.npy")
        np.testing.assert_array_equal(image.array, GREY)
        assert image.array.dtype == np.uint16
        assert (image.name, image.pixel_size) == ("grey.npy", None)

    def test_the_path_may_be_a_string_and_the_extension_in_capitals(self, tmp_path):
        with (tmp_path / "GREY.NPY").open("wb") as file:
            np.save(file, GREY)
        np.testing.assert_array_equal(load_image(str(tmp_path / "GREY.NPY")).array, GREY)

    def test_pickled_objects_are_not_opened(self, tmp_path):
        class Trap:
            def __reduce__(self):
                return Path.touch, (tmp_path / "sprung",)

        np.save(tmp_path / "trap.npy", np.array([[Trap()]], dtype=object), allow_pickle=True)
        with pytest.raises(ReadError, match=r"trap\.npy holds pickled Python objects.*could run code"):
            load_image(tmp_path / "trap.npy")
        assert not (tmp_path / "sprung").exists()

    def test_truncated(self, tmp_path):
        np.save(tmp_path / "cut.npy", GREY)
        whole = (tmp_path / "cut.npy").read_bytes()
        (tmp_path / "cut.npy").write_bytes(whole[:-2])
        # Newer releases of NumPy say "Expected (3, 4) = 12 elements, could only read 11 elements".
        with pytest.raises(ReadError, match=r"cut\.npy is truncated.*(\b11\b.*\(3, ?4\)|\(3, ?4\).*\b11\b)"):
            load_image(tmp_path / "cut.npy")

    def test_text_named_npy_is_not_taken_for_a_pickle(self, tmp_path):
        (tmp_path / "text.npy").write_text("1 2 3 4 5 6 7 8")
        with pytest.raises(ReadError, match=r"text\.npy is truncated, damaged or not a \.npy file"):
            load_image(tmp_path / "text.npy")

    def test_a_stack_is_refused_with_its_shape(self, tmp_path):
        np.save(tmp_path / "movie.npy", np.ones((5, 3, 9)))
        with pytest.raises(ReadError, match=r"movie\.npy: an image is .* not of shape \(5, 3, 9\)"):
            load_image(tmp_path / "movie.npy")


class TestTiff:
    @pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
    def test_values_are_kept_and_a_plain_file_has_no_scale(self, tmp_path, compression):
        tifffile.imwrite(tmp_path / "plain.tif", GREY, compression=compression, resolution=(300, 300))
        image = load_image(tmp_path / "plain.tif")
        np.testing.assert_array_equal(image.array, GREY)
        assert (image.name, image.pixel_size, image.unit) == ("plain.tif", None, "px")

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_colours_are_the_last_axis(self, tmp_path, dtype):
        tifffile.imwrite(tmp_path / "colour.tiff", COLOUR.astype(dtype), photometric="rgb")
        image = load_image(tmp_path / "colour.tiff")
        np.testing.assert_array_equal(image.array, COLOUR)
        assert image.array.dtype == dtype

    @pytest.mark.parametrize(
        ("written", "unit"),
        [("nm", "nm"), ("micron", "µm"), ("um", "µm"), ("\\u00B5m", "µm"), ("A", "Å"), ("pm", "pm")],
    )
    def test_pixel_size_by_imagej(self, tmp_path, written, unit):
        image = load_image(write_imagej(tmp_path / "scaled.tif", written, x=0.05, y=0.05))
        assert image.pixel_size == pytest.approx(0.05)
        assert image.unit == unit

    def test_a_pixel_of_one_nanometre_is_known_too(self, tmp_path):
        image = load_image(write_imagej(tmp_path / "scaled.tif", "nm", x=1, y=1))
        assert (image.pixel_size, image.unit) == (1, "nm")

    def test_a_count_of_pixels_is_no_pixel_size(self, tmp_path):
        image = load_image(write_imagej(tmp_path / "scaled.tif", "pixel", x=0.05, y=0.05))
        assert (image.pixel_size, image.unit) == (None, "px")

    def test_edges_within_one_percent_are_averaged(self, tmp_path):
        image = load_image(write_imagej(tmp_path / "nearly.tif", "nm", x=0.5, y=0.504))
        assert image.pixel_size == pytest.approx(0.502)

    def test_oblong_pixels_have_no_one_size(self, tmp_path):
        image = load_image(write_imagej(tmp_path / "oblong.tif", "nm", x=0.5, y=0.51))
        assert (image.pixel_size, image.unit) == (None, "px")

    def test_the_first_image_of_several_is_taken(self, tmp_path):
        with tifffile.TiffWriter(tmp_path / "two.tif") as file:
            file.write(np.ones((5, 3, 4), np.uint16), photometric="minisblack")
            file.write(GREY)
            file.write(GREY[:2] + 1)
        np.testing.assert_array_equal(load_image(tmp_path / "two.tif").array, GREY)

    def test_a_stack_is_refused_with_its_shape(self, tmp_path):
        tifffile.imwrite(tmp_path / "movie.tif", np.ones((5, 3, 4), np.uint16), imagej=True)
        with pytest.raises(ReadError, match=r"movie\.tif holds no image but a stack of images of shape \(5, 3, 4\)"):
            load_image(tmp_path / "movie.tif")

    def test_complex_numbers_are_refused(self, tmp_path):
        tifffile.imwrite(tmp_path / "wave.tif", GREY.astype(np.complex64))
        with pytest.raises(ReadError, match=r"wave\.tif holds complex numbers \(complex64\)"):
            load_image(tmp_path / "wave.tif")

    @pytest.mark.parametrize("kept", [4, 50, -10])
    def test_truncated(self, tmp_path, kept):
        tifffile.imwrite(tmp_path / "cut.tif", GREY)
        whole = (tmp_path / "cut.tif").read_bytes()
        (tmp_path / "cut.tif").write_bytes(whole[:kept])
        with pytest.raises(ReadError, match=r"cut\.tif is truncated, damaged or .* \(TIFF: "):
            load_image(tmp_path / "cut.tif")

    def test_truncated_before_its_list_of_images(self, tmp_path, shared_data):
        whole = (shared_data / "stem-re-tmd" / "re48.tiff").read_bytes()
        (tmp_path / "cut.tif").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ReadError, match=r"cut\.tif holds no image; it may be truncated"):
            load_image(tmp_path / "cut.tif")

    def test_a_failed_file_is_closed_while_its_error_lives(self, tmp_path):
        tifffile.imwrite(tmp_path / "cut.tif", GREY)
        whole = (tmp_path / "cut.tif").read_bytes()
        (tmp_path / "cut.tif").write_bytes(whole[:-10])
        with pytest.raises(ReadError) as caught:
            load_image(tmp_path / "cut.tif")
        files = [file for file in gc.get_objects() if isinstance(file, io.FileIO) and not file.closed]
        assert str(tmp_path / "cut.tif") not in [file.name for file in files]
        assert caught.value.__cause__ is not None

    def test_text_named_tif(self, tmp_path):
        (tmp_path / "notes.tif").write_text("not an image at all")
        with pytest.raises(ReadError, match=r"notes\.tif is truncated, .*\(TIFF: not a TIFF file") as caught:
            load_image(tmp_path / "notes.tif")
        assert isinstance(caught.value.__cause__, tifffile.TiffFileError)


class TestPicture:
    @pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.jpg"])
    @pytest.mark.parametrize("same", [[1, 2], [0, 1, 2]])
    def test_channels_that_are_equal_are_channels(self, tmp_path, name, same):
        array = np.full((16, 16, 3), 40, np.uint8)
        array[..., same] = 200
        Picture.fromarray(array).save(tmp_path / name)
        read = load_image(tmp_path / name).array
        assert read.shape == array.shape
        np.testing.assert_allclose(read, array, atol=3)

    @pytest.mark.parametrize("array", [GREY, COLOUR, GREY.astype(np.uint8), np.dstack([COLOUR, COLOUR[..., 0]])])
    def test_values_are_kept(self, tmp_path, array):
        Picture.fromarray(array).save(tmp_path / "picture.png")
        image = load_image(tmp_path / "picture.png")
        np.testing.assert_array_equal(image.array, array)
        assert image.array.dtype == array.dtype
        assert (image.name, image.pixel_size, image.unit) == ("picture.png", None, "px")

    def test_jpg(self, tmp_path):
        Picture.fromarray(np.full((16, 24), 77, np.uint8)).save(tmp_path / "flat.jpg")
        np.testing.assert_array_equal(load_image(tmp_path / "flat.jpg").array, np.full((16, 24), 77))

    def test_truncated(self, tmp_path):
        noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
        Picture.fromarray(noise).save(tmp_path / "cut.png")
        whole = (tmp_path / "cut.png").read_bytes()
        (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ReadError, match=r"cut\.png is truncated, damaged or .* \(Image: "):
            load_image(tmp_path / "cut.png")

    def test_a_picture_too_large_for_memory(self, tmp_path):
        header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
        chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")
        (tmp_path / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks))
        with pytest.raises(ReadError, match=r"huge\.png is .*\(3600000000 pixels\) exceeds limit"):
            load_image(tmp_path / "huge.png")


class TestPaths:
    def test_missing(self, tmp_path):
        with pytest.raises(ReadError, match=r"gone\.tif does not exist"):
            load_image(tmp_path / "gone.tif")

    def test_a_folder(self, tmp_path):
        with pytest.raises(ReadError, match="is a folder, not an image file"):
            load_image(tmp_path)

    @pytest.mark.parametrize("extension", ["npy", "tif", "png", "dm3"])
    def test_empty(self, tmp_path, extension):
        (tmp_path / f"empty.{extension}").touch()
        with pytest.raises(ReadError, match=rf"empty\.{extension} is empty \(0 bytes\)"):
            load_image(tmp_path / f"empty.{extension}")

    def test_an_unknown_extension_names_known_ones(self, tmp_path):
        (tmp_path / "table.xlsx").write_text("x")
        with pytest.raises(
            ReadError, match=r"table\.xlsx: the extension \.xlsx is not known; known are npy, npz, tif, png"
        ):
            load_image(tmp_path / "table.xlsx")

    def test_no_extension(self, tmp_path):
        (tmp_path / "image").write_text("x")
        with pytest.raises(ReadError, match="image: a name without extension is not known"):
            load_image(tmp_path / "image")

    def test_the_extensions_it_names_are_known(self):
        from rsciio import IO_PLUGINS

        known = {extension for plugin in IO_PLUGINS for extension in plugin["file_extensions"]}
        assert set(readers._COMMON_EXTENSIONS.split(", ")) <= known | {"npy", "npz"}

    def test_every_reader_of_an_extension_has_its_say(self, tmp_path):
        (tmp_path / "table.csv").write_text("y,x\n1,2\n")
        with pytest.raises(ReadError, match=r"table\.csv is .*\(Impulse: .*; Protochips: "):
            load_image(tmp_path / "table.csv")

    def test_a_reader_that_lacks_its_package(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "rsciio.tia", None)
        (tmp_path / "image.ser").write_text("x")
        with pytest.raises(ReadError, match=r"image\.ser needs a package that is not installed \(TIA: "):
            load_image(tmp_path / "image.ser")


class TestRealFiles:
    def test_colour_tiff(self, shared_data):
        image = load_image(shared_data / "stem-re-tmd" / "re48.tiff")
        assert image.array.shape == (687, 772, 3)
        assert image.array.dtype == np.uint8
        assert image.pixel_size is None

    def test_dm3_with_pixel_size(self, shared_data):
        image = load_image(shared_data / "stem-mos2-dm3" / "example_Se_implanted_MoS2.dm3")
        assert image.array.shape == (1024, 1024)
        assert image.array.dtype == np.uint32
        assert image.pixel_size == pytest.approx(13 / 1024)  # a field of 13 nm
        assert (image.name, image.unit) == ("example_Se_implanted_MoS2.dm3", "nm")

    def test_truncated_dm3(self, tmp_path, shared_data):
        whole = (shared_data / "stem-mos2-dm3" / "example_Se_implanted_MoS2.dm3").read_bytes()
        (tmp_path / "cut.dm3").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ReadError, match=r"cut\.dm3 is truncated, damaged or .* \(DigitalMicrograph: "):
            load_image(tmp_path / "cut.dm3")

    @pytest.mark.parametrize("name", ["EELS_STO.dm3", "AL-DFoffset0.00.dm3"])
    def test_a_spectrum_is_named_as_such(self, shared_data, name):
        with pytest.raises(ReadError, match=rf"{name} holds no image but a spectrum of shape \(2048,\)"):
            load_image(shared_data / "format-files" / name)

    def test_a_movie_is_named_as_such(self, shared_data):
        with pytest.raises(ReadError, match=r"stuck\.tif holds .* a stack of images of shape \(5, 512, 512\)"):
            load_image(shared_data / "tracking-reference-links" / "stuck.tif")

    def test_png_with_alpha(self, shared_data):
        assert load_image(shared_data / "movie-bulk-water" / "bulk_water_000.png").array.shape == (424, 640, 4)


def test_readers_write_nothing_on_the_screen(tmp_path, capfd, caplog):
    tifffile.imwrite(tmp_path / "image.tif", GREY)
    levels = {name: logging.getLogger(name).level for name in ("rsciio", "tifffile")}
    load_image(tmp_path / "image.tif")
    (tmp_path / "cut.tif").write_bytes((tmp_path / "image.tif").read_bytes()[:50])
    with pytest.raises(ReadError):
        load_image(tmp_path / "cut.tif")
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
    assert {name: logging.getLogger(name).level for name in levels} == levels


def test_importing_the_package_leaves_the_readers_alone():
    code = "import sys, atomstat_widgets.data; assert not {'rsciio', 'tifffile', 'PIL', 'scipy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_spectrum_image_is_named_as_such():
    signal = {"data": np.ones((2, 3, 7)), "axes": [{"navigate": True}, {"navigate": True}, {"navigate": False}]}
    assert readers.describe(signal) == "a spectrum image of shape (2, 3, 7)"


def test_a_dataset_whose_values_are_damaged(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("image", data=np.arange(1024.0).reshape(32, 32), compression="gzip")
        place = file["image"].id.get_chunk_info(0).byte_offset
    content = bytearray((tmp_path / "a.h5").read_bytes())
    content[place : place + 64] = bytes(64)
    (tmp_path / "a.h5").write_bytes(content)
    with pytest.raises(ReadError, match=r"^a\.h5 is truncated or damaged: Can't .*read data"):
        load(tmp_path / "a.h5")
