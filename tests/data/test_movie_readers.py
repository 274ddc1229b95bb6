import struct
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import psutil
import pytest
import tifffile
from PIL import Image as Picture

from atomstat_widgets.data import Image, Movie, ReadError, load, load_image, load_movie
from atomstat_widgets.data.readers.movies import TiffFrames
from atomstat_widgets.data.readers.stored import StoredArray

RNG = np.random.default_rng(0)
STACK = RNG.integers(0, 60_000, (5, 12, 16), dtype=np.uint16)
COLOURS = RNG.integers(0, 256, (5, 12, 16, 3), dtype=np.uint8)
GREY, COLOUR = STACK[0], COLOURS[0]


class Reader:
    """Something like an array that gives one frame at a time and nothing else."""

    def __init__(self, array):
        self.array, self.asked = array, []
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, index):
        assert isinstance(index, int | np.integer)
        self.asked.append(index)
        return self.array[index]

    def __array__(self, *args, **kwargs):
        raise AssertionError("the whole was asked for")


def folder_of(folder: Path, names, arrays=None) -> Path:
    """Make a folder of pictures; by default the n-th is of the value n + 1."""
    folder.mkdir(exist_ok=True)
    arrays = [np.full((6, 8), number, np.uint8) for number in range(1, len(names) + 1)] if arrays is None else arrays
    for name, array in zip(names, arrays, strict=True):
        Picture.fromarray(array).save(folder / name)
    return folder


def cut(path: Path, kept: int) -> Path:
    path.write_bytes(path.read_bytes()[:kept])
    return path


def is_open(path: Path) -> bool:
    return path.name in [Path(file.path).name for file in psutil.Process().open_files()]


def assert_holds(movie: Movie, stack: np.ndarray) -> None:
    assert isinstance(movie, Movie)
    assert len(movie) == len(stack)
    assert movie.sides == stack.shape[1:3]
    assert tuple(movie.frames.shape) == stack.shape
    assert movie.frames.dtype == stack.dtype
    for number, frame in reversed(list(enumerate(stack))):
        assert movie[number].dtype == stack.dtype
        np.testing.assert_array_equal(movie[number], frame)


class TestSources:
    def test_a_movie_is_returned_as_it_is(self):
        movie = Movie(STACK)
        assert load_movie(movie) is movie

    @pytest.mark.parametrize("stack", [STACK, COLOURS, np.dstack([COLOURS] * 4)[..., :4], STACK[:1]])
    def test_an_array_keeps_its_values_and_has_no_scale(self, stack):
        movie = load_movie(stack)
        assert movie.frames is stack
        assert_holds(movie, stack)
        assert (movie.name, movie.pixel_size, movie.unit) == ("array", None, "px")
        assert (movie.numbers, movie.atoms, movie.truth) == (None, None, None)

    @pytest.mark.parametrize("source", [[GREY, GREY], (GREY,), None, 3.0, b"movie.tif", Image(GREY)])
    def test_other_types_are_refused_by_name(self, source):
        with pytest.raises(TypeError, match=f"a movie is loaded from .*, not from {type(source).__name__}"):
            load_movie(source)

    @pytest.mark.parametrize("dtype", [bool, np.uint8, np.int32, np.float16, ">f4"])
    def test_real_numbers_of_any_kind_are_taken(self, dtype):
        assert load_movie(np.ones((2, 3, 4), dtype))[1].dtype == dtype

    @pytest.mark.parametrize("wrapped", [False, True])
    @pytest.mark.parametrize(
        ("stack", "message"),
        [
            (STACK + 1j, r"array holds complex numbers \(complex128\)"),
            (STACK.astype(str), "array holds no numbers but <U5"),
            (STACK.astype(object), "array holds no numbers but object"),
            (STACK.astype("datetime64[s]"), r"array holds no numbers but datetime64\[s\]"),
        ],
    )
    def test_what_is_no_real_number_is_refused(self, stack, message, wrapped):
        with pytest.raises(ReadError, match=message):
            load_movie(Reader(stack) if wrapped else stack)

    @pytest.mark.parametrize("shape", [(), (5,), (5, 6), (5, 6, 7, 1), (5, 6, 7, 5), (2, 5, 6, 7, 3)])
    def test_what_is_no_movie_is_refused_with_its_shape(self, shape):
        with pytest.raises(ReadError, match=r"array: a movie is .*, not of shape \(" + ", ".join(map(str, shape))):
            load_movie(np.ones(shape))

    @pytest.mark.parametrize("shape", [(0, 6, 7), (5, 0, 7), (5, 6, 0, 3)])
    def test_a_movie_of_nothing_is_refused(self, shape):
        with pytest.raises(ReadError, match="array: the movie has no frames or no pixels"):
            load_movie(np.ones(shape))


