import csv
import json

import h5py
import hyperspy.api as hs
import numpy as np
import pytest

from atomstat_widgets.data.export import WRITERS, as_csv, save
from atomstat_widgets.data.numbers import Axis, Numbers, Quantity, component_axis

Y, X = Axis("y", np.array([1.0, 1.5, 2.0]), "nm"), Axis("x", np.array([0.0, 0.5, 1.0, 1.5]), "nm")
ENERGY = Axis("energy", np.array([1.0, 2.0, 4.0, 8.0, 16.0]), "eV")
MAPS = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
MAPS[0, 0, 0] = np.nan
SPECTRA = np.arange(10.0).reshape(2, 5)
NUMBERS = Numbers(
    {
        "maps": Quantity(MAPS, (component_axis(2), Y, X)),
        "spectra": Quantity(SPECTRA, (component_axis(2), ENERGY), signal_axes=1),
    },
    {"atoms": {"y (px)": np.array([0.5, 1.25]), "class, true/found": np.array([1, 2])}},
    {"program": "test", "parameters": {"n_components": 2, "mask": None}},
)


def test_npz(tmp_path):
    assert save(tmp_path / "r.npz", NUMBERS) == [tmp_path / "r.npz"]
    with np.load(tmp_path / "r.npz") as stored:
        assert list(stored) == [
            "provenance", "maps", "spectra", "component", "y", "x", "energy", "atoms: y (px)",
            "atoms: class, true/found",
        ]  # fmt: skip
        np.testing.assert_array_equal(stored["maps"], MAPS)
        assert stored["maps"].dtype == np.float32
        np.testing.assert_array_equal(stored["energy"], ENERGY.values)
        np.testing.assert_array_equal(stored["component"], [1, 2])
        np.testing.assert_array_equal(stored["atoms: class, true/found"], [1, 2])
        assert json.loads(str(stored["provenance"])) == NUMBERS.provenance


def test_hdf5(tmp_path):
    save(tmp_path / "r.h5", NUMBERS)
    with h5py.File(tmp_path / "r.h5") as file:
        np.testing.assert_array_equal(file["maps"], MAPS)
        assert [dimension.label for dimension in file["maps"].dims] == ["component", "y", "x"]
        np.testing.assert_array_equal(file["maps"].dims[1][0], Y.values)
        np.testing.assert_array_equal(file["spectra"].dims[1]["energy"], ENERGY.values)
        assert file["spectra"].dims[1][0].attrs["units"] == "eV"
        np.testing.assert_array_equal(file["tables/atoms/y (px)"], [0.5, 1.25])
        np.testing.assert_array_equal(file["tables/atoms/class, true per found"], [1, 2])
        assert file.attrs["program"] == "test"
        assert json.loads(file.attrs["parameters"]) == NUMBERS.provenance["parameters"]


def test_csv(tmp_path):
    assert save(tmp_path / "r.CSV", NUMBERS) == [tmp_path / "r_atoms.csv"]
    with (tmp_path / "r_atoms.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["y (px)", "class, true/found"], ["0.5", "1"], ["1.25", "2"]]


def test_numbers_in_tables_keep_all_their_digits():
    values = np.random.default_rng(0).random(20)
    (content,) = as_csv(Numbers({}, {"t": {"a": values}})).values()
    np.testing.assert_array_equal([float(line) for line in content.decode().splitlines()[1:]], values)


def test_an_empty_table_has_its_titles():
    assert as_csv(Numbers({}, {"t": {"a": np.empty(0), "b": np.empty(0)}})) == {"_t.csv": b"a,b\n"}


def test_hspy(tmp_path):
    assert save(tmp_path / "r.hspy", NUMBERS) == [tmp_path / "r_maps.hspy", tmp_path / "r_spectra.hspy"]
    maps = hs.load(tmp_path / "r_maps.hspy")
    np.testing.assert_array_equal(maps.data, MAPS)
    assert maps.metadata.General.title == "maps"
    assert json.loads(maps.metadata.atomstat_widgets.provenance) == NUMBERS.provenance
    assert [axis.name for axis in maps.axes_manager.navigation_axes] == ["component"]
    x, y = maps.axes_manager.signal_axes
    assert [(axis.name, axis.offset, axis.scale, axis.units) for axis in (x, y)] == [
        ("x", 0, 0.5, "nm"), ("y", 1, 0.5, "nm"),
    ]  # fmt: skip
    spectra = hs.load(tmp_path / "r_spectra.hspy")
    (energy,) = spectra.axes_manager.signal_axes
    np.testing.assert_array_equal(energy.axis, ENERGY.values)
    assert (energy.units, energy.is_uniform) == ("eV", False)


def test_axes_of_one_place(tmp_path):
    one = Numbers({"map": Quantity(np.ones((1, 1)), (Axis("y", np.array([3.0])), Axis("x", np.array([0.0]))))})
    for ending in WRITERS:
        save(tmp_path / f"r.{ending}", one)
    (_, y) = hs.load(tmp_path / "r_map.hspy").axes_manager.signal_axes
    assert (y.offset, y.scale) == (3, 1)


def test_files_that_exist_are_replaced(tmp_path):
    for ending in WRITERS:
        for _ in range(2):
            for path in save(tmp_path / f"r.{ending}", NUMBERS):
                assert path.stat().st_size > 0
                path.write_text("old")
        (path, *_) = save(tmp_path / f"r.{ending}", NUMBERS)
        assert path.read_bytes() != b"old"


@pytest.mark.parametrize("name", ["r.mat", "r", "npz"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match=f"{name}: numbers are saved as npz, h5, csv, hspy"):
        save(tmp_path / name, NUMBERS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("axes", [(Y,), (X, Y), (Y, X, X)])
def test_axes_fit_the_values(axes):
    with pytest.raises(ValueError, match=r"values of shape \(3, 4\) over axes of"):
        Quantity(np.ones((3, 4)), axes)
