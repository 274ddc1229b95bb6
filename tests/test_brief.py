"""A `repr` fits on a screen, whatever is in a result."""

import dataclasses
import importlib
import inspect
import pkgutil

import dask.array as da
import numpy as np
import pytest

import atomstat_widgets
from atomstat_widgets import stat
from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.strain.model import StrainModel
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.app import App
from atomstat_widgets.brief import LONGEST, brief, in_short
from atomstat_widgets.data import Cube, Image, cubes, movies, samples
from atomstat_widgets.reactive.recipe import recipe_of
from atomstat_widgets.reactive.results import numbers_of

SCREEN = 500  # letters


def public_classes():
    """Every public dataclass and named tuple of the package that has a value one may be given."""
    for found in pkgutil.walk_packages(atomstat_widgets.__path__, "atomstat_widgets."):
        if found.name.split(".")[1] not in ("stat", "data", "reactive"):
            continue
        for name, one in vars(importlib.import_module(found.name)).items():
            own = inspect.isclass(one) and one.__module__ == found.name and not name.startswith("_")
            if own and (dataclasses.is_dataclass(one) or hasattr(one, "_fields")):
                yield one


@pytest.mark.parametrize("kind", list(public_classes()), ids=lambda kind: kind.__name__)
def test_every_public_class_is_brief_whatever_is_in_it(kind):
    """Filled with values that are far too long, of every kind."""
    names = kind._fields if hasattr(kind, "_fields") else [field.name for field in dataclasses.fields(kind)]
    long = [
        np.zeros((300, 40)), [np.zeros(9)] * 500, "a long name " * 100, {number: np.zeros(99) for number in range(99)},
        (1.23456789,) * 300, samples.graphene(shape=(64, 64)), [["deep " * 50] * 5] * 5, {"a": {"b": {"c": "d" * 999}}},
    ]  # fmt: skip
    one = tuple.__new__(kind, (long * 9)[: len(names)]) if hasattr(kind, "_fields") else object.__new__(kind)
    if dataclasses.is_dataclass(kind):
        for number, name in enumerate(names):
            object.__setattr__(one, name, long[number % len(long)])
    text = repr(one)
    assert len(text) <= LONGEST < SCREEN
    assert "\n" not in text
    assert text.startswith(f"{kind.__name__}(")


def test_results_and_what_is_in_them():
    models = [
        SlidingFFTModel(samples.grains(shape=(128, 128))),
        DomainsModel(samples.graphene(shape=(96, 96)), method="GMM"),
        TrajectoriesModel(movies.hopping_dopants(frames=12)),
        StrainModel(samples.strained(shape=(96, 96)), sigma=11.0),
        UnmixingModel(cubes.oxides(shape=(12, 12), channels=40), mask=np.arange(144).reshape(12, 12) > 9),
    ]
    todo = [function(model.result) for model in models for function in (lambda one: one, numbers_of, recipe_of)]
    movie = models[2].result
    seen = [*models, *models[0].history, movie.tracks, movie.transitions, movie.matrix, movie.diffusion()]
    while todo:
        seen.append(one := todo.pop())
        todo += [value for value in vars(one).values() if dataclasses.is_dataclass(value)]
    assert len(seen) > 40
    for one in seen:
        assert len(repr(one)) <= LONGEST
        assert "array(" not in repr(one)


def test_what_it_says():
    image = samples.graphene(shape=(64, 64))
    assert repr(image).startswith("Image(array=float32 (64, 64), name='Doped graphene'")
    assert "unit='nm'" in repr(image)
    assert repr(Image(np.zeros((4, 5)), "mine")) == "Image(array=float64 (4, 5), name='mine')"
    assert repr(Cube(da.zeros((4, 5, 6)), unit="px")) == "Cube(array=float64 (4, 5, 6))"
    tracks = stat.link({4: [[1.0, 1.0]], 5: [[1.0, 2.0], [9.0, 9.0]]}, 3)
    assert repr(tracks) == (
        "Tracks(tracks=2, frames=2, first_frame=4, last_frame=5, shortest=1, median_length=1.5, longest=2, ambiguous=0)"
    )
    assert repr(stat.link([], 3)) == "Tracks(tracks=0, frames=0, ambiguous=0)"
    model = SlidingFFTModel(Image(np.random.default_rng(0).random((32, 32)), "noise"), n_components=2)
    assert repr(model) == (
        "SlidingFFTModel(image=Image 'noise', background=None, border=None, hamming=True, line_jitter=None, "
        "n_components=2, spots=None, step=None, window_x=None, window_y=None, zoom=None)"
    )
    assert repr(App(model.image)) == f"App with SlidingFFTPanel of {model!r}".replace(
        "n_components=2", "n_components=None"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(1 / 3), "0.333333"), (np.int64(3), "3"), (np.zeros(()), "0"), ((1, 0.5), "(1, 0.5)"),
        ([np.zeros(3)], "[1 of float64 (3,)]"), (range(3), "range(0, 3)"), ({"a": np.zeros(3)}, "{a: float64 (3,)}"),
        ("x" * 99, "'" + "x" * 58 + "…"), ([], "[]"), (np.array(["a"]), "<U1 (1,)"), (np.bool_(True), "True"),
    ],
)  # fmt: skip
def test_values_in_short(value, text):
    assert in_short(value) == text


def test_what_is_as_by_default_is_left_out():
    @brief
    @dataclasses.dataclass
    class Point:
        x: float
        name: str = ""
        size: float | None = 1.5

    assert (repr(Point(1.0)), repr(Point(1.0, "a", None))) == ("Point(x=1)", "Point(x=1, name='a')")
