"""Data described in a few words, and opened by them again."""

import json
import os

import numpy as np
import pytest

from atomstat_widgets.data import calibrated, cubes, load, movies, samples
from atomstat_widgets.data.readers.reopening import describe_source, inside, reopen

STACK = np.arange(480, dtype=np.float32).reshape(10, 8, 6)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    np.save(folder / "sub" / "a.npy", STACK)
    np.savez(folder / "several.npz", first=STACK[0], second=STACK[1])
    np.save(tmp_path / "secret.npy", STACK)
    (folder / "link.npy").symlink_to(tmp_path / "secret.npy")
    return folder


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: cubes.oxides(), {"sample": "cubes.oxides"}),
        (lambda _: cubes.oxides(dose=30.0), {"sample": "cubes.oxides", "dose": 30.0}),
        (lambda _: samples.grains(noise=0.3, seed=2), {"sample": "samples.grains", "noise": 0.3, "seed": 2}),
        (lambda _: movies.hopping_dopants(), {"sample": "movies.hopping_dopants"}),
        (
            lambda _: calibrated(calibrated(samples.grains(), 3, "nm"), 0.2, "Å"),
            {"sample": "samples.grains", "pixel_size": 0.2, "unit": "Å"},
        ),
        (lambda folder: load(folder / "sub" / "a.npy"), {"source": "sub/a.npy"}),
        (lambda folder: load(folder / "sub" / "a.npy", kind="cube"), {"source": "sub/a.npy", "kind": "cube"}),
        (
            lambda folder: calibrated(load(folder / "several.npz", signal="second"), 2, "nm"),
            {"source": "several.npz", "signal": "second", "pixel_size": 2, "unit": "nm"},
        ),
    ],
)
def test_there_and_back(folder, make, words):
    data = make(folder)
    found = describe_source(data.source, folder)
    assert found == words
    again = reopen(json.loads(json.dumps(found)), folder)
    assert type(again) is type(data)
    assert (again.name, again.pixel_size, again.unit) == (data.name, data.pixel_size, data.unit)
    values = [one.frames if hasattr(one, "frames") else one.array for one in (data, again)]
    np.testing.assert_array_equal(*values)
    assert again.source == data.source


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: load(STACK),  # in memory only
        lambda folder: load(folder.parent / "secret.npy"),
        lambda folder: load(folder / "link.npy"),
        lambda folder: samples.grains(shape=(96, 96)),  # sizes are not for links
        lambda folder: calibrated(load(folder.parent / "secret.npy"), 1.0),
    ],
)
def test_what_others_cannot_open_has_no_words(folder, make):
    assert describe_source(make(folder).source, folder) is None


def test_without_a_folder_files_have_no_words(folder):
    assert describe_source(load(folder / "sub" / "a.npy").source, None) is None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (3, "names and values"),
        ({}, "None is not|None does not exist"),
        ({"source": "../secret.npy"}, r"\.\./secret\.npy is not in the data folder"),
        ({"source": "/etc/passwd"}, "/etc/passwd is not in the data folder"),
        ({"source": "link.npy"}, r"link\.npy is not in the data folder"),
        ({"source": "sub/../../secret.npy"}, "is not in the data folder"),
        ({"source": "gone.npy"}, r"gone\.npy does not exist"),
        ({"source": "sub/a.npy", "kind": "film"}, "the kind is one of"),
        ({"source": "several.npz", "signal": "x"}, "there is no array 'x'"),
        ({"source": ["a"]}, "does not exist"),
        ({"sample": "os.system"}, "there is no such sample"),
        ({"sample": ["samples.grains"]}, "there is no such sample"),
        ({"sample": "samples.grains", "shape": [100_000, 100_000]}, "there is no such sample with shape"),
        ({"sample": "movies.hopping_dopants", "frames": 10**9}, "there is no such sample with frames"),
        ({"sample": "samples.grains", "noise": "much"}, "there is no such sample with noise"),
        ({"sample": "samples.grains", "noise": -1.0}, "noise"),
        ({"sample": "cubes.oxides", "pixel_size": -1, "unit": "nm"}, "pixel_size is a positive"),
        ({"sample": "cubes.oxides", "pixel_size": 1, "unit": "px"}, "the unit of a pixel size"),
    ],
)
def test_words_that_mean_nothing(folder, words, message):
    with pytest.raises((ValueError, TypeError), match=message):
        reopen(words, folder)


def test_files_need_a_folder(folder):
    with pytest.raises(ValueError, match="there is no data folder here"):
        reopen({"source": str(folder / "sub" / "a.npy")}, None)


@pytest.mark.parametrize("name", ["../secret.npy", "/etc/passwd", "link.npy", "sub/../../secret.npy"])
def test_there_is_no_way_out(folder, name):
    with pytest.raises(ValueError, match="is not in the data folder"):
        inside(folder, name)


def test_a_link_that_stays_inside_is_a_file(folder):
    os.symlink(folder / "sub" / "a.npy", folder / "near.npy")
    assert inside(folder, "near.npy") == folder / "near.npy"
