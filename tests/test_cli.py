import numpy as np
import pytest

from atomstat_widgets import serve as serve_module
from atomstat_widgets.__main__ import main
from atomstat_widgets.data import samples
from atomstat_widgets.stat import factorize, nmf, sliding_fft
from atomstat_widgets.stat.sliding_fft_nmf import EXTRA_RANK


@pytest.fixture
def file(tmp_path):
    np.save(tmp_path / "image.npy", samples.grains(shape=(128, 160)).array)
    return tmp_path / "image.npy"


def run(*arguments):
    return main(["run", "sliding-fft", *map(str, arguments)])


def test_run_writes_what_the_functions_give(file, tmp_path, capsys):
    out = tmp_path / "result.npz"
    assert run(file, "--window", 64, "--step", 16, "--components", 3, "--out", out) == 0
    spectra = sliding_fft(np.load(file), 64, 16)
    result = nmf(factorize(spectra.features, 3 + EXTRA_RANK, weights=spectra.weights), 3)
    with np.load(out) as stored:
        np.testing.assert_array_equal(stored["components"], spectra.unfold(result.components))
        np.testing.assert_array_equal(stored["loading_maps"], result.loadings.T.reshape(3, 5, 7))
        assert stored["reconstruction_error"] == result.reconstruction_error
        np.testing.assert_array_equal(stored["window"], [64, 64])
        np.testing.assert_array_equal(stored["step"], [16, 16])
        np.testing.assert_array_equal(stored["center_y"], 31.5 + 16 * np.arange(5))
        np.testing.assert_array_equal(stored["center_x"], 31.5 + 16 * np.arange(7))
        np.testing.assert_array_equal(stored["frequency_y"], np.arange(-16, 16) / 64)
        np.testing.assert_array_equal(stored["frequency_x"], np.arange(-16, 16) / 64)
        assert str(stored["image_name"]) == "image.npy"
        assert (np.isnan(stored["pixel_size"]), str(stored["unit"])) == (True, "px")
    said = capsys.readouterr()
    assert "35 windows of 64 px, step 16: 3 components, relative error 0." in said.out
    assert "100%" in said.err


def test_run_chooses_sizes_by_the_image(file, tmp_path):
    assert run(file, "--no-hamming", "--zoom", 1, "--out", tmp_path / "r.npz") == 0
    with np.load(tmp_path / "r.npz") as stored:
        np.testing.assert_array_equal(stored["window"], [32, 32])
        np.testing.assert_array_equal(stored["step"], [8, 8])
        assert stored["components"].shape == (4, 32, 32)


def test_run_on_a_real_file_keeps_its_units(shared_data, tmp_path):
    path = shared_data / "stem-mos2-dm3" / "example_Se_implanted_MoS2.dm3"
    assert run(path, "--window", 64, "--step", 16, "--out", tmp_path / "r.npz") == 0
    with np.load(tmp_path / "r.npz") as stored:
        assert float(stored["pixel_size"]) == pytest.approx(0.0126953125)
        assert str(stored["unit"]) == "nm"
        assert stored["loading_maps"].shape == (4, 61, 61)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--window", "300"], "larger than the image: 300 rows against 128"),
        (["--step", "0"], "step is at least 1 pixel, got 0"),
        (["--components", "0"], "at least 1 component is needed, got 0"),
        (["--window", "128", "--step", "32"], "4 components need at least 4 windows, and 2 fit the image"),
        (["--zoom", "0"], "zoom is at least 1"),
        (["--out", "result.csv"], "--out is the name of an .npz file, got result.csv"),
        (["--out", "nowhere/result.npz"], "there is no folder nowhere to write result.npz to"),
    ],
)
def test_run_says_what_is_wrong(file, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert run(file, "--out", "result.npz", *arguments) == 2
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("atomstat: ")
    assert message in said
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_read(tmp_path, capsys):
    (tmp_path / "broken.tif").write_text("no picture")
    assert run(tmp_path / "broken.tif", "--out", tmp_path / "r.npz") == 2
    assert "atomstat: broken.tif is truncated, damaged or of a kind that cannot be read" in capsys.readouterr().err
    assert main([str(tmp_path / "broken.tif"), "--no-browser"]) == 2
    assert "broken.tif" in capsys.readouterr().err
    assert main(["missing.dm3"]) == 2
    assert capsys.readouterr().err == "atomstat: missing.dm3 does not exist\n"


def test_serves_with_what_was_asked_for(file, monkeypatch):
    calls = []
    monkeypatch.setattr(serve_module, "serve", lambda path, **options: calls.append((path, *options.values())))
    assert main([]) == 0
    assert main([str(file), "--kind", "image", "--port", "9000", "--no-browser"]) == 0
    assert calls == [(None, None, None, 8866, True), (str(file), "image", None, 9000, False)]


def test_how_to_take_no_file_is_refused(capsys):
    assert main(["--kind", "cube", "--no-browser"]) == 2
    assert capsys.readouterr().err == "atomstat: --kind and --signal say how to take a FILE, and there is none\n"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["run", "sliding-fft", "--help"]])
def test_help(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    assert "usage: atomstat" in capsys.readouterr().out


def test_unknown_analysis_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["run", "everything", "file.npy"])
    assert ended.value.code == 2
    assert "invalid choice: 'everything'" in capsys.readouterr().err
