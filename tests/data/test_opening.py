"""A file that is read by a process of its own: the same data, or words, whatever is in the file."""

import os
import struct
import subprocess
import sys
import textwrap

import h5py
import numpy as np
import psutil
import pytest
import tifffile

from atomstat_widgets.data import Cube, Image, Movie, ReadError, load, load_cube, load_image, load_movie
from atomstat_widgets.data.guarded import opening, warm
from atomstat_widgets.data.guarded.opening import Cancelled, Opening
from atomstat_widgets.data.readers.answering import plain

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 60_000, (48, 64), dtype=np.uint16)
STACK = RNG.random((6, 40, 30)).astype(np.float32)
PARTS = ("name", "pixel_size", "unit", "offset", "source", "energy_unit")


def write_scaled(path):
    with h5py.File(path, "w") as file:
        file["energy"] = np.linspace(100.0, 200.0, 30)
        file["energy"].attrs["units"] = "eV"
        file["energy"].make_scale("energy")
        file["data"] = STACK
        file["data"].dims[2].attach_scale(file["energy"])
        for axis, label in enumerate("yx"):
            file["data"].dims[axis].label = label
        file["data"].dims[2].label = "energy"


def written(folder):
    """Files of several kinds, each with how to take it and of what kind it is."""
    np.save(folder / "image.npy", GREY)
    np.save(folder / "fortran.npy", np.asfortranarray(GREY))
    np.save(folder / "stack.npy", STACK)
    np.savez(folder / "two.npz", a=GREY, b=STACK)
    tifffile.imwrite(folder / "image.tif", GREY, resolution=(20, 20), metadata={"unit": "nm"}, imagej=True)
    tifffile.imwrite(folder / "stack.tif", STACK, photometric="minisblack", compression="zlib")
    write_scaled(folder / "cube.h5")
    (folder / "film").mkdir()
    for number in (3, 4, 6):
        np.save(folder / "film" / f"{number}.npy", GREY + number)
    return [
        ("image.npy", {}, Image), ("fortran.npy", {}, Image), ("stack.npy", {}, Movie),
        ("stack.npy", {"kind": "cube"}, Cube), ("stack.npy", {"kind": "output"}, Image),
        ("two.npz", {"signal": "b"}, Movie), ("image.tif", {}, Image), ("stack.tif", {}, Movie), ("cube.h5", {}, Cube),
        ("film", {}, Movie),
    ]  # fmt: skip


def test_the_same_data_as_in_the_process(tmp_path):
    for name, chosen, kind in written(tmp_path):
        here, apart = (load(tmp_path / name, **chosen, trusted=trusted) for trusted in (True, False))
        assert type(here) is type(apart) is kind
        for part in PARTS:
            assert getattr(here, part, None) == getattr(apart, part, None), (name, part)
        for part in ("array", "channels", "energies", "frame_numbers"):
            np.testing.assert_array_equal(getattr(here, part, None), getattr(apart, part, None))
        if kind is Movie:
            assert (apart.frames.dtype, tuple(apart.frames.shape)) == (here.frames.dtype, tuple(here.frames.shape))
            for place in range(len(here)):
                np.testing.assert_array_equal(here[place], apart[place])


def test_what_is_shared_can_be_written_and_outlives_its_reader(tmp_path):
    np.save(tmp_path / "a.npy", GREY)
    image = load(tmp_path / "a.npy", trusted=False)
    (tmp_path / "a.npy").unlink()
    image.array[0, 0] += 1
    np.testing.assert_array_equal(image.array[1:], GREY[1:])


