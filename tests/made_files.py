"""Small good files of the formats that `load` accepts, written byte by byte or by RosettaSciIO's own writers."""

import importlib
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import PIL.Image
import tifffile

GREY = np.arange(12, dtype=np.uint16).reshape(3, 4)
STACK = np.arange(120, dtype=np.uint8).reshape(5, 4, 6)
Y, X, E = ("y", 0.25, "nm", False), ("x", 0.25, "nm", False), ("e", 0.5, "eV", False)
T, ROWS, COLUMNS = ("t", 1.0, "s", True), ("y", 0.25, "nm", True), ("x", 0.25, "nm", True)


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


def dm(version, array):
    """Gatan's file of one image, in version 3 or 4."""
    long = "q" if version == 4 else "i"

    def tag(kind, name, content):
        sized = struct.pack(">q", len(content)) if version == 4 else b""
        return struct.pack(">BH", kind, len(name)) + name.encode() + sized + content

    def group(name, *tags):
        return tag(20, name, struct.pack(f">BB{long}", 1, 0, len(tags)) + b"".join(tags))

    def value(name, code, packed, *described):
        infos = (code, *described)
        return tag(21, name, b"%%%%" + struct.pack(f">{long}{len(infos)}{long}", len(infos), *infos) + packed)

    def number(name, content):
        return value(name, 5, struct.pack("<I", content))

    def text(name, content):
        return value(name, 20, content.encode("utf-16-le"), 4, len(content))

    def axis():
        return group("", value("Origin", 6, struct.pack("<f", 0)), value("Scale", 6, struct.pack("<f", 0.25)),
                     text("Units", "nm"))  # fmt: skip

    data = group(
        "ImageData", group("Calibrations", group("Dimension", axis(), axis())),
        value("Data", 20, array.astype("<u2").tobytes(), 4, array.size), number("DataType", 10),
        group("Dimensions", number("", array.shape[1]), number("", array.shape[0])), number("PixelDepth", 2),
    )  # fmt: skip
    image = group("", data, group("ImageTags"), text("Name", "mine"))
    root = struct.pack(f">BB{long}", 1, 0, 1) + group("ImageList", image)
    return struct.pack(f">i{long}i", version, len(root), 1) + root + bytes(8)


def merlin(frames):
    """Frames of a Merlin detector."""
    header = (
        "MQ1,{:06d},00384,01,{:04d},{:04d},U08,   1x1,01,2020-01-01 00:00:00,0.001000,0,0,0,120,"
        "2020-01-01T00:00:00.000000000Z,1000000ns,12,"
    )
    return b"".join(
        header.format(number + 1, *frame.shape[::-1]).encode().ljust(384, b"\0") + frame.tobytes()
        for number, frame in enumerate(frames)
    )


def jeol(name, kind=0, content=b"", inner=b""):
    """One of JEOL's named values, 3 of int, 5 of float64, 1 of bytes and 12 of words, with others in it."""
    words = name.encode() + b"\0"
    head = b"\1" + struct.pack("<i", len(words)) + words + struct.pack("<ii", kind, len(content))
    return head + content + inner + b"\xff"


def jeol_image(array):
    image = jeol("Size", 3, struct.pack("<2i", *array.shape[::-1])) + jeol("Bits", 1, array.tobytes())
    image += jeol("Created", 5, struct.pack("<d", 4e4)) + jeol("Title", 12, b"mine\0")
    instrument = b"".join(jeol(name, 5, struct.pack("<d", 100)) for name in ("ScanSize", "Mag", "AccV"))
    header = struct.pack("<I", 52) + bytes(32) + struct.pack("<3I", 0, 0, 48)
    return header + bytes(12) + jeol("Image", inner=image) + jeol("Instrument", inner=instrument) + b"\xff"


def jeol_project(name):
    """JEOL's file of what belongs to a project: one image, of this name."""
    data = jeol("0", inner=jeol("Filename", 12, name.encode() + b"\0"))
    view = jeol("0", inner=jeol("ViewData", inner=data))
    sample = jeol("0", inner=jeol("ViewInfo", inner=view))
    return bytes(12) + jeol("SampleInfo", inner=sample) + b"\xff"


def write_jeol_project(path: Path) -> None:
    (path.parent / "part.img").write_bytes(jeol_image(STACK[0]))
    path.write_bytes(jeol_project("part.img"))