class TestFramesOnDemand:
    @pytest.mark.parametrize("loader", [load_movie, load])
    def test_frames_are_read_when_asked_for_one_at_a_time(self, loader):
        frames = Reader(STACK)
        movie = loader(frames)
        assert (len(movie), movie.sides, movie.frame_numbers.tolist()) == (5, (12, 16), [0, 1, 2, 3, 4])
        assert frames.asked == []
        np.testing.assert_array_equal(movie[3], STACK[3])
        np.testing.assert_array_equal(movie[np.intp(1)], STACK[1])
        assert frames.asked == [3, 1]
        for _ in movie:
            pass
        assert frames.asked == [3, 1, 0, 1, 2, 3, 4]

    @pytest.mark.parametrize("stack", [STACK, COLOURS])
    def test_an_h5py_dataset(self, tmp_path, stack):
        with h5py.File(tmp_path / "movie.h5", "w") as file:
            movie = load_movie(file.create_dataset("movie", data=stack, chunks=(1, *stack.shape[1:])))
            assert isinstance(movie.frames, h5py.Dataset)
            assert isinstance(movie[0], np.ndarray)
            assert_holds(movie, stack)

    def test_an_h5py_dataset_of_other_values_is_refused(self, tmp_path):
        with h5py.File(tmp_path / "movie.h5", "w") as file:
            with pytest.raises(ReadError, match="array holds complex numbers"):
                load_movie(file.create_dataset("waves", data=STACK + 1j))
            with pytest.raises(ReadError, match="array holds no numbers but object"):
                load_movie(file.create_dataset("words", data=[[["a"]]], dtype=h5py.string_dtype()))

    @pytest.mark.parametrize("stack", [STACK, COLOURS])
    def test_a_zarr_array(self, stack):
        import zarr

        frames = zarr.array(stack, chunks=(1, *stack.shape[1:]))
        movie = load_movie(frames)
        assert movie.frames is frames
        assert isinstance(movie[0], np.ndarray)
        assert_holds(movie, stack)


class TestNpy:
    @pytest.mark.parametrize("stack", [STACK, COLOURS, STACK.astype(">f4"), np.asfortranarray(STACK), STACK > 30_000])
    def test_it_is_read_frame_by_frame(self, tmp_path, stack):
        np.save(tmp_path / "movie.npy", stack)
        movie = load_movie(tmp_path / "movie.npy")
        # Of an array in Fortran's order no frame lies in one place.
        assert isinstance(movie.frames, StoredArray if stack.flags.c_contiguous else np.ndarray)
        assert_holds(movie, stack)
        assert (movie.name, movie.pixel_size, movie.unit) == ("movie.npy", None, "px")

    def test_the_path_may_be_a_string_and_the_extension_in_capitals(self, tmp_path):
        with (tmp_path / "MOVIE.NPY").open("wb") as file:
            np.save(file, STACK)
        assert_holds(load_movie(str(tmp_path / "MOVIE.NPY")), STACK)

    def test_pickled_objects_are_not_opened(self, tmp_path):
        class Trap:
            def __reduce__(self):
                return Path.touch, (tmp_path / "sprung",)

        np.save(tmp_path / "trap.npy", np.array([[[Trap()]]], dtype=object), allow_pickle=True)
        for loader in (load_movie, load):
            with pytest.raises(ReadError, match=r"trap\.npy holds pickled Python objects.*could run code"):
                loader(tmp_path / "trap.npy")
        assert not (tmp_path / "sprung").exists()

    @pytest.mark.parametrize("kept", [4, 100, -2, -1000])
    def test_truncated(self, tmp_path, kept):
        np.save(tmp_path / "cut.npy", STACK)
        with pytest.raises(ReadError, match=r"cut\.npy is truncated, damaged or not a \.npy file"):
            load_movie(cut(tmp_path / "cut.npy", kept))

    @pytest.mark.parametrize(
        ("array", "message"),
        [
            (STACK * 1j, r"movie\.npy holds complex numbers \(complex128\)"),
            (STACK.astype(str), r"movie\.npy holds no numbers but <U5"),
            (GREY, r"movie\.npy: a movie is .*, not of shape \(12, 16\)"),
            (STACK[:0], r"movie\.npy: the movie has no frames"),
        ],
    )
    def test_what_is_no_movie_is_refused(self, tmp_path, array, message):
        np.save(tmp_path / "movie.npy", array)
        with pytest.raises(ReadError, match=message):
            load_movie(tmp_path / "movie.npy")


