"""Sliding FFT of two lattices beside each other, nothing set."""

import numpy as np
import pytest

from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.data import Image


@pytest.mark.parametrize(("period", "ratio"), [(8, 1.1), (8, 1.5), (12, 1.25), (16, 1.25)])
def test_phases_are_parted(hard_scenes, period, ratio):
    image, label = hard_scenes.two_phases(period=period, ratio=ratio, noise=0.4, seed=2)
    model = SlidingFFTModel(Image(image, "two phases", truth=label))
    assert (model.window_y, model.step, model.zoom, model.n_components) == (None, None, None, None)
    assert model.result.decomposition.n_components == 2
    assert model.result.agreement() >= 0.9
    assert "uncertain" not in model.result.remark


def test_borders_of_few_windows_are_in_doubt(hard_scenes):
    image, _ = hard_scenes.two_phases(period=48, noise=0.4, seed=2)
    model = SlidingFFTModel(Image(image, "two phases"))
    assert "windows fit beside each other: borders between components are uncertain" in model.result.remark
    model.window_y = 64
    assert "holds only" in model.result.remark


@pytest.mark.parametrize("phases", [3, 4])
def test_as_many_components_as_phases(phases):
    rng = np.random.default_rng(phases)
    y, x = np.mgrid[:400, :400]
    places = rng.uniform(0, 400, (3 * phases, 2))
    label = np.argmin([(y - a) ** 2 + (x - b) ** 2 for a, b in places], axis=0) % phases
    image = 0.3 * rng.standard_normal((400, 400))
    for one in range(phases):
        turn = np.pi / 2 * one / phases
        u, v = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
        wave = (np.cos(2 * np.pi * u / 10) + np.cos(2 * np.pi * v / 10)) / 2
        image += np.where(label == one, np.clip(wave, 0, None) ** 1.5, 0)
    result = SlidingFFTModel(Image(image, "phases", truth=label)).result
    assert result.decomposition.n_components == phases
    assert result.agreement() >= 0.85


def test_one_lattice_is_one_component(hard_scenes):
    image, _ = hard_scenes.on_background("wedge", side=384, height=10, seed=1)
    assert SlidingFFTModel(Image(image, "wedge")).result.decomposition.n_components == 1