def write_zspy(path: Path) -> None:
    """HyperSpy's folder of a Zarr store; RosettaSciIO's writer is for Zarr 2."""
    import zarr

    file = zarr.open_group(path, mode="w", zarr_format=2)
    file.attrs.update({"file_format": "ZSpy", "file_format_version": "3.3"})
    signal = file.create_group("Experiments/mine")
    for number in range(2):
        axis = {"_type": "UniformDataAxis", "name": "yx"[number], "navigate": False, "offset": 0.0, "scale": 1.0,
                "size": 8, "units": "nm", "is_binned": False}  # fmt: skip
        signal.create_group(f"axis-{number}").attrs.update(axis)
    for name in ("metadata/Signal", "metadata/General", "original_metadata", "learning_results", "attributes"):
        signal.create_group(name)
    signal.create_array("data", shape=(8, 8), dtype="u1", chunks=(8, 8), compressors=None)[:] = 1


def write_by(plugin, *axes, array=None, **options):
    """What writes a described array by a writer of RosettaSciIO's."""

    def write(path: Path) -> None:
        data = STACK if array is None else array
        importlib.import_module(f"rsciio.{plugin}").file_writer(str(path), described(data, *axes), **options)

    return write


def write_picture(path: Path) -> None:
    PIL.Image.fromarray(np.random.default_rng(0).integers(0, 255, (12, 16, 3), np.uint8)).save(path)


def write_tif(array, **options):
    return lambda path: tifffile.imwrite(path, array, **options)


def write_nion(path: Path) -> None:
    content = io.BytesIO()
    np.save(content, STACK)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.npy", content.getvalue())
        archive.writestr("metadata.json", json.dumps({"is_sequence": True, "title": "mine"}))


def write_nion_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["data/1"] = STACK
        file["data/1"].attrs["properties"] = json.dumps({"is_sequence": True, "title": "mine"})


def write_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("group/image", data=STACK[0], compression="gzip")