def write_stack(path: Path, stack: np.ndarray, **options) -> Path:
    tifffile.imwrite(path, stack, photometric="rgb" if stack.ndim == 4 else "minisblack", **options)
    return path


class TestTiff:
    @pytest.mark.parametrize("stack", [STACK, COLOURS, STACK.astype(np.float32), STACK[:1]])
    @pytest.mark.parametrize("byteorder", ["<", ">"])
    def test_a_contiguous_stack_is_read_frame_by_frame(self, tmp_path, stack, byteorder):
        movie = load_movie(write_stack(tmp_path / "movie.tif", stack, byteorder=byteorder))
        assert isinstance(movie.frames, StoredArray)
        assert_holds(movie, stack.astype(stack.dtype.newbyteorder(byteorder)))
        assert (movie.name, movie.pixel_size, movie.unit) == ("movie.tif", None, "px")

    @pytest.mark.parametrize("stack", [STACK, COLOURS, STACK > 30_000, STACK[:1]])
    @pytest.mark.parametrize("compression", ["lzw", "zlib"])
    def test_a_compressed_stack_is_read_page_by_page(self, tmp_path, stack, compression):
        movie = load_movie(write_stack(tmp_path / "movie.tiff", stack, compression=compression))
        assert isinstance(movie.frames, TiffFrames)
        assert_holds(movie, stack)
        assert (movie.name, movie.pixel_size, movie.unit) == ("movie.tiff", None, "px")

    @pytest.mark.parametrize("compression", [None, "tiff_lzw"])
    def test_pages_that_another_program_wrote(self, tmp_path, compression):
        first, *others = map(Picture.fromarray, STACK)
        first.save(tmp_path / "movie.tif", save_all=True, append_images=others, compression=compression)
        assert_holds(load_movie(tmp_path / "movie.tif"), STACK)

    @pytest.mark.parametrize("compression", [None, "zlib"])
    @pytest.mark.parametrize("stack", [STACK, COLOURS])
    @pytest.mark.parametrize(("written", "unit"), [("nm", "nm"), ("micron", "µm"), ("\\u00B5m", "µm"), ("A", "Å")])
    def test_pixel_size_of_an_imagej_stack(self, tmp_path, stack, compression, written, unit):
        axes = "TYX" if stack.ndim == 3 else "TYXS"
        tifffile.imwrite(
            tmp_path / "movie.tif",
            stack,
            imagej=True,
            resolution=(20, 20),
            metadata={"unit": written, "axes": axes},
            compression=compression,
        )
        movie = load_movie(tmp_path / "movie.tif")
        assert_holds(movie, stack)
        assert movie.pixel_size == pytest.approx(0.05)
        assert movie.unit == unit

    @pytest.mark.parametrize(
        ("unit", "resolution"), [("pixel", (20, 20)), ("", (20, 20)), ("nm", (20, 25)), ("nm", (0, 0))]
    )
    def test_an_unknown_or_oblong_pixel_has_no_size(self, tmp_path, unit, resolution):
        tifffile.imwrite(
            tmp_path / "movie.tif", STACK, imagej=True, resolution=resolution, metadata={"unit": unit, "axes": "TYX"}
        )
        movie = load_movie(tmp_path / "movie.tif")
        assert (movie.pixel_size, movie.unit) == (None, "px")

    def test_threads_may_ask_at_the_same_time(self, tmp_path):
        movie = load_movie(write_stack(tmp_path / "movie.tif", STACK, compression="zlib"))
        numbers = np.random.default_rng(1).integers(0, 5, 400).tolist()
        with ThreadPoolExecutor(8) as threads:
            np.testing.assert_array_equal(list(threads.map(movie.__getitem__, numbers)), STACK[numbers])

    @pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"imagej": True}])
    def test_a_single_image_is_refused(self, tmp_path, options):
        tifffile.imwrite(tmp_path / "grey.tif", GREY, **options)
        with pytest.raises(ReadError, match=r"grey\.tif(: a movie is .*\(12, 16\)| holds no stack of images)"):
            load_movie(tmp_path / "grey.tif")
        assert not is_open(tmp_path / "grey.tif")

    def test_a_single_compressed_colour_image_is_refused(self, tmp_path):
        tifffile.imwrite(tmp_path / "colour.tif", COLOUR, photometric="rgb", compression="zlib")
        with pytest.raises(ReadError, match=r"colour\.tif holds no stack of images"):
            load_movie(tmp_path / "colour.tif")

    def test_a_single_colour_image_is_refused(self, tmp_path):
        tifffile.imwrite(tmp_path / "colour.tif", COLOUR, photometric="rgb")
        with pytest.raises(ReadError, match=r"colour\.tif"):
            load_movie(tmp_path / "colour.tif")

    def test_pages_written_one_by_one_are_a_movie(self, tmp_path):
        with tifffile.TiffWriter(tmp_path / "pages.tif") as file:
            for frame in STACK:
                file.write(frame)
        for loader in (load_movie, load):
            assert_holds(loader(tmp_path / "pages.tif"), STACK)

    def test_a_planar_colour_image_is_one_image(self, tmp_path):
        tifffile.imwrite(
            tmp_path / "planar.tif", np.moveaxis(COLOUR, -1, 0), photometric="rgb", planarconfig="separate"
        )
        with pytest.raises(ReadError, match=r"planar\.tif"):
            load_movie(tmp_path / "planar.tif")

    def test_a_stack_of_stacks_is_refused_with_its_shape(self, tmp_path):
        tifffile.imwrite(tmp_path / "volumes.tif", np.stack([STACK, STACK]), imagej=True, metadata={"axes": "TZYX"})
        with pytest.raises(ReadError, match=r"volumes\.tif: a movie is .*, not of shape \(2, 5, 12, 16\)"):
            load_movie(tmp_path / "volumes.tif")

    def test_complex_numbers_are_refused(self, tmp_path):
        write_stack(tmp_path / "wave.tif", STACK.astype(np.complex64))
        with pytest.raises(ReadError, match=r"wave\.tif holds complex numbers \(complex64\)"):
            load_movie(tmp_path / "wave.tif")

    @pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"imagej": True}])
    @pytest.mark.parametrize("kept", [4, 50])
    def test_truncated(self, tmp_path, options, kept):
        write_stack(tmp_path / "cut.tif", STACK, **options)
        with pytest.raises(ReadError, match=r"cut\.tif is truncated, damaged or .* \(TIFF: "):
            load_movie(cut(tmp_path / "cut.tif", kept))
        assert not is_open(tmp_path / "cut.tif")

    @pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"imagej": True}])
    def test_truncated_in_its_first_frames(self, tmp_path, options):
        write_stack(tmp_path / "cut.tif", STACK, **options)
        with pytest.raises(ReadError, match=r"cut\.tif"):
            load_movie(cut(tmp_path / "cut.tif", 900))
        assert not is_open(tmp_path / "cut.tif")

    def test_a_damaged_frame_is_an_error_when_it_is_read(self, tmp_path):
        write_stack(tmp_path / "cut.tif", STACK, compression="zlib")
        movie = load_movie(cut(tmp_path / "cut.tif", -20))
        np.testing.assert_array_equal(movie[3], STACK[3])
        with pytest.raises(ReadError, match=r"cut\.tif"):
            movie[4]

    @pytest.mark.parametrize("loader", [load_movie, load])
    @pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"imagej": True}])
    def test_a_stack_that_was_cut_is_no_shorter_one(self, tmp_path, options, loader):
        tifffile.imwrite(tmp_path / "cut.tif", np.concatenate([STACK] * 9), photometric="minisblack", **options)
        cut(tmp_path / "cut.tif", 1500)
        with pytest.raises(ReadError, match=r"cut\.tif is truncated: it ends before the last of its pages"):
            loader(tmp_path / "cut.tif")
        assert not is_open(tmp_path / "cut.tif")

    def test_a_damaged_stack_writes_nothing_on_the_screen(self, tmp_path, capfd, caplog):
        cut(write_stack(tmp_path / "cut.tif", STACK), 900)
        for loader in (load_movie, load):
            with pytest.raises(ReadError):
                loader(tmp_path / "cut.tif")
        assert caplog.records == []
        assert capfd.readouterr() == ("", "")


