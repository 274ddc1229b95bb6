import os
import subprocess
import sys
from unittest.mock import Mock

import numpy as np
import pytest
from traitlets import TraitError

from atomstat_widgets.analyses.unmixing import model as unmixing
from atomstat_widgets.analyses.unmixing import stages
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.data import Cube, cubes

CUBE = cubes.oxides(shape=(24, 24), channels=60, dose=3000)


@pytest.fixture
def model():
    return UnmixingModel(CUBE)


@pytest.mark.parametrize("method", unmixing.METHODS)
def test_every_method(model, method):
    model.method = method
    assert (model.error, model.stale) == ("", False)
    assert model.result.unmixing.components.shape == (3, 60)
    assert model.result.unmixing.abundance_maps.shape == (24, 24, 3)
    assert ("classes" in model.status) == (method == "GMM")


def test_purest_pixels_are_near_the_truth(model):
    plain = model.result.score()[0]
    model.start_from = "nfindr"
    angle, rmse = model.result.score()
    assert angle < 0.6 * plain
    assert rmse < 0.1


def test_the_score_of_the_truth_itself(model):
    truth = CUBE.truth
    perfect = Cube(1e4 * (truth.abundances @ truth.endmembers), energies=CUBE.energies, truth=truth)
    model.cube = perfect
    model.start_from, model.smooth = "nfindr", 0.0
    angle, rmse = model.result.score()
    assert angle < 1
    assert rmse < 0.03
    model.n_components = 2
    with pytest.raises(ValueError, match="3 components are the true number"):
        model.result.score()


def test_another_count_reads_the_same_factor(model, monkeypatch):
    counted = Mock(wraps=stages.factorize)
    monkeypatch.setattr(stages, "factorize", counted)
    for count in (4, 2, 3):
        model.n_components = count
    assert counted.call_count == 0
    model.weighting = True
    assert counted.call_count == 1


def test_components_keep_their_numbers(model):
    before = model.result.unmixing.components
    model.n_components = 4
    model.n_components = 3
    np.testing.assert_allclose(model.result.unmixing.components, before)
    model.binning = 2  # other pixels, the same channels
    cosines = np.corrcoef(before, model.result.unmixing.components)[:3, 3:]
    np.testing.assert_array_equal(cosines.argmax(axis=1), [0, 1, 2])
    maps = model.result.unmixing.abundance_maps
    model.channel_binning = 2  # other channels, the same pixels
    after = model.result.unmixing.abundance_maps
    assert all(np.corrcoef(maps[..., n].ravel(), after[..., n].ravel())[0, 1] > 0.8 for n in range(3))


def test_ranges_masks_and_energies(model):
    model.signal_range = (10, 50)
    model.channel_binning = 4
    expected = CUBE.axis[10:50].reshape(10, 4).mean(axis=1)
    np.testing.assert_allclose(model.result.energies, expected)
    mask = np.zeros((24, 24), bool)
    mask[5:20, 5:20] = True
    model.mask = mask
    assert "351 pixels are masked or hold NaN" in model.notice
    np.testing.assert_array_equal(np.isnan(model.result.unmixing.residual_map), ~mask)
    requested = Mock(wraps=model.compute)
    model.compute = requested
    model.cube = cubes.oxides(shape=(20, 20), channels=60)
    assert (model.signal_range, model.mask, requested.call_count) == (None, None, 1)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("signal_range", (0, 61), r"\(0, 61\) is not 3 channels or more of 60"),
        ("signal_range", (5, 7), r"\(5, 7\) is not 3 channels"),
        ("mask", np.ones((3, 3), bool), r"mask is a bool array of shape \(24, 24\)"),
        ("n_components", 0, "n_components"),
        ("n_components", 9, "n_components"),
        ("method", "VAE", "VAE"),
        ("smooth", -1.0, "smooth"),
    ],
)
def test_refused_values_change_nothing(model, name, value, message):
    before = model.parameters(), model.result
    with pytest.raises(TraitError, match=message):
        setattr(model, name, value)
    assert (model.parameters(), model.result) == before


def test_what_goes_wrong_is_said_and_the_result_stays(model):
    before = model.result
    model.mask = np.zeros((24, 24), bool)
    assert (model.result, model.stale) == (before, True)
    assert "no pixel is left" in model.error
    model.mask = None
    assert model.error == ""
    model.sum_to_one = True
    before = model.result
    model.loss = "kullback-leibler"
    assert "sums of one are for the frobenius loss" in model.error
    assert model.result is before
    with pytest.raises(ValueError, match="2 channels are no spectra"):
        model.cube = np.ones((5, 5, 2))
    assert model.cube is CUBE


def test_missing_and_negative_values_are_told():
    array = CUBE.array.copy()
    array[3, 4, 5], array[0] = np.nan, array[0] - 50
    model = UnmixingModel(array)
    assert "1 pixel is masked or NaN" in model.notice
    assert "values are negative: the lowest, -" in model.notice
    assert model.error == ""


def test_advice_of_nmf(model):
    errors = [model.advice["error"][k] for k in range(1, 9)]
    assert errors == sorted(errors, reverse=True)
    assert model.advice["stability"][1] == 1
    model.method = "PCA"
    assert model.advice == {}


def test_advice_of_gmm_is_of_its_classes(model):
    rng = np.random.default_rng(0)
    kinds = np.repeat(np.arange(3), 192).reshape(24, 24)
    model.cube = rng.normal(10 * np.eye(3)[:, [0, 1, 2, 2, 1, 0]][kinds], 0.1)
    of_nmf = model.advice["stability"]
    model.method = "GMM"
    assert "error" not in model.advice
    stability = model.advice["stability"]
    assert stability != of_nmf
    assert stability[3] == 1  # both halves of the pixels tell the three apart without a mistake
    assert stability[5] < 0.9


@pytest.mark.parametrize("seed", range(4))
def test_what_is_checked_against_the_cube_finds_it(seed):
    """Traits are checked in the order of a set of their names, which is another one with each seed of hashes."""
    script = """
import numpy as np
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
cube = np.random.default_rng(0).random((9, 9, 20))
UnmixingModel(cube, advise=False, signal_range=(3, 15), mask=np.arange(81).reshape(9, 9) > 9)
"""
    subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": str(seed)}, check=True)
