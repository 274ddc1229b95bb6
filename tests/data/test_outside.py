"""No byte of a file outside is seen, whatever a file of any format points to and however its format lets it point."""

import shutil
import sys
from pathlib import Path

import h5py
import made_files
import numpy as np
import pytest
import tifffile
import zarr
from rsciio import IO_PLUGINS

from atomstat_widgets.data import Cube, Movie, ReadError, load
from atomstat_widgets.data.guarded import warm
from atomstat_widgets.data.guarded.opening import Opening
from atomstat_widgets.data.readers import loading
from atomstat_widgets.data.readers.images import OWN_PLUGINS
from atomstat_widgets.data.readers.reopening import reopen
from atomstat_widgets.panels.open_bar import FOLDER_VARIABLE, OpenBar

# Rising, as energies must.
SECRET = np.sort(np.random.default_rng(0).permutation(np.arange(130, 255))[:64]).astype(np.uint8)
RUN = 8  # bytes, or values, of the secret in a row
WORDS = "a secret in words"


def secret(shape, dtype):
    """Array of the secret over and over."""
    return np.resize(SECRET, shape).astype(dtype)


def require_unseen(data):
    """Fail when the secret stands in data, in bytes or as numbers, or in what they tell."""
    arrays = [data[index] for index in range(len(data))] if isinstance(data, Movie) else [data.array]
    arrays += [data.energies] if isinstance(data, Cube) and data.energies is not None else []
    runs = [np.roll(SECRET, -start)[:RUN].tobytes() for start in range(len(SECRET))]
    for array in map(np.asarray, arrays):
        with np.errstate(invalid="ignore"):
            numbers = np.nan_to_num(array.astype(np.float64)).clip(0, 255).astype(np.uint8)
        for seen in (array.tobytes(), numbers.tobytes(), numbers[::-1].tobytes()):
            assert not any(run in seen for run in runs)
    require_unsaid(f"{data.metadata} {data.name}")


def require_unsaid(words):
    assert WORDS not in words
    assert not any(str(SECRET[start : start + 3].tolist())[1:-1] in words for start in range(len(SECRET) - 3))


