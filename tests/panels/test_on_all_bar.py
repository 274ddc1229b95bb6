"""Panels of data larger than memory: what the bar says, and that all views show all data."""

import dask
import dask.array as da
import numpy as np
import pytest

from atomstat_widgets import DomainsPanel, SlidingFFTPanel, TrajectoriesPanel, UnmixingPanel
from atomstat_widgets.data import Cube, Image, Movie, cubes, movies, samples, sampling
from atomstat_widgets.panels.on_all_bar import OnAllBar


@pytest.fixture(autouse=True)
def small_memory(monkeypatch):
    monkeypatch.setattr(sampling, "LARGEST_PART", 96)
    monkeypatch.setattr(sampling, "LARGEST_PICTURE", 100)
    monkeypatch.setattr(sampling, "SAMPLE_BYTES", 100_000)
    with dask.config.set(scheduler="synchronous"):
        yield


def image() -> Image:
    return Image(da.from_array(samples.graphene(shape=(160, 140)).array, chunks=50), "large")


def movie() -> Movie:
    return Movie(da.from_array(movies.hopping_dopants(frames=12, shape=(96, 96)).frames, chunks=(2, 60, 60)), "large")


def cube() -> Cube:
    return Cube(da.from_array(cubes.oxides(shape=(23, 30), channels=50).array, chunks=(5, 10, 50)), "large")


def bar_of(panel) -> OnAllBar:
    (bar,) = (part for part in panel.children if isinstance(part, OnAllBar))
    return bar


@pytest.mark.parametrize(
    ("kind", "data", "words", "size"),
    [
        (SlidingFFTPanel, image, "Sample: the middle, 96 × 96 px of 160 × 140.", "160 × 140 px"),
        (DomainsPanel, image, "Sample: the middle, 96 × 96 px of 160 × 140.", "160 × 140 px"),
        (TrajectoriesPanel, movie, "Sample: every 3rd frame, 3 of 8.", "96 × 96 px"),
        (UnmixingPanel, cube, "Sample: every 2nd pixel along y and x, 12 × 15 of 23 × 30.", "23 × 30 px"),
    ],
)
def test_bar_runs_on_all_and_every_view_shows_it(kind, data, words, size) -> None:
    panel = kind(data())
    bar = bar_of(panel)
    button, text = bar.children
    assert bar.layout.display is None
    assert text.value == words
    button.click()
    assert panel.model.error == ""
    assert panel.model.on_all
    assert button.disabled
    assert text.value.startswith("All data are shown.")
    assert size in panel.sample_title.value
    if kind is UnmixingPanel:
        panel.choose_place(20, 25)
    elif kind is not TrajectoriesPanel:
        panel.choose_place(100, 90)
    assert panel.model.error == ""
    panel.model.request()  # as History does: what is kept is shown again
    assert panel.model.error == ""


def test_bar_is_hidden_where_there_is_no_sample() -> None:
    panel = SlidingFFTPanel(np.random.default_rng(0).random((64, 64)))
    assert bar_of(panel).layout.display == "none"