def write_scaled(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["energy"] = np.linspace(100.0, 200.0, 6)
        file["energy"].attrs["units"] = "eV"
        file["energy"].make_scale("energy")
        file["data"] = STACK
        file["data"].dims[2].attach_scale(file["energy"])
        for axis, label in enumerate(("y", "x", "energy")):
            file["data"].dims[axis].label = label


def write_velox(path: Path) -> None:
    facts = {
        "BinaryResult": {"PixelSize": {"width": "1e-9", "height": "1e-9"}, "Offset": {"x": "0", "y": "0"},
                         "PixelUnitX": "m", "PixelUnitY": "m", "Detector": "HAADF", "DetectorIndex": "0"},
        "Core": {"MetadataDefinitionVersion": "7.9"}, "Instrument": {}, "Acquisition": {}, "Optics": {}, "Stage": {},
        "Scan": {}, "Vacuum": {}, "CustomProperties": {}, "Detectors": {"Detector-0": {"DetectorName": "HAADF"}},
    }  # fmt: skip
    words = np.frombuffer(json.dumps(facts).encode().ljust(2000, b"\0"), np.uint8)[:, None]
    with h5py.File(path, "w") as file:
        file["Version"] = np.array([b'{"format":"Velox","version":"1.0"}'])
        image = file.create_group("Data/Image/0123456789abcdef")
        image["Data"], image["Metadata"] = STACK[0][:, :, None], words
        shown = file.create_group("Displays/ImageDisplay")
        shown["0"] = np.array([json.dumps({"dataPath": "/Data/Image/0123456789abcdef"}).encode()])


def write_npz(path: Path) -> None:
    np.savez_compressed(path, image=GREY)


def write_empad(path: Path) -> None:
    values = np.arange(4 * 130 * 128, dtype="<f4")
    path.with_suffix(".raw").write_bytes(values.tobytes())
    path.write_text(
        f'<?xml version="1.0"?><root><raw_file filename="{path.stem}.raw"/><pix_x>2</pix_x><pix_y>2</pix_y>'
        '<timestamp isoformat="2020-01-01T00:00:00+0"/><scan_parameters mode="acquire"/></root>'
    )


def write_spectrum(path: Path) -> None:
    from rsciio.edax._api import get_spc_dtype_list

    header = np.zeros(1, get_spc_dtype_list(version=0.7))
    header["numPts"], header["dataStart"] = 20, header.nbytes
    header = np.frombuffer(struct.pack("<f", 0.7) + header.tobytes()[4:], header.dtype)
    path.write_bytes(header.tobytes() + np.arange(20, dtype="<u4").tobytes())


def write_dens(path: Path) -> None:
    path.write_text(
        "01/02/'20 12:00\tDigiheater 3.1\nR0=1.0\ta=1.0\tb=1.0\tc=1.0\ndelta_t\n"
        "sample\ttime\tTset[C]\tTmeas[C]\tRheat[ohm]\tVheat[V]\tIheat[mA]\tPheat [mW]\tc\n"
        + "".join(f"{n}\t12:00:{n:02d}.0\t20\t{20 + n}\t1\t1\t1\t1\t1\n" for n in range(9))
    )


def write_protochips(path: Path) -> None:
    facts = ("Date (yyyy.mm.dd) = 2020.01.01", "Time (hh:mm:ss.ms) = 00:00:00.0", "Time units = Milliseconds",
             "Current units = Amps", "User = me")  # fmt: skip
    rows = [*(f"0,{fact},1.5" for fact in facts), *(f"{number}.0,,{number}.5" for number in range(9))]
    path.write_text("\n".join(["Time, Notes,Holder Current", *rows, ""]))


def write_tofwerk(path: Path) -> None:
    from rsciio.tests.generate_tofwerk_test_files import make_opened_fixture

    make_opened_fixture(path, nwrites=2, nsegs=2, nx=2, npeaks=3, nsamples=8)


def write_bytes(content):
    return lambda path: path.write_bytes(content)


PATTERNS = np.random.default_rng(0).integers(0, 256, (2, 3, 8, 8), dtype=np.uint8)
GRID = (("y", 2.0, "nm", True), ("x", 2.0, "nm", True), ("dy", 0.1, "cm", False), ("dx", 0.1, "cm", False))

# By file name.
MAKERS: dict[str, Callable[[Path], Any]] = {
    "image.npy": lambda path: np.save(path, GREY),
    "stack.npy": lambda path: np.save(path, STACK),
    "one.npz": write_npz,
    "imagej.tif": write_tif(STACK, imagej=True, resolution=(4, 4), metadata={"unit": "nm"}),
    "ome.tif": write_tif(STACK, ome=True),
    "zlib.tif": write_tif(STACK, compression="zlib", photometric="minisblack"),
    "lzw.tif": write_tif(GREY, compression="lzw"),
    "big.tif": write_tif(STACK, bigtiff=True, photometric="minisblack"),
    "tiled.tif": write_tif(np.zeros((40, 40), np.uint8), tile=(16, 16)),
    "picture.png": write_picture, "picture.jpg": write_picture, "picture.bmp": write_picture,
    "picture.gif": write_picture, "picture.ppm": write_picture, "picture.pcx": write_picture,
    "image.dm3": write_bytes(dm(3, GREY)), "image.dm4": write_bytes(dm(4, GREY)),
    "ncem.emd": write_by("emd", T, Y, X), "velox.emd": write_velox,
    "electrons.de5": write_by("emd", T, Y, X),
    "cube.hspy": write_by("hspy", ROWS, COLUMNS, E),
    "plain.h5": write_hdf5, "scaled.h5": write_scaled, "nion.h5": write_nion_hdf5, "tofwerk.h5": write_tofwerk,
    "cube.hdf5": write_by("hspy", ROWS, COLUMNS, E), "plain.hf5": write_hdf5,
    "cube.nxs": write_by("nexus", ROWS, COLUMNS, E),
    "nion.ndata": write_nion,
    "image.mrc": write_bytes(mrc(GREY, 6, "<u2", (10, 7.5, 1))),
    "stack.mrc": write_bytes(mrc(STACK.astype(np.int16), 1, "<i2", (15, 10, 5))),
    "image.ser": write_bytes(ser(np.arange(25, dtype=np.uint16).reshape(5, 5), 2e-10)),
    "patterns.blo": write_by("blockfile", *GRID, array=PATTERNS, intensity_scaling=None, show_progressbar=False),
    "patterns_000.tvips": write_by("tvips", *GRID, array=PATTERNS, show_progressbar=False),
    "frames.mib": write_bytes(merlin(PATTERNS[0])),
    "spectrum.msa": write_by("msa", E, array=np.arange(20.0)),
    "spectrum.spc": write_spectrum,
    "image.unf": write_by("semper", Y, X, array=GREY.astype(np.float32)),
    "surface.sur": write_by("digitalsurf", Y, X, array=GREY.astype(np.float32)),
    "spectrum.pro": write_by("digitalsurf", E, array=np.arange(20, dtype=np.float32)),
    "cube.prz": write_by("pantarhei", ROWS, COLUMNS, E),
    "cube.rpl": write_by("ripple", ROWS, COLUMNS, E),
    "empad.xml": write_empad,
    "image.img": write_bytes(jeol_image(STACK[0])), "project.asw": write_jeol_project,
    "heating.dens": write_dens,
    "current.csv": write_protochips,
}  # fmt: skip
