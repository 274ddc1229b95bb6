"""Numbers of frames, from all that tells them."""

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import tifffile
import xarray
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Picture

from atomstat_widgets.data import Movie, load, load_movie, movies, samples
from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.data.readers.numbering import counted
from atomstat_widgets.data.readers.reopening import describe_source, reopen

STACK = np.random.default_rng(0).random((4, 12, 10)).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    def make(names, shapes=None):
        for number, name in enumerate(names, start=1):
            Picture.fromarray(np.full((shapes or {}).get(name, (6, 8)), number, np.uint8)).save(tmp_path / name)
        return tmp_path

    return make


@pytest.mark.parametrize("source", [STACK, da.from_array(STACK), STACK.tolist])
@pytest.mark.parametrize("loader", [load, load_movie])
def test_frames_are_numbers_as_they_are_given(source, loader):
    source = np.array(source()) if callable(source) else source
    movie = loader(source, frames=[2, 3, 5, 9])
    assert movie.frame_numbers.tolist() == [2, 3, 5, 9]
    assert not movie.taken_as_consecutive
    assert movie.remark == ""
    np.testing.assert_array_equal(movie.frames, STACK)


@pytest.mark.parametrize("kind", ["array", "dask", "npy", "tif"])
def test_frames_are_put_in_order_and_the_first_of_two_is_taken(kind, tmp_path):
    np.save(tmp_path / "movie.npy", STACK)
    tifffile.imwrite(tmp_path / "movie.tif", STACK, photometric="minisblack")
    source = {"array": STACK, "dask": da.from_array(STACK)}.get(kind, tmp_path / f"movie.{kind}")
    movie = load(source, frames=[4, 1, 4, 2])
    assert movie.frame_numbers.tolist() == [1, 2, 4]
    for place, stored in enumerate([1, 3, 0]):
        np.testing.assert_array_equal(movie[place], STACK[stored])
    assert movie.remark == (
        "Frame numbers that are there twice: 4; the first frame of each is taken. "
        "Frames are out of order, frame 1 comes after 4: they are put in the order of their numbers"
    )


def test_the_truth_and_the_atoms_go_with_their_frames():
    known = movies.hopping_dopants(frames=6, missing=1)
    back = load(known, frames=known.frame_numbers[::-1])
    np.testing.assert_array_equal(back.frames, known.frames[::-1])
    np.testing.assert_array_equal(back.truth.positions[0], known.truth.positions[-1])
    found = load(STACK, frames=[0, 1, 5, 6], coordinates={5: [[1.0, 2]]})
    assert list(found.atoms) == [5]


@pytest.mark.parametrize(
    ("frames", "error", "message"),
    [
        ([0, 1], ValueError, "frames are the numbers of 4 frames of array, got 2"),
        ([0, 1, 2, -3], ValueError, "frames are at least 0, got -3"),
        ([0, 1, 2, 2.5], ValueError, "frames are whole numbers"),
        ([0, 1, 2, np.nan], ValueError, "frames are whole numbers"),
        ("0123", ValueError, "frames are whole numbers"),
    ],
)
def test_refuses(frames, error, message):
    with pytest.raises(error, match=message):
        load(STACK, frames=frames)


def test_only_a_movie_has_frames():
    with pytest.raises(TypeError, match="Doped graphene: frames are numbers of the frames of a movie"):
        load(samples.graphene(shape=(64, 64)), frames=[0])


def test_a_movie_says_which_of_its_numbers_is_odd():
    for numbers, words in (([0, 1, 1, 2], "and frame 1 comes after 1"), ([0, 4, 3, 5], "and frame 3 comes after 4")):
        with pytest.raises(ValueError, match=f"frame numbers are 4 numbers that increase from 0 or more, {words}"):
            Movie(STACK, numbers=np.array(numbers))


def test_what_tells_no_numbers_is_taken_as_consecutive(tmp_path):
    np.save(tmp_path / "movie.npy", STACK)
    assert load(STACK).taken_as_consecutive
    assert load(tmp_path / "movie.npy").taken_as_consecutive
    assert not movies.adatoms(frames=3).taken_as_consecutive  # of a sample it is known


def test_numbers_that_were_given_are_in_the_code_and_in_a_link(tmp_path):
    np.save(tmp_path / "movie.npy", STACK)
    movie = load(tmp_path / "movie.npy", frames=[3, 1, 1, 7])
    assert "frames=[3, 1, 1, 7]" in movie.source.code
    again = reopen(describe_source(movie.source, tmp_path), tmp_path)
    assert again.frame_numbers.tolist() == [1, 3, 7]
    np.testing.assert_array_equal(again[2], STACK[3])


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["t0ms.png", "t250ms.png", "t500ms.png", "t1000ms.png"], [0, 1, 2, 4]),
        (["f_1000000.png", "f_1000400.png", "f_1000800.png", "f_1002000.png"], [0, 1, 2, 5]),
    ],
)
def test_times_in_names_are_counted(folder, names, numbers):
    assert load(folder(names)).frame_numbers.tolist() == numbers


@pytest.mark.parametrize("names", [["a1.png", "b1.png", "c2.png"], ["t0.png", "t100.png", "t200.png", "t250.png"]])
def test_names_that_count_no_frames_are_told(folder, names):
    movie = load(folder(names))
    assert movie.numbers is None
    assert movie.remark == f"The numbers in the names of the images of {movie.name} do not count frames"


