"""Files that cannot be shown: each is refused in words that say what is wrong, and the app goes on."""

import html
import io
import struct
import zipfile
import zlib

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image as Picture
from sent import send

from atomstat_widgets import App
from atomstat_widgets.data import samples

GREY = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
STACK = np.stack([GREY] * 5)
TEXT = b"no image at all, but some words that go on"


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npy_head(shape):
    """Head of a .npy file that promises an array of float64, and 64 bytes of it."""
    words = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    words += b" " * (-(len(words) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(words)) + words + bytes(64)


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def zip_files(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return buffer.getvalue()


def tif(array, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, photometric="minisblack", **options)
    return buffer.getvalue()


def picture(form):
    buffer = io.BytesIO()
    Picture.fromarray(GREY).save(buffer, form)
    return buffer.getvalue()


def png(width, height):
    """A png file that promises a picture of this size, and has a thousand pixels of it."""
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0),
        b"IDAT": zlib.compress(bytes(1000)), b"IEND": b"",
    }  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts.items()
    )


def h5(values):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["a"] = values
    return buffer.getvalue()


DAMAGED = "is truncated, damaged or "
UNKNOWN = "; uploads are read of npy"
FILES = [
    ("empty.npy", b"", "empty.npy is empty (0 bytes)"),
    ("text.npy", TEXT, DAMAGED + "not a .npy file"),
    ("magic.npy", b"\x93NUMPY", DAMAGED + "not a .npy file"),
    ("head.npy", npy(GREY)[:40], DAMAGED + "not a .npy file"),
    ("cut.npy", npy(GREY)[:-9], "4087"),  # of 4096 elements, in the words of NumPy, which change
    ("version.npy", b"\x93NUMPY\x09\x00" + npy(GREY)[8:], "we only support format version"),
    ("huge.npy", npy_head((10**6, 10**6)), "huge.npy has 1,000,000 million values, and there is memory left for"),
    ("huger.npy", npy_head((10**9, 10**9, 10**9)), "huger.npy has 1,000,000,000,000 million values"),
    ("negative.npy", npy_head((-3, 5)), "negative.npy is truncated, damaged"),
    ("trap.npy", npy(np.array([{}], object)), "holds pickled Python objects; it is not opened"),
    ("words.npy", npy(np.array([["a"]])), "words.npy holds no numbers but <U1"),
    ("dates.npy", npy(np.array([["2020-01-01"]], "M8[D]")), "holds no numbers but datetime64[D]"),
    ("record.npy", npy(np.zeros((8, 8), [("a", "f4")])), "record.npy holds no numbers but"),
    ("complex.npy", npy(GREY * 1j), "complex.npy holds complex numbers (complex128); take the magnitude"),
    ("line.npy", npy(np.arange(9.0)), "line.npy: an image is (height, width) or (height, width, 3 or 4 colours)"),
    ("deep.npy", npy(np.ones((2,) * 5)), "not of shape (2, 2, 2, 2, 2)"),
    ("nothing.npy", npy(np.ones((0, 64))), "the image has no pixels, its shape is (0, 64)"),
    ("flat.npy", npy(np.ones((64, 64))), "all 4096 pixels of the image are equal (1)"),
    (
        "nan.npy",
        npy(np.full((64, 64), np.nan)),
        "4096 of 4096 pixels are NaN or infinite, the first at row 0",
    ),
    ("small.npy", npy(np.eye(3)), "an image of shape (3, 3) has no room for a window"),
    ("text.npz", TEXT, DAMAGED + "not a .npz file"),
    ("cut.npz", npz(a=GREY)[:-40], DAMAGED + "not a .npz file"),
    ("crc.npz", npz(a=GREY).replace(GREY[9].tobytes(), GREY[8].tobytes()), "Bad CRC-32"),
    ("trap.npz", npz(a=np.array([{}], object)), "holds pickled Python objects; it is not opened"),
    ("none.npz", zip_files(notes_txt="x"), "choose an array by its name; it has none"),
    ("line.npz", npz(a=np.arange(3.0)), "choose an array by its name; it has a (3,)"),
    ("several.npz", npz(a=GREY, b=GREY), "choose an array by its name; it has a (64, 64), b (64, 64)"),
    ("text.tif", TEXT, "not a TIFF file"),
    ("head.tif", tif(GREY)[:50], "head.tif is truncated, damaged"),
    ("cut.tif", tif(GREY)[:-99], "failed to read 4096 bytes, got 3997"),
    ("stack.tif", tif(np.concatenate([STACK] * 5))[:9000], "stack.tif is truncated: it ends before the last of its p"),
    ("packed.tif", tif(STACK, compression="zlib")[:5000], "packed.tif is truncated: it ends before the last of its p"),
    ("complex.tif", tif((GREY * 1j).astype(np.complex64)), "complex.tif holds complex numbers"),
    ("deep.tif", tif(np.ones((2, 3, 64, 64), np.float32)), "not of shape (2, 3, 64, 64)"),
    ("flat.tif", tif(np.ones((64, 64), np.float32)), "all 4096 pixels of the image are equal"),
    ("picture.tif", picture("gif"), "not a TIFF file"),
    ("text.png", TEXT, "text.png is truncated, damaged or of a kind that cannot be read (Image: it is no picture)"),
    ("cut.png", picture("png")[:800], "image file is truncated"),
    ("short.png", png(400, 400), "image file is truncated"),
    ("bomb.png", png(50_000, 50_000), "Image size (2500000000 pixels) exceeds limit"),
    ("text.jpg", TEXT, "it is no picture"),
    ("cut.jpg", picture("jpeg")[:100], "cut.jpg is truncated, damaged"),
    ("text.bmp", TEXT, "it is no picture"),
    ("text.gif", TEXT, "text.gif is truncated, damaged"),
    ("text.dm3", TEXT, "DigitalMicrograph: "),
    ("zeros.dm3", bytes(4000), "this file seems to be version 0"),
    ("picture.dm3", picture("png"), "DigitalMicrograph: "),
    ("text.dm4", TEXT, "DigitalMicrograph: "),
    ("text.emd", TEXT, "file signature not found"),
    ("none.emd", h5(np.arange(3.0)), "The file is not a supported EMD file"),
    ("text.hspy", TEXT, "file signature not found"),
    ("none.hspy", h5(np.arange(3.0)), "not a valid HyperSpy"),
    ("text.h5", TEXT, "text.h5 is truncated, damaged or of a kind that cannot be read (HDF5: "),
    ("none.h5", h5(np.arange(3.0)), "none.h5 holds no image, stack of images or spectrum image"),
    ("words.h5", h5(["x"]), "words.h5 holds no image, stack of images or spectrum image"),
    ("cut.h5", h5(GREY)[:1500], "truncated file"),
    ("complex.h5", h5(GREY * 1j), "complex.h5 holds complex numbers"),
    ("text.ndata", TEXT, "File is not a zip file"),
    ("none.ndata", zip_files(notes_txt="x"), "no item named 'data.npy'"),
    ("words.ndata", zip_files(data_npy=npy(GREY), metadata_json="{"), "words.ndata is truncated, damaged"),
    ("text.ser", TEXT, "TIA: "),
    ("text.mrc", TEXT, "text.mrc is truncated, damaged"),
    ("text.blo", TEXT, "text.blo is truncated, damaged"),
    ("text.bcf", TEXT, "text.bcf has the extension .bcf" + UNKNOWN),
    ("text.zspy", TEXT, "text.zspy has the extension .zspy" + UNKNOWN),
    ("text.nxs", TEXT, "file signature not found"),
    ("text.mib", TEXT, "text.mib is truncated, damaged"),
    ("text.rpl", TEXT, "text.rpl has the extension .rpl" + UNKNOWN),
    ("text.msa", TEXT, "a spectrum image is (height, width, channels), not of shape (1, 1, 0)"),
    ("text.sur", TEXT, "text.sur is truncated, damaged"),
    ("page.html", b"<script>", "has the extension .html" + UNKNOWN),
    ("program.exe", b"MZ", "has the extension .exe" + UNKNOWN),
    ("noname", TEXT, "has no extension" + UNKNOWN),
    ("", TEXT, "has no extension" + UNKNOWN),
    ("...", TEXT, UNKNOWN),
    ("../../up.npy", TEXT, "_.._up.npy is truncated, damaged"),
    ("<b>bold</b>.npy", TEXT, "_b_bold__b_.npy is truncated, damaged"),
    ("x" * 400 + ".npy", TEXT, "xxx.npy is truncated, damaged"),
]
TAKEN_AS = [
    ("image", npy(STACK), "an image is (height, width) or (height, width, 3 or 4 colours), not of shape (5, 64, 64)"),
    ("movie", npy(GREY), "a movie is (frames, height, width)"),
    ("movie", npy(np.ones((5, 2, 2))), "frames of 2 × 2 pixels have no room for atoms"),
    ("cube", npy(GREY), "a spectrum image is (height, width, channels), not of shape (64, 64)"),
    ("cube", npy(np.ones((8, 8, 2))), "2 channels are no spectra"),
    ("cube", npy(np.ones((8, 8, 40))), "all 2560 values of the spectrum image are equal (1)"),
    ("cube", npy(np.full((8, 8, 40), np.nan)), "all 2560 values of the spectrum image are NaN"),
    ("output", npy(GREY), "the output of a network is (frames, height, width, channels)"),
]


