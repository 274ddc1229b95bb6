import re

import numpy as np
import pytest

from atomstat_widgets import DomainsPanel, TrajectoriesPanel, cubes, load, movies, samples
from atomstat_widgets.data import Cube, Image, Movie
from atomstat_widgets.data.read_error import ReadError
from atomstat_widgets.stat import find_atoms


@pytest.fixture(scope="module")
def movie():
    return movies.hopping_dopants(frames=9)


@pytest.fixture(scope="module")
def coordinates(movie):
    """Atoms as AtomAI's predictor gives them: (n, 3) with class, by frame number."""
    found = [find_atoms(movie[place]).positions for place in range(len(movie))]
    return {
        number: np.column_stack([one, np.zeros(len(one))])
        for number, one in zip(movie.frame_numbers, found, strict=True)
    }


@pytest.fixture
def output():
    """Output of a network for three frames: two classes and the background."""
    classes = np.random.default_rng(0).random((3, 40, 50, 2)).astype(np.float32) / 2
    return np.concatenate([classes, 1 - classes.sum(axis=3, keepdims=True)], axis=3)


class TestOutput:
    def test_of_several_frames_is_a_movie_of_all_classes(self, output, tmp_path):
        np.save(tmp_path / "nn.npy", output)
        movie = load(tmp_path / "nn.npy", kind="output")
        assert isinstance(movie, Movie)
        np.testing.assert_allclose(movie.frames, 1 - output[..., 2], rtol=1e-5)
        assert movie.source.code == f"load(source={str(tmp_path / 'nn.npy')!r}, kind='output')"

    @pytest.mark.parametrize("frames", [lambda one: one[:1], lambda one: one[0]])
    def test_of_one_frame_is_an_image_with_its_channels(self, output, frames):
        image = load(frames(output), kind="output")
        assert isinstance(image, Image)
        np.testing.assert_allclose(image.array, output[0, ..., 0] + output[0, ..., 1], rtol=1e-5)
        np.testing.assert_array_equal(image.channels, output[0])

    def test_a_single_channel_is_itself(self, output):
        np.testing.assert_array_equal(load(output[:1, ..., :1], kind="output").array, output[0, ..., 0])

    def test_in_an_archive(self, output, tmp_path):
        np.savez(tmp_path / "nn.npz", out=output, other=np.ones(3))
        assert load(tmp_path / "nn.npz", kind="output").frames.shape == (3, 40, 50)

    def test_what_was_loaded_stays(self, output):
        movie = load(output, kind="output")
        assert load(movie, kind="output") is movie

    @pytest.mark.parametrize(
        ("source", "error", "message"),
        [
            (np.ones((5, 5)), ReadError, "array: the output of a network is (frames, height, width, channels), not of"),
            (np.ones((0, 5, 5, 2)), ReadError, "not of shape (0, 5, 5, 2)"),
            (np.ones((5, 5, 2), complex), ReadError, "array holds complex numbers"),
            ([1, 2], TypeError, "the output of a network is a path or an array, not of type list"),
            ("no/such.npy", ReadError, "does not exist"),
        ],
    )
    def test_what_is_none(self, source, error, message):
        with pytest.raises(error, match=re.escape(message)):
            load(source, kind="output")

    def test_other_files_are_refused(self, tmp_path):
        (tmp_path / "nn.dm3").write_bytes(b"nothing")
        with pytest.raises(ReadError, match=r"nn\.dm3 is truncated, damaged or not a \.npy file"):
            load(tmp_path / "nn.dm3", kind="output")


