"""`load`: whatever a source holds."""

import json
import subprocess
import sys
import zipfile

import h5py
import hyperspy.api as hs
import numpy as np
import pytest
import xarray

from atomstat_widgets.data import Cube, Image, Movie, ReadError, cubes, list_signals, load, movies, samples

GREY = np.arange(12, dtype=np.uint16).reshape(3, 4)
STACK = np.arange(120, dtype=np.float32).reshape(5, 4, 6)


def values(data):
    return data.array if isinstance(data, Image | Cube) else np.stack(list(data))


class TestRealFiles:
    @pytest.mark.parametrize(
        ("name", "kind", "shape", "dtype", "pixel", "unit"),
        [
            ("format-files/AL-DFoffset0.00.dm3", Cube, (1, 1, 2048), "float32", None, "px"),
            ("format-files/EELS_STO.dm3", Cube, (1, 1, 2048), "float32", None, "px"),
            ("format-files/EDS-STO.emd", Cube, (1, 1, 4096), "uint32", None, "px"),
            ("format-files/EMDReader_SpectrumImage_Si.emd", Cube, (16, 16, 4096), "uint16", 5.302414837991601, "nm"),
            ("stem-mos2-dm3/example_Se_implanted_MoS2.dm3", Image, (1024, 1024), "uint32", 0.0126953125, "nm"),
            ("cube-bfo-iv/bfo_iv_final.hf5", Cube, (50, 50, 53), "float64", 5e-9 / 49 * 1e9, "nm"),
        ],
    )
    def test_shape_dtype_and_pixel_size(self, shared_data, name, kind, shape, dtype, pixel, unit):
        data = load(shared_data / name)
        assert type(data) is kind
        assert (data.array.shape, data.array.dtype, data.unit) == (shape, dtype, unit)
        assert data.pixel_size == (None if pixel is None else pytest.approx(pixel))

    def test_energies(self, shared_data):
        cube = load(shared_data / "format-files" / "EMDReader_SpectrumImage_Si.emd")
        assert cube.energy_unit == "keV"
        np.testing.assert_allclose(cube.energies, -1 + 0.01 * np.arange(4096), atol=1e-9)
        field = load(shared_data / "cube-bfo-iv" / "bfo_iv_final.hf5")
        with h5py.File(shared_data / "cube-bfo-iv" / "bfo_iv_final.hf5") as file:
            group = file["Measurement_000/Channel_000/IV_BFO"]
            np.testing.assert_array_equal(field.energies, group[r"$\sqrt E$"])
            np.testing.assert_array_equal(field.array, np.swapaxes(group["IV_BFO"], 0, 1))  # x comes first there
        assert field.energy_unit == "$(V/m)^{0.5}$"

    def test_one_of_several_signals(self, shared_data):
        path = shared_data / "format-files" / "EMDReader_SpectrumImage_Si.emd"
        assert list_signals(path) == [
            "0: HAADF: an image of shape (16, 16)", "1: EDS: a spectrum image of shape (16, 16, 4096)",
        ]  # fmt: skip
        for signal in (0, "0", "HAADF"):
            image = load(path, signal=signal)
            assert (type(image), image.array.shape) == (Image, (16, 16))
        assert type(load(path, kind="image")) is Image
        with pytest.raises(ReadError, match=r"has no signal 'BF'; it has 0: HAADF: an image of shape \(16, 16\); 1: E"):
            load(path, signal="BF")
        with pytest.raises(ReadError, match=r"holds no stack of images but an image of shape \(16, 16\), a spectrum i"):
            load(path, kind="movie")

    def test_arrays_of_an_npz(self, shared_data):
        path = shared_data / "cube-eels-real" / "SI_data.npz"
        assert list_signals(path) == ["X: float64 of shape (24, 22, 138)", "ev: float64 of shape (138,)"]
        assert load(path, kind="cube").array.shape == (24, 22, 138)