@pytest.fixture(scope="module")
def app():
    return App(samples.grains(shape=(96, 96)))


def refused(app, name, content):
    """What the bar says of an upload; nothing else has changed, and the next thing asked for is done."""
    shown = app.tabs.value, app.choice.value, app.notice.value
    data, result = app.panel.model.image, app.panel.model.result
    send(app, name, content)
    said = app.open_bar.words.value
    assert 'role="alert"' in said
    assert (app.tabs.value, app.choice.value, app.notice.value) == shown
    assert app.panel.model.image is data
    assert app.panel.model.result is result
    app.panel.model.n_components = 5 - app.panel.model.n_components  # 2 or 3
    assert app.panel.model.result.decomposition.n_components == app.panel.model.n_components
    return html.unescape(said)


@pytest.mark.parametrize(("name", "content", "message"), FILES, ids=[name[:20] for name, _, _ in FILES])
def test_a_file_that_cannot_be_shown(app, name, content, message):
    app.panel.model.n_components = 2
    said = refused(app, name, content)
    assert message in said
    assert str(app.open_bar.uploads.folder) not in said


def test_pixels_that_are_infinite_are_places_without_data():
    app = App(samples.grains(shape=(96, 96)))
    send(app, "inf.npy", npy(np.where(np.arange(4096).reshape(64, 64) == 195, np.inf, GREY)))
    assert app.open_bar.words.value == "inf.npy is shown."
    assert "Places without data were left out" in app.panel.model.result.remark


@pytest.mark.parametrize(("kind", "content", "message"), TAKEN_AS)
def test_a_file_that_is_not_what_it_is_taken_as(app, kind, content, message):
    app.panel.model.n_components = 2
    app.open_bar.kind.value = kind
    try:
        assert message in refused(app, "mine.npy", content)
    finally:
        app.open_bar.kind.value = ""
