"""The strain model without a screen: what is found by itself, what can be set, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from traitlets import TraitError

from atomstat_widgets.analyses.strain.model import StrainModel
from atomstat_widgets.data import Cube, Image, Movie, samples
from atomstat_widgets.reactive.results import analyse, figure_of, numbers_of
from atomstat_widgets.reactive.session import parameters_of, set_parameters

IMAGE = samples.strained(shape=(320, 320))
LAYER = IMAGE.metadata["strain"][1]


@pytest.fixture
def model():
    return StrainModel(IMAGE)


def test_the_default_is_right_without_a_touch(model):
    result = model.result
    assert (model.error, model.notice) == ("", "")
    assert model.status.startswith("Strain of 100% of the image, ±0.0")
    assert result.errors().max() < 0.001
    assert result.maps.reference[0] > 0.45 * 320  # in the substrate
    assert np.median(result.maps.exx[60:90, 60:260]) == pytest.approx(LAYER[0], abs=0.001)
    assert np.median(result.maps.eyy[60:90, 60:260]) == pytest.approx(LAYER[1], abs=0.001)
    assert np.median(result.maps.rotation[60:90, 60:260]) == pytest.approx(LAYER[3], abs=0.001)
    assert result.shown[1, 70, 160] == pytest.approx(100 * result.maps.eyy[70, 160])
    assert result.shown[3, 70, 160] == pytest.approx(np.rad2deg(result.maps.rotation[70, 160]))


def test_a_reference_in_the_layer_turns_the_signs_round(model):
    model.reference = [30, 90, 60, 260]
    assert model.reference == (30, 90, 60, 260)
    assert np.median(model.result.maps.eyy[240:280, 60:260]) == pytest.approx(1 / (1 + LAYER[1]) - 1, abs=0.001)
    # the truth is against the reference, wherever that is
    assert model.result.truth[1] == pytest.approx(np.zeros(4), abs=1e-12)
    assert model.result.errors().max() < 0.001


def test_only_what_depends_on_a_parameter_is_computed_again(model):
    first = model.result
    model.reference = (200, 290, 40, 280)
    assert model.result.waves is first.waves
    model.sigma = 18
    assert model.result.waves is not first.waves
    assert model.result.spectrum is first.spectrum
    model.sigma = "0.56 nm"
    assert model.sigma == pytest.approx(20)


def test_other_reflections_of_the_lattice_give_the_same_strain(model):
    g1, g2 = model.result.waves.reflections
    before = model.result.maps.stack[:, 70, 160]
    model.reflections = (g1 + g2, g2 - g1)
    assert model.error == ""
    assert all(isinstance(number, float) for one in model.reflections for number in one)
    assert model.result.maps.stack[:, 70, 160] == pytest.approx(before, abs=0.003)  # of one pixel, with its noise


def test_parameters_survive_json(model):
    model.reflections, model.reference, model.sigma = ((0.0, 0.105), (0.105, 0.0)), (200, 290, 40, 280), 20.5
    stored = json.loads(json.dumps(parameters_of(model)))
    assert stored == {
        "reflections": [[0.0, 0.105], [0.105, 0.0]], "reference": [200, 290, 40, 280], "sigma": 20.5,
    }  # fmt: skip
    other = StrainModel(IMAGE)
    assert set_parameters(other, stored) == []
    assert other.parameters() == model.parameters()
    assert other.result.maps.exx == pytest.approx(model.result.maps.exx, nan_ok=True)


def test_a_new_image_is_found_out_about_anew(model):
    model.reflections, model.reference, model.sigma = ((0.0, 0.105), (0.105, 0.0)), (200, 290, 40, 280), 20
    model.image = samples.graphene(shape=(256, 256))
    assert (model.reflections, model.reference, model.sigma) == (None, None, None)
    assert model.error == ""
    assert model.result.image is model.image
    with pytest.raises(ValueError, match="the true strain of Doped graphene is not known"):
        model.result.errors()


def test_what_is_hardly_measured_is_said():
    model = StrainModel(samples.grains())
    assert model.notice.startswith("Only ")
    assert "choose those of the part that matters" in model.notice


def test_a_layer_that_was_not_measured_is_said():
    pixels = IMAGE.array.copy()
    pixels[IMAGE.truth == 1] = 0
    model = StrainModel(replace(IMAGE, array=pixels))
    assert model.notice.startswith("Only 63% of the image was measured")
    assert model.status.startswith("Strain of 63% of the image")
    result = model.result
    assert not result.maps.trusted[30:60].any()
    assert result.compared[30:40, 100].all()
    assert result.errors().max() < 0.001  # of what was measured


def test_a_layer_far_from_its_substrate_is_measured():
    """Whose reflections are so far from those of the substrate that a Gaussian around these loses them."""
    for strain in ({"along": -0.08, "across": 0.02, "rotation": -8.0}, {"along": 0.1, "across": 0.1, "rotation": 10.0}):
        model = StrainModel(samples.strained(**strain))
        assert (model.error, model.notice) == ("", "")
        assert model.status.startswith("Strain of 100% of the image")
        assert model.result.maps.trusted[model.result.compared].all()
        assert model.result.errors().max() < 0.001


def test_reflections_are_four_numbers_in_a_row_too(model):
    model.reflections = [0.0, 0.105, 0.105, 0.0]
    assert model.reflections == ((0.0, 0.105), (0.105, 0.0))
    assert model.error == ""


def test_what_cannot_be_measured_is_said(model):
    before = model.result
    model.reflections = ((0.0, 0.105), (0.0, 0.21))
    assert "are nearly in one line" in model.error
    model.reflections = ((0.0, 0.3), (0.17, 0.13))
    assert "there is no lattice of the frequency [0.0, 0.3]" in model.error
    assert model.result is before
    model.reflections = None
    assert model.error == ""
    model.sigma = 200.0
    assert "too large for an image of shape (320, 320)" in model.error
    model.sigma = None
    model.reference = (0, 20, 0, 20)
    assert "holds no lattice: choose another" in model.error
    model.reference = None
    assert model.error == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("reference", (0, 400, 0, 50), "not 4 rows and columns or more of the 320 rows"),
        ("reference", (10, 20, 30), "four whole numbers"),
        ("reference", "all", "four whole numbers"),
        ("reflections", ((0, 0.1), (0.7, 0)), "beyond ±0.5"),
        ("reflections", (0.1, 0.2), "are not two of a lattice"),
        ("reflections", (0, 0.1, 0.1), "are not two of a lattice"),
        ("reflections", (0, 0.1, 0.1, "a"), "are not two of a lattice"),
        ("reflections", ((0, 0.1),), "are not two of a lattice"),
        ("reflections", 3, "are not two of a lattice"),
        ("sigma", 0.5, "sigma"), ("sigma", np.nan, "not finite"), ("sigma", "5 s", "sigma"),
    ],
)  # fmt: skip
def test_values_that_are_refused(model, name, value, words):
    before = model.result
    with pytest.raises(TraitError, match=words):
        setattr(model, name, value)
    assert getattr(model, name) is None
    assert (model.error, model.result) == ("", before)


def test_data_that_are_refused(monkeypatch):
    for data, words in (
        (np.zeros((31, 400)), "no room for a lattice"),
        (np.ones((64, 64)), "all 4096 pixels"),
        (np.full((64, 64), np.nan), "NaN"),
        (Movie(np.random.default_rng(0).random((4, 64, 64))), "Movie"),
        (Cube(np.random.default_rng(0).random((8, 8, 30))), "Cube"),
    ):
        with pytest.raises((ValueError, TypeError), match=words):
            StrainModel(data)
    noise = np.random.default_rng(0).standard_normal((64, 80))
    assert "no reflections stand out" in StrainModel(noise).error
    with pytest.raises(ValueError, match="no reflections stand out"):
        analyse("strain", noise)
    monkeypatch.setattr("atomstat_widgets.analyses.strain.model.MOST_PIXELS", 10_000)
    with pytest.raises(ValueError, match="64 × 200 pixels are more than the 10,000"):
        StrainModel(np.zeros((64, 200)))


@pytest.mark.parametrize("sides", [(32, 32), (33, 47), (40, 160), (64, 200)])
def test_images_of_any_shape_give_maps_or_words(sides):
    y, x = np.indices(sides)
    image = np.cos(2 * np.pi * y / 5) + np.cos(2 * np.pi * x / 5)
    model = StrainModel(image)
    assert model.error == ""
    assert model.result.maps.exx.shape == sides
    assert np.nanmax(np.abs(model.result.maps.stack)) < 0.005


def test_numbers_and_figure_are_in_the_units_of_the_image(model):
    numbers, result = numbers_of(model.result), model.result
    assert list(numbers.quantities) == ["exx", "eyy", "exy", "rotation", "phases"]
    assert numbers.quantities["exx"].values is result.maps.exx
    assert [(axis.name, axis.unit) for axis in numbers.quantities["exx"].axes] == [("y", "nm"), ("x", "nm")]
    table = numbers.tables["reflections"]
    assert table["spacing (nm)"] == pytest.approx([0.2674, 0.2674], abs=5e-4)  # 0.27 nm times the sine of 82 degrees
    assert table["angle (degrees)"] == pytest.approx([-4, 94], abs=0.2)
    assert numbers.provenance["reference"] == list(result.maps.reference)
    assert json.dumps(dict(numbers.provenance))
    by_title = {axes.get_title(): axes for axes in figure_of(result).axes}
    picture = by_title["Strained layer, reference framed"]
    top, bottom, left, right = result.maps.reference
    (frame,) = [one for one in picture.patches if not one.get_fill()]
    assert frame.get_bbox().bounds == pytest.approx(
        tuple(0.028 * one for one in (left - 0.5, top - 0.5, right - left, bottom - top))
    )
    maps = [by_title[title] for title in ("exx (%)", "eyy (%)", "exy (%)", "rotation (°)")]
    limits = [axes.images[0].get_clim() for axes in maps]
    assert limits[0] == limits[1] == limits[2] != limits[3]
    assert all(low == -high for low, high in limits)
    assert maps[1].images[0].get_extent() == pytest.approx([-0.014, 8.946, 8.946, -0.014])


def test_a_sample_without_scale_is_in_pixels():
    numbers = numbers_of(analyse("strain", Image(IMAGE.array)))
    assert list(numbers.tables["reflections"])[2] == "spacing (px)"


def test_the_reference_of_a_sample_is_where_it_is_in_all(monkeypatch):
    da = pytest.importorskip("dask.array")
    monkeypatch.setattr("atomstat_widgets.data.sampling.LARGEST_PART", 200)
    model = StrainModel(Image(da.from_array(IMAGE.array, chunks=160), "large"), reference=(120, 170, 40, 160))
    assert model.sides == (200, 200)
    model.run_on_all()
    assert model.on_all, model.error
    assert model.sides == (320, 320)
    assert model.reference == (180, 230, 100, 220)
    model.sigma = 21.0
    assert model.sides == (200, 200)
    assert model.reference == (120, 170, 40, 160)
