import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomstat_widgets import calibrated, cubes, load, movies, samples
from atomstat_widgets.data import Cube, Image, Movie
from atomstat_widgets.data.calibration import METRES, in_pixels, number_and_unit

PIXELS = np.arange(48.0).reshape(6, 8)


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("12", 12), ("12 px", 12), (" 1.5px ", 1.5), ("0.5 nm", 5), ("5 Å", 5), ("5 A", 5), ("5 \N{ANGSTROM SIGN}", 5),
        ("500 pm", 5), ("0.002 µm", 20), ("2e-3 um", 20), ("+2E-3\N{GREEK SMALL LETTER MU}m", 20), ("1e-6mm", 10),
        (".1 nm", 1),
    ],
)  # fmt: skip
def test_lengths(length, expected):
    assert in_pixels(length, Image(PIXELS, pixel_size=0.1, unit="nm")) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("length", "message"),
    [
        ("", "'' is no length, which is a number with a unit, such as '0.3 nm'"),
        ("nm", "'nm' is no length"),
        ("1..2 nm", "'1..2 nm' is no length"),
        ("1 2 nm", "'1 2 nm' is no length"),
        ("nan nm", "'nan nm' is no length"),
        ("1e999 nm", "'1e999 nm' is not finite"),
        ("3 eV", "'3 eV': pixels of array are in nm, units known are pm, Å, nm, µm, mm, m"),
    ],
)
def test_what_is_no_length(length, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        in_pixels(length, Image(PIXELS, pixel_size=0.1, unit="nm"))


def test_without_a_pixel_size_there_are_only_pixels():
    assert in_pixels("3 px", Image(PIXELS)) == 3
    with pytest.raises(ValueError, match="'3 nm': the pixel size of array is not known, give the length in px"):
        in_pixels("3 nm", Image(PIXELS))


def test_a_unit_of_its_own_is_known_to_its_data():
    assert in_pixels("3 V", Image(PIXELS, pixel_size=1.5, unit="V")) == 2
    with pytest.raises(ValueError, match="pixels of array are in V"):
        in_pixels("3 nm", Image(PIXELS, pixel_size=1.5, unit="V"))


@given(st.floats(1e-6, 1e6), st.sampled_from(list(METRES)), st.floats(1e-3, 1e3), st.sampled_from(list(METRES)))
def test_a_length_is_as_many_pixels_as_fit(number, unit, size, own):
    pixels = in_pixels(f"{number!r} {unit}", Image(PIXELS, pixel_size=size, unit=own))
    assert pixels * size * METRES[own] == pytest.approx(number * METRES[unit])
    assert number_and_unit(f"{number!r}{unit}") == (number, unit)


@pytest.mark.parametrize(
    "data",
    [Image(PIXELS), Movie(np.stack([PIXELS] * 3), pixel_size=3.0, unit="nm"), Cube(np.stack([PIXELS] * 3, axis=2))],
)
def test_another_pixel_size(data):
    renewed = calibrated(data, 0.02, "µm")
    assert (type(renewed), renewed.pixel_size, renewed.unit, renewed.name) == (type(data), 0.02, "µm", data.name)
    assert renewed.source is None


@pytest.mark.parametrize("size", [0, -1, float("nan"), float("inf")])
def test_a_size_that_is_none(size):
    with pytest.raises(ValueError, match="pixel_size is a positive finite number"):
        calibrated(Image(PIXELS), size)


@pytest.mark.parametrize("unit", ["", "  ", "px"])
def test_a_unit_that_is_none(unit):
    with pytest.raises(ValueError, match="the unit of a pixel size is one of length, such as nm, not "):
        calibrated(Image(PIXELS), 1.0, unit)


@pytest.mark.parametrize(
    "make", [lambda: samples.grains(shape=(64, 64)), lambda: movies.hopping_dopants(frames=9), cubes.oxides]
)
def test_the_code_makes_it_again(make):
    renewed = calibrated(calibrated(make(), 5.0), 0.125, "Å")
    names = ", ".join(renewed.source.names)
    assert renewed.source.code.count("calibrated") == 1
    scope = {}
    exec(f"from atomstat_widgets import {names}\ndata = {renewed.source.code}", scope)
    again = scope["data"]
    assert (again.pixel_size, again.unit, again.source) == (0.125, "Å", renewed.source)


def test_of_a_file_too(tmp_path):
    np.save(tmp_path / "a.npy", PIXELS)
    renewed = calibrated(load(tmp_path / "a.npy"), 2.0)
    assert renewed.source.names == ["calibrated", "load"]
    np.testing.assert_array_equal(eval(renewed.source.code, {"calibrated": calibrated, "load": load}).array, PIXELS)
