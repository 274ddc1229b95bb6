"""Data of every shape: with what is chosen by default there is a result, or one sentence that says why not."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from traitlets import Any as AnyTrait

from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.sliding_fft import model as module
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.sliding_fft.panel import SlidingFFTPanel
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.analyses.unmixing.model import UnmixingModel
from atomstat_widgets.data import Image
from atomstat_widgets.panels.controls import AutomaticSlider
from atomstat_widgets.reactive.image_model import Preparation
from atomstat_widgets.stat import Lattice, WindowGrid
from atomstat_widgets.stat.windows._sliding_fft import Band

sides = st.integers(8, 600)
small = st.integers(8, 70)


class Planned(SlidingFFTModel):
    """Finds windows and stops there, because the rest takes long."""

    result = AnyTrait(None, allow_none=True)
    check_data = staticmethod(lambda image: image)

    def prepared(self, parameters, progress):
        return Preparation(parameters["image"], None)

    def compute(self, parameters, run):
        settings = self._choose(parameters, run)
        self._plan({**parameters, **settings})
        self.result = {name: settings[name] for name in ("window_y", "window_x", "step", "zoom")}
        return "planned"


def lattice(height, width):
    """Atoms 8 px apart."""
    y, x = np.indices((height, width))
    return (np.cos(2 * np.pi * y / 8) + np.cos(2 * np.pi * x / 8)).astype(np.float32)


@settings(max_examples=150, deadline=None)
@given(
    *(sides, sides, sides, sides, st.floats(2, 100), st.floats(2, 100), st.integers(1, 8)),
    st.sets(st.sampled_from(["window_y", "window_x", "step", "zoom"])),
)
@example(512, 512, 50, 100, 8.0, 8.0, 4, set())
@example(512, 512, 40, 200, 8.0, 16.0, 4, {"window_y", "window_x", "step", "zoom"})
@example(512, 512, 30, 300, 8.0, 8.0, 4, {"step"})
@example(512, 512, 50, 512, 40.0, 8.0, 4, {"window_y", "window_x"})
@example(512, 512, 64, 64, 30.0, 8.0, 8, {"zoom"})
@example(600, 8, 9, 600, 8.0, 8.0, 8, {"window_y", "step"})
def test_windows_fit_images_that_come_one_after_the_other(
    height, width, next_height, next_width, period, next_period, count, chosen
):
    """Whichever numbers were set for the first one, the others follow the lattice of each."""
    first, second = (Image(np.zeros(shape, bool)) for shape in ((height, width), (next_height, next_width)))
    lattices = {id(first.array): of_period(period), id(second.array): of_period(next_period)}
    with mock.patch.object(module, "find_lattice", lambda pixels, **_: lattices[id(pixels)]):
        fit_one_after_the_other(first, second, count, chosen)


def of_period(period):
    nothing = np.empty((0, 0))
    return Lattice(np.array([[1 / period, 0]]), np.ones(1), np.ones(1), nothing, nothing)


def fit_one_after_the_other(first, second, count, chosen):
    model = Planned(first, advise=False, n_components=count)
    for name, value in model.result.items():
        if name in chosen:
            setattr(model, name, value)
    assert model.error == ""
    controls = [AutomaticSlider(model, name, 1, 4) for name in model.result]
    for image in (second, first):
        model.image = image
        assert model.error == ""
        *window, step, zoom = model.result.values()
        assert WindowGrid(image.sides, tuple(window), step).count >= count
        assert Band.of_window(tuple(window), zoom).n_features >= count
        for name, control in zip(model.result, controls, strict=True):
            assert control.automatic.value == (getattr(model, name) is None)
            assert getattr(model, name) in (None, control.slider.number)


def said(model):
    """Whether there is a result, or one sentence."""
    if model.error:
        assert "Unexpected" not in model.error
        assert len(model.error) < 200
        assert "\n" not in model.error
    return bool(model.error) != (model.result is not None)


@pytest.mark.parametrize("kind", [SlidingFFTModel, DomainsModel])
@settings(max_examples=12, deadline=None)
@given(small, small)
@example(8, 8)
@example(9, 70)
@example(40, 160)
def test_images(kind, height, width):
    model = kind(lattice(height, width), advise=False)
    assert said(model)
    assert model.error == "" or kind is DomainsModel


@settings(max_examples=10, deadline=None)
@given(small, small, st.integers(1, 4))
@example(8, 8, 1)
def test_movies(height, width, frames):
    assert said(TrajectoriesModel(np.stack([lattice(height, width)] * frames), advise=False))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(3, 30))
@example(1, 1, 3)
@example(1, 40, 5)
def test_cubes(height, width, channels):
    assert said(UnmixingModel(np.random.default_rng(0).random((height, width, channels)), advise=False))


@pytest.mark.parametrize("shape", [(50, 100), (40, 200), (30, 300), (50, 512), (64, 64)])
def test_images_shown_after_the_sample(panel, shape):
    panel.model.image = Image(lattice(*shape), "small")
    assert panel.model.error == ""
    assert panel.model.result.image is panel.model.image


@pytest.fixture(scope="module")
def panel():
    return SlidingFFTPanel(lattice(256, 256), n_components=4, window_y=64, window_x=64)
