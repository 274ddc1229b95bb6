import json

import numpy as np
import pytest

from atomstat_widgets.__main__ import main
from atomstat_widgets.data import cubes, load, movies, samples
from atomstat_widgets.data.export import save
from atomstat_widgets.data.mask import Mask
from atomstat_widgets.data.numbers import Axis, Numbers, Quantity
from atomstat_widgets.reactive.registry import analyses
from atomstat_widgets.reactive.results import analyse, numbers_of

DATA = {
    "sliding-fft": lambda: samples.grains(shape=(96, 128)).array,
    "domains": lambda: samples.graphene(shape=(160, 160)).array,
    "strain": lambda: samples.strained(shape=(160, 160)).array,
    "trajectories": lambda: movies.hopping_dopants(frames=10).frames,
    "unmix": lambda: cubes.oxides(shape=(16, 18), channels=50).array,
}


def run(*arguments):
    return main(["run", *map(str, arguments)])


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "image.npy", DATA["sliding-fft"]())
    return tmp_path / "image.npy"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.mark.parametrize("name", DATA)
def test_writes_what_the_analysis_gives(name, tmp_path, out, capsys):
    np.save(tmp_path / "data.npy", DATA[name]())
    assert run(name, tmp_path / "data.npy", "--out", out) == 0
    analysis = analyses()[name]
    expected = numbers_of(analyse(name, load(tmp_path / "data.npy", kind=analysis.kind))).arrays
    with np.load(out / f"data_{name.replace('-', '_')}.npz") as stored:
        assert set(stored) == {"provenance", *expected}
        for key, values in expected.items():
            np.testing.assert_array_equal(stored[key], values, err_msg=key)
    said = capsys.readouterr()
    assert said.out == f"1 of 1 files analysed, results in {out}\n"
    assert said.err.splitlines()[-1].startswith("data.npy: 100%|")


def test_every_format(tmp_path, out):
    np.save(tmp_path / "data.npy", DATA["unmix"]())
    forms = ["png", "svg", "pdf", "npz", "h5", "csv", "hspy", "py", "ipynb", "json"]
    assert run("unmix", tmp_path / "data.npy", "--out", out, "--formats", *forms) == 0
    assert {path.suffix[1:] for path in out.iterdir()} == set(forms)
    assert len(list(out.glob("*.hspy"))) == 4


def test_parameters_by_options(file, out):
    options = ["--window", 40, "--window-x", 32, "--step", 9, "--components", 3, "--zoom", 1, "--no-hamming"]
    assert run("sliding-fft", file, *options, "--out", out, "--formats", "json") == 0
    assert json.loads((out / "image_sliding_fft.json").read_text()) == {
        "window_y": 40, "window_x": 32, "step": 9, "n_components": 3, "zoom": 1, "hamming": False,
        "background": None, "line_jitter": None, "border": None, "spots": None,
    }  # fmt: skip


def test_parameters_of_other_types(tmp_path, out):
    np.save(tmp_path / "data.npy", DATA["unmix"]())
    options = ["--signal-range", 4, 40, "--method", "PCA", "--weighting", "--binning", 2]
    assert run("unmix", tmp_path / "data.npy", *options, "--out", out, "--formats", "json") == 0
    given = json.loads((out / "data_unmix.json").read_text())
    assert (given["signal_range"], given["method"], given["weighting"], given["binning"]) == ([4, 40], "PCA", True, 2)


def test_one_window_is_for_both_sides(file, out):
    assert run("sliding-fft", file, "--window", 24, "--out", out, "--formats", "json") == 0
    given = json.loads((out / "image_sliding_fft.json").read_text())
    assert (given["window_y"], given["window_x"], given["step"]) == (24, 24, None)


def test_parameters_of_a_file_and_options_above_them(tmp_path, out):
    np.save(tmp_path / "data.npy", DATA["unmix"]())
    mask = np.arange(16 * 18).reshape(16, 18) % 5 > 0
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"method": "PCA", "n_components": 5, "signal_range": [2, 30], "mask": None}))
    arguments = ["unmix", tmp_path / "data.npy", "--out", out, "--formats", "json", "--parameters", path]
    assert run(*arguments, "--components", 2) == 0
    given = json.loads((out / "data_unmix.json").read_text())
    assert (given["method"], given["n_components"], given["signal_range"]) == ("PCA", 2, [2, 30])
    path.write_text(json.dumps({"mask": Mask(mask).packed}))
    assert run(*arguments, "--formats", "npz") == 0
    with np.load(out / "data_unmix.npz") as stored:
        np.testing.assert_array_equal(np.isfinite(stored["residual_map"]), mask)