class TestNumpyFiles:
    @pytest.mark.parametrize(("kind", "made"), [(None, Movie), ("movie", Movie), ("cube", Cube)])
    def test_npy_of_three_axes(self, tmp_path, kind, made):
        np.save(tmp_path / "a.npy", STACK)
        data = load(tmp_path / "a.npy", kind=kind)
        assert type(data) is made
        np.testing.assert_array_equal(values(data), STACK)

    def test_the_only_array_of_an_npz(self, tmp_path):
        np.savez(tmp_path / "a.npz", image=GREY, axis=np.arange(3))
        image = load(tmp_path / "a.npz")
        assert (type(image), image.name) == (Image, "a.npz")
        np.testing.assert_array_equal(image.array, GREY)

    def test_one_of_several_arrays(self, tmp_path):
        np.savez_compressed(tmp_path / "a.npz", image=GREY, film=STACK)
        assert type(load(tmp_path / "a.npz", signal="film")) is Movie
        assert type(load(tmp_path / "a.npz", signal="film", kind="cube")) is Cube
        listed = r"it has image \(3, 4\), film \(5, 4, 6\)"
        with pytest.raises(ReadError, match=rf"a.npz: choose an array by its name; {listed}"):
            load(tmp_path / "a.npz")
        with pytest.raises(ReadError, match=rf"a.npz: there is no array 'x'; {listed}"):
            load(tmp_path / "a.npz", signal="x")

    def test_bad_npz(self, tmp_path):
        (tmp_path / "text.npz").write_text("no archive")
        np.savez(tmp_path / "trap.npz", a=np.array([{}], object))
        np.savez(tmp_path / "whole.npz", a=GREY)
        (tmp_path / "cut.npz").write_bytes((tmp_path / "whole.npz").read_bytes()[:-40])
        np.savez(tmp_path / "flat.npz", a=np.arange(3))
        with zipfile.ZipFile(tmp_path / "none.npz", "w") as archive:
            archive.writestr("notes.txt", "x")
        for name, message in {
            "text.npz": "text.npz is truncated, damaged or not a .npz file",
            "trap.npz": "trap.npz holds pickled Python objects; it is not opened",
            "cut.npz": "cut.npz is truncated, damaged or not a .npz file",
            "flat.npz": r"flat.npz: choose an array by its name; it has a \(3,\)",
            "none.npz": "none.npz: choose an array by its name; it has none",
            "absent.npz": "absent.npz does not exist",
        }.items():
            with pytest.raises(ReadError, match=message):
                load(tmp_path / name)


def calibrated(signal, **units):
    for axis, (name, (scale, unit)) in zip(signal.axes_manager._axes, units.items(), strict=True):
        axis.name, axis.scale, axis.units = name, scale, unit
    signal.metadata.General.title = "mine"
    return signal


SIGNALS = {
    "image": (lambda: calibrated(hs.signals.Signal2D(STACK[0]), y=(0.2, "nm"), x=(0.2, "nm")), Image),
    "movie": (lambda: calibrated(hs.signals.Signal2D(STACK), t=(1, "s"), y=(0.2, "nm"), x=(0.2, "nm")), Movie),
    "cube": (lambda: calibrated(hs.signals.Signal1D(STACK), y=(0.2, "nm"), x=(0.2, "nm"), e=(0.5, "eV")), Cube),
    "lazy": (lambda: SIGNALS["cube"][0]().as_lazy(), Cube),
    "line": (lambda: calibrated(hs.signals.Signal1D(STACK[0]), x=(0.2, "nm"), e=(0.5, "eV")), Cube),
    "spectrum": (lambda: calibrated(hs.signals.Signal1D(STACK[0, 0]), e=(0.5, "eV")), Cube),
}  # fmt: skip


class TestHyperSpy:
    @pytest.mark.parametrize("where", ["memory", "hspy"])
    @pytest.mark.parametrize("name", SIGNALS)
    def test_signals(self, tmp_path, name, where):
        make, kind = SIGNALS[name]
        source = signal = make()
        if where != "memory":
            source = tmp_path / f"mine.{where}"
            signal.save(source)
        data = load(source)
        assert type(data) is kind
        assert data.name == ("mine" if where == "memory" else f"mine.{where}")
        wanted = np.asarray(signal.data)
        np.testing.assert_array_equal(values(data), wanted.reshape(1, *(1, *wanted.shape)[-2:])
                                      if kind is Cube and wanted.ndim < 3 else wanted)  # fmt: skip
        assert (data.pixel_size, data.unit) == ((None, "px") if name == "spectrum" else (0.2, "nm"))
        if kind is Cube:
            np.testing.assert_allclose(data.energies, 0.5 * np.arange(6))
            assert data.energy_unit == "eV"

    def test_zspy(self, tmp_path):
        import zarr

        root = zarr.open_group(tmp_path / "mine.zspy", mode="w", zarr_format=2)
        root.attrs.update({"file_format": "ZSpy", "file_format_version": "3.3"})
        signal = root.create_group("Experiments/mine")
        signal.attrs.update({"package": "hyperspy", "package_version": "2.0"})
        signal.create_array("data", data=STACK)
        for number, (size, unit) in enumerate(zip(STACK.shape, ("nm", "nm", "eV"), strict=True)):
            signal.create_group(f"axis-{number}").attrs.update(
                {"_type": "UniformDataAxis", "name": "yxe"[number], "navigate": number < 2, "offset": 0.0,
                 "scale": 0.5, "size": size, "units": unit}
            )  # fmt: skip
        signal.create_group("metadata/General").attrs["title"] = "mine"
        for name in ("original_metadata", "attributes", "learning_results"):
            signal.create_group(name)
        cube = load(tmp_path / "mine.zspy")
        assert (type(cube), cube.name, cube.pixel_size, cube.energy_unit) == (Cube, "mine.zspy", 0.5, "eV")
        np.testing.assert_array_equal(cube.array, STACK)
        assert list_signals(tmp_path / "mine.zspy") == ["0: mine: a spectrum image of shape (5, 4, 6)"]

    def test_of_the_wrong_kind(self):
        with pytest.raises(ReadError, match=r"mine holds no image but a spectrum image of shape \(5, 4, 6\)"):
            load(SIGNALS["cube"][0](), kind="image")


