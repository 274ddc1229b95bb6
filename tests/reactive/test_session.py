import base64
import json
import zlib

import numpy as np
import pytest

from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.data import cubes, samples
from atomstat_widgets.reactive.session import (
    MOST_BYTES,
    as_address,
    as_json,
    from_address,
    from_json,
    parameters_of,
    set_parameters,
)

STATE = {"tab": "Unmixing", "panels": {"Unmixing": {"data": "Sample: Oxide layers", "parameters": {"method": "ICA"}}}}


def address_of(text):
    return base64.urlsafe_b64encode(zlib.compress(text.encode())).decode().rstrip("=")


@pytest.fixture(scope="module")
def grains():
    return samples.grains(shape=(96, 128))


@pytest.mark.parametrize(("write", "read"), [(as_json, from_json), (as_address, from_address)])
def test_what_is_written_is_read(write, read):
    assert read(write(STATE)) == {"atomstat": 1, **STATE}


def test_an_address_needs_no_escapes():
    assert set(as_address({"panels": {chr(n): n for n in range(300)}})) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this is no session"),
        ("no JSON", "this is no session"),
        ("[" * 100_000, "this is no session"),
        ("[]", "this is no session of atomstat, version 1"),
        ('{"atomstat": 2}', "this is no session of atomstat, version 1"),
        ('{"panels": {}}', "this is no session of atomstat, version 1"),
        (" " * (MOST_BYTES + 1), "a session has no 1,000,001 characters"),
    ],
)
def test_other_texts_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        from_json(text)
    with pytest.raises(ValueError, match=message):
        from_address(address_of(text))


@pytest.mark.parametrize("text", ["", "!", "a", "äöü", "QUJD", as_address(STATE)[:-9], "../../etc/passwd"])
def test_damaged_addresses_are_refused(text):
    with pytest.raises(ValueError, match=r"the state in the address is damaged|this is no session"):
        from_address(text)


def test_a_bomb_is_not_unpacked():
    with pytest.raises(ValueError, match="a session has no"):
        from_address(address_of("0" * 50_000_000))


def test_parameters_go_from_one_model_to_another(grains):
    model, other = SlidingFFTModel(grains, n_components=3, zoom=1, window_y=20), SlidingFFTModel(grains)
    assert set_parameters(other, json.loads(json.dumps(parameters_of(model)))) == []
    assert parameters_of(other) == parameters_of(model)
    assert other.result.decomposition.reconstruction_error == model.result.decomposition.reconstruction_error


def test_a_mask_and_a_range_too():
    cube = cubes.oxides(shape=(12, 14), channels=60)
    mask = np.random.default_rng(0).random((12, 14)) < 0.7
    model, other = UnmixingModel(cube, mask=mask, signal_range=(5, 50), method="PCA"), UnmixingModel(cube)
    assert set_parameters(other, json.loads(json.dumps(parameters_of(model)))) == []
    np.testing.assert_array_equal(other.mask.used, mask)
    assert other.signal_range == (5, 50)
    np.testing.assert_array_equal(other.result.unmixing.components, model.result.unmixing.components)


def test_there_is_one_run(grains):
    model = SlidingFFTModel(grains)
    results = []
    model.observe(lambda change: results.append(change.new.parameters), "result")
    set_parameters(model, {"n_components": 2, "zoom": 1, "hamming": False})
    assert [(one["n_components"], one["zoom"], one["hamming"]) for one in results] == [(2, 1, False)]


def test_nothing_changed_is_no_run(grains):
    model = SlidingFFTModel(grains)
    before = model.result
    set_parameters(model, parameters_of(model))
    assert model.result is before


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("n_components", 99, "n_components cannot be 99, it is 4"),
        ("n_components", 2.5, "n_components cannot be 2.5, it is 4"),
        ("hamming", None, "hamming cannot be None, it is True"),
        ("hamming", "yes", "hamming cannot be yes, it is True"),
        ("zoom", "9" * 999, f"zoom cannot be {'9' * 39}…, it is 2"),
        ("image", "/etc/passwd", "there is no parameter image"),
        ("result", 1, "there is no parameter result"),
        ("<b>", 1, "there is no parameter <b>"),
    ],
)
def test_what_cannot_be_set_is_said_and_the_rest_is_set(grains, name, value, problem):
    model = SlidingFFTModel(grains, n_components=4, zoom=2)
    assert set_parameters(model, {name: value, "step": 8}) == [problem]
    assert (model.step, model.n_components, model.image) == (8, 4, grains)


@pytest.mark.parametrize("mask", [7, {}, {"shape": [3, 3], "bits": "eJz7DwABAQEA"}, {"shape": [12, 14], "bits": "?"}])
def test_bad_masks_are_said(mask):
    model = UnmixingModel(cubes.oxides(shape=(12, 14), channels=60))
    (problem,) = set_parameters(model, {"mask": mask})
    assert problem.startswith("mask cannot be ")
    assert problem.endswith(", it is without")
    assert model.mask is None