def test_what_was_written_can_be_given_again(tmp_path, out):
    np.save(tmp_path / "data.npy", DATA["unmix"]())
    arguments = ["unmix", tmp_path / "data.npy", "--out", out, "--formats", "json", "npz"]
    assert run(*arguments, "--method", "ICA", "--components", 2) == 0
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    assert run(*arguments, "--parameters", out / "data_unmix.json") == 0
    with np.load(out / "data_unmix.npz") as again:
        (out / "first.npz").write_bytes(first["data_unmix.npz"])
        with np.load(out / "first.npz") as before:
            for key in before:
                np.testing.assert_array_equal(again[key], before[key])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no JSON", "p.json is no JSON"),
        ("[1]", "p.json holds no parameters by name"),
        ('{"windows": 3}', "p.json: Sliding FFT has no parameter 'windows', but background, border, hamming"),
        ('{"image": "x"}', "p.json: Sliding FFT has no parameter 'image'"),
        (None, "p.json"),
    ],
)
def test_bad_parameter_files(file, out, tmp_path, capsys, content, message):
    if content is not None:
        (tmp_path / "p.json").write_text(content)
    assert run("sliding-fft", file, "--out", out, "--parameters", tmp_path / "p.json") == 2
    said = capsys.readouterr().err
    assert said.startswith("atomstat: ")
    assert message in said
    assert not out.exists()


