import numpy as np
import pytest
from rsciio.hspy import file_writer

from atomstat_widgets.data import Cube, CubeTruth, ReadError, cubes, load_cube

ARRAY = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
TRUTH = CubeTruth(np.ones((2, 5)), np.ones((3, 4, 2)), ("a", "b"))


@pytest.mark.parametrize(
    ("array", "options", "message"),
    [
        (ARRAY[0], {}, r"is \(height, width, channels\), not of shape \(4, 5\)"),
        (ARRAY[:0], {}, r"not of shape \(0, 4, 5\)"),
        (ARRAY, {"pixel_size": 0}, "pixel_size is a positive finite number, got 0"),
        (ARRAY, {"energies": np.arange(4)}, r"5 channels have as many energies, not \(4,\)"),
        (ARRAY, {"energies": np.zeros(5)}, "energies are finite and increase"),
        (ARRAY[:2], {"truth": TRUTH}, r"abundances of \(3, 4, 2\), not .* and \(2, 4, 2\)"),
    ],
)
def test_what_is_no_cube(array, options, message):
    with pytest.raises(ValueError, match=message):
        Cube(array, "film", **options)


def test_axis_and_sides():
    assert Cube(ARRAY).axis.tolist() == [0, 1, 2, 3, 4]
    assert Cube(ARRAY, energies=np.array([1, 2, 4, 8, 9.0])).axis.tolist() == [1, 2, 4, 8, 9]
    assert Cube(ARRAY, truth=TRUTH).sides == (3, 4)


def test_loading(tmp_path):
    cube = Cube(ARRAY)
    assert load_cube(cube) is cube
    assert load_cube(ARRAY).array is ARRAY
    np.save(tmp_path / "cube.npy", ARRAY)
    np.testing.assert_array_equal(load_cube(tmp_path / "cube.npy").array, ARRAY)
    assert load_cube(str(tmp_path / "cube.npy")).name == "cube.npy"


def signal(data, navigate, energy=None):
    axis = {"scale": 0.5, "offset": 0.0, "units": "nm", "_type": "UniformDataAxis"}
    axes = [
        {**axis, "name": name, "size": size, "navigate": one}
        for name, size, one in zip("yxe", data.shape, navigate, strict=True)
    ]
    axes[2].update(energy or {})
    kept = {key: {} for key in ("original_metadata", "learning_results", "models", "tmp_parameters")}
    metadata = {"General": {"title": ""}, "Signal": {"signal_type": ""}}
    attributes = {"attributes": {"_lazy": False}, "package_info": {"name": "", "version": ""}}
    return {"data": data, "axes": axes, "metadata": metadata, **attributes, **kept}


def test_a_spectrum_image_of_another_format(tmp_path):
    energy = {"scale": 2.0, "offset": 100.0, "units": "eV"}
    file_writer(str(tmp_path / "cube.hspy"), signal(ARRAY, [True, True, False], energy))
    cube = load_cube(tmp_path / "cube.hspy")
    np.testing.assert_array_equal(cube.array, ARRAY)
    assert (cube.pixel_size, cube.unit, cube.energy_unit) == (0.5, "nm", "eV")
    assert cube.axis.tolist() == [100, 102, 104, 106, 108]


def test_what_cannot_be_loaded(tmp_path):
    (tmp_path / "empty.npy").touch()
    np.save(tmp_path / "flat.npy", ARRAY[0])
    file_writer(str(tmp_path / "stack.hspy"), signal(ARRAY, [True, False, False]))
    for source, message in (
        (tmp_path, "is a folder, not a spectrum image"), (tmp_path / "gone.npy", "does not exist"),
        (tmp_path / "empty.npy", "is empty"), (tmp_path / "flat.npy", "flat.npy: a spectrum image is"),
        (tmp_path / "stack.hspy", "stack.hspy holds no spectrum image"), (ARRAY + 1j, "holds complex numbers"),
        (np.array([[["a"]]]), "holds no numbers"),
    ):  # fmt: skip
        with pytest.raises(ReadError, match=message):
            load_cube(source)
    with pytest.raises(TypeError, match="not from list"):
        load_cube([1, 2])


class TestOxides:
    def test_counts_are_poisson_distributed_about_the_mixtures(self):
        cube = cubes.oxides(shape=(40, 40), channels=80, dose=4000)
        assert (cube.array.dtype, cube.energy_unit, cube.unit) == (np.float32, "eV", "nm")
        np.testing.assert_allclose(cube.truth.endmembers.sum(axis=1), 1)
        np.testing.assert_allclose(cube.truth.abundances.sum(axis=2), 1)
        thickness = 1 + 0.5 * np.arange(40) / 39
        expected = 4000 * thickness[None, :, None] * (cube.truth.abundances @ cube.truth.endmembers)
        chi = (cube.array - expected) ** 2 / expected
        assert chi.mean() == pytest.approx(1, abs=0.02)
        assert cube.array.sum() == pytest.approx(expected.sum(), rel=1e-3)

    def test_edges_are_where_they_belong(self):
        cube = cubes.oxides()
        for spectrum, onset in zip(cube.truth.endmembers, (456, 640, 708), strict=True):
            steepest = cube.axis[np.diff(spectrum).argmax()]
            assert abs(steepest - onset) < 6

    def test_seed_and_dose(self):
        one, same, other, more = (cubes.oxides(shape=(8, 8), channels=20, **options)
                                  for options in ({}, {}, {"seed": 1}, {"dose": 1e5}))  # fmt: skip
        np.testing.assert_array_equal(one.array, same.array)
        assert (one.array != other.array).any()
        assert more.array.mean() == pytest.approx(100 * one.array.mean(), rel=0.02)

    @pytest.mark.parametrize(
        "options", [{"dose": 0}, {"dose": np.inf}, {"shape": (7, 9)}, {"channels": 19}, {"pixel_size": 0}]
    )
    def test_parameters_out_of_range_are_named(self, options):
        with pytest.raises(ValueError, match=next(iter(options)).split("_")[0]):
            cubes.oxides(**options)
