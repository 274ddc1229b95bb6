"""Old names go on working: of arguments, of attributes, on the command line, in sessions, and in scripts of then."""

import json
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
from traitlets import TraitError

from atomstat_widgets import DomainsPanel, analyse, cubes, movies, samples, stat
from atomstat_widgets.__main__ import main
from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.reactive.results import numbers_of
from atomstat_widgets.reactive.session import parameters_of, set_parameters
from atomstat_widgets.renamed import renamed

HEAD = """\
from atomstat_widgets import {data}
from atomstat_widgets.data.export import save
from atomstat_widgets.reactive.numbers import numbers_of
"""
# What `Recipe.script` of version 0.1 wrote, and what it has to give.
SCRIPTS = {
    "Three_grains_sliding_fft": (
        HEAD.format(data="samples")
        + """\
from atomstat_widgets.reactive.sliding_fft import SlidingFFTModel

image = samples.grains(shape=(96, 96))

result = SlidingFFTModel.analyse(
    image,
    hamming=True,
    n_components=3,
    step=8,
    window_x=32,
    window_y=32,
    zoom=2,
)

save('Three_grains_sliding_fft.npz', numbers_of(result))
""",
        lambda: analyse("sliding-fft", samples.grains(shape=(96, 96)), n_components=3),
    ),
    "Doped_graphene_domains": (
        HEAD.format(data="samples")
        + """\
from atomstat_widgets.reactive.domains import DomainsModel

image = samples.graphene(shape=(96, 96))

result = DomainsModel.analyse(
    image,
    atom_class=None,
    channel=-1,
    distance=8.0,
    gmm_dimensions=4,
    method='ICA',
    n_components=4,
    normalise=False,
    recentre=True,
    smooth=1.0,
    strength=None,
    window=None,
)

save('Doped_graphene_domains.npz', numbers_of(result))
""",
        lambda: analyse(
            "domains", samples.graphene(shape=(96, 96)), spacing=8.0, method="ICA", n_components=4, normalize=False
        ),
    ),
    "Hopping_dopants_trajectories": (
        HEAD.format(data="movies")
        + """\
from atomstat_widgets.reactive.trajectories import TrajectoriesModel

movie = movies.hopping_dopants(frames=12)

result = TrajectoriesModel.analyse(
    movie,
    atoms='automatic',
    dark=False,
    distance=6.0,
    lag=1,
    memory=1,
    min_length=3,
    n_states=2,
    normalise=True,
    rmax=None,
    strength=None,
    window=None,
)

save('Hopping_dopants_trajectories.npz', numbers_of(result))
""",
        lambda: analyse("trajectories", movies.hopping_dopants(frames=12), spacing=6.0, normalize="crop"),
    ),
    "Oxide_layers_unmix": (
        HEAD.format(data="cubes")
        + """\
from atomstat_widgets.reactive.recipe import unpacked
from atomstat_widgets.reactive.unmixing import UnmixingModel

cube = cubes.oxides(shape=(12, 12), channels=40)

result = UnmixingModel.analyse(
    cube,
    binning=1,
    channel_binning=1,
    loss='frobenius',
    mask=unpacked({'shape': [12, 12], 'bits': 'eNqr+/v7+/v7++sQFACQbg9i'}),
    method='NMF',
    n_components=3,
    normalize=False,
    signal_range=None,
    smooth=1.0,
    start_from='none',
    sum_to_one=False,
    weighting=False,
).arranged([3, 1, 2])

save('Oxide_layers_unmix.npz', numbers_of(result))
""",
        lambda: analyse(
            "unmix", cubes.oxides(shape=(12, 12), channels=40), mask=np.arange(144).reshape(12, 12) % 7 > 0
        ).arranged([3, 1, 2]),
    ),
}


@pytest.fixture(scope="module")
def graphene():
    return samples.graphene(shape=(96, 96))


@renamed(old="new", former="latter")
def function(first, *, new=0, latter=0):
    """Say what was given."""
    return first, new, latter


def test_an_old_name_is_the_new_one_and_warns_where_it_is_used():
    with pytest.warns(DeprecationWarning, match="old is called new now") as caught:
        assert function(1, old=2, latter=3) == (1, 2, 3)
    assert [warning.filename for warning in caught] == [__file__]
    assert (function(1, new=2), function.__doc__) == ((1, 2, 0), "Say what was given.")


def test_both_names_at_once_are_refused():
    with pytest.raises(TypeError, match="new is given twice, as old too, which is its old name"):
        function(1, old=2, new=3)
    with pytest.raises(TypeError, match="other"):
        function(1, other=2)


def test_functions_of_stat():
    image = np.random.default_rng(0).random((12, 12))
    with pytest.warns(DeprecationWarning, match="normalise is called normalize now"):
        old = stat.extract_crops(image, [[5, 5]], 4, normalise=True)
    np.testing.assert_array_equal(old.images, stat.extract_crops(image, [[5, 5]], 4, normalize=True).images)
    with pytest.warns(DeprecationWarning, match="normalise is called normalize now"):
        old = stat.extract_movie_crops(lambda place: image, [[[5, 5]]], 4, normalise=True)
    np.testing.assert_array_equal(old.images, stat.extract_crops(image, [[5, 5]], 4, normalize=True).images)


def test_starts_of_unmixing():
    cube = cubes.oxides(shape=(8, 8), channels=30).array
    spectra = stat.take_spectra(cube)
    low_rank = stat.factorize(spectra.matrix, 12)
    for call in (
        lambda **start: stat.pure_spectra(spectra, 3, **start),
        lambda **start: stat.unmix_nmf(spectra, low_rank, 3, **start).components,
        lambda **start: stat.SpectralUnmixer("nmf", 3, **start).fit(cube)[0],
    ):
        with pytest.warns(DeprecationWarning, match="start is called start_from now") as caught:
            old = call(start="vca")
        assert [warning.filename for warning in caught] == [__file__]
        np.testing.assert_array_equal(old, call(start_from="vca"))


