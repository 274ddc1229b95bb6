import numpy as np
import pytest
from traitlets import TraitError

from atomstat_widgets.analyses.domains.model import DomainsModel
from atomstat_widgets.analyses.sliding_fft.model import SlidingFFTModel
from atomstat_widgets.analyses.trajectories.model import TrajectoriesModel
from atomstat_widgets.data import Image, movies, samples
from atomstat_widgets.reactive.recipe import recipe_of
from atomstat_widgets.reactive.session import set_parameters


@pytest.fixture(scope="module")
def grains():
    return samples.grains(shape=(128, 128))  # 0.028 nm a pixel


def test_whole_numbers_of_pixels(grains):
    model = SlidingFFTModel(grains, window_y="0.9 nm", window_x="9 Å")
    assert (model.window_y, model.window_x, model.window_linked) == (32, 32, True)
    assert model.result.spectra.grid.step == (8, 8)
    model.step = "0.3 nm"
    assert model.step == 11
    model.window_y = "40 px"
    assert (model.window_y, model.window_x) == (40, 40)
    assert recipe_of(model.result).parameters["step"] == 11


def test_parts_of_pixels():
    model = TrajectoriesModel(movies.hopping_dopants(frames=9), rmax="1 Å", spacing="0.15nm")
    size = model.movie.pixel_size
    assert (model.rmax, model.spacing) == (pytest.approx(0.1 / size), pytest.approx(0.15 / size))
    model.rmax = None
    assert model.rmax is None


def test_of_the_image_that_comes_with_it(grains):
    assert DomainsModel(grains, window="0.3 nm").window == 11
    model = DomainsModel.analyse(grains, window="0.3 nm", smooth="30 pm")
    assert model.parameters["smooth"] == pytest.approx(0.03 / 0.028)


def test_a_path_is_read_first(tmp_path, grains):
    np.save(tmp_path / "a.npy", grains.array)
    with pytest.raises(TraitError, match=r"window = '0.3 nm': the pixel size of a\.npy is not known"):
        DomainsModel(tmp_path / "a.npy", window="0.3 nm")


@pytest.mark.parametrize(
    ("name", "length", "message"),
    [
        ("window_y", "much", "window_y = 'much' is no length"),
        ("step", "3 eV", "step = '3 eV': pixels of Three grains are in nm"),
        ("step", "0 nm", "The value of the 'step' trait of a SlidingFFTModel instance should not be less than 1"),
        ("window_y", "1 µm", "window_y = 35714 is larger than the image"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(grains, name, length, message):
    model = SlidingFFTModel(grains)
    before = model.parameters()
    with pytest.raises(TraitError, match=message):
        setattr(model, name, length)
    assert model.parameters() == before


def test_in_a_session_too(grains):
    model = SlidingFFTModel(grains, window_y=32)
    assert set_parameters(model, {"step": "0.28 nm", "window_y": "x"}) == ["window_y cannot be x, it is 32"]
    assert model.step == 10


def test_without_a_pixel_size():
    model = SlidingFFTModel(Image(np.random.default_rng(0).random((64, 64))), step="3 px")
    assert model.step == 3
    with pytest.raises(TraitError, match="the pixel size of array is not known, give the length in px"):
        model.step = "1 nm"
