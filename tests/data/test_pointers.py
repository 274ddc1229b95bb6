"""Files that lead to no end, or to more than they hold, are refused at once; what honest files do is not."""

import h5py
import numpy as np
import pytest

from atomstat_widgets.data import Cube, Image, ReadError, load

IMAGE = np.arange(12.0).reshape(3, 4)


def test_groups_in_each_other(tmp_path):
    with h5py.File(tmp_path / "deep.h5", "w", libver="latest") as file:
        group = file
        for _ in range(2000):
            group = group.create_group("a")
        group["image"] = IMAGE
    with pytest.raises(ReadError, match=r"^deep\.h5 is not read: its groups are in each other more than 100 deep$"):
        load(tmp_path / "deep.h5")


@pytest.mark.parametrize("name", ["a.h5", "a.hspy", "a.emd"])
def test_a_group_in_itself(tmp_path, name):
    with h5py.File(tmp_path / name, "w") as file:
        group = file.create_group("a/b")
        group["c"] = file["a"]
        group["image"] = IMAGE
    with pytest.raises(ReadError, match=r"is not read: its group /a/b/c is in itself$"):
        load(tmp_path / name)


def test_more_ways_than_groups(tmp_path):
    with h5py.File(tmp_path / "a.hspy", "w") as file:
        group = file.create_group("0")
        for number in range(1, 40):
            group["left"] = group["right"] = file.create_group(str(number))
            group = file[str(number)]
        group["image"] = IMAGE
    with pytest.raises(ReadError, match=r"a\.hspy is not read: too many ways lead to the same of its groups"):
        load(tmp_path / "a.hspy")


def test_links_inside_and_several_names_are_honest(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["data/image"] = IMAGE
        file["data/same"] = file["data/image"]
        file["other"] = file["data"]
        file["soft"] = h5py.SoftLink("/data/image")
        file["nowhere"] = h5py.SoftLink("/none")
    assert type(load(tmp_path / "a.h5")) is Image


@pytest.mark.parametrize("last", ["a", "zz"])
def test_a_link_out_of_the_file_among_others(tmp_path, last):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["image"] = IMAGE
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["m"] = h5py.ExternalLink("other.h5", "image")
        file[last] = IMAGE
    with pytest.raises(ReadError, match=r"^a\.h5 is not read: /m is a link to another file, other\.h5$"):
        load(tmp_path / "a.h5")


def test_an_axis_that_stands_in_the_file(tmp_path):
    from made_files import write_scaled

    write_scaled(tmp_path / "a.h5")
    cube = load(tmp_path / "a.h5")
    assert type(cube) is Cube
    np.testing.assert_array_equal(cube.energies, np.linspace(100.0, 200.0, 6))


def test_netcdf_is_not_read(tmp_path):
    (tmp_path / "a.nc").write_bytes(b"CDF\1" + bytes(100))
    with pytest.raises(ReadError, match=r"^a\.nc: the extension \.nc is not known"):
        load(tmp_path / "a.nc")


def test_a_picture_is_none_that_another_program_would_open(tmp_path):
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    with pytest.raises(ReadError, match=r"a\.png is truncated, damaged .* it is no picture"):
        load(tmp_path / "a.png")