def write_npy(path: Path, stack: np.ndarray) -> None:
    np.save(path, stack)


def write_compressed(path: Path, stack: np.ndarray) -> None:
    tifffile.imwrite(path, stack, photometric="minisblack", compression="zlib")


def write_imagej(path: Path, stack: np.ndarray) -> None:
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "TYX"})


WRITERS = [("movie.npy", write_npy), ("movie.tif", write_stack), ("movie.tif", write_compressed)]
WRITERS += [("movie.tif", write_imagej)]


@pytest.mark.parametrize(("name", "write"), WRITERS)
def test_no_file_is_read_whole(tmp_path, name, write):
    stack = np.random.default_rng(1).integers(0, 60_000, (40, 256, 256), dtype=np.uint16)  # 5 MB, of 128 kB a frame
    write(tmp_path / name, stack)
    load(tmp_path / name)[0]  # imports what it needs
    tracemalloc.start()
    try:
        movie = load(tmp_path / name)
        np.testing.assert_array_equal(movie[30], stack[30])
        assert tracemalloc.get_traced_memory()[1] < 2e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("name", "write"), WRITERS)
@pytest.mark.parametrize("loader", [load_movie, load])
def test_a_file_is_closed_when_its_movie_is_dropped(tmp_path, name, write, loader):
    write(tmp_path / name, STACK)
    movie = loader(tmp_path / name)
    assert movie[2].shape == (12, 16)
    assert is_open(tmp_path / name)
    del movie
    assert not is_open(tmp_path / name)