class TestXarray:
    @staticmethod
    def array(*dims):
        sizes = {"time": 3, "energy": 5, "y": 4, "x": 6}
        coords = {dim: (dim, np.arange(sizes[dim]) * 0.5 + 7, {"units": "nm" if dim in "yx" else "eV"}) for dim in dims}
        shape = [sizes[dim] for dim in dims]
        return xarray.DataArray(np.random.default_rng(0).random(shape), dims=dims, coords=coords, name="mine")

    @pytest.mark.parametrize(
        ("dims", "kind", "order"),
        [
            (("y", "x"), Image, ("y", "x")),
            (("x", "y"), Image, ("y", "x")),
            (("time", "y", "x"), Movie, ("time", "y", "x")),
            (("x", "y", "time"), Movie, ("time", "y", "x")),
            (("y", "x", "energy"), Cube, ("y", "x", "energy")),
            (("energy", "x", "y"), Cube, ("y", "x", "energy")),
        ],
    )
    def test_axes_are_put_in_order(self, dims, kind, order):
        array = self.array(*dims)
        data = load(array)
        assert (type(data), data.name, data.pixel_size, data.unit) == (kind, "mine", 0.5, "nm")
        np.testing.assert_array_equal(values(data), array.transpose(*order).values)
        if kind is Cube:
            np.testing.assert_allclose(data.energies, 7 + 0.5 * np.arange(5))

    def test_without_coordinates(self):
        data = load(xarray.DataArray(GREY, dims=("y", "x")))
        assert (data.pixel_size, data.unit, data.name) == (None, "px", "array")

    @pytest.mark.parametrize("dims", [("a", "b"), ("y",), ("y", "x", "a", "b"), ("y", "z")])
    def test_axes_that_cannot_be_told(self, dims):
        with pytest.raises(ReadError, match=rf"a DataArray with the axes {', '.join(dims)}: name them y and x and"):
            load(xarray.DataArray(np.ones([2] * len(dims)), dims=dims))


def test_neither_package_is_imported():
    code = "import sys; import atomstat_widgets.data; print({'hyperspy', 'xarray', 'h5py'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