class TestWhatEndsAReader:
    @pytest.fixture
    def endless(self, tmp_path):
        """A file that RosettaSciIO's reader never comes to the end of."""
        (tmp_path / "blank.dens").write_text("\n")
        return tmp_path / "blank.dens"

    def test_too_long(self, endless):
        with pytest.raises(ReadError, match=r"^blank\.dens is not read: it took longer than 1 s$"):
            Opening(endless, seconds=1).load()

    def test_cancelled_while_it_reads(self, endless):
        waiting = []

        def on_wait(seconds):
            waiting.append(seconds)
            file.cancel()

        file = Opening(endless, on_wait=on_wait)
        with pytest.raises(Cancelled, match=r"^blank\.dens: cancelled$"):
            file.load()
        assert len(waiting) == 1
        with pytest.raises(Cancelled):
            file.load()

    def test_its_death(self, tmp_path, monkeypatch):
        np.save(tmp_path / "a.npy", GREY)

        def dead():
            reader = warm.new_reader()
            reader.kill()
            return reader

        monkeypatch.setattr(opening, "new_reader", dead)
        with pytest.raises(ReadError, match=r"^a\.npy is not read: its reader crashed"):
            load(tmp_path / "a.npy", trusted=False)

    def test_too_much_memory(self, tmp_path, monkeypatch):
        monkeypatch.setattr(opening, "memory_left", lambda: 20_000_000)
        np.savez_compressed(tmp_path / "zeros.npz", a=np.zeros((3000, 1000)))
        with pytest.raises(ReadError, match=r"zeros\.npz (needs|has) .*memory"):
            load(tmp_path / "zeros.npz", trusted=False)

    @pytest.mark.skipif(sys.platform != "linux", reason="readers are ended with their parents by Linux only")
    def test_the_death_of_who_asked(self, endless):
        script = f"""
            from pathlib import Path
            from atomstat_widgets.data.guarded.opening import Opening
            Opening(Path({str(endless)!r}), on_wait=lambda seconds: print("waiting", flush=True)).load()
        """
        asking = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
        )  # fmt: skip
        with asking:
            assert asking.stdout.readline() == "waiting\n"
            others = psutil.Process(asking.pid).children(recursive=True)
            assert len(others) == 2  # the warm process and the reader
            asking.kill()
        assert psutil.wait_procs(others, timeout=60)[1] == []


class TestFrames:
    def test_a_reader_that_died_is_followed_by_another(self, tmp_path):
        np.save(tmp_path / "a.npy", STACK)
        movie = load(tmp_path / "a.npy", trusted=False)
        movie.frames._opening._reader.kill()
        with pytest.raises(ReadError, match="reader crashed"):
            movie[1]
        np.testing.assert_array_equal(movie[1], STACK[1])

    @pytest.mark.parametrize("trusted", [True, False])
    def test_a_file_that_is_cut_while_it_is_shown(self, tmp_path, trusted):
        np.save(tmp_path / "a.npy", STACK)
        movie = load(tmp_path / "a.npy", trusted=trusted)
        np.testing.assert_array_equal(movie[5], STACK[5])
        os.truncate(tmp_path / "a.npy", (tmp_path / "a.npy").stat().st_size - 100)
        with pytest.raises(ReadError, match=r"a\.npy is truncated: it ends before the last of its 6 frames"):
            movie[5]
        np.testing.assert_array_equal(movie[4], STACK[4])

    def test_of_another_file_of_this_name(self, tmp_path):
        np.save(tmp_path / "a.npy", STACK)
        movie = load(tmp_path / "a.npy", trusted=False)
        movie.frames._opening.end()
        np.save(tmp_path / "a.npy", STACK[:, 1:])
        with pytest.raises(ReadError, match="is another file now"):
            movie[0]

    def test_places_are_those_of_a_sequence(self, tmp_path):
        np.save(tmp_path / "a.npy", STACK)
        frames = load(tmp_path / "a.npy", trusted=False).frames
        np.testing.assert_array_equal(frames[-1], STACK[-1])
        with pytest.raises(IndexError):
            frames[6]


def test_answers_that_make_no_sense_are_refused(tmp_path, monkeypatch):
    """What a reader says that a file has taken over."""
    np.save(tmp_path / "a.npy", GREY)
    place = {"dtype": "<f8", "shape": [10], "start": 0}
    answers = [
        b"no JSON", b"[" * 100_000, b"[]", b"{}", b'{"places": 3}',
        *(
            b'{"is": "image", "fields": {}, "arrays": ["array"], "places": [%s]}' % str(one).replace("'", '"').encode()
            for one in (
                {**place, "dtype": "O"}, {**place, "shape": [-1]}, {**place, "shape": [2**62]},
                {**place, "start": -8}, {**place, "start": 10**6}, {},
            )
        ),
        b'{"is": "image", "fields": {"offset": [0, 0], "name": 3}, "arrays": [], "places": []}',
        b'{"is": "program", "fields": {"offset": [0, 0]}, "arrays": [], "places": []}',
    ]  # fmt: skip

    class Said:
        def __init__(self, words):
            self.words, self.closed = words, False

        def send_bytes(self, _content):
            pass

        def poll(self, _seconds):
            return True

        def recv_bytes(self, _most=None):
            return self.words

        def close(self):
            self.closed = True

    for words in answers:
        store = os.memfd_create("store", os.MFD_ALLOW_SEALING)
        monkeypatch.setattr(opening, "new_reader", lambda: warm.Reader(Said(words), store, lambda: None))  # noqa: B023
        with pytest.raises(ReadError, match=r"a\.npy is not read: the answer of its reader makes no sense"):
            Opening(tmp_path / "a.npy").load()
    fields = b'{"offset": [0, 0], "name": "a", "served": [[1, 1, 1], "f4"]}'
    frames = b'{"is": "movie", "fields": %s, "arrays": [], "places": []}' % fields
    monkeypatch.setattr(
        opening, "new_reader", lambda: warm.Reader(Said(frames), os.memfd_create("store"), lambda: None)
    )
    with pytest.raises(ReadError, match=r"makes no sense \(movie for image\)"):
        Opening(tmp_path / "a.npy").load("image")