def test_names_of_the_images_of_which_a_stack_was_made(tmp_path):
    labels = ["film_0007.tif\nmore words", "film_0008.tif", "film_0010.tif", "film_0011.tif"]
    tifffile.imwrite(tmp_path / "stack.tif", STACK, imagej=True, metadata={"axes": "ZYX", "Labels": labels})
    assert load(tmp_path / "stack.tif").frame_numbers.tolist() == [7, 8, 10, 11]


@pytest.mark.parametrize(
    ("times", "numbers"), [([0.0, 0.51, 1.49, 2.0], [0, 1, 3, 4]), ([0.0, 1.0, 1.5, 2.5], None), (None, None)]
)
def test_times_of_the_planes_of_ome(tmp_path, times, numbers):
    metadata = {"axes": "TYX"} | ({} if times is None else {"Plane": {"DeltaT": times}})
    tifffile.imwrite(tmp_path / "movie.ome.tif", STACK, photometric="minisblack", metadata=metadata)
    movie = load(tmp_path / "movie.ome.tif")
    assert (None if movie.numbers is None else movie.frame_numbers.tolist()) == numbers
    np.testing.assert_array_equal(movie[2], STACK[2])


def test_the_axis_of_a_hyperspy_signal_need_not_be_uniform():
    import hyperspy.api as hyperspy

    axes = [
        {"axis": [0.0, 1.0, 2.0, 4.0], "name": "time", "navigate": True},
        *({"size": size, "name": name, "navigate": False} for name, size in (("y", 12), ("x", 10))),
    ]
    movie = load(hyperspy.signals.Signal2D(STACK, axes=axes))
    assert movie.frame_numbers.tolist() == [0, 1, 2, 4]


@pytest.mark.parametrize(
    ("dim", "values", "numbers"),
    [
        ("time", [0.0, 0.5, 1.5, 2.0], [0, 1, 3, 4]),
        ("time", [10.0, 20.1, 39.9, 50.0], [0, 1, 3, 4]),
        ("frame", [3, 4, 8, 9], [3, 4, 8, 9]),
        ("time", np.array([0, 1, 2, 5], "M8[s]"), [0, 1, 2, 5]),
        ("time", [0.0, 1.0, 1.5, 2.5], None),  # no multiples of one time
        ("time", [0.0, 2.0, 1.0, 3.0], None),
    ],
)
def test_coordinates_of_time(dim, values, numbers):
    movie = load(xarray.DataArray(STACK, dims=(dim, "y", "x"), coords={dim: values}))
    assert (movie.numbers is None) == (numbers is None)
    if numbers is not None:
        assert movie.frame_numbers.tolist() == numbers


@pytest.mark.parametrize("name", ["frames", "frame_numbers", "numbers"])
def test_numbers_beside_the_frames_of_an_npz_file(tmp_path, name):
    np.savez(tmp_path / "movie.npz", movie=STACK, **{name: [0, 1, 4, 5]})
    assert load(tmp_path / "movie.npz").frame_numbers.tolist() == [0, 1, 4, 5]
    np.savez(tmp_path / "other.npz", movie=STACK, **{name: [0.5, 1, 4]})  # none of frames
    assert load(tmp_path / "other.npz").numbers is None


def test_a_column_of_a_table_of_atoms():
    table = pd.DataFrame({"frame": [3, 0, 0], "x": [4.0, 2, 6], "y": [3.0, 1, 5]})
    atoms = load(STACK, coordinates=table).atoms
    assert {frame: points.tolist() for frame, points in atoms.items()} == {0: [[1, 2], [5, 6]], 3: [[3, 4]]}
    with pytest.raises(ReadError, match=r"frames of the coordinates are whole numbers from 0 on, got 0.5 in row 1"):
        load(STACK, coordinates=table.assign(frame=[0, 0.5, 1]))
    with pytest.raises(ValueError, match="atoms are given for frame 9, which is not in the movie"):
        load(STACK, coordinates=table.assign(frame=[0, 9, 1]))


def test_the_size_of_a_folder_is_that_of_most_images(folder):
    names = [f"f{number}.png" for number in range(4)]
    for odd in (0, 2):
        movie = load(folder(names, {names[odd]: (6, 9)}))
        assert movie.sides == (6, 8)
        with pytest.raises(
            ReadError, match=f"f{odd}.png has shape \\(6, 9\\), the first of the other images \\(6, 8\\)"
        ):
            movie[odd]
        (movie[1], movie[3])


def test_counting_by_hand():
    assert counted([0, 2, 4, 10]).tolist() == [0, 1, 2, 5]
    for times in ([1], [], [[1, 2]], [0, 1, 1], [0, np.nan, 2], ["a", "b"], [3, 2, 1]):
        assert counted(times) is None


@given(st.lists(st.integers(1, 3), min_size=3, max_size=30), st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_counting_finds_the_gaps_whatever_the_unit(steps, unit, start):
    """Where most steps are single ones."""
    steps = [*steps, *[1] * (len(steps) + 1)]
    numbers = np.concatenate([[0], np.cumsum(steps)])
    assert counted(start * unit + unit * numbers).tolist() == numbers.tolist()
