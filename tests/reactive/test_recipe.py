import dataclasses
import json
import os
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from threadpoolctl import threadpool_limits

from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.strain.model import StrainModel
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.data import Image, cubes, load, movies, samples
from atomstat_widgets.data.calibration import calibrated
from atomstat_widgets.data.export import save
from atomstat_widgets.reactive.recipe import recipe_of, unpacked
from atomstat_widgets.reactive.registry import analyses
from atomstat_widgets.reactive.results import numbers_of

MASK = np.arange(24 * 24).reshape(24, 24) % 7 > 0


def changed(model, **values):
    for name, value in values.items():
        setattr(model, name, value)
    assert model.wait(60)
    assert model.error == ""
    return model.result


def of_grains(**values):
    return changed(SlidingFFTModel(samples.grains(shape=(128, 128), noise=0.3)), **values)


def of_graphene(**values):
    return changed(DomainsModel(samples.graphene(shape=(160, 160))), **values)


def of_oxides(**values):
    return changed(UnmixingModel(cubes.oxides(shape=(24, 24), channels=60)), **values)


def of_numpy_types(**values):
    image = calibrated(samples.grains(shape=np.array([96, 96]), noise=np.float64(0.3)), np.float32(0.02))
    return changed(DomainsModel(image), **values)


RESULTS = {
    "sliding-fft": lambda: of_grains(n_components=6, zoom=1, hamming=False, step=9),
    "sliding-fft of more": lambda: changed(
        SlidingFFTModel(samples.grains()), n_components=5, step=20, window_y=80, spots=[2, 0]
    ),
    "domains by pca": lambda: of_graphene(smooth=0.5, recentre=False),
    "domains with numbers of numpy": lambda: of_numpy_types(spacing=np.float64(8.0), smooth=np.float64(0.5)),
    "domains by ica": lambda: of_graphene(method="ICA", n_components=3, smooth=2.0),
    "domains by gmm": lambda: of_graphene(method="GMM", n_components=5, gmm_dimensions=3, smooth=0.2),
    "strain": lambda: changed(
        StrainModel(samples.strained(shape=(256, 256))),
        sigma=12.5,
        reference=(160, 240, 20, 230),
        reflections=[[0.0, 0.105], [0.105, 0.0]],
    ),
    "trajectories": lambda: changed(TrajectoriesModel(movies.hopping_dopants(frames=12)), n_states=3, rmax=7.5, lag=2),
    "unmix": lambda: of_oxides(n_components=4, mask=MASK, signal_range=(3, 55), binning=2),
    "unmix by ica": lambda: of_oxides(method="ICA", n_components=4, channel_binning=2),
}


def same(found, expected):
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def run(code, folder):
    command = [sys.executable, "-W", "error", "-c", code]
    # As on anybody's machine, where served apps have one thread.
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    (written,) = folder.glob("*.npz")
    with np.load(written) as stored:
        return {name: stored[name] for name in stored if name != "provenance"}


@pytest.fixture
def as_on_a_page(monkeypatch):
    """Runs are done by a worker, in a process where BLAS may take two threads and another thread of ours says so."""
    for module in ("reactive.model", "analyses.trajectories.model"):
        monkeypatch.setattr(f"atomstat_widgets.{module}.has_kernel", lambda: True)
    with threadpool_limits(2, "blas"):
        yield


@pytest.mark.parametrize("name", RESULTS)
def test_the_script_makes_the_same_numbers(name, tmp_path, as_on_a_page):
    result = RESULTS[name]()
    same(run(recipe_of(result).script(), tmp_path), numbers_of(result).arrays)


def test_of_a_file_too(tmp_path):
    path = tmp_path / 'it\'s \\ "mine".npy'
    np.save(path, samples.grains(shape=(96, 96)).array)
    result = changed(SlidingFFTModel(path), n_components=3)
    same(run(recipe_of(result).script(), tmp_path), numbers_of(result).arrays)


def test_the_notebook_makes_the_same_numbers(tmp_path):
    result = RESULTS["unmix"]()
    notebook = nbformat.reads(recipe_of(result).notebook(), as_version=4)
    nbformat.validate(notebook)
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    with np.load(tmp_path / "Oxide_layers_unmix.npz") as stored:
        same({name: stored[name] for name in stored if name != "provenance"}, numbers_of(result).arrays)


@pytest.mark.parametrize("name", RESULTS)
def test_parameters_as_json_make_the_same_numbers(name):
    result = RESULTS[name]()
    recipe = recipe_of(result)
    given = json.loads(json.dumps(recipe.parameters))
    if given.get("mask"):
        given["mask"] = unpacked(given["mask"])
    again = recipe.analysis.load("model").analyse(recipe.data, **given)
    assert again.arrangement == ()
    arranged = again.arranged(recipe.arrangement) if recipe.arrangement else again
    same(numbers_of(arranged).arrays, numbers_of(result).arrays)