def test_a_stack_of_another_format(tmp_path):
    stack = STACK[:3].astype(np.int16)
    header = bytearray(1024)
    struct.pack_into("<10i", header, 0, 16, 12, 3, 1, 0, 0, 0, 16, 12, 3)
    struct.pack_into("<3f", header, 40, 16 * 0.5, 12 * 0.5, 3.0)  # edges in angstroms
    struct.pack_into("<3i", header, 64, 1, 2, 3)
    header[208:214] = b"MAP \x44\x44"
    (tmp_path / "movie.mrc").write_bytes(bytes(header) + stack.tobytes())
    for loader in (load_movie, load):
        movie = loader(tmp_path / "movie.mrc")
        assert_holds(movie, stack)
        assert (movie.name, movie.pixel_size, movie.unit) == ("movie.mrc", pytest.approx(0.05), "nm")


class TestFolders:
    def test_frames_are_in_the_order_of_their_numbers(self, tmp_path):
        movie = load_movie(folder_of(tmp_path / "film", ["frame_10.png", "frame_2.png", "frame_1.png"]))
        assert [int(movie[place].max()) for place in range(3)] == [3, 2, 1]
        assert movie.frame_numbers.tolist() == [1, 2, 10]
        assert (movie.name, movie.pixel_size, movie.unit) == ("film", None, "px")
        assert (len(movie), movie.sides, movie.frames.dtype) == (3, (6, 8), np.uint8)

    @pytest.mark.parametrize(
        ("names", "numbers"),
        [
            (["f_007.png", "f_008.png", "f_011.png"], [7, 8, 11]),
            (["0.png", "1.png"], [0, 1]),
            (["5.png"], [5]),
            (["run2_9.png", "run2_10.png"], [9, 10]),
            (["f9b.png", "f10b.png"], [9, 10]),
            (["a.png", "b.png", "c.png"], None),
            (["a.png", "b1.png"], None),
            (["b1.png", "c.png"], None),
            (["f1_v2.png", "f2_v2.png", "f10_v2.png"], None),  # the last number is the same
            (["b1_f5.png", "b1_f6.png", "b2_f1.png"], None),  # it starts again
        ],
    )
    def test_numbers_are_the_last_in_the_names_where_these_increase(self, tmp_path, names, numbers):
        movie = load_movie(folder_of(tmp_path / "film", names))
        assert [int(frame.max()) for frame in movie] == list(range(1, len(names) + 1))
        assert movie.frame_numbers.tolist() == (list(range(len(names))) if numbers is None else numbers)

    @pytest.mark.parametrize("start", [9223372036854775808, 20240101123456789012345])
    def test_names_with_longer_numbers_than_fit(self, tmp_path, start):
        movie = load_movie(folder_of(tmp_path / "film", [f"{start}.png", f"{start + 1}.png"]))
        assert (movie.frame_numbers >= 0).all()

    def test_names_with_a_superscript(self, tmp_path):
        assert len(load_movie(folder_of(tmp_path / "film", ["5².png", "6².png"]))) == 2

    @pytest.mark.parametrize("extension", ["png", "bmp", "tif", "tiff", "PNG"])
    @pytest.mark.parametrize("stack", [STACK.astype(np.uint8), COLOURS])
    def test_kinds_of_images(self, tmp_path, extension, stack):
        folder = folder_of(tmp_path / "film", [f"f{number}.{extension}" for number in range(5)], stack)
        assert_holds(load_movie(str(folder)), stack)

    def test_a_folder_of_arrays(self, tmp_path):
        for number, frame in enumerate(STACK):
            np.save(tmp_path / f"f{number}.npy", frame)
        assert_holds(load_movie(tmp_path), STACK)

    def test_a_folder_of_jpg(self, tmp_path):
        folder = folder_of(tmp_path / "film", ["f1.jpg", "f2.jpg"])
        assert [frame.tolist() for frame in load_movie(folder)] == [[[value] * 8] * 6 for value in (1, 2)]

    def test_the_pixel_size_is_that_of_the_first(self, tmp_path):
        for number, frame in enumerate(STACK):
            tifffile.imwrite(
                tmp_path / f"f{number}.tif", frame, imagej=True, resolution=(20, 20), metadata={"unit": "nm"}
            )
        movie = load_movie(tmp_path)
        np.testing.assert_array_equal(list(movie), STACK)
        assert (movie.pixel_size, movie.unit) == (pytest.approx(0.05), "nm")

    def test_what_is_no_image_is_passed_over(self, tmp_path):
        folder = folder_of(tmp_path / "film", ["f1.png", "f2.PNG"])
        (folder / "notes.txt").write_text("x")
        (folder / "f3.png").mkdir()
        assert len(load_movie(folder)) == 2

    def test_kinds_are_not_mixed(self, tmp_path):
        folder = folder_of(tmp_path / "film", ["f1.png", "f2.png", "f3.jpg"])
        with pytest.raises(ReadError, match=r"film holds images of several kinds, \.jpg, \.png: keep those of one"):
            load_movie(folder)

    @pytest.mark.parametrize("name", [None, "notes.txt"])
    def test_no_images(self, tmp_path, name):
        if name:
            (tmp_path / name).write_text("x")
        for loader in (load_movie, load):
            with pytest.raises(ReadError, match=r"there are no images in .*\(png, jpg, tif, npy\)"):
                loader(tmp_path)

    @pytest.mark.parametrize("odd", [GREY[:6, :9], COLOUR[:6, :8]])
    def test_a_frame_of_another_shape_is_named_when_it_is_read(self, tmp_path, odd):
        even = GREY[:6, :8]
        movie = load_movie(folder_of(tmp_path / "film", ["f1.png", "f2.png", "f3.png"], [even, odd, even]))
        assert len(movie) == 3
        with pytest.raises(ReadError, match=r"f2\.png has shape \(6, [89].*\), the first of .* images \(6, 8\)"):
            movie[1]
        np.testing.assert_array_equal(movie[2], even)

    def test_frames_are_read_when_asked_for(self, tmp_path):
        folder = folder_of(tmp_path / "film", ["f1.png", "f2.png", "f3.png"])
        cut(folder / "f2.png", 30)
        movie = load_movie(folder)
        (folder / "f3.png").unlink()
        assert movie[0].max() == 1
        with pytest.raises(ReadError, match=r"f2\.png is truncated"):
            movie[1]
        with pytest.raises(ReadError, match=r"f3\.png does not exist"):
            movie[2]

    def test_a_damaged_first_frame_is_named_at_once(self, tmp_path):
        folder = folder_of(tmp_path / "film", ["f1.png", "f2.png"])
        cut(folder / "f1.png", 30)
        with pytest.raises(ReadError, match=r"f1\.png is truncated"):
            load_movie(folder)

    def test_a_folder_of_stacks_is_refused(self, tmp_path):
        write_stack(tmp_path / "f1.tif", STACK)
        with pytest.raises(ReadError, match=r"f1\.tif holds no image but a stack of images"):
            load_movie(tmp_path)

    def test_complex_numbers_are_refused(self, tmp_path):
        np.save(tmp_path / "f1.npy", GREY * 1j)
        with pytest.raises(ReadError, match=r"f1\.npy holds complex numbers"):
            load_movie(tmp_path)