def test_a_new_interpreter_reads_where_processes_are_not_forked(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "new_reader", warm._spawn)
    np.save(tmp_path / "a.npy", STACK)
    movie = load(tmp_path / "a.npy", trusted=False)
    np.testing.assert_array_equal(movie[5], STACK[5])
    np.testing.assert_array_equal(load(tmp_path / "a.npy", kind="cube", trusted=False).array, STACK)


def test_what_is_not_trusted_is_not_read_in_parts(tmp_path):
    np.save(tmp_path / "a.npy", STACK)
    with pytest.raises(ValueError, match=r"a\.npy is read block by block"):
        load(tmp_path / "a.npy", trusted=False, lazy=True)


def test_pipes_and_devices_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.npy")
    (tmp_path / "device.npy").symlink_to("/dev/zero")
    for name in ("pipe.npy", "device.npy"):
        for trusted in (True, False):
            with pytest.raises(ReadError, match="is not a regular file"):
                load(tmp_path / name, trusted=trusted)


def test_plain_values():
    values = {"a": (1, 2.5), 3: np.float32(0.5), "b": b"x", "c": np.array([[1]]), "d": None, "e": 1 + 2j, "f": {True}}
    assert plain(values) == {"a": [1, 2.5], "3": 0.5, "b": "x", "c": [[1]], "d": None, "e": "(1+2j)", "f": [True]}
    assert plain(np.zeros((1000, 1000))) == "float64 of shape (1000, 1000)"


def test_many_names_are_not_all_told(tmp_path):
    np.savez(tmp_path / "many.npz", **{f"a{number}": np.zeros(1) for number in range(1000)})
    with pytest.raises(ReadError, match=r"a9 \(1,\), and 990 more$"):
        load(tmp_path / "many.npz")


def test_a_header_of_many_brackets_is_damaged(tmp_path):
    header = ("{'descr': " + "(" * 5000 + ")" * 5000 + ", 'fortran_order': False, 'shape': (4,)}").encode() + b"\n"
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
    with pytest.raises(ReadError, match=r"a\.npy is truncated, damaged or not a \.npy file: its header is damaged"):
        load(tmp_path / "a.npy")


def test_words_name_the_file_and_no_folder(tmp_path):
    (tmp_path / "a.dens").write_text("nothing of the kind\n")
    with pytest.raises(ReadError, match=r"^a\.dens is truncated, .* heater log: a\.dens\)$"):
        Opening(tmp_path / "a.dens").load()
    np.savez(tmp_path / "a.npz", **{f"{number} {'x' * 100}": np.zeros(1) for number in range(9)})
    with pytest.raises(ReadError, match=r"^a\.npz: choose .*…$") as told:
        Opening(tmp_path / "a.npz").load()
    assert len(str(told.value)) == 400


def test_no_process_to_be_had(tmp_path, monkeypatch):
    def none():
        raise OSError("no process can be started that reads a file")

    np.save(tmp_path / "a.npy", GREY)
    monkeypatch.setattr(opening, "new_reader", none)
    with pytest.raises(ReadError, match=r"^a\.npy is not read: no process can be started"):
        Opening(tmp_path / "a.npy").load()


def test_a_signal_by_any_whole_number(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a"], file["b"] = GREY, GREY + 1
    np.testing.assert_array_equal(load(tmp_path / "a.h5", signal=np.int64(1), trusted=False).array, GREY + 1)


def test_a_reader_that_compiles_what_it_needs(shared_data):
    """Numba would keep it in a folder; a reader writes to none."""
    path = shared_data / "format-files" / "EMDReader_SpectrumImage_Si.emd"
    np.testing.assert_array_equal(load(path, trusted=False).array, load(path).array)


@pytest.mark.parametrize("loader", [load, load_image, load_movie, load_cube])
def test_formats_that_may_not_end_are_read_apart_by_every_door(tmp_path, monkeypatch, loader):
    monkeypatch.setattr(opening, "new_reader", lambda: pytest.fail("asked for a reader"))
    (tmp_path / "blank.dens").write_text("\n")
    with pytest.raises(pytest.fail.Exception, match="asked for a reader"):
        loader(tmp_path / "blank.dens")
