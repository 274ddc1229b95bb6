"""Files that are read block by block hold what they hold when they are read at once."""

from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import tifffile
import zarr

from atomstat_widgets import load, load_cube, load_image, load_movie
from atomstat_widgets.data import ReadError
from atomstat_widgets.data.readers.stored import StoredArray

MOVIE = np.random.default_rng(0).random((7, 20, 30), np.float32)


def written(folder: Path, kind: str) -> Path:
    path = folder / f"movie.{kind.partition(' ')[2] or kind}"
    if kind == "npy":
        np.save(path, MOVIE)
    elif kind == "zarr":
        zarr.create_array(path, shape=MOVIE.shape, chunks=(2, 20, 30), dtype=MOVIE.dtype)[:] = MOVIE
    elif kind == "contiguous tif":
        tifffile.imwrite(path, MOVIE)
    elif kind == "imagej tif":
        tifffile.imwrite(path, MOVIE, imagej=True, resolution=(20, 20), metadata={"unit": "nm", "axes": "TYX"})
    elif kind == "compressed tif":
        tifffile.imwrite(path, MOVIE, compression="zlib")
    else:
        with tifffile.TiffWriter(path) as file:
            for frame in MOVIE:
                file.write(frame, contiguous=False)
    return path


@pytest.mark.parametrize("kind", ["npy", "zarr", "contiguous tif", "imagej tif", "compressed tif", "paged tif"])
def test_movie_in_parts_is_the_movie(tmp_path, kind) -> None:
    path = written(tmp_path, kind)
    movie = load(path, lazy=True)
    assert isinstance(movie.frames, da.Array)
    np.testing.assert_array_equal(movie.frames.compute(scheduler="threads"), MOVIE)
    np.testing.assert_array_equal(movie[3], MOVIE[3])
    if kind != "zarr":
        once = load(path)
        assert (movie.pixel_size, movie.unit, movie.name) == (once.pixel_size, once.unit, once.name)
    assert movie.source.arguments["lazy"] is True


@pytest.mark.parametrize("tiles", [None, (16, 16)])
def test_large_picture_is_read_in_parts(tmp_path, tiles) -> None:
    path = tmp_path / "picture.tif"
    tifffile.imwrite(path, MOVIE[0], tile=tiles)
    image = load(path, lazy=True)
    assert image.array.shape == (20, 30)
    np.testing.assert_array_equal(image.array.compute(), MOVIE[0])


def test_formats_of_rosettasciio_are_lazy(tmp_path) -> None:
    hyperspy = pytest.importorskip("hyperspy.api")
    path = tmp_path / "cube.hspy"
    hyperspy.signals.Signal1D(MOVIE).save(path)
    cube = load(path, lazy=True)
    assert isinstance(cube.array, da.Array)
    np.testing.assert_array_equal(cube.array.compute(), MOVIE)


def test_data_sets_of_hdf5_are_lazy(tmp_path) -> None:
    import h5py

    with h5py.File(tmp_path / "movie.h5", "w") as file:
        file["movie"] = MOVIE
    movie = load(tmp_path / "movie.h5", lazy=True, kind="movie")
    np.testing.assert_array_equal(movie.frames.compute(), MOVIE)


@pytest.mark.parametrize("of", [da.from_array, zarr.array])
def test_arrays_are_taken_in_blocks(of) -> None:
    assert isinstance(load(of(MOVIE[0])).array, da.Array)
    assert load_image(of(MOVIE[0])).sides == (20, 30)
    np.testing.assert_array_equal(load_movie(of(MOVIE))[2], MOVIE[2])
    assert isinstance(load_cube(of(MOVIE)).array, da.Array)


def test_large_files_are_lazy_by_themselves(tmp_path, monkeypatch) -> None:
    path = written(tmp_path, "npy")
    assert isinstance(load(path).frames, StoredArray)
    monkeypatch.setattr("atomstat_widgets.data.readers.lazy.LARGE", 1000)
    assert isinstance(load(path).frames, da.Array)
    assert isinstance(load(path, lazy=False).frames, StoredArray)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bad.npy", b"no array", "bad.npy is truncated, damaged or not a .npy file"),
        ("bad.tif", b"no picture", "bad.tif is truncated, damaged or of a kind not read in parts"),
        ("bad.hspy", b"no file", "bad.hspy is truncated, damaged or of a kind that cannot be read"),
        ("gone.npy", None, "gone.npy does not exist"),
        ("several.npz", b"PK", "several.npz cannot be read in parts"),
    ],
)
def test_what_cannot_be_read_says_so(tmp_path, name, content, message) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError, match=message):
        load(tmp_path / name, lazy=True)