class TestPaths:
    @pytest.mark.parametrize("loader", [load_movie, load])
    @pytest.mark.parametrize("name", ["gone.tif", "gone.npy", "gone.png", "gone.dm3", "gone"])
    def test_missing(self, tmp_path, loader, name):
        with pytest.raises(ReadError, match=f"{name} does not exist"):
            loader(tmp_path / name)

    @pytest.mark.parametrize("loader", [load_movie, load])
    @pytest.mark.parametrize("extension", ["npy", "tif", "png", "dm3"])
    def test_empty(self, tmp_path, loader, extension):
        (tmp_path / f"empty.{extension}").touch()
        with pytest.raises(ReadError, match=rf"empty\.{extension} is empty \(0 bytes\)"):
            loader(tmp_path / f"empty.{extension}")

    def test_a_picture_holds_no_movie(self, tmp_path):
        Picture.fromarray(GREY).save(tmp_path / "grey.png")
        with pytest.raises(ReadError, match=r"grey\.png holds no stack of images"):
            load_movie(tmp_path / "grey.png")

    def test_an_unknown_extension_names_known_ones(self, tmp_path):
        (tmp_path / "table.xlsx").write_text("x")
        with pytest.raises(
            ReadError, match=r"table\.xlsx: the extension \.xlsx is not known; known are npy, npz, tif, png"
        ):
            load_movie(tmp_path / "table.xlsx")