def test_numbers_and_signs_are_kept():
    """The components of a result were matched to those before, and the recipe knows how."""
    before = of_graphene(method="ICA", n_components=3)
    order = [3, -1, 2]
    after = before.arranged(order)
    for new, old in enumerate(order):
        for one, other in (
            (after.decomposition.components, before.decomposition.components),
            (after.decomposition.loadings.T, before.decomposition.loadings.T),
        ):
            np.testing.assert_array_equal(one[new], np.sign(old) * other[abs(old) - 1])
    assert recipe_of(after).arrangement == (3, -1, 2)
    assert ".arranged([3, -1, 2])" in recipe_of(after).script()


def test_classes_take_their_numbers_along():
    before = of_graphene(method="GMM", n_components=3)
    after = before.arranged([2, 3, 1])
    np.testing.assert_array_equal(after.labels, np.array([2, 0, 1])[before.labels])
    np.testing.assert_array_equal(after.decomposition.loadings.argmax(axis=1), after.labels)


def test_states_take_their_numbers_along():
    before = RESULTS["trajectories"]()
    start = before.arranged(np.argsort(before.arrangement) + 1) if before.arrangement else before
    after = start.arranged([2, 3, 1])
    np.testing.assert_array_equal(after.states.centroids, start.states.centroids[[1, 2, 0]])
    joined = [np.concatenate(one.states.labels) for one in (start, after)]
    np.testing.assert_array_equal(joined[1], np.append([2, 0, 1], -1)[joined[0]])


def test_a_script_for_data_in_memory_is_refused():
    recipe = recipe_of(changed(SlidingFFTModel(np.random.default_rng(0).random((64, 64)))))
    with pytest.raises(ValueError, match="array is in memory only: save it to a file and open that"):
        recipe.script()
    assert recipe.provenance()["source"] == ""


def test_a_name_stays_a_comment(tmp_path):
    image = dataclasses.replace(samples.grains(shape=(64, 64)), name="a\nraise SystemExit(7)\r# \x0cb")
    run(recipe_of(SlidingFFTModel.analyse(image)).script(), tmp_path)


def test_given_atoms_are_no_part_of_the_file(tmp_path):
    np.save(tmp_path / "a.npy", samples.graphene(shape=(160, 160)).array)
    points = np.random.default_rng(0).uniform(20, 140, (60, 2))
    assert recipe_of(DomainsModel(tmp_path / "a.npy", coordinates=points).result).data.source is None


def test_provenance():
    provenance = numbers_of(RESULTS["unmix"]()).provenance
    assert json.loads(json.dumps(provenance)) == provenance
    assert provenance["program"].startswith("atomstat_widgets ")
    assert (provenance["analysis"], provenance["data"]) == ("Unmixing", "Oxide layers")
    assert provenance["source"] == "cubes.oxides(shape=(24, 24), channels=60)"
    assert provenance["parameters"]["binning"] == 2
    assert 0 < provenance["error"] < 1


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a b/<script>.tif", "a_b__script_"), ("Moiré.dm3", "Moiré"), ("x.y.z", "x_y"), ("..", "_"), ("", "")],
)
def test_names_for_files(name, stem):
    image = Image(samples.grains(shape=(64, 64)).array, name)
    assert recipe_of(SlidingFFTModel.analyse(image)).stem == f"{stem}_sliding_fft"


@pytest.mark.parametrize(
    "mask",
    [
        None, 3, "text", [], {}, {"shape": [2, 2]}, {"shape": 4, "bits": "eJxrAAAAgQCB"}, {"shape": [2], "bits": ""},
        {"shape": [0, 0], "bits": "eJwDAAAAAAE="}, {"shape": [-8, -1], "bits": "eJxrAAAAgQCB"},
        {"shape": [2, 2], "bits": "%"}, {"shape": [2, 2], "bits": "AAAA"}, {"shape": [99, 99], "bits": "eJxrAAAAgQCB"},
        {"shape": [10**9, 10**9], "bits": "eJxrAAAAgQCB"},
    ],
)  # fmt: skip
def test_what_is_no_mask_is_refused(mask):
    with pytest.raises(ValueError, match="no mask, which has shape and bits"):
        unpacked(mask)


