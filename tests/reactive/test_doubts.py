import numpy as np

from atomstat_widgets import analyse
from atomstat_widgets.data import Image, Movie, samples
from atomstat_widgets.reactive.doubts import remark_on
from atomstat_widgets.stat import Atoms, find_lattice

Y, X = np.mgrid[:64, :64]
LATTICE = find_lattice(np.cos(2 * np.pi * Y / 16) + np.cos(2 * np.pi * X / 16))


def atoms(doubt="", lattice=LATTICE):
    return Atoms(np.zeros((1, 2)), np.ones(1), 16.0, np.ones(1), doubt, lattice)


def test_words_about_an_image():
    assert remark_on([atoms()], Image(np.eye(64))) == "Lattice planes 16 px apart, at 0° and 90°"
    in_nm = Image(np.eye(64), pixel_size=0.02, unit="nm")
    assert remark_on([atoms("Set it.")], in_nm) == "Lattice planes 0.32 nm apart, at 0° and 90°. Set it"
    assert remark_on([atoms(lattice=None)], in_nm) == ""


def test_words_about_frames():
    movie = Movie(np.zeros((4, 64, 64)), numbers=(2, 5, 6, 8))
    frames = [atoms(lattice=None), atoms("Few are. Set it."), atoms(), atoms("Other.")]
    assert remark_on(frames, movie) == (
        "Lattice planes 16 px apart, at 0° and 90°. "
        "Atoms of 2 of 4 frames are in doubt, first of frame 5: few are. Set it"
    )


def test_a_result_says_what_is_in_doubt():
    assert analyse("domains", samples.graphene(shape=(160, 160))).remark == (
        "Lattice planes 0.213 nm apart, at 37°, 97° and 157°"
    )
    noise = Image(np.random.default_rng(0).random((96, 96)))
    remark = analyse("domains", noise, strength=2.5, n_components=2).remark
    assert remark.startswith("No lattice stands out of the noise: the scale of the atoms")