class TestCoordinates:
    def test_of_a_movie(self, movie, coordinates, tmp_path):
        path = tmp_path / "atoms.npz"
        np.savez(path, **{str(number): points for number, points in coordinates.items()})
        for given in (coordinates, path, str(path)):
            loaded = load(movie, coordinates=given)
            assert (loaded.frames is movie.frames, loaded.source) == (True, None)
            assert list(loaded.atoms) == movie.frame_numbers.tolist()
            np.testing.assert_array_equal(loaded.atoms[0], coordinates[0])
        panel = TrajectoriesPanel(loaded)
        assert panel.model.error == ""
        assert panel.controls.spacing.slider.disabled

    def test_of_an_image_with_an_output(self, tmp_path):
        image = samples.graphene(shape=(96, 96))
        points = find_atoms(image.array).positions
        output = np.random.default_rng(0).random((1, 96, 96, 2))
        np.save(tmp_path / "image.npy", image.array)
        np.save(tmp_path / "nn.npy", output)
        loaded = load(tmp_path / "image.npy", coordinates={0: points}, network_output=tmp_path / "nn.npy")
        np.testing.assert_array_equal(loaded.channels, np.float32(output[0]))
        panel = DomainsPanel(loaded, channel=1)
        assert (panel.model.error, len(panel.model.result.atoms.positions)) == ("", len(points))

    @pytest.mark.parametrize(
        ("data", "given", "error", "message"),
        [
            (Image(np.eye(9)), {"coordinates": {0: np.ones((1, 2)), 1: np.ones((1, 2))}}, ValueError,
             "coordinates are of one image, got those of 2"),
            (Image(np.eye(9)), {"coordinates": np.ones((2, 5))}, ValueError, "atoms of array have shape (n, 2) or"),
            (Image(np.eye(9)), {"coordinates": {0: [["a", "b"]]}}, ReadError, "coordinates are numbers by frame"),
            (Image(np.eye(9)), {"coordinates": {"first": np.ones((1, 2))}}, ReadError, "numbers by frame number"),
            (Image(np.eye(9)), {"coordinates": "atoms.npy"}, ReadError,
             "atoms.npy: coordinates are read from .npz files; write them by np.savez(file, **{str(frame)"),
            (Image(np.eye(9)), {"coordinates": "atoms.npz"}, ReadError, "atoms.npz does not exist"),
            (Image(np.eye(9)), {"network_output": np.ones((4, 4, 2))}, ValueError, "channels have shape"),
            (Image(np.eye(9)), {"network_output": "nn.npy"}, ReadError, "nn.npy does not exist"),
            (Movie(np.ones((2, 9, 9))), {"network_output": np.ones((2, 9, 9, 2))}, ValueError,
             "the output of a network is taken beside one image, not beside a movie"),
            (Movie(np.ones((2, 9, 9))), {"coordinates": {3: np.ones((1, 2))}}, ValueError,
             "atoms are given for frame 3, which is not in the movie"),
            (Cube(np.ones((2, 9, 9))), {"coordinates": np.ones((2, 2))}, TypeError, "not of a spectrum image"),
        ],
    )  # fmt: skip
    def test_what_does_not_fit(self, data, given, error, message):
        with pytest.raises(error, match=re.escape(message)):
            load(data, **given)

    def test_pickles_are_refused(self, tmp_path):
        np.savez(tmp_path / "atoms.npz", **{"0": np.array([{}], dtype=object)})
        with pytest.raises(ReadError, match="holds pickled Python objects; it is not opened"):
            load(Image(np.eye(9)), coordinates=tmp_path / "atoms.npz")


class TestPanel:
    @pytest.mark.parametrize(
        ("make", "name"),
        [
            (lambda: samples.grains(shape=(64, 64)), "SlidingFFTPanel"),
            (lambda: np.random.default_rng(0).random((64, 64)), "SlidingFFTPanel"),
            (lambda: movies.hopping_dopants(frames=9), "TrajectoriesPanel"),
            (lambda: cubes.oxides(shape=(12, 12), channels=30), "UnmixingPanel"),
        ],
    )
    def test_the_kind_of_data_chooses(self, make, name):
        from atomstat_widgets import panel

        assert type(panel(make())).__name__ == name

    def test_with_parameters(self, tmp_path):
        from atomstat_widgets import panel

        np.save(tmp_path / "a.npy", np.random.default_rng(0).random((64, 64)))
        assert panel(tmp_path / "a.npy", n_components=2).model.n_components == 2
        with pytest.raises(ReadError, match="does not exist"):
            panel(tmp_path / "b.npy")