class TestImageOrMovie:
    @pytest.mark.parametrize("source", [Image(GREY), Movie(STACK)])
    def test_what_is_loaded_is_returned_as_it_is(self, source):
        assert load(source) is source

    @pytest.mark.parametrize(
        ("array", "kind"),
        [
            (GREY, Image),
            (COLOUR, Image),
            (np.dstack([COLOUR, GREY % 256]), Image),
            (STACK, Movie),
            (COLOURS, Movie),
            (STACK[:1], Movie),
        ],
    )
    @pytest.mark.parametrize("where", ["array", "npy", "tif", "compressed"])
    def test_an_array_and_a_file_of_each_kind(self, tmp_path, array, kind, where):
        source = array
        if where == "npy":
            source = tmp_path / "data.npy"
            np.save(source, array)
        elif where != "array":
            source = tmp_path / "data.tif"
            flat = array.ndim == 2 or (array.ndim == 3 and array.shape[2] > 4)
            array = array if flat else array.astype(np.uint8)
            tifffile.imwrite(
                source,
                array,
                photometric="minisblack" if flat else "rgb",
                compression="zlib" if where == "compressed" else None,
            )
        loaded = load(source)
        assert type(loaded) is kind
        np.testing.assert_array_equal(loaded.array if kind is Image else list(loaded), array)

    @pytest.mark.parametrize("array", [GREY, COLOUR])
    def test_a_picture_is_an_image(self, tmp_path, array):
        Picture.fromarray(array).save(tmp_path / "picture.png")
        image = load(str(tmp_path / "picture.png"))
        assert isinstance(image, Image)
        np.testing.assert_array_equal(image.array, array)

    def test_an_imagej_image_keeps_its_pixel_size(self, tmp_path):
        tifffile.imwrite(tmp_path / "grey.tif", GREY, imagej=True, resolution=(20, 20), metadata={"unit": "nm"})
        image = load(tmp_path / "grey.tif")
        assert isinstance(image, Image)
        assert (image.pixel_size, image.unit) == (pytest.approx(0.05), "nm")

    def test_a_folder_is_a_movie(self, tmp_path):
        movie = load(str(folder_of(tmp_path / "film", ["f2.png", "f3.png"])))
        assert isinstance(movie, Movie)
        assert movie.frame_numbers.tolist() == [2, 3]

    @pytest.mark.parametrize("source", [[[1, 2], [3, 4]], None, 3.0, b"movie.tif"])
    def test_other_types_are_refused_by_name(self, source):
        with pytest.raises(TypeError, match=f"not from {type(source).__name__}"):
            load(source)

    @pytest.mark.parametrize("shape", [(), (5,), (5, 6, 7, 2), (2, 5, 6, 7, 3), (0, 6, 7)])
    def test_other_shapes_are_refused(self, shape):
        with pytest.raises(ReadError, match="array: "):
            load(np.ones(shape))

    @pytest.mark.parametrize(
        ("name", "array", "kept"),
        [
            ("cut.npy", GREY, -2),
            ("cut.npy", STACK, -2),
            ("cut.npy", STACK, 4),
            ("cut.tif", GREY, 50),
            ("cut.tif", GREY, -10),
            ("cut.tif", STACK, 4),
            ("cut.tif", STACK, 50),
            ("cut.png", GREY, 100),
        ],
    )
    def test_of_a_damaged_file_it_says_what_load_image_says(self, tmp_path, name, array, kept):
        path = tmp_path / name
        if name == "cut.npy":
            np.save(path, array)
        elif name == "cut.tif":
            write_stack(path, array)
        else:
            Picture.fromarray(array).save(path)
        self.assert_says_what_load_image_says(cut(path, kept))

    @pytest.mark.parametrize("name", ["notes.npy", "notes.tif", "notes.png", "notes.xlsx", "notes"])
    def test_of_text_it_says_what_load_image_says(self, tmp_path, name):
        (tmp_path / name).write_text("not an image at all")
        self.assert_says_what_load_image_says(tmp_path / name)

    def test_of_what_is_neither_it_says_what_load_image_says(self, tmp_path):
        first, *others = map(Picture.fromarray, STACK.astype(np.uint8))
        first.save(tmp_path / "film.gif", save_all=True, append_images=others)
        self.assert_says_what_load_image_says(tmp_path / "film.gif")

    @staticmethod
    def assert_says_what_load_image_says(path):
        with pytest.raises(ReadError) as expected:
            load_image(path)
        with pytest.raises(ReadError) as caught:
            load(path)
        assert str(caught.value) == str(expected.value)
        assert not is_open(path)