@pytest.mark.parametrize(
    "make",
    [
        lambda image: analyse("domains", image, distance=8.0).parameters,
        lambda image: DomainsModel(image, advise=False, distance=8.0).parameters(),
        lambda image: DomainsPanel(image, distance=8.0).model.parameters(),
    ],
)
def test_models_panels_and_analyse(make, graphene):
    with pytest.warns(DeprecationWarning, match="distance is called spacing now") as caught:
        parameters = make(graphene)
    assert parameters["spacing"] == 8
    assert "distance" not in parameters
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize(
    "make",
    [
        lambda: DomainsModel(samples.graphene(shape=(96, 96)), advise=False),
        lambda: TrajectoriesModel(movies.hopping_dopants(frames=12)),
    ],
)
def test_attributes_of_models(make):
    model = make()
    with pytest.warns(DeprecationWarning, match="distance is called spacing now") as caught:
        model.distance = 8.0
    with pytest.warns(DeprecationWarning, match="normalise is called normalize now"):
        assert model.normalise == model.normalize
    assert (model.spacing, caught[0].filename) == (8, __file__)
    assert "distance" not in model.trait_names()


def test_options_of_the_command_line(tmp_path, capsys):
    np.save(tmp_path / "image.npy", samples.graphene(shape=(96, 96)).array)
    command = ["run", "domains", str(tmp_path / "image.npy"), "--out", str(tmp_path), "--formats", "json"]
    assert main([*command, "--distance", "8"]) == 0
    assert "atomstat: distance is called spacing now" in capsys.readouterr().err
    assert main([*command, "--distance", "8", "--spacing", "9"]) == 2
    assert "spacing is given twice, as distance too, which is its old name" in capsys.readouterr().err


def test_a_switch_of_before_is_a_word_of_now(tmp_path, capsys):
    movie = movies.hopping_dopants(frames=12)
    model = TrajectoriesModel(movie)
    assert model.normalize == "frame"
    assert set_parameters(model, {"normalise": True}) == []
    assert model.normalize == model.result.parameters["normalize"] == "crop"
    model.normalize = False
    assert model.normalize == "none"
    assert analyse("trajectories", movie, normalize=True).parameters["normalize"] == "crop"
    with pytest.raises(TraitError, match="normalize"):
        model.normalize = "by frame"

    np.save(tmp_path / "movie.npy", np.stack([movie[place] for place in range(len(movie))]))
    command = ["run", "trajectories", str(tmp_path / "movie.npy"), "--out", str(tmp_path), "--formats", "json"]
    for given, wanted in (
        ([], "frame"), (["--normalize"], "crop"), (["--no-normalise"], "none"), (["--normalize", "none"], "none"),
    ):  # fmt: skip
        assert main([*command, *given]) == 0
        assert json.loads((tmp_path / "movie_trajectories.json").read_text())["normalize"] == wanted
    for wrong in (["--no-normalize", "crop"], ["--normalize", "by frame"]):
        with pytest.raises(SystemExit):
            main([*command, *wrong])
    assert "normalize" in capsys.readouterr().err


def test_sessions_say_nothing(graphene):
    model = DomainsModel(graphene, advise=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set_parameters(model, {"distance": 8.0, "normalise": False, "smooth": 0.5}) == []
    assert {"spacing": 8.0, "normalize": False, "smooth": 0.5}.items() <= parameters_of(model).items()


def test_the_command_line(graphene, tmp_path, capsys):
    np.save(tmp_path / "data.npy", graphene.array)
    arguments = ["run", "domains", str(tmp_path / "data.npy"), "--out", str(tmp_path), "--formats", "json"]

    def given(*more):
        assert main([*arguments, *more]) == 0
        return json.loads((tmp_path / "data_domains.json").read_text())

    assert {"spacing": 8.0, "normalize": False}.items() <= given("--distance", "8", "--no-normalise").items()
    (tmp_path / "p.json").write_text(json.dumps({"distance": 7.0, "normalise": False}))
    told = given("--parameters", str(tmp_path / "p.json"), "--normalize")
    assert {"spacing": 7.0, "normalize": True}.items() <= told.items()
    with pytest.raises(SystemExit):
        main(["run", "domains", "--help"])
    told = capsys.readouterr().out
    assert "--spacing" in told
    assert "--distance" not in told
    assert "normalise" not in told


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_of_version_0_1_run(name, tmp_path):
    script, expected = SCRIPTS[name]
    (tmp_path / "script.py").write_text(script)
    command = [sys.executable, "-W", "error", "-W", "always::DeprecationWarning", "script.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    model = f"atomstat_widgets.reactive.{name.split('_', 2)[2].replace('unmix', 'unmixing')}"
    for old in (
        "atomstat_widgets.reactive.numbers",
        model,
        *(["distance", "normalise"] if "distance=" in script else []),
    ):
        assert re.search(rf"script.py:\d+: DeprecationWarning: {old} is ", done.stderr), old
    with np.load(tmp_path / f"{name}.npz") as stored:
        arrays = numbers_of(expected()).arrays
        assert set(stored) == {"provenance", *arrays}
        for key, values in arrays.items():
            np.testing.assert_allclose(stored[key], values, rtol=1e-4, atol=1e-5, equal_nan=True, err_msg=key)