@pytest.fixture
def outside(tmp_path):
    """Folder that no file may lead to."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.bin").write_bytes(SECRET.tobytes() * 8200)  # as large as frames of an EMPAD detector
    (folder / "secret.txt").write_text(f"HDR,\nKey:\t{WORDS}\nEnd\t\n")
    (folder / "secret.img").write_bytes(made_files.jeol_image(secret((8, 8), np.uint8)))
    (folder / "secret.ser").write_bytes(made_files.ser(secret((8, 8), np.uint16), 1e-10))
    tifffile.imwrite(folder / "secret.tif", secret((4, 6), np.uint8))
    np.save(folder / "secret.npy", secret((8, 8), np.uint8))
    return folder


@pytest.fixture
def inside(tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    return folder


# HDF5


def largest(file):
    found = []
    file.visititems(lambda name, item: found.append((item.size or 0, name)) if isinstance(item, h5py.Dataset) else None)
    return max(found)[1]


def in_its_place(file, name, make):
    """Let something else stand where a dataset of numbers is."""
    attributes = dict(file[name].attrs)
    shape, dtype = file[name].shape, file[name].dtype
    del file[name]
    make(shape, dtype)
    if isinstance(file.get(name, getlink=True), h5py.HardLink):
        for key, value in attributes.items():
            if key not in ("DIMENSION_LIST", "REFERENCE_LIST"):
                file[name].attrs[key] = value


def other_file(outside, shape, dtype):
    with h5py.File(outside / "other.h5", "w") as other:
        other["image"] = secret(shape, dtype)
    return str(outside / "other.h5")


def external_storage(path, outside):
    with h5py.File(path, "r+") as file:
        name = largest(file)

        def make(shape, dtype):
            part = (str(outside / "secret.bin"), 0, int(np.prod(shape)) * dtype.itemsize)
            file.create_dataset(name, shape, dtype, external=[part])

        in_its_place(file, name, make)


def external_link(path, outside):
    with h5py.File(path, "r+") as file:
        name = largest(file)
        in_its_place(file, name, lambda shape, dtype: file.__setitem__(
            name, h5py.ExternalLink(other_file(outside, shape, dtype), "image")))  # fmt: skip


def soft_link(path, outside):
    """Which leads over an external one."""
    with h5py.File(path, "r+") as file:
        name = largest(file)

        def make(shape, dtype):
            file["over"] = h5py.ExternalLink(other_file(outside, shape, dtype), "/")
            file[name] = h5py.SoftLink("/over/image")

        in_its_place(file, name, make)


def virtual_dataset(path, outside):
    with h5py.File(path, "r+") as file:
        name = largest(file)

        def make(shape, dtype):
            layout = h5py.VirtualLayout(shape, dtype)
            layout[:] = h5py.VirtualSource(other_file(outside, shape, dtype), "image", shape)
            file.create_virtual_dataset(name, layout)

        in_its_place(file, name, make)


def behind_other_bytes(path, outside):
    """Whose signature does not stand at its beginning."""
    external_storage(path, outside)
    whole = path.with_name("whole")
    path.rename(whole)
    with h5py.File(whole) as old, h5py.File(path, "w", userblock_size=1024) as new:
        for name in old:
            old.copy(name, new)
        new.attrs.update(old.attrs)
    whole.unlink()


HDF5_TRICKS = (external_storage, external_link, soft_link, virtual_dataset, behind_other_bytes)


def axis_without_a_link(path, outside):
    """An axis that a dataset refers to by its place in the file; its name is counted out of its group."""
    with h5py.File(path, "w") as file:
        axis = file.create_dataset("zz", (64,), "u1", external=[(str(outside / "secret.bin"), 0, 64)])
        axis.make_scale("energy")
        axis.attrs["units"] = "eV"
        image = file.create_dataset("data", data=np.zeros((8, 8, 64), np.uint8))
        image.dims[2].attach_scale(axis)
        for number, label in enumerate(("y", "x", "energy")):
            image.dims[number].label = label
    content = bytearray(path.read_bytes())
    place = content.index(b"SNOD") + 6
    assert content[place] == 2
    content[place] = 1
    path.write_bytes(bytes(content))
    with h5py.File(path) as file:
        assert list(file) == ["data"]


# What other formats name, or find by its name


def tif_of_a_set(name):
    def make(path, outside):
        other = f"../{outside.name}/secret.tif" if name == "relative" else str(outside / "secret.tif")
        planes = "".join(
            f'<TiffData IFD="0" FirstT="{t}" PlaneCount="1"><UUID FileName="{file}">urn:uuid:{t}</UUID></TiffData>'
            for t, file in enumerate((path.name, other.replace("/", "&#47;")))
        )
        tifffile.imwrite(path, np.zeros((4, 6), np.uint8), metadata=None, description=(
            '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            'UUID="urn:uuid:0"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint8" SizeX="6" '
            f'SizeY="4" SizeZ="1" SizeC="1" SizeT="2">{planes}</Pixels></Image></OME>'))  # fmt: skip

    return make


def empad(name):
    def make(path, outside):
        made_files.write_empad(path)
        other = f"../{outside.name}/secret.bin" if name == "relative" else outside / "secret.bin"
        path.write_text(path.read_text().replace(f"{path.stem}.raw", str(other)))

    return make


def jeol_project(name):
    def make(path, outside):
        steps = ["..", outside.name] if name == "relative" else ["/", *outside.parts[1:]]
        path.write_bytes(made_files.jeol_project("\\".join([*steps, "secret.img"])))

    return make


def companion(maker, name, target):
    """A good file, beside which a link leads to the other."""

    def make(path, outside):
        made_files.MAKERS[maker](path)
        (path.parent / name).unlink(missing_ok=True)
        (path.parent / name).symlink_to(outside / target)

    return make


def emi(path, outside):
    path.write_bytes(b"<ObjectInfo><Uuid>a</Uuid><AcquireDate>a</AcquireDate></ObjectInfo>")
    path.with_name(f"{path.stem}_1.ser").symlink_to(outside / "secret.ser")


def zspy(path, outside):
    made_files.write_zspy(path)
    (path / "Experiments/mine/data/0.0").unlink()
    (path / "Experiments/mine/data/0.0").symlink_to(outside / "secret.bin")


def folder_of_images(path, outside):
    path.mkdir()
    np.save(path / "1.npy", np.zeros((8, 8), np.uint8))
    (path / "2.npy").symlink_to(outside / "secret.npy")


LINKS = "in the file system"  # no file can bring them along: only what is not trusted is kept from following them
NAMED = "in the file"


def hdf5(name, extension, tricks=HDF5_TRICKS):
    """Cases of a format in HDF5: each trick in the good file of `made_files`."""
    maker = made_files.MAKERS[name]

    def case(trick):
        def make(path, outside):
            maker(path)
            trick(path, outside)

        return make

    return [(f"{trick.__name__}{extension}", NAMED, case(trick)) for trick in tricks]


# By plugin: name of a file, where it points from, and what makes it.
CASES = {
    "HDF5": [*hdf5("plain.h5", ".h5"), *hdf5("scaled.h5", ".hf5"), ("axis.h5", NAMED, axis_without_a_link)],
    "Nion Swift": hdf5("nion.h5", ".h5"),
    "Tofwerk": hdf5("tofwerk.h5", ".h5"),
    "Delmic": hdf5("plain.h5", ".h5", [virtual_dataset]),
    "Arina": hdf5("plain.h5", ".h5", [virtual_dataset]),
    "USID": hdf5("plain.h5", ".hdf5", [virtual_dataset]),
    "Topspin": hdf5("plain.h5", ".app5", [virtual_dataset]),
    "HSPY": [*hdf5("cube.hspy", ".hspy"), *hdf5("cube.hdf5", ".hdf5")],
    "EMD": [*hdf5("ncem.emd", ".emd"), *hdf5("velox.emd", ".emd"), *hdf5("electrons.de5", ".de5")],
    "NeXus": hdf5("cube.nxs", ".nxs"),
    "TIFF": [(f"{name}.tif", NAMED, tif_of_a_set(name)) for name in ("relative", "absolute")],
    "EMPAD": [(f"{name}.xml", NAMED, empad(name)) for name in ("relative", "absolute")],
    "JEOL": [(f"{name}.asw", NAMED, jeol_project(name)) for name in ("relative", "absolute")],
    "Ripple": [("cube.rpl", LINKS, companion("cube.rpl", "cube.raw", "secret.bin"))],
    "TVIPS": [("patterns_000.tvips", LINKS, companion("patterns_000.tvips", "patterns_001.tvips", "secret.bin"))],
    "QuantumDetector": [("frames.mib", LINKS, companion("frames.mib", "frames.hdr", "secret.txt"))],
    "MRC": [("stack.mrc", LINKS, companion("stack.mrc", "stack_info.txt", "secret.txt"))],
    "TIA": [("objects.emi", LINKS, emi)],
    "ZSPY": [("store.zspy", LINKS, zspy)],
}
ONE_FILE = "its reader opens the one file, by its path, and nothing in it is taken for a name"
BESIDE = "its reader finds what stands beside it by its own name, as Ripple's does"
CANNOT = {
    "netCDF": "its reader is never used: it runs what stands in the file",
    "Impulse": BESIDE, "EDAX": BESIDE, "Protochips": ONE_FILE,
    **dict.fromkeys(("MRCZ", "DigitalMicrograph", "DENS", "numpy", "Quadstar", "DigitalSurf", "JobinYvon", "Image",
                     "TriVista", "Renishaw", "MSA", "Phenom", "Semper", "Bruker", "Blockfile", "Hamamatsu"), ONE_FILE),
    "PantaRhei": "archives are read in memory: nothing is unpacked into a folder",
}  # fmt: skip
FOLDERS = [("film", LINKS, folder_of_images)]
ALL = [(plugin, *case) for plugin, cases in (*CASES.items(), ("folder", FOLDERS)) for case in cases]


def test_each_format_has_a_case_or_a_reason():
    known = {plugin["name"] for plugin in (*IO_PLUGINS, *OWN_PLUGINS)}
    assert known == CASES.keys() | CANNOT.keys()
    assert not CASES.keys() & CANNOT.keys()


@pytest.fixture(params=[pytest.param("landlock", marks=pytest.mark.slow), "no landlock"])
def readers(request, monkeypatch):
    """Readers with the kernel's refusals and ours, or with ours alone."""
    if request.param == "no landlock":
        if sys.platform != "linux":
            pytest.skip("readers are started in another way")
        monkeypatch.setattr(warm, "ANSWERING", "without_landlock")
        paths = [str(Path(made_files.__file__).parent), str(Path(warm.__file__).parents[2])]
        monkeypatch.setenv("PYTHONPATH", ":".join(paths))
        monkeypatch.setattr(warm, "_control", _WITHOUT.get("control"))
        yield
        _WITHOUT["control"] = warm._control
    else:
        yield