class TestRealFiles:
    def test_a_folder_of_frames(self, shared_data):
        folder = shared_data / "movie-bulk-water"
        movie = load(folder)
        assert tuple(movie.frames.shape) == (30, 424, 640, 4)
        assert movie.frames.dtype == np.uint8
        assert (movie.name, movie.pixel_size, movie.unit) == ("movie-bulk-water", None, "px")
        np.testing.assert_array_equal(movie.frame_numbers, np.arange(30))
        for number in (0, 9, 10, 29):
            with Picture.open(folder / f"bulk_water_{number:03d}.png") as picture:
                np.testing.assert_array_equal(movie[number], picture)

    def test_a_stack(self, shared_data):
        path = shared_data / "tracking-reference-links" / "stuck.tif"
        for loader in (load_movie, load):
            movie = loader(path)
            assert_holds(movie, tifffile.imread(path))
            assert (len(movie), movie.sides, movie.name) == (5, (512, 512), "stuck.tif")

    def test_images_are_images(self, shared_data):
        colour = load(shared_data / "stem-re-tmd" / "re48.tiff")
        assert isinstance(colour, Image)
        assert colour.array.shape == (687, 772, 3)
        grey = load(shared_data / "stem-mos2-dm3" / "example_Se_implanted_MoS2.dm3")
        assert isinstance(grey, Image)
        assert grey.pixel_size == pytest.approx(13 / 1024)