def test_goes_on_past_a_bad_file(file, tmp_path, out, capsys):
    (tmp_path / "broken.tif").write_text("no picture")
    np.save(tmp_path / "flat.npy", np.ones((64, 64)))
    np.save(tmp_path / "other.npy", samples.grains(shape=(64, 64), seed=1).array)
    files = [tmp_path / name for name in ("broken.tif", "image.npy", "flat.npy", "absent.dm3", "other.npy")]
    assert run("sliding-fft", *files, "--out", out, "--formats", "npz") == 1
    assert {path.name for path in out.iterdir()} == {"image_sliding_fft.npz", "other_sliding_fft.npz"}
    said = capsys.readouterr()
    assert said.out == f"2 of 5 files analysed, results in {out}\n"
    reasons = [line for line in said.err.splitlines() if line.startswith("atomstat: ")]
    assert [reason.split(":")[1].strip() for reason in reasons] == [str(files[n]) for n in (0, 2, 3)]
    assert "broken.tif is truncated, damaged or of a kind that cannot be read" in reasons[0]
    assert "all 4096 pixels of the image are equal" in reasons[1]
    assert "absent.dm3 does not exist" in reasons[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--window", "300"], "= 300 is larger than the image, which has "),
        (["--step", "0"], "step"),
        (["--components", "0"], "n_components"),
        (
            ["--window", "96", "--step", "32", "--components", "4"],
            "4 components need at least 4 windows, and 2 fit the image",
        ),
        (["--zoom", "0"], "zoom"),
    ],
)
def test_parameters_that_cannot_be(file, out, capsys, arguments, message):
    assert run("sliding-fft", file, "--out", out, *arguments) == 1
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["phases", "a.npy", "--out", "o"], ["domains", "--out", "o"], ["domains", "a.npy"],
        ["domains", "a.npy", "--out", "o", "--method", "SVD"], ["domains", "a.npy", "--out", "o", "--window", "x"],
        ["domains", "a.npy", "--out", "o", "--formats", "docx"], ["unmix", "a.npy", "--out", "o", "--mask", "x"],
        ["unmix", "a.npy", "--out", "o", "--signal-range", "3"],
    ],
)  # fmt: skip
def test_the_command_line_is_checked(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2
    assert "usage: atomstat run" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_files_of_the_same_name_do_not_replace_each_other(file, tmp_path, out, capsys):
    (tmp_path / "more").mkdir()
    np.save(tmp_path / "more" / "image.npy", samples.grains(shape=(64, 64), seed=1).array)
    assert run("sliding-fft", file, tmp_path / "more" / "image.npy", "--out", out, "--formats", "npz") == 1
    assert "image_sliding_fft.npz was written for another file" in capsys.readouterr().err
    with np.load(out / "image_sliding_fft.npz") as stored:
        assert stored["x"][-1] > 64


def test_the_folder_cannot_be_made(file, tmp_path, capsys):
    assert run("sliding-fft", file, "--out", file / "out") == 2
    assert capsys.readouterr().err.startswith("atomstat: ")


def test_a_signal_is_chosen(shared_data, out, capsys):
    path = shared_data / "format-files" / "EMDReader_SpectrumImage_Si.emd"
    assert run("unmix", path, "--signal", "EDS", "--components", 2, "--out", out, "--formats", "npz") == 0
    with np.load(out / "EMDReader_SpectrumImage_Si_unmix.npz") as stored:
        assert stored["abundances"].shape == (2, 16, 16)
    assert run("unmix", path, "--signal", "HAADF", "--out", out) == 1
    assert "holds no spectrum image but an image of shape (16, 16)" in capsys.readouterr().err


def test_units_of_the_file_are_kept(tmp_path, out):
    axes = [Axis(name, np.arange(64) * 0.25, "nm") for name in "yx"]
    (path,) = save(tmp_path / "i.hspy", Numbers({"g": Quantity(samples.grains(shape=(64, 64)).array, tuple(axes))}))
    assert run("sliding-fft", path, "--window", 16, "--step", 4, "--out", out, "--formats", "npz") == 0
    with np.load(out / "i_g_sliding_fft.npz") as stored:
        np.testing.assert_allclose(stored["y"], 0.25 * (7.5 + 4 * np.arange(13)))


@pytest.mark.parametrize("name", DATA)
def test_help_explains_the_parameters(name, capsys):
    with pytest.raises(SystemExit) as ended:
        run(name, "--help")
    assert ended.value.code == 0
    said = capsys.readouterr().out
    options = [line for line in said.partition("parameters:\n")[2].splitlines() if line.startswith("  --")]
    assert len(options) >= (3 if name == "strain" else 6)  # which has no more


def test_reflections_are_four_numbers(tmp_path, out):
    np.save(tmp_path / "data.npy", DATA["strain"]())
    options = ["--reflections", -0.0073, 0.1045, 0.1044, -0.0073, "--formats", "npz", "--out", out]
    assert run("strain", tmp_path / "data.npy", *options) == 0
    with np.load(next(out.glob("*.npz"))) as stored:
        chosen = json.loads(str(stored["provenance"]))["parameters"]["reflections"]
    assert chosen == [[-0.0073, 0.1045], [0.1044, -0.0073]]


@pytest.mark.parametrize("name", DATA)
def test_dask_gives_the_same_in_threads(name, tmp_path, out, capsys):
    np.save(tmp_path / "data.npy", DATA[name]())
    for folder, more in ((out / "here", []), (out / "dask", ["--scheduler", "threads"])):
        count = ["--components", 4] if name == "sliding-fft" else []
        options = ["--out", folder, "--formats", "npz", "py", *count, *more]
        assert run(name, tmp_path / "data.npy", *options) == 0, capsys.readouterr()
    here, dask = (np.load(next((out / folder).glob("*.npz"))) for folder in ("here", "dask"))
    assert set(here) == set(dask)
    for key in set(here) - {"provenance"}:
        if here[key].dtype.kind == "f":  # NMF, in float32, makes much of rounding
            scale = np.nanmax(np.abs(here[key]), initial=0)
            np.testing.assert_allclose(dask[key], here[key], atol=2e-3 * scale, err_msg=key)


def test_a_scheduler_that_is_not_there_is_said(file, out, capsys, monkeypatch):
    monkeypatch.setattr("atomstat_widgets.batch.CONNECT_SECONDS", 0.5)
    assert run("sliding-fft", file, "--out", out, "--scheduler", "tcp://127.0.0.1:9") == 2
    assert "atomstat: no scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err
    assert run("sliding-fft", file, "--out", out, "--scheduler", "many") == 2
    assert "the scheduler is threads, processes or an address as tcp://host:port, not 'many'" in capsys.readouterr().err


def test_an_interrupt_is_said(file, out, capsys, monkeypatch):
    def interrupted(*_arguments, **_parameters):
        raise KeyboardInterrupt

    monkeypatch.setattr(analyses()["sliding-fft"].load("model"), "analyse", interrupted)
    assert run("sliding-fft", file, "--out", out) == 130
    assert capsys.readouterr().err.endswith("atomstat: cancelled\n")