_WITHOUT = {}  # the one process without Landlock, of all tests


@pytest.mark.filterwarnings("ignore")  # of RosettaSciIO's writers
@pytest.mark.parametrize(("plugin", "name", "where", "make"), ALL, ids=[f"{one[0]}-{one[1]}" for one in ALL])
def test_nothing_outside_is_seen(plugin, name, where, make, inside, outside, readers):
    make(inside / name, outside)
    ways = [lambda: Opening(inside / name, seconds=20).load()]
    ways += [lambda: load(inside / name)] if where == NAMED else []
    for way in ways:
        try:
            require_unseen(way())
        except (ValueError, MemoryError) as error:
            require_unsaid(str(error))


@pytest.mark.filterwarnings("ignore")
def test_what_points_inside_is_seen(inside, outside):
    """The tests above look for what would be there: it is found where it may be."""
    made_files.write_empad(inside / "a.xml")
    shutil.copy(outside / "secret.bin", inside / "a.raw")
    with pytest.raises(AssertionError):
        require_unseen(Opening(inside / "a.xml").load())
    np.save(inside / "a.npy", secret((8, 8), np.float32))
    with pytest.raises(AssertionError):
        require_unseen(load(inside / "a.npy"))


# What visitors choose of the data folder, large files among them, which are read block by block in their session


