import json
import re

import numpy as np
import pytest
import xarray

from atomstat_widgets import SlidingFFTPanel, UnmixingPanel, samples
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.data import Cube, Image, Movie, load
from atomstat_widgets.data.export import save
from atomstat_widgets.reactive.results import figure_of, numbers_of

PIXELS = np.random.default_rng(0).random((60, 80))


def test_axes_of_an_image():
    y, x = Image(PIXELS, pixel_size=0.5, unit="nm", offset=(10.0, -3.0)).axes
    assert (y.name, y.unit, y.values[0], y.values[-1], len(y.values)) == ("y", "nm", 10, 10 + 59 / 2, 60)
    assert (x.name, x.unit, x.values[0], x.values[-1], len(x.values)) == ("x", "nm", -3, -3 + 79 / 2, 80)
    y, x = Image(PIXELS).axes
    assert (y.unit, x.values[-1]) == ("px", 79)


def test_axes_of_a_movie_and_a_cube():
    movie = Movie(np.zeros((2, 3, 4)), numbers=np.array([4, 7]))
    assert [(axis.name, axis.values.tolist()) for axis in movie.axes] == [
        ("frame", [4, 7]), ("y", [0, 1, 2]), ("x", [0, 1, 2, 3]),
    ]  # fmt: skip
    cube = Cube(np.zeros((2, 3, 2)), pixel_size=2.0, unit="nm", energies=np.array([5.0, 6.0]), energy_unit="eV")
    assert [(axis.name, axis.values.tolist(), axis.unit) for axis in cube.axes] == [
        ("y", [0, 2], "nm"), ("x", [0, 2, 4], "nm"), ("energy", [5, 6], "eV"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"offset": (1.0, 0.0)}, "array: an offset needs a pixel_size, to be in its unit"),
        ({"pixel_size": 1.0, "unit": "nm", "offset": (1.0,)}, "offset is two finite numbers, y and x, not (1.0,)"),
        ({"pixel_size": 1.0, "unit": "nm", "offset": (np.nan, 0.0)}, "offset is two finite numbers, y and x"),
    ],
)
@pytest.mark.parametrize("make", [lambda **given: Image(PIXELS, **given), lambda **given: Movie(PIXELS[None], **given),
                                  lambda **given: Cube(PIXELS[..., None], **given)])  # fmt: skip
def test_offsets_that_are_none(make, given, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make(**given)


def labelled(scale=0.5, offset=(10.0, -3.0), unit="nm"):
    coords = {
        name: (name, first + scale * np.arange(n), {"units": unit})
        for name, first, n in zip("yx", offset, PIXELS.shape, strict=True)
    }
    return xarray.DataArray(PIXELS, coords, ("y", "x"))


def test_offsets_are_loaded():
    image = load(labelled())
    assert (image.pixel_size, image.unit, image.offset) == (0.5, "nm", (10, -3))
    image = load(labelled(scale=5e-10, offset=(1e-8, 0.0), unit="m"))
    assert (image.pixel_size, image.unit, image.offset) == (pytest.approx(0.5), "nm", (pytest.approx(10), 0))
    image = load(labelled(scale=-0.5))  # axes that run backwards are no place to start from
    assert (image.pixel_size, image.offset) == (0.5, (0, 0))


def test_offsets_and_metadata_come_back_from_a_file(tmp_path):
    image = load(labelled())
    save(tmp_path / "a.hspy", numbers_of(SlidingFFTModel.analyse(image, window_y=20, window_x=20, step=10)))
    maps = load(next(tmp_path.glob("*loadings.hspy")))
    # The middle of the first window of 20 pixels.
    assert maps.offset == (10 + 9.5 / 2, -3 + 9.5 / 2)
    assert maps.pixel_size == 5
    assert maps.metadata["General"]["title"]


def test_metadata_are_in_the_provenance():
    image = Image(PIXELS, metadata={"General": {"date": np.datetime64("2020-01-02"), "title": "here"}})
    facts = numbers_of(SlidingFFTModel.analyse(image)).provenance
    assert json.loads(json.dumps(facts))["metadata"] == {"General": {"date": "2020-01-02", "title": "here"}}


def test_the_page_shows_places_as_the_files_have_them():
    panel = SlidingFFTPanel(load(labelled()))
    sample = panel.sample
    assert (sample.scales["y"].min, sample.scales["x"].max) == (10 - 0.25 + (59.5 - 79.5) / 4, -3 + 79.5 / 2)
    assert min(sample.axes[1].tick_values) >= 10
    sample.take_click(None, {"data": {"click_y": 10 + 29.5 / 2, "click_x": -3 + 39.5 / 2}})
    grid = panel.model.result.spectra.grid
    window = grid.nearest(29.5, 39.5)
    y, x = grid.centers[window] / 2 + (10, -3)
    assert f"y {y:.1f}, x {x:.1f} nm" in panel.window_title.value
    table = numbers_of(panel.model.result).tables["windows"]
    assert (table["y (nm)"][window], table["x (nm)"][window]) == (y, x)
    figure = figure_of(panel.model.result)
    edges = (-3.25, -3 + 79.5 / 2, 10 + 59.5 / 2, 9.75)
    assert any(tuple(picture.get_extent()) == edges for axes in figure.axes for picture in axes.images)


def test_a_brush_is_in_pixels():
    cube = Cube(np.random.default_rng(0).random((12, 10, 20)), pixel_size=0.5, unit="nm", offset=(10.0, -3.0))
    panel = UnmixingPanel(cube)
    panel.mask_button.value = True
    brush = panel.sample.figure.interaction
    brush.brushing = True
    brush.selected = np.array([[-3.1, 9.9], [-2.1, 11.1]])
    brush.brushing = False
    used = panel.model.mask.used
    assert (used.sum(), used[:3, :2].all()) == (6, True)


def test_a_sample_starts_at_zero():
    assert samples.grains(shape=(64, 64)).offset == (0, 0)