class TestAxes:
    def test_of_sliding_fft(self):
        result = of_grains(step=16, n_components=4)
        size = result.image.pixel_size
        quantities = numbers_of(result).quantities
        count, y, x = quantities["loadings"].axes
        assert (count.values.tolist(), y.unit, x.name) == ([1, 2, 3, 4], "nm", "x")
        window = result.spectra.grid.window[0]
        np.testing.assert_allclose(y.values[:2], [(window - 1) / 2 * size, ((window - 1) / 2 + 16) * size])
        table = numbers_of(result).tables["windows"]
        assert list(table) == ["y (px)", "x (px)", "y (nm)", "x (nm)", *(f"loading {n}" for n in (1, 2, 3, 4))]
        np.testing.assert_allclose(table["y (nm)"].reshape(result.loading_maps.shape[1:])[:, 0], y.values)
        np.testing.assert_array_equal(table["loading 2"], result.loading_maps[1].ravel())
        frequency = quantities["components"].axes[1]
        assert frequency.unit == "1/nm"
        np.testing.assert_allclose(np.diff(frequency.values), 1 / (window * size))
        assert frequency.values[len(frequency.values) // 2] == 0

    def test_of_sliding_fft_whose_numbers_were_chosen(self):
        result = SlidingFFTModel.analyse(samples.grains(shape=(192, 256)))
        numbers = numbers_of(result)
        assert numbers.provenance["parameters"]["window_y"] is None
        assert numbers.provenance["settings"] == {
            "window_y": 25, "window_x": 25, "step": 6, "zoom": 3, "n_components": 3,
        }  # fmt: skip
        assert numbers.provenance["scale"] == result.spectra.scale
        assert numbers.provenance["lattice"] == "Lattice planes 0.236 nm apart, at 30°, 90° and 150°"

    def test_without_a_scale_they_are_pixels(self):
        quantities = numbers_of(SlidingFFTModel.analyse(samples.grains(shape=(64, 64)).array, step=8)).quantities
        assert [axis.unit for axis in quantities["loadings"].axes] == ["", "px", "px"]
        assert quantities["components"].axes[1].unit == "1/px"

    def test_of_domains(self):
        result = of_graphene(method="GMM", n_components=2)
        table = numbers_of(result).tables["atoms"]
        assert list(table) == ["y (px)", "x (px)", "y (nm)", "x (nm)", "class", "probability 1", "probability 2"]
        np.testing.assert_allclose(table["y (nm)"], table["y (px)"] * result.image.pixel_size)
        assert set(table["class"]) == {1, 2}

    def test_of_unmixing(self):
        result = of_oxides(binning=2, signal_range=(10, 40))
        numbers = numbers_of(result)
        _, y, x = numbers.quantities["abundances"].axes
        np.testing.assert_allclose(y.values, 0.5 * (0.5 + 2 * np.arange(12)))
        energy = numbers.quantities["components"].axes[1]
        np.testing.assert_allclose(energy.values, result.cube.energies[10:40])
        assert (energy.unit, x.unit) == ("eV", "nm")

    def test_of_trajectories(self):
        result = RESULTS["trajectories"]()
        table = numbers_of(result).tables["tracks"]
        order = np.lexsort((table["frame"], table["track"]))
        np.testing.assert_array_equal(order, np.arange(len(order)))
        assert table["track"].min() == 1  # as on the page
        assert np.bincount(table["track"])[1:].tolist() == result.tracks.lengths.tolist()
        frames, places = result.tracks.track(1)[:2]
        of_one = table["track"] == 2
        np.testing.assert_array_equal(table["frame"][of_one], frames)
        np.testing.assert_array_equal(table["y (px)"][of_one], places[:, 0])
        np.testing.assert_array_equal(table["state"][of_one], result.states_of(1) + 1)
        transitions = numbers_of(result).tables["transitions"]
        assert transitions["transitions"].reshape(3, 3).tolist() == result.matrix.counts.tolist()
        assert transitions["state"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]


class TestAnalyse:
    def test_reports_progress_and_gives_no_advice(self):
        seen = []
        result = SlidingFFTModel.analyse(samples.grains(shape=(256, 256)), seen.append, step=4, n_components=4)
        assert result.decomposition.n_components == 4
        assert seen[-1] == 0
        assert all(0 <= fraction <= 1 for fraction in seen)
        assert DomainsModel(samples.graphene(shape=(160, 160)), advise=False).advice == {}

    @pytest.mark.parametrize("parameters", [{"n_components": 0}, {"step": "x"}, {"window_y": 999}])
    def test_bad_parameters_are_refused(self, parameters):
        with pytest.raises(ValueError, match=next(iter(parameters))):
            SlidingFFTModel.analyse(samples.grains(shape=(64, 64)), **parameters)

    def test_what_fails_is_an_error(self):
        with pytest.raises(ValueError, match="8 components need at least 8 windows"):
            SlidingFFTModel.analyse(samples.grains(shape=(64, 64)), n_components=8, window_y=60, window_x=60)


def test_numbers_are_of_results():
    with pytest.raises(TypeError, match="no result of an analysis, but int"):
        numbers_of(3)


def test_what_is_saved_is_loaded_again(tmp_path):
    """The maps of an unmixing, as a HyperSpy file, are a movie to `load`, and its residual map an image."""
    result = of_oxides()
    written = save(tmp_path / "r.hspy", numbers_of(result))
    assert {path.name for path in written} == {
        f"r_{name}.hspy" for name in ("components", "abundances", "residual_map", "residual_spectrum")
    }
    maps = load(tmp_path / "r_abundances.hspy")
    np.testing.assert_array_equal(np.stack(list(maps)), np.moveaxis(result.unmixing.abundance_maps, 2, 0))
    assert (maps.pixel_size, maps.unit) == (0.5, "nm")
    assert load(tmp_path / "r_residual_map.hspy").pixel_size == 0.5


def test_the_analyses_have_the_names_of_the_command_line():
    assert {name: one.kind for name, one in analyses().items()} == {
        "sliding-fft": "image", "domains": "image", "strain": "image", "trajectories": "movie",
        "unmix": "cube",
    }  # fmt: skip