def chunk_of_zarr(path, outside):
    array = zarr.create_array(path, shape=(2, 8200, 64), chunks=(1, 8200, 64), dtype="u1", compressors=None)
    array[:] = 1
    chunk = path / "c/0/0/0"
    chunk.unlink()
    chunk.symlink_to(outside / "secret.bin")


OF_FOLDER = [("store.zarr", chunk_of_zarr), *((name, make) for name, _, make in CASES["EMPAD"])]


@pytest.fixture
def large(monkeypatch):
    """Every file is as one of more than 4 GB."""
    monkeypatch.setattr(loading, "is_large", lambda path: True)


@pytest.mark.parametrize("asked", [{}, {"lazy": True}, {"lazy": True, "trusted": True, "kind": "movie"}])
@pytest.mark.parametrize(("name", "make"), OF_FOLDER)
def test_no_link_shows_what_is_outside(name, make, asked, inside, outside, large):
    make(inside / name, outside)
    with pytest.raises(ReadError) as refused:
        require_unseen(reopen({"source": name, **asked}, inside))
    require_unsaid(str(refused.value))


@pytest.mark.parametrize(("name", "make"), OF_FOLDER)
def test_the_open_bar_shows_nothing_outside(name, make, inside, outside, large, monkeypatch):
    make(inside / name, outside)
    monkeypatch.setenv(FOLDER_VARIABLE, str(inside))
    shown = []
    bar = OpenBar(shown.append)
    bar.switch.value = True
    bar.file.value = name
    assert not shown
    assert f"{name} is not read: " in bar.words.value or f"{name} is truncated, damaged" in bar.words.value
    require_unsaid(bar.words.value)


def test_the_chunk_would_be_seen(inside, outside):
    chunk_of_zarr(inside / "store.zarr", outside)
    with pytest.raises(AssertionError):
        require_unseen(load(inside / "store.zarr"))
