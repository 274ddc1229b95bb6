"""Sliding FFT of two lattices beside each other, nothing set."""

import re

import numpy as np
import pytest

from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.data import Image, samples


@pytest.mark.parametrize(("period", "ratio"), [(8, 1.1), (8, 1.5), (12, 1.25), (16, 1.25), (24, 1.2), (24, 1.35)])
def test_phases_are_parted(hard_scenes, period, ratio):
    image, label = hard_scenes.two_phases(period=period, ratio=ratio, noise=0.4, seed=2)
    model = SlidingFFTModel(Image(image, "two phases", truth=label))
    assert (model.window_y, model.step, model.zoom, model.n_components) == (None, None, None, None)
    assert model.result.decomposition.n_components == 2
    assert model.result.agreement() >= 0.9
    assert model.result.doubt == ""


def test_borders_of_few_windows_are_in_doubt(hard_scenes):
    image, _ = hard_scenes.two_phases(period=48, noise=0.4, seed=2)
    model = SlidingFFTModel(Image(image, "two phases"))
    assert "windows fit beside each other: borders between components are uncertain" in model.result.remark
    model.window_y = 64
    assert "holds only" in model.result.remark


@pytest.mark.parametrize(("period", "ratio", "noise", "seed"), [(24, 1.1, 0.6, 5), (48, 1.1, 0.3, 1), (64, 1.5, 0, 1)])
def test_phases_that_cannot_be_parted_are_in_doubt(hard_scenes, period, ratio, noise, seed):
    """Much alike, in few windows, or with a lattice of which no more than half a period was found, in one direction."""
    image, label = hard_scenes.two_phases(period=period, ratio=ratio, noise=noise, seed=seed)
    result = SlidingFFTModel(Image(image, "two phases", truth=label), advise=False).result
    assert result.agreement() < 0.9
    assert re.search("windows fit beside each other|Planes in one direction only", result.doubt)
    assert result.remark.endswith(result.doubt)


def mosaic(phases, noise, side=400, seed=0):
    """Square lattices of a period of 10 px, each turned against the others; areas of any form."""
    rng = np.random.default_rng(seed + phases)
    y, x = np.mgrid[:side, :side]
    places = rng.uniform(0, side, (3 * phases, 2))
    label = np.argmin([(y - a) ** 2 + (x - b) ** 2 for a, b in places], axis=0) % phases
    image = noise * rng.standard_normal((side, side))
    for one in range(phases):
        turn = np.pi / 2 * one / phases
        u, v = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
        wave = (np.cos(2 * np.pi * u / 10) + np.cos(2 * np.pi * v / 10)) / 2
        image += np.where(label == one, np.clip(wave, 0, None) ** 1.5, 0)
    return Image(image, "phases", truth=label)


@pytest.mark.parametrize("noise", [0, 0.3, 0.6])
@pytest.mark.parametrize("phases", [1, 2, 3, 4, 5])
def test_as_many_components_as_phases(phases, noise):
    result = SlidingFFTModel(mosaic(phases, noise), advise=False).result
    assert result.decomposition.n_components == phases
    assert result.doubt == ""
    assert result.agreement() >= 0.9


@pytest.mark.parametrize("kind", ["wedge", "tilt"])
def test_one_lattice_is_one_component(hard_scenes, kind):
    image, _ = hard_scenes.on_background(kind, side=384, height=10, seed=1)
    assert SlidingFFTModel(Image(image, kind)).result.decomposition.n_components == 1


def test_vacuum_is_a_component_and_its_border_none(hard_scenes):
    image, _ = hard_scenes.on_background("vacuum", side=384, seed=1)
    result = SlidingFFTModel(Image(image, "vacuum")).result
    assert (result.decomposition.n_components, result.doubt) == (2, "")


@pytest.mark.parametrize("side", [64, 128])
def test_noise_in_few_windows_is_one_component(side):
    result = SlidingFFTModel(np.random.default_rng(0).standard_normal((side, side))).result
    assert result.decomposition.n_components == 1
    assert result.doubt.startswith("Without a lattice a window of 32 px is a guess")


@pytest.mark.parametrize("shape", [(12_000, 16), (9, 8_000), (300, 40)])
def test_noise_in_a_strip_is_one_component(shape):
    result = SlidingFFTModel(np.random.default_rng(0).standard_normal(shape), advise=False).result
    assert result.decomposition.n_components == 1
    assert "is a guess" in result.doubt


@pytest.mark.parametrize("seed", [31, 32])
def test_without_a_lattice_the_window_is_a_guess(hard_scenes, seed):
    image, label = hard_scenes.two_phases(period=64, ratio=1.5, noise=0.6, seed=seed)
    model = SlidingFFTModel(Image(image, "two phases", truth=label), advise=False)
    assert not model.result.lattice
    assert model.result.agreement() < 0.9
    assert "a window of 64 px is a guess: set one that holds at least three periods" in model.result.remark
    assert "smaller" not in model.result.remark


def test_a_window_that_was_set_is_no_guess():
    """Rings: a lattice nowhere, yet periods that a small window does not hold."""
    y, x = np.mgrid[:256, :256] - 127.5
    image = np.cos(2 * np.pi * np.hypot(y, x) / 50) + 0.1 * np.random.default_rng(0).standard_normal(y.shape)
    model = SlidingFFTModel(image, advise=False)
    assert not model.result.lattice
    assert "is a guess" in model.result.doubt
    model.window_y = 32
    assert "smaller where areas are narrow, or larger where periods are long" in model.result.doubt
    model.n_components = 2
    assert model.result.doubt == ""


def test_ragged_borders_are_in_doubt(hard_scenes):
    image, label = hard_scenes.two_phases(side=256, period=8, ratio=1.1, noise=0.6, seed=32)
    model = SlidingFFTModel(Image(image, "two phases", truth=label), advise=False)
    ragged = model.result.agreement()
    assert ragged < 0.9
    assert "hardly stand out of the noise in a window of 32 px, so that borders are ragged" in model.result.doubt
    model.window_y = 40
    assert model.result.agreement() > ragged + 0.05


def test_what_is_narrower_than_a_window_is_said():
    """A row of unlike atoms."""
    y, x = np.mgrid[:300, :300]
    image = np.cos(2 * np.pi * y / 10) + np.cos(2 * np.pi * x / 10)
    image[140:160] *= 4
    model = SlidingFFTModel(image + 0.3 * np.random.default_rng(0).standard_normal(image.shape))
    assert model.result.decomposition.n_components == 1
    assert "What differs is narrower than a window of 38 px: make it smaller" in model.result.remark
    model.n_components = 2  # whoever sets it knows
    assert model.result.doubt == ""


def test_domains_of_a_ferroelectric_have_one_magnitude():
    """Only the phases of spots tell them: with no number of components are they found by magnitudes."""
    model = SlidingFFTModel(samples.ferroelectric(shape=(384, 384)))
    assert model.result.decomposition.n_components == 1
    for model.n_components in (1, 2, 3):
        assert model.result.agreement() < 0.3