class TestHdf5:
    @pytest.mark.parametrize("ending", ["h5", "hdf5", "hf5"])
    def test_nion_swift(self, tmp_path, ending):
        with h5py.File(tmp_path / f"a.{ending}", "w") as file:
            file["data"] = STACK
            file["data"].attrs["properties"] = json.dumps({
                "collection_dimension_count": 2, "datum_dimension_count": 1, "is_sequence": False, "title": "EELS",
                "dimensional_calibrations": [
                    {"scale": 0.3, "offset": 0, "units": "nm"}, {"scale": 0.3, "offset": 0, "units": "nm"},
                    {"scale": 2, "offset": 100, "units": "eV"},
                ],
            })  # fmt: skip
        cube = load(tmp_path / f"a.{ending}")
        np.testing.assert_array_equal(cube.array, STACK)
        assert (cube.pixel_size, cube.unit, cube.energy_unit) == (pytest.approx(0.3), "nm", "eV")
        np.testing.assert_allclose(cube.energies, 100 + 2 * np.arange(6))
        assert list_signals(tmp_path / f"a.{ending}") == ["0: EELS: a spectrum image of shape (5, 4, 6)"]

    def test_ndata(self, tmp_path):
        np.save(tmp_path / "data.npy", STACK)
        calibrations = [{}, {"scale": 0.1, "units": "nm"}, {"scale": 0.1, "units": "nm"}]
        with zipfile.ZipFile(tmp_path / "a.ndata", "w") as archive:
            archive.write(tmp_path / "data.npy", "data.npy")
            archive.writestr(
                "metadata.json", json.dumps({"is_sequence": True, "dimensional_calibrations": calibrations})
            )
        movie = load(tmp_path / "a.ndata")
        assert (type(movie), movie.pixel_size, movie.unit) == (Movie, pytest.approx(0.1), "nm")
        np.testing.assert_array_equal(values(movie), STACK)

    def test_dimension_scales(self, tmp_path):
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["film"] = STACK
            for dimension, name, size in zip(file["film"].dims, ("time", "y", "x"), STACK.shape, strict=True):
                file[name] = np.arange(size) * 0.25
                file[name].make_scale(name)
                file[name].attrs["units"] = "nm"
                dimension.attach_scale(file[name])
        movie = load(tmp_path / "a.h5")
        assert (type(movie), movie.pixel_size, movie.unit) == (Movie, 0.25, "nm")
        np.testing.assert_array_equal(movie[2], STACK[2])

    def test_a_plain_one(self, tmp_path):
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["stuff/film"], file["stuff/table"] = STACK, np.arange(5)
        assert type(load(tmp_path / "a.h5")) is Movie
        assert type(load(tmp_path / "a.h5", kind="cube")) is Cube

    @pytest.mark.parametrize(
        ("name", "content", "message"),
        [
            ("a.h5", b"text", "a.h5 is truncated, damaged or of a kind that cannot be read"),
            ("a.hf5", b"text", "a.hf5 is truncated, damaged or of a kind that cannot be read"),
            ("a.ndata", b"text", "a.ndata is truncated, damaged or of a kind that cannot be read"),
            ("a.h5", b"", r"a.h5 is empty \(0 bytes\)"),
        ],
    )
    def test_damaged(self, tmp_path, name, content, message):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ReadError, match=message):
            load(tmp_path / name)

    def test_one_without_images(self, tmp_path):
        with h5py.File(tmp_path / "a.hf5", "w") as file:
            file["table"] = np.arange(5)
        with pytest.raises(ReadError, match=r"a.hf5 holds no image, stack of images or spectrum image"):
            load(tmp_path / "a.hf5")


class TestChoices:
    @pytest.mark.parametrize(
        ("source", "options", "error", "message"),
        [
            (GREY, {"kind": "film"}, ValueError, "the kind is one of image, movie, cube, output, got 'film'"),
            (GREY, {"signal": 1}, TypeError, "signals are chosen of files, and this is of type ndarray"),
            (GREY, {"kind": "cube"}, ReadError, r"array: a spectrum image is \(height, width, channels\), not of sh"),
            (GREY, {"kind": "movie"}, ReadError, r"array: a movie is \(frames, height, width\)"),
            (STACK, {"kind": "image"}, ReadError, r"array: an image is \(height, width\)"),
            (Image(GREY), {"kind": "cube"}, TypeError, "a spectrum image is loaded from a path, an array or a Cube, n"),
            (None, {}, TypeError, "not from NoneType"),
            (3, {"kind": "cube"}, TypeError, "not from int"),
            ({}, {}, TypeError, "not from dict"),
        ],
    )
    def test_of_what_is_in_memory(self, source, options, error, message):
        with pytest.raises(error, match=message):
            load(source, **options)

    def test_of_what_has_no_signals(self, tmp_path):
        np.save(tmp_path / "a.npy", GREY)
        for source in (tmp_path, tmp_path / "a.npy"):
            with pytest.raises(ReadError, match=f"{source.name} has no signals to choose from"):
                load(source, signal=0)
        with pytest.raises(ReadError, match="is a folder, not a spectrum image"):
            load(tmp_path, kind="cube")

    @pytest.mark.parametrize("data", [Image(GREY), Movie(STACK), Cube(STACK)])
    def test_what_was_loaded_is_returned(self, data):
        assert load(data) is data


class TestSource:
    def test_of_a_file(self, tmp_path):
        np.save(tmp_path / "it's.npy", STACK)
        cube = load(tmp_path / "it's.npy", kind="cube")
        assert cube.source.arguments == {"source": str(tmp_path / "it's.npy"), "kind": "cube"}
        again = eval(cube.source.code, {"load": load})
        assert (type(again), again.source) == (Cube, cube.source)
        np.testing.assert_array_equal(again.array, STACK)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: samples.grains(angles=(0.0, 9.0), shape=(64, 70), noise=0.3),
            lambda: samples.graphene(shape=(64, 64), seed=4),
            lambda: movies.hopping_dopants(frames=10, seed=2),
            lambda: cubes.oxides(dose=30.0, shape=(8, 9), channels=40),
        ],
    )
    def test_of_a_sample(self, make):
        data = make()
        again = eval(data.source.code, {"samples": samples, "movies": movies, "cubes": cubes})
        np.testing.assert_array_equal(values(again), values(data))
        assert again.source == data.source

    def test_of_an_array_there_is_none(self):
        assert load(GREY).source is None
